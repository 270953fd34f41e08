// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "import/names.hpp"
#include "import/proposal.hpp"
#include "import/spots.hpp"

#include <cstdint>
#include <map>
#include <set>
#include <tuple>

namespace usbroute::import_ {

/// More sockets or rules than a machine has a use for.
inline constexpr std::size_t most_connectors = 2000;

/// A socket on its way to a connector.
struct Slot {
    Spot spot;
    std::string name;                     ///< of the connector
    std::string guest;                    ///< as the files call it; empty: nobody's
    std::vector<topology::UsbPlace> told; ///< places that files name
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

/// An entry that becomes a rule.
struct RuleWish {
    Entry entry;
    std::optional<std::size_t> slot; ///< index of the socket that it is about; nothing: any
};

/// A proposal in the making. The functions below fill it in, in their order.
struct Draft {
    Draft(const Here& machine, std::vector<Found> files);

    /// A remark, unless that line has the same one already.
    void say(const Origin& origin, Weight weight, std::string text);

    const Here& here;
    std::vector<Found> found;
    Spots spots;
    std::map<std::string, ToldGuest> guests; ///< by what the files call them
    std::vector<std::string> guest_order;
    std::vector<Slot> slots;
    std::vector<Unpaired> unpaired;
    std::vector<RuleWish> rules;
    PlainNames guest_names;
    PlainNames connector_names;
    PlainNames rule_names;
    PlainNames profile_names;
    Proposal proposal;

private:
    std::set<std::tuple<std::string, std::uint32_t, std::string>> told_; ///< remarks, by file and line
};

/// Those of Proxmox' mappings that hold on this node take the place of the entries that name them.
void join_mappings(Draft& draft);
/// `virsh attach-device GUEST FILE`: what FILE describes, where it is given as well.
void join_device_files(Draft& draft);
/// The guests of all files.
void gather_guests(Draft& draft);
/// Entries to sockets and rules.
void take_entries(Draft& draft);

/// A SuperSpeed port of the mux's xHCI: the other half of the socket beside it in the file, now or once that is read.
void take_unpaired(Draft& draft, const Entry& entry, chips::SuperSpeedPort port);
/// Gives a socket of the mux the SuperSpeed port beside it in the file, where one waits.
void pair_with_unpaired(Draft& draft, Slot& slot, const Entry& entry);
/// A file that lists both halves by hand knows better than a guess by equal numbers.
void join_listed_halves(Draft& draft);
/// Reports the SuperSpeed ports that found no socket.
void leave_unpaired(Draft& draft);

void propose_connectors(Draft& draft);
void propose_guests(Draft& draft);
void propose_rules(Draft& draft);
/// After the others: what the whole proposal cannot do on this machine is out of it then.
void propose_profiles(Draft& draft);

} // namespace usbroute::import_
