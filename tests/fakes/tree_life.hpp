// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/trial.hpp"
#include "base/check.hpp"
#include "daemon/answers.hpp"
#include "daemon/machine.hpp"
#include "fakes/at_once.hpp"
#include "fakes/daemon_room.hpp"
#include "fakes/edited_tree.hpp"
#include "linux/locations.hpp"
#include "linux/settings_files.hpp"
#include "observe/census.hpp"
#include "observe/scan.hpp"
#include "report/json.hpp"
#include "report/views.hpp"
#include "report/why.hpp"
#include "route/mux.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usbroute::fakes {

/// A recorded machine with its configuration, kept for all lives that are played on it.
struct RecordedTree {
    explicit RecordedTree(const std::string& name)
        : where(linux_::locate({.root = machine_root(name), .config = {}, .socket = {}})), tree(where.root)
    {
        auto loaded = linux_::load_settings(where, linux_::Purpose::to_look);
        USBROUTE_CHECK(loaded.has_value());
        settings = std::move(*loaded);
        (void)observe::scan(tree);
        (void)observe::look_at_host_use(tree);
        paths = tree.asked();
    }

    linux_::Locations where;
    KeptTree tree;
    config::Settings settings;
    std::vector<std::string> paths;
};

/// The registers of whichever xHCI the tree shows, with their hand on invariant 1.
class CheckedRegisters final : public apply::RouteRegisters {
public:
    CheckedRegisters(const EditedTree& tree, std::string address, chips::RouteBits& bits)
        : tree_(tree), address_(std::move(address)), bits_(bits)
    {}
    Result<chips::RouteBits> read() override
    {
        if (!tree_.is_on_the_bus(address_))
            return std::unexpected(Error(ErrorKind::failed, "no such device", ENODEV));
        return bits_;
    }
    Result<void> write(chips::RouteRegister target, std::uint32_t value) override
    {
        if (!tree_.is_on_the_bus(address_))
            return std::unexpected(Error(ErrorKind::failed, "no such device", ENODEV));
        const bool is_usb2 = target == chips::RouteRegister::usb2_owner;
        auto& word = is_usb2 ? bits_.usb2_owner : bits_.superspeed_on;
        const auto movable = is_usb2 ? bits_.usb2_movable : bits_.superspeed_movable;
        USBROUTE_CHECK(((word ^ value) & ~movable) == 0);
        word = value;
        return {};
    }

private:
    const EditedTree& tree_;
    std::string address_;
    chips::RouteBits& bits_;
};

/// One daemon's machine on a tree that changes between its looks, played from a text in which each letter is an event:
///
///     v d p     usbip, dummy_hcd, a platform xHCI come (capital: go): controllers without an address
///     x e f     the xHCI, EHCI #1, EHCI #2 leave the bus (capital: come)
///     g h j     vfio-pci gets the xHCI, EHCI #1, EHCI #2 (capital: the host's driver)
///     l a       a look at everything; a look at what was edited
///     m N C     move: connector N, to C: host, ehci, xhci, windows (both bytes counted round)
///     t u s n   toggle, undo, restore, return of the guest
///     y r       a move that is a trial, the end of the trial
///     i w q c   the registers are read, the census compared, everything reported, recovery
///     k         the daemon is killed and started again
///     ~ H L E T.. .   the path of number H*256+L holds T, or gives error E; ends with a newline
class TreeLife {
public:
    explicit TreeLife(const RecordedTree& recorded) : recorded_(recorded), tree_(recorded.tree)
    {
        const auto first = observe::scan(recorded.tree);
        if (const auto mux = route::find_mux(first); mux && mux->bits != nullptr) bits_ = *mux->bits;
        start();
    }

    void play(std::string_view script)
    {
        constexpr int most_events = 200;
        script_ = script;
        for (int count = 0; count < most_events && !script_.empty(); ++count) step(next());
        look();
        report();
    }

private:
    void start()
    {
        machine_.reset();
        journal_ = std::make_unique<linux_::JournalFile>(state_.path());
        machine_ = std::make_unique<daemon::Machine>(
            tree_, *journal_,
            [this](const PciAddress& address) -> Result<std::unique_ptr<apply::RouteRegisters>> {
                if (!tree_.is_on_the_bus(address.text()))
                    return std::unexpected(Error(ErrorKind::failed, "no such device", ENODEV));
                return std::make_unique<CheckedRegisters>(tree_, address.text(), bits_);
            });
        machine_->adopt(recorded_.settings);
    }

    char next()
    {
        if (script_.empty()) return 0;
        const char c = script_.front();
        script_.remove_prefix(1);
        return c;
    }
    std::size_t number() { return static_cast<unsigned char>(next()); }

