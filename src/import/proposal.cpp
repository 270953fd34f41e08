// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "import/proposal.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "import/names.hpp"
#include "import/old_buses.hpp"
#include "import/readers.hpp"
#include "import/routing.hpp"
#include "import/spots.hpp"
#include "map/hub_socket.hpp"
#include "map/sighting.hpp"
#include "plan/reach.hpp"
#include "topology/connector.hpp"
#include "topology/halves.hpp"

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <tuple>

namespace usbroute::import_ {

using config::ProfileEntry;
using topology::Device;
using topology::PortPath;
using topology::UsbPlace;

namespace {

constexpr std::size_t most_connectors = 2000;

/// A socket on its way to a connector.
struct Slot {
    Spot spot;
    std::string name;           ///< of the connector
    std::string guest;          ///< as the files call it; empty: nobody's
    std::vector<UsbPlace> told; ///< places that files name
    Origin origin;
    std::optional<ToldDevice> expected;
    bool is_expected_by_all = true;                       ///< every entry expects the same device there
    std::optional<chips::SuperSpeedPort> superspeed = {}; ///< of a socket of the mux, as the files have it
};

/// A SuperSpeed port of the mux's xHCI that waits for the line with its other half.
struct Unpaired {
    Entry entry;
    chips::SuperSpeedPort port;
};

bool is_ascii(std::string_view text)
{
    return std::ranges::all_of(text, [](char c) {
        return static_cast<unsigned char>(c) >= 0x20 && static_cast<unsigned char>(c) < 0x7f;
    });
}

/// What libvirt takes for the name of a domain, as far as it can be written.
bool is_domain(std::string_view text)
{
    constexpr std::size_t longest = 250; // libvirt keeps it as NAME.xml
    return is_ascii(text) && text.size() <= longest && text.front() != ' ' && text.back() != ' ' &&
           text.find('/') == std::string_view::npos;
}

/// Whether the tool of such a file gives devices by itself, beside usbroute.
bool acts_by_itself(Kind kind)
{
    return kind == Kind::hotplugger || kind == Kind::vhotplug || kind == Kind::whawty || kind == Kind::udev ||
           kind == Kind::tables || kind == Kind::unraid;
}

class Proposer {
public:
    Proposer(const Here& here, std::vector<Found> found)
        : here_(here),
          snapshot_(here.snapshot),
          found_(std::move(found)),
          spots_(here.snapshot, here.settings)
    {
        for (const auto* word : {"host", "none", "ehci", "xhci", "may_take_last_keyboard"})
            guest_names_.reserve(word);
    }

    Proposal run()
    {
        for (const auto& file : found_) {
            proposal_.files.push_back(format("{} ({})", printable(file.file, 160), text_of(file.kind)));
            proposal_.remarks.insert(proposal_.remarks.end(), file.remarks.begin(), file.remarks.end());
        }
        for (const auto& file : found_)
            if (!file.entries.empty() && acts_by_itself(file.kind))
                say(file.at(1), Weight::note,
                    "whatever acts by this file goes on until it is switched off; do that before the proposal is in force, or both give the devices");
        join_mappings();
        join_device_files();
        gather_guests();
        for (const auto& file : found_) {
            const auto old = old_buses_of(snapshot_, file);
            for (const auto& entry : file.entries) take(file, entry, old);
        }
        join_listed_halves();
        leave_unpaired();
        make_connectors();
        make_guests();
        make_rules();
        make_profiles();
        return std::move(proposal_);
    }

private:
    void say(const Origin& origin, Weight weight, std::string text)
    {
        if (proposal_.remarks.size() > most_entries) return;
        if (said_.emplace(origin.file, origin.line, text).second)
            proposal_.remarks.push_back({.origin = origin, .weight = weight, .text = std::move(text)});
    }

    // Entries that mean entries of other files.

    /// The one node of whose maps a device is at its ports here; empty: none, or several.
    std::string node_by_devices()
    {
        std::set<std::string> nodes;
        Origin told;
        for (const auto& file : found_)
            if (file.kind == Kind::proxmox_mapping)
                for (const auto& entry : file.entries) {
                    if (!entry.socket || !entry.socket->bus) continue;
                    const bool is_there =
                        std::ranges::any_of(snapshot_.devices.flat(), [&](const auto& device) {
                            return device->path.ports() == entry.socket->ports &&
                                   is_device(*device, *entry.device);
                        });
                    if (!is_there) continue;
                    nodes.insert(entry.node);
                    told = entry.origin;
                }
        if (nodes.size() != 1) return {};
        say(told, Weight::warning,
            format("this machine is taken for the node {}, whose device is at its ports here",
                   said(*nodes.begin())));
        return *nodes.begin();
    }

