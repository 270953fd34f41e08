// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "base/shared_list.hpp"
#include "chips/registers.hpp"
#include "topology/by_bus.hpp"
#include "topology/census.hpp"
#include "topology/key.hpp"

#include <compare>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace usbroute::topology {

/// The kernel's name for a place in a USB tree: the bus, then the port taken at each hub on the way down.
/// "3-1.4" is port 4 of the hub in port 1 of bus 3; a root hub has no ports in its path ("usb3").
///
/// Buses are numbered in probe order, so a path means nothing after a reboot. Compare paths inside one
/// snapshot; store a connector's name instead.
class PortPath {
public:
    PortPath() = default;
    PortPath(std::uint16_t bus, std::vector<std::uint8_t> ports) : bus_(bus), ports_(std::move(ports)) {}

    /// Reads "3-1.4" and "usb3".
    [[nodiscard]] static std::optional<PortPath> parse(std::string_view text);
    [[nodiscard]] std::string text() const;

    [[nodiscard]] std::uint16_t bus() const { return bus_; }
    [[nodiscard]] const std::vector<std::uint8_t>& ports() const { return ports_; }
    [[nodiscard]] bool is_root_hub() const { return ports_.empty(); }
    [[nodiscard]] PortPath child(std::uint8_t port) const;
    /// True for the place itself and for everything plugged in below it.
    [[nodiscard]] bool contains(const PortPath& place) const;

    auto operator<=>(const PortPath&) const = default;

private:
    std::uint16_t bus_ = 0;
    std::vector<std::uint8_t> ports_;
};

/// As the kernel's `speed` attribute says; 0 where it says nothing usable.
struct Speed {
    std::uint32_t kilobit = 0; ///< per second: 1500, 12000, 480000, 5000000, ...
    [[nodiscard]] static Speed parse(std::string_view attribute);
    [[nodiscard]] bool is_superspeed() const { return kilobit >= 5'000'000; }
    auto operator<=>(const Speed&) const = default;
};

/// One interface of a device's active configuration.
struct Interface {
    std::uint8_t number = 0;
    std::uint8_t device_class = 0;
    std::uint8_t subclass = 0;
    std::uint8_t protocol = 0;
    std::string driver; ///< empty: none

    /// HID, boot interface, keyboard (HID 1.11, 4.2 and 4.3).
    [[nodiscard]] bool is_boot_keyboard() const
    {
        return device_class == 3 && subclass == 1 && protocol == 1;
    }
    bool operator==(const Interface&) const = default;
};

/// Something plugged in: hubs too, root hubs not.
///
/// The strings are the device's own and can hold anything; they pass through `printable` before a person or a
/// terminal sees them.
struct Device {
    PortPath path;
    std::uint8_t number = 0; ///< its address on the bus, another one after each plug (`devnum`); 0: not told
    std::uint16_t vendor = 0;
    std::uint16_t product = 0;
    std::uint8_t device_class = 0;
    std::uint8_t hub_ports = 0; ///< 0: not a hub
    Speed speed;
    std::string manufacturer;
    std::string product_name;
    std::string serial;
    bool removable = true; ///< false where the kernel says "fixed"
    bool authorized =
        true; ///< false: the kernel was told not to use it, nor to look behind it (`authorized`)
    std::vector<Interface> interfaces; ///< of one without a configuration: those that its first one has
    /// False: no configuration is chosen, and nobody can use it. So is what has come into a claimed port.
    bool is_configured = true;
    std::uint8_t first_configuration = 0; ///< of one that has none: the value to choose; 0: not told

    [[nodiscard]] bool is_hub() const { return device_class == 9 || hub_ports > 0; }
    [[nodiscard]] bool is_keyboard() const;
    /// "Logitech USB Keyboard (046d:c31c)", safe to print.
    [[nodiscard]] std::string shown() const;
    bool operator==(const Device&) const = default;
};

