// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "map/lines.hpp"
#include "map/mapping.hpp"
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
    for (const auto& hub : settings_.hubs) hubs.push_back(look_for(snapshot_, hub.spec, settings_.specs()));
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
        const bool new_half = sighting.superspeed_port && sighting.bit && !connector->spec.superspeed;
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

void Mapping::ask(Sighting sighting, Reaction& reaction)
{
    auto offered = offer(sighting);
    if (sighting.superspeed_port && !sighting.bit) {
        const auto pair = pairing_of(snapshot_, *sighting.superspeed_port);
        std::string why = "which connector's SuperSpeed half is it?";
        if (pair && !offered.empty())
            why = pair->by_firmware
                      ? format("firmware pairs it with {}", offered)
                      : format("the kernel guesses, from equal numbers, that it is {}", offered);
        reaction.lines.push_back(line(Kind::note, why));
    }
    auto fields = fields_of(sighting);
    fields.emplace_back("offered", offered);
    question_ = Question{.sighting = std::move(sighting), .offered = std::move(offered)};
    reaction.lines.push_back(line(Kind::question, {}, std::move(fields)));
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

std::string Mapping::offer(const Sighting& sighting) const
{
    if (const auto* connector = known(sighting)) return connector->spec.name.text();
    if (sighting.superspeed_port && !sighting.bit) {
        const auto pair = pairing_of(snapshot_, *sighting.superspeed_port);
        if (!pair) return {};
        const auto connector = std::ranges::find_if(
            settings_.connectors, [&](const ConnectorSettings& c) { return c.spec.bit == pair->bit; });
        const bool free = connector != settings_.connectors.end() && !connector->spec.superspeed;
        return free ? connector->spec.name.text() : std::string();
    }
    return free_name(sighting.built_in || sighting.receiver ? "internal" : panel_);
}

} // namespace usbroute::map