    /// Those of Proxmox' mappings that hold on this node take the place of the entries that name them.
    void join_mappings()
    {
        std::map<std::string, Entry> known;
        std::set<std::string> nodes;
        for (const auto& file : found_)
            if (file.kind == Kind::proxmox_mapping)
                for (const auto& entry : file.entries) nodes.insert(entry.node);
        auto here = here_.hostname;
        if (nodes.size() > 1 && !nodes.contains(here))
            if (const auto seen = node_by_devices(); !seen.empty()) here = seen;
        const auto is_here = [&](const Entry& entry) {
            return entry.node.empty() || nodes.size() == 1 || entry.node == here;
        };
        const bool knows_node = nodes.size() <= 1 || nodes.contains(here);
        for (auto& file : found_) {
            if (file.kind != Kind::proxmox_mapping) continue;
            if (nodes.size() == 1 && !here_.hostname.empty() && !nodes.contains(here_.hostname) &&
                !nodes.begin()->empty())
                say(file.at(1), Weight::warning,
                    format("the mappings are of node {}, and this machine is {}", said(*nodes.begin()),
                           said(here_.hostname)));
            for (auto& entry : file.entries) {
                const auto maps = std::ranges::count_if(
                    file.entries, [&](const Entry& other) { return other.mapping == entry.mapping; });
                if (!knows_node && maps == 1 && known.emplace(entry.mapping, entry).second)
                    say(entry.origin, Weight::warning,
                        format(
                            "which of the nodes this machine is, is not known; {} has a map for node {} alone, which is taken",
                            said(entry.mapping), said(entry.node)));
                else if (!knows_node)
                    say(entry.origin, Weight::left,
                        format(
                            "which of the nodes this machine is, is not known; the map of {} for node {} is left out",
                            said(entry.mapping), said(entry.node)));
                else if (!is_here(entry))
                    say(entry.origin, Weight::left,
                        format("the map of {} is for the other node {}", said(entry.mapping),
                               said(entry.node)));
                else if (!known.emplace(entry.mapping, entry).second)
                    say(entry.origin, Weight::left,
                        format("{} has a second map for this node", said(entry.mapping)));
            }
        }
        std::set<std::string> used;
        for (auto& file : found_) {
            if (file.kind == Kind::proxmox_mapping) continue;
            std::vector<Entry> kept;
            for (auto& entry : file.entries) {
                if (entry.mapping.empty()) {
                    kept.push_back(std::move(entry));
                    continue;
                }
                const auto meant = known.find(entry.mapping);
                if (meant == known.end()) {
                    const bool is_elsewhere = std::ranges::any_of(found_, [&](const Found& other) {
                        return other.kind == Kind::proxmox_mapping &&
                               std::ranges::find(other.entries, entry.mapping, &Entry::mapping) !=
                                   other.entries.end();
                    });
                    say(entry.origin, Weight::left,
                        is_elsewhere
                            ? format("the mapping {} has no map for this node", said(entry.mapping))
                            : format("the mapping {} is not given: name /etc/pve/mapping/usb.cfg as well",
                                     said(entry.mapping)));
                    continue;
                }
                if (!used.insert(entry.mapping).second)
                    say(entry.origin, Weight::warning,
                        format("the mapping {} is used twice", said(entry.mapping)));
                for (auto& other : found_)
                    if (other.kind == Kind::proxmox_mapping)
                        for (auto& definition : other.entries)
                            if (definition.mapping == entry.mapping &&
                                definition.origin == meant->second.origin && definition.guest.empty())
                                definition.guest = entry.guest;
            }
            file.entries = std::move(kept);
        }
        for (auto& file : found_) {
            if (file.kind != Kind::proxmox_mapping) continue;
            std::erase_if(file.entries, [&](const Entry& entry) {
                const auto meant = known.find(entry.mapping);
                return meant == known.end() || meant->second.origin != entry.origin;
            });
            for (auto& entry : file.entries) {
                // An owner that a helper of Proxmox' users reads from the name.
                if (entry.guest.empty())
                    say(entry.origin, Weight::warning,
                        format("no machine that is given here uses the mapping {}: no guest is known for it",
                               said(entry.mapping)));
                entry.mapping.clear();
            }
        }
    }

    /// `virsh attach-device GUEST FILE`: what FILE describes, where it is given as well.
    void join_device_files()
    {
        std::set<std::string> used;
        for (auto& file : found_)
            for (auto& entry : file.entries) {
                if (entry.file.empty()) continue;
                const auto name = std::string(last_name_of(entry.file));
                const Entry* meant = nullptr;
                for (const auto& other : found_)
                    if (other.kind == Kind::libvirt && last_name_of(other.file) == name &&
                        !other.entries.empty())
                        meant = &other.entries.front();
                if (meant != nullptr) {
                    used.insert(name);
                    if (!entry.device) entry.device = meant->device;
                    if (!entry.socket && !entry.device) entry.socket = meant->socket;
                } else if (!entry.device && !entry.socket) {
                    say(entry.origin, Weight::left,
                        format("the device stands in {}, which is not given: name that file as well",
                               said(entry.file)));
                }
                entry.file.clear();
            }
        for (auto& file : found_)
            if (file.kind == Kind::libvirt && used.contains(std::string(last_name_of(file.file)))) {
                std::erase_if(file.entries, [](const Entry& entry) { return entry.guest.empty(); });
                std::erase_if(proposal_.remarks, [&](const Remark& remark) {
                    return remark.origin.file == file.file && remark.weight == Weight::warning;
                });
            }
    }

