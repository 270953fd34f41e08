// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "map/mapping.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "map/lines.hpp"
#include "map/names.hpp"

#include <algorithm>
#include <array>

namespace usbroute::map {

using config::ConnectorSettings;
using Kind = Line::Kind;

namespace {

void add_place(topology::ConnectorSpec& spec, const topology::ToldPlace& place)
{
    if (const auto* way = std::get_if<topology::WayPlace>(&place))
        spec.ways.push_back(*way);
    else
        spec.places.push_back(std::get<topology::UsbPlace>(place));
}

/// In place of the hub of that name, where there is one.
void put_in(std::vector<config::HubSettings>& hubs, const config::HubSettings& hub)
{
    const auto same = std::ranges::find(hubs, hub.spec.name, [](const auto& one) { return one.spec.name; });
    if (same == hubs.end())
        hubs.push_back(hub);
    else
        *same = hub;
}

std::expected<config::Settings, std::vector<config::Problem>> read(const Files& files)
{
    return config::parse(std::array{files.by_hand, files.by_map, files.by_answer});
}

std::string toml_of(std::vector<ConnectorSettings> connectors, std::vector<config::HubSettings> hubs)
{
    config::Settings settings;
    settings.connectors = std::move(connectors);
    settings.hubs = std::move(hubs);
    return config::to_toml(settings);
}

} // namespace

std::string_view text_of(Line::Kind kind)
{
    switch (kind) {
    case Kind::seen: return "seen";
    case Kind::known: return "known";
    case Kind::question: return "question";
    case Kind::named: return "named";
    case Kind::changed: return "changed";
    case Kind::note: return "note";
    case Kind::refused: return "refused";
    }
    return "note";
}

std::expected<Mapping, std::vector<config::Problem>> Mapping::create(Files files, topology::Snapshot first)
{
    auto settings = read(files);
    if (!settings) return std::unexpected(std::move(settings.error()));
    // The file is written whole, with connectors and hubs alone.
    const auto& ours = files.by_map.name;
    const auto strange = [&](const auto& list) {
        const auto found = std::ranges::find(list, ours, [](const auto& one) { return one.origin.file; });
        return found == list.end() ? std::optional<config::Origin>() : found->origin;
    };
    for (const auto& origin :
         {strange(settings->guests), strange(settings->profiles), strange(settings->listeners)})
        if (origin)
            return std::unexpected(std::vector{config::Problem{
                .origin = *origin,
                .message =
                    "map rewrites this whole file and would lose what is here; move it to usbroute.toml"}});
    const auto alone = config::parse(std::array{files.by_map});
    if (!alone) return std::unexpected(alone.error());
    if (!alone->toggle.empty())
        return std::unexpected(std::vector{config::Problem{
            .origin = {.file = ours, .line = 1, .column = 1},
            .message =
                "map rewrites this whole file and would lose its [toggle]; move it to usbroute.toml"}});
    return Mapping(std::move(files), std::move(*settings), std::move(first));
}

Mapping::Mapping(Files files, config::Settings settings, topology::Snapshot first)
    : files_(std::move(files)), settings_(std::move(settings)), snapshot_(std::move(first))
{}

std::string Mapping::free_name(std::string_view panel) const
{
    for (unsigned number = 1;; ++number) {
        auto name = format("{}-{}", panel, number);
        if (settings_.connector(ConnectorName(name)) == nullptr) return name;
    }
}

Reaction Mapping::answer(std::string_view typed)
{
    Reaction reaction;
    const auto said = words(typed);
    if (consent_) {
        const auto connector = *std::exchange(consent_, std::nullopt);
        if (!said.empty() && (said[0] == "y" || said[0] == "yes"))
            reaction.check_twin = connector;
        else
            reaction.lines.push_back(line(Kind::note, format("{} stays where it is", connector.text())));
        if (!reaction.check_twin) ask_next(reaction);
        return reaction;
    }
    if (!said.empty() && is_command(said[0])) {
        obey(said, reaction);
        return reaction;
    }
    if (!question_) {
        if (!said.empty())
            reaction.lines.push_back(line(
                Kind::refused,
                "nothing is waiting for a name: plug something in; `help` shows what else can be typed"));
        return reaction;
    }
    const auto take_answer = [&](const std::vector<std::string_view>& answered) {
        switch (question_->asks) {
        case Question::Asks::socket: return name(answered, reaction);
        case Question::Asks::hub: return name_hub(answered, reaction);
        case Question::Asks::apart: return tell_apart(answered, reaction);
        }
    };
    if (!said.empty()) {
        take_answer(said);
    } else if (question_->offered.empty()) {
        reaction.lines.push_back(line(Kind::note, "left without a name"));
        ask_next(reaction);
    } else {
        const std::string offered = question_->offered;
        take_answer({offered});
    }
    return reaction;
}

void Mapping::name(const std::vector<std::string_view>& said, Reaction& reaction)
{
    ConnectorSettings named;
    const std::string word = is_panel(said[0]) ? free_name(said[0]) : std::string(said[0]);
    if (const auto wrong = why_no_name(word)) {
        reaction.lines.push_back(line(Kind::refused, *wrong));
        return;
    }
    const bool same = said.size() == 2 && said[1] == "same";
    if (const auto* existing = settings_.connector(ConnectorName(word))) {
        add_to(*existing, same, reaction);
        return;
    }
    named.spec.name = ConnectorName(word);
    named.panel = said.size() > 1 ? std::string(said[1]) : std::string(panel_of(word));
    const auto at = place_of_name(word);
    named.column = at;
    if (said.size() == 4) {
        named.row = place_number(said[2]);
        named.column = place_number(said[3]);
    }
    const bool wrong_place = said.size() == 4 && (!named.row || !named.column);
    if (same || said.size() == 3 || said.size() > 4 || wrong_place) {
        reaction.lines.push_back(line(
            Kind::refused,
            "write a NAME, or NAME PANEL, or NAME PANEL ROW COLUMN with numbers from 1 to 99, as in: dac rear 2 3"));
        return;
    }
    name_anew(named, reaction);
}

void Mapping::name_anew(const ConnectorSettings& plain, Reaction& reaction)
{
    auto named = plain;
    const auto& sighting = question_->sighting;
    if (sighting.superspeed_port && !sighting.bit) {
        const auto pair = pairing_of(snapshot_, *sighting.superspeed_port);
        const bool taken = pair && std::ranges::any_of(settings_.connectors, [&](const ConnectorSettings& c) {
                               return c.spec.bit == pair->bit;
                           });
        if (!pair || !pair->by_firmware || taken) {
            reaction.lines.push_back(line(
                Kind::refused,
                "only the SuperSpeed half of this socket was seen so far: give the name of a connector that is known, or leave it (skip), plug something that is not SuperSpeed into the same socket, and come back to this"));
            return;
        }
        named.spec.bit = pair->bit;
    } else {
        named.spec.bit = sighting.bit;
    }
    named.spec.superspeed = sighting.superspeed_port;
    auto hubs = own_hubs();
    if (const auto& port = question_->on_hub) {
        named.spec.on_hubs.push_back({.hub = *port->name, .ports = port->ports});
        if (const auto& hub = question_->new_hub) put_in(hubs, *hub);
    } else if (!named.spec.bit) {
        for (const auto& half : halves_of(sighting)) add_place(named.spec, lasting_form(snapshot_, half));
    }

    auto connectors = own();
    connectors.push_back(named);
    if (!adopt(connectors, hubs, reaction)) return;
    if (!named.panel.empty()) panel_ = named.panel;
    latest_ = named.spec.name;
    note_learned(named.spec.name);
    reaction.lines.push_back(line(Kind::named, format("{} it is", named.spec.name.text()),
                                  {{"connector", named.spec.name.text()}}));
    say_what_is_missing(named.spec.name, reaction);
    ask_next(reaction);
}

/// The other half of a socket that has its name; or the same hole at a place where the table has another one.
void Mapping::add_to(const ConnectorSettings& existing, bool same, Reaction& reaction)
{
    const auto called = existing.spec.name; // what it stands in is replaced below
    const auto& name = called.text();
    if (changeable(name, reaction) == nullptr) return;
    auto connectors = own();
    auto& spec = std::ranges::find(connectors, called, [](const auto& c) { return c.spec.name; })->spec;
    const auto& sighting = question_->sighting;
    const auto refuse = [&](std::string text) {
        reaction.lines.push_back(line(Kind::refused, std::move(text)));
    };

    bool took_both = false;
    if (!sighting.bit && !sighting.superspeed_port) {
        if (spec.bit || spec.behind || !spec.on_hubs.empty() || question_->on_hub)
            return refuse(format("{} is already another socket; give another name", name));
        auto there = spec;
        topology::locate(snapshot_, there);
        const auto is_new = [&](const topology::UsbPlace& half) {
            return std::ranges::find(there.places, half) == there.places.end();
        };
        const auto seen = [&](const topology::UsbPlace& half) {
            return half == sighting.usb2 || half == sighting.superspeed;
        };
        std::vector<topology::UsbPlace> added;
        for (const auto& half : halves_of(sighting)) {
            if (!is_new(half)) continue;
            const bool is_second = names_half(spec, half.superspeed);
            // What a person sees counts more than what firmware says.
            if (is_second && !seen(half)) continue;
            if (is_second && !same)
                return refuse(format(
                    "{} is already another socket; if it really is the same hole, type `{} same`, otherwise give another name",
                    name, name));
            added.push_back(half);
        }
        for (const auto& half : added) add_place(spec, lasting_form(snapshot_, half));
        took_both = names_half(spec, true) && names_half(spec, false) && !same;
    } else if (!spec.bit) {
        return refuse(
            format("{} has no bit of XUSB2PR; give another name, or `remove {}` first", name, name));
    } else {
        if (sighting.bit && sighting.bit != spec.bit && !same)
            return refuse(format(
                "{} is bit {} so far, but according to the chip table this is bit {}. If it is the same hole, the table is wrong for this board: type `{} same`, and what was seen is kept instead. Otherwise give another name",
                name, spec.bit->value, sighting.bit->value, name));
        if (sighting.superspeed_port && spec.superspeed && spec.superspeed != sighting.superspeed_port &&
            !same)
            return refuse(format("{} has SuperSpeed port {} so far; if it is this one, type `{} same`", name,
                                 spec.superspeed->value, name));
        if (sighting.bit && sighting.bit != spec.bit) {
            std::erase_if(spec.seen,
                          [&](const auto& p) { return p.controller == sighting.usb2->controller; });
            spec.seen.push_back(*sighting.usb2);
        }
        if (sighting.superspeed_port) spec.superspeed = sighting.superspeed_port;
    }
    if (!adopt(connectors, reaction)) return;
    latest_ = called;
    note_learned(called);
    const auto half = sighting.superspeed_port && !sighting.bit
                          ? format("{} has SuperSpeed port {}", name, sighting.superspeed_port->value)
                      : took_both ? format("{} has both halves now", name)
                                  : format("{} also has this place", name);
    reaction.lines.push_back(line(Kind::changed, half, {{"connector", name}}));
    say_what_is_missing(called, reaction);
    ask_next(reaction);
}

Mapping::Connectors Mapping::own() const
{
    Connectors connectors;
    std::ranges::copy_if(
        settings_.connectors, std::back_inserter(connectors),
        [&](const ConnectorSettings& connector) { return connector.origin.file == files_.by_map.name; });
    return connectors;
}

Mapping::Hubs Mapping::own_hubs() const
{
    Hubs hubs;
    std::ranges::copy_if(settings_.hubs, std::back_inserter(hubs), [&](const config::HubSettings& hub) {
        return hub.origin.file == files_.by_map.name;
    });
    return hubs;
}

bool Mapping::adopt(const Connectors& connectors, Reaction& reaction)
{
    return adopt(connectors, own_hubs(), reaction);
}

void Mapping::note_learned(const ConnectorName& name)
{
    if (std::ranges::find(learned_, name) == learned_.end()) learned_.push_back(name);
}

bool Mapping::adopt(const Connectors& connectors, const Hubs& hubs, Reaction& reaction)
{
    auto files = files_;
    files.by_map.text = toml_of(connectors, hubs);
    auto settings = read(files);
    if (!settings) {
        for (const auto& problem : settings.error())
            reaction.lines.push_back(line(Kind::refused, problem.message));
        return false;
    }
    files_ = std::move(files);
    settings_ = std::move(*settings);
    reaction.save = true;
    return true;
}

const ConnectorSettings* Mapping::changeable(std::string_view name, Reaction& reaction) const
{
    const auto* connector = settings_.connector(ConnectorName(std::string(name)));
    if (connector == nullptr) {
        const auto all = texts_of(settings_.connectors, [](const auto& one) { return one.spec.name.text(); });
        const auto near = nearest(name, all);
        reaction.lines.push_back(
            line(Kind::refused, format("there is no connector {}{}", printable(name, 64),
                                       near ? format("; did you mean {}?", *near) : "")));
        return nullptr;
    }
    if (connector->origin.file == files_.by_map.name) return connector;
    reaction.lines.push_back(
        line(Kind::refused, format("{} is in {}, which is written by hand: change it there",
                                   connector->spec.name.text(), connector->origin.text())));
    return nullptr;
}

std::string Mapping::connectors_toml() const
{
    return "# `usbroute map` rewrites this whole file each time a socket gets a name. What is added here by hand and is\n# not part of a connector or a hub is lost then; put it into usbroute.toml.\n\n" +
           files_.by_map.text;
}

std::string Mapping::prompt() const
{
    if (consent_) return format("move {} to its twin and back, now? [y/N] ", consent_->text());
    if (!question_) return "plug something in, or type done> ";
    if (question_->asks == Question::Asks::hub) return format("name of the hub? [{}] ", question_->offered);
    if (question_->asks == Question::Asks::apart) return format("serial or at? [{}] ", question_->offered);
    return question_->offered.empty() ? "name? [skip] " : format("name? [{}] ", question_->offered);
}

} // namespace usbroute::map
