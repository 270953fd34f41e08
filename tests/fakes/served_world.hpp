// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/check.hpp"
#include "config/parse.hpp"
#include "fakes/boards.hpp"
#include "fakes/daemon_life.hpp"

#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace usbroute::fakes {

/// A daemon that has taken its first look at a board, and somebody at its control socket. Looks are errands: the test says
/// when one is over. The host's keyboard is in `keys`, a mouse in `rear`.
struct ServedWorld {
    static constexpr std::uint8_t front = 0;
    static constexpr std::uint8_t keys = 2;
    static constexpr std::uint8_t rear = 9;

    ServedWorld()
    {
        world.plug(keys, Thing::keyboard);
        world.plug(rear, Thing::mouse);
    }

    void start()
    {
        life.reset();
        life.emplace(world, ground, settings, daemon::ScanPlace::worker);
        USBROUTE_CHECK(life->assembly.lookout.begin().has_value());
        ground.loop.run_errand();
        person.emplace(life->connect(config::default_control_listener(), "control (uid 1000, pid 7)"));
    }
    /// Both EHCIs are the guest's.
    void give_ehcis_to_windows()
    {
        world.drive(World::controllers[1], "vfio-pci");
        world.drive(World::controllers[2], "vfio-pci");
    }
    /// A line of the guest, with these rights.
    [[nodiscard]] static config::ListenerSettings line_of(const char* guest)
    {
        return {.name = ListenerName(guest), .guest = GuestName(guest), .allow = config::all_verbs()};
    }
    [[nodiscard]] ClientEnd connect_guest(const char* guest)
    {
        return life->connect(line_of(guest), std::string(guest) + " (uid 0, pid 9)");
    }
    /// What has come by the time nothing happens any more; nobody waits for a look.
    std::string ask(ClientEnd& client, std::string_view line)
    {
        client.say(std::string(line) + "\n");
        ground.loop.settle();
        return client.hear();
    }
    std::string ask(std::string_view line) { return ask(*person, line); }
    /// The kernel has told of something. Whoever asks now waits for a look.
    void something_has_happened() { life->hints.has_changed = true; }
    [[nodiscard]] std::uint32_t wires() const { return world.bits.usb2_owner; }

    World world;
    LastingGround ground;
    config::Settings settings = fakes::settings();
    std::optional<DaemonLife> life;
    std::optional<ClientEnd> person;
};

} // namespace usbroute::fakes
