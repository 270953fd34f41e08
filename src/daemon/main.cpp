// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

// The parts list: the only place that knows which real things the daemon is made of.

#include "base/format.hpp"
#include "daemon/alarm.hpp"
#include "daemon/announce.hpp"
#include "daemon/answers.hpp"
#include "daemon/claim_line.hpp"
#include "daemon/clients.hpp"
#include "daemon/daemon.hpp"
#include "daemon/first_routes.hpp"
#include "daemon/for_guest.hpp"
#include "daemon/guests.hpp"
#include "daemon/line_views.hpp"
#include "daemon/listeners.hpp"
#include "daemon/log.hpp"
#include "daemon/lookout.hpp"
#include "daemon/machine.hpp"
#include "daemon/options.hpp"
#include "daemon/own_user.hpp"
#include "daemon/recovery.hpp"
#include "daemon/register_news.hpp"
#include "daemon/reopening.hpp"
#include "daemon/restorer.hpp"
#include "daemon/service.hpp"
#include "daemon/trials.hpp"
#include "daemon/verdicts.hpp"
#include "linux/clock_steps.hpp"
#include "linux/event_count.hpp"
#include "linux/files.hpp"
#include "linux/first_move.hpp"
#include "linux/journal_file.hpp"
#include "linux/listen.hpp"
#include "linux/notify.hpp"
#include "linux/register_files.hpp"
#include "linux/settings_files.hpp"
#include "linux/state_lock.hpp"
#include "linux/tree_hints.hpp"
#include "linux/udev_hints.hpp"
#include "linux/uv_loop.hpp"

#include <chrono>
#include <csignal>
#include <cstdio>
#include <exception>
#include <optional>

#include <sys/stat.h>
#include <sysexits.h>
#include <unistd.h>

