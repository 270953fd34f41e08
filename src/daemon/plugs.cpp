// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/plugs.hpp"

#include "base/format.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::daemon {

using attach::HostDevice;
using plan::PlugCalls;
using plan::Runs;

namespace {

/// Less may come from reading two clocks one after the other.
constexpr auto least_sleep = std::chrono::milliseconds(100);

Runs runs_of(const GuestName& name, const std::vector<attach::SeenGuest>& guests)
{
    const auto found = std::ranges::find(guests, name, &attach::SeenGuest::name);
    return found == guests.end() ? Runs::unknown : plan::runs(*found);
}

} // namespace

Plugs::Plugs(Parts parts)
    : parts_(std::move(parts)), soon_(parts_.loop.timer([this] { look_again(); })), asleep_(parts_.asleep())
{}

bool Plugs::is_needed() const
{
    return std::ranges::any_of(parts_.machine.settings().guests, [](const config::GuestSettings& guest) {
        return guest.on_plug != config::OnPlug::nothing;
    });
}

void Plugs::looked(const topology::Snapshot& before)
{
    const auto now = parts_.loop.now();
    const auto asleep = parts_.asleep();
    if (asleep - std::exchange(asleep_, asleep) > least_sleep) not_before_ = now + after_a_sleep;
    if (!is_needed() || now < not_before_) return;
    for (const auto& device : parts_.machine.snapshot()->devices) {
        const auto* was = before.device_at(device->path);
        if (was != nullptr && was->number == device->number) continue;
        // A controller that has come brings what was plugged in all the time.
        if (before.controller_of_bus(device->path.bus()) == nullptr) continue;
        plugs_.push_back({.device = {.path = device->path, .number = device->number}, .since = now});
    }
}

void Plugs::look_again()
{
    if (!is_needed()) return plugs_.clear();
    const auto guests = parts_.guests();
    follow_guests(guests);
    if (plugs_.empty() || parts_.machine.is_busy()) return;
    const plan::Request request{.wish = plan::FollowRequest{.as_if_guests_run = true}};
    const auto outcome = parts_.machine.decide_when_known(request);
    if (!outcome) return; // called again when there is an answer
    const auto* as_if = std::get_if<plan::Plan>(&*outcome);
    if (as_if == nullptr) return;
    std::vector<HostDevice> devices;
    for (const auto& plug : plugs_) devices.push_back(plug.device);
    const auto meant =
        plan::for_guests(devices, *as_if, *parts_.machine.snapshot(), parts_.machine.settings());
    std::erase_if(plugs_, [&](const Plug& plug) {
        return std::ranges::find(meant, plug.device, &plan::Plugged::device) == meant.end();
    });
    for (const auto& plugged : meant) judge(plugged, guests);
}

/// What was said of a guest is over when it has run since and does not any more; that it was not started, as soon as it runs.
void Plugs::follow_guests(const std::vector<attach::SeenGuest>& guests)
{
    for (auto& [name, guest] : guests_) {
        if (!guest.news) continue;
        const auto runs = runs_of(name, guests);
        const bool has_worked = guest.news->code == "started" || guest.news->code == "resumed";
        if (runs == Runs::yes) guest.has_run = true;
        const bool is_quiet = guest.news->code == "too-often" && !guest.limit.is_reached(parts_.loop.now());
        if ((runs == Runs::yes && !has_worked) || (runs == Runs::no && guest.has_run) || is_quiet)
            guest.news.reset();
    }
}

void Plugs::forget(const HostDevice& device)
{
    std::erase_if(plugs_, [&](const Plug& plug) { return plug.device == device; });
}