    void step(char event)
    {
        constexpr std::array<std::pair<char, const char*>, 3> controllers{
            {{'v', "vhci_hcd.0"}, {'d', "dummy_hcd.0"}, {'p', "xhci-hcd.1.auto"}}};
        constexpr std::array<const char*, 3> functions{"0000:00:14.0", "0000:00:1d.0", "0000:00:1a.0"};
        for (std::size_t i = 0; i < controllers.size(); ++i) {
            const auto& [letter, name] = controllers[i];
            if (event == letter) tree_.add_controller(name, 40 + static_cast<int>(i));
            if (event == letter - 'a' + 'A') tree_.remove_controller(name);
        }
        if (const auto at = std::string_view("xef").find(event); at != std::string_view::npos)
            tree_.take_off_the_bus(functions[at]);
        if (const auto at = std::string_view("XEF").find(event); at != std::string_view::npos)
            tree_.put_on_the_bus(functions[at]);
        if (const auto at = std::string_view("ghj").find(event); at != std::string_view::npos)
            drive(functions[at], "vfio-pci");
        if (const auto at = std::string_view("GHJ").find(event); at != std::string_view::npos)
            drive(functions[at], at == 0 ? "xhci_hcd" : "ehci-pci");
        if (event == '~') edit();
        act(event);
    }

    void act(char event)
    {
        switch (event) {
        case 'l': look(); break;
        case 'a':
            machine_->take(observe::rescan(tree_, *machine_->snapshot(), std::exchange(hints_, {})));
            break;
        case 'm': ask({.wish = any_move()}); break;
        case 'y': ask({.wish = any_move(), .revert_after = std::chrono::seconds(30)}); break;
        case 't': ask({.wish = plan::ToggleRequest{}}); break;
        case 'u': ask({.wish = plan::UndoRequest{}}); break;
        case 's': ask({.wish = plan::RestoreRequest{}}); break;
        case 'n': ask({.wish = plan::ReturnRequest{GuestName("windows")}}); break;
        case 'r':
            if (machine_->trial()) ask({.wish = plan::RevertRequest{machine_->trial()->way}, .yes = true});
            break;
        case 'i': (void)machine_->read_registers(); break;
        case 'w': (void)observe::still_holds(tree_, *machine_->snapshot()); break;
        case 'q': report(); break;
        case 'c': (void)machine_->recover(); break;
        case 'k':
            start();
            look();
            (void)machine_->recover();
            break;
        default: break;
        }
    }

    void look()
    {
        hints_.clear();
        machine_->take(observe::scan(tree_));
        USBROUTE_CHECK(observe::still_holds(tree_, *machine_->snapshot()));
    }

    void drive(const std::string& function, const std::string& driver)
    {
        const auto path = "sys/bus/pci/devices/" + function + "/driver";
        tree_.edit(path, 0, "../../../../bus/pci/drivers/" + driver);
        hints_.push_back(path);
    }

    void edit()
    {
        constexpr std::array errors{0, 0, 0, ENOENT, EACCES, EIO, ENODEV, EINVAL, EMFILE};
        const auto high = number();
        const auto& path = recorded_.paths[(high * 256 + number()) % recorded_.paths.size()];
        const auto error = errors[number() % errors.size()];
        const auto end = std::min(script_.find('\n'), script_.size());
        tree_.edit(path, error, std::string(script_.substr(0, end)));
        script_.remove_prefix(std::min(end + 1, script_.size()));
        hints_.push_back(path);
    }

    plan::MoveRequest any_move()
    {
        constexpr std::array targets{"host", "ehci", "xhci", "windows"};
        const auto which = number();
        const auto to = config::target_from(targets[number() % targets.size()]);
        const auto& connectors = recorded_.settings.connectors;
        return {.connectors = {connectors.empty() ? ConnectorName("bit0")
                                                  : connectors[which % connectors.size()].spec.name},
                .to = to};
    }

    void ask(const plan::Request& request)
    {
        apply::Signature signature{.who = "play", .trial = {}};
        if (request.is_trial())
            signature.trial =
                apply::TrialTerms{.boot = "boot", .deadline = {}, .lasts = *request.revert_after};
        (void)carry_out(*machine_, request, signature);
    }

    void report()
    {
        const auto snapshot = machine_->snapshot();
        const auto use = machine_->host_use();
        (void)report::to_json(report::status_view(*snapshot, recorded_.settings, use));
        (void)report::to_json(report::registers_view(*snapshot, recorded_.settings));
        (void)daemon::status_answer(*snapshot, recorded_.settings);
        (void)daemon::registers_answer(*snapshot);
        for (const auto& connector : recorded_.settings.connectors)
            (void)report::why_view(connector.spec.name, {.snapshot = *snapshot,
                                                         .settings = recorded_.settings,
                                                         .use = use,
                                                         .past = {},
                                                         .decide = [&](const plan::Request& asked) {
                                                             return machine_->decide(asked);
                                                         }});
    }

    const RecordedTree& recorded_;
    EditedTree tree_;
    chips::RouteBits bits_;
    StateDirectory state_;
    std::unique_ptr<linux_::JournalFile> journal_;
    std::unique_ptr<daemon::Machine> machine_;
    std::vector<std::string> hints_;
    std::string_view script_;
};

} // namespace usbroute::fakes
