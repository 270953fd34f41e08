// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/kept_hubs.hpp"

#include "linux/files.hpp"
#include "linux/usb_node.hpp"
#include "observe/scanner.hpp"
#include "plan/board.hpp"
#include "plan/needed_nodes.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::daemon {

namespace {

std::vector<linux_::MeantDevice> hubs_needed(const linux_::Locations& locations,
                                             const config::Settings& settings)
{
    const linux_::LiveTree tree(locations.root);
    const auto snapshot = observe::TreeScanner(tree).look({}, {.everything = true});
    std::vector<linux_::MeantDevice> hubs;
    for (const auto& needed : plan::needed_nodes(plan::look_at_board(snapshot, settings)))
        for (const auto& there : plan::those_there(needed, snapshot)) {
            const auto* device = snapshot.device_at(there.path);
            if (there.path.is_root_hub() || (device != nullptr && device->is_hub()))
                hubs.push_back({.place = there.path, .number = there.number});
        }
    return hubs;
}

} // namespace

std::vector<vmm::KeptHub> keep_hubs(const linux_::Locations& locations, const config::Settings& settings,
                                    linux_::ServiceManager& manager, std::vector<linux_::UniqueFd> inherited)
{
    std::vector<vmm::KeptHub> kept;
    // What is not left there again ends with our own copy of it, and with it what nobody wants to be claimed any more.
    if (!inherited.empty()) manager.drop(name_of_kept_hubs);
    if (locations.recorded || !settings.gives_devices() || !manager.is_there()) return kept;
    const linux_::UsbFileSystem nodes(locations.root);
    for (const auto& hub : hubs_needed(locations, settings)) {
        const auto known = std::ranges::find_if(
            inherited, [&](const auto& fd) { return fd.is_open() && nodes.is_node_of(fd, hub); });
        const bool was_open = known != inherited.end();
        auto fd = was_open ? Result<linux_::UniqueFd>(std::move(*known)) : nodes.open_plain(hub);
        if (!fd) continue;
        manager.keep(name_of_kept_hubs, fd->get());
        auto node = nodes.wrap(std::move(*fd), hub);
        auto ports = was_open ? vmm::claims_of(*node) : std::set<std::uint8_t>();
        kept.push_back(
            {.path = hub.place, .number = hub.number, .node = std::move(node), .ports = std::move(ports)});
    }
    return kept;
}

} // namespace usbroute::daemon
