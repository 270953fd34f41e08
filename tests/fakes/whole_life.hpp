// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/check.hpp"
#include "base/format.hpp"
#include "fakes/daemon_life.hpp"
#include "fakes/edited_tree.hpp"
#include "fakes/fake_qemu.hpp"
#include "fakes/tree_life.hpp"
#include "linux/listen.hpp"
#include "wire/binding.hpp"

#include <array>
#include <cerrno>
#include <chrono>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <sys/socket.h>

namespace usbroute::fakes {

/// usbroute-bind's place, in the test's own loop: each line is answered by what `answer` makes of it. What was asked is answered also
/// where whoever has asked is gone, as root's own process would.
class AnsweringBinder {
public:
    using Answer = std::function<std::string(const std::string& line)>;

    AnsweringBinder(linux_::Loop& loop, const std::string& path, Answer answer)
        : loop_(loop), answer_(std::move(answer)), door_(*linux_::listen_unix(path, std::nullopt))
    {
        watch_ = *loop_.watch(door_.fd(), [this](linux_::Ready) {
            heard_ = {};
            client_ = std::move(**linux_::accept_client(door_.fd()));
            heard_ = *loop_.watch(client_.get(), [this](linux_::Ready) { read(); });
            heard_.want(linux_::Ready::readable);
        });
        watch_.want(linux_::Ready::readable);
    }

private:
    void read()
    {
        heard_.pause();
        std::array<char, 64> bytes{};
        const auto got = ::recv(client_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT);
        const std::string_view text(bytes.data(), got > 0 ? static_cast<std::size_t>(got) : 0);
        if (!text.ends_with('\n')) return;
        const auto answer = answer_(std::string(text.substr(0, text.size() - 1))) + "\n";
        static_cast<void>(::send(client_.get(), answer.data(), answer.size(), MSG_NOSIGNAL));
        ::shutdown(client_.get(), SHUT_RDWR);
    }

    linux_::Loop& loop_;
    Answer answer_;
    linux_::ListeningSocket door_;
    linux_::UniqueFd client_;
    linux_::FdWatch watch_;
    linux_::FdWatch heard_;
};

/// The board with a mux and two cards, of which the second goes whole to the guest windows: the daemon's own assembly on the recorded
/// machine, with a QEMU and a usbroute-bind in memory. The profile `three` is of the mux and of the card.
///
/// The daemon and the guest can end at any step; the clock is turned by hand, and nothing happens but in `step` and `settle`.
class WholeLife {
public:
    static constexpr const char* card = "0000:04:00.0";
    static constexpr const char* mux = "0000:00:14.0";

    /// `recorded`: of z97-two-cards, kept for all lives.
    explicit WholeLife(const RecordedTree& recorded) : recorded_(recorded), tree(recorded.tree)
    {
        const auto first = observe::scan(recorded.tree);
        bits = *route::find_mux(first)->bits;
        tree.add_directory("sys/bus/pci/drivers/vfio-pci");
        tree.take_off_the_bus("0000:03:00.0/usb5"); // the other card's disk is of no interest here
        tree.take_off_the_bus("0000:03:00.0/usb6");
        bind("xhci_hcd", "");
        std::filesystem::create_directories(monitors());
        ground.bind = ground.state.path() + "/bind";
        binder_begins();
        guest_starts();
        daemon_starts();
        settle();
    }

    void guest_starts()
    {
        qemu.reset(); // its socket's file goes before the next one makes it
        qemu = std::make_unique<FakeQemu>(monitors() + "/windows");
        qemu->monitor.listen_as_another_process();
        qemu->is_running = true;
        qemu->add_controller("usbroute0", 15);
        for (const auto* port : {"rp1", "rp2"}) qemu->add_root_port(port);
    }
    void guest_is_killed() { qemu.reset(); }

    void daemon_starts()
    {
        daemon = std::make_unique<DaemonLife>(
            DaemonLife::Below{.tree = tree,
                              .see = [this](const auto&, const auto&) { return observe::scan(tree); },
                              .registers = registers_},
            ground, settings(), daemon::ScanPlace::worker);
        daemon->hints.hang_up_a_bell();
        daemon->assembly.guests.adopt();
        USBROUTE_CHECK(daemon->assembly.lookout.begin().has_value());
        person_.emplace(daemon->connect(config::default_control_listener(), "control (uid 1000, pid 7)"));
    }
    /// What it had begun is left as it is; its files are closed.
    void daemon_is_killed()
    {
        person_.reset();
        daemon.reset();
    }

