// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "import/json_text.hpp"

#include "base/text.hpp"

#include <nlohmann/json.hpp>

namespace usbroute::import_ {

namespace {

std::string_view text_of(Weight weight)
{
    return weight == Weight::note ? "note" : weight == Weight::warning ? "warning" : "left-out";
}

} // namespace

bool is_json(std::string_view text) { return nlohmann::json::accept(text); }

std::string to_json(const Proposal& proposal, const std::string& toml)
{
    auto remarks = nlohmann::ordered_json::array();
    for (const auto& remark : proposal.remarks)
        remarks.push_back({{"file", printable(remark.origin.file, 200)},
                           {"line", remark.origin.line},
                           {"kind", text_of(remark.weight)},
                           {"text", remark.text}});
    const nlohmann::ordered_json document{{"schema", 1},
                                          {"complete", !proposal.left_something()},
                                          {"toml", toml},
                                          {"remarks", std::move(remarks)}};
    return document.dump(2, ' ', false, nlohmann::json::error_handler_t::replace);
}

} // namespace usbroute::import_
