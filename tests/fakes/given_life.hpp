// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/check.hpp"
#include "base/format.hpp"
#include "config/parse.hpp"
#include "fakes/daemon_life.hpp"
#include "fakes/fake_libvirt.hpp"
#include "fakes/fake_qemu.hpp"
#include "fakes/fake_registers.hpp"
#include "fakes/fake_usb_nodes.hpp"
#include "fakes/nodes_tree.hpp"
#include "observe/scanner.hpp"

#include <algorithm>
#include <array>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usbroute::fakes {

/// A board without a mux, with guests and the daemon: its own assembly, on a usbfs, a sysfs and QEMUs in memory. All of them can
/// come and go, in any order; the clock is turned by hand, and nothing happens but in `step` and `settle`.
///
/// Sockets `left`, 3-1, and `right`, 3-2; guests `windows` and `linux`, whose devices are the host's while they are off.
class GivenLife {
public:
    static topology::PortPath at(std::string_view place) { return topology::PortPath::parse(place).value(); }

    /// `by_libvirt`: which of the guests libvirt runs. `more`: further keys of guests, by their names.
    explicit GivenLife(std::set<std::string> by_libvirt = {}, std::map<std::string, std::string> more = {})
        : further_keys(std::move(more)), by_libvirt_(std::move(by_libvirt))
    {
        nodes.add_bus(3, 4);
        nodes.told = [this](FakeUsbNodes::Told what, const topology::PortPath& where) {
            if (daemon) daemon->hints.ring(observe::hint_at(where), what == FakeUsbNodes::Told::plug);
        };
        std::filesystem::create_directories(monitors());
        std::filesystem::create_directories(ground.libvirt());
        if (!by_libvirt_.empty()) begin_libvirt();
    }
    ~GivenLife() { nodes.told = {}; }
    GivenLife(const GivenLife&) = delete;
    GivenLife& operator=(const GivenLife&) = delete;

    void plug(std::string_view place, std::string ids = "46d/c31c/100")
    {
        nodes.plug(at(place), driver, std::move(ids));
    }
    void unplug(std::string_view place) { nodes.unplug(at(place)); }

    void guest_starts(const std::string& name)
    {
        auto& guest = guests_[name];
        guest.has.clear();
        if (by_libvirt_.contains(name)) return static_cast<void>(libvirt->starts(name));
        guest.qemu.reset(); // its socket's file goes before the next one makes it
        guest.qemu = std::make_unique<FakeQemu>(monitors() + "/" + name);
        guest.qemu->monitor.listen_as_another_process();
        guest.qemu->is_running = true;
        guest.qemu->add_controller("usbroute0", 15);
        guest.qemu->opens = [this, &guest](const std::string& id, int file) {
            const auto device = FakeUsbNodes::device_of(file);
            if (fails_to_open > 0 && fails_to_open--) return false;
            if (!device || !nodes.take_by_program(*device)) return false;
            guest.has.emplace(id, *device);
            return true;
        };
        guest.qemu->closes = [this, &guest](const std::string& id) {
            if (const auto had = guest.has.extract(id)) nodes.let_go_by_program(had.mapped(), true);
        };
    }
    void guest_quits(const std::string& name) { guest_ends(name, true); }
    void guest_is_killed(const std::string& name) { guest_ends(name, false); }
    [[nodiscard]] FakeQemu& qemu(const std::string& name) { return *guests_.at(name).qemu; }
    [[nodiscard]] bool is_on(const std::string& name) const
    {
        if (by_libvirt_.contains(name)) {
            const auto domain = libvirt->domains.find(name);
            return domain != libvirt->domains.end() && domain->second.state == "running";
        }
        const auto guest = guests_.find(name);
        return guest != guests_.end() && guest->second.qemu != nullptr;
    }

    void daemon_starts()
    {
        daemon = std::make_unique<DaemonLife>(
            DaemonLife::Below{.tree = tree_,
                              .see =
                                  [this](const auto& before, const auto& hints) {
                                      looks_at_everything += hints.everything ? 1 : 0;
                                      return observe::TreeScanner(tree_).look(before, hints);
                                  },
                              .registers = registers_,
                              .nodes = &nodes},
            ground, settings(), daemon::ScanPlace::worker);
        daemon->hints.hang_up_a_bell();
        daemon->assembly.guests.adopt();
        USBROUTE_CHECK(daemon->assembly.lookout.begin().has_value());
        person_.emplace(daemon->connect(config::default_control_listener(), "control (uid 1000, pid 7)"));
        listener_.emplace(daemon->connect(config::default_control_listener(), "listener (uid 1000, pid 8)"));
        listener_->say("subscribe\n");
    }
    /// What it had begun is left as it is; its files are closed.
    void daemon_is_killed()
    {
        person_.reset();
        listener_.reset();
        daemon.reset();
    }

