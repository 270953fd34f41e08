// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "observe/activity.hpp"
#include "observe/decode.hpp"
#include "observe/hid.hpp"
#include "observe/processes.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <optional>

namespace usbroute::observe {

using topology::Activity;
using topology::PortPath;

namespace {

using Names = std::vector<std::string>;

struct Openable {
    PortPath usb;
    std::string_view kind; ///< "serial port"
};

/// Device files of one kind: the names in a class of sysfs that begin so.
struct Kind {
    const char* directory;
    std::string_view prefix;
    std::string_view words;
};
constexpr std::array<Kind, 12> kinds{{
    {"sys/class/tty", "ttyUSB", "serial port"},
    {"sys/class/tty", "ttyACM", "serial port"},
    {"sys/class/video4linux", "video", "camera"},
    {"sys/class/video4linux", "radio", "radio"},
    {"sys/class/video4linux", "swradio", "radio"},
    {"sys/class/dvb", "dvb", "tuner"},
    {"sys/class/sound", "midi", "MIDI port"},
    {"sys/class/hidraw", "hidraw", "hidraw"},
    {"sys/class/usbmisc", "hiddev", "hiddev"},
    {"sys/class/usbmisc", "lp", "printer"},
    {"sys/class/usbmisc", "", "device file"}, // modems' cdc-wdm0 and others
    {"sys/class/wwan", "wwan", "modem"},
}};

/// The device's file: as the kernel names it (DEVNAME of uevent), else as it is in the class.
std::string file_of(const KernelTree& tree, const std::string& syspath, std::string_view usual)
{
    const auto uevent = tree.read(syspath + "/uevent", attribute_limit);
    const auto name = uevent ? uevent_value(*uevent, "DEVNAME") : std::string_view{};
    return format("/dev/{}", name.empty() ? usual : name);
}

/// Where the kernel puts it if its uevent cannot be read (drivers/usb/core/file.c: each driver's devnode).
std::string usual_file(const std::string& name)
{
    return name.starts_with("hiddev") || name.starts_with("lp") ? "usb/" + name : name;
}

void add_usbfs(const KernelTree& tree, std::map<std::string, Openable>& found)
{
    const std::string all = "sys/bus/usb/devices";
    for (const auto& name : tree.list(all).value_or(Names{})) {
        const auto place = PortPath::parse(name); // not an interface, "3-1:1.0"
        if (!place || place->is_root_hub()) continue;
        const auto link_path = all + "/" + name;
        const auto target = tree.link(link_path);
        const auto file = file_of(tree, target ? resolve_link(link_path, *target) : link_path, "");
        if (file.starts_with("/dev/bus/usb/")) found.emplace(file, Openable{.usb = *place, .kind = "usbfs"});
    }
}

/// By the name that a descriptor's link shows: "/dev/ttyUSB0".
std::map<std::string, Openable> openable_devices(const KernelTree& tree)
{
    std::map<std::string, Openable> found;
    for (const auto& kind : kinds)
        for (const auto& name : tree.list(kind.directory).value_or(Names{})) {
            if (!name.starts_with(kind.prefix)) continue;
            const auto link_path = format("{}/{}", kind.directory, name);
            const auto target = tree.link(link_path);
            const auto path = target ? resolve_link(link_path, *target) : link_path;
            if (const auto usb = usb_device_in(path))
                found.emplace(file_of(tree, path, usual_file(name)),
                              Openable{.usb = *usb, .kind = kind.words});
        }
    add_usbfs(tree, found);
    return found;
}

/// As the process itself would say it: one in a chroot (NUT's, QEMU's, a container's) has ROOT/dev/usb/hiddev0 open.
std::string_view without_root(const KernelTree& tree, const std::string& process, std::string_view target)
{
    const auto dev = target.find("/dev/");
    if (dev == std::string_view::npos || dev == 0) return target;
    const auto root = tree.link(process + "/root");
    return root && target.substr(0, dev) == *root ? target.substr(dev) : target;
}

} // namespace

void add_power_supplies(const KernelTree& tree, std::vector<Activity>& found)
{
    for (const auto& reports : read_hid_reports(tree)) {
        const auto is_one = [](topology::HidUsage use) {
            return use == topology::hid_ups || use == topology::hid_power_supply;
        };
        if (std::ranges::any_of(reports.applications, is_one))
            found.push_back(
                {.usb = reports.usb,
                 .what =
                     "it is a power supply (UPS), and the host does not hear of a power failure without it"});
    }
}

void add_open_devices(const KernelTree& tree, std::vector<Activity>& found)
{
    auto unopened = openable_devices(tree);
    int looks_left = 100'000;
    for (const auto process : unopened.empty() ? std::vector<std::uint32_t>{} : processes_in(tree)) {
        const auto directory = format("proc/{}", process);
        for (const auto& descriptor : tree.list(directory + "/fd").value_or(Names{})) {
            if (unopened.empty() || looks_left-- == 0) return;
            const auto target = tree.link(format("{}/fd/{}", directory, descriptor));
            if (!target) continue;
            const auto device = unopened.find(std::string(without_root(tree, directory, *target)));
            if (device == unopened.end()) continue;
            found.push_back({.usb = device->second.usb,
                             .what = format("{} {} is open in {}", device->second.kind,
                                            printable(device->first, 64), shown_process(tree, process))});
            unopened.erase(device); // one that uses it is reason enough
        }
    }
}

} // namespace usbroute::observe
