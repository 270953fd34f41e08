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
/// A guest that lets go of a device again and again, or a driver of the host that takes it, would have it reset for ever.
constexpr std::size_t most_gives = 5;
constexpr auto counted_for = std::chrono::seconds(60);

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
        .offered = [this](const attach::HostDevice& device) { remembered_.offered.insert(device); },
        .shut = [this](const Error& why) { return is_shut(why); }});
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
    std::erase_if(given_, [&](const auto& one) { return is_gone(one.first); });
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
    const auto is_asked_for = [&](const attach::HostDevice& device) {
        return std::ranges::any_of(plan.movements,
                                   [&](const plan::Movement& one) { return one.takes(device.path); });
    };
    remembered_.forget_if(is_asked_for);
    std::erase_if(given_, [&](const auto& one) { return is_asked_for(one.first); });
    for (const auto& step : plan.steps) {
        if (const auto* give = std::get_if<attach::Give>(&step.action)) note_given(give->device);
        if (const auto* take = std::get_if<attach::Take>(&step.action))
            if (const auto meant = attach::meant_by(take->object.text())) forget_use_at(meant->path);
    }
}

void Giving::note_given(const attach::HostDevice& device)
{
    remembered_.offered.erase(device);
    auto& times = given_[device];
    const auto now = parts_.loop.now();
    std::erase_if(times, [&](const auto& at) { return now - at >= counted_for; });
    times.push_back(now);
    if (times.size() < most_gives) return;
    remembered_.failures[device] = attach::Remembered::most_failures;
    remembered_.why[device] = format("it had to be given {} times within a minute", most_gives);
}

/// From now on QEMU opens nodes itself.
bool Giving::is_shut(const Error& why)
{
    if (std::exchange(is_denied_, true)) return false;
    log::warning(format(
        "{}; until the configuration is read again, QEMU has to open devices itself, and takes up to two seconds to find them",
        why.message()));
    return true;
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
    const auto* device = parts_.machine.snapshot()->device_at(place);
    if (device == nullptr) return;
    const attach::HostDevice one{.path = place, .number = device->number};
    auto& failures = remembered_.failures[one];
    if (failures < attach::Remembered::most_failures) ++failures;
    remembered_.why[one] = why.message();
}

} // namespace usbroute::daemon
