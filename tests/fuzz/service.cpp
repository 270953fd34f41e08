// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// The whole service above a board that behaves and fails: what people ask for, what they plug in, what the kernel,
// firmware and other programs do, faults at any write, death at any write. After each step the invariants hold.

#include "apply/recovery.hpp"
#include "base/check.hpp"
#include "base/format.hpp"
#include "base/text.hpp"
#include "config/parse.hpp"
#include "daemon/assembly.hpp"
#include "daemon/dialogue.hpp"
#include "fakes/bitwise_change.hpp"
#include "fakes/boards.hpp"
#include "fakes/daemon_life.hpp"
#include "fakes/world.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include <fuzzer/FuzzedDataProvider.h>

namespace usbroute::daemon {
namespace {

using chips::RouteRegister;
using fakes::Thing;
using fakes::World;

constexpr std::uint8_t sockets = 14;

/// What a line asks for, and which guards it lifts.
struct Wish {
    std::string line;
    std::uint32_t named = 0; ///< bits of the sockets that it names; 0: whatever a profile says
    std::string to;
    bool yes = false;
    bool may_take_keyboard = false;
    bool by_guest = false; ///< over the guest's line
};

/// What the daemon knows since its last look.
struct Seen {
    chips::RouteBits bits;
    std::vector<std::uint8_t> disks; ///< sockets with a disk that the host saw
    bool is_all = false;             ///< nothing has been plugged, driven or removed since
};

class Play {
public:
    explicit Play(FuzzedDataProvider& provider) : provider_(provider) { be_born(); }

    void step()
    {
        const auto what = provider_.ConsumeIntegralInRange<int>(0, 14);
        if (what <= 3) seen_.is_all = false;
        switch (what) {
        case 0:
            world_.plug(any_socket(),
                        static_cast<Thing>(provider_.ConsumeIntegralInRange<int>(0, fakes::things - 1)));
            break;
        case 1: world_.unplug(any_socket()); break;
        case 2: {
            constexpr std::array<std::string_view, 3> drivers{"vfio-pci", "", "host"};
            const auto which = provider_.ConsumeIntegralInRange<std::size_t>(0, 2);
            const auto driver = provider_.PickValueInArray(drivers);
            world_.drive(World::controllers[which], driver != "host" ? std::string(driver)
                                                    : which == 0     ? "xhci_hcd"
                                                                     : "ehci-pci");
            break;
        }
        case 3:
            world_.put_on_the_bus(provider_.PickValueInArray(World::controllers), provider_.ConsumeBool());
            break;
        case 4: world_.bits.usb2_owner = provider_.ConsumeIntegral<std::uint16_t>() & 0x3fff; break;
        case 5: world_.bits.usb2_owner = 0x3fff; break; // as at a resume
        case 6: set_faults(); break;
        case 7:
            world_.writes_until_kill = provider_.ConsumeIntegralInRange<int>(0, 4);
            world_.is_kill_before_the_write = provider_.ConsumeBool();
            break;
        case 8: be_born(); break;
        case 9: provider_.ConsumeBool() ? world_.mount_disk_of(any_socket()) : world_.unmount_all(); break;
        case 10: look(); break;
        case 11: pass_time(); break;
        default: ask(any_wish()); break;
        }
        check_trial();
    }

private:
    static config::ListenerSettings guests_line()
    {
        return {.name = ListenerName("windows"),
                .guest = GuestName("windows"),
                .allow = {config::Verb::move, config::Verb::apply, config::Verb::toggle, config::Verb::undo,
                          config::Verb::confirm, config::Verb::answer, config::Verb::status}};
    }

    std::uint8_t any_socket() { return provider_.ConsumeIntegralInRange<std::uint8_t>(0, sockets - 1); }

    void set_faults()
    {
        constexpr std::array errors{1, 5, 13, 19};
        world_.writes_until_fault = provider_.ConsumeIntegralInRange<int>(0, 3);
        world_.is_fault_lasting = provider_.ConsumeBool();
        world_.write_errno = provider_.PickValueInArray(errors);
        world_.stuck = provider_.ConsumeBool() ? provider_.ConsumeIntegral<std::uint16_t>() & 0x3fff : 0;
        world_.read_errno = provider_.ConsumeIntegralInRange<int>(0, 7) == 0 ? 5 : 0;
    }

