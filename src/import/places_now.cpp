// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "import/places_now.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "import/told_devices.hpp"
#include "topology/connector.hpp"
#include "topology/halves.hpp"

#include <algorithm>

namespace usbroute::import_ {

using topology::Device;
using topology::PciController;
using topology::PortPath;
using topology::Snapshot;
using topology::UsbPlace;

namespace {

std::string_view name_of_half(bool superspeed) { return superspeed ? "SuperSpeed" : "USB 2"; }

/// One socket of a file on its way to its place on this machine. What is to be said of it is in `now_`.
class PlaceSearch {
public:
    PlaceSearch(const Snapshot& snapshot, const OldBuses& old, const ToldSocket& socket)
        : snapshot_(snapshot), old_(old), socket_(socket)
    {}

    PlacesNow run(const std::optional<ToldDevice>& expected)
    {
        if (auto why = find_controller(); !why.empty()) return why;
        if (socket_.ports.empty()) return why_no_root_hub();
        warn_of_moved_bus();
        now_.place = {.controller = controller_->address, .superspeed = find_half(), .ports = socket_.ports};
        if (auto why = check_ports(); !why.empty()) return why;
        if (socket_.with_what_begins_alike)
            if (auto also = also_taken(snapshot_, now_.place, socket_); !also.empty())
                now_.remarks.emplace_back(Weight::note, std::move(also));
        if (expected && expected->id()) compare_device(*expected);
        return std::vector<PlaceNow>{std::move(now_)};
    }

private:
    void warn(std::string text) { now_.remarks.emplace_back(Weight::warning, std::move(text)); }

    /// What the file's own lines tell of the bus; null: nothing, or nothing that they agree on.
    [[nodiscard]] const OldBus* known_bus() const
    {
        const auto known = socket_.bus ? old_.find(*socket_.bus) : old_.end();
        return known == old_.end() || known->second.is_disputed ? nullptr : &known->second;
    }

    /// Empty: `controller_` is the one; else why there is none.
    std::string find_controller()
    {
        if (!socket_.way.empty()) {
            const auto way = controller_of_way(snapshot_, socket_);
            if (way.controller == nullptr) return way.why_not;
            controller_ = way.controller;
            if (way.has_moved)
                warn(format(
                    "the controller at {} is now {}, because PCI buses were renumbered; using its path",
                    socket_.way.back().text(), controller_->address.text()));
        }
        if (const auto* known = known_bus(); known != nullptr && controller_ == nullptr)
            controller_ = snapshot_.controller_at(known->controller);
        if (controller_ == nullptr && socket_.bus) return find_by_todays_bus();
        return controller_ == nullptr ? "the file does not say which controller" : std::string();
    }

    std::string find_by_todays_bus()
    {
        controller_ = snapshot_.pci_controller_of_bus(*socket_.bus);
        if (controller_ == nullptr)
            return snapshot_.controller_of_bus(*socket_.bus) != nullptr
                       ? format("bus {} belongs to a controller without a PCI address", *socket_.bus)
                       : format("this machine has no bus {}", *socket_.bus);
        if (const auto known = old_.find(*socket_.bus); known != old_.end() && known->second.is_disputed)
            warn(format("lines of the file disagree about the controller of bus {}; using today's",
                        *socket_.bus));
        return {};
    }

    [[nodiscard]] std::string why_no_root_hub() const
    {
        return format(
            "a root hub stands for an entire controller, {}: to give it to a guest, run `usbroute guest show`, then set controllers = [\"{}\"]",
            controller_->address.text(), controller_->address.text());
    }

    void warn_of_moved_bus()
    {
        if (!socket_.bus || controller_->has_bus(*socket_.bus)) return;
        const auto* today = snapshot_.controller_of_bus(*socket_.bus);
        const auto now_is = today == nullptr ? std::string("there is no such bus now")
                                             : format("today it is a bus of {}", today->name);
        const auto* known = known_bus();
        const auto how = socket_.way.empty() && known != nullptr
                             ? format(" ({}, line {})", known->how, known->told.line)
                             : std::string();
        warn(format("bus numbers have changed: bus {} belonged to {}{}, but {}; using the controller",
                    *socket_.bus, controller_->address.text(), how, now_is));
    }

