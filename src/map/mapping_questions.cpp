// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "map/lines.hpp"
#include "map/mapping.hpp"
#include "map/names.hpp"
#include "route/superspeed_halves.hpp"
#include "topology/named_hub.hpp"

#include <algorithm>
#include <array>

/// From a device that appears to the question what its socket is called.
namespace usbroute::map {

using config::ConnectorSettings;
using Kind = Line::Kind;

namespace {

/// More than a person can plug in while a question waits; a storm of events ends here.
constexpr std::size_t most_waiting = 32;

} // namespace

Reaction Mapping::look(topology::Snapshot now)
{
    Reaction reaction;
    auto seen = sightings(snapshot_, now);
    snapshot_ = std::move(now);
    for (auto& sighting : seen) take(std::move(sighting), reaction);
    return reaction;
}

Reaction Mapping::present()
{
    Reaction reaction;
    for (auto& sighting : sightings(snapshot_))
        if (known(sighting) == nullptr) take(std::move(sighting), reaction);
    if (reaction.lines.empty())
        reaction.lines.push_back(
            line(Kind::note, "everything that is plugged in is in a socket with a name"));
    return reaction;
}

/// The connector of the configuration that has this socket, by bit, SuperSpeed port or place.
const ConnectorSettings* Mapping::known(const Sighting& sighting) const
{
    std::vector<topology::NamedHub> hubs;
    const auto pairs = located_specs(snapshot_, settings_);
    for (const auto& hub : settings_.hubs) hubs.push_back(look_for(snapshot_, hub.spec, pairs));
    const auto is_on_its_hub = [&](const topology::ConnectorSpec& spec) {
        topology::Connector connector;
        connector.spec = spec;
        put_on_hubs(connector, snapshot_, hubs);
        const auto places = connector.all_places();
        return std::ranges::any_of(std::array{sighting.usb2, sighting.superspeed}, [&](const auto& half) {
            const auto path = half ? path_of(snapshot_, *half) : std::nullopt;
            return path && std::ranges::find(places, *path) != places.end();
        });
    };
    const auto has = [&](const ConnectorSettings& connector) {
        auto spec = connector.spec;
        topology::locate(snapshot_, spec);
        if (!spec.on_hubs.empty()) return is_on_its_hub(spec);
        const auto contains = [](const auto& places, const auto& place) {
            return place && std::ranges::find(places, *place) != places.end();
        };
        if (sighting.usb2 && contains(spec.seen, sighting.usb2)) return true;
        const bool moved_away = std::ranges::any_of(spec.seen, [&](const topology::UsbPlace& place) {
            return sighting.usb2 && place.controller == sighting.usb2->controller;
        });
        if (sighting.bit) return spec.bit == sighting.bit && !moved_away;
        if (sighting.superspeed_port) return spec.superspeed == sighting.superspeed_port;
        return contains(spec.places, sighting.usb2) || contains(spec.places, sighting.superspeed);
    };
    const auto found = std::ranges::find_if(settings_.connectors, has);
    return found == settings_.connectors.end() ? nullptr : &*found;
}

void Mapping::take(Sighting sighting, Reaction& reaction)
{
    if (question_ && belong_together(question_->sighting, sighting)) {
        auto& open = question_->sighting;
        if (!open.usb2) std::swap(open, sighting);
        open.superspeed = sighting.superspeed;
        open.superspeed_port = sighting.superspeed_port;
        reaction.lines.push_back(
            line(Kind::seen, "its other half has come: " + text_of(open, snapshot_), fields_of(open)));
        return;
    }
    const bool asked_already = question_ && question_->sighting.usb2 == sighting.usb2 &&
                               question_->sighting.superspeed == sighting.superspeed;
    const bool waits_already = std::ranges::any_of(waiting_, [&](const Sighting& other) {
        return other.usb2 == sighting.usb2 && other.superspeed == sighting.superspeed;
    });
    if (asked_already || waits_already) return; // a device that connects twice, or was pulled and put back

    auto text = text_of(sighting, snapshot_);
    if (!sighting.has_a_lasting_name()) {
        reaction.lines.push_back(line(
            Kind::note,
            text +
                ": this controller is not a PCI function and has no lasting name; the socket cannot be named"));
        return;
    }
    if (const auto* connector = known(sighting)) {
        auto fields = fields_of(sighting);
        fields.emplace_back("connector", connector->spec.name.text());
        latest_ = connector->spec.name;
        const auto& spec = connector->spec;
        const bool by_place = !spec.bit && !spec.behind && spec.on_hubs.empty();
        const bool new_half = by_place ? std::ranges::any_of(halves_of(sighting),
                                                             [&](const topology::UsbPlace& half) {
                                                                 return !names_half(spec, half.superspeed);
                                                             })
                                       : sighting.superspeed_port && sighting.bit && !spec.superspeed;
        if (!new_half) {
            reaction.lines.push_back(line(Kind::known,
                                          format("{} is already {}", text, connector->spec.name.text()),
                                          std::move(fields)));
            return;
        }
    }
    reaction.lines.push_back(line(Kind::seen, std::move(text), fields_of(sighting)));
    if (!question_ && !consent_)
        ask(std::move(sighting), reaction);
    else if (waiting_.size() < most_waiting)
        waiting_.push_back(std::move(sighting));
}

std::vector<topology::UsbPlace> Mapping::halves_of(const Sighting& sighting) const
{
    std::vector<topology::UsbPlace> halves;
    for (const auto& half : {sighting.usb2, sighting.superspeed})
        if (half) halves.push_back(*half);
    if (halves.size() != 1) return halves;
    const auto other = topology::other_half_of(snapshot_, halves.front());
    const auto* holder = other ? holder_of(other->place) : nullptr;
    if (other && other->by_firmware && (holder == nullptr || holder == holder_of(halves.front())))
        halves.push_back(other->place);
    return halves;
}

const ConnectorSettings* Mapping::holder_of(const topology::UsbPlace& place) const
{
    const auto has = [&](const ConnectorSettings& connector) {
        auto spec = connector.spec;
        topology::locate(snapshot_, spec);
        return std::ranges::find(spec.places, place) != spec.places.end();
    };
    const auto found = std::ranges::find_if(settings_.connectors, has);
    return found == settings_.connectors.end() ? nullptr : &*found;
}

/// What is known of the half that was not seen, one sentence; empty: nothing, or there is none.
std::string Mapping::whose_half(const Sighting& sighting, std::string_view offered) const
{
    if (sighting.bit || sighting.superspeed_port || (sighting.usb2 && sighting.superspeed)) return {};
    const auto& seen = sighting.usb2 ? *sighting.usb2 : *sighting.superspeed;
    const auto* half = seen.superspeed ? "SuperSpeed half" : "USB 2 half";
    const auto* other_name = seen.superspeed ? "USB 2 half" : "SuperSpeed half";
    const auto other = topology::other_half_of(snapshot_, seen);
    const auto* holder = other ? holder_of(other->place) : nullptr;
    if (holder != nullptr && holder->spec.name.text() == offered && holder_of(seen) == nullptr)
        return format("{} that this is the {} of {}", other->said(), half, offered);
    if (other && other->by_firmware && holder == nullptr)
        return format("firmware says that its {} is {}", other_name, other->place.text());
    if (!seen.superspeed && !other) return {};
    std::vector<std::string> lacking;
    for (const auto& connector : settings_.connectors) {
        const auto missing = half_missing(connector);
        if (missing && missing->superspeed == seen.superspeed) lacking.push_back(connector.spec.name.text());
    }
    if (lacking.empty()) return {};
    return format("if this socket has a name already, type that name: the {} of {} is not known yet", half,
                  join(lacking, ", "));
}

std::optional<topology::UnknownHalf> Mapping::half_missing(const ConnectorSettings& connector) const
{
    if (auto half = topology::unknown_half(snapshot_, connector.spec, settings_.specs())) return half;
    return route::unknown_superspeed(snapshot_, route::find_mux(snapshot_), connector.spec,
                                     settings_.specs());
}

void Mapping::say_what_is_missing(const ConnectorName& name, Reaction& reaction) const
{
    const auto* connector = settings_.connector(name);
    const auto missing = connector == nullptr ? std::nullopt : half_missing(*connector);
    if (!missing) return;
    auto text = format("the {} of {} was not learned: {} into the same socket", missing->name(), name.text(),
                       missing->what_to_plug());
    if (missing->told)
        text += format("; {} that it is {} (`pair {}` takes that word for it)", missing->told->said(),
                       missing->told->place.text(), name.text());
    reaction.lines.push_back(
        line(Kind::note, std::move(text),
             {{"connector", name.text()}, {"half_missing", std::string(missing->name())}}));
}

void Mapping::ask(Sighting sighting, Reaction& reaction)
{
    Question question{.sighting = std::move(sighting), .offered = {}};
    if (known(question.sighting) == nullptr)
        question.on_hub = hub_socket_of(snapshot_, question.sighting, settings_);
    if (const auto& port = question.on_hub; port && !port->name) {
        if (port->hub) question.unnamed_hub = hub_to_name(snapshot_, *port->hub);
        if (!question.unnamed_hub) {
            reaction.lines.push_back(line(
                Kind::refused,
                format(
                    "this is port {} of the hub {}, seen with SuperSpeed, and a hub is known by its USB 2 half, which was not found: plug something that is not USB 3 into the same port of the hub",
                    port->port_text(), port->shown)));
            return;
        }
    }
    question_ = std::move(question);
    if (question_->unnamed_hub) {
        reaction.lines.push_back(line(
            Kind::note,
            format(
                "this is port {} of the hub {}: name the hub? Its sockets go with it, wherever its cable goes",
                question_->on_hub->port_text(), question_->on_hub->shown)));
        std::string offered;
        for (unsigned number = 1; offered.empty(); ++number)
            if (auto free = format("hub-{}", number);
                std::ranges::none_of(settings_.hubs, [&](const config::HubSettings& hub) {
                    return hub.spec.name.text() == free;
                }))
                offered = std::move(free);
        return ask_for(Question::Asks::hub, std::move(offered), reaction);
    }
    ask_for_the_socket(reaction);
}

void Mapping::ask_for(Question::Asks what, std::string offered, Reaction& reaction)
{
    question_->asks = what;
    question_->offered = std::move(offered);
    auto fields = fields_of(question_->sighting);
    if (what != Question::Asks::socket)
        fields.emplace_back("asks", what == Question::Asks::hub ? "hub" : "apart");
    fields.emplace_back("offered", question_->offered);
    reaction.lines.push_back(line(Kind::question, {}, std::move(fields)));
}

void Mapping::ask_for_the_socket(Reaction& reaction)
{
    auto offered = offer(*question_);
    const auto& sighting = question_->sighting;
    if (sighting.superspeed_port && !sighting.bit) {
        const auto pair = pairing_of(snapshot_, *sighting.superspeed_port);
        std::string why = "which connector's SuperSpeed half is it?";
        if (pair && !offered.empty())
            why = pair->by_firmware
                      ? format("firmware pairs it with {}", offered)
                      : format("the kernel guesses, from equal numbers, that it is {}", offered);
        reaction.lines.push_back(line(Kind::note, why));
    } else if (!question_->on_hub) {
        if (auto half = whose_half(sighting, offered); !half.empty())
            reaction.lines.push_back(line(Kind::note, std::move(half)));
    }
    ask_for(Question::Asks::socket, std::move(offered), reaction);
}

void Mapping::name_hub(const std::vector<std::string_view>& said, Reaction& reaction)
{
    const auto refuse = [&](std::string text) {
        reaction.lines.push_back(line(Kind::refused, std::move(text)));
    };
    if (said.size() != 1) return refuse("write one NAME for the hub, as in: desk; or skip");
    if (const auto wrong = why_no_name(said[0])) return refuse(*wrong);
    const HubName name{std::string(said[0])};
    const auto& unnamed = *question_->unnamed_hub;
    const auto same =
        std::ranges::find(settings_.hubs, name, [](const config::HubSettings& hub) { return hub.spec.name; });
    if (same != settings_.hubs.end()) {
        const auto shown = topology::shown(same->spec);
        if (same->spec.id != unnamed.spec.id)
            return refuse(format("{} is another hub; give another name", shown));
        if (same->origin.file != files_.by_map.name)
            return refuse(
                format("{} is in {}, which is written by hand: change it there, or give another name", shown,
                       same->origin.text()));
    }
    question_->new_hub = config::HubSettings{.spec = unnamed.spec, .origin = {}};
    question_->new_hub->spec.name = name;
    question_->on_hub->name = name;
    if (unnamed.others.empty()) return ask_for_the_socket(reaction);
    auto text = format("there is another hub of this model at {}: ", join(unnamed.others, " and "));
    text +=
        unnamed.serial.empty()
            ? format(
                  "neither has a serial number of its own; Enter tells this one by where it is plugged in (at), {}, and it has to stay there",
                  topology::text_of(*unnamed.at))
            : format("tell this one by its serial number {} (serial), or by where it is plugged in (at), {}?",
                     unnamed.serial, topology::text_of(*unnamed.at));
    reaction.lines.push_back(line(Kind::note, std::move(text)));
    ask_for(Question::Asks::apart, unnamed.serial.empty() ? "at" : "serial", reaction);
}

void Mapping::tell_apart(const std::vector<std::string_view>& said, Reaction& reaction)
{
    const auto& unnamed = *question_->unnamed_hub;
    auto& spec = question_->new_hub->spec;
    if (said.size() == 1 && said[0] == "at") {
        spec.at = unnamed.at;
    } else if (said.size() == 1 && said[0] == "serial" && !unnamed.serial.empty()) {
        spec.serial = unnamed.serial;
    } else {
        reaction.lines.push_back(line(
            Kind::refused, unnamed.serial.empty() ? "no serial number tells the two apart; type at, or skip"
                                                  : "type serial or at, or skip"));
        return;
    }
    ask_for_the_socket(reaction);
}

void Mapping::ask_next(Reaction& reaction)
{
    question_.reset();
    while (!question_ && !waiting_.empty()) {
        auto next = std::move(waiting_.front());
        waiting_.pop_front();
        if (known(next) != nullptr) continue; // named while it waited
        reaction.lines.push_back(line(Kind::seen, text_of(next, snapshot_), fields_of(next)));
        ask(std::move(next), reaction);
    }
}

std::string Mapping::offer(const Question& question) const
{
    const auto& sighting = question.sighting;
    if (const auto* connector = known(sighting)) return connector->spec.name.text();
    if (const auto& port = question.on_hub) {
        auto name = format("{}-{}", port->name->text(), port->port_text());
        const bool is_free = settings_.connector(ConnectorName(name)) == nullptr && !why_no_name(name);
        return is_free ? name : free_name(port->name->text());
    }
    if (sighting.superspeed_port && !sighting.bit) {
        const auto pair = pairing_of(snapshot_, *sighting.superspeed_port);
        if (!pair) return {};
        const auto connector = std::ranges::find_if(
            settings_.connectors, [&](const ConnectorSettings& c) { return c.spec.bit == pair->bit; });
        const bool free = connector != settings_.connectors.end() && !connector->spec.superspeed;
        return free ? connector->spec.name.text() : std::string();
    }
    if (!sighting.bit && sighting.usb2.has_value() != sighting.superspeed.has_value()) {
        const auto& seen = sighting.usb2 ? *sighting.usb2 : *sighting.superspeed;
        const auto other = topology::other_half_of(snapshot_, seen);
        const auto* holder = other ? holder_of(other->place) : nullptr;
        if (holder != nullptr && !names_half(holder->spec, seen.superspeed)) return holder->spec.name.text();
    }
    return free_name(sighting.built_in || sighting.receiver ? "internal" : panel_);
}

} // namespace usbroute::map