    Wish any_wish()
    {
        constexpr std::array<std::string_view, 4> words{"host", "ehci", "xhci", "windows"};
        constexpr std::array<std::string_view, 3> profiles{"all-host", "on-ehci", "desk"};
        Wish wish;
        wish.by_guest = provider_.ConsumeIntegralInRange<int>(0, 3) == 0;
        switch (provider_.ConsumeIntegralInRange<int>(0, 6)) {
        case 0: wish.line = "toggle"; break;
        case 6: wish.line = "confirm"; return wish;
        case 1: wish.line = format("apply {}", provider_.PickValueInArray(profiles)); break;
        case 2: wish.line = "undo"; break;
        case 3: wish.line = provider_.ConsumeRandomLengthString(60); return wish;
        default: {
            wish.line = "move";
            const auto count = provider_.ConsumeIntegralInRange<int>(1, 3);
            for (int i = 0; i < count; ++i) {
                const auto bit = any_socket();
                wish.named |= 1U << bit;
                wish.line += format(" bit{}", bit);
            }
            wish.to = provider_.PickValueInArray(words);
            wish.line += " " + wish.to;
        }
        }
        wish.yes = provider_.ConsumeIntegralInRange<int>(0, 3) == 0;
        if (wish.yes) wish.line += " yes=1";
        const bool is_trial = provider_.ConsumeIntegralInRange<int>(0, 3) == 0;
        if (is_trial) wish.line += format(" revert-after={}s", provider_.ConsumeIntegralInRange<int>(1, 90));
        // A guest's line can lift no guard, and a trial over it lets no keyboard go.
        wish.may_take_keyboard = !wish.by_guest && (wish.yes || is_trial);
        return wish;
    }

    [[nodiscard]] Assembly& daemon() { return life_->assembly; }

    /// A daemon begins on what it finds. Whatever the one before was killed in comes to an end.
    void be_born()
    {
        life_.reset();
        life_.emplace(world_, ground_, fakes::settings());
        const auto open = life_->journal.history().open;
        const auto before = world_.bits;
        take();
        if (!survives([&] { (void)daemon().machine.recover(); })) return be_born();
        if (open && !world_.had_fault && world_.is_on_the_bus(World::controllers[0])) {
            // Invariant 8: a state that can be named, and nothing but the change itself was touched.
            // Where something had to go back, a disk, a keyboard or a controller may be in the way: then it stays open.
            const auto wires = fakes::usb2(*open);
            const auto halves = fakes::superspeed(*open);
            const bool had_wires = ((before.usb2_owner ^ wires.before) & wires.mask) != 0 ||
                                   ((before.superspeed_on ^ halves.before) & halves.mask) != 0;
            const auto standing = apply::standing_of(*open, world_.bits);
            if (!had_wires || !life_->journal.history().open) {
                USBROUTE_CHECK(!life_->journal.history().open);
                USBROUTE_CHECK(standing != apply::Standing::in_between);
            }
            USBROUTE_CHECK(((world_.bits.usb2_owner ^ before.usb2_owner) & ~wires.mask) == 0);
            USBROUTE_CHECK(((world_.bits.superspeed_on ^ before.superspeed_on) & ~halves.mask) == 0);
        }
        look(); // the first one: a trial goes on
    }

    /// A trial may end. What its way back brings home is not kept away by what cannot go with it.
    void pass_time()
    {
        auto& alarm = ground_.alarm;
        alarm.time += std::chrono::seconds(provider_.ConsumeIntegralInRange<int>(0, 100));
        if (!alarm.is_due()) return;
        look(); // as the daemon does before a move
        take(); // and after what the restorer moved
        if (!alarm.is_due() || !daemon().machine.trial()) return;
        const auto way = daemon().machine.trial()->way;
        const auto before = world_.bits;
        const auto disks = world_.mounted();
        world_.written.clear();
        world_.had_fault = false;
        if (!survives([&] { alarm.ring_if_due(); })) return be_born();
        if (world_.had_fault) return;
        check_order();
        const auto changed = before.usb2_owner ^ world_.bits.usb2_owner;
        USBROUTE_CHECK((changed & ~fakes::usb2(way).mask) == 0);
        for (const auto bit : disks) USBROUTE_CHECK((changed >> bit & 1U) == 0);
        // Over, or to be tried again.
        USBROUTE_CHECK(!daemon().machine.trial() || alarm.at.has_value());
    }

    /// False: the process was killed in it.
    template <class Act> bool survives(Act act)
    {
        try {
            act();
            return true;
        } catch (const fakes::Killed&) {
            world_.writes_until_kill = 0;
            return false;
        }
    }

    void take()
    {
        see();
        daemon().machine.take(world_.snapshot());
    }

    void see() { seen_ = {.bits = world_.bits, .disks = world_.disks_of_the_host(), .is_all = true}; }

    /// A look, and all that the daemon does after one without being asked.
    void look()
    {
        const bool is_the_guests = world_.driver_of(World::controllers[0]) == "vfio-pci";
        const auto disks = world_.mounted();
        const auto keyboards = world_.keyboards_of_the_host();
        const auto before = world_.bits.usb2_owner;
        world_.written.clear();
        world_.had_fault = false;
        const std::chrono::seconds later(provider_.ConsumeIntegralInRange<int>(0, 40));
        see();
        const bool is_alive = survives([&] {
            ground_.loop.advance(later);
            life_->look();
        });
        if (!is_alive) return be_born();
        // Invariant 9.
        if (is_the_guests) USBROUTE_CHECK(world_.written.empty());
        // Invariant 5: nobody asks at this moment, and no profile here lets the last keyboard go.
        if (!world_.had_fault && !keyboards.empty()) USBROUTE_CHECK(!world_.keyboards_of_the_host().empty());
        if (!world_.had_fault)
            for (const auto bit : disks) USBROUTE_CHECK(((before ^ world_.bits.usb2_owner) >> bit & 1U) == 0);
    }

