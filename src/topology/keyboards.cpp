// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/keyboards.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <span>

namespace usbroute::topology {

namespace {

constexpr std::uint16_t bus_bluetooth = 0x05; // include/uapi/linux/input.h, BUS_BLUETOOTH
constexpr std::uint8_t audio_class = 1;       // USB Audio 1.0, A.1

/// USB devices that have the keys of a keyboard and nobody in front of them.
struct NoHands {
    std::uint16_t vendor;
    std::uint16_t first_product;
    std::uint16_t last_product;
    Counts counts;
    std::string_view why;
};
constexpr std::array<NoHands, 6> no_hands{{
    // "American Megatrends Inc. Virtual Keyboard and Mouse": many kernel logs of servers, MegaRAC.
    {0x046b, 0xff10, 0xff10, Counts::no, "a BMC's virtual keyboard"},
    // "BMC Virtual Keyboard", HPE iLO: the log in kernel bug 207147.
    {0x03f0, 0x7029, 0x7029, Counts::no, "a BMC's virtual keyboard"},
    // Avocent "Virtual Keyboard/Mouse" behind its "Virtual Hub", Dell iDRAC among others: usb.ids.
    {0x0624, 0x0248, 0x0249, Counts::no, "a BMC's virtual keyboard"},
    // usb.ids says "Winbond Hermon" (a BMC); kernel logs have the cable "ATEN UC-10KM" under the same id.
    {0x0557, 0x2221, 0x2221, Counts::doubtful, "either a BMC's virtual keyboard or a KVM cable"},
    // usb.ids says "Virtual mouse/keyboard device" (Supermicro's BMC); ATEN's KVM switches report it too.
    {0x0557, 0x2419, 0x2419, Counts::doubtful, "either a BMC's virtual keyboard or a KVM switch"},
    // Yubico: the OTP application types a password and is registered as a whole keyboard (docs.yubico.com).
    {0x1050, 0x0000, 0xffff, Counts::no, "a security key that types by itself"},
}};

const NoHands* row_of(const Device& device)
{
    const auto found = std::ranges::find_if(no_hands, [&](const NoHands& row) {
        return device.vendor == row.vendor && device.product >= row.first_product &&
               device.product <= row.last_product;
    });
    return found == no_hands.end() ? nullptr : &*found;
}

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
    if (input.usb) {
        keyboard.places = {*input.usb};
        return keyboard;
    }
    if (!is_virtual(input)) return keyboard;
    for (const auto& adapter : inputs.adapters)
        if (adapter) keyboard.places.push_back(*adapter);
    if (inputs.adapters.size() == 1) return keyboard;
    keyboard.counts = Counts::doubtful;
    keyboard.why = inputs.adapters.empty() ? "Bluetooth, without an adapter to be seen"
                                           : "Bluetooth, and which adapter cannot be told";
    return keyboard;
}

/// A whole keyboard at a place of USB.
void judge_usb(Keyboard& keyboard, const Device& device)
{
    keyboard.name = device.shown();
    keyboard.places = {device.path};
    if (const auto* row = row_of(device)) {
        keyboard.counts = row->counts;
        keyboard.why = row->why;
        return;
    }
    const bool sounds = std::ranges::find(device.interfaces, audio_class, &Interface::device_class) !=
                        device.interfaces.end();
    keyboard.counts = sounds ? Counts::doubtful : Counts::yes;
    keyboard.why = sounds ? "an audio device that claims to have letters" : "USB";
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
        judge_usb(keyboard, *device);
    } else {
        keyboard.counts = Counts::yes;
        keyboard.why = input.usb ? "USB" : "PS/2 or built in";
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
void judge_boot_keyboard(Keyboard& keyboard, const Device& device)
{
    judge_usb(keyboard, device);
    if (keyboard.counts == Counts::no) return;
    const auto boot = std::ranges::find_if(device.interfaces, &Interface::is_boot_keyboard);
    keyboard.counts = Counts::no;
    if (boot->driver.empty()) {
        keyboard.why = "no driver runs it";
    } else if (boot->driver == "usbfs") {
        keyboard.why = "a program has it (usbfs)";
    } else {
        // A receiver whose keyboard is switched off or out of reach looks like this.
        keyboard.counts = Counts::doubtful;
        keyboard.why = "a keyboard by its interface, but no input device of it types now";
    }
}

void add_boot_keyboards(std::vector<Keyboard>& found, const Snapshot& snapshot, bool inputs_known)
{
    for (const auto& device : snapshot.devices) {
        if (!device->is_keyboard()) continue;
        Keyboard keyboard;
        if (inputs_known)
            judge_boot_keyboard(keyboard, *device);
        else
            judge_usb(keyboard, *device);
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

std::vector<Keyboard> keyboards(const Snapshot& snapshot, const std::optional<Inputs>& inputs)
{
    std::vector<Keyboard> found;
    if (inputs)
        for (const auto& input : inputs->devices)
            if (auto keyboard = judge(input, snapshot, *inputs))
                add(found, std::move(*keyboard), input.bus == bus_bluetooth);
    add_boot_keyboards(found, snapshot, inputs.has_value());
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
            loss.one_stays = true;
        else
            loss.uncounted.push_back(keyboard);
    }
    return loss;
}

std::string list_of(const std::vector<Keyboard>& keyboards)
{
    constexpr std::size_t most_shown = 5; // a refusal is one line of the protocol
    std::string list;
    for (std::size_t i = 0; i < std::min(keyboards.size(), most_shown); ++i)
        list += (i == 0 ? "" : ", ") + keyboards[i].with_reason();
    if (keyboards.size() > most_shown) list += format(" and {} more", keyboards.size() - most_shown);
    return list;
}

} // namespace usbroute::topology
