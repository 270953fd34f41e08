// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/giving.hpp"

#include "base/format.hpp"
#include "base/numbers.hpp"
#include "daemon/log.hpp"
#include "plan/apart.hpp"
#include "plan/board.hpp"
#include "plan/refusal.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::daemon {

namespace {

/// A guest that starts anew lets go of its devices for as long as its firmware takes to find them; what is taken and given
/// again meanwhile does no harm.
constexpr auto until_it_is_lost = std::chrono::milliseconds(2000);
/// Less may come from reading two clocks one after the other.
constexpr auto least_of_a_sleep = std::chrono::milliseconds(100);
/// A guest that lets go of a device again and again, or a driver of the host that takes it, would have it reset for ever.
constexpr std::size_t most_gives = 5;
constexpr auto counted_for = std::chrono::seconds(60);

} // namespace

bool Giving::is_needed() const { return parts_.machine.gives_devices(); }

attach::Seen Giving::seen() const
{
    attach::Ways ways{.usual = parts_.nodes == nullptr ? attach::Way::by_place : attach::Way::descriptor};
    for (const auto& node : shut_) ways.shut.push_back(node.path);
    return {.ways = std::move(ways),
            .sleeps_soon = parts_.sleeps_soon(),
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
        .held = held_,
        .guest = parts_.guest,
        .seen =
            [this] {
                auto now = seen();
                for (const auto& device : parts_.machine.snapshot()->devices)
                    now.devices.push_back(attach::seen(*device));
                return now;
            },
        .offered = [this](const attach::HostDevice& device) { remembered_.offered.insert(device); },
        // Also where it does not come to stay: what is taken back then has nobody's driver.
        .to_be_given =
            [this](const attach::HostDevice& device) {
                remembered_.offered.erase(device);
                remembered_.guests_had.insert(device);
            },
        .shut = [this](const attach::HostDevice& node, const Error& why) { return is_shut(node, why); },
        .refused =
            [this](const GuestName& guest, const std::string& root_port) {
                remembered_.refused_root_ports.emplace(guest, root_port);
            }});
}