    void gather_guests()
    {
        for (const auto& file : found_) {
            for (const auto& guest : file.guests) {
                auto& known = guests_.emplace(guest.name, guest).first->second;
                if (std::ranges::find(order_, guest.name) == order_.end()) order_.push_back(guest.name);
                if (&known == &guest) continue;
                if (known.qmp.empty())
                    known.qmp = guest.qmp;
                else if (!guest.qmp.empty() && known.qmp != guest.qmp)
                    say(guest.origin, Weight::warning,
                        format("{} has two QMP sockets, {} and {}; the first is taken", said(guest.name),
                               said(known.qmp), said(guest.qmp)));
                if (known.libvirt.empty()) known.libvirt = guest.libvirt;
                if (known.origin.file != guest.origin.file) {
                    known.functions.insert(known.functions.end(), guest.functions.begin(),
                                           guest.functions.end());
                    known.slots.insert(known.slots.end(), guest.slots.begin(), guest.slots.end());
                }
            }
            for (const auto& entry : file.entries)
                if (!entry.guest.empty() && !guests_.contains(entry.guest)) {
                    guests_.emplace(entry.guest, ToldGuest{.name = entry.guest,
                                                           .origin = entry.origin,
                                                           .qmp = {},
                                                           .libvirt = {},
                                                           .functions = {},
                                                           .slots = {},
                                                           .no_monitor = {}});
                    order_.push_back(entry.guest);
                }
        }
    }

    // Entries.

    void take(const Found& file, const Entry& entry, const OldBuses& old)
    {
        if (!entry.socket && !entry.device) return;
        if (entry.device && entry.device->number) return take_by_number(entry);
        if (!entry.socket) return take_device(entry);
        const bool bare = entry.socket->bus && entry.socket->way.empty() && !old.contains(*entry.socket->bus);
        auto now = places_now(snapshot_, old, *entry.socket, entry.device);
        const auto said_here = said(entry.socket->said);
        if (const auto* why = std::get_if<std::string>(&now)) {
            if (entry.to == Entry::To::rejected || (file.kind == Kind::usbguard))
                return say(entry.origin, Weight::warning,
                           format("USBGuard's rule for {}: {}", said_here, *why));
            say(entry.origin, Weight::left, format("{}: {}", said_here, *why));
            // The device has no need of the socket, where one of several conditions was enough.
            return;
        }
        if (bare && bus_note_.insert(file.file).second)
            say(entry.origin, Weight::note,
                format("bus numbers may have moved since the file was written: {} is read as today's bus {}",
                       said_here, *entry.socket->bus));
        for (const auto& place : std::get<std::vector<PlaceNow>>(now)) {
            for (const auto& [weight, text] : place.remarks)
                say(entry.origin, weight, format("{}: {}", said_here, text));
            if (file.kind == Kind::usbguard)
                turned_away(entry, place.place);
            else
                take_place(entry, place.place);
        }
    }

    void turned_away(const Entry& entry, const UsbPlace& place)
    {
        if (entry.to != Entry::To::rejected) return;
        say(entry.origin, Weight::warning,
            format("what comes back to {} ({}) is {} by USBGuard", entry.socket->said, place.text(),
                   entry.name == "block" ? "blocked" : "rejected"));
    }

    void take_place(const Entry& entry, const UsbPlace& place)
    {
        auto spot = spots_.of(place);
        if (spot.unpaired) return take_unpaired(entry, *spot.unpaired);
        auto& slot = slot_of(std::move(spot), entry);
        pair(slot, entry);
        // What a connector cannot say of its devices is said by a rule alone, or it would give too much.
        const bool needs_rule = entry.device && !entry.device->id();
        if (slot.told.empty() || std::ranges::find(slot.told, place) == slot.told.end())
            slot.told.push_back(place);
        if (entry.to == Entry::To::guest && !entry.guest.empty() && !needs_rule) {
            if (slot.guest.empty()) {
                slot.guest = entry.guest;
            } else if (slot.guest != entry.guest) {
                const bool halves = slot.told.size() > 1 && slot.told.front().superspeed != place.superspeed;
                say(entry.origin, Weight::left,
                    halves ? format("{} is the other half of a socket that {} has; a socket has one owner",
                                    place.text(), said(slot.guest))
                           : format("{} is {}'s by line {} already; a socket has one owner", place.text(),
                                    said(slot.guest), slot.origin.line));
                return;
            }
        }
        if (entry.to == Entry::To::host || needs_rule) {
            if (needs_rule && entry.to == Entry::To::guest)
                say(entry.origin, Weight::warning,
                    "not everything in that socket is meant, and only a rule can say so: no profile gives it");
            if (!needs_rule) slot.is_expected_by_all = false;
            if (entry.device) rules_.push_back({.entry = entry, .slot = index_of(slot)});
        } else if (entry.device) {
            if (!slot.expected && slot.is_expected_by_all)
                slot.expected = entry.device;
            else if (slot.expected != entry.device)
                slot.is_expected_by_all = false;
            if (!entry.device_is_expected) rules_.push_back({.entry = entry, .slot = index_of(slot)});
        } else {
            slot.is_expected_by_all = false;
        }
    }

    /// Lists written by hand have both halves of a socket side by side.
    static bool are_side_by_side(const Origin& one, const Origin& other)
    {
        return one.file == other.file &&
               (one.line > other.line ? one.line - other.line : other.line - one.line) <= 1;
    }