    /// Whether the SuperSpeed half is meant.
    bool find_half()
    {
        auto superspeed = socket_.superspeed;
        // What the file's own lines tell together counts more than the number of today.
        const auto* known = known_bus();
        if (!superspeed && known != nullptr && known->controller == controller_->address)
            superspeed = known->superspeed;
        const auto half_today = socket_.bus ? half_on(*controller_, *socket_.bus) : std::nullopt;
        if (superspeed && half_today && *superspeed != *half_today)
            warn(format(
                "bus numbers have changed: bus {} had the {} ports of {} and now has the others; using the controller",
                *socket_.bus, name_of_half(*superspeed), controller_->address.text()));
        if (!superspeed) superspeed = half_today;
        return superspeed ? *superspeed : guess_half();
    }

    /// By the number of the port alone.
    bool guess_half()
    {
        const auto* usb2 = controller_->usb2_bus();
        const auto* fast = controller_->superspeed_bus();
        if (usb2 == nullptr || fast == nullptr) return fast != nullptr;
        const auto first = socket_.ports.front();
        if (first > usb2->ports) return first <= fast->ports;
        const UsbPlace slow_place{.controller = controller_->address, .superspeed = false, .ports = {first}};
        const auto other = topology::other_half_of(snapshot_, slow_place);
        const bool is_one_socket = other && other->place.ports == std::vector<std::uint8_t>{first};
        if (first <= fast->ports && !is_one_socket)
            warn(format(
                "the file does not say which half: using USB 2 port {}; SuperSpeed port {} is another socket",
                first, first));
        return false;
    }

    /// Empty: the place is there, as far as can be seen; else why not.
    std::string check_ports()
    {
        const auto& place = now_.place;
        const auto half = name_of_half(place.superspeed);
        if (controller_->buses.empty()) {
            warn(format("{} is bound to {}, so usbroute cannot check that the port exists",
                        controller_->address.text(),
                        controller_->driver.empty() ? "no driver" : controller_->driver));
            return {};
        }
        const auto* bus = place.superspeed ? controller_->superspeed_bus() : controller_->usb2_bus();
        if (bus == nullptr) return format("{} has no {} ports", controller_->address.text(), half);
        if (place.ports.front() > bus->ports)
            return format("no such port: {} has {} ports 1 to {}", controller_->address.text(), half,
                          bus->ports);
        const PortPath path(bus->number, place.ports);
        const auto* port = topology::port_at(snapshot_, path);
        if (port != nullptr && port->connect_type == "not used")
            warn(format("the firmware reports that nothing is wired to {}", path.text()));
        return check_hubs(path);
    }

    /// The same of the hubs on the way to it.
    std::string check_hubs(const PortPath& path)
    {
        const auto& ports = path.ports();
        for (std::size_t depth = 1; depth < ports.size(); ++depth) {
            const PortPath above(path.bus(),
                                 {ports.begin(), ports.begin() + static_cast<std::ptrdiff_t>(depth)});
            const auto* hub = snapshot_.device_at(above);
            if (hub == nullptr) {
                warn(format("the port is on a hub, but there is no hub at {} now", above.text()));
                return {};
            }
            if (!hub->is_hub()) {
                warn(format("the port is on a hub, but {} is now {}, not a hub", above.text(), hub->shown()));
                return {};
            }
            if (hub->hub_ports > 0 && ports[depth] > hub->hub_ports)
                return format("no such port: the hub at {} has ports 1 to {}", above.text(), hub->hub_ports);
        }
        return {};
    }

    void compare_device(const ToldDevice& expected)
    {
        const auto path = topology::path_of(snapshot_, now_.place);
        const Device* here = path ? snapshot_.device_at(*path) : nullptr;
        if (here != nullptr && is_device(*here, expected)) return;
        std::vector<std::string> elsewhere;
        for (const auto& device : snapshot_.devices)
            if (is_device(*device, expected)) elsewhere.push_back(device->path.text());
        const auto what = expected.id()->text();
        const auto there = here == nullptr ? std::string("nothing is plugged in")
                                           : format("{} is plugged in", here->shown());
        if (!elsewhere.empty())
            warn(format("{0} is expected here, but {1}; {0} is now at {2}", what, there, listed(elsewhere)));
        else if (here != nullptr)
            warn(format("{} is expected here, but {}", what, there));
    }

    const Snapshot& snapshot_;
    const OldBuses& old_;
    const ToldSocket& socket_;
    const PciController* controller_ = nullptr;
    PlaceNow now_;
};

} // namespace

PlacesNow places_now(const Snapshot& snapshot, const OldBuses& old, const ToldSocket& socket,
                     const std::optional<ToldDevice>& expected)
{
    if (!socket.glob.empty() || !socket.kernel_glob.empty() || !socket.id_path_glob.empty())
        return places_by_pattern(snapshot, socket);
    return PlaceSearch(snapshot, old, socket).run(expected);
}

} // namespace usbroute::import_
