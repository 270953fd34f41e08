// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/seen.hpp"
#include "config/settings.hpp"
#include "plan/given_sockets.hpp"
#include "plan/open_questions.hpp"
#include "plan/plan.hpp"
#include "topology/snapshot.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// What is shown, as plain values: the daemon makes them and sends them as JSON, the command line shows them as
/// text, or makes them itself where it works without a daemon. Strings of devices have passed `printable`.
namespace usbroute::report {

/// Number of the JSON documents' shape; rises when a key changes its meaning or goes away.
inline constexpr int schema = 1;

/// What a socket that is a guest's without a mux, or a device in it, waits for; known to the daemon alone.
struct WaitView {
    std::string place;               ///< "3-1.4"; empty: whatever is plugged in
    std::string code;                ///< "guest-off", "monitor-silent", "no-port", "failed", "kept", ...
    std::string why;                 ///< one sentence
    std::vector<std::string> errors; ///< of "failed", oldest first
};

struct DeviceView {
    std::string place; ///< "3-1.4"
    std::string name;  ///< "Logitech USB Keyboard (046d:c31c)"
    std::string speed; ///< "1.5", "480", "5000", in Mbit/s
    bool keyboard = false;
    bool hub = false;
    std::string kind = {}; ///< what people call it, a word of `topology::kind_of`; empty: something else
    std::vector<std::string> disks; ///< "sdb"
    std::string in_use;             ///< "mounted on /mnt"; empty: not in use, or no disk
    std::string owner = {}; ///< of one that is for somebody of its own: whom; empty: it goes with its socket
    std::vector<std::string> ask = {}; ///< it is nobody's while it is an open question between these
    std::string rule = {};             ///< that says so; empty: it was moved by its name
    std::vector<WaitView> waits = {};  ///< of such a one
};

struct ConnectorView {
    std::string name;
    bool named = true; ///< false: a movable socket that nobody has named yet
    std::string owner; ///< "host", a guest, "unknown-guest", "nobody", "unknown"
    std::string side;  ///< "ehci", "xhci"; empty: no mux, or not readable
    std::optional<int> bit;
    std::optional<int> xhci_port;
    std::string ehci_port; ///< "#1.4"; empty: none
    std::optional<int> superspeed;
    std::optional<bool> superspeed_on;
    bool movable = false;
    std::string why_not; ///< where it is not movable: one short sentence
    std::string panel;
    std::optional<int> row;
    std::optional<int> column;
    std::vector<std::string>
        usb; ///< "0000:00:14.0/2.1", "00:01.2/00.0 5", "desk/2", for connectors without a mux bit
    /// Why only half of it moves, one short sentence: the configuration names one half, and it has two. Empty: it does not.
    std::string half = {};
    std::string expect = {};  ///< "10c4:ea60": what alone may leave the host from here; empty: anything
    std::string missing = {}; ///< why it has no place now, one short sentence; empty: it has one
    std::string behind = {};  ///< the socket of the mux that it goes with; empty: it is behind none
    /// How what is plugged in gets to the guest: "descriptor"; "place", where QEMU looks at the port itself; or "libvirt",
    /// which is asked to do it; "whole": with its controller. Empty: by a mux, or it is no guest's. Known to the daemon alone.
    std::string given_by = {};
    std::vector<WaitView> waits = {};
    /// What else is to be seen at a glance: "parked"; "reserved", nobody's until its guest runs, known to the daemon alone; "question" and
    /// "given-away" of a device in it that does not go with it; "expected-missing". In this order.
    std::vector<std::string> signs = {};
    /// "Logitech USB Keyboard", what was in it before a guest took it out of the host's sight; nobody knows whether it still is. At most
    /// 64 characters; empty: nothing is known, or the host sees what is there. Known to the daemon alone.
    std::string last_seen = {};
    std::vector<DeviceView> devices;

