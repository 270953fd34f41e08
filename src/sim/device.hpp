// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::sim {

struct InterfaceModel {
    std::uint8_t device_class = 0;
    std::uint8_t subclass = 0;
    std::uint8_t protocol = 0;
    std::uint8_t endpoints = 1;
    std::string_view driver; ///< the kernel's driver for it
    /// Of the input device that the driver makes of it, as sysfs shows them; empty: it makes none.
    std::string_view events = {}; ///< capabilities/ev
    std::string_view keys = {};   ///< capabilities/key
};

struct DeviceModel;
struct RecordedDevice;

/// A device behind a hub.
struct Behind {
    std::uint8_t port = 1;
    const DeviceModel* model = nullptr;
};

/// What a device says of itself, whatever it is plugged into.
struct DeviceModel {
    std::string_view kind; ///< the word to type: "keyboard"; empty for what cannot be plugged
    std::uint16_t vendor = 0;
    std::uint16_t product = 0;
    std::uint16_t release = 0x0100;     ///< bcdDevice
    std::uint16_t usb_version = 0x0200; ///< bcdUSB
    std::uint8_t device_class = 0;
    std::uint8_t subclass = 0;
    std::uint8_t protocol = 0;
    std::uint8_t packet_size = 64;   ///< bMaxPacketSize0
    std::uint32_t kilobit = 480'000; ///< on USB 2 wires
    bool superspeed = false;         ///< 5 Gbit/s where it has a SuperSpeed link
    std::uint8_t hub_ports = 0;      ///< 0: not a hub
    std::uint16_t milliampere = 100;
    std::uint8_t power_bits = 0x80; ///< bmAttributes
    std::string manufacturer = {};  ///< strings are bytes: a device may send anything
    std::string product_name = {};
    std::string serial = {};
    std::vector<InterfaceModel> interfaces;
    std::vector<Behind> behind = {};
    std::uint64_t sectors = 0;        ///< of 512 bytes; 0: not a disk
    std::string_view filesystem = {}; ///< of its one partition
    /// What a recording shows of it, which is shown again wherever it goes; null: it is made from the above.
    std::shared_ptr<const RecordedDevice> recorded = {};
};

/// Everything that can be plugged in. Ids are those of common products; serial numbers are invented.
[[nodiscard]] const std::vector<DeviceModel>& catalogue();
/// Null: no such kind.
[[nodiscard]] const DeviceModel* model_of(std::string_view kind);
[[nodiscard]] std::vector<std::string> kinds();

/// The kernel's root hub; `serial` is the controller's PCI address.
[[nodiscard]] DeviceModel root_hub(std::string_view serial, bool xhci, bool superspeed, std::uint8_t ports);
/// Intel's fixed hub behind an EHCI: 8087:8001 with 8 ports, 8087:8009 with 6 (H97 listing, linuxsheet.com
/// answer 755652).
[[nodiscard]] DeviceModel rate_matching_hub(std::uint8_t ports);

/// "Logitech USB Keyboard", safe to print.
[[nodiscard]] std::string shown_name(const DeviceModel& model);

} // namespace usbroute::sim
