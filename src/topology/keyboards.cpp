// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/keyboards.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "topology/keyboard_signs.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace usbroute::topology {

namespace {

constexpr std::uint16_t bus_i8042 = 0x11;

bool has_only(const Keys& keys, std::span<const std::size_t> codes)
{
    auto rest = keys;
    for (const auto code : codes) rest.reset(code);
    return rest.none();
}

/// What to call something without letters. Codes: include/uapi/linux/input-event-codes.h.
std::string_view words_for(const Keys& keys)
{
    constexpr std::array<std::size_t, 4> power{116, 142, 143, 205}; // POWER, SLEEP, WAKEUP, SUSPEND
    constexpr std::size_t camera = 212;
    constexpr std::array<std::size_t, 7> media{113, 114, 115, 163, 164, 165, 248}; // MUTE, VOLUME..., MICMUTE
    if (has_only(keys, power)) return "only a power or sleep button";
    if (has_only(keys, std::span(&camera, 1))) return "only a camera's button";
    if (std::ranges::any_of(media, [&](std::size_t code) { return keys.test(code); }))
        return "only media keys, no letters";
    return "no letters";
}

bool is_virtual(const InputDevice& input) { return input.syspath.starts_with("sys/devices/virtual/"); }

/// A keyboard over Bluetooth hangs on its adapter. Where the kernel does HID itself, the path says so; where bluetoothd
/// does, through uhid, the path says nothing, and the only adapter there is must be it.
std::optional<Keyboard> over_bluetooth(const InputDevice& input, const Inputs& inputs)
{
    Keyboard keyboard{
        .name = printable(trim(input.name), 48), .places = {}, .counts = Counts::yes, .why = "Bluetooth"};
    if (const auto sign = sign_of(input)) {
        keyboard.counts = sign->counts;
        keyboard.why = format("Bluetooth; {}", sign->why);
    }
    if (input.usb) {
        keyboard.places = {*input.usb};
        return keyboard;
    }
    if (!is_virtual(input)) return keyboard;
    for (const auto& adapter : inputs.adapters)
        if (adapter) keyboard.places.push_back(*adapter);
    if (inputs.adapters.size() == 1) return keyboard;
    keyboard.counts = Counts::doubtful;
    keyboard.why = inputs.adapters.empty() ? "Bluetooth, without a visible adapter"
                                           : "Bluetooth, through an unknown adapter";
    return keyboard;
}

/// A whole keyboard at a place of USB. `input` is null where only its interface says so, `inputs` where nobody could look.
void judge_usb(Keyboard& keyboard, const Device& device, const InputDevice* input, const Snapshot& snapshot,
               const Inputs* inputs)
{
    keyboard.name = device.shown();
    keyboard.places = {device.path};
    auto sign = sign_of(device, snapshot, inputs);
    if (!sign && input != nullptr) sign = sign_of(*input);
    if (!sign) sign = sign_of_name(device);
    keyboard.counts = sign ? sign->counts : Counts::yes;
    keyboard.why = sign ? sign->why : "USB";
}

/// Neither on USB nor over Bluetooth, or at a place of USB that has just gone.
void judge_other(Keyboard& keyboard, const InputDevice& input, const Inputs& inputs)
{
    const bool is_ps2 = input.bus == bus_i8042;
    auto sign = sign_of(input);
    if (!sign && is_ps2 && inputs.ps2) {
        sign = sign_of(*inputs.ps2);
        if (sign) keyboard.name = "PS/2 port";
    }
    keyboard.counts = sign ? sign->counts : Counts::yes;
    keyboard.why = sign ? sign->why : input.usb ? "USB" : "PS/2 or built in";
}

std::optional<Keyboard> judge(const InputDevice& input, const Snapshot& snapshot, const Inputs& inputs)
{
    if (input.keys.none()) return std::nullopt; // a mouse, a pad, a lid switch
    const auto* device = input.usb ? snapshot.device_at(*input.usb) : nullptr;
    Keyboard keyboard{.name = printable(trim(input.name), 48), .places = {}, .counts = Counts::no, .why = {}};
    if (input.usb) keyboard.places = {*input.usb};
    if (keyboard.name.empty()) keyboard.name = "an input device without a name";
    const bool is_bluetooth = input.bus == bus_bluetooth;
    if (device != nullptr && !is_bluetooth) keyboard.name = device->shown();
    if (!can_type(input.keys)) {
        keyboard.why = words_for(input.keys);
    } else if (input.inhibited) {
        keyboard.why = "switched off (inhibited)";
    } else if (is_bluetooth) {
        return over_bluetooth(input, inputs);
    } else if (is_virtual(input)) {
        keyboard.why = "made by a program";
    } else if (device != nullptr) {
        judge_usb(keyboard, *device, &input, snapshot, &inputs);
    } else {
        judge_other(keyboard, input, inputs);
    }
    return keyboard;
}

/// A USB device has several input devices, of which the best tells what it is; what has no place of its own, or shares
/// an adapter with others, stands alone.
void add(std::vector<Keyboard>& found, Keyboard keyboard, bool is_alone)
{
    const auto same = std::ranges::find_if(found, [&](const Keyboard& other) {
        return !is_alone && !keyboard.places.empty() && other.places == keyboard.places &&
               other.name == keyboard.name;
    });
    if (same == found.end())
        found.push_back(std::move(keyboard));
    else if (keyboard.counts < same->counts)
        *same = std::move(keyboard);
}

/// By its interface it is a keyboard, and the input devices know nothing of it.
void judge_boot_keyboard(Keyboard& keyboard, const Device& device, const Snapshot& snapshot,
                         const Inputs& inputs)
{
    judge_usb(keyboard, device, nullptr, snapshot, &inputs);
    if (keyboard.counts == Counts::no) return;
    const auto boot = std::ranges::find_if(device.interfaces, &Interface::is_boot_keyboard);
    if (boot->driver.empty()) {
        keyboard.counts = Counts::no;
        keyboard.why = "no driver runs it";
    } else if (boot->driver == "usbfs") {
        keyboard.counts = Counts::no;
        keyboard.why = "a program has it (usbfs)";
    } else {
        // A receiver whose keyboard is switched off or out of reach looks like this.
        const bool has_other_doubt = keyboard.counts == Counts::doubtful;
        keyboard.counts = Counts::doubtful;
        if (!has_other_doubt)
            keyboard.why = "a keyboard by its interface, but none of its input devices types now";
    }
}

void add_boot_keyboards(std::vector<Keyboard>& found, const Snapshot& snapshot,
                        const std::optional<Inputs>& inputs)
{
    for (const auto& device : snapshot.devices) {
        if (!device->is_keyboard()) continue;
        Keyboard keyboard;
        if (inputs)
            judge_boot_keyboard(keyboard, *device, snapshot, *inputs);
        else
            judge_usb(keyboard, *device, nullptr, snapshot, nullptr);
        add(found, std::move(keyboard), false);
    }
}

} // namespace

