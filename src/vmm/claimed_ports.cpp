// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "vmm/claimed_ports.hpp"

#include "attach/seen.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::vmm {

using attach::hub_of;
using linux_::UsbNode;
using topology::PortPath;

namespace {

std::unexpected<Error> no_nodes()
{
    return std::unexpected(Error(ErrorKind::not_permitted, "usbrouted opens no device nodes here")
                               .with_code("node-not-permitted"));
}

/// A root hub has 1 on each bus (Linux, drivers/usb/core/hcd.c, register_root_hub).
constexpr std::uint8_t root_hub_number = 1;

bool is_there(const topology::Snapshot& snapshot, const PortPath& hub, std::uint8_t number)
{
    if (hub.is_root_hub())
        return number == root_hub_number && snapshot.controller_of_bus(hub.bus()) != nullptr;
    const auto* device = snapshot.device_at(hub);
    return device != nullptr && device->number == number;
}

} // namespace

std::set<std::uint8_t> claims_of(UsbNode& hub)
{
    constexpr std::uint8_t most_ports = 255;
    std::set<std::uint8_t> ports;
    for (std::uint8_t port = 1; port < most_ports; ++port) {
        const auto released = hub.release_port(port);
        if (!released && released.error().code() != "port-not-claimed") break;
        if (released && hub.claim_port(port)) ports.insert(port);
    }
    return ports;
}

ClaimedPorts::ClaimedPorts(linux_::Loop& loop, linux_::UsbNodes* nodes, std::vector<KeptHub> kept)
    : loop_(loop), nodes_(nodes)
{
    for (auto& hub : kept)
        hubs_[hub.path] = {.number = hub.number,
                           .node = std::move(hub.node),
                           .ports = std::move(hub.ports),
                           .is_kept = true};
}

std::vector<PortPath> ClaimedPorts::list() const
{
    std::vector<PortPath> ports;
    for (const auto& [path, hub] : hubs_)
        for (const auto port : hub.ports) ports.push_back(path.child(port));
    std::ranges::sort(ports);
    return ports;
}

void ClaimedPorts::follow(const topology::Snapshot& snapshot)
{
    std::erase_if(hubs_, [&](const auto& one) { return !is_there(snapshot, one.first, one.second.number); });
}

void ClaimedPorts::claim(const PortPath& port, std::uint8_t hub_number,
                         std::function<void(Result<void>)> done)
{
    if (nodes_ == nullptr) return done(no_nodes());
    const auto path = hub_of(port);
    const auto held = hubs_.find(path);
    const auto kept = held != hubs_.end() && held->second.number == hub_number ? held->second.node : nullptr;
    const auto number = port.ports().back();
    using Opened = std::shared_ptr<UsbNode>;
    on_worker<Opened>(
        loop_,
        [nodes = nodes_, kept, path, hub_number, number]() -> Result<Opened> {
            auto node = kept;
            if (!node) {
                auto opened = nodes->open({.place = path, .number = hub_number});
                if (!opened) return std::unexpected(std::move(opened.error()));
                node = std::move(*opened);
            }
            if (auto claimed = node->claim_port(number); !claimed)
                return std::unexpected(std::move(claimed.error()));
            return node;
        },
        [this, alive = std::weak_ptr(alive_), path, hub_number, number,
         done = std::move(done)](Result<Opened> node) {
            if (alive.expired()) return;
            if (!node) return done(std::unexpected(std::move(node.error())));
            auto& hub = hubs_[path];
            if (hub.node != *node) hub = {.number = hub_number, .node = std::move(*node), .ports = {}};
            hub.ports.insert(number);
            done({});
        });
}

void ClaimedPorts::release(const PortPath& port, std::function<void(Result<void>)> done)
{
    const auto path = hub_of(port);
    const auto number = port.ports().back();
    const auto held = hubs_.find(path);
    if (held == hubs_.end() || !held->second.ports.contains(number)) return done({});
    on_worker<void>(
        loop_, [node = held->second.node, number] { return node->release_port(number); },
        [this, alive = std::weak_ptr(alive_), path, number, done = std::move(done)](Result<void> released) {
            if (alive.expired()) return;
            // What cannot be released because it is not there is as good as released.
            const bool is_gone = !released && (released.error().code() == "device-gone" ||
                                               released.error().code() == "port-not-claimed");
            if (!released && !is_gone) return done(std::move(released));
            if (const auto hub = hubs_.find(path); hub != hubs_.end()) {
                hub->second.ports.erase(number);
                if (hub->second.ports.empty() && !hub->second.is_kept) hubs_.erase(hub);
            }
            done({});
        });
}

} // namespace usbroute::vmm
