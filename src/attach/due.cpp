// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "attach/due.hpp"

#include <algorithm>
#include <array>
#include <ranges>
#include <utility>

namespace usbroute::attach {

using topology::PortPath;

namespace {

/// Decides for all sockets at once. Each part adds its actions to a list of its own, since the order between the parts counts:
/// a guest port is free when what was on it is gone, and a device is given to one guest when the other has let go.
class Decision {
public:
    Decision(const std::vector<Assignment>& assignments, const Seen& seen, const Remembered& remembered)
        : assignments_(assignments), seen_(seen), remembered_(remembered)
    {}

    Due made()
    {
        for (const auto& guest : seen_.guests)
            if (guest.usb) take_what_is_wrong(guest);
        for (const auto& device : seen_.devices)
            if (const auto* socket = socket_of(device.device.path)) place(device, *socket);
        for (const auto& socket : assignments_)
            for (const auto& port : socket.places) settle_port(port, socket);
        release_what_is_no_socket();
        Due due{.actions = std::move(takes_), .waiting = std::move(waiting_)};
        for (auto* part : {&releases_, &homes_, &hubs_, &claims_, &parks_, &controllers_, &gives_})
            std::ranges::move(*part, std::back_inserter(due.actions));
        return due;
    }

private:
    [[nodiscard]] const Assignment* socket_of(const PortPath& path) const
    {
        return assignment_of(assignments_, path);
    }

    [[nodiscard]] bool is_for_guest(const Assignment& socket, const GuestName& guest) const
    {
        const auto* name = std::get_if<GuestName>(&socket.whom);
        return name != nullptr && *name == guest;
    }

    /// Whether the host is to have this device in place of the one whom its socket is for.
    [[nodiscard]] bool stays_with_host(const HostDevice& device) const
    {
        return remembered_.stay.contains(device) || remembered_.has_failed(device);
    }

    /// Objects of ours whose device is gone or is another by now, whose socket is for somebody else, or that have lost their
    /// device to a driver of the host: after a sleep QEMU still says that it is attached. Of two for one device the second goes.
    void take_what_is_wrong(const SeenGuest& guest)
    {
        std::set<HostDevice> had;
        for (const auto& object : guest.usb->host_objects) {
            const auto id = ObjectId::from(object.id);
            const auto meant = meant_by(object.id);
            if (!id || !meant) continue;
            const auto* device = seen_.device_at(meant->path);
            const bool is_there =
                device != nullptr && (!meant->number || device->device.number == *meant->number);
            const auto* socket = socket_of(meant->path);
            const bool is_right = is_there && socket != nullptr && is_for_guest(*socket, guest.name) &&
                                  !stays_with_host(device->device) && !has_lost(object, *device) &&
                                  had.insert(device->device).second;
            if (is_right)
                is_with_its_guest_.insert(device->device);
            else
                takes_.emplace_back(Take{.guest = guest.name, .object = *id, .domain = guest.domain});
            if (!is_right && is_there) is_taken_.insert(device->device);
        }
    }

    [[nodiscard]] bool has_lost(const HostObject& object, const SeenDevice& device) const
    {
        return object.is_attached && (device.with_host > 0 || remembered_.lost.contains(device.device));
    }

    void place(const SeenDevice& device, const Assignment& socket)
    {
        if (device.is_hub()) return place_hub(device, socket);
        const auto* guest = std::get_if<GuestName>(&socket.whom);
        if (guest != nullptr && stays_with_host(device.device)) note_why_it_stays(device.device);
        if (guest != nullptr && !stays_with_host(device.device)) return give(device, socket, *guest);
        if (!std::holds_alternative<Nobody>(socket.whom)) return bring_home(device, socket.heals);
        if (stays_with_host(device.device)) return note_why_it_stays(device.device);
        // Without nodes nobody can be kept from it.
        if (device.with_host > 0 && seen_.ways.at(device.device.path) == Way::descriptor)
            parks_.emplace_back(Park{.device = device.device});
    }

