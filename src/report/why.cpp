// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/why.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "config/rule_order.hpp"
#include "plan/apart.hpp"
#include "plan/board.hpp"
#include "plan/named_devices.hpp"
#include "plan/whole_moves.hpp"
#include "report/text.hpp"
#include "report/times.hpp"
#include "report/trial.hpp"
#include "route/mux.hpp"

#include <algorithm>
#include <array>
#include <ranges>

namespace usbroute::report {

using topology::Side;

namespace {

/// "to windows", and "asks windows or host".
std::string whom_words(const std::string& whom)
{
    constexpr std::string_view question = "ask ";
    return whom.starts_with(question) ? "asks " + whom.substr(question.size()) : "to " + whom;
}

void add_history(WhyView& view, const topology::Connector& connector, const Asked& asked)
{
    const auto means = plan::means_of(connector);
    const bool is_given = means == plan::Means::attach || means == plan::Means::assign;
    if (!connector.spec.bit && !is_given) return;
    const auto mux = route::find_mux(asked.snapshot);
    for (const auto& past : asked.past | std::views::reverse) {
        const auto& change = past.change;
        const bool is_ours = is_given || (mux && mux->xhci->address == change.controller);
        if (!is_ours || !change.touches(connector.spec)) continue;
        const auto* shift = change.main_shift(connector.spec);
        view.history.push_back({.when = utc(past.when),
                                .who = printable(past.who),
                                .what = printable(change.title),
                                .to = shift == nullptr ? std::string() : shift->to});
    }
    const auto last = std::ranges::find_if(view.history, [](const auto& past) { return !past.to.empty(); });
    if (last == view.history.end()) return;
    view.since = last->when;
    view.by = last->who;
    view.what = last->what;
    view.strayed = !view.connector.side.empty() && view.connector.side != last->to;
}

/// A connector, and those that go with it: the others of its whole controller.
std::vector<ConnectorName> together_with(const topology::Connector& connector, const plan::Board& board)
{
    std::vector<ConnectorName> names;
    const auto* controller = plan::whole_controller_of(connector);
    for (const auto& other : board.connectors)
        if (&other == &connector || (controller != nullptr && plan::whole_controller_of(other) == controller))
            names.push_back(other.spec.name);
    return names;
}

WhyView::Move attempt(const std::vector<ConnectorName>& names, const config::Target& to, const Asked& asked)
{
    WhyView::Move move{.to = config::text_of(to), .code = "ok", .sentence = {}, .remedy = {}, .warnings = {}};
    const auto outcome = asked.decide({.wish = plan::MoveRequest{.connectors = names, .to = to}});
    if (const auto* refusal = std::get_if<plan::Refusal>(&outcome)) {
        move.code = plan::code_of(refusal->reason);
        move.sentence = refusal->sentence;
        move.remedy = refusal->remedy;
        return move;
    }
    const auto& plan = std::get<plan::Plan>(outcome);
    if (!plan.changes_something())
        move.code = "already";
    else if (names.size() > 1)
        move.sentence =
            format("for its whole controller: usbroute move {} --to {}",
                   join(texts_of(names, [](const auto& name) { return name.text(); }), " "), move.to);
    move.warnings = plan.warnings;
    return move;
}

std::string move_words(const WhyView::Move& move)
{
    std::string text;
    if (move.code == "ok")
        text = "nothing prevents it" + (move.sentence.empty() ? std::string() : ", " + move.sentence);
    else if (move.code == "already")
        text = "it is already there";
    else
        text = format("{} ({}{}{})", move.sentence, move.code, move.remedy.empty() ? "" : "; ", move.remedy);
    for (const auto& warning : move.warnings) text += "; warning: " + warning;
    return text;
}

constexpr std::string_view never_moved = "not moved by usbroute since the machine started";

/// `when` and `who` as their readers want them.
std::string since_words(const WhyView& view, std::string_view when, std::string_view who)
{
    return format("since {}, by {}: {}{}", when.empty() ? "an unknown time" : when,
                  who.empty() ? "somebody" : who, view.what,
                  view.strayed ? "; somebody else has moved it since" : "");
}

std::string since_in_a_line(const WhyView& view)
{
    return view.what.empty() ? std::string(never_moved) : since_words(view, view.since, view.by);
}

std::string since_for_people(const WhyView& view, const NameOfUser& name_of)
{
    if (view.what.empty()) return std::string(never_moved);
    const auto when = moment_of(view.since);
    return since_words(view, when ? format("{} ({})", local_time(*when), zone_at(*when)) : std::string(),
                       who_in_words(view.by, name_of));
}

/// The zone was said above, where the newest is.
std::vector<std::string> past_lines(const WhyView& view, const NameOfUser& name_of)
{
    const auto newest = moment_of(view.since);
    const auto zone = newest ? zone_at(*newest) : std::string();
    std::vector<std::string> lines;
    for (const auto& change : view.history) {
        const auto when = moment_of(change.when);
        const auto its_zone = when ? zone_at(*when) : zone;
        lines.push_back(format("{}{} {}, by {}{}{}", when ? local_time(*when) : "at an unknown time",
                               its_zone == zone ? "" : format(" ({})", its_zone), change.what,
                               who_in_words(change.who, name_of), change.to.empty() ? "" : " -> ",
                               change.to.empty() ? std::string() : words_of_seat(change.to)));
    }
    return lines;
}

/// The reasons, and of what has failed each attempt.
std::vector<std::string> wait_lines(const ConnectorView& connector)
{
    constexpr std::array<const char*, 2> attempts{"first attempt", "second attempt"};
    std::vector<std::string> lines;
    for (const auto& wait : connector.waits) {
        lines.push_back(wait.why);
        for (std::size_t i = 0; i < wait.errors.size() && i < attempts.size(); ++i)
            lines.push_back(format("{} {}: {}", wait.place, attempts.at(i), wait.errors[i]));
    }
    return lines;
}

/// Not a device that is apart, which has a name like one on the board.
bool is_a_socket(const plan::Board& board, const ConnectorName& name)
{
    const auto* connector = board.find(name);
    return connector != nullptr && !connector->spec.device;
}

std::optional<ConnectorName> socket_of(const topology::Device& device, const plan::Board& board)
{
    const topology::Connector* nearest = nullptr;
    std::size_t depth = 0;
    for (const auto& connector : board.connectors)
        for (const auto& at : connector.places_now())
            if (at.contains(device.path) && (nearest == nullptr || at.ports().size() > depth)) {
                nearest = &connector;
                depth = at.ports().size();
            }
    return nearest == nullptr ? std::nullopt : std::optional(nearest->spec.name);
}

std::expected<WhyView, plan::Refusal> no_such(const ConnectorName& name, const Asked& asked)
{
    // The planner has the words for it, and knows what was meant.
    const auto outcome =
        asked.decide({.wish = plan::MoveRequest{.connectors = {name}, .to = config::ToHost{}}});
    if (const auto* refusal = std::get_if<plan::Refusal>(&outcome)) return std::unexpected(*refusal);
    return std::unexpected(plan::Refusal{plan::Reason::no_such_connector, name.text(),
                                         format("there is no connector {}", printable(name.text(), 64)), ""});
}

void add_connector(WhyView& view, const ConnectorName& name, const Asked& asked)
{
    auto status = status_view(asked.snapshot, asked.settings, asked.use);
    show_given(status, asked.given);
    const auto shown = std::ranges::find(status.connectors, name.text(), &ConnectorView::name);
    if (shown != status.connectors.end()) view.connector = std::move(*shown);
}

WhyView why_socket(const plan::Board& board, const ConnectorName& name, const Asked& asked)
{
    const auto& connector = *board.find(name);
    WhyView view;
    add_connector(view, connector.spec.name, asked);
    add_history(view, connector, asked);
    std::vector<config::Target> targets{config::ToHost{}};
    for (const auto& guest : asked.settings.guests) targets.emplace_back(guest.name);
    const auto means = plan::means_of(connector);
    if (means == plan::Means::attach) {
        targets.emplace_back(config::ToNobody{});
    } else if (means != plan::Means::assign) {
        targets.emplace_back(Side::ehci);
        targets.emplace_back(Side::xhci);
    }
    for (const auto& target : targets)
        view.moves.push_back(attempt(together_with(connector, board), target, asked));
    return view;
}

std::string word_of(plan::Authority by)
{
    switch (by) {
    case plan::Authority::rule: return "rule";
    case plan::Authority::by_hand: return "hand";
    case plan::Authority::socket_by_hand: return "socket-by-hand";
    case plan::Authority::socket: return "socket";
    }
    return {};
}

WhyView::OfDevice of_device(const plan::Board& board, const topology::Device& device, const Asked& asked)
{
    const auto told = plan::ruled(board, asked.snapshot, device);
    const auto judgement = plan::judge(told, asked.settings.rules);
    WhyView::OfDevice view{.place = device.path.text(),
                           .name = device.shown(),
                           .owner = "host",
                           .by = word_of(judgement.by),
                           .rule = {},
                           .says = {},
                           .lost = {}};
    if (judgement.rule != nullptr) {
        view.rule = judgement.rule->name.text();
        view.says = format("{}, {} ({})", config::text_of(judgement.rule->match),
                           whom_words(config::whom_in_words(*judgement.rule)), judgement.rule->origin.text());
    }
    for (const auto& lost : judgement.lost)
        view.lost.push_back(
            {.rule = lost.rule->name.text(), .to = config::whom_in_words(*lost.rule), .why = lost.why});
    const auto* apart = board.apart_at(device.path);
    const auto socket = socket_of(device, board);
    const auto* connector = apart != nullptr ? &apart->connector : socket ? board.find(*socket) : nullptr;
    if (connector != nullptr) view.owner = plan::text_of(plan::owner_now(*connector, asked.settings));
    return view;
}

WhyView why_device(const plan::Board& board, const topology::Device& device, const Asked& asked)
{
    WhyView view;
    view.device = of_device(board, device, asked);
    view.connector.name = view.device->place;
    view.connector.owner = view.device->owner;
    const auto socket = socket_of(device, board);
    if (socket) add_connector(view, *socket, asked);
    const auto* apart = board.apart_at(device.path);
    if (apart != nullptr)
        add_history(view, apart->connector, asked);
    else if (socket)
        add_history(view, *board.find(*socket), asked);
    if (!asked.settings.gives_devices()) return view;
    std::vector<config::Target> targets{config::ToHost{}};
    for (const auto& guest : plan::takers_of(asked.settings)) targets.emplace_back(guest);
    targets.emplace_back(config::ToNobody{});
    for (const auto& target : targets)
        view.moves.push_back(attempt({ConnectorName(view.device->place)}, target, asked));
    return view;
}

/// "by rule dongle: id 1050:0407, to host (usbroute.toml:3:1)"
std::string authority_words(const WhyView::OfDevice& device)
{
    if (device.by == "rule") return format("for {}, by rule {}: {}", device.owner, device.rule, device.says);
    if (device.by == "hand") return format("for {}: it was moved by its name", device.owner);
    if (device.by == "socket-by-hand") return format("for {}: its socket was moved", device.owner);
    return format("for {}: no rule is for it, and it goes with its socket", device.owner);
}

std::vector<std::string> lost_lines(const WhyView::OfDevice& device)
{
    std::vector<std::string> lines;
    for (const auto& lost : device.lost)
        lines.push_back(format("{} ({}): {}", lost.rule, whom_words(lost.to), lost.why));
    return lines;
}

std::string plugged_words(const ConnectorView& connector)
{
    std::vector<std::string> names;
    for (const auto& device : connector.devices)
        names.push_back(device.in_use.empty() ? device.name : format("{} ({})", device.name, device.in_use));
    return join(names, ", ");
}

} // namespace

std::optional<ConnectorName> socket_meant(const ConnectorName& name, const topology::Snapshot& snapshot,
                                          const config::Settings& settings)
{
    const auto board = plan::look_at_board(snapshot, settings);
    if (is_a_socket(board, name)) return name;
    const auto devices = plan::devices_named(snapshot, name.text());
    return devices.size() == 1 ? socket_of(*devices.front(), board) : std::nullopt;
}

std::expected<WhyView, plan::Refusal> why_view(const ConnectorName& name, const Asked& asked)
{
    const auto board = plan::look_at_board(asked.snapshot, asked.settings);
    if (is_a_socket(board, name)) return why_socket(board, name, asked);
    if (plan::devices_named(asked.snapshot, name.text()).empty()) return no_such(name, asked);
    // Of a hub its socket is told.
    const auto devices = plan::devices_named(asked.snapshot, name.text());
    if (devices.size() == 1 && devices.front()->is_hub()) {
        const auto socket = socket_of(*devices.front(), board);
        return socket ? why_socket(board, *socket, asked) : no_such(name, asked);
    }
    const auto device = plan::device_named(asked.snapshot, name.text());
    if (!device) return std::unexpected(device.error());
    return why_device(board, **device, asked);
}

std::string why_in_a_line(const WhyView& view)
{
    auto text = view.device ? format("{} at {} is {}; ", view.device->name, view.device->place,
                                     authority_words(*view.device)) +
                                  since_in_a_line(view)
                            : since_in_a_line(view);
    if (view.device)
        for (const auto& line : lost_lines(*view.device)) text += format("; does not count: {}", line);
    if (!view.connector.last_seen.empty()) text += format("; last seen there: {}", view.connector.last_seen);
    for (const auto& line : wait_lines(view.connector)) text += format("; waits: {}", line);
    for (const auto& move : view.moves) text += format("; to {}: {}", move.to, move_words(move));
    return text;
}

std::string why_text(const WhyView& view, const Style& style, const NameOfUser& name_of)
{
    const auto& connector = view.connector;
    auto head = format("{}: {}", connector.name, connector.owner);
    if (!connector.side.empty()) head += format(", {}", side_words(connector.side));
    if (view.device) head = format("{}: {}", view.device->place, view.device->name);
    auto text = painted(head, Tone::heading, style) + "\n";
    if (view.device) {
        text += authority_words(*view.device) + "\n";
        text += labelled("does not count", lost_lines(*view.device), Tone::dim, style);
        if (connector.name != view.device->place)
            text += format("plugged into {}, which belongs to {}\n", connector.name,
                           connector.owner == "host" ? "the host" : connector.owner);
    }
    text += since_for_people(view, name_of) + "\n";
    if (view.trial_seconds)
        text += labelled(
            "trial",
            {trial_line(view.trial_way_back, std::chrono::seconds(*view.trial_seconds), view.trial_why_out)},
            Tone::warning, style);
    if (!connector.missing.empty()) text += format("no place now: {}\n", connector.missing);
    if (!connector.expect.empty()) text += format("expected there: {}\n", connector.expect);
    if (const auto plugged = plugged_words(connector); !plugged.empty())
        text += format("plugged in: {}\n", plugged);
    if (!connector.last_seen.empty())
        text += format("last seen there, before {} got it: {}\n", connector.owner, connector.last_seen);
    text += labelled("waits", wait_lines(connector), Tone::warning, style);
    if (connector.given_by == "place")
        text +=
            labelled("given", {"QEMU looks at the port itself, which takes up to 2 s"}, Tone::plain, style);
    if (connector.given_by == "libvirt")
        text += labelled("given", {"by libvirt, which is asked for each device"}, Tone::plain, style);
    if (connector.given_by == "whole")
        text += labelled("given", {"with its whole controller"}, Tone::plain, style);
    text += "\n";
    for (const auto& move : view.moves)
        text += labelled(format("to {}", move.to), {move_words(move)},
                         move.sentence.empty() ? Tone::plain : Tone::warning, style);
    const auto past = past_lines(view, name_of);
    if (!past.empty()) text += "\n" + labelled("past", past, Tone::dim, style);
    return text;
}

} // namespace usbroute::report