/// One port of a hub or root hub, as the kernel lists it.
struct HubPort {
    PortPath place;
    std::string connect_type;     ///< "hotplug", "hardwired", "not used", "unknown"; empty: not told
    std::optional<PortPath> peer; ///< the kernel's pairing inside one xHCI; a guess without ACPI data
    std::uint32_t location = 0;   ///< 0: firmware gave none
    bool operator==(const HubPort&) const = default;
};

/// A bus: one root hub.
struct Bus {
    std::uint16_t number = 0;
    Speed speed;
    std::uint8_t ports = 0; ///< of the root hub
    bool authorized = true; ///< false: the root hub is switched off, and nothing on this bus is seen
    /// False: a new device stays unused until somebody authorizes it (`authorized_default` 0, and 2 for sockets).
    bool authorizes_new = true;
    std::string authorized_default = {}; ///< as the kernel shows it, "0"; empty: not told
    bool operator==(const Bus&) const = default;
};

enum class ControllerKind : std::uint8_t { uhci, ohci, ehci, xhci, other };
[[nodiscard]] std::string_view text_of(ControllerKind kind);

/// Who drives a controller, by its driver's name. The one place that says so.
enum class Hold : std::uint8_t {
    nobody, ///< no driver
    host,   ///< a driver of the host that runs its buses
    guest,  ///< vfio-pci, from which a guest's QEMU takes it
    stub, ///< a driver that only keeps others away, or hands it to a program: nobody has what is plugged in there
};

[[nodiscard]] Hold hold_of(std::string_view driver);

/// By what rights the registers were to be read.
enum class RegisterAccess : std::uint8_t {
    own,        ///< by those of whoever looks
    not_handed, ///< by a descriptor from somebody with more rights, who has handed over none
    lost,       ///< by such a descriptor, and the function that it is of was removed from the bus since
};

/// The routing registers could not be read; `errno_value` 0 means that the kernel showed only the first 64
/// bytes of the configuration space, which it does to openers without CAP_SYS_ADMIN.
struct Unreadable {
    int errno_value = 0;
    RegisterAccess access = RegisterAccess::own;
    bool operator==(const Unreadable&) const = default;
};

/// Nothing asked for yet or nothing to read (not an xHCI).
struct NotRead {
    bool operator==(const NotRead&) const = default;
};
using RegisterLook = std::variant<NotRead, Unreadable, chips::RouteBits>;

/// What drives USB: a function of the PCI bus, or a platform or virtual controller, such as xhci-hcd.1.auto, vhci_hcd.0
/// (usbip) and dummy_hcd.0.
struct Controller {
    std::string name;    ///< "0000:00:14.0", or the kernel's device name
    std::string syspath; ///< below the root, without a leading slash
    std::uint16_t vendor = 0;
    std::uint16_t device = 0;
    std::uint8_t revision = 0;
    ControllerKind kind = ControllerKind::other;
    std::string driver; ///< empty: none
    std::optional<std::uint32_t> iommu_group;
    std::vector<Bus> buses;      ///< ascending; empty when no host driver runs it
    bool asleep = false;         ///< the host drives it, and it is in D3 or suspended at run time
    std::string sleep_seen = {}; ///< what says so, "power_state: D3hot"; empty: it is awake, or not told
    bool pci_express = false;    ///< a card or a function with the PCI Express capability

    [[nodiscard]] const Bus* usb2_bus() const;
    [[nodiscard]] const Bus* superspeed_bus() const;
    [[nodiscard]] bool has_bus(std::uint16_t number) const;
    [[nodiscard]] Hold hold() const { return hold_of(driver); }
    [[nodiscard]] bool is_given_away() const { return hold() == Hold::guest; }
    [[nodiscard]] bool is_driven_by_host() const { return hold() == Hold::host; }
    bool operator==(const Controller&) const = default;
};

/// One function of the PCI bus that drives USB. Only such a one has an address, so only such a one can be the mux, be
/// given to a guest, or be named in a configuration.
struct PciController : Controller {
    PciAddress address;
    bool operator==(const PciController&) const = default;
};

