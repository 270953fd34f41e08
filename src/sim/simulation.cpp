// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/simulation.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "sim/config_space.hpp"

#include <algorithm>
#include <ranges>

namespace usbroute::sim {

namespace {

std::string_view removable_of(const PortPath& place, bool is_xhci)
{
    // Root ports without firmware's word are "unknown"; hubs tell for theirs.
    return place.ports().size() == 1 && is_xhci ? "unknown" : "removable";
}

} // namespace

Simulation::Simulation(std::shared_ptr<const Board> board, FileTree& tree, Kernel& kernel,
                       std::chrono::milliseconds delay, Announce announce, Guests* guests)
    : tree_(tree),
      kernel_(kernel),
      delay_(delay),
      announce_(std::move(announce)),
      guests_(guests),
      machine_(machine_at_start(std::move(board)))
{
    if (machine_.has_mux()) config_ = this->board().controllers[*this->board().mux].function->config;
}

Result<void> Simulation::start()
{
    if (auto done = kernel_.boot(board()); !done) return done;
    read_mounts();
    if (auto done = write_mounts(); !done) return done;
    for (const auto& note : board().notes) announce_(note);
    return {};
}

std::string Simulation::config_path() const
{
    return format("sys/{}/config", board().controllers[*board().mux].directory);
}

bool Simulation::has_registers() const
{
    return machine_.has_mux() && machine_.controllers[*board().mux].present;
}

/// "0000:00:1d.0 (EHCI #1)"
std::string Simulation::title_of(std::size_t controller) const
{
    const auto& one = board().controllers[controller];
    return format("{} ({})", one.name, one.title);
}

std::string Simulation::place_text(const PortPath& place) const
{
    const auto index = machine_.controller_of_bus(place.bus());
    if (!index) return place.text();
    const auto speed = place.bus() == machine_.controllers[*index].superspeed_bus ? ", SuperSpeed" : "";
    return format("{} ({}{})", place.text(), board().controllers[*index].title, speed);
}

void Simulation::leave(Plug& plug)
{
    const auto all = standing(plug, *plug.at);
    for (const auto& each : all | std::views::reverse) {
        arrivals_.erase(each.plug->name);
        if (!each.plug->at) continue;
        report(kernel_.disconnect(each.place));
        announce_(format("{}: {} leaves {}", machine_.socket_name(plug), shown_name(*each.plug->model),
                         place_text(each.place)));
        each.plug->at.reset();
        each.plug->is_dead = false;
    }
}

void Simulation::arrive(Plug& plug, const PortPath& home)
{
    const auto index = machine_.controller_of_bus(home.bus());
    const bool is_xhci = index && board().controllers[*index].kind == topology::ControllerKind::xhci;
    std::vector<std::string> lines;
    std::vector<PortPath> dead;
    for (const auto& each : standing(plug, home)) {
        if (std::ranges::any_of(dead, [&each](const PortPath& hub) { return hub.contains(each.place); }))
            continue;
        if (auto done = kernel_.connect(each.place, *each.plug->model, removable_of(each.place, is_xhci));
            !done) {
            lines.push_back(done.error().message());
            break;
        }
        each.plug->at = each.place;
        each.plug->is_dead = each.plug->model->hub_ports > 0 && !kernel_.at(each.place)->carries();
        if (each.plug->is_dead) dead.push_back(each.place);
        lines.push_back(format("{}: {} arrives at {}", machine_.socket_name(plug),
                               shown_name(*each.plug->model), place_text(each.place)));
    }
    for (const auto& line : lines) announce_(line);
}

/// Says why, for those that have no place where the host could see them.
void Simulation::announce_absent(const std::vector<std::string>& names)
{
    for (const auto& name : names) {
        const auto& plug = *machine_.plug_named(name);
        const auto* top = machine_.top_of(name);
        if (plug.at || top == nullptr || home_of(machine_, *top)) continue;
        announce_(format("{}: {} is out of sight: {}", machine_.socket_name(plug), name,
                         why_absent(machine_, plug)));
    }
}

void Simulation::react(Clock::time_point now)
{
    const auto moves = moves_due(machine_);
    for (const auto& name : moves.leave) {
        leave(*machine_.plug_named(name));
        last_move_ = now;
    }
    announce_absent(moves.leave);
    for (const auto& name : moves.arrive) arrivals_.try_emplace(name, now + delay_);
}

void Simulation::advance(Clock::time_point now)
{
    for (auto it = arrivals_.begin(); it != arrivals_.end();) {
        if (it->second > now) {
            ++it;
            continue;
        }
        auto* plug = machine_.plug_named(it->first);
        it = arrivals_.erase(it);
        if (plug == nullptr || plug->at) continue;
        // Where its wires end now, which need not be where they ended when it left.
        const auto* hub = machine_.hub_of(plug->name);
        const auto home = hub == nullptr             ? home_of(machine_, *plug)
                          : hub->at && !hub->is_dead ? std::optional(hub->at->child(plug->port))
                                                     : std::nullopt;
        last_move_ = now;
        if (home)
            arrive(*plug, *home);
        else
            announce_absent({plug->name});
    }
}

std::optional<Simulation::Clock::time_point> Simulation::next_arrival() const
{
    std::optional<Clock::time_point> earliest;
    for (const auto& [name, time] : arrivals_)
        if (!earliest || time < *earliest) earliest = time;
    return earliest;
}

void Simulation::look(Clock::time_point now)
{
    look_at_registers(now);
    look_at_requests(now);
    look_at_hubs(now);
    advance(now);
}

/// A hub that has got its driver shows what is behind it; one that has lost it does not.
void Simulation::look_at_hubs(Clock::time_point now)
{
    bool has_changed = false;
    for (auto& plug : machine_.plugs) {
        if (!plug.at) continue;
        for (const auto& each : standing(plug, *plug.at)) {
            const auto* device = each.plug->at ? kernel_.at(*each.plug->at) : nullptr;
            if (each.plug->model->hub_ports == 0 || device == nullptr ||
                each.plug->is_dead != device->carries())
                continue;
            each.plug->is_dead = !each.plug->is_dead;
            has_changed = true;
            if (each.plug->is_dead)
                for (auto& behind : each.plug->behind) leave(behind);
        }
    }
    if (has_changed) react(now);
}

void Simulation::look_at_registers(Clock::time_point now)
{
    if (!has_registers()) return;
    const auto seen = tree_.read(config_path());
    if (!seen || seen->size() != config_.size() || *seen == config_) return;

    const auto before = machine_.registers;
    const auto written = routes_in(*seen);
    machine_.registers = taken(before, written);
    // The command and status words are the drivers' own; everything else here is read-only.
    config_.replace(4, 4, *seen, 4, 4);
    put_routes(config_, machine_.registers);
    for (const auto offset : differing_registers(*seen, config_)) {
        announce_(format("register 0x{:02x}: the chip keeps 0x{:08x}; 0x{:08x} was written", offset,
                         read_register(config_, offset), read_register(*seen, offset)));
        put_register(offset);
    }
    if (before.usb2_owner != machine_.registers.usb2_owner)
        announce_(format("XUSB2PR 0x{:08x} -> 0x{:08x}", before.usb2_owner, machine_.registers.usb2_owner));
    if (before.superspeed_on != machine_.registers.superspeed_on)
        announce_(format("USB3_PSSEN 0x{:08x} -> 0x{:08x}", before.superspeed_on,
                         machine_.registers.superspeed_on));
    react(now);
}

/// Brings one register of the file to what the chip has. Never the others: somebody may be writing them now.
void Simulation::put_register(std::uint16_t offset)
{
    report(tree_.write_at(config_path(), offset, std::string_view(config_).substr(offset, 4)));
}

std::string Simulation::consume(const std::string& path)
{
    const auto content = tree_.read(path);
    if (!content || content->empty()) return {};
    report(tree_.write(path, ""));
    return std::string(trim(*content));
}

/// The driver that a probe chooses: the override, or the kernel's own.
std::string Simulation::driver_for(std::size_t controller) const
{
    const auto& one = board().controllers[controller];
    const auto forced = tree_.read(format("sys/{}/driver_override", one.directory));
    const auto word = forced ? trim(*forced) : std::string_view();
    if (!word.empty() && word != "(null)") return std::string(word);
    return one.function->driver;
}

/// Drivers to which a program can write an address of this board.
std::vector<std::string> Simulation::controller_drivers() const
{
    std::vector<std::string> drivers{"vfio-pci", "pci-stub"};
    for (const auto& controller : board().controllers)
        if (controller.function && std::ranges::find(drivers, controller.function->driver) == drivers.end())
            drivers.push_back(controller.function->driver);
    return drivers;
}

void Simulation::look_at_requests(Clock::time_point now)
{
    const auto function_in = [this](const std::string& path) -> std::optional<PciAddress> {
        const auto address = PciAddress::parse(consume(path));
        return address && machine_.index_of(*address) ? address : std::nullopt;
    };
    for (const auto& driver : controller_drivers()) {
        const auto directory = format("sys/bus/pci/drivers/{}/", driver);
        if (const auto address = function_in(directory + "unbind"))
            report(run(command::Driver{*address, ""}, now));
        if (const auto address = function_in(directory + "bind"))
            report(run(command::Driver{*address, driver}, now));
    }
    if (const auto interface = consume("sys/bus/usb/drivers_probe"); !interface.empty())
        kernel_.probe(interface);
    if (const auto address = function_in("sys/bus/pci/drivers_probe"))
        report(run(command::Driver{*address, driver_for(*machine_.index_of(*address))}, now));
    for (const auto& controller : board().controllers)
        if (controller.function && consume(format("sys/{}/remove", controller.directory)) == "1")
            report(run(command::Remove{controller.function->address}, now));
    if (consume("sys/bus/pci/rescan") == "1") report(run(command::Rescan{}, now));
}

std::vector<std::string> Simulation::watched_directories() const
{
    std::vector<std::string> directories{"sys/bus/pci", "sys/bus/usb"};
    for (const auto& driver : controller_drivers())
        directories.push_back(format("sys/bus/pci/drivers/{}", driver));
    for (std::size_t i = 0; i < machine_.controllers.size(); ++i)
        if (machine_.controllers[i].present && board().controllers[i].function)
            directories.push_back("sys/" + board().controllers[i].directory);
    return directories;
}

} // namespace usbroute::sim
