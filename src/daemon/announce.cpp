// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/announce.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "daemon/answers.hpp"
#include "daemon/log.hpp"
#include "plan/board.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::daemon {

using chips::RouteRegister;
using topology::Device;
using topology::Snapshot;
using wire::Event;
using wire::EventKind;

namespace {

/// The connectors and where each of them reaches, found once for all the devices of a look.
struct Places {
    plan::Board board;

    Places(const Snapshot& snapshot, const config::Settings& settings)
        : board(plan::look_at_board(snapshot, settings))
    {}

    [[nodiscard]] std::string connector_of(const Device& device) const
    {
        const auto* connector = board.connector_of(device.path);
        return connector == nullptr ? std::string() : connector->spec.name.text();
    }
};

void tell_of(EventKind kind, const Device& device, const Places& places, Audience& audience)
{
    Event event{.kind = kind,
                .connector = places.connector_of(device),
                .word = device.path.text(),
                .text = device.shown()};
    audience.tell(event);
}

std::string words_for(const Questions::News& news)
{
    const auto place = news.place.text();
    switch (news.what.turn) {
    case wire::QuestionTurn::asked:
        return format(
            "who is to have {}: {}? Answer with `usbroute answer {} {}`; after {} s the host has it",
            news.device, join(news.what.answers, " or "), place, news.what.answers.front(),
            news.what.seconds);
    case wire::QuestionTurn::answered:
        return format("the question about {} was answered: {} has it", news.device, news.what.owner);
    case wire::QuestionTurn::expired:
        return format("nobody has answered the question about {}: {} has it", news.device, news.what.owner);
    case wire::QuestionTurn::gone: return format("nobody is asked about {} any more", news.device);
    }
    return {};
}

/// "XUSB2PR 0x3fff -> 0x3ff2", "windows gets Logitech USB Keyboard (046d:c31c)"
std::string in_words(const plan::Plan& plan)
{
    std::string words;
    for (const auto& step : plan.steps) {
        if (!words.empty()) words += ", ";
        const auto* write = std::get_if<route::WriteRegister>(&step.action);
        if (write == nullptr) {
            words += step.reason;
            continue;
        }
        const auto before = plan.made_for.routes->value_of(write->target);
        words += format("{} 0x{:x} -> 0x{:x}", chips::data_sheet_name(write->target), before,
                        (before & ~write->mask) | write->value);
    }
    return words.empty() ? std::string("nothing is plugged in there") : words;
}

} // namespace

void announce(const Moved& moved, Audience& audience)
{
    const auto& plan = *moved.done.plan;
    log::change(format("{}: {}, for {}", plan.title, in_words(plan), moved.who));
    for (const auto& warning : moved.done.warnings) log::warning(warning, moved.who);
    if (!audience.is_anybody_there()) return;
    auto now = answer_for(moved.done);
    audience.tell(
        {.kind = EventKind::moved, .profile = std::move(now.profile), .owners = std::move(now.owners)});
}

void announce(const GuestName& guest, std::string_view what, Audience& audience)
{
    log::info(format("guest {} {}", guest.text(), what), "guest " + guest.text());
    if (audience.is_anybody_there())
        audience.tell({.kind = EventKind::guest, .word = guest.text(), .text = std::string(what)});
}

void announce(const Drift& drift, Audience& audience)
{
    for (const auto which : {RouteRegister::usb2_owner, RouteRegister::superspeed_on}) {
        const auto before = drift.before.value_of(which);
        const auto now = drift.now.value_of(which);
        if (before == now) continue;
        const auto text = format("0x{:x} -> 0x{:x}", before, now);
        log::change(format("{} was written by somebody else: {}; {}", chips::data_sheet_name(which), text,
                           drift.cause));
        if (audience.is_anybody_there())
            audience.tell({.kind = EventKind::drift, .word = chips::data_sheet_name(which), .text = text});
    }
}