std::optional<std::chrono::milliseconds> Giving::follow(const topology::Snapshot& snapshot)
{
    ports_.follow(snapshot);
    held_.follow(snapshot);
    const auto is_gone = [&](const attach::HostDevice& device) {
        if (device.path.is_root_hub()) return snapshot.controller_of_bus(device.path.bus()) == nullptr;
        const auto* now = snapshot.device_at(device.path);
        return now == nullptr || now->number != device.number;
    };
    remembered_.forget_if(is_gone);
    std::erase_if(remembered_.guests_had, is_gone);
    std::erase_if(used_, is_gone);
    std::erase_if(unused_since_, [&](const auto& one) { return is_gone(one.first); });
    std::erase_if(given_, [&](const auto& one) { return is_gone(one.first); });
    std::erase_if(shut_, is_gone);
    if (!is_needed()) return std::nullopt;
    know_guest_ports();
    hold_what_libvirt_has_given(snapshot);
    know_what_is_apart(snapshot);
    doubt_use_after_sleep(snapshot);

    std::optional<std::chrono::milliseconds> next;
    const auto now = parts_.loop.now();
    for (const auto& one : snapshot.devices) {
        const auto device = attach::seen(*one);
        if (device.with_host > 0 && device.with_program == 0 && device.with_nobody == 0)
            remembered_.guests_had.erase(device.device);
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
    auto& times = given_[device];
    const auto now = parts_.loop.now();
    std::erase_if(times, [&](const auto& at) { return now - at >= counted_for; });
    times.push_back(now);
    if (times.size() < most_gives) return;
    remembered_.failures[device] = attach::Remembered::most_failures;
    auto& why = remembered_.why[device];
    why = format("it had to be given {} times within a minute", most_gives);
    remembered_.errors[device] = {why};
}

/// From now on QEMU opens it itself, or what comes into the ports of a hub.
bool Giving::is_shut(const attach::HostDevice& node, const Error& why)
{
    if (!shut_.insert(node).second) return false;
    const bool is_root_hub = node.path.is_root_hub();
    log::warning(format("{}; until {}, QEMU has to open {} itself, and takes up to two seconds to find it",
                        why.message(),
                        is_root_hub ? "the configuration is read again"
                                    : "it is plugged in again or the configuration is read again",
                        is_root_hub ? "what is in its ports" : "it, or what is in its ports,"),
                 node.path.text());
    return true;
}

void Giving::was_cut_short(const plan::Change& change)
{
    const auto snapshot = parts_.machine.snapshot();
    const auto board = plan::look_at_board(*snapshot, parts_.machine.settings());
    for (const auto& connector : board.connectors) {
        if (plan::means_of(connector) != plan::Means::attach || !change.touches(connector.spec)) continue;
        for (const auto& place : connector.places_now())
            for (const auto* device : snapshot->devices_below(place))
                if (!device->is_hub())
                    remembered_.guests_had.insert({.path = device->path, .number = device->number});
    }
    for (const auto& device : board.apart) {
        const auto* there = device.place ? snapshot->device_at(*device.place) : nullptr;
        if (there != nullptr && change.touches(device.connector.spec))
            remembered_.guests_had.insert({.path = there->path, .number = there->number});
    }
}

/// By what guests have, so that it is known after a start of the daemon as well.
void Giving::know_guest_ports()
{
    for (const auto& guest : parts_.guests()) {
        if (!guest.usb) {
            std::erase_if(remembered_.refused_root_ports,
                          [&](const auto& one) { return one.first == guest.name; });
            continue;
        }
        for (const auto& object : guest.usb->host_objects) {
            const auto meant = attach::meant_by(object.id);
            const auto port = number_from<std::uint8_t>(object.port);
            if (meant && meant->number)
                remembered_.guests_had.insert({.path = meant->path, .number = *meant->number});
            if (meant && port)
                remembered_.ports[{guest.name, meant->path}] = {.bus = object.bus, .port = *port};
        }
    }
}

/// A daemon before this one may have given it. Where its node cannot be opened it is not held.
void Giving::hold_what_libvirt_has_given(const topology::Snapshot& snapshot)
{
    for (const auto& guest : parts_.guests()) {
        if (!guest.usb || !guest.domain || guest.domain->by_descriptor) continue;
        for (const auto& object : guest.usb->host_objects) {
            const auto meant = attach::meant_by(object.id);
            const auto* device = meant ? snapshot.device_at(meant->path) : nullptr;
            if (device != nullptr && meant->number == device->number)
                held_.open({.path = device->path, .number = device->number});
        }
    }
}

/// Once no rule is for such a device any more, it is to come home, and in no socket nothing else tells that it was away.
void Giving::know_what_is_apart(const topology::Snapshot& snapshot)
{
    if (!plan::may_have_devices_apart(snapshot, parts_.machine.settings())) return;
    const topology::SeatId own = topology::OwnController{};
    for (const auto& device : plan::look_at_board(snapshot, parts_.machine.settings()).apart) {
        const auto* there = device.place ? snapshot.device_at(*device.place) : nullptr;
        if (there != nullptr && device.connector.at != own)
            remembered_.guests_had.insert({.path = there->path, .number = there->number});
    }
}

/// Nobody tells when a guest's driver takes a device, so it may have had one that no look has found in use; and what it had is
/// lost by sleep. A daemon that has started since cannot know either.
void Giving::doubt_use_after_sleep(const topology::Snapshot& snapshot)
{
    const auto asleep = parts_.asleep();
    const bool has_slept = asleep - std::exchange(asleep_, asleep) > least_of_a_sleep;
    for (const auto& guest : parts_.guests()) {
        if (has_slept) have_slept_.insert(guest.name);
        if (!guest.usb || have_slept_.erase(guest.name) == 0) continue;
        for (const auto& object : guest.usb->host_objects) {
            const auto meant = attach::meant_by(object.id);
            const auto* device = meant && object.is_attached ? snapshot.device_at(meant->path) : nullptr;
            if (device != nullptr && device->number == meant->number.value_or(device->number))
                used_.insert({.path = device->path, .number = device->number});
        }
    }
}

void Giving::adopt()
{
    shut_.clear();
    remembered_.ports.clear();
    remembered_.refused_root_ports.clear();
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
    remembered_.note_failure(one, why.message());
}

} // namespace usbroute::daemon
