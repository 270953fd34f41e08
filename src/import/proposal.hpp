// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "chips/chipset.hpp"
#include "config/settings.hpp"
#include "import/found.hpp"
#include "topology/snapshot.hpp"

#include <string>
#include <vector>

namespace usbroute::import_ {

/// What this machine is, for whom files are compared with it.
struct Here {
    topology::Snapshot snapshot;
    std::vector<chips::PciFunction> functions;
    config::Settings settings; ///< the configuration that it has; connectors keep their names
    std::string hostname;      ///< empty: not known
};

/// A guest as it is proposed.
struct ProposedGuest {
    config::GuestSettings settings;
    std::string called;       ///< as the files call it
    std::string libvirt;      ///< its domain; empty: none
    bool qmp_is_ours = false; ///< nobody told where its QMP socket is: this is where it could be
    std::vector<std::string> remarks;
};

struct ProposedConnector {
    config::ConnectorSettings settings;
    std::vector<std::string> remarks;
};

/// A device that is named by what it is: [rule.NAME].
struct ProposedRule {
    std::string name;
    ToldDevice match;
    std::string socket; ///< a connector; empty: anywhere
    std::string to;     ///< a guest, "host"; empty: not known
    std::string remark;
    Origin origin = {};                                ///< of the entry that it is made of
    std::optional<config::RuleSettings> settings = {}; ///< nothing: it is written as a comment
};

/// Who has what at the same time, or one setting of the routing register.
struct ProposedProfile {
    config::ProfileSettings settings;
    std::vector<config::ProfileEntry> out_of_reach; ///< written as comments
    std::string why_out_of_reach;
    std::string remark;
};

/// A configuration in parts, and a remark for each line that did not become a part of it.
struct Proposal {
    std::vector<ProposedConnector> connectors;
    std::vector<ProposedGuest> guests;
    std::vector<ProposedRule> rules;
    std::vector<ProposedProfile> profiles;
    std::vector<std::string> toggle;
    std::vector<Remark> remarks; ///< by file and line
    std::vector<std::string> files;

    /// Whether something was left out.
    [[nodiscard]] bool left_something() const;
};

/// Holds what files say against this machine.
[[nodiscard]] Proposal propose(const Here& here, std::vector<Found> found);

/// In the grammar of usbroute.toml. What cannot be a rule of the configuration is a comment.
[[nodiscard]] std::string to_toml(const Proposal& proposal);

} // namespace usbroute::import_
