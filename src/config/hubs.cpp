// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "config/sections.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::config {

namespace {

constexpr std::string_view hub_id_rule =
    R"(the ids of the hub's USB 2 half, as lsusb prints them, such as "2109:2813")";
constexpr std::string_view hub_at_rule =
    R"(where the hub is plugged in, its USB 2 half: a controller and its ports, such as "0000:00:14.0/2", or by device.function from the root port down, such as "00:01.2/00.0 5")";
/// A string descriptor has at most 126 characters (USB 2.0, 9.6.7), each of at most 3 bytes in UTF-8.
constexpr std::size_t longest_serial = 378;
constexpr std::string_view hub_serial_rule =
    "the serial number of the hub's USB 2 half, as `lsusb -v` prints it: not empty, without control characters";

bool is_superspeed(const topology::ToldPlace& place)
{
    return std::visit([](const auto& one) { return one.superspeed; }, place);
}

void read_id(const NamedTable& named, Fields& fields, topology::HubSpec& hub)
{
    if (!fields.has("id"))
        fields.scope().problem(
            named.place,
            format(R"({} does not say which hub it is; give it id = "2109:2813", as lsusb prints it)",
                   named.label));
    const auto* text = fields.text("id", hub_id_rule);
    if (text == nullptr) return;
    if (const auto id = UsbIds::parse(*text))
        hub.id = *id;
    else
        fields.wrong_text("id", hub_id_rule);
}

void read_serial(Fields& fields, topology::HubSpec& hub)
{
    const auto* text = fields.text("serial", hub_serial_rule);
    if (text == nullptr) return;
    const bool is_one =
        !text->empty() && text->size() <= longest_serial &&
        std::ranges::none_of(*text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
    if (is_one)
        hub.serial = *text;
    else
        fields.wrong_text("serial", hub_serial_rule);
}

void read_at(Fields& fields, topology::HubSpec& hub)
{
    const auto* text = fields.text("at", hub_at_rule);
    if (text == nullptr) return;
    hub.at = topology::told_place_from(*text);
    if (!hub.at || is_superspeed(*hub.at)) fields.wrong_text("at", hub_at_rule);
}

/// Whatever one of them finds, the other finds too.
void check_not_the_same(const NamedTable& named, const topology::HubSpec& hub, Intake& reading)
{
    const auto first = std::ranges::find_if(reading.settings.hubs, [&](const HubSettings& other) {
        return other.spec.id == hub.id && other.spec.serial == hub.serial && other.spec.at == hub.at;
    });
    if (first == reading.settings.hubs.end()) return;
    reading.problems.add(
        named.origin,
        format("{} is the same hub as [hub.{}] ({}); keep one, or tell them apart by serial or at",
               named.label, first->spec.name.text(), first->origin.text()));
}

} // namespace

void read_hubs(const Document& document, Intake& reading)
{
    for (const auto& named : named_tables(document, Section::hub, reading)) {
        Fields fields({&document.file, &reading.problems}, *named.table, named.label);
        HubSettings hub;
        hub.spec.name = HubName(named.name);
        hub.origin = named.origin;
        read_id(named, fields, hub.spec);
        read_serial(fields, hub.spec);
        read_at(fields, hub.spec);
        fields.report_unknown_keys();
        if (hub.spec.id != UsbIds{}) check_not_the_same(named, hub.spec, reading);
        reading.settings.hubs.push_back(std::move(hub));
    }
}

void check_hubs_named(const Document&, Intake& reading)
{
    const auto known = reading.known(Section::hub);
    for (const auto& [origin, port, is_beside_controllers] : std::exchange(reading.hub_ports, {})) {
        const auto& hub = port.hub.text();
        if (reading.knows(Section::hub, hub)) {
            if (is_beside_controllers)
                reading.problems.add(
                    origin,
                    format(
                        "{} is a port of a hub, which has both halves with it wherever the hub is; list no place of a controller beside it",
                        port.text()));
        } else if (!reading.complete) {
            continue;
        } else if (reading.knows(Section::connector, hub)) {
            reading.problems.add(
                origin,
                format(
                    R"({0} in usb is a connector and not a hub; write [hub.NAME] with the id of the hub, or for a hub behind a socket of the mux behind = "{0}/2")",
                    hub));
        } else if (known.empty()) {
            reading.problems.add(
                origin,
                format(
                    R"({0} in usb is no place of a controller, such as "0000:00:14.0/2.1", and there is no [hub.{1}] of which it could be a port)",
                    in_quotes(port.text()), hub));
        } else {
            reading.problems.add_unknown(origin, "unknown hub", hub, " in usb", known);
        }
    }
}

} // namespace usbroute::config