    void take_unpaired(const Entry& entry, chips::SuperSpeedPort port)
    {
        for (auto& slot : slots_) {
            if (!slot.spot.bit || slot.guest != entry.guest || slot.superspeed ||
                !are_side_by_side(slot.origin, entry.origin))
                continue;
            if (spots_.connector(slot.spot).spec.superspeed) continue;
            return join_halves(slot, entry, port);
        }
        unpaired_.push_back({.entry = entry, .port = port});
    }

    void pair(Slot& slot, const Entry& entry)
    {
        if (!slot.spot.bit || slot.superspeed || spots_.connector(slot.spot).spec.superspeed) return;
        for (auto half = unpaired_.begin(); half != unpaired_.end(); ++half)
            if (half->entry.guest == entry.guest && are_side_by_side(half->entry.origin, entry.origin)) {
                const auto told = std::move(*half);
                unpaired_.erase(half);
                return join_halves(slot, told.entry, told.port);
            }
    }

    void join_halves(Slot& slot, const Entry& entry, chips::SuperSpeedPort port)
    {
        slot.superspeed = port;
        say(entry.origin, Weight::warning,
            format(
                "SuperSpeed port {} is taken for the other half of bit {}, because the file has both side by side; `usbroute map` tells",
                port.value, slot.spot.bit->value));
    }

    /// A file that lists both halves by hand knows better than a guess by equal numbers.
    void join_listed_halves()
    {
        const auto is_lone_guess = [](const Slot& slot) {
            return !slot.spot.bit && slot.spot.added && !slot.spot.added_by.starts_with("firmware") &&
                   slot.told.size() == 1 && slot.told.front().ports.size() == 1;
        };
        std::map<std::size_t, std::size_t> joined; // into which
        for (std::size_t i = 0; i < slots_.size(); ++i)
            for (std::size_t k = i + 1; k < slots_.size(); ++k) {
                auto& one = slots_[i];
                auto& other = slots_[k];
                if (!is_lone_guess(one) || !is_lone_guess(other) || one.guest.empty() ||
                    one.guest != other.guest || !are_side_by_side(one.origin, other.origin) ||
                    one.told.front().controller != other.told.front().controller ||
                    one.told.front().superspeed == other.told.front().superspeed)
                    continue;
                say(other.origin, Weight::warning,
                    format(
                        "{} and {} are taken for the halves of one socket, because the file has them side by side; the kernel guesses {} and {}, from equal numbers; `usbroute map` tells",
                        one.told.front().text(), other.told.front().text(), one.spot.added->text(),
                        other.spot.added->text()));
                one.told.push_back(other.told.front());
                one.spot.places = one.told;
                std::ranges::sort(one.spot.places, {}, &UsbPlace::superspeed);
                one.spot.added.reset();
                joined.emplace(k, i);
                other.told.clear();
                break;
            }
        std::vector<Slot> kept;
        std::vector<std::size_t> now(slots_.size());
        for (std::size_t i = 0; i < slots_.size(); ++i) {
            now[i] = kept.size();
            if (!joined.contains(i)) kept.push_back(std::move(slots_[i]));
        }
        slots_ = std::move(kept);
        for (auto& rule : rules_)
            if (rule.slot) rule.slot = now[joined.contains(*rule.slot) ? joined.at(*rule.slot) : *rule.slot];
    }

    void leave_unpaired()
    {
        for (const auto& half : unpaired_)
            say(half.entry.origin, Weight::left,
                format(
                    "{}: firmware does not say which socket has SuperSpeed port {}; `usbroute map` learns it",
                    said(half.entry.socket ? half.entry.socket->said : std::string()), half.port.value));
    }

    std::size_t index_of(const Slot& slot) const { return static_cast<std::size_t>(&slot - slots_.data()); }

    Slot& slot_of(Spot spot, const Entry& entry)
    {
        for (auto& slot : slots_)
            if (slot.spot.is_same(spot)) {
                if (slot.name.empty()) slot.name = entry.name;
                return slot;
            }
        if (slots_.size() == most_connectors) {
            say(entry.origin, Weight::left, format("there are more than {} sockets in it", most_connectors));
            return slots_.back();
        }
        slots_.push_back({.spot = std::move(spot),
                          .name = entry.name,
                          .guest = {},
                          .told = {},
                          .origin = entry.origin,
                          .expected = {}});
        return slots_.back();
    }

    /// "Device 5 of bus 1" is whatever has that number now.
    void take_by_number(const Entry& entry)
    {
        const auto& told = *entry.device;
        const Device* device = nullptr;
        for (const auto& one : snapshot_.devices)
            if (one->path.bus() == told.bus && one->number == *told.number) device = one.get();
        const auto what = format("device {} of bus {}", *told.number, told.bus);
        auto plain = entry;
        plain.device->number.reset();
        plain.device->bus = 0;
        if (plain.device->id()) {
            if (device == nullptr || !is_device(*device, *plain.device))
                say(entry.origin, Weight::warning,
                    format("{} is {} now and not {}: such numbers change with each plug; the ids count", what,
                           device == nullptr ? "nothing" : device->shown(), plain.device->id()->text()));
            else
                say(entry.origin, Weight::warning,
                    format("{} is a number that changes with each plug; the ids count", what));
            return take_device(plain);
        }
        if (device == nullptr)
            return say(
                entry.origin, Weight::left,
                format("{} is nothing now: such numbers change with each plug; name the socket or the ids",
                       what));
        const auto* controller = snapshot_.pci_controller_of_bus(device->path.bus());
        if (controller == nullptr)
            return say(entry.origin, Weight::left,
                       format("{} is at a controller without a PCI address", what));
        const bool superspeed = controller->superspeed_bus() != nullptr &&
                                controller->superspeed_bus()->number == device->path.bus();
        say(entry.origin, Weight::warning,
            format("{} is a number that changes with each plug; it is {} at {} now, and that socket is taken",
                   what, device->shown(), device->path.text()));
        plain.device.reset();
        take_place(
            plain,
            {.controller = controller->address, .superspeed = superspeed, .ports = device->path.ports()});
    }

