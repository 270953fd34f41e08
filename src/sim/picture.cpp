// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// What `show` prints: registers, controllers, sockets with what is in them, claims.

#include "base/format.hpp"
#include "base/text.hpp"
#include "sim/simulation.hpp"

#include <algorithm>

namespace usbroute::sim {

namespace {

std::string bus_names(const ControllerState& controller)
{
    std::string names;
    for (const auto bus : {controller.usb2_bus, controller.superspeed_bus})
        if (bus != 0) names += format("  usb{}", bus);
    return names;
}

} // namespace

/// "guest windows", or "process 812".
std::string Simulation::shown_process(pid_t process) const
{
    const auto name = guests_ == nullptr ? std::string() : guests_->name_of(process);
    return name.empty() ? format("process {}", process) : "guest " + name;
}

/// Who has a device, where that is not the host.
std::string Simulation::shown_use(const PortPath& place) const
{
    const auto* device = kernel_.at(place);
    if (device == nullptr) return {};
    if (!device->is_configured) return ", not configured";
    if (const auto* interface = device->taken())
        return interface->user.id == 0 ? ", taken"
                                       : format(", of {}", shown_process(interface->user.process));
    const bool has_none =
        std::ranges::all_of(device->interfaces, [](const auto& each) { return each.driver.empty(); });
    const bool could =
        std::ranges::any_of(device->interfaces, [](const auto& each) { return !each.native.empty(); });
    return has_none && could ? ", without driver" : std::string();
}

/// Of the places where something is; 7 for "3-14.10", which is as far as a hub goes.
std::size_t Simulation::widest_place() const
{
    std::size_t width = 7;
    for (const auto& [place, device] : kernel_.devices()) width = std::max(width, place.text().size());
    return width;
}

std::string Simulation::shown_claims() const
{
    std::string text;
    for (const auto& [place, device] : kernel_.devices())
        for (const auto& [port, opener] : device.claims)
            text +=
                format("port {} of {} is claimed by {}\n", port, place.text(), shown_process(opener.process));
    return text;
}

Result<std::string> Simulation::run(const command::Show& /*show*/, Clock::time_point /*now*/)
{
    const auto& registers = machine_.registers;
    std::string text;
    if (machine_.has_mux())
        text += format("XUSB2PR 0x{:08x}  XUSB2PRM 0x{:08x}  USB3_PSSEN 0x{:08x}  USB3PRM 0x{:08x}\n",
                       registers.usb2_owner, registers.usb2_movable, registers.superspeed_on,
                       registers.superspeed_movable);
    if (machine_.controllers.empty()) text += "this board has no USB controller\n";
    for (std::size_t i = 0; i < machine_.controllers.size(); ++i) {
        const auto& controller = machine_.controllers[i];
        text += format("{} {:<8} {:<9}{}\n", board().controllers[i].name, board().controllers[i].title,
                       !controller.present         ? "absent"
                       : controller.driver.empty() ? "no driver"
                                                   : controller.driver,
                       bus_names(controller));
    }
    const auto width = widest_place();
    for (std::size_t i = 0; i < board().sockets.size(); ++i) {
        const auto& socket = board().sockets[i];
        auto line = format("{:<10} ", socket.name);
        if (socket.bit)
            line += format("bit {:<2} {} ", socket.bit->value,
                           (registers.usb2_owner & socket.bit->mask()) != 0 ? "xhci" : "ehci");
        else if (machine_.has_mux())
            line += "            ";
        const auto before = line;
        for (auto& plug : machine_.plugs) {
            if (plug.socket != i) continue;
            for (const auto& each : standing(plug, plug.at.value_or(PortPath()))) {
                line += format(" {:<{}} {} ({}){}", each.plug->at ? each.plug->at->text() : "-", width,
                               each.plug->name, shown_name(*each.plug->model),
                               each.plug->at ? shown_use(*each.plug->at) : std::string());
                text += line + "\n";
                line = std::string(before.size(), ' ');
            }
        }
        line.erase(line.find_last_not_of(' ') + 1);
        if (!line.empty()) text += line + "\n";
    }
    return text + shown_claims();
}

} // namespace usbroute::sim
