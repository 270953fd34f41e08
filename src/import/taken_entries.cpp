// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "import/draft.hpp"
#include "import/places_now.hpp"
#include "import/readers.hpp"
#include "import/told_devices.hpp"

#include <algorithm>

namespace usbroute::import_ {

using topology::Device;
using topology::UsbPlace;

namespace {

/// How USBGuard says that it turns a device away.
std::string_view turned_away_by(const Entry& entry) { return entry.name == "block" ? "block" : "reject"; }

/// What is plugged in under a number that it has until it is unplugged; null: nothing.
const Device* numbered_device(const topology::Snapshot& snapshot, const ToldDevice& told)
{
    const Device* found = nullptr;
    for (const auto& device : snapshot.devices)
        if (device->path.bus() == told.bus && device->number == *told.number) found = device.get();
    return found;
}

/// Entries of files made sockets of this machine, and rules.
class EntryTaker {
public:
    explicit EntryTaker(Draft& draft) : draft_(draft) {}

    void take_file(const Found& file)
    {
        const auto old = old_buses_of(draft_.here.snapshot, file);
        for (const auto& entry : file.entries) take(file, entry, old);
    }

private:
    void take(const Found& file, const Entry& entry, const OldBuses& old)
    {
        if (!entry.socket && !entry.device) return;
        if (entry.device && entry.device->number) return take_by_number(entry);
        if (!entry.socket) return take_device(entry);
        auto now = places_now(draft_.here.snapshot, old, *entry.socket, entry.device);
        if (const auto* why = std::get_if<std::string>(&now)) return leave(file, entry, *why);
        const bool is_bare =
            entry.socket->bus && entry.socket->way.empty() && !old.contains(*entry.socket->bus);
        if (is_bare && warned_of_buses_.insert(file.file).second)
            draft_.say(
                entry.origin, Weight::note,
                format(
                    "bus numbers may have changed since the file was written: {} is read as today's bus {}",
                    said(entry.socket->said), *entry.socket->bus));
        for (const auto& place : std::get<std::vector<PlaceNow>>(now)) {
            for (const auto& [weight, text] : place.remarks)
                draft_.say(entry.origin, weight, format("{}: {}", said(entry.socket->said), text));
            if (file.kind == Kind::usbguard)
                warn_of_turning_away(entry, place.place);
            else
                take_place(entry, place.place);
        }
    }

    /// Of an entry whose socket is not here.
    void leave(const Found& file, const Entry& entry, const std::string& why)
    {
        const auto socket = said(entry.socket->said);
        if (entry.to == Entry::To::rejected || file.kind == Kind::usbguard)
            return draft_.say(entry.origin, Weight::warning,
                              format("USBGuard's rule for {}: {}", socket, why));
        draft_.say(entry.origin, Weight::left, format("{}: {}", socket, why));
    }

    void warn_of_turning_away(const Entry& entry, const UsbPlace& place)
    {
        if (entry.to != Entry::To::rejected) return;
        draft_.say(entry.origin, Weight::warning,
                   format("USBGuard {2}s what comes back to {0} ({1})", said(entry.socket->said),
                          place.text(), turned_away_by(entry)));
    }

    void take_place(const Entry& entry, const UsbPlace& place)
    {
        auto spot = draft_.spots.of(place);
        if (spot.unpaired) return take_unpaired(draft_, entry, *spot.unpaired);
        auto& slot = slot_of(std::move(spot), entry);
        pair_with_unpaired(draft_, slot, entry);
        if (std::ranges::find(slot.told, place) == slot.told.end()) slot.told.push_back(place);
        // What a connector cannot say of its devices is said by a rule alone, or it would give too much.
        const bool needs_rule = entry.device && !entry.device->id();
        if (entry.to == Entry::To::guest && !entry.guest.empty() && !needs_rule &&
            !give_slot(slot, entry, place))
            return;
        if (entry.to == Entry::To::host || needs_rule)
            want_rule(slot, entry, needs_rule);
        else
            expect(slot, entry);
    }

    /// Whether the socket is the entry's guest's now.
    bool give_slot(Slot& slot, const Entry& entry, const UsbPlace& place)
    {
        if (slot.guest.empty()) slot.guest = entry.guest;
        if (slot.guest == entry.guest) return true;
        const bool halves = slot.told.size() > 1 && slot.told.front().superspeed != place.superspeed;
        draft_.say(
            entry.origin, Weight::left,
            halves
                ? format(
                      "{} is the other half of a socket that already belongs to {}; a socket has one owner",
                      place.text(), said(slot.guest))
                : format("{} already belongs to {} (line {}); a socket has one owner", place.text(),
                         said(slot.guest), slot.origin.line));
        return false;
    }

