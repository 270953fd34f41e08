// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/activity.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "observe/decode.hpp"

#include <algorithm>
#include <map>
#include <optional>
#include <set>

namespace usbroute::observe {

using topology::Activity;
using topology::PortPath;

namespace {

using Names = std::vector<std::string>;

constexpr std::size_t attribute_limit = 4096;
constexpr std::size_t table_limit =
    1U << 22; // a router of the internet has a megabyte of routes, a desk one line

/// The USB device that an entry of a class hangs below.
std::optional<PortPath> usb_of(const KernelTree& tree, const std::string& link_path)
{
    const auto target = tree.link(link_path);
    return target ? usb_device_in(resolve_link(link_path, *target)) : std::nullopt;
}

/// A device's name becomes a part of a path, and a recording may say "../..".
bool is_plain(std::string_view name)
{
    return !name.empty() && name.find('/') == std::string_view::npos && name != "." && name != "..";
}

/// Bridges, bonds and VLANs have a link lower_NAME to each interface below them (net/core/dev.c,
/// netdev_adjacent_sysfs_add).
void add_interface(const KernelTree& tree, const std::string& name, std::string_view route,
                   std::set<std::string>& seen, std::vector<Activity>& found)
{
    constexpr std::string_view lower = "lower_";
    constexpr std::size_t most_interfaces = 256;
    if (!is_plain(name) || seen.size() >= most_interfaces || !seen.insert(name).second) return;
    const auto directory = "sys/class/net/" + name;
    if (const auto usb = usb_of(tree, directory)) {
        auto what = format("network interface {} carries the default route", printable(name, 32));
        if (name != route) what += format(" of {}", printable(route, 32));
        found.push_back({.usb = *usb, .what = std::move(what)});
    }
    for (const auto& entry : tree.list(directory).value_or(Names{}))
        if (entry.starts_with(lower)) add_interface(tree, entry.substr(lower.size()), route, seen, found);
}

/// "card2" of sys/class/sound; the list has controlC2 and pcmC2D0p beside it.
bool is_card(std::string_view name)
{
    return name.starts_with("card") && parse_decimal(name.substr(4)).has_value();
}

/// One stream: proc/asound/card2/pcm0p/sub0/status says "closed" or begins with "state: RUNNING"
/// (sound/core/pcm.c, snd_pcm_substream_proc_status_read).
bool is_running(const KernelTree& tree, const std::string& stream)
{
    for (const auto& sub : tree.list(stream).value_or(Names{})) {
        if (!sub.starts_with("sub")) continue;
        const auto status = tree.read(stream + "/" + sub + "/status", attribute_limit);
        if (status &&
            words(split(*status, '\n').front()) == std::vector<std::string_view>{"state:", "RUNNING"})
            return true;
    }
    return false;
}

void add_card(const KernelTree& tree, const std::string& card, const PortPath& usb,
              std::vector<Activity>& found)
{
    const auto directory = "proc/asound/" + card;
    bool plays = false;
    bool records = false;
    for (const auto& stream : tree.list(directory).value_or(Names{})) {
        if (!stream.starts_with("pcm")) continue;
        auto& direction = stream.ends_with('c') ? records : plays;
        direction = direction || is_running(tree, directory + "/" + stream);
    }
    if (!plays && !records) return;
    const auto id = tree.read(directory + "/id", attribute_limit);
    const auto name = id ? format("{} ({})", card, printable(trim(*id), 32)) : card;
    const auto* how = plays && records ? "is being played and recorded from"
                      : plays          ? "is being played"
                                       : "is being recorded from";
    found.push_back({.usb = usb, .what = format("sound {} {}", name, how)});
}

struct Openable {
    PortPath usb;
    std::string_view kind; ///< "serial port"
};

/// By the name that a descriptor's link shows: "/dev/ttyUSB0".
std::map<std::string, Openable> openable_devices(const KernelTree& tree)
{
    std::map<std::string, Openable> found;
    const auto add = [&](const std::string& directory, std::string_view prefix, std::string_view kind) {
        for (const auto& name : tree.list(directory).value_or(Names{}))
            if (name.starts_with(prefix))
                if (const auto usb = usb_of(tree, directory + "/" + name))
                    found.emplace("/dev/" + name, Openable{.usb = *usb, .kind = kind});
    };
    add("sys/class/tty", "ttyUSB", "serial port");
    add("sys/class/tty", "ttyACM", "serial port");
    add("sys/class/video4linux", "video", "camera");
    return found;
}

/// Ascending, so that the first to be named is the same each time.
std::vector<std::uint32_t> processes_in(const KernelTree& tree)
{
    constexpr std::size_t most_processes = 8192;
    std::vector<std::uint32_t> processes;
    for (const auto& name : tree.list("proc").value_or(Names{}))
        if (const auto process = parse_decimal(name)) processes.push_back(*process);
    std::ranges::sort(processes);
    if (processes.size() > most_processes) processes.resize(most_processes);
    return processes;
}

std::string shown(const KernelTree& tree, std::uint32_t process)
{
    const auto command = tree.read(format("proc/{}/comm", process), attribute_limit);
    const auto name = command ? printable(trim(*command), 32) : std::string();
    return name.empty() ? format("process {}", process) : format("process {} ({})", process, name);
}

} // namespace

void add_network(const KernelTree& tree, std::vector<Activity>& found)
{
    Names routes;
    if (const auto table = tree.read("proc/net/route", table_limit)) routes = topology::parse_routes(*table);
    if (const auto table = tree.read("proc/net/ipv6_route", table_limit))
        for (auto& name : topology::parse_ipv6_routes(*table))
            if (std::ranges::find(routes, name) == routes.end()) routes.push_back(std::move(name));
    std::set<std::string> seen;
    for (const auto& name : routes) add_interface(tree, name, name, seen, found);
}

void add_sound(const KernelTree& tree, std::vector<Activity>& found)
{
    auto cards = tree.list("sys/class/sound").value_or(Names{});
    std::erase_if(cards, [](const std::string& name) { return !is_card(name); });
    std::ranges::sort(cards);
    for (const auto& card : cards)
        if (const auto usb = usb_of(tree, "sys/class/sound/" + card)) add_card(tree, card, *usb, found);
}

void add_open_devices(const KernelTree& tree, std::vector<Activity>& found)
{
    auto unopened = openable_devices(tree);
    int looks_left = 100'000;
    for (const auto process : unopened.empty() ? std::vector<std::uint32_t>{} : processes_in(tree)) {
        const auto directory = format("proc/{}/fd", process);
        for (const auto& descriptor : tree.list(directory).value_or(Names{})) {
            if (unopened.empty() || looks_left-- == 0) return;
            const auto target = tree.link(directory + "/" + descriptor);
            const auto device = target ? unopened.find(*target) : unopened.end();
            if (device == unopened.end()) continue;
            found.push_back({.usb = device->second.usb,
                             .what = format("{} {} is open in {}", device->second.kind,
                                            printable(device->first, 64), shown(tree, process))});
            unopened.erase(device); // one that uses it is reason enough
        }
    }
}

void add_mounts_elsewhere(const KernelTree& tree, std::vector<topology::Mount>& mounts)
{
    constexpr std::size_t most_namespaces = 64;
    constexpr std::size_t most_mounts = 100'000; // fs.mount-max of one namespace
    const auto own = tree.link("proc/self/ns/mnt");
    if (!own) return; // then others cannot be told from it
    std::set<std::string> namespaces{*own};
    // A file system without a device of its own may still name some: FUSE, bcachefs.
    const auto names_a_device = [](const topology::Mount& mount) {
        return mount.source.starts_with("/dev/") || !mount.devices.empty();
    };
    const auto key_of = [&](const topology::Mount& mount) {
        return mount.number.starts_with("0:") ? mount.source : mount.number;
    };
    std::set<std::string> known;
    for (const auto& mount : mounts) known.insert(key_of(mount));
    for (const auto process : processes_in(tree)) {
        if (namespaces.size() > most_namespaces || mounts.size() > most_mounts) return;
        const auto directory = format("proc/{}", process);
        const auto other = tree.link(directory + "/ns/mnt");
        if (!other || !namespaces.insert(*other).second) continue;
        const auto text = tree.read(directory + "/mountinfo", table_limit);
        if (!text) continue;
        for (auto& mount : topology::parse_mountinfo(*text)) {
            if (mount.number.starts_with("0:") && !names_a_device(mount)) continue;
            if (!known.insert(key_of(mount)).second) continue;
            mount.whose = shown(tree, process);
            mounts.push_back(std::move(mount));
        }
    }
}

} // namespace usbroute::observe
