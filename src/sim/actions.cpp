// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// What the commands do to the board.

#include "base/format.hpp"
#include "base/text.hpp"
#include "sim/config_space.hpp"
#include "sim/simulation.hpp"
#include "sim/spot.hpp"

#include <algorithm>

namespace usbroute::sim {

Result<std::string> Simulation::execute(const Command& command, Clock::time_point now)
{
    return std::visit(
        [&]<class Kind>(const Kind& kind) -> Result<std::string> {
            if constexpr (requires { run(kind, now); })
                return run(kind, now);
            else if constexpr (std::is_same_v<Kind, command::Help>)
                return format("commands:\n{}kinds: {}\nsockets: {}\n", command_summary(), join(kinds(), " "),
                              join(board().socket_names(), " "));
            else
                return std::string();
        },
        command);
}

Result<std::string> Simulation::run(const command::PlugIn& plug, Clock::time_point now)
{
    const auto name = plug_in(machine_, plug.socket, plug.kind, plug.name);
    if (!name) return std::unexpected(name.error());
    react(now);
    announce_absent({*name});
    return std::string();
}

Result<std::string> Simulation::run(const command::Unplug& unplug, Clock::time_point now)
{
    auto* plug = machine_.plug_named(unplug.what);
    const auto spot = spot_of(machine_, unplug.what);
    if (spot && (plug == nullptr || plug->name != unplug.what)) plug = plug_at(machine_, *spot);
    if (plug == nullptr)
        return failure(
            format("nothing is plugged in there, and nothing has that name: {}", printable(unplug.what)));
    // Of a SuperSpeed hub both halves go.
    std::vector<std::string> names{plug->name};
    if (machine_.hub_of(plug->name) == nullptr)
        for (const auto& other : machine_.plugs)
            if (other.socket == plug->socket && &other != plug) names.push_back(other.name);
    for (const auto& name : names) {
        plug = machine_.plug_named(name);
        if (plug->at) leave(*plug);
        arrivals_.erase(name);
        machine_.remove(name);
    }
    last_move_ = now;
    return std::string();
}

Result<std::string> Simulation::run(const command::Resume& /*resume*/, Clock::time_point now)
{
    const auto lost = kernel_.resume();
    if (!machine_.has_mux()) {
        announce_("the machine wakes from sleep");
        announce_lost(lost);
        return std::string();
    }
    announce_("the machine wakes from sleep: kernel and firmware route everything to the xHCI");
    announce_lost(lost);
    look_at_registers(now); // what was written before counts as before
    machine_.registers = after_resume(machine_.registers);
    put_routes(config_, machine_.registers);
    if (has_registers()) {
        put_register(chips::route_reg::superspeed_on);
        put_register(chips::route_reg::usb2_owner);
    }
    react(now);
    return std::string();
}

void Simulation::announce_lost(const std::vector<PortPath>& places)
{
    for (const auto& place : places)
        announce_(format("{}: the program that had it has lost it", place_text(place)));
}

Result<std::string> Simulation::run(const command::WriteRegister& write, Clock::time_point now)
{
    if (!machine_.has_mux()) return failure("this board has no mux, and so no routing registers");
    if (!has_registers()) return failure("the xHCI is not on the bus");
    std::string bytes(4, '\0');
    write_register(bytes, 0, write.value);
    if (auto done = tree_.write_at(config_path(), write.offset, bytes); !done)
        return std::unexpected(done.error());
    look_at_registers(now);
    return std::string();
}

Result<std::string> Simulation::run(const command::Guest& guest, Clock::time_point /*now*/)
{
    if (guests_ == nullptr) return failure("guests' machines are not played here");
    const auto act = [&]() -> Result<void> {
        switch (guest.act) {
        case command::GuestAct::start: return guests_->start(guest.name);
        case command::GuestAct::quit: return guests_->quit(guest.name);
        case command::GuestAct::kill: return guests_->kill(guest.name);
        case command::GuestAct::hang: return guests_->hang(guest.name, false);
        case command::GuestAct::reset: return guests_->hang(guest.name, true);
        }
        return {};
    };
    const auto done = act();
    if (!done) return std::unexpected(done.error());
    return std::string();
}

Result<void> Simulation::add_buses(std::size_t controller)
{
    const auto& state = machine_.controllers[controller];
    const auto& recorded = board().controllers[controller];
    if (state.usb2_bus == 0) return {};
    if (auto done = kernel_.add_bus(recorded.directory, state.usb2_bus, recorded.usb2_hub, false); !done)
        return done;
    for (const auto& fixed : recorded.fixed)
        if (auto done = kernel_.connect(PortPath(state.usb2_bus, fixed.ports), fixed.model, "fixed"); !done)
            return done;
    if (state.superspeed_bus == 0) return {};
    if (auto done = kernel_.add_bus(recorded.directory, state.superspeed_bus, *recorded.superspeed_hub, true);
        !done)
        return done;
    auto peers = recorded.peers;
    // Without firmware's word the kernel pairs ports of equal number (drivers/usb/core/port.c, find_and_link_peer).
    if (recorded.superspeed_bus == 0)
        for (std::uint8_t port = 1; port <= recorded.superspeed_hub->hub_ports; ++port)
            peers.emplace(port, port);
    return kernel_.pair_ports(state.usb2_bus, state.superspeed_bus, peers);
}

std::vector<std::string> Simulation::remove_buses(std::size_t controller, Clock::time_point now)
{
    std::vector<std::string> left;
    // What is plugged in leaves first, while its bus still has a name.
    for (auto& plug : machine_.plugs) {
        if (!plug.at || machine_.controller_of_bus(plug.at->bus()) != controller) continue;
        leave(plug);
        left.push_back(plug.name);
        last_move_ = now;
    }
    const auto& state = machine_.controllers[controller];
    for (const auto bus : {state.superspeed_bus, state.usb2_bus})
        if (bus != 0) report(kernel_.remove_bus(bus));
    return left;
}

Result<std::string> Simulation::run(const command::Driver& driver, Clock::time_point now)
{
    const auto index = machine_.index_of(driver.function);
    if (!index) return failure(format("{} drives no USB on this board", driver.function.text()));
    const auto& function = *board().controllers[*index].function;
    auto& controller = machine_.controllers[*index];
    if (!controller.present)
        return failure(format("{} is not on the bus; rescan finds it", driver.function.text()));
    const bool is_for_guests = driver.name == "vfio-pci" || driver.name == "pci-stub";
    if (!driver.name.empty() && !is_for_guests && driver.name != function.driver)
        return failure(format("{} does not drive {}; vfio-pci, {} and none do", printable(driver.name),
                              driver.function.text(), function.driver));
    if (driver.name == controller.driver) return std::string();

    const auto left = remove_buses(*index, now);
    report(kernel_.unbind_driver(driver.function));
    controller.driver = driver.name;
    number_buses(machine_, *index);
    announce_(format("{}: {}", title_of(*index),
                     driver.name.empty() ? "no driver" : driver.name + " drives it now"));
    if (!driver.name.empty())
        if (auto done = kernel_.bind_driver(driver.function, driver.name); !done)
            return std::unexpected(done.error());
    if (auto done = add_buses(*index); !done) return std::unexpected(done.error());
    announce_absent(left);
    react(now);
    return std::string();
}

Result<std::string> Simulation::run(const command::Remove& remove, Clock::time_point now)
{
    const auto index = machine_.index_of(remove.function);
    if (!index) return failure(format("{} drives no USB on this board", remove.function.text()));
    auto& controller = machine_.controllers[*index];
    if (!controller.present) return std::string();
    const auto left = remove_buses(*index, now);
    report(kernel_.unbind_driver(remove.function));
    kernel_.remove_function(remove.function);
    controller.present = false;
    controller.driver.clear();
    number_buses(machine_, *index);
    announce_(format("{} is off the bus", title_of(*index)));
    announce_absent(left);
    react(now);
    return std::string();
}

Result<std::string> Simulation::run(const command::Rescan& /*rescan*/, Clock::time_point now)
{
    for (std::size_t i = 0; i < machine_.controllers.size(); ++i) {
        auto& controller = machine_.controllers[i];
        if (controller.present) continue;
        const auto& function = *board().controllers[i].function;
        const bool is_mux = board().mux == i;
        controller.present = true;
        controller.driver = function.driver;
        number_buses(machine_, i);
        announce_(format("{} is on the bus again", title_of(i)));
        if (is_mux) {
            // The kernel's fixup for an xHCI that it finds: all to the xHCI, if an EHCI is there too
            // (drivers/usb/host/pci-quirks.c, usb_enable_intel_xhci_ports).
            bool sees_ehci = false;
            for (std::size_t number = 1; number <= board().chip->ehcis.size(); ++number)
                if (const auto ehci = board().ehci(static_cast<std::uint8_t>(number)))
                    sees_ehci = sees_ehci || machine_.controllers[*ehci].present;
            if (sees_ehci) machine_.registers = after_resume(machine_.registers);
            put_routes(config_, machine_.registers);
        }
        if (auto done = kernel_.add_function(function, is_mux ? config_ : function.config); !done)
            return std::unexpected(done.error());
        if (auto done = kernel_.bind_driver(function.address, function.driver); !done)
            return std::unexpected(done.error());
        if (auto done = add_buses(i); !done) return std::unexpected(done.error());
    }
    react(now);
    return std::string();
}

} // namespace usbroute::sim
