// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/giving.hpp"

#include "base/format.hpp"
#include "daemon/log.hpp"
#include "plan/refusal.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::daemon {

namespace {

/// A guest that starts anew lets go of its devices for as long as its firmware takes to find them; what is taken and given
/// again meanwhile does no harm.
constexpr auto until_it_is_lost = std::chrono::milliseconds(2000);

} // namespace

bool Giving::is_needed() const { return parts_.machine.settings().gives_devices(); }

attach::Seen Giving::seen() const
{
    return {.way = parts_.nodes == nullptr || is_denied_ ? attach::Way::by_place : attach::Way::descriptor,
            .claimed = ports_.list(),
            .devices = {},
            .guests = parts_.guests()};
}

Machine::Attached Giving::known()
{
    seen_ = seen();
    return {.seen = seen_, .of_devices = remembered_};
}

std::unique_ptr<apply::Backend> Giving::backend()
{
    return std::make_unique<vmm::AttachBackend>(vmm::AttachBackend::Parts{
        .loop = parts_.loop,
        .tree = parts_.tree,
        .nodes = parts_.nodes,
        .ports = ports_,
        .guest = parts_.guest,
        .seen =
            [this] {
                auto now = seen();
                for (const auto& device : parts_.machine.snapshot()->devices)
                    now.devices.push_back(attach::seen(*device));
                return now;
            },
        .offered = [this](const attach::HostDevice& device) { remembered_.offered.insert(device); }});
}

std::optional<std::chrono::milliseconds> Giving::follow(const topology::Snapshot& snapshot)
{
    ports_.follow(snapshot);
    const auto is_gone = [&](const attach::HostDevice& device) {
        const auto* now = snapshot.device_at(device.path);
        return now == nullptr || now->number != device.number;
    };
    remembered_.forget_if(is_gone);
    std::erase_if(used_, is_gone);
    std::erase_if(unused_since_, [&](const auto& one) { return is_gone(one.first); });
    if (!is_needed()) return std::nullopt;

    std::optional<std::chrono::milliseconds> next;
    const auto now = parts_.loop.now();
    for (const auto& one : snapshot.devices) {
        const auto device = attach::seen(*one);
        if (device.with_program > 0) {
            used_.insert(device.device);
            unused_since_.erase(device.device);
        } else if (used_.contains(device.device) && device.with_host == 0) {
            const auto since = unused_since_.try_emplace(device.device, now).first->second;
            if (now - since >= until_it_is_lost)
                remembered_.lost.insert(device.device);
            else
                next = std::min(next.value_or(until_it_is_lost), until_it_is_lost - (now - since));
        }
    }
    return next;
}

void Giving::done(const plan::Plan& plan)
{
    remembered_.forget_if([&](const attach::HostDevice& device) {
        return std::ranges::any_of(plan.movements,
                                   [&](const plan::Movement& one) { return one.takes(device.path); });
    });
    for (const auto& step : plan.steps) {
        if (const auto* give = std::get_if<attach::Give>(&step.action))
            remembered_.offered.erase(give->device);
        if (const auto* take = std::get_if<attach::Take>(&step.action))
            if (const auto meant = attach::meant_by(take->object.text())) forget_use_at(meant->path);
    }
}

void Giving::forget_use_at(const topology::PortPath& place)
{
    const auto is_there = [&](const attach::HostDevice& device) { return device.path == place; };
    std::erase_if(remembered_.lost, is_there);
    std::erase_if(used_, is_there);
    std::erase_if(unused_since_, [&](const auto& one) { return is_there(one.first); });
}

void Giving::keep(const std::vector<plan::Kept>& kept)
{
    for (const auto& one : kept)
        if (one.why.reason == plan::Reason::disk_in_use) {
            remembered_.stay.insert(one.device);
            remembered_.why[one.device] = plan::text_of(one.why);
        }
}

void Giving::failed(const topology::PortPath& place, const Error& why)
{
    // No failure of the device: from now on QEMU opens nodes itself.
    if (why.code() == "node-not-permitted" && !std::exchange(is_denied_, true))
        return log::warning(format(
            "{}; QEMU has to open devices itself, and takes up to two seconds to find them", why.message()));
    const auto* device = parts_.machine.snapshot()->device_at(place);
    if (device == nullptr) return;
    const attach::HostDevice one{.path = place, .number = device->number};
    auto& failures = remembered_.failures[one];
    if (failures < attach::Remembered::most_failures) ++failures;
    remembered_.why[one] = why.message();
}

} // namespace usbroute::daemon
