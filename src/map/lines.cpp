// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "map/lines.hpp"

#include "base/format.hpp"

namespace usbroute::map {

Line line(Line::Kind kind, std::string text, std::vector<std::pair<std::string, std::string>> fields)
{
    return {.kind = kind, .text = std::move(text), .fields = std::move(fields)};
}

std::vector<std::pair<std::string, std::string>> fields_of(const Sighting& sighting)
{
    std::vector<std::pair<std::string, std::string>> fields{{"device", sighting.device->shown()}};
    if (sighting.bit) fields.emplace_back("bit", format("{}", sighting.bit->value));
    if (sighting.side) fields.emplace_back("side", topology::text_of(*sighting.side));
    if (sighting.superspeed_port)
        fields.emplace_back("superspeed", format("{}", sighting.superspeed_port->value));
    if (sighting.usb2) fields.emplace_back("usb", sighting.usb2->text());
    if (sighting.superspeed) fields.emplace_back("usb_superspeed", sighting.superspeed->text());
    if (sighting.built_in) fields.emplace_back("built_in", "true");
    if (sighting.receiver) fields.emplace_back("receiver", "true");
    return fields;
}

} // namespace usbroute::map
