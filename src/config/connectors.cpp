// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "config/sections.hpp"
#include "route/wiring.hpp"

#include <algorithm>

namespace usbroute::config {

namespace {

using topology::HubPlace;
using topology::UsbPlace;
using topology::WayPlace;

constexpr std::size_t most_places = 4;
constexpr std::string_view places_rule =
    R"(a list of 1 to 4 places such as "0000:00:14.0/2.1" or "0000:00:14.0/ss3.1")";
constexpr std::string_view place_rule =
    R"(a controller and its ports, such as "0000:00:14.0/2.1" or "0000:00:14.0/ss3.1", the same by device.function from the root port down, such as "00:01.2/00.0 5", or a port of a hub, such as "desk/2")";
constexpr std::size_t most_seen = 2; // the xHCI and one EHCI
constexpr std::string_view seen_rule = R"(a list of 1 or 2 places such as "0000:00:14.0/9")";

void read_mux(Fields& fields, topology::ConnectorSpec& spec)
{
    if (const auto bit = fields.number("mux_bit", {0, 31}))
        spec.bit = chips::MuxBit{static_cast<std::uint8_t>(*bit)};
    if (const auto port = fields.number("superspeed", {1, 15}))
        spec.superspeed = chips::SuperSpeedPort{static_cast<std::uint8_t>(*port)};

    if (fields.has("superspeed") && !fields.has("mux_bit"))
        fields.scope().problem(
            fields.node("superspeed")->place,
            R"(superspeed is only for mux_bit; in usb, write the SuperSpeed half as "0000:00:14.0/ss3")");
}

/// A function on a root bus is the same in both forms.
std::optional<UsbPlace> by_address(const WayPlace& place)
{
    if (!place.way.below.empty()) return std::nullopt;
    return UsbPlace{.controller = place.way.root, .superspeed = place.superspeed, .ports = place.ports};
}

template <class Place>
void add_once(std::vector<Place>& places, Place place, const Node& entry, const Scope& scope)
{
    if (std::ranges::find(places, place) != places.end())
        return scope.problem(entry.place, format("{} is listed twice in usb; keep one", place.text()));
    places.push_back(std::move(place));
}

void read_places(Fields& fields, topology::ConnectorSpec& spec, Intake& reading)
{
    const auto* list = fields.list("usb", places_rule);
    if (list == nullptr) return;
    const auto& scope = fields.scope();
    if (list->empty() || list->size() > most_places) {
        scope.wrong_value(fields.node("usb")->place, "usb", size_of(*list), places_rule);
        return;
    }
    const auto others = reading.hub_ports.size();
    for (const auto& entry : *list) {
        const auto* text = text_entry(scope, entry, "usb", R"(a place such as "0000:00:14.0/2.1")");
        if (text == nullptr) continue;
        if (auto place = UsbPlace::parse(*text)) {
            add_once(spec.places, std::move(*place), entry, scope);
        } else if (auto way = WayPlace::parse(*text)) {
            add_once(spec.ways, std::move(*way), entry, scope);
        } else if (auto port = HubPlace::parse(*text)) {
            reading.hub_ports.push_back({.origin = scope.at(entry.place), .port = *port});
            add_once(spec.on_hubs, std::move(*port), entry, scope);
        } else {
            scope.wrong_value(entry.place, "a place in usb", in_quotes(*text), place_rule);
        }
    }
    if (spec.places.empty() && spec.ways.empty()) return;
    for (auto i = others; i < reading.hub_ports.size(); ++i)
        reading.hub_ports[i].is_beside_controllers = true;
}

/// Where the socket's USB 2 half was seen; one place a controller, and none of the SuperSpeed half.
void read_seen(Fields& fields, topology::ConnectorSpec& spec)
{
    const auto* list = fields.list("seen", seen_rule);
    if (list == nullptr) return;
    const auto& scope = fields.scope();
    if (!fields.has("mux_bit"))
        scope.problem(fields.node("seen")->place,
                      "seen corrects what the chip table says about a mux_bit; without mux_bit, write usb");
    if (list->empty() || list->size() > most_seen) {
        scope.wrong_value(fields.node("seen")->place, "seen", size_of(*list), seen_rule);
        return;
    }
    for (const auto& entry : *list) {
        const auto* text = text_entry(scope, entry, "seen", R"(a place such as "0000:00:14.0/9")");
        if (text == nullptr) continue;
        auto place = UsbPlace::parse(*text);
        // The mux's controllers are on the root bus, where both forms say the same.
        if (const auto way = WayPlace::parse(*text)) place = by_address(*way);
        if (!place || place->superspeed)
            scope.wrong_value(entry.place, "a place in seen", in_quotes(*text),
                              R"(a controller and its USB 2 ports, such as "0000:00:14.0/9")");
        else if (std::ranges::find(spec.seen, place->controller, &UsbPlace::controller) != spec.seen.end())
            scope.problem(entry.place,
                          format("{} is listed twice in seen; a socket has one place on each controller",
                                 place->controller.text()));
        else
            spec.seen.push_back(*place);
    }
}

void read_behind(Fields& fields, topology::ConnectorSpec& spec)
{
    constexpr std::string_view rule = R"(a connector and the port of the hub there, such as "front-left/2")";
    const auto* text = fields.text("behind", rule);
    if (text == nullptr) return;
    spec.behind = topology::BehindConnector::parse(*text);
    if (!spec.behind) fields.wrong_text("behind", rule);
    for (const auto* key : {"mux_bit", "usb", "seen", "superspeed"})
        if (fields.has(key))
            fields.scope().problem(
                fields.node(key)->place,
                format(
                    "{} and behind exclude each other: a hole of a hub moves with the socket that the hub is in",
                    key));
}

void check_one_way_of_naming(const NamedTable& named, Fields& fields)
{
    const bool mux = fields.has("mux_bit");
    const bool usb = fields.has("usb");
    if (fields.has("behind")) return;
    if (mux && usb)
        fields.scope().problem(
            fields.node("usb")->place,
            format("{} has mux_bit and usb; keep mux_bit where the board has the mux, usb elsewhere",
                   named.label));
    if (!mux && !usb)
        fields.scope().problem(
            named.place,
            format(
                "{} does not say which socket it is; give it mux_bit = 0 to 31, or on a board "
                R"(without the mux usb = ["0000:00:14.0/2.1"], or for a port of a hub usb = ["desk/2"] with [hub.desk], behind a socket of the mux behind = "front-left/2")",
                named.label));
}

/// "bit5" is what an unnamed socket is called; as a name for another socket it would mislead.
void check_reserved_name(const NamedTable& named, Fields& fields, const topology::ConnectorSpec& spec)
{
    const auto meant = route::bit_of_unnamed(named.name);
    if (!meant || spec.bit == meant || (fields.has("mux_bit") && !spec.bit)) return;
    fields.scope().problem(
        named.place, format("the name {} means the socket of bit {}; give it mux_bit = {} or another name",
                            in_quotes(named.name), meant->value, meant->value));
}

void read_picture(Fields& fields, ConnectorSettings& connector)
{
    if (const auto* panel = fields.text("panel", "the name of a panel")) {
        if (is_plain_name(*panel))
            connector.panel = *panel;
        else
            fields.wrong_text("panel", plain_name_rule);
    }
    connector.row = fields.number("row", {1, 99});
    connector.column = fields.number("column", {1, 99});
}

void read_expect(Fields& fields, topology::ConnectorSpec& spec)
{
    constexpr std::string_view rule =
        R"(the ids of what is plugged in there, as lsusb prints them, such as "10c4:ea60")";
    const auto* text = fields.text("expect", rule);
    if (text == nullptr) return;
    spec.expect = UsbIds::parse(*text);
    if (!spec.expect) fields.wrong_text("expect", rule);
    if (spec.behind)
        fields.scope().problem(
            fields.node("expect")->place,
            format(
                "expect and behind exclude each other: a hole of a hub moves with {}, so what may move is said there",
                spec.behind->socket.text()));
}

/// Two names for one socket: whichever moves it, the other would be shown wrong.
void check_not_taken(Fields& fields, const ConnectorSettings& connector, const Settings& settings)
{
    const auto check = [&](std::string_view key, const std::string& what, const auto& holds,
                           const std::string& advice = {}) {
        const auto first = std::ranges::find_if(settings.connectors, holds, &ConnectorSettings::spec);
        if (first == settings.connectors.end()) return;
        fields.scope().problem(fields.node(key)->place,
                               format("{} of {} already belongs to {} ({}){}", what,
                                      in_quotes(connector.spec.name.text()),
                                      in_quotes(first->spec.name.text()), first->origin.text(),
                                      advice.empty() ? "" : advice + first->spec.name.text() + "/2\""));
    };
    using Spec = topology::ConnectorSpec;
    const auto& spec = connector.spec;
    if (spec.bit)
        check(
            "mux_bit", format("mux_bit {}", spec.bit->value),
            [&](const Spec& s) { return s.bit == spec.bit; },
            "; two holes behind one hub are one connector: give both the same name, or name the second by its port of the hub: behind = \"");
    if (spec.superspeed)
        check("superspeed", format("superspeed {}", spec.superspeed->value),
              [&](const Spec& s) { return s.superspeed == spec.superspeed; });
    const auto has = [](const auto& places, const auto& place) {
        return std::ranges::find(places, place) != places.end();
    };
    for (const auto& place : spec.places)
        check("usb", format("usb {}", place.text()), [&](const Spec& s) {
            return has(s.places, place) ||
                   std::ranges::any_of(s.ways, [&](const WayPlace& way) { return by_address(way) == place; });
        });
    for (const auto& way : spec.ways)
        check("usb", format("usb {}", way.text()), [&](const Spec& s) {
            const auto same = by_address(way);
            return has(s.ways, way) || (same && has(s.places, *same));
        });
    for (const auto& port : spec.on_hubs)
        check("usb", format("usb {}", port.text()), [&](const Spec& s) { return has(s.on_hubs, port); });
    for (const auto& place : spec.seen)
        check("seen", format("seen {}", place.text()),
              [&](const Spec& s) { return std::ranges::find(s.seen, place) != s.seen.end(); });
}

} // namespace

void read_connectors(const Document& document, Intake& reading)
{
    for (const auto& named : named_tables(document, Section::connector, reading)) {
        Fields fields({&document.file, &reading.problems}, *named.table, named.label);
        ConnectorSettings connector;
        connector.spec.name = ConnectorName(named.name);
        connector.origin = named.origin;
        read_mux(fields, connector.spec);
        read_places(fields, connector.spec, reading);
        read_seen(fields, connector.spec);
        read_behind(fields, connector.spec);
        read_expect(fields, connector.spec);
        read_picture(fields, connector);
        fields.report_unknown_keys();

        check_one_way_of_naming(named, fields);
        check_reserved_name(named, fields, connector.spec);
        check_not_taken(fields, connector, reading.settings);
        reading.settings.connectors.push_back(std::move(connector));
    }
}

void check_behind(const Document& document, Intake& reading)
{
    const auto& connectors = reading.settings.connectors;
    for (const auto& connector : connectors) {
        const auto& behind = connector.spec.behind;
        if (!behind || connector.origin.file != document.file || !reading.complete) continue;
        const auto first = std::ranges::find(connectors, behind->socket,
                                             [](const ConnectorSettings& c) { return c.spec.name; });
        const auto name = in_quotes(connector.spec.name.text());
        const auto socket = in_quotes(behind->socket.text());
        if (first == connectors.end()) {
            reading.problems.add(
                connector.origin,
                format("{} is behind {}, and there is no connector with that name", name, socket));
        } else if (!first->spec.bit) {
            reading.problems.add(
                connector.origin,
                format(
                    "{} is behind {}, which has no mux_bit; behind is for a socket of the mux, elsewhere write usb",
                    name, socket));
        }
        const auto twice = std::ranges::find_if(connectors, [&](const ConnectorSettings& c) {
            return &c < &connector && !behind->ports.empty() && c.spec.behind == behind;
        });
        if (twice != connectors.end())
            reading.problems.add(connector.origin,
                                 format("behind {} of {} already belongs to {} ({})", behind->text(), name,
                                        in_quotes(twice->spec.name.text()), twice->origin.text()));
    }
}

} // namespace usbroute::config
