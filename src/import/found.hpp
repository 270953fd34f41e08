// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "config/settings.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// Other tools' configurations: each kind of file to what it says (a `Found`), and that, held against this machine, to a
/// proposed configuration. Pure: nothing is read, run or changed here.
namespace usbroute::import_ {

using config::Origin;

/// What a file is; one reader each.
enum class Kind : std::uint8_t {
    hotplugger,
    vhotplug,
    whawty,
    libvirt,
    udev,
    tables, ///< of the scripts that udev rules call
    proxmox,
    proxmox_mapping,
    qemu,
    unraid,
    unraid_kept, ///< devices that are never handed over
    usbguard,
    quickemu,
    microvm, ///< what `nix eval` prints of microvm.devices
    setpci,
    script, ///< a shell script with several of these in it
};
/// The word for `--kind`.
[[nodiscard]] std::string_view text_of(Kind kind);
[[nodiscard]] std::optional<Kind> kind_from(std::string_view word);
[[nodiscard]] const std::vector<Kind>& all_kinds();

/// What became of what a line says.
enum class Weight : std::uint8_t {
    note,    ///< imported; something was added, or is good to know
    warning, ///< imported, and it has to be looked at: guessed, or this machine says something else
    left,    ///< not imported
};

/// A line for whoever imports.
struct Remark {
    Origin origin;
    Weight weight = Weight::left;
    std::string text;
    bool operator==(const Remark&) const = default;
};

/// A socket as a file names it: by the bus number of that time, by the way to its controller, or by both.
struct ToldSocket {
    std::string said; ///< as it stands there, for messages
    std::optional<std::uint16_t> bus;
    std::vector<PciAddress> way;         ///< functions of the PCI bus, the controller last; empty: not told
    bool way_is_whole = false;           ///< `way` begins at a root bus
    std::optional<bool> superspeed;      ///< which half; nothing: not told but by the bus
    std::vector<std::uint8_t> ports;     ///< empty: a root hub, and with it everything on its bus
    bool with_what_begins_alike = false; ///< "1-1" took 1-10 too
    std::string glob = {};               ///< in place of all of these: a pattern of udev for its DEVPATH
    std::string kernel_glob = {};        ///< for its kernel name, "3-1*"
    std::string id_path_glob = {};       ///< for its ID_PATH
};

/// Reads "1-4.2" and "usb3".
[[nodiscard]] std::optional<ToldSocket> socket_by_bus(std::string_view text);
/// Reads a path of sysfs, with or without "/sys" and "/devices" in front: the functions of the PCI bus, the bus, the ports. An interface
/// at its end is passed over.
[[nodiscard]] std::optional<ToldSocket> socket_by_devpath(std::string_view text);
/// Reads udev's ID_PATH, "pci-0000:0a:00.3-usb-0:6.3" with or without ":1.0", and its form with the revision of USB.
[[nodiscard]] std::optional<ToldSocket> socket_by_id_path(std::string_view text);

/// A device as a file describes it; everything that is told holds.
struct ToldDevice {
    std::optional<std::uint16_t> vendor;
    std::optional<std::uint16_t> product;
    std::string serial;
    std::string udev_serial;     ///< udev's ID_SERIAL: maker, model and serial number with "_" between them
    std::string name;            ///< a regular expression
    std::string device_class;    ///< "03", "03:01:01"
    std::string interface_class; ///< of one of its interfaces
    std::optional<bool> removable;
    std::optional<std::uint16_t> number; ///< its address on `bus`, another one after each plug
    std::uint16_t bus = 0;

    [[nodiscard]] std::optional<UsbIds> id() const
    {
        if (!vendor || !product) return std::nullopt;
        return UsbIds{.vendor = *vendor, .product = *product};
    }
    bool operator==(const ToldDevice&) const = default;
};

/// One entry of a file: a socket, a device, or a device at a socket, and whose it is.
struct Entry {
    enum class To : std::uint8_t { guest, host, rejected };

    Origin origin;
    To to = To::guest;
    std::string guest; ///< as the file calls it; empty: not told
    std::optional<ToldSocket> socket;
    std::optional<ToldDevice> device;
    std::string name;                       ///< what the file calls this entry; empty: nothing
    bool device_is_expected = false;        ///< the device is what the socket is for, and no wish of its own
    bool for_sockets_of_guest = false;      ///< holds for what is plugged into the sockets of the same guest
    std::string mapping;                    ///< it means the entries of that name in Proxmox' mappings
    std::string file;                       ///< it means the device in that file of libvirt's
    std::string parent_hash;                ///< USBGuard's, of the hub above
    std::string node = {};                  ///< of a cluster of Proxmox, where it holds
    bool only_when_plugged_by_hand = false; ///< the old tool did nothing by itself
};

/// A guest as a file names it.
struct ToldGuest {
    std::string name;
    Origin origin;
    std::string qmp;     ///< path of its QMP socket
    std::string libvirt; ///< its domain
    bool guessed = false;
    std::vector<std::pair<PciAddress, Origin>> functions; ///< of the PCI bus, that it was given
    std::vector<std::pair<PciAddress, Origin>> slots;     ///< the same, of which all functions count
    std::string no_monitor; ///< why usbroute has no hand on it, as a remark; empty: it has
};

/// A write of a routing register in a script.
struct RegisterWrite {
    Origin origin;
    std::uint32_t value = 0;
    std::uint32_t mask = 0;   ///< bits that it changes
    std::optional<UsbIds> of; ///< the xHCI that is meant, where the script has its ids
    std::string name;         ///< the word of a `case` or a function beside it; empty: none
};

/// A root hub in USBGuard's rules: its serial number is the address of its controller, and its hash is `parent-hash` of what hangs on it.
struct RootHub {
    std::string hash;
    PciAddress controller;
    bool superspeed = false;
};

/// What one file says.
struct Found {
    std::string file;
    Kind kind = Kind::hotplugger;
    std::vector<ToldGuest> guests;
    std::vector<Entry> entries;
    std::vector<RegisterWrite> writes; ///< of XUSB2PR
    std::vector<RootHub> root_hubs;
    std::vector<Remark> remarks;

    void note(std::uint32_t line, std::string text) { add(line, Weight::note, std::move(text)); }
    void warn(std::uint32_t line, std::string text) { add(line, Weight::warning, std::move(text)); }
    void left(std::uint32_t line, std::string text) { add(line, Weight::left, std::move(text)); }
    [[nodiscard]] Origin at(std::uint32_t line) const { return {.file = file, .line = line, .column = 1}; }
    /// The guest of that name, new where it was not known.
    [[nodiscard]] ToldGuest& guest(const std::string& name, std::uint32_t line);

private:
    void add(std::uint32_t line, Weight weight, std::string text);
};

/// A file's text, already read.
struct Source {
    std::string name; ///< for messages
    std::string text;
};

/// "jobs/tv.conf" is "tv".
[[nodiscard]] std::string stem_of(std::string_view file);
[[nodiscard]] std::string_view last_name_of(std::string_view path);

} // namespace usbroute::import_
