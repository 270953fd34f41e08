// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/follower.hpp"

#include "attach/shells.hpp"
#include "base/format.hpp"
#include "plan/giving.hpp"
#include "plan/refusal.hpp"
#include "plan/whole_moves.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <utility>

namespace usbroute::daemon {

namespace {

/// The first attempt, the second, the way home of what has failed twice, and one for what that leaves.
constexpr int most_rounds = 4;
constexpr auto pause_after_a_change = std::chrono::milliseconds(250);
constexpr auto pause_after_a_timeout = std::chrono::milliseconds(60'000);
/// More than a machine has to be brought about at one time: what is done there does not last. It goes on after a pause.
constexpr int most_at_one_time = 100;
/// Somebody else who binds a controller too, or a guest that has it and has it not, would have it reset for ever.
constexpr std::size_t most_changes_of_a_controller = 6;
constexpr auto changes_counted_for = std::chrono::seconds(60);

/// What QEMU or libvirt was not even asked for, or what usbroute-libvirt has not lived to answer, is no failure of the device's. A
/// QEMU that has been asked and ends, or does not answer, may have done so over the device.
bool is_of_this_device(const Error& error)
{
    constexpr std::array<std::string_view, 10> of_others = {"monitor-away",
                                                            "qemu-away",
                                                            "qemu-busy",
                                                            "qemu-does-not-read",
                                                            "libvirt-away",
                                                            "libvirt-busy",
                                                            "libvirt-does-not-read",
                                                            "libvirt-no-domain",
                                                            "libvirt-ended",
                                                            apply::code_of_a_stale_plan};
    return std::ranges::find(of_others, error.code()) == of_others.end();
}

/// Others go on meanwhile, and it is tried again.
bool is_worth_waiting_for(const Error& error)
{
    return error.kind() == ErrorKind::timed_out || error.code() == "qemu-busy" ||
           error.code() == "qemu-does-not-read" || error.code() == "libvirt-busy" ||
           error.code() == "libvirt-does-not-read";
}

/// Its guest comes or goes just now. What is missing, if anything, is known in a moment.
bool waits_for_a_moment(const attach::Waiting& waiting, const plan::Plan& plan)
{
    if (waiting.why != attach::Waits::no_monitor || !waiting.guest || !plan.made_for.devices) return false;
    const auto* guest = plan.made_for.devices->guest(*waiting.guest);
    return guest != nullptr && guest->is_changing;
}

} // namespace

Follower::Follower(Parts parts)
    : parts_(std::move(parts)), again_(parts_.loop.timer([this] {
          // Whether a guest uses a device is a matter of usbfs, of which there are no events.
          parts_.lookout.doubt_everything();
          look_again();
      }))
{}

Follower::~Follower() { parts_.lookout.forget(*this); }

/// A change that ends at once calls this from within: it goes on after that, not within it, and not for ever.
void Follower::look_again()
{
    is_asked_again_ = true;
    if (is_acting_) return;
    is_acting_ = true;
    for (int number = 0; std::exchange(is_asked_again_, false); ++number) {
        if (number == most_at_one_time) {
            again_.start(pause_after_a_change);
            break;
        }
        act_when_known();
    }
    is_acting_ = false;
}

/// What was done to a device shows in its drivers, and they are seen by a look.
void Follower::act_when_known()
{
    const bool has_looked = std::exchange(has_looked_, false);
    if (!parts_.giving.is_needed() || is_waiting_ || is_under_way_ || parts_.machine.is_busy()) return;
    if (has_looked || parts_.lookout.is_fresh()) return act();
    is_waiting_ = true;
    parts_.lookout.wait(*this);
}

/// After a look that failed there is nothing new to go by.
void Follower::looked(Look look)
{
    is_waiting_ = false;
    if (look != Look::taken) return;
    has_looked_ = true;
    look_again();
}

/// In the turn in which what is known was seen to hold.
void Follower::act()
{
    const auto next = parts_.giving.follow(*parts_.machine.snapshot());
    plan::Request request{
        .wish = plan::FollowRequest{.leave = left_now(), .leave_controllers = left_controllers_now()}};
    if (next)
        again_.start(*next);
    else if ((!put_off_.empty() || !controllers_put_off_.empty()) && !again_.is_running())
        again_.start(pause_after_a_timeout);
    auto outcome = parts_.machine.decide_when_known(request);
    if (!outcome) return; // called again when there is an answer
    auto* plan = std::get_if<plan::Plan>(&*outcome);
    if (plan == nullptr) return;
    parts_.giving.keep(plan->kept);
    say_which_controllers_stay(*plan);
    if (plan->steps.empty()) {
        say_what_stays(*plan);
        if (plan->made_for.devices) say_which_shells_stay(*plan->made_for.devices);
        return round_is_over();
    }
    is_under_way_ = true;
    if (plan->made_for.bindings) {
        auto controllers = plan::controllers_in(*plan);
        parts_.machine.carry_out(
            std::move(request), {.who = "the controllers' sockets", .trial = {}},
            [this, controllers = std::move(controllers)](Carried carried) {
                is_under_way_ = false;
                this->carried(controllers, std::move(carried));
            },
            std::move(*plan));
        return;
    }
    auto then = [this, place = plan::place_of_step(plan->steps.front())](Carried carried) {
        is_under_way_ = false;
        this->carried(place, std::move(carried));
    };
    parts_.machine.carry_out(std::move(request), {.who = "the devices' sockets", .trial = {}},
                             std::move(then), std::move(*plan));
}

std::vector<PciAddress> Follower::left_controllers_now()
{
    const auto now = parts_.loop.now();
    std::erase_if(controllers_put_off_, [&](const auto& one) { return one.second.until <= now; });
    std::vector<PciAddress> left;
    for (const auto& [controller, put_off] : controllers_put_off_) left.push_back(controller);
    return left;
}

/// What has failed is tried again after a while: a guest may answer by then, and a driver be free.
void Follower::carried(const std::vector<PciAddress>& controllers, Carried carried)
{
    if (carried) {
        for (const auto& controller : controllers) note_change_of(controller);
        return parts_.done(*carried->plan);
    }
    const auto is_over_soon = is_locked_out(carried.error());
    const auto error = apply::error_from(std::move(carried.error()));
    const bool is_stale = error.code() == apply::code_of_a_stale_plan;
    const auto until =
        parts_.loop.now() + (is_over_soon || is_stale ? pause_after_a_change : pause_after_a_timeout);
    const bool is_for_a_moment = is_over_soon || is_stale;
    for (const auto& controller : controllers)
        controllers_put_off_[controller] = {.until = until,
                                            .why = is_for_a_moment ? std::string() : error.message()};
    if (is_for_a_moment) return again_.start(pause_after_a_change);
    if (said_of_controllers_.insert(error.message()).second) parts_.controller_stays(error.message());
}

void Follower::note_change_of(const PciAddress& controller)
{
    auto& times = controllers_changed_[controller];
    const auto now = parts_.loop.now();
    std::erase_if(times, [&](const auto& at) { return now - at >= changes_counted_for; });
    times.push_back(now);
    if (times.size() < most_changes_of_a_controller) return;
    auto why = format("{} had to change hands {} times within a minute; it is left alone for a minute",
                      controller.text(), most_changes_of_a_controller);
    parts_.controller_stays(why);
    said_of_controllers_.insert(why);
    controllers_put_off_[controller] = {.until = now + pause_after_a_timeout, .why = std::move(why)};
}

plan::FailedControllers Follower::failed_controllers() const
{
    plan::FailedControllers failed;
    for (const auto& [controller, put_off] : controllers_put_off_)
        if (put_off.until > parts_.loop.now() && !put_off.why.empty()) failed[controller] = put_off.why;
    return failed;
}

void Follower::say_which_controllers_stay(const plan::Plan& plan)
{
    std::set<std::string> now;
    for (const auto& stay : plan.staying) {
        auto why = format("{} is not where it is for: {}", stay.connector.text(), plan::text_of(stay.why));
        if (!said_of_controllers_.contains(why)) parts_.controller_stays(why);
        now.insert(std::move(why));
    }
    // What has failed is said again only when it fails otherwise.
    if (!controllers_put_off_.empty()) now.merge(said_of_controllers_);
    said_of_controllers_ = std::move(now);
}

std::vector<topology::PortPath> Follower::left_now()
{
    const auto now = parts_.loop.now();
    std::erase_if(put_off_, [&](const auto& one) { return one.second <= now; });
    auto left = left_;
    for (const auto& [place, until] : put_off_) left.push_back(place);
    return left;
}

/// The machine tells when it is free again, and then it goes on.
void Follower::carried(const topology::PortPath& place, Carried carried)
{
    if (carried) return parts_.done(*carried->plan);
    if (is_locked_out(carried.error()))
        return left_.push_back(place); // a look comes when the lock may be free
    const auto error = apply::error_from(std::move(carried.error()));
    left_.push_back(place);
    if (is_worth_waiting_for(error)) put_off_[place] = parts_.loop.now() + pause_after_a_timeout;
    if (!is_of_this_device(error)) return;
    parts_.giving.failed(place, error);
    if (std::exchange(said_[place], error.message()) != error.message()) parts_.stays(place, error.message());
}

void Follower::round_is_over()
{
    const bool has_left_something = !left_.empty();
    left_.clear();
    if (!has_left_something || ++rounds_ >= most_rounds) {
        rounds_ = 0;
        return parts_.is_over();
    }
    look_again();
}

void Follower::was_said(const plan::Plan& plan)
{
    for (const auto& waiting : plan.waiting)
        said_[waiting.device.path] = plan::in_words(waiting, *parts_.machine.snapshot());
}

void Follower::say_what_stays(const plan::Plan& plan)
{
    std::map<topology::PortPath, std::string> now;
    for (const auto& kept : plan.kept) now[kept.device.path] = plan::text_of(kept.why);
    for (const auto& waiting : plan.waiting)
        if (!now.contains(waiting.device.path) && !waits_for_a_moment(waiting, plan))
            now[waiting.device.path] = plan::in_words(waiting, *parts_.machine.snapshot());
    for (const auto& [place, why] : now) {
        const auto said = said_.find(place);
        if (said == said_.end() || said->second != why) parts_.stays(place, why);
    }
    said_ = std::move(now);
}

void Follower::say_which_shells_stay(const attach::Seen& seen)
{
    std::set<std::pair<GuestName, std::string>> now;
    for (const auto& shell : attach::shells_of_others(seen)) {
        const auto& [guest, object] = shell;
        if (!shells_.contains(*now.emplace(guest->name, object->id).first)) parts_.shell_stays(shell);
    }
    shells_ = std::move(now);
}

} // namespace usbroute::daemon
