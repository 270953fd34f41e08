// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "assign/in_guest.hpp"
#include "attach/seen.hpp"
#include "fakes/attach_world.hpp"
#include "fakes/boards.hpp"
#include "linux/files.hpp"
#include "observe/handover.hpp"
#include "plan/plan.hpp"

#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace usbroute::fakes {

/// The recorded board with a mux and two cards, of which the second goes to the guest windows whole; that runs, and has two
/// empty root ports. The profile desk-in-windows takes sockets of all three means.
struct ThreeMeans {
    ThreeMeans()
    {
        for (const auto& device : machine.snapshot.devices)
            world.seen.devices.push_back(attach::seen(*device));
        world.start("windows");
        known.look = observe::look_at_handover(linux_::LiveTree(machine_root("z97-two-cards")));
        known.look.vfio_driver = true;
        known.can_bind = true;
        know({.machine = assign::MachineState::there, .process = 77, .free_places = {"rp1", "rp2"}});
        for (auto& profile : machine.settings.profiles)
            if (profile.name == ProfileName("desk-in-windows"))
                for (const char* name : {"slot-1", "slot-2"})
                    profile.entries.push_back(
                        {.connector = ConnectorName(name), .target = GuestName("windows")});
    }

    void know(assign::InGuest seen)
    {
        known.guests = {{.guest = GuestName("windows"), .seen = std::move(seen)}};
    }
    /// It has let go of nothing, and nobody has the devices of its sockets but the host.
    void stop_the_guest()
    {
        world.seen.guests.clear();
        known.guests.clear();
    }
    /// What a look would find.
    void set_driver(const std::string& driver, const std::string& forced)
    {
        for (auto& controller : machine.snapshot.controllers.edit())
            if (controller.address == card) {
                controller.driver = driver;
                if (driver == "vfio-pci") controller.buses.clear();
            }
        for (auto& function : known.look.functions)
            if (function.address == card) function.driver = driver;
        for (auto& state : known.look.controllers)
            if (state.address == card) state.driver_override = forced;
    }
    void put_card_into_guest()
    {
        set_driver("vfio-pci", "vfio-pci");
        know({.machine = assign::MachineState::there,
              .process = 77,
              .held = {{.function = card, .object = assign::object_of(card), .place = "rp1"}},
              .free_places = {"rp2"}});
    }
    void say(const plan::Change& change)
    {
        machine.snapshot.assigned = plan::assigned_after(std::move(machine.snapshot.assigned), change);
    }

    [[nodiscard]] plan::Situation situation() const
    {
        plan::Situation now{machine.snapshot, machine.settings, machine.use, last, standing, {}, {}};
        now.attached = world.seen;
        now.controllers = has_daemon ? &known : nullptr;
        return now;
    }
    [[nodiscard]] plan::Outcome decided(plan::Request request) const
    {
        return plan::make_plan(situation(), request);
    }
    [[nodiscard]] plan::Outcome moved(const std::vector<const char*>& names, const char* to) const
    {
        plan::MoveRequest move;
        for (const auto* name : names) move.connectors.emplace_back(name);
        move.to = config::target_from(to);
        return decided({.wish = std::move(move)});
    }

    const PciAddress card = *PciAddress::parse("04:00.0");
    Machine machine = recorded("z97-two-cards");
    AttachWorld world;
    plan::ControllersKnown known;
    bool has_daemon = true;
    std::optional<plan::Change> last;
    std::optional<plan::Change> standing;
};

} // namespace usbroute::fakes
