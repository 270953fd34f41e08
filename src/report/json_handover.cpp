// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/handover.hpp"
#include "report/json_text.hpp"
#include "report/views.hpp"

namespace usbroute::report {

namespace {

Json texts(const std::vector<PciAddress>& addresses)
{
    auto json = Json::array();
    for (const auto& address : addresses) json.push_back(address.text());
    return json;
}

} // namespace

std::string to_json(const plan::Handover& handover)
{
    auto moves = Json::array();
    for (const auto& move : handover.moves) {
        auto connectors = Json::array();
        for (const auto& connector : move.connectors) connectors.push_back(connector.text());
        moves.push_back({{"to", topology::text_of(move.to)}, {"connectors", std::move(connectors)}});
    }
    auto steps = Json::array();
    for (const auto& function : handover.functions)
        for (const auto& step : function.steps)
            steps.push_back({{"controller", function.function.text()},
                             {"command", plan::shell_line(step)},
                             {"reason", step.reason}});
    auto leaving = Json::array();
    for (const auto& each : handover.leaving)
        leaving.push_back({{"from", each.from}, {"devices", each.devices}});
    return written({{"schema", schema},
                    {"title", handover.title},
                    {"guest", handover.guest.text()},
                    {"moves", std::move(moves)},
                    {"leaving", std::move(leaving)},
                    {"steps", std::move(steps)},
                    {"already", texts(handover.already)},
                    {"warnings", handover.warnings}});
}

std::string done_json(const plan::Handover& handover)
{
    auto changed = Json::array();
    for (const auto& function : handover.functions) changed.push_back(function.function.text());
    return written({{"ok", true},
                    {"guest", handover.guest.text()},
                    {"changed", std::move(changed)},
                    {"already", texts(handover.already)},
                    {"warnings", handover.warnings}});
}

} // namespace usbroute::report