    /// Nobody waits for the answer, which is in `said` when it has come.
    void ask(std::string_view line) { person_->say(std::string(line) + "\n"); }
    void move(std::string_view socket, std::string_view to) { ask(format("move {} {}", socket, to)); }
    /// The host sleeps, and wakes up.
    void sleep()
    {
        nodes.sleep();
        ground.alarm.slept += std::chrono::hours(1);
        if (daemon) daemon->assembly.lookout.doubt_everything(); // as when the clock was set
    }

    /// One thing that is to be done at this time, by one of them. False: there was none.
    bool step()
    {
        if (ground.loop.turn()) return true;
        for (auto& [name, guest] : guests_)
            if (guest.qemu && guest.qemu->serve()) return true;
        if (libvirt && libvirt->serve()) return true;
        if (ground.loop.errands() == 0) return false;
        ground.loop.run_errand();
        return true;
    }
    /// Until nothing is to be done any more at this time.
    void settle_now()
    {
        int steps = 0;
        while (step()) USBROUTE_CHECK(++steps < FakeLoop::most_turns);
        if (person_) said += person_->hear();
        if (listener_) heard += listener_->hear();
    }
    /// From one timer to the next, for so long: longer than a guest has to be there for its monitor to be worth hurrying for.
    void settle(std::chrono::milliseconds by = std::chrono::seconds(6))
    {
        const auto end = ground.loop.now() + by;
        settle_now();
        for (auto next = ground.loop.until_next_ring(); next && ground.loop.now() + *next <= end;
             next = ground.loop.until_next_ring()) {
            ground.loop.advance(*next);
            settle_now();
        }
        ground.loop.advance(end - ground.loop.now());
        settle_now();
    }

    /// "3-1 windows, 3-2 host [3-1]": who has each device, and what is claimed. What should never be shows as well: an object whose
    /// device is gone, a device that two have or that nobody knows who has.
    [[nodiscard]] std::string shown() const
    {
        std::string text;
        for (const auto& [path, device] : nodes.devices)
            if (!path.is_root_hub())
                text += (text.empty() ? "" : ", ") + path.text() + " " + holder_of(path, device);
        for (const auto& [path, device] : nodes.devices)
            for (const auto& [port, node] : device.claims) text += " [" + path.child(port).text() + "]";
        for (const auto& [name, guest] : guests_) {
            if (!guest.qemu) continue;
            for (const auto& id : guest.qemu->host_objects())
                if (!has_device(guest, id)) text += " ghost " + id;
        }
        for (const auto& name : by_libvirt_)
            for (const auto& [alias, device] : libvirt->domains[name].devices) {
                const auto guest = guests_.find(name);
                if (guest == guests_.end() || !has_device(guest->second, alias)) text += " ghost " + alias;
            }
        return text;
    }

    /// The configuration is read again.
    void daemon_reads_its_configuration()
    {
        daemon->assembly.machine.adopt(settings());
        daemon->assembly.guests.adopt();
    }

    std::map<std::string, std::string> further_keys; ///< of guests, in the configuration
    std::map<std::string, std::string> domains_of;   ///< which domain is a guest's, where it has another name

    static constexpr const char* driver = "ftdi_sio"; ///< the host's, for what is plugged in

    /// The host boots: the journal is gone, and so are guests; what is plugged in stays so.
    void boot()
    {
        daemon_is_killed();
        for (const auto* name : {"windows", "linux"}) guest_quits(name);
        std::filesystem::remove(ground.state.path() + "/journal");
        const auto choices = ground.lasting() + "/choices";
        std::string text;
        std::getline(std::ifstream(choices), text, '\0');
        if (const auto at = text.find("boot "); at != std::string::npos) text.insert(at + 5, "before-");
        if (!text.empty()) std::ofstream(choices) << text;
        daemon_starts();
    }

    /// The configuration is another from now on, as after a reload.
    void configure(std::string more)
    {
        more_configuration = std::move(more);
        if (daemon) daemon->assembly.machine.adopt(settings());
        if (daemon) daemon->assembly.lookout.doubt_everything();
    }

    std::string more_configuration; ///< beside the sockets and guests
    bool has_sockets = true;        ///< in its configuration
    LastingGround ground;
    FakeUsbNodes nodes;
    int looks_at_everything = 0; ///< of the host
    int fails_to_open = 0;       ///< so many of the next objects get no device
    std::unique_ptr<DaemonLife> daemon;
    std::unique_ptr<FakeLibvirt> libvirt; ///< null: it runs no guest
    std::string said;                     ///< answers to what was asked
    std::string heard;                    ///< events

private:
    struct Guest {
        std::unique_ptr<FakeQemu> qemu;
        std::map<std::string, attach::HostDevice> has; ///< by object
    };