    void take_device(const Entry& entry)
    {
        if (entry.to == Entry::To::rejected) {
            say(entry.origin, Weight::warning,
                format("{} is {} by USBGuard when it comes back to the host",
                       entry.device->id() ? entry.device->id()->text() : std::string("such a device"),
                       entry.name == "block" ? "blocked" : "rejected"));
            return;
        }
        rules_.push_back({.entry = entry, .slot = {}});
    }

    // Connectors.

    void make_connectors()
    {
        for (auto& slot : slots_) {
            if (proposal_.connectors.size() >= most_connectors) {
                say(slot.origin, Weight::left, "there are too many sockets");
                return;
            }
            if (slot.spot.bit && !slot.spot.behind.empty())
                make_hole(slot);
            else
                slot.name = make_connector(slot.spot, slot);
        }
    }

    /// The socket of the mux is a connector, whoever is told to have a port of the hub in it.
    void make_hole(Slot& slot)
    {
        Spot socket;
        socket.bit = slot.spot.bit;
        Slot above{.spot = socket,
                   .name = {},
                   .guest = slot.guest,
                   .told = {},
                   .origin = slot.origin,
                   .expected = {}};
        for (const auto& other : slots_)
            if (&other != &slot && other.spot.is_same(socket)) above.name = other.name;
        const auto name = make_connector(socket, above);
        config::ConnectorSettings made;
        made.spec.behind =
            topology::BehindConnector{.socket = ConnectorName(name), .ports = slot.spot.behind};
        const auto hole = connector_names_.next(name);
        made.spec.name = ConnectorName(hole);
        say(slot.origin, Weight::warning,
            format("the place is behind a hub in the mux's socket {}, and moves with that socket", name));
        proposal_.connectors.push_back({.settings = std::move(made), .remarks = {}});
        slot.name = name;
    }

    std::string make_connector(const Spot& spot, const Slot& slot)
    {
        auto made = spots_.connector(spot);
        for (const auto& connector : proposal_.connectors)
            if ((spot.bit && connector.settings.spec.bit == spot.bit))
                return connector.settings.spec.name.text();
        if (made.spec.name.text().empty())
            made.spec.name = ConnectorName(new_name(slot));
        else if (std::ranges::any_of(proposal_.connectors, [&](const auto& one) {
                     return one.settings.spec.name == made.spec.name;
                 }))
            made.spec.name = ConnectorName(connector_names_.next(made.spec.name.text()));
        std::vector<std::string> remarks;
        if (spot.bit && !made.spec.superspeed) made.spec.superspeed = slot.superspeed;
        const auto id = slot.expected ? slot.expected->id() : std::nullopt;
        made.spec.expect = slot.is_expected_by_all ? id : std::nullopt;
        add_half_remarks(spot, slot);
        add_hub_remarks(spot, slot, made.spec.name.text(), remarks);
        std::vector<std::string> lasting;
        for (const auto& place : made.spec.places)
            if (const auto form = topology::lasting_form(snapshot_, place);
                !std::holds_alternative<UsbPlace>(form))
                lasting.push_back(format("\"{}\"", topology::text_of(form)));
        if (!lasting.empty())
            remarks.push_back(format("by device.function, which outlives renumbered buses of PCI: usb = [{}]",
                                     join(lasting, ", ")));
        connector_names_.reserve(made.spec.name.text());
        const auto name = made.spec.name.text();
        proposal_.connectors.push_back({.settings = std::move(made), .remarks = std::move(remarks)});
        return name;
    }

    std::string new_name(const Slot& slot)
    {
        if (const auto own = plain_name(slot.name); !own.empty() && !guests_.contains(slot.name))
            return connector_names_.free(own);
        if (!slot.guest.empty()) return connector_names_.next(guest_names_.of(slot.guest, "guest"));
        return connector_names_.next("socket");
    }

    void add_half_remarks(const Spot& spot, const Slot& slot)
    {
        if (spot.bit) {
            if (!slot.told.empty())
                say(slot.origin, Weight::note,
                    format("{} is the socket of bit {} of the mux", slot.told.front().text(),
                           spot.bit->value));
            if (!slot.superspeed && !spots_.connector(spot).spec.superspeed)
                say(slot.origin, Weight::note,
                    format(
                        "whether the socket of bit {} has a SuperSpeed half firmware does not say; `usbroute map` learns it",
                        spot.bit->value));
            return;
        }
        if (spot.added && std::ranges::find(slot.told, *spot.added) == slot.told.end())
            return say(slot.origin, spot.added_by.starts_with("firmware") ? Weight::note : Weight::warning,
                       format("the socket's other half {} was added: {}", spot.added->text(),
                              spot.added_by.starts_with("firmware")
                                  ? "firmware says so"
                                  : "the kernel guesses it, from equal numbers"));
        if (spot.places.size() == 1 && spot.places.front().ports.size() == 1) {
            topology::ConnectorSpec spec;
            spec.places = spot.places;
            if (const auto half = topology::unknown_half(snapshot_, spec, {}))
                say(slot.origin, Weight::note,
                    format("the {} of {} is not known; `usbroute map` learns it", half->name(),
                           spot.places.front().text()));
        }
    }