    void binder_begins()
    {
        binder_.emplace(ground.loop, ground.bind, [this](const auto& line) { return bound(line); });
    }
    /// With what it was asked and has not done yet.
    void binder_ends() { binder_.reset(); }

    /// The answer is in `said` when it has come.
    void ask(std::string_view line) { person_->say(std::string(line) + "\n"); }

    /// One thing that is to be done at this time, by one of them. False: there was none.
    bool step()
    {
        if (ground.loop.turn()) return true;
        if (qemu && qemu->serve()) return true;
        if (ground.loop.errands() == 0) return somebody_binds_it_back();
        ground.loop.run_errand();
        return true;
    }
    void settle_now()
    {
        int steps = 0;
        while (step()) USBROUTE_CHECK(++steps < FakeLoop::most_turns);
        if (person_) said += person_->hear();
        // The kernel frees a function only of a QEMU that has let go of it; one that has it has it on vfio-pci.
        USBROUTE_CHECK(!qemu || !qemu->has_function(card) || driver == "vfio-pci");
    }
    /// From one timer to the next, for so long.
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

    /// "wires xhci, card xhci_hcd, said host": where the wires of rear-2 are, who has the card, whom its sockets are for.
    [[nodiscard]] std::string shown() const
    {
        const auto snapshot = daemon->assembly.machine.snapshot();
        const auto board = plan::look_at_board(*snapshot, daemon->assembly.machine.settings());
        const auto of = [&](const char* name) {
            return std::string(topology::text_of(board.find(ConnectorName(name))->at.value()));
        };
        return format("wires {}, card {}{}{}, for {}{}", of("rear-2"), driver.empty() ? "none" : driver,
                      forced.empty() ? "" : "!", qemu && qemu->has_function(card) ? " in windows" : "",
                      of("slot-1"), of("slot-2") == of("slot-1") ? "" : " and " + of("slot-2"));
    }

    const RecordedTree& recorded_;
    EditedTree tree;
    LastingGround ground;
    chips::RouteBits bits;
    std::string driver; ///< of the card
    std::string forced;
    std::string asked;       ///< of usbroute-bind, a line each
    bool is_rebound = false; ///< it is bound back to the host's driver before usbroute-bind has answered
    bool is_bound_away =
        false; ///< somebody else binds it to vfio-pci whenever the host has it, a moment later
    std::unique_ptr<FakeQemu> qemu;
    std::unique_ptr<DaemonLife> daemon;
    std::string said;

private:
    [[nodiscard]] std::string monitors() const { return ground.state.path() + "/monitors"; }
    [[nodiscard]] config::Settings settings() const
    {
        auto settings = recorded_.settings;
        settings.guests.front().qmp = monitors() + "/windows";
        config::ProfileSettings three{.name = ProfileName("three"), .entries = {}, .origin = {}};
        for (const char* name : {"rear-2", "slot-1", "slot-2"})
            three.entries.push_back({.connector = ConnectorName(name), .target = GuestName("windows")});
        settings.profiles.push_back(std::move(three));
        return settings;
    }

    bool somebody_binds_it_back()
    {
        if (!is_bound_away || driver != "xhci_hcd") return false;
        bind("vfio-pci", "vfio-pci");
        return true;
    }
    void bind(const std::string& to, const std::string& by)
    {
        driver = to;
        forced = by;
        const auto directory = format("sys/bus/pci/devices/{}", card);
        tree.edit(directory + "/driver", driver.empty() ? ENOENT : 0,
                  "../../../../bus/pci/drivers/" + driver);
        tree.edit(directory + "/driver_override", 0, (forced.empty() ? "(null)" : forced) + "\n");
        for (const auto* bus : {"/usb7", "/usb8"})
            driver == "xhci_hcd" ? tree.put_on_the_bus(std::string(card) + bus)
                                 : tree.take_off_the_bus(std::string(card) + bus);
        if (!daemon) return;
        daemon->hints.has_changed = true;
        daemon->hints.ring(directory, false);
    }
    std::string bound(const std::string& line)
    {
        asked += line + "\n";
        const auto question = wire::read_bind_question(line);
        USBROUTE_CHECK(question && question->function.text() == card);
        const bool is_given = question->what == wire::BindQuestion::What::give;
        if (!is_given && qemu && qemu->has_function(card)) return "no refused guest-running it has it open";
        bind(is_given ? "vfio-pci" : "xhci_hcd", is_given ? "vfio-pci" : "");
        if (is_rebound) bind("xhci_hcd", "");
        return "ok";
    }

    CheckedRegisters registers_{tree, mux, bits};
    std::optional<AnsweringBinder> binder_;
    std::optional<ClientEnd> person_;
};

} // namespace usbroute::fakes