void announce(const Findings& findings, const Machine& machine, Audience& audience)
{
    if (findings.drift) announce(*findings.drift, audience);
    if (!audience.is_anybody_there() || (findings.left.empty() && findings.arrived.empty())) return;
    const Places before(*findings.before, machine.settings());
    const Places now(*machine.snapshot(), machine.settings());
    for (const auto& device : findings.left) tell_of(EventKind::left, *device, before, audience);
    for (const auto& device : findings.arrived) tell_of(EventKind::arrived, *device, now, audience);
}

void announce(const std::vector<apply::Judgement>& judgements, Audience& audience)
{
    for (const auto& judgement : judgements) {
        const auto verdict = std::string(apply::text_of(judgement.verdict));
        const auto line = format("{}: {}, {}", judgement.connector.text(), verdict, judgement.text);
        if (judgement.verdict == apply::Verdict::contradicted)
            log::warning(line);
        else
            log::debug(line);
        if (audience.is_anybody_there())
            audience.tell({.kind = EventKind::verdict,
                           .connector = judgement.connector.text(),
                           .word = verdict,
                           .text = judgement.text});
    }
}

void announce_given(const plan::Plan& done, const Machine& machine, Audience& audience)
{
    for (const auto& step : done.steps) log::change(step.reason);
    if (!audience.is_anybody_there()) return;
    const Places places(*machine.snapshot(), machine.settings());
    for (const auto& step : done.steps) {
        const auto* give = std::get_if<attach::Give>(&step.action);
        const auto* home = std::get_if<attach::BringHome>(&step.action);
        if (give == nullptr && home == nullptr) continue;
        const auto& path = give != nullptr ? give->device.path : home->device.path;
        const auto* device = machine.snapshot()->device_at(path);
        if (device == nullptr) continue;
        audience.tell({.kind = EventKind::given,
                       .connector = places.connector_of(*device),
                       .word = give != nullptr ? give->guest.text() : "host",
                       .text = device->shown()});
    }
}

void announce_kept(const topology::PortPath& place, const std::string& why, const Machine& machine,
                   Audience& audience)
{
    log::warning(why, place.text());
    const auto* device = machine.snapshot()->device_at(place);
    if (device == nullptr || !audience.is_anybody_there()) return;
    const Places places(*machine.snapshot(), machine.settings());
    audience.tell({.kind = EventKind::kept,
                   .connector = places.connector_of(*device),
                   .word = place.text(),
                   .text = why});
}

void announce(const Questions::News& news, Audience& audience)
{
    if (news.what.turn == wire::QuestionTurn::asked)
        log::warning(words_for(news), news.place.text());
    else
        log::info(words_for(news), news.place.text());
    if (!audience.is_anybody_there()) return;
    audience.tell({.kind = EventKind::question,
                   .connector = news.connector,
                   .word = news.place.text(),
                   .text = news.device,
                   .profile = {},
                   .asks = news.what});
}

void announce(const ConnectorName& connector, const PlugNews& news, Audience& audience)
{
    const auto subject = "guest " + news.guest.text();
    const bool is_bad = news.code == "failed" || news.code == "too-often";
    if (is_bad)
        log::warning(news.what, subject);
    else
        log::info(news.what, subject);
    if (!audience.is_anybody_there()) return;
    const auto kind = news.code == "wanted" ? EventKind::wanted : EventKind::guest;
    // The event has the guest's name already.
    const auto name = news.guest.text() + " ";
    const auto text =
        kind == EventKind::guest && news.what.starts_with(name) ? news.what.substr(name.size()) : news.what;
    audience.tell({.kind = kind, .connector = connector.text(), .word = news.guest.text(), .text = text});
}

void announce_shell(const attach::Having& shell)
{
    const auto& [guest, object] = shell;
    const auto id = object->id.empty() ? std::string("an object without a name") : printable(object->id, 64);
    const auto remedy =
        guest->domain ? format("; `virsh -c {} detach-device-alias {} {} --live` takes it away",
                               printable(guest->domain->uri, 64), printable(guest->domain->name, 64), id)
                      : std::string();
    log::warning(
        format(
            "guest {} still has {}, which is for a USB device that has been unplugged (bus {}, number {}); usbroute did not attach it, and leaves it{}",
            guest->name.text(), id, object->host_bus, object->host_address, remedy),
        guest->name.text());
}

} // namespace usbroute::daemon