    void place_hub(const SeenDevice& hub, const Assignment& socket)
    {
        if (hub.is_configured) return;
        if (seen_.ways.at(hub.device.path) == Way::by_place) return wait(hub.device, Waits::no_right);
        if (remembered_.has_failed(hub.device)) return note_why_it_stays(hub.device);
        if (std::holds_alternative<Host>(socket.whom)) return bring_home(hub, socket.heals);
        hubs_.emplace_back(WakeHub{.hub = hub.device});
    }

    void note_why_it_stays(const HostDevice& device)
    {
        const bool is_guarded = remembered_.stay.contains(device);
        const auto why = remembered_.why.find(device);
        wait(device, is_guarded ? Waits::stays : Waits::failed,
             why == remembered_.why.end() ? std::string() : why->second);
        if (const auto errors = remembered_.errors.find(device);
            !is_guarded && errors != remembered_.errors.end())
            waiting_.back().errors = errors->second;
    }

    void give(const SeenDevice& device, const Assignment& socket, const GuestName& name)
    {
        if (is_with_its_guest_.contains(device.device)) return;
        const auto* guest = seen_.guest(name);
        if (guest == nullptr || !guest->usb)
            return wait(device.device, Waits::no_monitor,
                        guest == nullptr || !guest->silence ? std::string() : guest->silence->why);
        if (auto holder = foreign_holder(device))
            return wait(device.device, Waits::held_by_other, std::move(*holder));
        auto port = port_for(*guest, device, socket);
        if (!port && add_controller(*guest, device.device)) port = port_for(*guest, device, socket);
        if (!port) return leave_without_port(*guest, device, socket);
        gives_.emplace_back(Give{.guest = name,
                                 .device = device.device,
                                 .to = *port,
                                 .way = way_to(*guest, seen_.ways, device.device.path),
                                 .domain = guest->domain});
        promised_[name].insert(*port);
    }

    /// The host has it until a port is free.
    void leave_without_port(const SeenGuest& guest, const SeenDevice& device, const Assignment& socket)
    {
        wait(device.device, Waits::no_port);
        waiting_.back().is_superspeed = device.is_superspeed;
        if (guest.domain) waiting_.back().domain = guest.domain;
        waiting_.back().controller = unused_controller_id(usb_to_be(guest)).value_or(ControllerId());
        has_no_port_.insert(device.device);
        bring_home(device, socket.heals);
    }

    /// One with 15 ports, on the first empty root port of the guest. False: there is none. It stays until the guest ends.
    bool add_controller(const SeenGuest& guest, const HostDevice& device)
    {
        if (!guest.can_be_given_a_controller()) return false;
        const auto usb = usb_to_be(guest);
        const auto id = unused_controller_id(usb);
        const auto root_port = std::ranges::find_if(usb.free_root_ports, [&](const std::string& one) {
            return !remembered_.refused_root_ports.contains({guest.name, one});
        });
        if (!id || root_port == usb.free_root_ports.end()) return false;
        AddController action{
            .guest = guest.name, .controller = *id, .root_port = *root_port, .place = device.path};
        coming_[guest.name].push_back(action);
        controllers_.emplace_back(std::move(action));
        return true;
    }

    /// An object that is not ours, or a program of the host: nobody takes it from them.
    [[nodiscard]] std::optional<std::string> foreign_holder(const SeenDevice& device) const
    {
        for (const auto& having : who_has(seen_, device.device))
            if (!meant_by(having.object->id))
                return having.guest->name.text() +
                       (having.object->id.empty() ? std::string() : " (" + having.object->id + ")");
        const bool is_ours = is_taken_.contains(device.device);
        return device.with_program > 0 && !is_ours ? std::optional<std::string>("another program")
                                                   : std::nullopt;
    }

