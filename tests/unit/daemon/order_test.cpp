// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// Many a hot-plug daemon works when things come in the order in which its author plugged them in.

#include "fakes/boards.hpp"
#include "fakes/daemon_life.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <string>
#include <string_view>
#include <utility>

namespace usbroute::daemon {
namespace {

enum class Arrival : std::uint8_t { device, controller, guest, configuration, request };
constexpr std::array all_arrivals{Arrival::device, Arrival::controller, Arrival::guest,
                                  Arrival::configuration, Arrival::request};

constexpr std::string_view text_of(Arrival arrival)
{
    switch (arrival) {
    case Arrival::device: return "device";
    case Arrival::controller: return "controller";
    case Arrival::guest: return "guest";
    case Arrival::configuration: return "configuration";
    case Arrival::request: return "request";
    }
    return "";
}

/// A daemon that was started before everything else. After each arrival it looks, as hints make it.
class Late {
public:
    Late()
    {
        for (const auto controller : fakes::World::controllers) world_.put_on_the_bus(controller, false);
        EXPECT_TRUE(life_.assembly.lookout.begin());
        look();
    }

    void arrive(Arrival what)
    {
        switch (what) {
        case Arrival::device: world_.plug(2, fakes::Thing::mouse); break;
        case Arrival::controller:
            for (const auto controller : fakes::World::controllers) world_.put_on_the_bus(controller, true);
            break;
        case Arrival::guest:
            world_.drive(fakes::World::controllers[1], "vfio-pci");
            world_.drive(fakes::World::controllers[2], "vfio-pci");
            break;
        case Arrival::configuration: {
            auto wanted = fakes::settings();
            wanted.at_start = ProfileName("desk");
            life_.assembly.machine.adopt(std::move(wanted));
            break;
        }
        case Arrival::request: was_asked_ = true; break;
        }
        look();
    }

    [[nodiscard]] std::uint32_t wires() const { return world_.bits.usb2_owner; }

private:
    /// And again when its timers ring, before the next thing arrives: what was moved meanwhile can put it off. A person who
    /// is told "no" asks again when something has changed.
    void look()
    {
        life_.look();
        life_.loop.advance(std::chrono::minutes(2));
        if (!was_asked_) return;
        person_.say("move front ehci yes=1\n");
        life_.loop.settle();
        if (person_.hear().starts_with("ok")) was_asked_ = false;
    }

    fakes::World world_;
    fakes::LastingGround ground_;
    fakes::DaemonLife life_{world_, ground_, fakes::settings()};
    fakes::ClientEnd person_ = life_.connect(config::default_control_listener(), "somebody");
    bool was_asked_ = false;
};

TEST(Order, OfArrivalDoesNotMatter)
{
    auto order = all_arrivals;
    std::ranges::sort(order);
    int orders = 0;
    do {
        Late late;
        std::string told;
        for (const auto arrival : order) {
            late.arrive(arrival);
            told += std::string(text_of(arrival)) + " ";
        }
        // front by request; keys and rear by the profile of the boot.
        EXPECT_EQ(late.wires(), 0x3fffu & ~(1u << 0) & ~(1u << 2) & ~(1u << 9)) << told;
        ++orders;
    } while (std::ranges::next_permutation(order).found);
    EXPECT_EQ(orders, 120);
}

} // namespace
} // namespace usbroute::daemon
