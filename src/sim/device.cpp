// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/device.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace usbroute::sim {

namespace {

// What such interfaces show in sysfs: 64-bit words, the highest first; codes of include/uapi/linux/input-event-codes.h.
constexpr InterfaceModel hid_keyboard{
    3, 1, 1, 1, "usbhid", "120013", "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe"};
constexpr InterfaceModel hid_mouse{3, 1, 2, 1, "usbhid", "17", "1f0000 0 0 0 0"};
/// Mute, volume, play and the microphone's mute.
constexpr InterfaceModel hid_media_keys{
    3, 0, 0, 1, "usbhid", "13", "100000000000000 1000000000 e000000000000 0"};
constexpr InterfaceModel hub_interface{9, 0, 0, 1, "hub"};
constexpr InterfaceModel bulk_disk{8, 6, 0x50, 2, "usb-storage"};

DeviceModel keyboard()
{
    return {.kind = "keyboard",
            .vendor = 0x046d,
            .product = 0xc31c,
            .release = 0x6402,
            .usb_version = 0x0110,
            .packet_size = 8,
            .kilobit = 1500,
            .milliampere = 90,
            .power_bits = 0xa0,
            .manufacturer = "Logitech",
            .product_name = "USB Keyboard",
            .interfaces = {hid_keyboard, hid_media_keys}};
}

DeviceModel mouse()
{
    return {.kind = "mouse",
            .vendor = 0x046d,
            .product = 0xc077,
            .release = 0x7200,
            .packet_size = 8,
            .kilobit = 1500,
            .milliampere = 100,
            .power_bits = 0xa0,
            .manufacturer = "Logitech",
            .product_name = "USB Optical Mouse",
            .interfaces = {hid_mouse}};
}

DeviceModel headset()
{
    return {.kind = "headset",
            .vendor = 0x047f,
            .product = 0xc012,
            .release = 0x0100,
            .kilobit = 12'000,
            .milliampere = 100,
            .manufacturer = "Plantronics",
            .product_name = "Plantronics .Audio 628 USB",
            .interfaces = {{1, 1, 0, 0, "snd-usb-audio"},
                           {1, 2, 0, 0, "snd-usb-audio"},
                           {1, 2, 0, 0, "snd-usb-audio"},
                           hid_media_keys}};
}

DeviceModel disk()
{
    return {.kind = "disk",
            .vendor = 0x0951,
            .product = 0x1665,
            .release = 0x0100,
            .kilobit = 480'000,
            .milliampere = 100,
            .manufacturer = "Kingston",
            .product_name = "DataTraveler 2.0",
            .serial = "0019E06B5D2CF310873B01C4",
            .interfaces = {bulk_disk},
            .sectors = 15'204'352,
            .filesystem = "vfat"};
}

DeviceModel superspeed_disk()
{
    return {.kind = "superspeed-disk",
            .vendor = 0x04e8,
            .product = 0x61f5,
            .release = 0x0100,
            .usb_version = 0x0300,
            .superspeed = true,
            .milliampere = 896,
            .manufacturer = "Samsung",
            .product_name = "Portable SSD T5",
            .serial = "1234567ABCDE",
            .interfaces = {bulk_disk},
            .sectors = 976'773'168,
            .filesystem = "exfat"};
}

DeviceModel gamepad()
{
    return {.kind = "gamepad",
            .vendor = 0x045e,
            .product = 0x028e,
            .release = 0x0114,
            .device_class = 0xff,
            .subclass = 0xff,
            .protocol = 0xff,
            .packet_size = 8,
            .kilobit = 12'000,
            .milliampere = 500,
            .power_bits = 0xa0,
            .manufacturer = "\u00a9Microsoft Corporation",
            .product_name = "Controller",
            .serial = "0FA3C1D",
            .interfaces = {{0xff, 0x5d, 0x01, 2, "xpad", "20000b", "7fff000000000000 0 0 0 0"},
                           {0xff, 0x5d, 0x03, 4, ""},
                           {0xff, 0x5d, 0x02, 1, ""},
                           {0xff, 0xfd, 0x13, 0, ""}}};
}

DeviceModel serial()
{
    return {.kind = "serial",
            .vendor = 0x0403,
            .product = 0x6001,
            .release = 0x0600,
            .packet_size = 8,
            .kilobit = 12'000,
            .milliampere = 90,
            .power_bits = 0xa0,
            .manufacturer = "FTDI",
            .product_name = "FT232R USB UART",
            .serial = "A9R1X7QK",
            .interfaces = {{0xff, 0xff, 0xff, 2, "ftdi_sio"}}};
}

DeviceModel webcam()
{
    return {.kind = "webcam",
            .vendor = 0x046d,
            .product = 0x082d,
            .release = 0x0011,
            .device_class = 0xef,
            .subclass = 0x02,
            .protocol = 0x01,
            .milliampere = 500,
            .product_name = "HD Pro Webcam C920",
            .serial = "5C0A93DF",
            .interfaces = {{0x0e, 1, 0, 1, "uvcvideo", "3", "100000 0 0 0"}, // KEY_CAMERA
                           {0x0e, 2, 0, 0, "uvcvideo"},
                           {1, 1, 0, 0, "snd-usb-audio"},
                           {1, 2, 0, 0, "snd-usb-audio"}}};
}

/// Strings that attack a terminal, a log, a parser and a buffer. The interface claims to be a keyboard.
DeviceModel hostile()
{
    std::string product =
        "\x1b[2J\x1b[1;31mroot#\x1b]0;owned\x07 \xff\xfe\xc0\xaf \u202etxt.exe\r\nok all-host\n";
    product.resize(255, 'A');
    return {.kind = "hostile",
            .vendor = 0xdead,
            .product = 0xbeef,
            .release = 0xffff,
            .packet_size = 8,
            .kilobit = 12'000,
            .milliampere = 500,
            .manufacturer = "\x1b[8m\x9b"
                            "31m$(reboot)`reboot`",
            .product_name = std::move(product),
            .serial = "../../../etc/passwd\t%s%n\x7f\xe2\x80",
            .interfaces = {hid_keyboard}};
}

DeviceModel hub(std::vector<Behind> behind)
{
    return {.kind = "hub",
            .vendor = 0x05e3,
            .product = 0x0608,
            .release = 0x8536,
            .device_class = 9,
            .protocol = 1,
            .hub_ports = 4,
            .milliampere = 100,
            .power_bits = 0xe0,
            .manufacturer = "GenesysLogic",
            .product_name = "USB2.0 Hub",
            .interfaces = {hub_interface},
            .behind = std::move(behind)};
}

} // namespace