namespace usbroute::daemon {
namespace {

constexpr std::chrono::milliseconds patience_at_start{2000};
/// After another process was found at work on the sockets.
constexpr std::chrono::milliseconds until_the_lock_may_be_free{250};

/// udev for the machine itself. Without it, each request looks for itself.
std::unique_ptr<observe::HintSource> live_hints()
{
    auto hints = linux_::UdevHints::create();
    if (hints) return std::move(*hints);
    log::warning(hints.error().message() + "; changes are noticed only when somebody asks");
    return std::make_unique<NoHints>();
}

/// What needs root is opened, and root is left behind; all that comes later does without.
Result<void> leave_root(const OwnUser& own, const linux_::Locations& locations,
                        const config::Settings& settings, linux_::RegisterFiles& registers,
                        std::list<OpenedBefore>& sockets)
{
    const auto listeners = listeners_here(settings.listeners, locations);
    if (own.becomes) {
        registers.keep(linux_::LiveTree(locations.root));
        sockets = open_before(listeners, std::move(sockets), own.becomes->user);
    }
    const auto warnings = become(own, locations, listeners);
    if (!warnings) return std::unexpected(warnings.error());
    for (const auto& warning : *warnings) log::warning(warning);
    if (!own.warning.empty()) log::warning(own.warning);
    // What a name service loads at its first question, it cannot load later.
    static_cast<void>(linux_::group_number("root"));
    if (const auto filter = registers.confine(linux_::LiveTree(locations.root)); !filter)
        log::warning(filter.error().message() + "; going on without");
    else if (*filter == linux_::Filter::not_built)
        log::debug("built without libseccomp: system calls are not filtered");
    if (own.becomes) log::info(format("serving as user {}, without capabilities", own.becomes->name));
    return {};
}

int serve(const linux_::Locations& locations, config::Settings settings, const OwnUser& own,
          std::list<OpenedBefore> sockets)
{
    const auto ours_alone = linux_::lock_state(locations.state);
    if (!ours_alone) {
        log::error(ours_alone.error().message());
        return EXIT_FAILURE;
    }
    linux_::RegisterFiles register_files(locations.root);
    if (const auto left = leave_root(own, locations, settings, register_files, sockets); !left) {
        log::error(left.error().message());
        return EXIT_FAILURE;
    }
    // The trees outlive the loop, whose worker may still be reading when it ends.
    const linux_::LiveTree tree(locations.root);
    linux_::TreeHints tree_hints(locations.root);
    const linux_::WatchedTree watched_tree(tree, tree_hints);
    const auto udev_hints = locations.recorded ? nullptr : live_hints();
    const linux_::KernelEventCount events(locations.root);
    linux_::UvLoop loop;
    linux_::ServiceManager manager;

    linux_::JournalFile journal(locations.state, locations.state_of_before);
    // Where a direct command is at work, the journal is opened when it has ended.
    if (const auto healed = journal.lock(patience_at_start); !healed) log::warning(healed.error().message());
    if (!journal.remark().empty()) log::warning(journal.remark());
    if (const auto why = journal.why_not_written())
        log::warning(*why + "; until then, undo and trials are forgotten when this usbrouted ends");
    linux_::FirstMove first_move(locations.lasting);
    Machine machine(tree, journal, [&](const PciAddress& address) { return register_files.open(address); });
    machine.adopt(std::move(settings));

    Clients clients;
    clients.show_guests([&](const GuestName& guest, const wire::Event& event) {
        return for_guest(plan::sight_of(guest, machine.settings(), *machine.snapshot()), event);
    });
    Entrances entrances;
    machine.ask_for_lines([&] { return lines_in_use(entrances, loop.now()); });
    Verdicts verdicts(loop, machine, [&](const auto& judgements) { announce(judgements, clients); });
    Lookout* lookout_here = nullptr; // it looks on behalf of those that were made before it
    auto look_later = loop.timer([&] { lookout_here->doubt_everything(); });
    Restorer restorer(
        machine,
        [&](const Done& done) {
            announce(done, answer_for(done), "on_drift", clients);
            verdicts.begin(done.plan, machine.snapshot());
        },
        [&](std::chrono::milliseconds after) { look_later.start(after); });
    FirstRoutes first_routes(
        machine,
        [&](const Done& done) {
            announce(done, answer_for(done), "at_start", clients);
            verdicts.begin(done.plan, machine.snapshot());
        },
        [&](std::chrono::milliseconds after) { look_later.start(after); });
    Guests* guests_here = nullptr; // they look for themselves, and what a look finds is their business too
    std::function<void()> ring;
    LoopAlarm alarm(loop, [&ring] { ring(); });
    Trials trials({.machine = machine, .journal = journal, .alarm = alarm, .first_move = first_move},
                  {.reverted =
                       [&](const Done& done) {
                           announce(done, answer_for(done), "the end of a trial", clients);
                           verdicts.begin(done.plan, machine.snapshot());
                           guests_here->bring_home_again();
                       },
                   .event = [&](const wire::Event& event) { clients.tell(event); }});
    Recovery recovery(machine);
    RegisterNews register_news(machine, [&] { return recovery.look_again(); }, [&] { trials.resume(); });
    bool is_first = true;
    const auto found = [&](const Findings& findings) {
        register_news.look_again();
        if (!std::exchange(is_first, false)) announce(findings, machine, clients);
        if (register_news.can_read()) {
            recovery.look_again();
            restorer.look_again({.now = loop.now(), .asleep = linux_::time_asleep()});
            first_routes.look_again(loop.now());
        }
        verdicts.look_again();
        trials.look_again();
        guests_here->look_again();
    };
    Lookout lookout(
        {.loop = loop,
         .machine = machine,
         .tree = locations.recorded ? static_cast<const observe::KernelTree&>(watched_tree) : tree,
         .hints = locations.recorded ? static_cast<observe::HintSource&>(tree_hints) : *udev_hints,
         .events = events,
         .place = locations.recorded ? ScanPlace::loop : ScanPlace::worker},
        found);
    // A trial's end moves sockets like anybody else.
    WhenFresh end_of_trial(lookout, [&] { trials.ring(); });
    ring = [&] { end_of_trial.run(); };
    auto lock_may_be_free = loop.timer([&lookout] { lookout.doubt_everything(); });
    machine.when_locked_out([&lock_may_be_free] {
        if (!lock_may_be_free.is_running()) lock_may_be_free.start(until_the_lock_may_be_free);
    });
    lookout_here = &lookout;
    Guests guests({.loop = loop,
                   .machine = machine,
                   .lookout = lookout,
                   .locations = locations,
                   .tell = {.moved =
                                [&](const Done& done, const std::string& who, auto before) {
                                    announce(done, answer_for(done), who, clients);
                                    verdicts.begin(done.plan, std::move(before));
                                },
                            .changed = [&](const GuestName& guest,
                                           std::string_view what) { announce(guest, what, clients); }}});
    guests_here = &guests;
    ClaimLine claims(loop, machine, locations.claims, [&] {
        if (register_news.can_read()) {
            recovery.look_again();
            restorer.look_again({.now = loop.now(), .asleep = linux_::time_asleep()});
            first_routes.look_again(loop.now());
        }
        guests.look_again();
        trials.ring();
    });
    if (!locations.claims.empty()) machine.ask_claims_by([&] { claims.ask(); });
    Service service({.loop = loop,
                     .machine = machine,
                     .lookout = lookout,
                     .verdicts = verdicts,
                     .restorer = restorer,
                     .trials = trials,
                     .audience = clients,
                     .entrances = entrances,
                     .guests = guests});
    Listeners listeners({.loop = loop,
                         .lookout = lookout,
                         .claims = claims,
                         .desk = service,
                         .clients = clients,
                         .entrances = entrances,
                         .guests = guests},
                        std::move(sockets));

    Reopening reopening(
        loop, locations.state,
        [&](const PciAddress& address, linux_::UniqueFd fd) {
            return register_files.adopt(address, std::move(fd));
        },
        [&] { lookout.doubt_everything(); });
    if (const auto begun = reopening.begin(); !begun)
        log::warning(begun.error().message() + "; if the controller leaves the bus, only a restart helps");

    Daemon daemon({.loop = loop,
                   .locations = locations,
                   .machine = machine,
                   .lookout = lookout,
                   .listeners = listeners,
                   .manager = manager});
    if (const auto ran = daemon.run(); !ran) {
        log::error(ran.error().message());
        return EXIT_FAILURE;
    }
    return EXIT_SUCCESS;
}

int run(int argc, char** argv)
{
    const auto options = read_options(argc, argv);
    if (!options) {
        std::fputs(format("usbrouted: {}\nTry: usbrouted --help\n", options.error()).c_str(), stderr);
        return EX_USAGE;
    }
    if (options->wish == Wish::show_help)
        return std::fputs(help_text().data(), stdout) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;
    if (options->wish == Wish::show_version)
        return std::puts("usbrouted " USBROUTE_VERSION) < 0 ? EXIT_FAILURE : EXIT_SUCCESS;

    auto sockets = opened_by_the_service_manager();
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
    auto settings = linux_::load_settings(locations, linux_::Reading::to_serve, own_user);
    if (!settings) {
        std::fputs(
            format("{}\nusbrouted: the configuration is wrong, see above\n", settings.error().message())
                .c_str(),
            stderr);
        return EX_CONFIG;
    }
    return serve(locations, std::move(*settings), *own, std::move(sockets));
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
