// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/lookout.hpp"

#include "daemon/log.hpp"
#include "linux/descriptors.hpp"

#include <algorithm>
#include <memory>

namespace usbroute::daemon {

using namespace std::chrono_literals;
using observe::Hints;
using topology::Snapshot;

namespace {

constexpr auto quiet_time = 50ms;
constexpr auto longest_settling = 500ms;
/// A device that is torn down can hold its lock for seconds. Then a client is told, and may ask again.
constexpr auto longest_look = 5000ms;
/// What one thing that is plugged in brings comes within it: its interfaces, its disks.
constexpr auto until_the_rest = 2000ms;

/// A look has two open at a time. Without them everything would seem to have left the machine.
constexpr std::size_t descriptors_for_a_look = 8;
constexpr auto until_there_are_descriptors = 1000ms;

std::optional<Snapshot> look_again(const observe::Scanner& scanner, const Snapshot& before,
                                   const Hints& hints)
{
    if (!linux_::can_open(descriptors_for_a_look)) return std::nullopt;
    return scanner.look(before, hints);
}

} // namespace

Lookout::Lookout(Parts parts, Found found)
    : parts_(parts),
      found_(std::move(found)),
      quiet_(parts.loop.timer([this] { look(); })),
      soon_(parts.loop.timer([this] {
          // What has been known before stays alive, whatever the scan finds.
          const auto before = parts_.machine.snapshot();
          finish(look_again(parts_.scanner, *before, followed_));
      })),
      deadline_(parts.loop.timer([this] { give_up(); })),
      rest_(parts.loop.timer([this] { look_for_the_rest(); }))
{}

Result<void> Lookout::begin()
{
    if (const int fd = parts_.hints.fd(); fd >= 0) {
        auto watch = parts_.loop.watch(fd, [this](linux_::Ready) { listen(); });
        if (!watch) return std::unexpected(std::move(watch.error()).within("cannot wait for changes"));
        watch_ = std::move(*watch);
        watch_.want(linux_::Ready::readable);
    }
    pending_.everything = true;
    look();
    return {};
}

void Lookout::gather()
{
    auto hints = parts_.hints.drain();
    heard_.add(hints.numbers);
    pending_.everything = pending_.everything || hints.everything;
    pending_.registers = pending_.registers || hints.registers;
    pending_.plugs = pending_.plugs || hints.plugs;
    if (pending_.paths.empty())
        pending_.paths = std::move(hints.paths);
    else
        std::ranges::move(hints.paths, std::back_inserter(pending_.paths));
}

bool Lookout::is_fresh()
{
    gather();
    if (looking_ || pending_.ask_for_a_scan()) return false;
    if (still_holds()) return true;
    log::debug("something has come or gone that no hint announced");
    pending_.everything = true;
    return false;
}

/// Nearly always one read of a number. It rises with whatever happens to any device, a battery's charge too; then the
/// kernel's lists tell.
bool Lookout::still_holds()
{
    if (parts_.hints.hears_everything()) return true;
    const auto count = parts_.events.now();
    if (count && count == counted_) return true;
    if (!parts_.scanner.still_holds(*parts_.machine.snapshot())) return false;
    counted_ = count;
    return true;
}

void Lookout::wait(Waiter& waiter)
{
    // A hint that is still pending came after the look under way began; without one that look is good enough.
    if (looking_ && !deadline_.is_running() && parts_.place == ScanPlace::worker)
        deadline_.start(longest_look);
    if (looking_ && !pending_.ask_for_a_scan()) {
        served_.push_back(&waiter);
        return;
    }
    waiting_.push_back(&waiter);
    pending_.everything = pending_.everything || pending_.paths.empty();
    look();
}

void Lookout::forget(const Waiter& waiter)
{
    std::erase(waiting_, &waiter);
    std::erase(served_, &waiter);
    for (auto*& told : telling_)
        if (told == &waiter) told = nullptr;
}

void Lookout::doubt_everything()
{
    pending_.everything = true;
    settle();
}

void Lookout::doubt(std::span<const topology::PortPath> places)
{
    if (places.empty()) return;
    for (const auto& place : places) pending_.paths.push_back(observe::hint_at(place));
    settle();
}

void Lookout::listen()
{
    gather();
    if (pending_.ask_for_a_scan()) return settle();
    // Nothing to scan: somebody has written a configuration space.
    if (!std::exchange(pending_.registers, false) || looking_) return;
    // What is found is acted upon, so the rest of what is known has to hold as well; the look reads the registers, too.
    if (!still_holds()) {
        pending_.everything = true;
        return look();
    }
    Findings findings;
    findings.before = parts_.machine.snapshot();
    findings.drift = parts_.machine.read_registers();
    if (findings.drift) found_(findings);
}

void Lookout::settle()
{
    const auto now = parts_.loop.now();
    if (pending_.plugs && parts_.is_urgent()) return look();
    if (!first_hint_) first_hint_ = now;
    const auto latest = *first_hint_ + longest_settling;
    quiet_.start(std::clamp(latest - now, 0ms, std::chrono::milliseconds(quiet_time)));
}

void Lookout::look()
{
    if (looking_) return; // its end begins the next
    looking_ = true;
    quiet_.stop();
    first_hint_.reset();
    std::ranges::move(waiting_, std::back_inserter(served_));
    waiting_.clear();
    followed_ = std::exchange(pending_, {});
    counting_ = shown_by_a_look();
    // In the next turn, so that nobody is called back from within their own call.
    if (parts_.place == ScanPlace::loop) return soon_.start(0ms);

    deadline_.start(longest_look);
    auto fresh = std::make_shared<std::optional<Snapshot>>();
    const auto work = [scanner = &parts_.scanner, before = parts_.machine.snapshot(), hints = followed_,
                       fresh] { *fresh = look_again(*scanner, *before, hints); };
    parts_.loop.errand(work, [this, fresh] { finish(std::move(*fresh)); });
}

void Lookout::finish(std::optional<Snapshot> fresh)
{
    looking_ = false;
    deadline_.stop();
    if (!fresh) return look_later();
    is_starved_ = false;
    if (!is_enough(*fresh)) {
        pending_.everything = true;
        waiting_.insert(waiting_.begin(), served_.begin(), served_.end());
        served_.clear();
        return look();
    }
    expect_the_rest();
    found_(parts_.machine.take(std::move(*fresh)));
    tell(std::exchange(served_, {}), Look::taken);
    gather();
    if (!waiting_.empty())
        look();
    else if (parts_.hints.fd() >= 0 && pending_.ask_for_a_scan())
        settle();
}

/// Whoever waits moves sockets by what is found. Then a hint that was lost counts too: a disk may have come with it.
bool Lookout::is_enough(const Snapshot& fresh)
{
    if (served_.empty() || followed_.everything || parts_.hints.hears_everything()) return true;
    const auto count = parts_.events.now();
    if (count && count == counting_) return true;
    if (!parts_.scanner.still_holds(fresh)) return false;
    counting_ = count;
    return true;
}

/// A look at everything shows all that has happened; one that follows hints, as far as there was one for each event.
std::optional<std::uint64_t> Lookout::shown_by_a_look() const
{
    if (followed_.everything) return parts_.events.now();
    if (!counted_) return std::nullopt;
    return heard_.unbroken_after(*counted_);
}

/// Hints say where to look. A look at those places does not show whether something happened elsewhere without a hint.
void Lookout::expect_the_rest()
{
    counted_ = followed_.everything ? counting_ : std::max(counted_, counting_);
    if (counted_) heard_.forget_up_to(*counted_);
    if (followed_.everything) {
        rest_.stop();
    } else if (!rest_.is_running() && !parts_.hints.hears_everything()) {
        rest_.start(until_the_rest);
    }
}

void Lookout::look_for_the_rest()
{
    // The look under way, or the one that follows the hints that wait, asks for it again.
    if (looking_ || pending_.ask_for_a_scan() || still_holds()) return;
    log::debug("something has come or gone without a hint");
    pending_.everything = true;
    look();
}

/// What is known stays, and those who wait are told that it may be old.
void Lookout::look_later()
{
    if (!std::exchange(is_starved_, true))
        log::error("out of file descriptors: cannot scan USB devices; raise LimitNOFILE=");
    pending_.everything = true;
    quiet_.start(until_there_are_descriptors);
    auto waiters = std::exchange(served_, {});
    std::ranges::move(waiting_, std::back_inserter(waiters));
    waiting_.clear();
    tell(std::move(waiters), Look::failed);
}

void Lookout::give_up()
{
    log::warning("scanning the USB devices takes long: a device does not answer the kernel");
    auto waiters = std::exchange(served_, {});
    std::ranges::move(waiting_, std::back_inserter(waiters));
    waiting_.clear();
    tell(std::move(waiters), Look::failed);
}

WhenFresh::WhenFresh(Lookout& lookout, std::function<void()> action)
    : lookout_(lookout), action_(std::move(action))
{}

WhenFresh::~WhenFresh() { lookout_.forget(*this); }

void WhenFresh::run()
{
    if (is_waiting_) return;
    if (lookout_.is_fresh()) return action_();
    is_waiting_ = true;
    lookout_.wait(*this);
}

void WhenFresh::looked(Look)
{
    is_waiting_ = false;
    action_();
}

/// A waiter may go away, take others with it, or wait again, while it is told.
void Lookout::tell(std::vector<Waiter*> waiters, Look look)
{
    telling_ = std::move(waiters);
    for (auto* waiter : telling_)
        if (waiter != nullptr) waiter->looked(look);
    telling_.clear();
}

} // namespace usbroute::daemon
