// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"
#include "report/diagnosis.hpp"
#include "report/json_text.hpp"
#include "report/recorded.hpp"
#include "report/views.hpp"

namespace usbroute::report {

namespace {

constexpr std::size_t longest_text = 1024;

std::string_view certainty(bool inferred) { return inferred ? "inferred" : "confirmed"; }

Json json_of(const diagnose::Finding& finding)
{
    auto evidence = Json::array();
    for (const auto& line : finding.evidence) evidence.push_back(printable(line, longest_text));
    return {{"code", finding.code},
            {"severity", diagnose::text_of(finding.severity)},
            {"certainty", certainty(finding.inferred)},
            {"sentence", printable(finding.sentence, longest_text)},
            {"evidence", std::move(evidence)},
            {"remedy", printable(finding.remedy, longest_text)}};
}

} // namespace

std::string to_json(const diagnose::Diagnosis& diagnosis)
{
    auto findings = Json::array();
    for (const auto& finding : diagnosis.findings) findings.push_back(json_of(finding));
    const auto& chipset = diagnosis.chipset;
    const Json json{{"schema", schema},
                    {"works", diagnosis.works},
                    {"verdict", printable(diagnosis.verdict, longest_text)},
                    {"next_step", printable(diagnosis.next_step, longest_text)},
                    {"mux",
                     {{"family", diagnosis.family},
                      {"state", chips::text_of(chipset.state)},
                      {"chipset", chipset.name},
                      {"certainty", certainty(chipset.inferred)},
                      {"evidence", chipset.evidence}}},
                    {"findings", std::move(findings)}};
    return written(json);
}

std::string to_json(const RecordedView& view)
{
    auto notes = Json::array();
    for (const auto& note : view.notes) notes.push_back(printable(note, longest_text));
    const Json json{{"schema", view.schema},
                    {"directory", printable(view.directory, longest_text)},
                    {"files", view.files},
                    {"links", view.links},
                    {"replaced",
                     {{"serials", view.serials},
                      {"mac_addresses", view.addresses},
                      {"uuids", view.uuids},
                      {"host_name", view.host_name}}},
                    {"registers", view.registers},
                    {"notes", std::move(notes)}};
    return written(json);
}

} // namespace usbroute::report
