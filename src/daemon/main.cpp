// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// The parts list: the only place that knows which real things the daemon is made of.

#include "base/format.hpp"
#include "daemon/alarm.hpp"
#include "daemon/assembly.hpp"
#include "daemon/daemon.hpp"
#include "daemon/kept_hubs.hpp"
#include "daemon/leaving_root.hpp"
#include "daemon/listeners.hpp"
#include "daemon/log.hpp"
#include "daemon/options.hpp"
#include "daemon/own_nodes.hpp"
#include "daemon/own_user.hpp"
#include "daemon/reopening.hpp"
#include "linux/event_count.hpp"
#include "linux/files.hpp"
#include "linux/first_move.hpp"
#include "linux/journal_file.hpp"
#include "linux/notify.hpp"
#include "linux/register_files.hpp"
#include "linux/settings_files.hpp"
#include "linux/state_lock.hpp"
#include "linux/tree_hints.hpp"
#include "linux/udev_hints.hpp"
#include "linux/uv_loop.hpp"
#include "observe/scanner.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <memory>
#include <optional>

#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

namespace usbroute::daemon {
namespace {

/// udev for the machine itself. Without it, each request looks for itself.
std::unique_ptr<observe::HintSource> live_hints()
{
    auto hints = linux_::UdevHints::create();
    if (hints) return std::move(*hints);
    log::warning(hints.error().message() + "; changes are noticed only when somebody asks");
    return std::make_unique<NoHints>();
}

/// The machine that the daemon runs on, or a recorded one, which tells of its changes through watches on its directories.
struct RealGround {
    RealGround(const linux_::Locations& where, linux_::RegisterFiles& opened, OwnNodes& own)
        : locations(where),
          registers(opened),
          own_nodes(own),
          tree(where.root),
          tree_hints(where.root),
          watched_tree(tree, tree_hints),
          udev_hints(where.recorded ? nullptr : live_hints()),
          scanner(where.recorded ? static_cast<const observe::KernelTree&>(watched_tree) : tree),
          events(where.root),
          journal(where.state, where.state_of_before),
          first_move(where.lasting)
    {}

    [[nodiscard]] Assembly::Ground ground()
    {
        return {
            .loop = loop,
            .tree = tree,
            .scanner = scanner,
            .hints = locations.recorded ? static_cast<observe::HintSource&>(tree_hints) : *udev_hints,
            .events = events,
            .place = locations.recorded ? ScanPlace::loop : ScanPlace::worker,
            .journal = journal,
            .first_move = first_move,
            .open_registers = [this](const PciAddress& address) { return registers.open(address); },
            .make_alarm = [this](auto ring) { return std::make_unique<LoopAlarm>(loop, std::move(ring)); },
            .locations = locations,
            .lend = own_nodes.lend(),
            .nodes = own_nodes.nodes()};
    }

    const linux_::Locations& locations;
    linux_::RegisterFiles& registers;
    OwnNodes& own_nodes;
    // What is read outlives the loop, whose worker may still be reading when it ends.
    linux_::LiveTree tree;
    linux_::TreeHints tree_hints;
    linux_::WatchedTree watched_tree;
    std::unique_ptr<observe::HintSource> udev_hints; ///< null: a recorded machine
    observe::TreeScanner scanner;
    linux_::KernelEventCount events;
    linux_::UvLoop loop;
    linux_::JournalFile journal;
    linux_::FirstMove first_move;
};

/// Where a direct command is at work, the journal is opened when it has ended.
void begin(linux_::JournalFile& journal)
{
    constexpr std::chrono::milliseconds patience_at_start{2000};
    if (const auto healed = journal.lock(patience_at_start); !healed) log::warning(healed.error().message());
    if (!journal.remark().empty()) log::warning(journal.remark());
    if (const auto why = journal.why_not_written())
        log::warning(*why + "; until then, undo and trials are forgotten when this usbrouted ends");
}

int failed(const Error& why)
{
    log::error(why.message());
    return EXIT_FAILURE;
}

int serve(const linux_::Locations& locations, config::Settings settings, const OwnUser& own,
          FromTheManager opened)
{
    const auto ours_alone = linux_::lock_state(locations.state);
    if (!ours_alone) return failed(ours_alone.error());
    linux_::RegisterFiles registers(locations.root);
    OwnNodes nodes(locations, settings);
    linux_::ServiceManager manager;
    auto hubs = keep_hubs(locations, settings, manager, std::move(opened.hubs));
    if (const auto left = leave_root(own, locations, settings, registers, opened.sockets, nodes); !left)
        return failed(left.error());

    RealGround real(locations, registers, nodes);
    begin(real.journal);
    auto ground = real.ground();
    ground.hubs = std::move(hubs);
    Assembly assembly(std::move(ground), std::move(settings));
    Listeners listeners({.loop = real.loop,
                         .lookout = assembly.lookout,
                         .claims = assembly.claims,
                         .desk = assembly.service,
                         .clients = assembly.clients,
                         .entrances = assembly.entrances,
                         .guests = assembly.guests},
                        std::move(opened.sockets));
    Reopening reopening(
        real.loop, locations.state,
        [&](const PciAddress& address, linux_::UniqueFd fd) {
            return registers.adopt(address, std::move(fd));
        },
        [&] { assembly.lookout.doubt_everything(); });
    if (const auto begun = reopening.begin(); !begun)
        log::warning(begun.error().message() + "; if the controller leaves the bus, only a restart helps");
    Daemon daemon({.loop = real.loop,
                   .locations = locations,
                   .machine = assembly.machine,
                   .lookout = assembly.lookout,
                   .listeners = listeners,
                   .nodes = nodes,
                   .manager = manager,
                   .service = assembly.service});
    const auto ran = daemon.run();
    return ran ? EXIT_SUCCESS : failed(ran.error());
}

int run(int argc, char** argv)
{
    const auto options = read_options(argc, argv);
    if (!options) {
        std::fputs(format("usbrouted: {}\nTry: usbrouted --help\n", options.error()).c_str(), stderr);
        return EX_USAGE;
    }
    if (options->job == Job::show_help)
        return std::fputs(help_text().data(), stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    if (options->job == Job::show_version)
        return std::puts("usbrouted " USBROUTE_VERSION) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;

    auto opened = opened_by_the_service_manager();
    ::umask(022);
    std::signal(SIGPIPE, SIG_IGN); // the reader of our log may end before us
    log::open(options->verbose ? log::Detail::debug : log::Detail::usual);
    const auto locations = linux_::locate(options->locations);
    const auto own =
        choose_user({.started_as = ::geteuid(), .wanted = options->user, .recorded = locations.recorded},
                    linux_::account_named);
    if (!own) {
        std::fputs(format("usbrouted: {}\n", own.error()).c_str(), stderr);
        return EX_NOUSER;
    }
    const auto own_user = own->becomes ? std::optional(own->becomes->user) : std::nullopt;
    auto settings = linux_::load_settings(locations, linux_::Purpose::to_serve, own_user);
    if (!settings) {
        std::fputs(
            format("{}\nusbrouted: the configuration is wrong, see above\n", settings.error().message())
                .c_str(),
            stderr);
        return EX_CONFIG;
    }
    return serve(locations, std::move(*settings), *own, std::move(opened));
}

} // namespace
} // namespace usbroute::daemon

int main(int argc, char** argv)
{
    try {
        return usbroute::daemon::run(argc, argv);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "usbrouted: %s\n", error.what());
    } catch (...) {
        std::fputs("usbrouted: an unknown exception\n", stderr);
    }
    return EXIT_FAILURE;
}
