// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The means that gives a socket's devices to a guest one by one, through its QEMU.
namespace usbroute::attach {

struct QemuVersion {
    std::uint32_t major = 0;
    std::uint32_t minor = 0;
    std::uint32_t micro = 0;
    auto operator<=>(const QemuVersion&) const = default;
};

/// The QEMU id of an object that is ours: "usbroute-" and 1 to 54 letters, digits, '-', '.' or '_'. So it is what every
/// QEMU takes for an identifier (7.2 refuses one that begins with a digit), and a plain name.
class ObjectId {
public:
    [[nodiscard]] static std::optional<ObjectId> from(std::string_view text);
    [[nodiscard]] const std::string& text() const { return text_; }
    auto operator<=>(const ObjectId&) const = default;

private:
    explicit ObjectId(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

/// A controller that we have put into a guest: "usbroute0", "usbroute1", ... A name of its own, so that another program
/// that tidies up behind its own controllers leaves it alone.
struct ControllerId {
    std::uint8_t number = 0;
    [[nodiscard]] std::string text() const { return "usbroute" + std::to_string(number); }
    auto operator<=>(const ControllerId&) const = default;
};

/// A port of the host as the kernel's devpath and QEMU's hostport have it: "1", "3.1". Never empty: a usb-host object
/// without a port takes whatever device it finds first.
class HostPort {
public:
    /// Numbers from 1 to 255 with dots between them, at most 7 of them (USB 2.0, 4.1.1: seven tiers with the root) and 15
    /// bytes, which is what QEMU compares.
    [[nodiscard]] static std::optional<HostPort> from(std::string_view text);
    [[nodiscard]] const std::string& text() const { return text_; }
    auto operator<=>(const HostPort&) const = default;

private:
    explicit HostPort(std::string text) : text_(std::move(text)) {}
    std::string text_;
};

/// Where a device goes in a guest.
struct GuestPort {
    std::string bus;       ///< QEMU's name, "usbroute0.0"
    std::uint8_t port = 0; ///< of the controller itself, from 1
    auto operator<=>(const GuestPort&) const = default;
};

/// A USB controller of a guest that can take devices.
struct GuestController {
    std::string id;   ///< empty: it was given none
    std::string path; ///< QOM's
    std::string bus;  ///< "usbroute0.0"
    std::string type; ///< "qemu-xhci"
    /// How many ports take low, full and high speed, and SuperSpeed: the same numbers from 1 on, so that with 15 and 15
    /// each of 15 ports takes any device. Nothing: QEMU does not tell (EHCI, UHCI, OHCI).
    std::optional<std::uint8_t> usb2_ports;
    std::optional<std::uint8_t> superspeed_ports;
    bool operator==(const GuestController&) const = default;

    /// One that takes every device.
    [[nodiscard]] bool is_xhci() const { return usb2_ports.has_value(); }
};

/// A usb-host object, whoever has made it.
struct HostObject {
    std::string id;   ///< empty: it was given none
    std::string path; ///< QOM's
    std::string bus;  ///< of the guest, "usbroute0.0"
    std::string
        port; ///< of the guest, "1", behind a hub "1.4"; empty: QEMU chose one, and does not tell which
    std::uint32_t host_bus = 0;     ///< 0: any
    std::uint32_t host_address = 0; ///< 0: any
    std::string host_port;          ///< empty: any
    std::string host_device;        ///< a node or "/dev/fdset/N"; empty: it is found by the others
    /// QEMU has opened a device and put it into the guest's port. It may be gone since: an object with an address or a node
    /// says so for ever.
    bool is_attached = false;
    bool operator==(const HostObject&) const = default;

    [[nodiscard]] bool is_ours() const { return ObjectId::from(id).has_value(); }
};

/// Any other USB device of a guest, as its tablet.
struct OtherDevice {
    std::string path; ///< QOM's
    std::string type; ///< "usb-tablet"
    std::string bus;
    std::string port; ///< empty: QEMU chose one, and does not tell which
    bool operator==(const OtherDevice&) const = default;
};

/// What a guest's QEMU has of USB, as of one look.
struct GuestUsb {
    QemuVersion qemu;
    bool is_running = false; ///< its processors run. A waiting usb-host object looks for its device only then
    /// QEMU's word: "running", "paused", "prelaunch", "suspended", ...; empty: it has changed, and was not asked since
    std::string status;
    std::vector<GuestController> controllers;
    std::vector<HostObject> host_objects;
    std::vector<OtherDevice> other_devices;
    /// Names of PCI Express root ports with nothing on them, on which a controller can be hot-plugged; of a domain of libvirt's
    /// none are listed.
    std::vector<std::string> free_root_ports;
    bool operator==(const GuestUsb&) const = default;

    [[nodiscard]] const HostObject* find(const ObjectId& id) const;
    [[nodiscard]] const GuestController* find_bus(std::string_view bus) const;
};

/// Ports of the controller with this bus that nothing is known to use, in order; empty where it does not tell how many it
/// has. A device whose port QEMU chose may be on one of them: QEMU refuses that one then, and the next can be tried.
[[nodiscard]] std::vector<GuestPort> free_ports(const GuestUsb& usb, std::string_view bus);

/// The lowest number of a controller of ours that no object has.
[[nodiscard]] std::optional<ControllerId> unused_controller_id(const GuestUsb& usb);

} // namespace usbroute::attach
