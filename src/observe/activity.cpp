// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "observe/activity.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "observe/decode.hpp"
#include "observe/processes.hpp"

#include <algorithm>
#include <optional>
#include <set>

namespace usbroute::observe {

using topology::Activity;
using topology::PortPath;

namespace {

using Names = std::vector<std::string>;

constexpr std::size_t table_limit =
    1U << 22; // a router of the internet has a megabyte of routes, a desk one line

/// The USB device that an entry of a class hangs below.
std::optional<PortPath> usb_of(const KernelTree& tree, const std::string& link_path)
{
    const auto target = tree.link(link_path);
    return target ? usb_device_in(resolve_link(link_path, *target)) : std::nullopt;
}

/// Bridges, bonds and VLANs have a link lower_NAME to each interface below them (net/core/dev.c,
/// netdev_adjacent_sysfs_add).
void add_carrier(const KernelTree& tree, const std::string& name, const std::string& route,
                 const std::string& carries, std::vector<RouteCarrier>& found)
{
    constexpr std::string_view lower = "lower_";
    constexpr std::size_t most_interfaces = 256;
    if (!is_entry_name(name) || found.size() >= most_interfaces ||
        std::ranges::find(found, name, &RouteCarrier::name) != found.end())
        return;
    const auto directory = "sys/class/net/" + name;
    const auto target = tree.link(directory);
    found.push_back({.name = name,
                     .route = route,
                     .carries = carries,
                     .syspath = target ? resolve_link(directory, *target) : directory});
    for (const auto& entry : tree.list(directory).value_or(Names{}))
        if (entry.starts_with(lower)) add_carrier(tree, entry.substr(lower.size()), route, carries, found);
}

/// PPP and tunnels have nothing below them in sysfs. A PPP session over Ethernet names its interface; of a tunnel it is
/// known that its packets leave by some way to another machine.
void add_below_a_tunnel(const KernelTree& tree, const std::string& route, std::string_view routes,
                        std::vector<RouteCarrier>& found)
{
    const auto target = tree.link("sys/class/net/" + route);
    if (target && target->find("/virtual/") == std::string::npos) return;
    const auto sessions = tree.read("proc/net/pppoe", table_limit);
    auto names = sessions ? topology::parse_pppoe(*sessions) : Names{};
    if (names.empty()) names = topology::parse_gateway_routes(routes);
    for (const auto& name : names) add_carrier(tree, name, route, "the default route", found);
}

/// The ways to what is mounted from other machines, and to the targets of disks over iSCSI
/// (drivers/scsi/scsi_transport_iscsi.c).
void add_ways_to_servers(const KernelTree& tree, const std::string& routes, const std::string& ipv6_routes,
                         std::vector<RouteCarrier>& found)
{
    std::set<std::string>
        asked; // a server may have a thousand mounts, and each question goes through all routes
    const auto add = [&](const std::string& server, std::string_view what) {
        if (!asked.insert(server).second) return;
        const auto name = topology::interface_to(server, routes, ipv6_routes);
        if (!name) return;
        const auto carries = format("the way to {}, {}", printable(server, 64), what);
        add_carrier(tree, *name, *name, carries, found);
    };
    if (const auto mounts = tree.read("proc/self/mountinfo", table_limit))
        for (const auto& mount : topology::parse_served_mounts(*mounts))
            add(mount.server, format("which serves {}", printable(mount.point, 128)));
    for (const auto& connection : tree.list("sys/class/iscsi_connection").value_or(Names{}))
        if (const auto address =
                tree.read("sys/class/iscsi_connection/" + connection + "/address", attribute_limit))
            add(std::string(trim(*address)), "which serves a disk");
}

/// A radio that is connected or serves others loses that, whether a default route is on it or not. Radios have the
/// directory phy80211 (net/wireless/core.c); the state "up" is that of RFC 2863 (net/core/net-sysfs.c).
void add_radios(const KernelTree& tree, std::vector<Activity>& found)
{
    for (const auto& name : tree.list("sys/class/net").value_or(Names{})) {
        const auto directory = "sys/class/net/" + name;
        const auto usb = usb_of(tree, directory);
        if (!usb || !(tree.list(directory + "/phy80211") || tree.list(directory + "/wireless"))) continue;
        if (attribute(tree, directory + "/operstate") == "up")
            found.push_back({.usb = *usb, .what = format("radio {} is connected", printable(name, 32))});
    }
}

/// "hci0:256" is a connection of hci0 (net/bluetooth/hci_sysfs.c, hci_conn_add_sysfs).
void add_bluetooth(const KernelTree& tree, std::vector<Activity>& found)
{
    const std::string all = "sys/class/bluetooth";
    const auto names = tree.list(all).value_or(Names{});
    for (const auto& name : names) {
        const auto usb = name.find(':') == std::string::npos ? usb_of(tree, all + "/" + name) : std::nullopt;
        const auto connections = std::ranges::count_if(
            names, [&](const std::string& other) { return other.starts_with(name + ":"); });
        if (usb && connections > 0)
            found.push_back({.usb = *usb,
                             .what = format("Bluetooth adapter {} has {} connection{}", printable(name, 32),
                                            connections, connections == 1 ? "" : "s")});
    }
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
    const auto id = attribute(tree, directory + "/id");
    const auto name = id.empty() ? card : format("{} ({})", card, printable(id, 32));
    const auto* how = plays && records ? "is being played and recorded from"
                      : plays          ? "is being played"
                                       : "is being recorded from";
    found.push_back({.usb = usb, .what = format("sound {} {}", name, how)});
}

} // namespace

std::vector<RouteCarrier> route_carriers(const KernelTree& tree)
{
    const auto routes = tree.read("proc/net/route", table_limit).value_or(std::string());
    const auto ipv6_routes = tree.read("proc/net/ipv6_route", table_limit).value_or(std::string());
    auto names = topology::parse_routes(routes);
    for (auto& name : topology::parse_ipv6_routes(ipv6_routes))
        if (std::ranges::find(names, name) == names.end()) names.push_back(std::move(name));
    std::vector<RouteCarrier> found;
    add_ways_to_servers(tree, routes, ipv6_routes, found);
    // What serves a file system is worse to lose, but by one interface both may go.
    std::vector<RouteCarrier> defaults;
    for (const auto& name : names) {
        add_carrier(tree, name, name, "the default route", defaults);
        add_below_a_tunnel(tree, name, routes, defaults);
    }
    for (auto& carrier : defaults) {
        const auto same = std::ranges::find(found, carrier.name, &RouteCarrier::name);
        if (same == found.end())
            found.push_back(std::move(carrier));
        else
            same->carries = "the default route and " + same->carries;
    }
    return found;
}

void add_network(const KernelTree& tree, std::vector<Activity>& found)
{
    for (const auto& carrier : route_carriers(tree)) {
        const auto usb = usb_device_in(carrier.syspath);
        if (!usb) continue;
        auto what = format("network interface {} carries {}", printable(carrier.name, 32), carrier.carries);
        if (carrier.name != carrier.route) what += format(" of {}", printable(carrier.route, 32));
        found.push_back({.usb = *usb,
                         .what = std::move(what),
                         .route = topology::CarriedRoute{.name = carrier.name, .carries = carrier.carries}});
    }
    add_radios(tree, found);
    add_bluetooth(tree, found);
}

void add_sound(const KernelTree& tree, std::vector<Activity>& found)
{
    auto cards = tree.list("sys/class/sound").value_or(Names{});
    std::erase_if(cards, [](const std::string& name) { return !is_card(name); });
    std::ranges::sort(cards);
    for (const auto& card : cards)
        if (const auto usb = usb_of(tree, "sys/class/sound/" + card)) add_card(tree, card, *usb, found);
}

void add_consoles(const KernelTree& tree, std::vector<Activity>& found)
{
    const auto text = tree.read("proc/consoles", attribute_limit);
    if (!text) return;
    for (const auto& name : topology::parse_consoles(*text))
        if (const auto usb = is_entry_name(name) ? usb_of(tree, "sys/class/tty/" + name) : std::nullopt)
            found.push_back(
                {.usb = *usb, .what = format("{} is a console of the kernel", printable(name, 32))});
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
            mount.whose = shown_process(tree, process);
            mounts.push_back(std::move(mount));
        }
    }
}

} // namespace usbroute::observe