    [[nodiscard]] std::string monitors() const { return ground.state.path() + "/monitors"; }
    [[nodiscard]] std::string domain_of(const std::string& guest) const
    {
        const auto found = domains_of.find(guest);
        return found == domains_of.end() ? guest : found->second;
    }
    [[nodiscard]] std::string keys_of(const std::string& guest) const
    {
        const auto found = further_keys.find(guest);
        return found == further_keys.end() ? std::string() : found->second;
    }
    [[nodiscard]] config::Settings settings() const
    {
        std::string text = !has_sockets ? "" : R"(
[connector.left]
usb = ["0000:02:00.0/1"]
[connector.right]
usb = ["0000:02:00.0/2"]
)";
        for (const auto* name : {"windows", "linux"})
            text += by_libvirt_.contains(name)
                        ? format("[guest.{}]\nlibvirt = \"{}\"\n{}\n", name, domain_of(name), keys_of(name))
                        : format("[guest.{}]\nqmp = \"{}/{}\"\n{}\n", name, monitors(), name, keys_of(name));
        text += more_configuration;
        const std::array files{config::SourceText{.name = "test.toml", .text = std::move(text)}};
        auto parsed = config::parse(files);
        USBROUTE_CHECK(parsed.has_value());
        return std::move(*parsed);
    }

    void begin_libvirt()
    {
        libvirt = std::make_unique<FakeLibvirt>(ground.libvirt() + "/socket");
        libvirt->opens = [this](const std::string& domain, const std::string& alias,
                                const FakeLibvirt::Device& device) {
            if (fails_to_open > 0 && fails_to_open--) return false;
            const auto found = std::ranges::find_if(nodes.devices, [&](const auto& one) {
                return one.first.bus() == device.bus && one.second.number == device.number;
            });
            if (found == nodes.devices.end()) return false;
            const attach::HostDevice meant{.path = found->first, .number = found->second.number};
            if (!nodes.take_by_program(meant)) return false;
            guests_[domain].has.emplace(alias, meant);
            return true;
        };
        libvirt->closes = [this](const std::string& domain, const std::string& alias) {
            if (const auto had = guests_[domain].has.extract(alias))
                nodes.let_go_by_program(had.mapped(), !is_killed_);
        };
        for (const auto& name : by_libvirt_) libvirt->domains[name]; // defined, and off
    }

    void guest_ends(const std::string& name, bool in_order)
    {
        if (by_libvirt_.contains(name)) {
            if (!is_on(name)) return;
            is_killed_ = !in_order;
            libvirt->ends(name);
            is_killed_ = false;
            return;
        }
        auto& guest = guests_[name];
        if (!guest.qemu) return;
        if (in_order && guest.qemu->monitor.is_connected())
            guest.qemu->monitor.say_if_heard("{\"event\": \"SHUTDOWN\", \"data\": {\"guest\": true}}\r\n");
        for (const auto& [id, device] : std::exchange(guest.has, {}))
            nodes.let_go_by_program(device, in_order);
        guest.qemu.reset();
    }

    [[nodiscard]] bool has_device(const Guest& guest, const std::string& id) const
    {
        const auto has = guest.has.find(id);
        if (has == guest.has.end()) return false;
        const auto device = nodes.devices.find(has->second.path);
        return device != nodes.devices.end() && device->second.number == has->second.number;
    }
    [[nodiscard]] std::string holder_of(const topology::PortPath& path,
                                        const FakeUsbNodes::Device& device) const
    {
        std::string holders;
        for (const auto& [name, guest] : guests_)
            for (const auto& [id, has] : guest.has)
                if (has == attach::HostDevice{.path = path, .number = device.number})
                    holders += (holders.empty() ? "" : "+") + name;
        if (device.driver == "usbfs") return holders.empty() ? "somebody" : holders;
        if (!holders.empty()) return holders + " LOST";
        if (!device.is_configured) return "nobody";
        return device.driver.empty() ? "nobody" : "host";
    }

    std::set<std::string> by_libvirt_;
    bool is_killed_ = false; ///< the domain that ends
    NodesTree tree_{nodes};
    FakeRegisters registers_{chips::RouteBits{}};
    std::map<std::string, Guest> guests_;
    std::optional<ClientEnd> person_;
    std::optional<ClientEnd> listener_;
};

} // namespace usbroute::fakes