    /// Where the last one of this place was; else the socket's own port; more devices, behind a hub, from the other end.
    [[nodiscard]] std::optional<GuestPort> port_for(const SeenGuest& guest, const SeenDevice& device,
                                                    const Assignment& socket) const
    {
        const auto all = free_for(guest, device);
        if (all.empty()) return std::nullopt;
        const auto& path = device.device.path;
        if (const auto last = remembered_.ports.find({guest.name, path});
            last != remembered_.ports.end() && std::ranges::find(all, last->second) != all.end())
            return last->second;
        const bool is_in_the_socket_itself = std::ranges::find(socket.places, path) != socket.places.end();
        const auto own = std::ranges::find_if(all, [&](const GuestPort& port) {
            return port.bus == all.front().bus && port.port == socket.slot + 1;
        });
        if (is_in_the_socket_itself && own != all.end()) return *own;
        for (const auto& port : std::views::reverse(all))
            if (!is_kept_for_another(guest.name, path, port)) return port;
        return all.back();
    }

    [[nodiscard]] bool is_kept_for_another(const GuestName& guest, const PortPath& path,
                                           const GuestPort& port) const
    {
        return std::ranges::any_of(remembered_.ports, [&](const auto& one) {
            return one.first.first == guest && one.first.second != path && one.second == port;
        });
    }

    [[nodiscard]] std::vector<GuestPort> free_for(const SeenGuest& guest, const SeenDevice& device) const
    {
        const auto usb = usb_to_be(guest);
        const auto promised = promised_.find(guest.name);
        std::vector<GuestPort> all;
        for (const auto& controller : usb.controllers) {
            if (!controller.is_xhci()) continue;
            const auto ports = device.is_superspeed ? controller.superspeed_ports : controller.usb2_ports;
            for (auto& port : free_ports(usb, controller.bus)) {
                const bool is_promised = promised != promised_.end() && promised->second.contains(port);
                if (port.port <= ports.value_or(0) && !is_promised) all.push_back(std::move(port));
            }
        }
        return all;
    }

    /// A guest as it is once what is taken has gone and what is added has come.
    [[nodiscard]] GuestUsb usb_to_be(const SeenGuest& guest) const
    {
        auto usb = *guest.usb;
        std::erase_if(usb.host_objects, [&](const HostObject& object) {
            return std::ranges::any_of(takes_, [&](const Action& action) {
                const auto& take = std::get<Take>(action);
                return take.guest == guest.name && take.object.text() == object.id;
            });
        });
        const auto coming = coming_.find(guest.name);
        if (coming == coming_.end()) return usb;
        for (const auto& one : coming->second) {
            usb.controllers.push_back(one.as_it_will_be());
            std::erase(usb.free_root_ports, one.root_port);
        }
        return usb;
    }

    /// Where we had kept the host's drivers away, or a guest that is gone has: QEMU gives back what it lets go of in order, and
    /// nothing when it is killed.
    void bring_home(const SeenDevice& device, bool heals)
    {
        const bool was_a_guests =
            is_taken_.contains(device.device) || remembered_.guests_had.contains(device.device);
        if (!heals && !was_a_guests) return;
        const bool is_whole = device.is_configured && device.with_nobody == 0;
        const bool is_known_not_to = remembered_.offered.contains(device.device) && device.is_configured;
        const bool is_left = !is_whole && !is_known_not_to && device.with_program == 0;
        // QEMU offers the host's drivers what it lets go of in order; only after a QEMU that was killed somebody else has to.
        if (seen_.ways.at(device.device.path) == Way::by_place) {
            if (is_left && !is_taken_.contains(device.device)) wait(device.device, Waits::no_right);
            return;
        }
        if (is_taken_.contains(device.device) || is_left)
            homes_.emplace_back(BringHome{.device = device.device});
    }

    /// A port is claimed while its socket is not the host's, and what sits in it is not a hub: then those of the hub are, for
    /// a hub whose own port is claimed stays dead.
    void settle_port(const PortPath& port, const Assignment& socket)
    {
        if (socket_of(port) != &socket) return; // another socket's own, within this one
        ports_.insert(port);
        if (!has_a_hub(port)) return;
        const auto* device = seen_.device_at(port);
        const bool is_hub = device != nullptr && device->is_hub();
        const bool is_home = std::holds_alternative<Host>(socket.whom) ||
                             (device != nullptr && !is_hub &&
                              (stays_with_host(device->device) || has_no_port_.contains(device->device)));
        const bool wants_claim = seen_.ways.at(port) == Way::descriptor && !is_home && !is_hub;
        if (wants_claim && !seen_.is_claimed(port)) claims_.emplace_back(ClaimPort{.port = port});
        if (!wants_claim && seen_.is_claimed(port)) releases_.emplace_back(ReleasePort{.port = port});
        // Ports of a hub can be claimed once its driver has it.
        if (!is_hub || !device->is_configured) return;
        for (unsigned number = 1; number <= device->hub_ports; ++number)
            settle_port(port.child(static_cast<std::uint8_t>(number)), socket);
    }

