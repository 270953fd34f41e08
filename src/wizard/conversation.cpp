// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wizard/conversation.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/screen.hpp"
#include "linux/files.hpp"
#include "linux/locations.hpp"
#include "linux/settings_files.hpp"
#include "linux/signals.hpp"
#include "linux/tree_hints.hpp"
#include "linux/udev_hints.hpp"
#include "observe/scan.hpp"
#include "wizard/having_it_read.hpp"
#include "wizard/told.hpp"
#include "wizard/twin_check.hpp"
#include "wizard/typed_lines.hpp"
#include "wizard/waiting.hpp"

#include <array>
#include <cerrno>
#include <csignal>
#include <optional>

#include <poll.h>
#include <sys/stat.h>
#include <unistd.h>

namespace usbroute::wizard {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

namespace {

/// A hub shows its halves, and what hangs on it, one after the other.
constexpr auto quiet_time = 300ms;
constexpr auto longest_settling = 1500ms;

/// The machine: what it looks like, and what says that it may look different now.
struct Machine {
    linux_::LiveTree tree;
    linux_::TreeHints* folders = nullptr; ///< where no udev speaks
    std::unique_ptr<observe::HintSource> hints;

    [[nodiscard]] topology::Snapshot look() const
    {
        return folders == nullptr ? observe::scan(tree) : observe::scan(linux_::WatchedTree(tree, *folders));
    }
};

Result<Machine> open_machine(const linux_::Locations& where)
{
    Machine machine{.tree = linux_::LiveTree(where.root), .folders = nullptr, .hints = nullptr};
    if (where.recorded) {
        auto hints = std::make_unique<linux_::TreeHints>(where.root);
        machine.folders = hints.get();
        machine.hints = std::move(hints);
        return machine;
    }
    auto hints = linux_::UdevHints::create();
    if (!hints) return std::unexpected(std::move(hints.error()).within("cannot wait for what is plugged in"));
    machine.hints = std::move(*hints);
    return machine;
}

/// Asked before the first socket is named, not after the last.
std::optional<Error> why_it_cannot_be_kept(const linux_::Locations& where)
{
    const auto slash = where.connectors.rfind('/');
    // /etc/usbroute is made here where nothing has made it yet; not what would hold it, which may be a slip.
    if (slash != std::string::npos) (void)::mkdir(where.connectors.substr(0, slash).c_str(), 0755);
    const auto can = linux_::can_replace(where.connectors);
    if (can) return std::nullopt;
    return Error(
               ErrorKind::not_permitted,
               format(
                   "{}; the names are kept there: run it as root, or use --config with a file in a folder of yours",
                   can.error().message()))
        .with_code("not-permitted");
}

Error error_from(const std::vector<config::Problem>& problems)
{
    const auto lines = texts_of(problems);
    return Error(ErrorKind::failed, join(lines, "\n")).with_code("config");
}

class Conversation {
public:
    Conversation(linux_::Locations where, Machine machine, map::Mapping mapping, linux_::UniqueFd signals,
                 Teller teller, const cli::Options& options, bool is_the_daemons)
        : options_(options),
          is_the_daemons_(is_the_daemons),
          where_(std::move(where)),
          machine_(std::move(machine)),
          mapping_(std::move(mapping)),
          signals_(std::move(signals)),
          teller_(teller)
    {}

    Result<void> hold()
    {
        teller_.tell(
            {.kind = map::Line::Kind::note,
             .text =
                 "Plug one device into each socket in turn and type the socket's name, or Enter for the one in brackets.\n`present` asks about what is already plugged in; `help` shows the rest.",
             .fields = {}});
        for (const auto& line : mapping_.summary()) teller_.tell(line);
        // What changed between the first look and the first hint.
        if (auto looked = look(); !looked) return looked;
        while (!done_) {
            teller_.prompt(mapping_);
            if (!wait()) break;
            if (auto heard = hear(); !heard) return heard;
        }
        farewell();
        return {};
    }

private:
    /// False: asked to end.
    bool wait()
    {
        std::array<pollfd, 3> wanted{{{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0},
                                      {.fd = signals_.get(), .events = POLLIN, .revents = 0},
                                      {.fd = machine_.hints->fd(), .events = POLLIN, .revents = 0}}};
        const auto timeout = settling_
                                 ? std::chrono::ceil<std::chrono::milliseconds>(*settling_ - Clock::now())
                             : machine_.hints->fd() < 0 ? blind_pause
                                                        : -1ms;
        const auto until = settling_ ? std::max(timeout, 0ms) : timeout;
        (void)::poll(wanted.data(), wanted.size(), static_cast<int>(until.count()));
        typing_ = (wanted[0].revents & (POLLIN | POLLHUP | POLLERR)) != 0;
        return !linux_::asked_to_end(signals_);
    }