    void add_hub_remarks(const Spot& spot, const Slot& slot, const std::string& name,
                         std::vector<std::string>& remarks)
    {
        for (const auto& place : slot.told) {
            const auto path = topology::path_of(snapshot_, place);
            if (!path) continue;
            if (const auto* device = snapshot_.device_at(*path);
                device != nullptr && device->is_hub() && !map::is_part_of_the_board(snapshot_, *device)) {
                say(slot.origin, Weight::note,
                    format("{} is in it now: everything behind it goes with the socket", device->shown()));
                return;
            }
            if (spot.bit || path->ports().size() < 2) continue;
            // The hub above, which somebody can plug in elsewhere.
            const PortPath above(path->bus(), {path->ports().begin(), path->ports().end() - 1});
            const auto* hub = snapshot_.device_at(above);
            if (hub == nullptr || !hub->is_hub() || map::is_part_of_the_board(snapshot_, *hub) ||
                hub->speed.is_superspeed())
                continue;
            const auto named = map::hub_to_name(snapshot_, above);
            if (!named) continue;
            say(slot.origin, Weight::note,
                format(
                    "it is a port of {}, and stays here when that hub goes elsewhere; [hub.NAME] would follow it",
                    hub->shown()));
            remarks.push_back(format(
                "to follow the hub wherever its cable goes, in place of the places: usb = [\"{}-hub/{}\"], and",
                name, path->ports().back()));
            remarks.push_back(format("[hub.{}-hub]", name));
            remarks.push_back(format("id = \"{}\"", named->spec.id.text()));
            if (!named->serial.empty())
                remarks.push_back(format("serial = \"{}\"", printable(named->serial, 126)));
            else if (!named->others.empty() && named->at)
                remarks.push_back(format("at = \"{}\"", topology::text_of(*named->at)));
            return;
        }
    }

    // Guests.

    void make_guests()
    {
        std::set<PciAddress> given;
        for (const auto& foreign : order_) {
            const auto& told = guests_.at(foreign);
            ProposedGuest guest;
            guest.called = told.name;
            guest.settings.name = GuestName(guest_names_.of(told.name, "guest"));
            if (guest.settings.name.text() != told.name)
                say(told.origin, Weight::note,
                    format("{} is called {} here: names have letters, digits, -, _ and .", said(told.name),
                           guest.settings.name.text()));
            guest.libvirt = told.libvirt;
            if (!guest.libvirt.empty() && !is_domain(guest.libvirt)) {
                say(told.origin, Weight::left,
                    format(
                        "{} cannot be written as the name of a domain; name it by its UUID: libvirt = \"UUID\"",
                        said(told.libvirt)));
                guest.libvirt.clear();
            }
            guest.settings.qmp = told.qmp;
            if (!told.qmp.empty() &&
                (!is_ascii(told.qmp) || !told.qmp.starts_with('/') || told.qmp.size() > 107)) {
                say(told.origin, Weight::left,
                    format("{} is no path that can be written in qmp", said(told.qmp)));
                guest.settings.qmp.clear();
            }
            give_functions(told, guest, given);
            if (guest.settings.qmp.empty() && guest.libvirt.empty()) {
                if (!told.no_monitor.empty()) say(told.origin, Weight::left, told.no_monitor);
                const bool takes_devices =
                    std::ranges::any_of(slots_, [&](const Slot& slot) { return slot.guest == foreign; }) ||
                    std::ranges::any_of(rules_,
                                        [&](const RuleWish& rule) { return rule.entry.guest == foreign; });
                if (takes_devices || guest.settings.controllers.empty()) {
                    guest.settings.qmp = format("/run/usbroute/{}.qmp", guest.settings.name.text());
                    guest.qmp_is_ours = true;
                    if (told.no_monitor.empty())
                        say(told.origin, Weight::warning,
                            format(
                                "how {} is reached is not told: start its QEMU with -qmp unix:{},server=on,wait=off, or name its libvirt domain",
                                said(told.name), guest.settings.qmp));
                }
            }
            proposal_.guests.push_back(std::move(guest));
        }
    }