    void want_rule(Slot& slot, const Entry& entry, bool needs_rule)
    {
        if (needs_rule && entry.to == Entry::To::guest)
            draft_.say(
                entry.origin, Weight::warning,
                "the entry is for some devices in that socket only, which needs a rule: no profile includes it");
        if (!needs_rule) slot.is_expected_by_all = false;
        if (entry.device) draft_.rules.push_back({.entry = entry, .slot = index_of(slot)});
    }

    void expect(Slot& slot, const Entry& entry)
    {
        if (!entry.device) {
            slot.is_expected_by_all = false;
            return;
        }
        if (!slot.expected && slot.is_expected_by_all)
            slot.expected = entry.device;
        else if (slot.expected != entry.device)
            slot.is_expected_by_all = false;
        if (!entry.device_is_expected) draft_.rules.push_back({.entry = entry, .slot = index_of(slot)});
    }

    [[nodiscard]] std::size_t index_of(const Slot& slot) const
    {
        return static_cast<std::size_t>(&slot - draft_.slots.data());
    }

    Slot& slot_of(Spot spot, const Entry& entry)
    {
        for (auto& slot : draft_.slots)
            if (slot.spot.is_same(spot)) {
                if (slot.name.empty()) slot.name = entry.name;
                return slot;
            }
        if (draft_.slots.size() == most_connectors) {
            draft_.say(entry.origin, Weight::left,
                       format("the files have more than {} sockets", most_connectors));
            return draft_.slots.back();
        }
        draft_.slots.push_back({.spot = std::move(spot),
                                .name = entry.name,
                                .guest = {},
                                .told = {},
                                .origin = entry.origin,
                                .expected = {}});
        return draft_.slots.back();
    }

    /// "Device 5 of bus 1" is whatever has that number now.
    void take_by_number(const Entry& entry)
    {
        const auto* device = numbered_device(draft_.here.snapshot, *entry.device);
        const auto what = format("device {} of bus {}", *entry.device->number, entry.device->bus);
        auto plain = entry;
        plain.device->number.reset();
        plain.device->bus = 0;
        if (plain.device->id())
            take_by_ids(plain, device, what);
        else
            take_socket_of(plain, device, what);
    }

    void take_by_ids(const Entry& entry, const Device* device, const std::string& what)
    {
        if (device == nullptr || !is_device(*device, *entry.device))
            draft_.say(
                entry.origin, Weight::warning,
                format(
                    "{} is now {}, not {}: the number changes each time a device is plugged in; using the ids",
                    what, device == nullptr ? "nothing" : device->shown(), entry.device->id()->text()));
        else
            draft_.say(
                entry.origin, Weight::warning,
                format("{} is a number that changes each time a device is plugged in; using the ids", what));
        take_device(entry);
    }

    void take_socket_of(Entry& entry, const Device* device, const std::string& what)
    {
        if (device == nullptr)
            return draft_.say(
                entry.origin, Weight::left,
                format(
                    "there is no {} now: the number changes each time a device is plugged in; give the socket or the ids",
                    what));
        const auto* controller = draft_.here.snapshot.pci_controller_of_bus(device->path.bus());
        if (controller == nullptr)
            return draft_.say(entry.origin, Weight::left,
                              format("{} is on a controller without a PCI address", what));
        draft_.say(
            entry.origin, Weight::warning,
            format(
                "{} is a number that changes each time a device is plugged in; it is now {} at {}, so that socket is used",
                what, device->shown(), device->path.text()));
        entry.device.reset();
        take_place(entry, {.controller = controller->address,
                           .superspeed = half_on(*controller, device->path.bus()).value_or(false),
                           .ports = device->path.ports()});
    }

    void take_device(const Entry& entry)
    {
        if (entry.to != Entry::To::rejected) return draft_.rules.push_back({.entry = entry, .slot = {}});
        draft_.say(entry.origin, Weight::warning,
                   format("USBGuard {1}s {0} when it comes back to the host",
                          entry.device->id() ? entry.device->id()->text() : std::string("such a device"),
                          turned_away_by(entry)));
    }

    Draft& draft_;
    std::set<std::string> warned_of_buses_; ///< files
};

} // namespace

void take_entries(Draft& draft)
{
    EntryTaker taker(draft);
    for (const auto& file : draft.found) taker.take_file(file);
}

} // namespace usbroute::import_