const std::vector<DeviceModel>& catalogue()
{
    static const DeviceModel behind_1 = gamepad();
    static const DeviceModel behind_3 = serial();
    static const std::vector<DeviceModel> all{
        keyboard(), mouse(),  headset(),         disk(),   hub({{1, &behind_1}, {3, &behind_3}}), gamepad(),
        serial(),   webcam(), superspeed_disk(), hostile()};
    return all;
}

const DeviceModel* model_of(std::string_view kind)
{
    const auto found = std::ranges::find(catalogue(), kind, &DeviceModel::kind);
    return found == catalogue().end() ? nullptr : &*found;
}

std::vector<std::string> kinds()
{
    return texts_of(catalogue(), [](const auto& model) { return model.kind; });
}

DeviceModel root_hub(std::string_view serial, bool xhci, bool superspeed, std::uint8_t ports)
{
    return {.vendor = 0x1d6b,
            .product = static_cast<std::uint16_t>(superspeed ? 0x0003 : 0x0002),
            .release = 0x0601,
            .usb_version = static_cast<std::uint16_t>(superspeed ? 0x0300 : 0x0200),
            .device_class = 9,
            .protocol = static_cast<std::uint8_t>(superspeed ? 3
                                                  : xhci     ? 1
                                                             : 0),
            .superspeed = superspeed,
            .hub_ports = ports,
            .milliampere = 0,
            .power_bits = 0xe0,
            .manufacturer = xhci ? "Linux 6.1.0 xhci-hcd" : "Linux 6.1.0 ehci_hcd",
            .product_name = xhci ? "xHCI Host Controller" : "EHCI Host Controller",
            .serial = std::string(serial),
            .interfaces = {hub_interface}};
}

DeviceModel rate_matching_hub(std::uint8_t ports)
{
    return {.vendor = 0x8087,
            .product = static_cast<std::uint16_t>(ports == 8 ? 0x8001 : 0x8009),
            .release = 0x0004,
            .device_class = 9,
            .protocol = 1,
            .hub_ports = ports,
            .milliampere = 0,
            .power_bits = 0xe0,
            .interfaces = {hub_interface}};
}

std::string shown_name(const DeviceModel& model)
{
    std::string name = model.product_name;
    if (!model.manufacturer.empty() && !name.starts_with(model.manufacturer))
        name = format("{} {}", model.manufacturer, name);
    return name.empty() ? format("{:04x}:{:04x}", model.vendor, model.product) : printable(name, 48);
}

} // namespace usbroute::sim
