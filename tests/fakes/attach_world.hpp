// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "attach/due.hpp"

#include <algorithm>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

namespace usbroute::fakes {

/// Kernel and guests as values: what is done to them happens at once, and shows in the next look. After by-port.md's facts about
/// both: a claimed port leaves what comes into it without a configuration; QEMU takes a device from the host's drivers, gives
/// it back when it lets go in order, and not when it is killed.
class AttachWorld {
public:
    using PortPath = topology::PortPath;

    static PortPath at(const char* path) { return PortPath::parse(path).value(); }

    void plug(const char* path, std::uint8_t hub_ports = 0, bool superspeed = false)
    {
        const auto place = at(path);
        unplug(path);
        attach::SeenDevice device{.device = {.path = place, .number = next_number_++},
                                  .hub_ports = hub_ports,
                                  .has_hub_class = hub_ports > 0,
                                  .is_superspeed = superspeed};
        device.is_configured = !seen.is_claimed(place);
        // Its driver reads how many ports a hub has.
        if (!device.is_configured) ports_[device.device] = std::exchange(device.hub_ports, 0);
        if (device.is_configured) device.with_host = 1;
        seen.devices.push_back(device);
        std::ranges::sort(seen.devices, {}, &attach::SeenDevice::device);
    }
    /// With all that is behind it. Objects stay in their guests as shells.
    void unplug(const char* path)
    {
        const auto place = at(path);
        std::erase_if(seen.devices, [&](const auto& one) { return place.contains(one.device.path); });
        std::erase_if(seen.claimed,
                      [&](const PortPath& port) { return port != place && place.contains(port); });
    }

    void start(const char* name)
    {
        auto& guest = guest_named(name);
        guest.usb = attach::GuestUsb{};
        guest.usb->is_running = true;
        guest.usb->status = "running";
        guest.usb->controllers.push_back({.id = "usbroute0",
                                          .path = "/machine/peripheral/usbroute0",
                                          .bus = "usbroute0.0",
                                          .type = "qemu-xhci",
                                          .usb2_ports = 15,
                                          .superspeed_ports = 15});
    }
    void quit(const char* name) { end(name, true); }
    void kill(const char* name) { end(name, false); }

    /// The daemon: claims end with it.
    void daemon_dies() { seen.claimed.clear(); }

    /// Sleep: the host's drivers take back what is in no claimed port; QEMU notices nothing.
    void sleep()
    {
        for (auto& device : seen.devices) {
            if (device.with_program == 0) continue;
            device.with_program = 0;
            (seen.is_claimed(device.device.path) ? device.with_nobody : device.with_host) = 1;
        }
    }

    void act(const attach::Action& action)
    {
        std::visit([this](const auto& one) { carry_out(one); }, action);
    }

    /// Does what is due until nothing is. False: it goes on for ever.
    bool settle(const std::vector<attach::Assignment>& assignments)
    {
        constexpr int most_rounds = 20;
        for (int round = 0; round < most_rounds; ++round) {
            remembered.forget_all_but(seen.devices);
            know_guest_ports();
            const auto due = attach::due(assignments, seen, remembered);
            waiting = due.waiting;
            if (due.actions.empty()) return true;
            for (const auto& action : due.actions) act(action);
        }
        return false;
    }

    /// Who has each device, "3-1 host, 3-2 windows usbroute0.0/1", and what is claimed.
    [[nodiscard]] std::string shown() const
    {
        std::string text;
        for (const auto& device : seen.devices) {
            if (!text.empty()) text += ", ";
            text += device.device.path.text() + " " + holder_of(device);
        }
        for (const auto& port : seen.claimed) text += " [" + port.text() + "]";
        for (const auto& guest : seen.guests)
            if (guest.usb)
                for (const auto& object : guest.usb->host_objects)
                    if (attach::meant_by(object.id) && !is_of_a_device(object)) text += " ghost " + object.id;
        return text;
    }

