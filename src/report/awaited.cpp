// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/awaited.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>

namespace usbroute::report {

std::vector<plan::OnPanel> panels_in(const StatusView& view)
{
    std::vector<plan::OnPanel> sockets;
    for (const auto& connector : view.connectors)
        if (connector.named) sockets.push_back({.socket = connector.name, .panel = connector.panel});
    return sockets;
}

namespace {

constexpr std::string_view driver_of_a_guests = "vfio-pci";

Result<std::vector<const ConnectorView*>> connectors_named(const StatusView& view,
                                                           const std::vector<std::string>& names)
{
    const auto sockets = plan::without_panels(names, panels_in(view));
    if (!sockets) return std::unexpected(plan::error_from(sockets.error()));
    std::vector<const ConnectorView*> found;
    for (const auto& name : *sockets) {
        const auto one = std::ranges::find(view.connectors, name, &ConnectorView::name);
        if (one == view.connectors.end())
            return std::unexpected(
                Error(ErrorKind::not_found,
                      format("there is no connector {}; `usbroute status` lists them", printable(name, 64)))
                    .with_code("no-such-connector"));
        found.push_back(&*one);
    }
    if (names.empty())
        for (const auto& one : view.connectors)
            if (one.named) found.push_back(&one);
    return found;
}

} // namespace

Result<std::vector<std::string>> not_there_yet(const StatusView& view, const std::vector<std::string>& names)
{
    const auto connectors = connectors_named(view, names);
    if (!connectors) return std::unexpected(connectors.error());
    std::vector<std::string> missing;
    if (!view.unreadable.empty()) missing.push_back(view.unreadable);
    for (const auto* one : *connectors) {
        // A hub that is not plugged in is missed only where it is asked for.
        if (!one->missing.empty() && !names.empty())
            missing.push_back(format("{}: {}", one->name, one->missing));
        // What a guest that is off would have is missed only if there is something.
        for (const auto& wait : one->waits)
            if (!wait.place.empty() || !one->devices.empty())
                missing.push_back(format("{}: {}", one->name, wait.why));
    }
    return missing;
}

Result<std::vector<std::string>> not_ready_for(const StatusView& view, const config::GuestSettings& guest,
                                               const std::vector<std::string>& names)
{
    const auto connectors = connectors_named(view, names);
    if (!connectors) return std::unexpected(connectors.error());
    std::vector<std::string> missing;
    // With bind = "running" it starts without them.
    const auto needed = guest.bind == config::BindAt::running ? std::vector<PciAddress>{} : guest.controllers;
    for (const auto& address : needed) {
        const auto controller = std::ranges::find(view.controllers, address.text(), &ControllerView::address);
        if (controller == view.controllers.end())
            missing.push_back(format("there is no USB controller {}", address.text()));
        else if (controller->driver != driver_of_a_guests)
            missing.push_back(format("{} has {}, and not {}: sudo usbroute guest bind {}", address.text(),
                                     controller->driver.empty() ? "no driver" : controller->driver,
                                     driver_of_a_guests, guest.name.text()));
    }
    if (names.empty()) return missing;
    for (const auto* one : *connectors)
        if (one->owner != guest.name.text())
            missing.push_back(format("{} belongs to {}, and not to {}: usbroute move {} --to {}", one->name,
                                     one->owner, guest.name.text(), one->name, guest.name.text()));
    return missing;
}

} // namespace usbroute::report