    [[nodiscard]] bool has_sign(std::string_view sign) const;
};

struct ControllerView {
    std::string address; ///< or the kernel's name for it
    std::string kind;    ///< "xHCI"
    std::string id;      ///< "8086:8cb1"
    std::string driver;  ///< empty: none
    std::string owner;
    std::optional<int> iommu_group;
    std::vector<int> buses;
};

/// One guest's line and what has come over it since the daemon started.
struct LineView {
    std::string listener;
    std::string guest;
    std::string place; ///< "/run/usbroute/windows.sock"
    bool connected = false;
    std::string process;        ///< "qemu-system-x86 1234": the guest's machine, known alive; empty: none
    bool proven = false;        ///< a client that is connected now has said a command on it
    std::uint64_t commands = 0; ///< lines that were requests, also those not permitted
    std::uint64_t noise = 0;    ///< lines that were none and got no answer
    std::uint64_t partials = 0; ///< of the noise: lines whose beginning was too old when more of them came
    std::uint64_t echoes = 0;   ///< of the noise: parts of our own answers
    std::uint64_t limited = 0;  ///< of the commands: not carried out, there were too many
};

/// Nobody has this device until somebody says who is to have it.
struct QuestionView {
    std::string place;                ///< "3-2.1"
    std::string connector;            ///< in which it is; empty: in none
    std::string name;                 ///< "Logitech USB Keyboard (046d:c31c)"
    std::string rule;                 ///< that asks
    std::vector<std::string> answers; ///< "windows", "host": two at least
    std::optional<int> seconds =
        {}; ///< until the host has it; nothing: it waits for an answer as long as it takes
};

/// A guest that libvirt runs, and of which nothing is known.
struct SilenceView {
    std::string guest;
    std::string code; ///< "no-helper", "no-libvirt", "no-domain", "no-look", "same-domain"
    std::string why;
};

/// A guest that takes devices one by one, over QMP or from libvirt.
struct DeviceGuestView {
    std::string guest;
    /// "running", "paused", "suspended", "off"; "unknown": nobody can tell, or it comes or goes just now; empty: nobody was asked.
    std::string state = {};
};

/// What a plug into one of its sockets has come to, of a guest that did not run.
struct PlugView {
    std::string guest;
    std::string code; ///< "started", "resumed", "wanted", "failed", "too-often"
    std::string what; ///< a sentence
};

struct StatusView {
    int schema = report::schema;
    std::string family;  ///< "9-series"; empty: no mux
    std::string profile; ///< in force; empty: none of them
    /// Why the routing registers could not be read, and what to do; empty: they were, or there are none. Sides and
    /// owners are then known only where a device gives them away.
    std::string unreadable;
    std::vector<ConnectorView> connectors;
    std::vector<ControllerView> controllers;
    std::vector<DeviceView> elsewhere; ///< plugged in, and in no connector that is known
    std::vector<LineView> lines;       ///< of guests; known to the daemon alone
    /// Guests that libvirt runs, of which nothing is known. Known to the daemon alone.
    std::vector<SilenceView> silent = {};
    std::vector<PlugView> by_plug = {}; ///< known to the daemon alone
    std::vector<QuestionView> questions =
        {}; ///< the one that ends first comes first; known to the daemon alone
    std::vector<DeviceGuestView> device_guests = {};
    std::vector<std::string> notes;   ///< what the person should know: registers unreadable, EHCI hidden
    std::optional<int> trial_seconds; ///< until the trial under way is taken back; nothing: there is none
    std::string trial_way_back;       ///< "rear-1 goes back to host"
    std::string trial_why_out;        ///< its time is over, and why this is still out; empty: it is not over
};

struct RegisterView {
    std::string controller; ///< "0000:00:14.0"
    std::string id;         ///< "8086:8cb1"
    std::string family;     ///< empty: not in the chip table, nothing is decoded and nothing is ever written
    std::string codename;
    std::string unreadable; ///< why there are no values; empty: there are
    std::uint32_t usb2_owner = 0, usb2_movable = 0, superspeed_on = 0, superspeed_movable = 0;
    std::uint32_t fuses = 0, usb2_disabled = 0, superspeed_disabled = 0;
    std::uint32_t valid_usb2 = 0, valid_superspeed = 0; ///< by the chip table
    std::optional<int> usb_r_bit;
    bool writable = false; ///< the chip table allows it; whether a process may is another question
    std::string ids_trust, map_trust, width_trust; ///< "confirmed", "one source", "inferred"
    struct Row {
        int bit = 0;
        int xhci_port = 0;
        std::string ehci_port;
        bool ehci_present = false; ///< false: no such port, or firmware hides that EHCI
        std::string side;
        bool movable = false;
        std::string connector; ///< its name, if it has one
    };
    std::vector<Row> rows;
    struct SuperSpeedRow {
        int port = 1;
        int bit = 0;
        bool on = false;
        bool movable = false;
        std::string connector;
    };
    std::vector<SuperSpeedRow> superspeed_rows;
    std::vector<std::string>
        notes; ///< PR bits outside PRM, empty PRM, EHCI hidden, fused-off ports, USB-R, ...
};

struct RegistersView {
    int schema = report::schema;
    std::vector<RegisterView> controllers; ///< every xHCI
};

/// The rule that leaves just one device to somebody from now on, for whoever writes it.
struct RuleView {
    std::string id;     ///< "046d:c31c"
    std::string serial; ///< empty: it goes by its connector
    std::string socket;
    std::string to;
};

struct PlanView {
    int schema = report::schema;
    std::string title;
    plan::ChangeKind kind = plan::ChangeKind::move;
    std::optional<RuleView> rule = {}; ///< of an answer that is to hold always
    std::string profile;
    std::string controller;
    struct StepView {
        std::string action; ///< "XUSB2PR 0x3fff -> 0x3ff7 (bit 3)"
        std::string reason;
        std::string
            setpci; ///< the line that does the same by hand: for the shell, or for the guest's monitor
    };
    std::vector<StepView> steps;
    struct MoveView {
        std::string connector, from, to, owner_before, owner_after;
        std::vector<std::string> devices;
        std::optional<bool> superspeed = {}; ///< its SuperSpeed half is switched on or off
    };
    std::vector<MoveView> moves;
    std::vector<std::string> already;
    std::vector<std::string> expectations; ///< "XUSB2PR bits 0x0008 read back as 0x0000"
    std::vector<std::string> undo;         ///< the setpci lines that take it back
    std::vector<std::string> warnings;
};

[[nodiscard]] StatusView status_view(const topology::Snapshot& snapshot, const config::Settings& settings,
                                     const topology::HostUse& use);
/// What only the daemon knows of sockets that are guests' without a mux.
void show_given(StatusView& view, const std::vector<plan::GivenSocket>& given);
/// Whether each guest that takes devices runs, and why of one nothing is known.
void show_guests(StatusView& view, const std::vector<attach::SeenGuest>& guests);
[[nodiscard]] RegistersView registers_view(const topology::Snapshot& snapshot,
                                           const config::Settings& settings);
[[nodiscard]] QuestionView question_view(const plan::OpenQuestion& question);
[[nodiscard]] RuleView rule_view(const config::RuleSettings& rule);
/// "usbrouted writes no rules; ...": for whoever asked for one over a line.
[[nodiscard]] std::string rule_to_be_written(const config::RuleSettings& rule);
[[nodiscard]] PlanView plan_view(const plan::Plan& plan, const topology::Snapshot& snapshot);

} // namespace usbroute::report
