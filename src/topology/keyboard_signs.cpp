// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "topology/keyboard_signs.hpp"

#include "base/text.hpp"
#include "chips/chips.hpp"

#include <algorithm>
#include <array>
#include <string>

namespace usbroute::topology {

namespace {

// USB class codes (usb.org, Defined Class Codes).
constexpr std::uint8_t audio_class = 0x01; // USB Audio 1.0, A.1
constexpr std::uint8_t hid_class = 0x03;
constexpr std::uint8_t smart_card_class = 0x0b;

constexpr std::uint16_t linux_foundation = 0x1d6b;

/// USB devices that have the keys of a keyboard and nobody in front of them.
struct NoHands {
    std::uint16_t vendor;
    std::uint16_t first_product;
    std::uint16_t last_product;
    Sign sign;
};
constexpr std::array<NoHands, 7> no_hands{{
    // "American Megatrends Inc. Virtual Keyboard and Mouse": many kernel logs of servers, MegaRAC.
    {0x046b, 0xff10, 0xff10, {Counts::no, "a BMC's virtual keyboard"}},
    // "BMC Virtual Keyboard", HPE iLO: the log in kernel bug 207147.
    {0x03f0, 0x7029, 0x7029, {Counts::no, "a BMC's virtual keyboard"}},
    // Avocent "Virtual Keyboard/Mouse" behind its "Virtual Hub", Dell iDRAC among others: usb.ids.
    {0x0624, 0x0248, 0x0249, {Counts::no, "a BMC's virtual keyboard"}},
    // usb.ids says "Winbond Hermon" (a BMC); kernel logs have the cable "ATEN UC-10KM" under the same id.
    {0x0557, 0x2221, 0x2221, {Counts::doubtful, "either a BMC's virtual keyboard or a KVM cable"}},
    // usb.ids says "Virtual mouse/keyboard device" (Supermicro's BMC); ATEN's KVM switches report it too.
    {0x0557, 0x2419, 0x2419, {Counts::doubtful, "either a BMC's virtual keyboard or a KVM switch"}},
    // Yubico: the OTP application types a password and is registered as a whole keyboard (docs.yubico.com).
    {0x1050, 0x0000, 0xffff, {Counts::no, "a security key that types by itself"}},
    // usb.ids: NetChip's ids that Linux's gadgets use ("Linux-USB Gadget Zero" to "HID Gadget").
    {0x0525, 0xa4a0, 0xa4af, {Counts::doubtful, "made by a program on another computer (a Linux gadget)"}},
}};

std::optional<Sign> sign_of_ids(const Device& device)
{
    const auto row = std::ranges::find_if(no_hands, [&](const NoHands& each) {
        return device.vendor == each.vendor && device.product >= each.first_product &&
               device.product <= each.last_product;
    });
    if (row == no_hands.end()) return std::nullopt;
    return row->sign;
}

/// Linux's own vendor id on anything else than a root hub, which snapshots leave out: a gadget, as OpenBMC's 1d6b:0104
/// and the virtual hub of ASPEED's BMCs, 1d6b:0107.
std::optional<Sign> sign_of_gadget(const Device& device, const Snapshot& snapshot)
{
    if (device.vendor == linux_foundation)
        return Sign{Counts::doubtful, "made by a program on another computer (a Linux gadget)"};
    const bool is_behind_one = std::ranges::any_of(snapshot.devices, [&](const auto& other) {
        return other->vendor == linux_foundation && other->path.contains(device.path);
    });
    if (!is_behind_one) return std::nullopt;
    return Sign{Counts::doubtful, "behind the virtual hub of a management controller"};
}

/// The xHCI shows USB-R as the port after those that the mux routes (docs/hardware/8-series.md, PORTSC index).
bool is_on_redirection_port(const Device& device, const Snapshot& snapshot)
{
    const auto* controller = snapshot.pci_controller_of_bus(device.path.bus());
    if (controller == nullptr || device.path.ports().empty()) return false;
    const auto* family = chips::family_of(controller->vendor, controller->device);
    return family != nullptr && family->usb_r_bit && device.path.ports().front() == *family->usb_r_bit + 1;
}

bool has_class(const Device& device, std::uint8_t device_class)
{
    return std::ranges::find(device.interfaces, device_class, &Interface::device_class) !=
           device.interfaces.end();
}

bool is_boot_mouse(const Interface& interface) // HID 1.11, 4.2 and 4.3
{
    return interface.device_class == hid_class && interface.subclass == 1 && interface.protocol == 2;
}

/// Mice put their own interface first, and keyboards, also those with a pointer and receivers of both, the keyboard's.
bool is_a_mouse_first(const Device& device)
{
    const auto first = std::ranges::find(device.interfaces, hid_class, &Interface::device_class);
    const bool has_mouse = std::ranges::any_of(device.interfaces, is_boot_mouse);
    return has_mouse && (is_boot_mouse(*first) || !device.is_keyboard());
}

std::optional<Sign> sign_of_reports(const Device& device, const Inputs& inputs)
{
    for (const auto& reports : inputs.reports) {
        if (reports.usb != device.path) continue;
        for (const auto use : reports.applications) {
            if (page_of(use) == hid_page_fido)
                return Sign{Counts::doubtful, "a security key, which types by itself"};
            if (page_of(use) == hid_page_barcode_scanner)
                return Sign{Counts::doubtful, "a bar code scanner by its descriptor"};
            if (page_of(use) == hid_page_magnetic_stripe)
                return Sign{Counts::doubtful, "a card reader by its descriptor"};
        }
    }
    return std::nullopt;
}

/// A management controller shows a keyboard and a mouse in one device, for as long as the machine runs.
bool may_be_a_bmcs(const Device& device, const Inputs& inputs)
{
    if (!inputs.management_controller) return false;
    return std::ranges::any_of(device.interfaces, is_boot_mouse) ||
           std::ranges::find(inputs.pointers, device.path) != inputs.pointers.end();
}

std::optional<Sign> sign_of_interfaces(const Device& device)
{
    if (has_class(device, audio_class))
        return Sign{Counts::doubtful, "an audio device that claims to have letters"};
    if (has_class(device, smart_card_class))
        return Sign{Counts::doubtful, "has a smart card in it, as security keys that type by themselves"};
    if (is_a_mouse_first(device)) return Sign{Counts::doubtful, "a mouse by its interfaces"};
    return std::nullopt;
}

} // namespace

std::optional<Sign> sign_of(const InputDevice& input)
{
    const auto is_below = [&](std::string_view part) {
        return input.syspath.find(part) != std::string::npos;
    };
    if (is_below("/rc/rc")) return Sign{Counts::doubtful, "an infrared remote control"};
    if (is_below("/vhci_hcd")) return Sign{Counts::doubtful, "on another machine (usbip)"};
    if (is_below("/dummy_hcd")) return Sign{Counts::doubtful, "made by a program"};
    if (input.moves_pointer)
        return Sign{Counts::doubtful, "it moves a pointer too, as a mouse that claims every key"};
    // Keyboards of other buses are built in, and some of them have no lights.
    const bool needs_lights = input.bus == bus_usb || input.bus == bus_bluetooth || input.usb;
    if (needs_lights && !input.has_lights.value_or(true))
        return Sign{Counts::doubtful,
                    "it claims every key and has no Caps Lock light, as mice, pads and scanners do"};
    return std::nullopt;
}

std::optional<Sign> sign_of(const Device& device, const Snapshot& snapshot, const Inputs* inputs)
{
    if (auto sign = sign_of_ids(device)) return sign;
    if (auto sign = sign_of_gadget(device, snapshot)) return sign;
    if (is_on_redirection_port(device, snapshot))
        return Sign{Counts::doubtful, "on the port of the management engine's remote keyboard (USB-R)"};
    if (auto sign = inputs == nullptr ? std::nullopt : sign_of_reports(device, *inputs)) return sign;
    if (auto sign = sign_of_interfaces(device)) return sign;
    if (inputs != nullptr && may_be_a_bmcs(device, *inputs))
        return Sign{Counts::doubtful, "keyboard and mouse in one, on a machine with a management controller"};
    return std::nullopt;
}

std::optional<Sign> sign_of_name(const Device& device)
{
    // Makers write names in one word and number them: "FootSwitch1F1.", "NanoKVM". The shortest of these are parts of
    // other words too.
    enum class Fits : std::uint8_t { whole, beginning, part };
    struct Hint {
        std::string_view word;
        Fits fits;
        std::string_view why;
    };
    static constexpr std::array<Hint, 22> hints{{
        {"kvm", Fits::part, "by its name a KVM, behind which nobody need sit"},
        {"bmc", Fits::whole, "by its name a management controller's"},
        {"ilo", Fits::whole, "by its name a management controller's"},
        {"idrac", Fits::beginning, "by its name a management controller's"},
        {"ipmi", Fits::beginning, "by its name a management controller's"},
        {"virtual", Fits::beginning, "by its name made by a program"},
        {"scanner", Fits::part, "by its name a scanner"},
        {"barcode", Fits::part, "by its name a scanner"},
        {"rfid", Fits::part, "by its name a card reader"},
        {"reader", Fits::part, "by its name a card reader"},
        {"foot", Fits::beginning, "by its name a foot pedal"},
        {"pedal", Fits::part, "by its name a foot pedal"},
        {"macro", Fits::beginning, "by its name a pad with a few keys"},
        {"keypad", Fits::part, "by its name a pad with a few keys"},
        {"numpad", Fits::part, "by its name a pad with a few keys"},
        {"remote", Fits::beginning, "by its name a remote control"},
        {"presenter", Fits::part, "by its name a remote control"},
        {"gamepad", Fits::part, "by its name a game controller"},
        {"joystick", Fits::part, "by its name a game controller"},
        {"controller", Fits::whole, "by its name a game controller"},
        {"tablet", Fits::whole, "by its name a drawing tablet"},
        {"mouse", Fits::beginning, "by its name a mouse"},
    }};
    std::string text = device.manufacturer + " " + device.product_name;
    for (auto& letter : text) {
        if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
        if ((letter < 'a' || letter > 'z') && (letter < '0' || letter > '9')) letter = ' ';
    }
    const auto all = words(text);
    const bool is_called_keyboard = std::ranges::any_of(
        all, [](std::string_view word) { return word.find("keyboard") != std::string_view::npos; });
    for (const auto& hint : hints) {
        // "Keyboard/Mouse" is both, "Wireless Keyboard and Mouse Receiver" too; a controller may be a keyboard's.
        const bool is_beside_one = hint.word == "mouse" || hint.word == "controller" || hint.word == "tablet";
        if (is_beside_one && is_called_keyboard) continue;
        const auto fits = [&](std::string_view word) {
            switch (hint.fits) {
            case Fits::whole: return word == hint.word;
            case Fits::beginning: return word.starts_with(hint.word);
            case Fits::part: break;
            }
            return word.find(hint.word) != std::string_view::npos;
        };
        if (std::ranges::any_of(all, fits)) return Sign{Counts::doubtful, hint.why};
    }
    return std::nullopt;
}

std::optional<Sign> sign_of(const Ps2Facts& facts)
{
    // SMBIOS 3.7, 7.4.1: portable, laptop, notebook, hand held, sub notebook, tablet, convertible, detachable.
    constexpr std::array<std::uint32_t, 8> portable{8, 9, 10, 11, 14, 30, 31, 32};
    // Finding a keyboard takes a handful of interrupts, and each key two. How many a board's start makes is a guess.
    constexpr std::uint64_t somebody_typed = 64;
    const bool is_portable = facts.chassis ? std::ranges::find(portable, *facts.chassis) != portable.end()
                                           : facts.has_battery || facts.has_lid;
    if (is_portable || facts.interrupts.value_or(0) >= somebody_typed) return std::nullopt;
    return Sign{Counts::doubtful, "nothing is known to be plugged in"};
}

} // namespace usbroute::topology