void Plugs::judge(const plan::Plugged& plugged, const std::vector<attach::SeenGuest>& guests)
{
    const auto* settings = parts_.machine.settings().guest(plugged.guest);
    const auto* device = parts_.machine.snapshot()->device_at(plugged.device.path);
    if (settings == nullptr || device == nullptr) return forget(plugged.device);
    const auto runs = runs_of(plugged.guest, guests);
    const auto what = plan::plug_calls(settings->on_plug, runs);
    if (what == PlugCalls::waiting) return wait_for_word(plugged);
    forget(plugged.device);
    auto& guest = guests_[plugged.guest];
    const auto now = parts_.loop.now();
    if (what == PlugCalls::nothing || now < guest.called_until) return;
    if (what == PlugCalls::asking) {
        const auto remedy = plan::to_have_it_run(*settings, runs);
        return say(plugged.connector, {.guest = plugged.guest,
                                       .code = "wanted",
                                       .what = format("{} is plugged into {}, and {} {}: {}", device->shown(),
                                                      plugged.connector.text(), plugged.guest.text(),
                                                      plan::in_words(runs), remedy)});
    }
    if (guest.limit.admit(now)) return call(plugged, what, device->shown());
    if (guest.news && guest.news->code == "too-often") return;
    const auto minutes = std::chrono::duration_cast<std::chrono::minutes>(PlugLimit::within).count();
    say(plugged.connector,
        {.guest = plugged.guest,
         .code = "too-often",
         .what = format(
             "{0} is not {1} again by a plug: it was {2} times in {3} minutes; it will be when nothing was plugged into its sockets for {3} minutes, or when one of them is moved to it",
             plugged.guest.text(), what == PlugCalls::starting ? "started" : "resumed", PlugLimit::most,
             minutes)});
}

/// Its helper or libvirt may be starting, or the guest comes or goes just now.
void Plugs::wait_for_word(const plan::Plugged& plugged)
{
    const auto plug =
        std::ranges::find_if(plugs_, [&](const Plug& one) { return one.device == plugged.device; });
    if (plug == plugs_.end()) return;
    const auto waited = parts_.loop.now() - plug->since;
    if (waited < longest_wait) {
        if (!soon_.is_running()) soon_.start(longest_wait - waited);
        return;
    }
    forget(plugged.device);
    say(plugged.connector,
        {.guest = plugged.guest,
         .code = "failed",
         .what = format("{} was not started by the plug into {}: nobody could tell whether it runs",
                        plugged.guest.text(), plugged.connector.text())});
}

void Plugs::call(const plan::Plugged& plugged, PlugCalls what, const std::string& device)
{
    const bool starts = what == PlugCalls::starting;
    guests_[plugged.guest].called_until = parts_.loop.now() + longest_call;
    parts_.call(plugged.guest, what, [this, plugged, starts, device](const Result<void>& done) {
        guests_[plugged.guest].called_until = {};
        const auto* const verb = starts ? "started" : "resumed";
        PlugNews news{.guest = plugged.guest,
                      .code = done ? verb : "failed",
                      .what = done ? format("{} was {} by a plug into {}: {}", plugged.guest.text(), verb,
                                            plugged.connector.text(), device)
                                   : format("{} was not {} by the plug into {}: {}", plugged.guest.text(),
                                            verb, plugged.connector.text(), done.error().message())};
        say(plugged.connector, news);
    });
}

void Plugs::say(const ConnectorName& connector, const PlugNews& news)
{
    auto& guest = guests_[news.guest];
    guest.has_run = false;
    guest.news = news;
    parts_.tell(connector, news);
}

void Plugs::was_asked_for(const plan::Plan& plan)
{
    for (const auto& movement : plan.movements) {
        const auto* name = std::get_if<GuestName>(&movement.to);
        const auto guest = name == nullptr ? guests_.end() : guests_.find(*name);
        if (guest == guests_.end()) continue;
        guest->second.limit.lift();
        if (guest->second.news && guest->second.news->code == "too-often") guest->second.news.reset();
    }
}

void Plugs::adopt()
{
    for (auto& [name, guest] : guests_) guest.limit.lift();
    std::erase_if(guests_,
                  [&](const auto& one) { return parts_.machine.settings().guest(one.first) == nullptr; });
}

std::vector<PlugNews> Plugs::news() const
{
    std::vector<PlugNews> all;
    for (const auto& [name, guest] : guests_) {
        if (!guest.news) continue;
        const bool is_quiet = guest.news->code == "too-often" && !guest.limit.is_reached(parts_.loop.now());
        if (!is_quiet) all.push_back(*guest.news);
    }
    return all;
}

} // namespace usbroute::daemon