    [[nodiscard]] bool has_a_hub(const PortPath& port) const
    {
        auto above = port.ports();
        if (above.size() < 2) return true; // the root hub
        above.pop_back();
        const auto* hub = seen_.device_at(PortPath(port.bus(), std::move(above)));
        return hub != nullptr && hub->is_hub() && hub->is_configured;
    }

    void release_what_is_no_socket()
    {
        for (const auto& port : seen_.claimed)
            if (!ports_.contains(port)) releases_.emplace_back(ReleasePort{.port = port});
    }

    void wait(const HostDevice& device, Waits why, std::string by = {})
    {
        const auto* socket = socket_of(device.path);
        const auto* guest = socket == nullptr ? nullptr : std::get_if<GuestName>(&socket->whom);
        waiting_.push_back({.device = device,
                            .why = why,
                            .by = std::move(by),
                            .errors = {},
                            .guest = guest == nullptr ? std::nullopt : std::optional(*guest)});
    }

    const std::vector<Assignment>& assignments_;
    const Seen& seen_;
    const Remembered& remembered_;
    std::set<HostDevice> is_with_its_guest_;
    std::set<HostDevice> is_taken_; ///< from a guest, by this decision
    std::set<PortPath> ports_;      ///< that belong to sockets
    std::set<HostDevice> has_no_port_;
    std::map<GuestName, std::set<GuestPort>> promised_;
    std::map<GuestName, std::vector<AddController>> coming_;
    std::vector<Action> takes_;
    std::vector<Action> releases_;
    std::vector<Action> homes_;
    std::vector<Action> hubs_;
    std::vector<Action> claims_;
    std::vector<Action> parks_; ///< once no driver comes back by itself
    std::vector<Action> controllers_;
    std::vector<Action> gives_;
    std::vector<Waiting> waiting_;
};

} // namespace

const Assignment* assignment_of(const std::vector<Assignment>& assignments, const PortPath& place)
{
    const Assignment* nearest = nullptr;
    std::size_t depth = 0;
    for (const auto& assignment : assignments)
        for (const auto& own : assignment.places)
            if (own.contains(place) && (nearest == nullptr || own.ports().size() > depth)) {
                nearest = &assignment;
                depth = own.ports().size();
            }
    return nearest;
}

bool Remembered::has_failed(const HostDevice& device) const
{
    const auto found = failures.find(device);
    return found != failures.end() && found->second >= most_failures;
}

void Remembered::note_failure(const HostDevice& device, const std::string& error)
{
    auto& count = failures[device];
    if (count < most_failures) ++count;
    why[device] = error;
    auto& all = errors[device];
    all.push_back(error);
    if (all.size() > most_failures) all.erase(all.begin());
}

void Remembered::forget_if(const std::function<bool(const HostDevice&)>& is_over)
{
    std::erase_if(failures, [&](const auto& one) { return is_over(one.first); });
    std::erase_if(why, [&](const auto& one) { return is_over(one.first); });
    std::erase_if(errors, [&](const auto& one) { return is_over(one.first); });
    std::erase_if(stay, is_over);
    std::erase_if(lost, is_over);
    std::erase_if(offered, is_over);
}

void Remembered::forget_all_but(const std::vector<SeenDevice>& devices)
{
    forget_if([&](const HostDevice& device) {
        return std::ranges::none_of(devices, [&](const SeenDevice& one) { return one.device == device; });
    });
}

Due due(const std::vector<Assignment>& assignments, const Seen& seen, const Remembered& remembered)
{
    return Decision(assignments, seen, remembered).made();
}

} // namespace usbroute::attach
