// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "vmm/held_nodes.hpp"

#include "vmm/claimed_ports.hpp"

#include <utility>

namespace usbroute::vmm {

using attach::HostDevice;

HeldNodes::Node HeldNodes::of(const HostDevice& device) const
{
    const auto found = held_.find(device);
    return found == held_.end() ? nullptr : found->second;
}

void HeldNodes::hold(const HostDevice& device, Node node)
{
    if (node) held_[device] = std::move(node);
}

void HeldNodes::open(const HostDevice& device)
{
    if (nodes_ == nullptr || !held_.try_emplace(device).second) return;
    on_worker<Node>(
        loop_,
        [nodes = nodes_, device]() -> Result<Node> {
            auto node = nodes->open({.place = device.path, .number = device.number});
            if (!node) return std::unexpected(std::move(node.error()));
            return Node(std::move(*node));
        },
        [this, alive = std::weak_ptr(alive_), device](Result<Node> node) {
            if (alive.expired() || !node) return;
            // It may have been unplugged meanwhile, or given once more.
            const auto found = held_.find(device);
            if (found != held_.end() && !found->second) found->second = std::move(*node);
        });
}

void HeldNodes::follow(const topology::Snapshot& snapshot)
{
    std::erase_if(held_, [&](const auto& one) {
        const auto* device = snapshot.device_at(one.first.path);
        return device == nullptr || device->number != one.first.number;
    });
}

} // namespace usbroute::vmm
