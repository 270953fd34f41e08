// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "map/mapping.hpp"
#include "map/names.hpp"
#include "route/wiring.hpp"

#include <algorithm>
#include <iterator>

/// What the dialogue does when a word is typed that is no name.
namespace usbroute::map {

using config::ConnectorSettings;
using Kind = Line::Kind;

namespace {

Line refused(std::string text) { return {.kind = Kind::refused, .text = std::move(text), .fields = {}}; }

Line changed(std::string text, const std::string& connector)
{
    return {.kind = Kind::changed, .text = std::move(text), .fields = {{"connector", connector}}};
}

bool holds_the_only_keyboard(const topology::Snapshot& snapshot,
                             const std::vector<const topology::Device*>& devices)
{
    const auto keyboards = [](const auto& list) {
        return std::ranges::count_if(list, [](const auto& device) { return device->is_keyboard(); });
    };
    return keyboards(devices) > 0 && keyboards(devices) == keyboards(snapshot.devices);
}

std::string places_text(const ConnectorSettings& connector, const topology::Snapshot& snapshot)
{
    std::vector<std::string> parts;
    if (connector.spec.bit) parts.push_back(format("bit {}", connector.spec.bit->value));
    if (const auto* wiring = route::wiring_of(route::find_mux(snapshot), connector.spec)) {
        parts.push_back(format("xHCI port {}", wiring->xhci_port));
        if (const auto& twin = wiring->ehci)
            parts.push_back(format("EHCI port #{}.{}", twin->controller, twin->port));
    }
    if (connector.spec.superspeed)
        parts.push_back(format("SuperSpeed port {}", connector.spec.superspeed->value));
    for (auto& place : connector.spec.places_told()) parts.push_back(std::move(place));
    for (const auto& place : connector.spec.seen) parts.push_back(format("seen at {}", place.text()));
    if (!connector.panel.empty()) parts.push_back(format("panel {}", connector.panel));
    if (connector.row) parts.push_back(format("row {}", *connector.row));
    if (connector.column) parts.push_back(format("column {}", *connector.column));
    return join(parts, ", ");
}

} // namespace

void Mapping::obey(const std::vector<std::string_view>& words, Reaction& reaction)
{
    const auto verb = words[0];
    const auto takes = [&](std::size_t fewest, std::size_t most, std::string_view form) {
        if (words.size() - 1 >= fewest && words.size() - 1 <= most) return true;
        reaction.lines.push_back(refused(format("write it like this: {}", form)));
        return false;
    };
    if (verb == "help" || verb == "?") {
        for (const auto text : split(help(), '\n'))
            reaction.lines.push_back({.kind = Kind::note, .text = std::string(text), .fields = {}});
    } else if (verb == "list") {
        reaction.lines = summary();
    } else if (verb == "present") {
        reaction = present();
    } else if (verb == "skip") {
        if (!question_) return reaction.lines.push_back(refused("there is nothing to skip"));
        ask_next(reaction);
    } else if (verb == "rename") {
        if (takes(2, 2, "rename OLD NEW")) rename(words[1], words[2], reaction);
    } else if (verb == "remove") {
        if (takes(1, 1, "remove NAME")) remove(words[1], reaction);
    } else if (verb == "place") {
        if (takes(2, 4, "place NAME PANEL [ROW COLUMN]")) place(words, reaction);
    } else if (verb == "pair") {
        if (takes(0, 1, "pair [NAME]")) pair(words, reaction);
    } else if (verb == "verify") {
        if (takes(0, 1, "verify [NAME]")) prepare_check(words, reaction);
    } else {
        reaction.done = true;
    }
}

void Mapping::rename(std::string_view from, std::string_view to, Reaction& reaction)
{
    const auto* old = changeable(from, reaction);
    if (old == nullptr) return;
    if (const auto wrong = why_no_name(to)) return reaction.lines.push_back(refused(*wrong));
    if (settings_.connector(ConnectorName(std::string(to))) != nullptr)
        return reaction.lines.push_back(refused(format("{} is taken", to)));
    auto connectors = own();
    for (auto& connector : connectors)
        if (connector.spec.name == old->spec.name) connector.spec.name = ConnectorName(std::string(to));
    if (!adopt(connectors, reaction)) return;
    latest_ = ConnectorName(std::string(to));
    std::ranges::replace(learned_, ConnectorName(std::string(from)), *latest_);
    note_learned(*latest_);
    reaction.lines.push_back(changed(format("{} is {} now", from, to), std::string(to)));
    if (question_ && question_->asks == Question::Asks::socket && question_->offered == from)
        question_->offered = offer(*question_);
}

void Mapping::remove(std::string_view name, Reaction& reaction)
{
    const auto* old = changeable(name, reaction);
    if (old == nullptr) return;
    auto connectors = own();
    const auto on_hubs = old->spec.on_hubs;
    std::erase_if(connectors, [&](const ConnectorSettings& c) { return c.spec.name == old->spec.name; });
    // A hub without sockets has a name for nothing.
    auto hubs = own_hubs();
    std::erase_if(hubs, [&](const config::HubSettings& hub) {
        const auto is_of_it = [&](const topology::HubPlace& place) { return place.hub == hub.spec.name; };
        return std::ranges::any_of(on_hubs, is_of_it) &&
               std::ranges::none_of(settings_.connectors, [&](const ConnectorSettings& c) {
                   return c.spec.name != old->spec.name && std::ranges::any_of(c.spec.on_hubs, is_of_it);
               });
    });
    if (!adopt(connectors, hubs, reaction)) return;
    if (latest_ && latest_->text() == name) latest_.reset();
    std::erase(learned_, ConnectorName(std::string(name)));
    reaction.lines.push_back(changed(format("{} no longer has a name", name), std::string(name)));
    if (question_ && question_->asks == Question::Asks::socket) question_->offered = offer(*question_);
}

void Mapping::place(const std::vector<std::string_view>& words, Reaction& reaction)
{
    const auto* old = changeable(words[1], reaction);
    if (old == nullptr) return;
    const bool with_numbers = words.size() == 5;
    if (words.size() == 4 || (with_numbers && (!place_number(words[3]) || !place_number(words[4]))))
        return reaction.lines.push_back(refused("row and column go together, and are numbers from 1 to 99"));
    if (!is_plain_name(words[2]))
        return reaction.lines.push_back(
            refused(format("{} cannot be the name of a panel", printable(words[2], 64))));
    auto connectors = own();
    for (auto& connector : connectors) {
        if (connector.spec.name != old->spec.name) continue;
        connector.panel = std::string(words[2]);
        connector.row = with_numbers ? place_number(words[3]) : std::nullopt;
        connector.column = with_numbers ? place_number(words[4]) : std::nullopt;
    }
    const std::string name(words[1]);
    if (!adopt(connectors, reaction)) return;
    panel_ = std::string(words[2]);
    reaction.lines.push_back(changed(format("{} has its place", name), name));
}

void Mapping::pair(const std::vector<std::string_view>& words, Reaction& reaction)
{
    if (words.size() == 1 && !latest_) return reaction.lines.push_back(refused("say which: pair NAME"));
    const auto name = words.size() == 1 ? *latest_ : ConnectorName(std::string(words[1]));
    const auto* old = changeable(name.text(), reaction);
    if (old == nullptr) return;
    const auto missing = half_missing(*old);
    if (!missing)
        return reaction.lines.push_back(
            refused(format("{} lacks no half, as far as the kernel can tell", name.text())));
    if (!missing->told)
        return reaction.lines.push_back(
            refused(format("the kernel says of no port that it is the {} of {}: {} into that socket",
                           missing->name(), name.text(), missing->what_to_plug())));
    auto connectors = own();
    for (auto& connector : connectors) {
        if (connector.spec.name != name) continue;
        const auto place = topology::lasting_form(snapshot_, missing->told->place);
        if (connector.spec.bit)
            connector.spec.superspeed = chips::SuperSpeedPort{missing->told->place.ports.front()};
        else if (const auto* way = std::get_if<topology::WayPlace>(&place))
            connector.spec.ways.push_back(*way);
        else
            connector.spec.places.push_back(missing->told->place);
    }
    if (!adopt(connectors, reaction)) return;
    note_learned(name);
    reaction.lines.push_back(
        changed(format("{} has both halves now; {}: nobody has seen it", name.text(),
                       missing->told->by_firmware ? "that is firmware's word" : "that is the kernel's guess"),
                name.text()));
    if (question_ && question_->asks == Question::Asks::socket) question_->offered = offer(*question_);
}

void Mapping::prepare_check(const std::vector<std::string_view>& words, Reaction& reaction)
{
    if (words.size() == 1 && !latest_) return reaction.lines.push_back(refused("say which: verify NAME"));
    const auto name = words.size() == 1 ? *latest_ : ConnectorName(std::string(words[1]));
    const auto* connector = changeable(name.text(), reaction);
    if (connector == nullptr) return;
    const auto mux = route::find_mux(snapshot_);
    if (route::wiring_of(mux, connector->spec) == nullptr)
        return reaction.lines.push_back(
            refused(format("{} has no twin: this socket stays on its controller", name.text())));
    const auto devices = topology::devices_in(snapshot_, route::look_at(snapshot_, mux, connector->spec));
    const auto on_usb2 = [](const topology::Device* device) { return !device->speed.is_superspeed(); };
    const auto device = std::ranges::find_if(devices, on_usb2);
    if (device == devices.end())
        return reaction.lines.push_back(refused(format(
            "there is nothing in {} that could follow it: plug in something that is not SuperSpeed first",
            name.text())));
    if (holds_the_only_keyboard(snapshot_, devices))
        return reaction.lines.push_back(refused(format(
            "{} holds the only keyboard, and if it did not come back, you could not type: plug in a second one, or verify this socket with something else",
            name.text())));
    reaction.lines.push_back({.kind = Kind::note,
                              .text = format("{} will be gone for a moment", (*device)->shown()),
                              .fields = {}});
    consent_ = name;
    reaction.lines.push_back(
        {.kind = Kind::question, .text = {}, .fields = {{"verify", name.text()}, {"offered", "no"}}});
}

Reaction Mapping::checked(const TwinCheck& check)
{
    Reaction reaction;
    const auto& name = check.connector.text();
    const auto side = topology::text_of(check.moved_to);
    if (!check.seen) {
        reaction.lines.push_back(refused(format(
            "{} was moved to {} and the device did not appear there in time; nothing was learned, and it has been moved back",
            name, side)));
    } else if (check.seen == check.expected) {
        reaction.lines.push_back(
            {.kind = Kind::note,
             .text = format(
                 "right: moved to {}, the device came at {}, where the table has it, and was moved back",
                 side, check.seen->text()),
             .fields = {{"connector", name}, {"seen", check.seen->text()}}});
    } else {
        auto connectors = own();
        for (auto& connector : connectors) {
            if (connector.spec.name != check.connector) continue;
            std::erase_if(connector.spec.seen,
                          [&](const auto& p) { return p.controller == check.seen->controller; });
            connector.spec.seen.push_back(*check.seen);
        }
        if (adopt(connectors, reaction))
            reaction.lines.push_back(changed(
                format(
                    "the chip's table is wrong for this board: {} came at {} and not at {}; what was seen is kept. Please report it, with `usbroute record`",
                    name, check.seen->text(), check.expected ? check.expected->text() : "any place known"),
                name));
    }
    ask_next(reaction);
    return reaction;
}

std::vector<Line> Mapping::summary() const
{
    std::vector<Line> lines;
    std::size_t widest = 0;
    for (const auto& connector : settings_.connectors)
        widest = std::max(widest, connector.spec.name.text().size());
    for (const auto& connector : settings_.connectors)
        lines.push_back({.kind = Kind::note,
                         .text = format("{:<{}}  {}", connector.spec.name.text(), widest,
                                        places_text(connector, snapshot_)),
                         .fields = {{"connector", connector.spec.name.text()}}});
    if (lines.empty())
        lines.push_back({.kind = Kind::note, .text = "no socket has a name yet", .fields = {}});
    std::ranges::move(missing_halves(), std::back_inserter(lines));
    const auto mux = route::find_mux(snapshot_);
    if (!mux) return lines;
    std::vector<std::string> unnamed;
    for (const auto& spec : route::unnamed_connectors(*mux->family, settings_.specs()))
        unnamed.push_back(format("{}", spec.bit->value));
    if (!unnamed.empty())
        lines.push_back({.kind = Kind::note,
                         .text = format("without a name: {} {}; not every bit has a socket on every board",
                                        unnamed.size() == 1 ? "bit" : "bits", join(unnamed, ", ")),
                         .fields = {}});
    return lines;
}

std::vector<Line> Mapping::missing_halves() const
{
    std::vector<Line> lines;
    for (const auto& connector : settings_.connectors) {
        const auto missing = half_missing(connector);
        if (!missing) continue;
        const auto& name = connector.spec.name.text();
        lines.push_back(
            {.kind = Kind::note,
             .text = format(
                 "not learned: the {0} of {1}; moving {1} would leave {2} in it behind. To learn it, {3} into {1} here",
                 missing->name(), name, missing->left_behind(), missing->what_to_plug()),
             .fields = {{"connector", name}, {"half_missing", std::string(missing->name())}}});
    }
    return lines;
}

std::vector<Line> Mapping::conclusion() const
{
    std::vector<Line> lines;
    for (const auto& name : learned_)
        if (const auto* connector = settings_.connector(name))
            lines.push_back(
                {.kind = Kind::note,
                 .text = format("learned: {}, {}", name.text(), places_text(*connector, snapshot_)),
                 .fields = {{"connector", name.text()}}});
    std::ranges::move(missing_halves(), std::back_inserter(lines));
    return lines;
}

} // namespace usbroute::map
