// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "plan/dead_sides.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "plan/ownership.hpp"
#include "plan/whole_controller.hpp"
#include "route/mux.hpp"

#include <algorithm>

namespace usbroute::plan {

using topology::Connector;
using topology::Controller;
using topology::Hold;
using topology::PortPath;
using topology::SeatId;
using topology::Snapshot;

namespace {

std::string kind_and_name(const Controller& controller)
{
    return format("{} {}", topology::text_of(controller.kind), controller.name);
}

std::string driver_file(const Controller& controller)
{
    return format("/sys/bus/pci/devices/{}/driver", controller.name);
}

DeadSide undriven(const topology::PciController& controller)
{
    return {.why = Death::no_driver,
            .sentence = format("no driver runs {}", kind_and_name(controller)),
            .remedy = "bind a driver to it, or say yes if that is what you want (yes=1)",
            .evidence = driver_file(controller) + " is not there"};
}

DeadSide held_by_a_stub(const topology::PciController& controller, const config::Settings& settings)
{
    const auto driver = printable(controller.driver, 32);
    const auto* guest = claimant(controller, settings);
    return {
        .why = Death::no_driver,
        .sentence = format("{} holds {}, and nobody can use it", driver, kind_and_name(controller)),
        .remedy =
            guest != nullptr && controller.iommu_group
                ? format("{} it first: sudo usbroute guest {} {}",
                         verb_to_give(*guest) == "bind" ? "bind" : "give", verb_to_give(*guest),
                         guest->name.text())
                : format(
                      "take it away from {} (if the kernel's command line or /etc/modprobe.d has {}.ids=, remove its id there and reboot)",
                      driver, driver),
        .evidence = format("{}: {}", driver_file(controller), driver)};
}

DeadSide not_authorized(const std::string& what, const std::string& name)
{
    return {.why = Death::not_authorized,
            .sentence = what + " is not authorized, so nothing behind it is seen",
            .remedy = format("authorize {}: echo 1 > /sys/bus/usb/devices/{}/authorized", name, name),
            .evidence = format("/sys/bus/usb/devices/{}/authorized: 0", name)};
}

/// The first hub that is not authorized on the way to a place, the place itself left out: what is there may change.
const topology::Device* closed_hub(const Snapshot& snapshot, const PortPath& place)
{
    PortPath step(place.bus(), {});
    for (const auto port : place.ports()) {
        step = step.child(port);
        if (step == place) break;
        const auto* hub = snapshot.device_at(step);
        if (hub != nullptr && !hub->authorized) return hub;
    }
    return nullptr;
}

} // namespace

std::optional<DeadSide> why_dead(const Snapshot& snapshot, const topology::PciController& controller,
                                 const config::Settings& settings)
{
    switch (controller.hold()) {
    case Hold::guest: return std::nullopt;
    case Hold::nobody: return undriven(controller);
    case Hold::stub: return held_by_a_stub(controller, settings);
    case Hold::host: break;
    }
    const auto* bus = controller.usb2_bus();
    if (bus == nullptr) return std::nullopt;
    const PortPath root(bus->number, {});
    if (!bus->authorized)
        return not_authorized(format("root hub {} of {}", root.text(), kind_and_name(controller)),
                              root.text());
    if (controller.kind != topology::ControllerKind::ehci || !route::has_rate_matching_hub(controller))
        return std::nullopt;
    const auto* hub = snapshot.device_at(root.child(1));
    if (hub == nullptr || hub->authorized) return std::nullopt;
    return not_authorized(
        format("the rate matching hub {} of {}", hub->path.text(), kind_and_name(controller)),
        hub->path.text());
}

std::optional<DeadSide> why_dead(const Snapshot& snapshot, const Connector& connector, const SeatId& seat,
                                 const config::Settings& settings)
{
    const auto* controller = connector.controller_at(seat);
    if (controller == nullptr) return std::nullopt;
    if (auto dead = why_dead(snapshot, *controller, settings)) return dead;
    const auto& places = connector.seat(seat)->places;
    if (places.empty() || !controller->is_driven_by_host()) return std::nullopt;
    const auto* hub = closed_hub(snapshot, places.front());
    if (hub == nullptr) return std::nullopt;
    return not_authorized(format("hub {} of {}", hub->path.text(), kind_and_name(*controller)),
                          hub->path.text());
}

std::vector<Caution> cautions(const Controller& controller)
{
    std::vector<Caution> found;
    if (!controller.is_driven_by_host()) return found;
    if (controller.asleep)
        found.push_back(
            {.is_sleep = true,
             .sentence = format("{} is asleep: what arrives there is seen only if it wakes the controller",
                                kind_and_name(controller)),
             .remedy =
                 format("keep it awake: echo on > /sys/bus/pci/devices/{}/power/control", controller.name),
             .evidence = format("/sys/bus/pci/devices/{}/{}", controller.name, controller.sleep_seen)});
    const auto* bus = controller.usb2_bus();
    if (bus != nullptr && !bus->authorizes_new)
        found.push_back(
            {.is_sleep = false,
             .sentence = format(
                 "new devices on {} wait to be authorized: what arrives there is not used until somebody authorizes it (authorized_default of usb{})",
                 kind_and_name(controller), bus->number),
             .remedy = format("echo 1 > /sys/bus/usb/devices/usb{}/authorized_default, unless a program "
                              "such as USBGuard authorizes them",
                              bus->number),
             .evidence = format("/sys/bus/usb/devices/usb{}/authorized_default: {}", bus->number,
                                printable(bus->authorized_default, 16))});
    return found;
}

bool host_would_use(const Controller* controller)
{
    if (controller == nullptr || !controller->is_driven_by_host()) return false;
    const auto* bus = controller->usb2_bus();
    return bus == nullptr || (bus->authorized && bus->authorizes_new);
}

} // namespace usbroute::plan
