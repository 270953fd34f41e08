// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "config/sections.hpp"

#include <algorithm>

namespace usbroute::config {

void read_routes(const Document& document, Reading& reading)
{
    constexpr std::string_view rule =
        R"("restore" (what was moved by somebody else is moved back) or "report")";
    const auto found = std::ranges::find(document.root, "routes", &Entry::key);
    if (found == document.root.end()) return;
    const Scope scope{&document.file, &reading.problems};
    if (reading.routes) {
        scope.problem(found->place,
                      format("[routes] is already in {}; keep one of the two", reading.routes->text()));
        return;
    }
    reading.routes = scope.at(found->place);
    const auto* table = std::get_if<Table>(&found->node.value);
    if (table == nullptr) {
        scope.wrong_type(found->node, "routes", "a table: [routes]");
        return;
    }

    Fields fields(scope, *table, "[routes]");
    if (const auto* word = fields.text("on_drift", rule)) {
        if (*word == "report")
            reading.settings.on_drift = OnDrift::report;
        else if (*word != "restore")
            scope.wrong_value(fields.node("on_drift")->place, "on_drift", in_quotes(*word), rule);
    }
    if (const auto* profile = fields.text("at_start", "the name of a profile")) {
        if (!reading.complete || reading.knows(Section::profile, *profile))
            reading.settings.at_start = ProfileName(*profile);
        else
            reading.problems.add_unknown(scope.at(fields.node("at_start")->place), "unknown profile",
                                         *profile, " in [routes]", reading.known(Section::profile));
    }
    fields.report_unknown_keys();
}

} // namespace usbroute::config