    void give_functions(const ToldGuest& told, ProposedGuest& guest, std::set<PciAddress>& given)
    {
        auto wanted = told.functions;
        for (const auto& [slot, origin] : told.slots) {
            bool any = false;
            for (const auto& function : here_.functions)
                if (function.address.domain == slot.domain && function.address.bus == slot.bus &&
                    function.address.device == slot.device) {
                    wanted.emplace_back(function.address, origin);
                    any = true;
                }
            if (!any) wanted.emplace_back(slot, origin);
        }
        for (const auto& [address, origin] : wanted) {
            const auto* controller = snapshot_.controller_at(address);
            const auto function = std::ranges::find(here_.functions, address, &chips::PciFunction::address);
            if (controller == nullptr && function == here_.functions.end()) {
                say(origin, Weight::left,
                    format("there is no PCI function {} on this machine", address.text()));
                continue;
            }
            if (controller == nullptr) continue;
            if (!given.insert(address).second) {
                say(origin, Weight::left,
                    format("{} is given away already; a controller has one owner", address.text()));
                continue;
            }
            guest.settings.controllers.push_back(address);
            say(origin, Weight::note,
                format(
                    "{} is a whole USB controller: {} gets it with every socket on it; see `usbroute guest show {}`",
                    address.text(), said(told.name), guest.settings.name.text()));
            std::vector<std::string> others;
            for (const auto& one : here_.functions)
                if (controller->iommu_group && one.iommu_group == controller->iommu_group &&
                    one.address != address && one.class_code >> 8 != 0x0604)
                    others.push_back(one.address.text());
            if (!others.empty())
                say(origin, Weight::warning,
                    format("{} shares its IOMMU group with {}: they can only be given away together",
                           address.text(), listed(others)));
        }
    }

    // Rules.

    struct RuleWish {
        Entry entry;
        std::optional<std::size_t> slot;
    };

    /// What udev calls a device made ids and a serial number, where it is plugged in.
    void look_up_serial(const Entry& entry, ToldDevice& match, std::string& remark)
    {
        if (match.udev_serial.empty()) return;
        const Device* found = nullptr;
        for (const auto& device : snapshot_.devices)
            if (is_device(*device, match)) found = device.get();
        if (found != nullptr) {
            match.vendor = found->vendor;
            match.product = found->product;
            match.serial = found->serial;
            match.udev_serial.clear();
            return;
        }
        remark = format("udev's ID_SERIAL of it was {}; it is not plugged in, so its ids are not known",
                        said(match.udev_serial));
        say(entry.origin, Weight::warning,
            format("{} is not plugged in, so its {} not known; plug it in and import again",
                   said(match.udev_serial),
                   match.id() ? "serial number by itself is" : "ids and serial number are"));
    }

    void say_of_others(const Entry& entry, const ToldDevice& match)
    {
        if (!match.id()) return;
        std::vector<std::string> seen;
        for (const auto& device : snapshot_.devices)
            if (is_device(*device, match))
                seen.push_back(device->path.text() +
                               (device->serial.empty()
                                    ? std::string(" without a serial number")
                                    : format(" with serial number {}", said(device->serial))));
        if (seen.size() > 1)
            say(entry.origin, Weight::warning,
                format("{} devices are {} now: {}", seen.size(), match.id()->text(), listed(seen)));
    }

    void make_rules()
    {
        for (const auto& wish : rules_) {
            const auto& entry = wish.entry;
            std::vector<std::string> sockets;
            if (wish.slot) {
                sockets.push_back(slots_[*wish.slot].name);
            } else if (entry.for_sockets_of_guest) {
                for (const auto& slot : slots_)
                    if (slot.guest == entry.guest) sockets.push_back(slot.name);
            }
            if (sockets.empty()) sockets.emplace_back();
            for (const auto& socket : sockets) {
                ProposedRule rule{
                    .name = {}, .match = *entry.device, .socket = socket, .to = {}, .remark = {}};
                look_up_serial(entry, rule.match, rule.remark);
                say_of_others(entry, rule.match);
                if (entry.to == Entry::To::host)
                    rule.to = "host";
                else if (!entry.guest.empty())
                    rule.to = guest_names_.of(entry.guest, "guest");
                const auto is_same = [&](const ProposedRule& other) {
                    return other.match == rule.match && other.socket == rule.socket && other.to == rule.to;
                };
                if (std::ranges::any_of(proposal_.rules, is_same)) continue;
                if (proposal_.rules.size() >= most_connectors) return;
                const auto own = plain_name(entry.name);
                rule.name = own.empty() || wish.slot ? rule_names_.next(rule.to.empty() ? "device" : rule.to)
                                                     : rule_names_.free(own);
                proposal_.rules.push_back(std::move(rule));
            }
            if (!wish.slot && rule_note_.insert(entry.origin.file).second)
                say(entry.origin, Weight::note,
                    "devices by what they are need [rule.NAME], which this version does not have yet: each is written as a comment");
        }
    }

    // Profiles.

    void make_profiles()
    {
        ProposedProfile given;
        given.settings.name = ProfileName(profile_names_.free("imported"));
        given.remark = "as the old tools had it, all at the same time";
        for (const auto& slot : slots_) {
            if (slot.guest.empty()) continue;
            ProfileEntry entry{.connector = ConnectorName(slot.name),
                               .target = GuestName(guest_names_.of(slot.guest, "guest"))};
            const auto twice = [&](const std::vector<ProfileEntry>& entries) {
                return std::ranges::find(entries, entry.connector, &ProfileEntry::connector) != entries.end();
            };
            if (twice(given.settings.entries) || twice(given.out_of_reach)) continue;
            if (slot.spot.bit && !reaches(slot, entry)) {
                given.out_of_reach.push_back(entry);
                continue;
            }
            given.settings.entries.push_back(entry);
        }
        if (!given.settings.entries.empty() || !given.out_of_reach.empty())
            proposal_.profiles.push_back(std::move(given));
        propose_routing(here_, spots_, found_, connector_names_, profile_names_, proposal_);
        leave_what_cannot_be();
    }