    attach::Seen seen;
    attach::Remembered remembered;
    std::vector<attach::Waiting> waiting;    ///< as of the last `settle`
    std::vector<attach::HostDevice> failing; ///< QEMU cannot take these
    int failures = 0;
    bool refuses_controllers = false;
    int controllers_added = 0;

private:
    /// As the daemon does, by what guests have.
    void know_guest_ports()
    {
        for (const auto& guest : seen.guests) {
            if (!guest.usb) continue;
            for (const auto& object : guest.usb->host_objects)
                if (const auto meant = attach::meant_by(object.id))
                    remembered.ports[{guest.name, meant->path}] = {
                        .bus = object.bus, .port = static_cast<std::uint8_t>(std::stoi(object.port))};
        }
    }
    attach::SeenGuest& guest_named(const std::string& name)
    {
        const auto found = std::ranges::find(seen.guests, GuestName(name), &attach::SeenGuest::name);
        if (found != seen.guests.end()) return *found;
        return seen.guests.emplace_back(attach::SeenGuest{.name = GuestName(name), .usb = {}});
    }
    attach::SeenDevice* device_of(const attach::HostDevice& device)
    {
        const auto found = std::ranges::find(seen.devices, device, &attach::SeenDevice::device);
        return found == seen.devices.end() ? nullptr : &*found;
    }
    [[nodiscard]] bool is_of_a_device(const attach::HostObject& object) const
    {
        const auto meant = attach::meant_by(object.id);
        return meant && std::ranges::any_of(seen.devices, [&](const auto& one) {
                   return one.device.path == meant->path &&
                          (!meant->number || *meant->number == one.device.number);
               });
    }
    [[nodiscard]] std::string holder_of(const attach::SeenDevice& device) const
    {
        std::string text;
        for (const auto& [guest, object] : attach::who_has(seen, device.device))
            text += (text.empty() ? "" : "+") + guest->name.text() + " " + object->bus + "/" + object->port;
        if (!text.empty()) return text + (device.with_host > 0 ? " LOST" : "");
        if (!device.is_configured) return "nobody";
        return device.with_nobody > 0 ? "driverless" : "host";
    }
    void end(const char* name, bool in_order)
    {
        auto& guest = guest_named(name);
        if (!guest.usb) return;
        for (const auto& object : guest.usb->host_objects)
            if (const auto meant = attach::meant_by(object.id))
                for (auto& device : seen.devices)
                    if (device.device.path == meant->path && device.with_program > 0)
                        let_go(device, in_order);
        guest.usb.reset();
    }
    void let_go(attach::SeenDevice& device, bool in_order)
    {
        device.with_program = 0;
        const bool is_bound = in_order && !seen.is_claimed(device.device.path);
        (is_bound ? device.with_host : device.with_nobody) = 1;
    }

    void carry_out(const attach::ClaimPort& one)
    {
        seen.claimed.push_back(one.port);
        std::ranges::sort(seen.claimed);
    }
    void carry_out(const attach::ReleasePort& one) { std::erase(seen.claimed, one.port); }
    void carry_out(const attach::WakeHub& one)
    {
        if (auto* hub = device_of(one.hub)) {
            hub->is_configured = true;
            hub->hub_ports = ports_[one.hub];
            hub->with_host = 1;
        }
    }
    void carry_out(const attach::Give& one)
    {
        auto* device = device_of(one.device);
        if (device == nullptr || std::ranges::find(failing, one.device) != failing.end()) {
            ++failures;
            remembered.note_failure(one.device,
                                    "failed to open host usb device, " + std::to_string(failures));
            return;
        }
        device->is_configured = true;
        device->with_host = device->with_nobody = 0;
        device->with_program = 1;
        guest_named(one.guest.text())
            .usb->host_objects.push_back({.id = one.object().text(),
                                          .path = {},
                                          .bus = one.to.bus,
                                          .port = std::to_string(one.to.port),
                                          .host_port = {},
                                          .host_device = "/dev/fdset/1",
                                          .is_attached = true});
    }
    void carry_out(const attach::Take& one)
    {
        auto& usb = *guest_named(one.guest.text()).usb;
        const auto meant = attach::meant_by(one.object.text());
        for (auto& device : seen.devices)
            if (device.device.path == meant->path && device.with_program > 0 &&
                (!meant->number || *meant->number == device.device.number))
                let_go(device, true);
        std::erase_if(usb.host_objects, [&](const auto& object) { return object.id == one.object.text(); });
    }
    void carry_out(const attach::AddController& one)
    {
        if (refuses_controllers) {
            remembered.refused_root_ports.emplace(one.guest, one.root_port);
            return;
        }
        auto& usb = *guest_named(one.guest.text()).usb;
        usb.controllers.push_back(one.as_it_will_be());
        std::erase(usb.free_root_ports, one.root_port);
        ++controllers_added;
    }
    void carry_out(const attach::Park& one)
    {
        auto* device = device_of(one.device);
        if (device == nullptr) return;
        device->with_nobody = device->with_host;
        device->with_host = 0;
    }
    void carry_out(const attach::BringHome& one)
    {
        remembered.offered.insert(one.device);
        auto* device = device_of(one.device);
        if (device == nullptr || seen.is_claimed(device->device.path)) return;
        device->is_configured = true;
        if (device->has_hub_class && device->hub_ports == 0) device->hub_ports = ports_[one.device];
        device->with_nobody = 0;
        device->with_host = 1;
    }

    std::uint8_t next_number_ = 1;
    std::map<attach::HostDevice, std::uint8_t> ports_; ///< of hubs without a configuration
};

} // namespace usbroute::fakes