/// A block device below a USB device, or one that is stacked on such a device.
struct BlockDevice {
    std::string name;                 ///< "sdb", "sdb1", "dm-0"
    std::string number;               ///< "8:17", as in mountinfo
    std::string whole_disk;           ///< "sdb" for "sdb1"; itself for a whole disk
    std::vector<std::string> holders; ///< block devices stacked on it
    std::optional<PortPath> usb;      ///< the device it belongs to; absent for stacked ones
    std::string mapper_name;          ///< the device mapper's name for it, as in /dev/mapper/NAME
    std::string filesystem_hint; ///< udev's ID_FS_TYPE, or what the partition's name tells; empty: not known
    std::vector<std::string> links; ///< udev's other names for it, "disk/by-uuid/4f2a"
    bool is_unprobed = false;       ///< udev has no record of it: what is on it is not known
    bool operator==(const BlockDevice&) const = default;
};

/// What the routing registers of one xHCI showed when they were last read or written.
struct HeldRegisters {
    PciAddress controller;
    RegisterLook look;
    bool operator==(const HeldRegisters&) const = default;
};

using SharedDevice = std::shared_ptr<const Device>;
using SharedHub = std::shared_ptr<const std::vector<HubPort>>; ///< never empty

/// By what they are in order: a device's own place, and that of a hub's first port.
[[nodiscard]] inline const PortPath& path_of(const SharedDevice& device) { return device->path; }
[[nodiscard]] inline const PortPath& path_of(const SharedHub& hub) { return hub->front().place; }

[[nodiscard]] ByBus<SharedDevice> in_order(std::vector<SharedDevice> devices);
[[nodiscard]] ByBus<SharedHub> in_order(std::vector<SharedHub> hubs);

/// One complete look at the machine. Immutable once built: the next one shares with it what has stayed the same, and
/// costs the same however many devices are on other buses. So does one in which only the registers are others.
struct Snapshot {
    std::uint64_t generation = 0;          ///< rises with each look that found something else
    SharedList<PciController> controllers; ///< by address
    SharedList<Controller> off_pci;        ///< platform and virtual ones
    ByBus<SharedDevice> devices;           ///< by path
    ByBus<SharedHub> ports;                ///< one entry a hub, by place
    SharedList<BlockDevice> blocks;
    std::vector<HeldRegisters> registers; ///< of each xHCI whose registers were asked for
    /// Whom places are for that no mux reaches, by place, where that is not the host. No look finds this: usbroute was told,
    /// and has written it down.
    std::vector<Placed> assigned = {};
    /// The profile that was asked for last, as long as nothing else has been moved since: of two that mean the same wires it
    /// is the one in force. No look finds this either.
    std::optional<ProfileName> applied = {};
    /// From before the look at what it tells of; null: it could not be taken, or nobody looked.
    std::shared_ptr<const Census> census = {};
    /// What could not be looked at, in words; never a reason to stop.
    SharedList<std::string> notes;

    /// All of them, those of the PCI bus first.
    [[nodiscard]] std::vector<const Controller*> all_controllers() const;
    [[nodiscard]] const Controller* controller_of_bus(std::uint16_t bus) const;
    /// Null also where the bus belongs to a controller that has no address.
    [[nodiscard]] const PciController* pci_controller_of_bus(std::uint16_t bus) const;
    [[nodiscard]] const PciController* controller_at(const PciAddress& address) const;
    /// What the registers of a controller hold; `NotRead` where nobody has asked.
    [[nodiscard]] const RegisterLook& registers_of(const PciAddress& controller) const;
    /// While a snapshot is built.
    void note_registers(const PciAddress& controller, RegisterLook look);
    /// This snapshot, but for the registers of one controller.
    [[nodiscard]] Snapshot with_registers(const PciAddress& controller, RegisterLook look) const;
    /// This snapshot, but for whom places are.
    [[nodiscard]] Snapshot with_assigned(std::vector<Placed> places) const;
    [[nodiscard]] const Device* device_at(const PortPath& path) const;
    /// The devices at and below a place.
    [[nodiscard]] std::vector<const Device*> devices_below(const PortPath& place) const;
};

} // namespace usbroute::topology