    Result<void> hear()
    {
        const auto now = Clock::now();
        if (machine_.hints->drain().ask_for_a_scan()) {
            if (!first_hint_) first_hint_ = now;
            settling_ = std::min(now + quiet_time, *first_hint_ + longest_settling);
        }
        if (settling_ && now >= *settling_) {
            settling_.reset();
            first_hint_.reset();
            if (auto looked = look(); !looked) return looked;
        }
        if (!typing_) return {};
        if (!lines_.read_some(STDIN_FILENO)) done_ = true;
        while (!done_) {
            const auto line = lines_.next();
            if (!line) break;
            teller_.typed();
            if (auto followed = follow(mapping_.answer(*line)); !followed) return followed;
            if (!done_ && lines_.has_one()) teller_.prompt(mapping_);
        }
        return {};
    }

    Result<void> look() { return follow(mapping_.look(machine_.look())); }

    Result<void> follow(const map::Reaction& reaction)
    {
        if (reaction.save) {
            if (auto kept = linux_::replace_file(where_.connectors, mapping_.connectors_toml()); !kept)
                return std::unexpected(std::move(kept.error()).within("the last name was not saved"));
            kept_ = true;
        }
        teller_.tell(reaction);
        done_ = done_ || reaction.done;
        if (!reaction.check_twin) return {};
        auto check = check_twin(where_, mapping_.settings(), *reaction.check_twin, *machine_.hints);
        mapping_.settle(machine_.look());
        if (check) return follow(mapping_.checked(*check));
        // A refusal or a failure of the check ends the check; a socket that is not back ends everything.
        if (check.error().kind() == ErrorKind::half_way) return std::unexpected(check.error());
        teller_.tell({.kind = map::Line::Kind::refused, .text = check.error().message(), .fields = {}});
        return {};
    }

    void farewell()
    {
        teller_.typed();
        const auto tell = [&](std::string text) {
            teller_.tell({.kind = map::Line::Kind::note, .text = std::move(text), .fields = {}});
        };
        if (!kept_) return tell("nothing was changed");
        for (const auto& line : mapping_.conclusion()) teller_.tell(line);
        tell(format("saved in {}{}", printable(where_.connectors),
                    what_becomes_of_it(options_, is_the_daemons_)));
    }

    const cli::Options& options_;
    bool is_the_daemons_; ///< what is written: a daemon of this machine reads it, too
    linux_::Locations where_;
    Machine machine_;
    map::Mapping mapping_;
    linux_::UniqueFd signals_;
    Teller teller_;
    TypedLines lines_;
    std::optional<Clock::time_point> settling_; ///< when to look
    std::optional<Clock::time_point> first_hint_;
    bool typing_ = false;
    bool done_ = false;
    bool kept_ = false;
};

} // namespace

Result<void> converse(const cli::Options& options)
{
    auto where = linux_::locate({.root = options.root, .config = options.config, .socket = options.socket});
    const bool is_the_daemons = !where.config_was_named && (!where.recorded || where.socket_was_named);
    where.config_was_named = false; // map begins where nothing has been written yet
    auto files = linux_::read_settings_files(where, linux_::Purpose::to_act);
    if (!files) return std::unexpected(std::move(files.error()));
    if (auto wrong = why_it_cannot_be_kept(where)) return std::unexpected(*wrong);
    auto signals = linux_::open_signals({SIGINT, SIGTERM});
    if (!signals) return std::unexpected(std::move(signals.error()));
    auto machine = open_machine(where);
    if (!machine) return std::unexpected(std::move(machine.error()));
    auto mapping = map::Mapping::create(
        {.by_hand = (*files)[0], .by_map = (*files)[1], .by_answer = (*files)[2]}, machine->look());
    if (!mapping) return std::unexpected(error_from(mapping.error()));
    const Teller teller(options, ::isatty(STDIN_FILENO) == 1);
    return Conversation(where, std::move(*machine), std::move(*mapping), std::move(*signals), teller, options,
                        is_the_daemons)
        .hold();
}

} // namespace usbroute::wizard