    /// The trial under way is kept twice: by the journal for the next daemon, in memory for the next command.
    void check_trial()
    {
        const auto& here = daemon().machine.trial();
        const auto there = life_->journal.history().trial;
        USBROUTE_CHECK(here.has_value() == there.has_value());
        if (!here) return;
        USBROUTE_CHECK(here->terms == there->terms);
        USBROUTE_CHECK(here->way.shifts == there->way.shifts);
        USBROUTE_CHECK(here->is_ending == there->is_ending && here->was_ending == there->was_ending);
    }

    void ask(const Wish& wish)
    {
        if (provider_.ConsumeBool()) look(); // or what is known is stale
        const auto before = world_.bits;
        const auto keyboards = world_.keyboards_of_the_host();
        const auto disks = world_.mounted();
        world_.written.clear();
        world_.had_fault = false;
        std::string output;
        const bool is_alive = survives([&] {
            Entrance entrance{.settings = wish.by_guest ? guests_line() : config::default_control_listener()};
            Dialogue dialogue(entrance, daemon().service, wish.by_guest ? "windows" : "somebody");
            (void)dialogue.take(wish.line + "\n", std::chrono::milliseconds(0));
            output.swap(dialogue.output());
        });
        if (!is_alive) return be_born();
        if (world_.had_fault) {
            check_after_a_fault(before, output);
        } else {
            check_order();
            check_guards(wish, before, keyboards, disks);
            check_answer(wish, before, output);
        }
        // Only now are the wires brought back that somebody else had moved before.
        if (!survives([&] { daemon().service.after_answer(); })) be_born();
    }

    /// Invariant 4: as before, or said to be half-way.
    void check_after_a_fault(const chips::RouteBits& before, std::string_view output)
    {
        const auto answer = wire::read_answer(trim(output));
        if (answer.status == wire::Status::ok || answer.code == "half-way") return;
        if (world_.read_errno != 0 || daemon().machine.is_astray()) return; // then nobody can know
        USBROUTE_CHECK(world_.bits.usb2_owner == before.usb2_owner || !world_.written.empty());
    }

    /// Invariant 3: SuperSpeed before the wires.
    void check_order() const
    {
        const auto wires = std::ranges::find(world_.written, RouteRegister::usb2_owner);
        USBROUTE_CHECK(std::find(wires, world_.written.end(), RouteRegister::superspeed_on) ==
                       world_.written.end());
    }

    void check_guards(const Wish& wish, const chips::RouteBits& before,
                      const std::vector<std::uint8_t>& keyboards,
                      const std::vector<std::uint8_t>& disks) const
    {
        const auto changed = before.usb2_owner ^ world_.bits.usb2_owner;
        // What was plugged in, or was drawn to the host by a move, since the last look is something that nobody knows
        // of; the daemon itself looks before it answers when the kernel has told of a change.
        const bool is_known = seen_.is_all && seen_.bits == before;
        // Invariant 5.
        if (is_known && !keyboards.empty() && !wish.may_take_keyboard && changed != 0)
            USBROUTE_CHECK(!world_.keyboards_of_the_host().empty());
        // Invariant 6.
        for (const auto bit : disks) {
            const bool is_where_it_was = ((seen_.bits.usb2_owner ^ before.usb2_owner) >> bit & 1U) == 0;
            const bool is_seen = std::ranges::find(seen_.disks, bit) != seen_.disks.end() && is_where_it_was;
            USBROUTE_CHECK((changed >> bit & 1U) == 0 || !is_seen);
        }
        // Invariant 2.
        for (std::uint8_t bit = 0; bit < sockets; ++bit) {
            if ((changed >> bit & 1U) == 0 || (world_.bits.usb2_owner >> bit & 1U) != 0) continue;
            const bool is_anybody_there =
                world_.is_on_the_bus(World::controllers[1]) || world_.is_on_the_bus(World::controllers[2]);
            USBROUTE_CHECK(is_anybody_there || !is_known);
        }
    }

    void check_answer(const Wish& wish, const chips::RouteBits& before, std::string_view output) const
    {
        if (wish.named == 0) return;
        const auto answer = wire::read_answer(trim(output));
        const auto changed = before.usb2_owner ^ world_.bits.usb2_owner;
        USBROUTE_CHECK((changed & ~wish.named) == 0);
        if (answer.status != wire::Status::ok) {
            USBROUTE_CHECK(changed == 0);
            return;
        }
        if (wish.to == "ehci") USBROUTE_CHECK((world_.bits.usb2_owner & wish.named) == 0);
        if (wish.to == "xhci") USBROUTE_CHECK((world_.bits.usb2_owner & wish.named) == wish.named);
    }

    FuzzedDataProvider& provider_;
    World world_;
    fakes::LastingGround ground_;
    Seen seen_;
    std::optional<fakes::DaemonLife> life_;
};

} // namespace
} // namespace usbroute::daemon

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size)
{
    constexpr int most_steps = 200;
    FuzzedDataProvider provider(bytes, size);
    usbroute::daemon::Play play(provider);
    for (int count = 0; count < most_steps && provider.remaining_bytes() > 0; ++count) play.step();
    return 0;
}
