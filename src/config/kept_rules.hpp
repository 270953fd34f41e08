// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/parse.hpp"

#include <expected>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// Rules that answers have made, in a file of their own: rules.toml (docs/decisions/0062). Pure.
namespace usbroute::config {

struct KeptRules {
    RuleName name;    ///< of the rule that is new, or was there for this device and is replaced
    std::string text; ///< of the whole file with it
};

/// The file `file` of these, with a rule more, whose name is made here. Problems: the configuration had some before, would have some
/// with it (another rule counts the same: both lines), or the file has more than rules, which would be lost.
[[nodiscard]] std::expected<KeptRules, std::vector<Problem>>
with_rule(std::span<const SourceText> files, std::string_view file, RuleSettings rule);

} // namespace usbroute::config
