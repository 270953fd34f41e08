// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/simulation.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <ranges>

namespace usbroute::sim {

namespace {

constexpr std::array<std::string_view, 4> controller_drivers{"ehci-pci", "xhci_hcd", "vfio-pci", "pci-stub"};

std::string_view removable_of(const PortPath& place, const ControllerState& controller)
{
    // Root ports without firmware's word are "unknown"; hubs tell for theirs.
    return place.ports().size() == 1 && controller.superspeed_bus != 0 ? "unknown" : "removable";
}

} // namespace

Simulation::Simulation(FileTree& tree, Kernel& kernel, std::chrono::milliseconds delay, Announce announce)
    : tree_(tree),
      kernel_(kernel),
      delay_(delay),
      announce_(std::move(announce)),
      machine_(machine_at_start()),
      config_(config_space(xhci_function()))
{}

Result<void> Simulation::start()
{
    mounts_ = {{.number = "8:2", .source = "/dev/sda2", .point = "/", .type = "ext4"},
               {.number = "8:1", .source = "/dev/sda1", .point = "/boot/efi", .type = "vfat"}};
    if (auto done = write_mounts(); !done) return done;
    if (auto done = kernel_.boot(); !done) return done;
    for (const auto number : {2, 1})
        if (auto done =
                add_buses(*machine_.controller_at(ehci_function(static_cast<std::uint8_t>(number)).address));
            !done)
            return done;
    if (auto done = add_buses(*machine_.controller_at(xhci_function().address)); !done) return done;
    // A hub's driver looks at its ports in their order.
    std::map<PortPath, Plug*> by_place;
    for (auto& plug : machine_.plugs)
        if (const auto home = home_of(machine_, plug)) by_place.emplace(*home, &plug);
    for (const auto& [home, plug] : by_place) {
        if (auto done = show_plug(*plug, home); !done) return done;
        plug->at = home;
    }
    return {};
}

std::string Simulation::config_path() const
{
    return format("sys/{}/config", Kernel::directory_of(xhci_function().address));
}

std::string Simulation::place_text(const PortPath& place) const
{
    const auto* controller = machine_.controller_of_bus(place.bus());
    if (controller == nullptr) return place.text();
    const auto speed = place.bus() == controller->superspeed_bus ? ", SuperSpeed" : "";
    return format("{} ({}{})", place.text(), controller_name(controller->address), speed);
}

Result<void> Simulation::show_plug(const Plug& plug, const PortPath& home)
{
    const auto* controller = machine_.controller_of_bus(home.bus());
    for (const auto& each : standing(*plug.model, home))
        if (auto done = kernel_.connect(each.place, *each.model, removable_of(each.place, *controller));
            !done)
            return done;
    return {};
}

void Simulation::leave(Plug& plug)
{
    const auto all = standing(*plug.model, *plug.at);
    for (const auto& each : all | std::views::reverse) {
        report(kernel_.disconnect(each.place));
        announce_(
            format("{}: {} leaves {}", plug.socket->name, shown_name(*each.model), place_text(each.place)));
    }
    plug.at.reset();
}

void Simulation::arrive(Plug& plug, const PortPath& home)
{
    plug.at = home;
    if (auto done = show_plug(plug, home); !done) {
        announce_(done.error().message());
        return;
    }
    for (const auto& each : standing(*plug.model, home))
        announce_(format("{}: {} arrives at {}", plug.socket->name, shown_name(*each.model),
                         place_text(each.place)));
}

/// Says why, for those that have no place where the host could see them.
void Simulation::announce_absent(const std::vector<std::string>& names)
{
    for (const auto& name : names) {
        const auto& plug = *machine_.plug_named(name);
        if (plug.at || home_of(machine_, plug)) continue;
        announce_(format("{}: {} is out of sight: {}", plug.socket->name, name, why_absent(machine_, plug)));
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
        const auto home = home_of(machine_, *plug);
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
    advance(now);
}

void Simulation::look_at_registers(Clock::time_point now)
{
    if (!machine_.controller_at(xhci_function().address)->present) return;
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
std::string Simulation::driver_for(const PciAddress& address) const
{
    const auto forced = tree_.read(format("sys/{}/driver_override", Kernel::directory_of(address)));
    const auto word = forced ? trim(*forced) : std::string_view();
    if (!word.empty() && word != "(null)") return std::string(word);
    return std::string(function_at(address)->driver);
}

void Simulation::look_at_requests(Clock::time_point now)
{
    const auto function_in = [this](const std::string& path) -> std::optional<PciAddress> {
        const auto address = PciAddress::parse(consume(path));
        return address && function_at(*address) != nullptr ? address : std::nullopt;
    };
    for (const auto driver : controller_drivers) {
        const auto directory = format("sys/bus/pci/drivers/{}/", driver);
        if (const auto address = function_in(directory + "unbind"))
            report(run(command::Driver{*address, ""}, now));
        if (const auto address = function_in(directory + "bind"))
            report(run(command::Driver{*address, std::string(driver)}, now));
    }
    if (const auto address = function_in("sys/bus/pci/drivers_probe"))
        report(run(command::Driver{*address, driver_for(*address)}, now));
    for (const auto& controller : machine_.controllers)
        if (consume(format("sys/{}/remove", Kernel::directory_of(controller.address))) == "1")
            report(run(command::Remove{controller.address}, now));
    if (consume("sys/bus/pci/rescan") == "1") report(run(command::Rescan{}, now));
}

std::vector<std::string> Simulation::watched_directories() const
{
    std::vector<std::string> directories{"sys/bus/pci"};
    for (const auto driver : controller_drivers)
        directories.push_back(format("sys/bus/pci/drivers/{}", driver));
    for (const auto& controller : machine_.controllers)
        if (controller.present) directories.push_back("sys/" + Kernel::directory_of(controller.address));
    return directories;
}

} // namespace usbroute::sim
