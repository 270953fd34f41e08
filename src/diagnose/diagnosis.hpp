// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "plan/board.hpp"
#include "topology/condition.hpp"
#include "topology/handover.hpp"
#include "topology/host_use.hpp"
#include "topology/snapshot.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::diagnose {

/// How much a finding matters.
enum class Severity : std::uint8_t {
    obstacle, ///< sockets cannot be moved between host and guests until this is gone
    warning,  ///< it works, and will surprise somebody
    note,     ///< worth knowing; nothing has to be done
    fine,     ///< looked at, and as it should be
};

[[nodiscard]] std::string_view text_of(Severity severity);

/// One thing that was looked at.
struct Finding {
    std::string code; ///< a stable word for scripts, "ehci-hidden"
    Severity severity = Severity::note;
    std::string sentence;              ///< what is
    std::vector<std::string> evidence; ///< "/proc/cmdline: no intel_iommu=on": what says so
    std::string remedy;                ///< what to do; empty: nothing
    bool inferred = false;             ///< follows from a rule; nothing that was read says it
    bool operator==(const Finding&) const = default;
};

/// Whether the daemon answered.
struct DaemonLook {
    bool answers = false;
    bool keeps_us_out = false; ///< something is at its socket, and this user may not connect
    std::string trouble;       ///< why not, where it does not
    std::optional<std::uint32_t> process;
    std::string since; ///< "2026-11-22 12:00:31"; empty: not known
    /// Guests' lines over which noise has come and no command: "windows (/run/usbroute/windows.sock): 212 lines".
    std::vector<std::string> noisy_lines = {};
    /// Guests that libvirt runs, of which the daemon knows nothing.
    struct SilentGuest {
        GuestName guest;
        std::string code; ///< "no-helper", "no-libvirt", "no-domain", "no-look", "same-domain"
        std::string why;
    };
    std::vector<SilentGuest> silent_guests = {};
    /// Guests that plugs should have had run and have not: a sentence of each.
    std::vector<std::string> not_started = {};
    bool sees_claims =
        true; ///< usbroute-claims listens for it, so that it can have the kernel asked about disks
    bool sees_binder = true; ///< usbroute-bind listens for it, so that controllers can go by moves
};

/// What writing the same value back to XUSB2PR came to.
struct WriteTrial {
    bool took = false;
    std::string trouble; ///< why not
    std::string code;    ///< of that failure: "lockdown", "not-permitted", "not-tried", ...
};

/// Everything that a diagnosis is made of.
struct Facts {
    topology::Snapshot snapshot;
    topology::Condition condition;
    config::Settings settings;
    topology::HostUse use;      ///< disks and keyboards: what a next step must not take away
    std::string config_trouble; ///< why the configuration could not be read; empty: it was
    /// Of nodes that the daemon needs and may not write, a sentence for each bus. Empty also where nobody could look.
    std::vector<std::string> shut_nodes = {};
    /// Guests that libvirt runs, and whose usbroute-libvirt has no socket.
    std::vector<GuestName> without_helper = {};
    std::vector<std::string> config_misfits; ///< "usbroute.toml:12:3: connector x: ..."
    std::optional<DaemonLook> daemon;        ///< nothing: not asked, as for a recorded machine
    std::optional<WriteTrial> trial;         ///< nothing: nobody asked for it
    std::vector<topology::GroupHolder> holders;
    bool recorded = false;            ///< a recorded machine: rights of this process mean nothing there
    bool may_write = false;           ///< this process is root
    bool registers_by_daemon = false; ///< the values came from the daemon
};

struct Diagnosis {
    bool works = false;                    ///< sockets can be moved between host and guests now
    plan::Means means = plan::Means::none; ///< how sockets are moved here, now or once no obstacle is left
    std::string verdict;                   ///< one sentence
    std::string next_step;
    std::string family; ///< "9-series"; empty: no mux
    chips::Chipset chipset;
    std::vector<Finding> findings; ///< obstacles first, the one to remove first in front
};

[[nodiscard]] Diagnosis diagnose(const Facts& facts);

} // namespace usbroute::diagnose
