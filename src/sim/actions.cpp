// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// What the commands do to the board.

#include "base/format.hpp"
#include "base/text.hpp"
#include "sim/simulation.hpp"

#include <algorithm>

namespace usbroute::sim {

namespace {

std::unexpected<Error> failed(std::string text)
{
    return std::unexpected(Error(ErrorKind::failed, std::move(text)));
}

std::uint8_t port_count(std::size_t count) { return static_cast<std::uint8_t>(count); }

std::string bus_names(const ControllerState& controller)
{
    std::string names;
    for (const auto bus : {controller.usb2_bus, controller.superspeed_bus})
        if (bus != 0) names += format("  usb{}", bus);
    return names;
}

} // namespace

Result<std::string> Simulation::execute(const Command& command, Clock::time_point now)
{
    return std::visit(
        [&]<class Kind>(const Kind& kind) -> Result<std::string> {
            if constexpr (requires { run(kind, now); })
                return run(kind, now);
            else if constexpr (std::is_same_v<Kind, command::Help>)
                return format("commands:\n{}kinds: {}\nsockets: {}\n", command_summary(), join(kinds(), " "),
                              join(socket_names(), " "));
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
    if (plug == nullptr)
        return failed(
            format("nothing is plugged in there, and nothing has that name: {}", printable(unplug.what)));
    if (plug->at) leave(*plug);
    arrivals_.erase(plug->name);
    last_move_ = now;
    machine_.plugs.erase(machine_.plugs.begin() + (plug - machine_.plugs.data()));
    return std::string();
}

Result<std::string> Simulation::run(const command::Resume& /*resume*/, Clock::time_point now)
{
    announce_("the machine wakes from sleep: kernel and firmware route everything to the xHCI");
    look_at_registers(now); // what was written before counts as before
    machine_.registers = after_resume(machine_.registers);
    put_routes(config_, machine_.registers);
    if (machine_.controller_at(xhci_function().address)->present) {
        put_register(chips::route_reg::superspeed_on);
        put_register(chips::route_reg::usb2_owner);
    }
    react(now);
    return std::string();
}

Result<std::string> Simulation::run(const command::WriteRegister& write, Clock::time_point now)
{
    if (!machine_.controller_at(xhci_function().address)->present)
        return failed("the xHCI is not on the bus");
    std::string bytes(4, '\0');
    write_register(bytes, 0, write.value);
    if (auto done = tree_.write_at(config_path(), write.offset, bytes); !done)
        return std::unexpected(done.error());
    look_at_registers(now);
    return std::string();
}

Result<void> Simulation::add_buses(const ControllerState& controller)
{
    if (controller.usb2_bus == 0) return {};
    const auto address = controller.address.text();
    if (controller.superspeed_bus != 0) {
        const auto usb2 = root_hub(address, true, false, port_count(chip().routes.size()));
        if (auto done = kernel_.add_bus(controller.address, controller.usb2_bus, usb2); !done) return done;
        const auto superspeed = root_hub(address, true, true, chip().superspeed_ports());
        return kernel_.add_bus(controller.address, controller.superspeed_bus, superspeed);
    }
    // An EHCI of these chips has two ports; the first carries the hub to which all sockets are wired.
    if (auto done =
            kernel_.add_bus(controller.address, controller.usb2_bus, root_hub(address, false, false, 2));
        !done)
        return done;
    const auto& ehcis = chip().ehcis;
    const auto* which =
        std::ranges::find(ehcis, function_at(controller.address)->device, &chips::EhciFunction::device_id)
            .base();
    return kernel_.connect(PortPath(controller.usb2_bus, {1}), rate_matching_hub(which->ports), "fixed");
}

std::vector<std::string> Simulation::remove_buses(ControllerState& controller, Clock::time_point now)
{
    std::vector<std::string> left;
    // What is plugged in leaves first, while its bus still has a name.
    for (auto& plug : machine_.plugs) {
        if (!plug.at || machine_.controller_of_bus(plug.at->bus()) != &controller) continue;
        leave(plug);
        left.push_back(plug.name);
        last_move_ = now;
    }
    for (const auto bus : {controller.superspeed_bus, controller.usb2_bus})
        if (bus != 0) report(kernel_.remove_bus(bus));
    return left;
}

Result<std::string> Simulation::run(const command::Driver& driver, Clock::time_point now)
{
    const auto* function = function_at(driver.function);
    auto* controller = machine_.controller_at(driver.function);
    if (function == nullptr || controller == nullptr)
        return failed(format("{} drives no USB on this board", driver.function.text()));
    if (!controller->present)
        return failed(format("{} is not on the bus; rescan finds it", driver.function.text()));
    const bool is_for_guests = driver.name == "vfio-pci" || driver.name == "pci-stub";
    if (!driver.name.empty() && !is_for_guests && driver.name != function->driver)
        return failed(format("{} does not drive {}; vfio-pci, {} and none do", printable(driver.name),
                             driver.function.text(), function->driver));
    if (driver.name == controller->driver) return std::string();

    const auto left = remove_buses(*controller, now);
    report(kernel_.unbind_driver(driver.function));
    controller->driver = driver.name;
    number_buses(machine_, *controller);
    announce_(format("{} ({}): {}", driver.function.text(), controller_name(driver.function),
                     driver.name.empty() ? "no driver" : driver.name + " drives it now"));
    if (!driver.name.empty())
        if (auto done = kernel_.bind_driver(driver.function, driver.name); !done)
            return std::unexpected(done.error());
    if (auto done = add_buses(*controller); !done) return std::unexpected(done.error());
    announce_absent(left);
    react(now);
    return std::string();
}

Result<std::string> Simulation::run(const command::Remove& remove, Clock::time_point now)
{
    auto* controller = machine_.controller_at(remove.function);
    if (controller == nullptr)
        return failed(format("{} drives no USB on this board", remove.function.text()));
    if (!controller->present) return std::string();
    const auto left = remove_buses(*controller, now);
    report(kernel_.unbind_driver(remove.function));
    kernel_.remove_function(remove.function);
    controller->present = false;
    controller->driver.clear();
    number_buses(machine_, *controller);
    announce_(format("{} ({}) is off the bus", remove.function.text(), controller_name(remove.function)));
    announce_absent(left);
    react(now);
    return std::string();
}

Result<std::string> Simulation::run(const command::Rescan& /*rescan*/, Clock::time_point now)
{
    const auto& xhci = *machine_.controller_at(xhci_function().address);
    for (auto& controller : machine_.controllers) {
        if (controller.present) continue;
        const auto& function = *function_at(controller.address);
        controller.present = true;
        controller.driver = function.driver;
        number_buses(machine_, controller);
        announce_(format("{} ({}) is on the bus again", controller.address.text(),
                         controller_name(controller.address)));
        if (&controller == &xhci) {
            // The kernel's fixup for an xHCI that it finds: all to the xHCI, if an EHCI is there too.
            const bool sees_ehci = machine_.controllers[1].present || machine_.controllers[2].present;
            if (sees_ehci) machine_.registers = after_resume(machine_.registers);
            put_routes(config_, machine_.registers);
        }
        if (auto done =
                kernel_.add_function(function, &controller == &xhci ? config_ : config_space(function));
            !done)
            return std::unexpected(done.error());
        if (auto done = kernel_.bind_driver(controller.address, function.driver); !done)
            return std::unexpected(done.error());
        if (auto done = add_buses(controller); !done) return std::unexpected(done.error());
    }
    react(now);
    return std::string();
}

Result<std::string> Simulation::run(const command::Mount& mount, Clock::time_point /*now*/)
{
    const auto* block = kernel_.block(mount.partition);
    if (block == nullptr)
        return failed(format("there is no USB disk or partition {}", printable(mount.partition)));
    if (std::ranges::find(mounts_, mount.point, &MountEntry::point) != mounts_.end())
        return failed(format("something is mounted on {}", printable(mount.point)));
    constexpr std::string_view key = "ID_FS_TYPE=";
    const auto at = block->extra.find(key);
    const auto type =
        at == std::string::npos
            ? "vfat"
            : block->extra.substr(at + key.size(), block->extra.find('\n', at) - at - key.size());
    mounts_.push_back(
        {.number = block->number, .source = "/dev/" + mount.partition, .point = mount.point, .type = type});
    if (auto done = write_mounts(); !done) return std::unexpected(done.error());
    return std::string();
}

Result<std::string> Simulation::run(const command::Unmount& unmount, Clock::time_point /*now*/)
{
    if (std::erase_if(mounts_, [&](const MountEntry& entry) { return entry.point == unmount.point; }) == 0)
        return failed(format("nothing is mounted on {}", printable(unmount.point)));
    if (auto done = write_mounts(); !done) return std::unexpected(done.error());
    return std::string();
}

/// The programs inside must not take the mounts of the real machine for those of this board.
Result<void> Simulation::write_mounts()
{
    std::string info = "21 26 0:20 / /sys rw,nosuid,nodev,noexec,relatime shared:7 - sysfs sysfs rw\n"
                       "22 26 0:21 / /proc rw,nosuid,nodev,noexec,relatime shared:12 - proc proc rw\n";
    std::string mounts = "sysfs /sys sysfs rw,nosuid,nodev,noexec,relatime 0 0\n"
                         "proc /proc proc rw,nosuid,nodev,noexec,relatime 0 0\n";
    unsigned id = 26;
    for (const auto& entry : mounts_) {
        info += format("{} {} {} / {} rw,relatime shared:{} - {} {} rw\n", id, id == 26 ? 1 : 26,
                       entry.number, entry.point, id, entry.type, entry.source);
        mounts += format("{} {} {} rw,relatime 0 0\n", entry.source, entry.point, entry.type);
        ++id;
    }
    if (auto done = tree_.write("proc/self/mountinfo", info); !done) return done;
    if (auto done = tree_.write("proc/self/mounts", mounts); !done) return done;
    return tree_.write("proc/mounts", mounts);
}

Result<std::string> Simulation::run(const command::Show& /*show*/, Clock::time_point /*now*/)
{
    const auto& registers = machine_.registers;
    auto text = format("XUSB2PR 0x{:08x}  XUSB2PRM 0x{:08x}  USB3_PSSEN 0x{:08x}  USB3PRM 0x{:08x}\n",
                       registers.usb2_owner, registers.usb2_movable, registers.superspeed_on,
                       registers.superspeed_movable);
    for (const auto& controller : machine_.controllers)
        text += format("{} {:<8} {:<9}{}\n", controller.address.text(), controller_name(controller.address),
                       !controller.present         ? "absent"
                       : controller.driver.empty() ? "no driver"
                                                   : controller.driver,
                       bus_names(controller));
    for (const auto& socket : sockets()) {
        const bool is_xhci = (registers.usb2_owner & socket.bit.mask()) != 0;
        text += format("{:<10} bit {:<2} {} ", socket.name, socket.bit.value, is_xhci ? "xhci" : "ehci");
        const auto plug = std::ranges::find(machine_.plugs, &socket, &Plug::socket);
        if (plug != machine_.plugs.end())
            text += format(" {:<7} {} ({})", plug->at ? plug->at->text() : "-", plug->name,
                           shown_name(*plug->model));
        text.erase(text.find_last_not_of(' ') + 1);
        text += '\n';
    }
    return text;
}

} // namespace usbroute::sim
