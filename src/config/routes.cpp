// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "config/sections.hpp"

namespace usbroute::config {

void read_routes(const Document& document, Intake& reading)
{
    const auto* table = only_table(document, "routes", reading.routes, reading.problems);
    if (table == nullptr) return;
    const Scope scope{&document.file, &reading.problems};
    Fields fields(scope, *table, "[routes]");
    fields.choose("on_drift", R"("restore" (what was moved by somebody else is moved back) or "report")",
                  reading.settings.on_drift, {{"restore", OnDrift::restore}, {"report", OnDrift::report}});
    if (const auto* profile = fields.text("at_start", "the name of a profile")) {
        if (!reading.complete || reading.knows(Section::profile, *profile))
            reading.settings.at_start = ProfileName(*profile);
        else
            reading.problems.add_unknown(scope.at(fields.node("at_start")->place), "unknown profile",
                                         *profile, " in [routes]", reading.known(Section::profile));
    }
    reading.settings.remember = fields.truth("remember").value_or(false);
    fields.report_unknown_keys();
}

} // namespace usbroute::config