    /// Whether the mux brings that socket to the guest.
    bool reaches(const Slot& slot, const ProfileEntry& entry)
    {
        const auto& guest = std::get<GuestName>(entry.target);
        const auto& mux = *spots_.mux();
        const auto* route = mux.family->route_of(*slot.spot.bit);
        const auto* ehci = route != nullptr && route->ehci ? mux.ehci(route->ehci->controller) : nullptr;
        for (const auto& one : proposal_.guests)
            if (one.settings.name == guest)
                for (const auto& address : one.settings.controllers)
                    if (address == mux.xhci->address || (ehci != nullptr && address == ehci->address))
                        return true;
        const auto what = ehci == nullptr ? std::string("no EHCI is on its other side")
                                          : format("give {} controllers = [\"{}\"], or use another socket",
                                                   guest.text(), ehci->address.text());
        say(slot.origin, Weight::left,
            format(
                "{} is a socket of the mux, which moves it between controllers and not to a guest by itself: {}; its line of the profile is a comment",
                entry.connector.text(), what));
        return false;
    }

    /// What `config check` would refuse on this machine becomes a comment.
    void leave_what_cannot_be()
    {
        config::Settings settings;
        for (const auto& connector : proposal_.connectors) settings.connectors.push_back(connector.settings);
        for (const auto& guest : proposal_.guests) {
            settings.guests.push_back(guest.settings);
            // Through libvirt or through QEMU, it takes devices.
            if (!guest.libvirt.empty() && guest.settings.qmp.empty())
                settings.guests.back().libvirt = config::LibvirtSettings{.domain = guest.libvirt};
        }
        for (const auto& profile : proposal_.profiles) settings.profiles.push_back(profile.settings);
        for (const auto& out : plan::out_of_reach(snapshot_, settings)) {
            for (auto& profile : proposal_.profiles)
                if (out.subject == "profile " + profile.settings.name.text()) {
                    say({.file = found_.empty() ? std::string() : found_.front().file,
                         .line = 1,
                         .column = 1},
                        Weight::left,
                        format("profile {}: {}; it is written as a comment", profile.settings.name.text(),
                               out.sentence));
                    profile.out_of_reach.insert(profile.out_of_reach.end(), profile.settings.entries.begin(),
                                                profile.settings.entries.end());
                    profile.settings.entries.clear();
                    profile.why_out_of_reach = out.sentence;
                }
            for (auto& guest : proposal_.guests)
                if (out.subject == "guest " + guest.settings.name.text()) {
                    say(guests_.at(guest.called).origin, Weight::left,
                        format("{}: {}; its controllers are written as a comment", guest.settings.name.text(),
                               out.sentence));
                    std::vector<std::string> had;
                    for (const auto& address : guest.settings.controllers)
                        had.push_back("\"" + address.text() + "\"");
                    guest.remarks.push_back(format("controllers = [{}]", join(had, ", ")));
                    guest.settings.controllers.clear();
                    if (guest.settings.qmp.empty() && guest.libvirt.empty()) {
                        guest.settings.qmp = format("/run/usbroute/{}.qmp", guest.settings.name.text());
                        guest.qmp_is_ours = true;
                    }
                }
        }
        std::erase_if(proposal_.toggle, [&](const std::string& name) {
            return std::ranges::none_of(proposal_.profiles, [&](const ProposedProfile& profile) {
                return profile.settings.name.text() == name && !profile.settings.entries.empty();
            });
        });
        if (proposal_.toggle.size() < 2) proposal_.toggle.clear();
    }

    const Here& here_;
    const topology::Snapshot& snapshot_;
    std::vector<Found> found_;
    Spots spots_;
    Proposal proposal_;
    std::map<std::string, ToldGuest> guests_; ///< by what the files call them
    std::vector<std::string> order_;
    std::vector<Slot> slots_;
    std::vector<RuleWish> rules_;
    std::vector<Unpaired> unpaired_;
    std::set<std::string> bus_note_;
    std::set<std::string> rule_note_;
    std::set<std::tuple<std::string, std::uint32_t, std::string>>
        said_; ///< nothing is said twice of one line
    PlainNames guest_names_;
    PlainNames connector_names_;
    PlainNames rule_names_;
    PlainNames profile_names_;
};

} // namespace

bool Proposal::left_something() const
{
    return std::ranges::any_of(remarks, [](const Remark& remark) { return remark.weight == Weight::left; });
}

Proposal propose(const Here& here, std::vector<Found> found)
{
    std::vector<std::string> order;
    for (const auto& file : found) order.push_back(file.file);
    auto proposal = Proposer(here, std::move(found)).run();
    // By file and line; what is said of one line stays in its order.
    std::map<std::tuple<std::ptrdiff_t, std::uint32_t, std::size_t>, Remark> sorted;
    for (auto& remark : proposal.remarks) {
        const auto file = std::ranges::find(order, remark.origin.file) - order.begin();
        sorted.emplace(std::tuple(file, remark.origin.line, sorted.size()), std::move(remark));
    }
    proposal.remarks.clear();
    for (auto& [at, remark] : sorted) proposal.remarks.push_back(std::move(remark));
    return proposal;
}

} // namespace usbroute::import_
