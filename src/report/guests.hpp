// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "assign/in_guest.hpp"
#include "plan/handover.hpp"
#include "report/table.hpp"
#include "report/views.hpp"

#include <optional>
#include <string>
#include <vector>

namespace usbroute::report {

/// Another function of a controller's IOMMU group.
struct GroupMemberView {
    std::string address;
    std::string kind; ///< "xHCI", "SATA controller", "bridge", or its class in hex
    std::string id;   ///< "8086:8cb1"
    std::string driver;
    std::string in_the_way; ///< why the group cannot be given because of it; empty: it does not matter
};

/// A process that has the controller's IOMMU group open.
struct HolderView {
    int process = 0;
    std::string command;
};

/// A controller that a guest has or is to have.
struct GuestControllerView {
    std::string address;
    std::string kind; ///< "EHCI"; empty: not on the bus, or no USB controller
    std::string id;
    std::string state; ///< "guest", "host", "stub", "no-driver", "absent", "not-usb"
    std::string driver;
    std::string driver_override;
    std::optional<int> iommu_group;
    std::vector<GroupMemberView> others; ///< in its group
    /// How it is made new between two owners: "flr" (function level reset), the kernel's words for what else it
    /// can do ("pm bus"), "no-flr" where those are not told, "none", or "unknown".
    std::string reset;
    std::vector<HolderView> holders;
    /// In the guest's machine, which runs: "yes", "no", "asked" (to let go), "silent", "refused". Nothing: it was not asked.
    std::optional<std::string> in_guest;
    std::vector<std::string> connectors; ///< those that can be routed to it, or always are
};

struct GuestView {
    std::string name;
    std::string
        state;        ///< "running", "given", "partly-given", "with-host", "with-nobody", "absent", "not-usb"
    std::string bind; ///< "manual", "boot", "running"
    std::string when_off; ///< "host", "reserve", "stay"
    std::string qmp;      ///< the monitor through which it takes devices; empty: it takes none
    std::string libvirt;  ///< the domain, where libvirt does it: "win11"; empty: it does not
    std::string uri;      ///< of its libvirt, "qemu:///system"
    std::string user;     ///< whose libvirt that is; empty: the system's
    bool may_take_last_keyboard = false;
    /// "nothing", "ask", "resume", "start": what a plug into one of its sockets does while it does not run; empty: it takes no devices.
    std::string on_plug = {};
    std::vector<GuestControllerView> controllers;
    std::vector<GuestControllerView> on_move = {}; ///< those that a move brings to it and takes from it
    std::vector<std::string> connectors; ///< what it can receive as it is now: on controllers that it has
    std::vector<std::string> notes;
};

struct GuestsView {
    int schema = report::schema;
    /// False: only root sees every process, so somebody may hold a group unseen; and a recording has no processes.
    bool holders_seen = false;
    std::vector<GuestView> guests;
};

/// All guests of the configuration, in its order.
[[nodiscard]] GuestsView guests_view(const plan::HandoverSituation& situation);

/// What the guest's machine says of its controllers, where it can be asked; notes on what is half-way.
void show_in_guest(GuestView& guest, const assign::InGuest& seen);

/// A line each.
[[nodiscard]] std::string guests_text(const GuestsView& view, const Style& style);
/// Everything about one of them.
[[nodiscard]] std::string guest_text(const GuestView& guest, bool holders_seen, const Style& style);

[[nodiscard]] std::string to_json(const GuestsView& view);
/// {"schema":1,"holders_seen":true,"guest":{...}}
[[nodiscard]] std::string to_json(const GuestView& guest, bool holders_seen);

} // namespace usbroute::report