Keys parse_keys(std::string_view bitmap)
{
    constexpr std::size_t bits_in_a_word = 64;
    constexpr std::size_t most_digits = bits_in_a_word / 4;
    Keys keys;
    const auto all = words(trim(bitmap));
    std::size_t first_code = 0;
    for (auto word = all.rbegin(); word != all.rend() && first_code < keys.size(); ++word) {
        if (word->size() > most_digits) break;
        const auto high = word->size() > 8 ? parse_hex(word->substr(0, word->size() - 8)) : 0;
        const auto low = parse_hex(word->size() > 8 ? word->substr(word->size() - 8) : *word);
        // parse_hex takes an 0x, which the kernel does not write.
        if (!high || !low || word->find('x') != std::string_view::npos) break;
        const auto bits = std::uint64_t{*high} << 32 | *low;
        for (std::size_t bit = 0; bit < bits_in_a_word; ++bit)
            if ((bits >> bit & 1) != 0) keys.set(first_code + bit);
        first_code += bits_in_a_word;
    }
    return keys;
}

bool can_type(const Keys& keys)
{
    for (std::size_t code = 1; code <= 31; ++code) // KEY_ESC to KEY_S; 0 is KEY_RESERVED
        if (!keys.test(code)) return false;
    return true;
}

std::string Keyboard::with_reason() const { return format("{} ({})", name, why); }

std::string Keyboard::shown() const { return why == "USB" ? name : with_reason(); }

std::string KeyboardLoss::left() const
{
    if (!staying.empty()) return "left to type on: " + short_list_of(staying);
    if (!doubtful.empty()) return "left to type on: only doubtful ones: " + short_list_of(doubtful);
    return "left to type on: nothing";
}

std::vector<Keyboard> keyboards(const Snapshot& snapshot, const std::optional<Inputs>& inputs)
{
    std::vector<Keyboard> found;
    if (inputs)
        for (const auto& input : inputs->devices)
            if (auto keyboard = judge(input, snapshot, *inputs))
                add(found, std::move(*keyboard), input.bus == bus_bluetooth);
    add_boot_keyboards(found, snapshot, inputs);
    std::vector<Keyboard> ordered;
    for (const auto counts : {Counts::yes, Counts::doubtful, Counts::no})
        for (const auto& keyboard : found)
            if (keyboard.counts == counts) ordered.push_back(keyboard);
    return ordered;
}

KeyboardLoss loss_of(const std::vector<Keyboard>& keyboards, const std::vector<PortPath>& leaving)
{
    return loss_of(keyboards, [&](const PortPath& place) {
        return std::ranges::any_of(leaving, [&](const PortPath& port) { return port.contains(place); });
    });
}

KeyboardLoss loss_of(const std::vector<Keyboard>& keyboards, const std::function<bool(const PortPath&)>& goes)
{
    KeyboardLoss loss;
    for (const auto& keyboard : keyboards) {
        const bool it_goes = std::ranges::any_of(keyboard.places, goes);
        if (it_goes && keyboard.counts != Counts::no)
            loss.going.push_back(keyboard);
        else if (keyboard.counts == Counts::yes)
            loss.staying.push_back(keyboard);
        else if (keyboard.counts == Counts::doubtful)
            loss.doubtful.push_back(keyboard);
        else
            loss.uncounted.push_back(keyboard);
    }
    return loss;
}

namespace {

std::string list_of(const std::vector<Keyboard>& keyboards, std::string (Keyboard::*said)() const)
{
    constexpr std::size_t most_shown = 5; // a refusal is one line of the protocol
    std::string list;
    for (std::size_t i = 0; i < std::min(keyboards.size(), most_shown); ++i)
        list += (i == 0 ? "" : ", ") + (keyboards[i].*said)();
    if (keyboards.size() > most_shown) list += format(" and {} more", keyboards.size() - most_shown);
    return list;
}

} // namespace

std::string list_of(const std::vector<Keyboard>& keyboards)
{
    return list_of(keyboards, &Keyboard::with_reason);
}

std::string short_list_of(const std::vector<Keyboard>& keyboards)
{
    return list_of(keyboards, &Keyboard::shown);
}

} // namespace usbroute::topology
