// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "config/kept_rules.hpp"

#include "base/format.hpp"

#include <algorithm>
#include <utility>

namespace usbroute::config {

namespace {

constexpr std::string_view head_of_kept_rules =
    "# `usbroute answer --always` rewrites this whole file. Rules can be changed and removed here by hand; comments are lost,\n"
    "# and what is no rule belongs into usbroute.toml.\n";

std::string text_of_kept(const std::vector<RuleSettings>& rules)
{
    std::string text(head_of_kept_rules);
    for (const auto& rule : rules) text += "\n" + to_toml(rule);
    return text;
}

std::vector<SourceText> with_text(std::span<const SourceText> files, std::string_view file, std::string text)
{
    std::vector<SourceText> changed(files.begin(), files.end());
    const auto found = std::ranges::find(changed, file, &SourceText::name);
    if (found != changed.end()) found->text = std::move(text);
    return changed;
}

/// "device-046d-c31c", and a number behind it where that is taken.
RuleName free_name(const Settings& settings, const RuleMatch& match)
{
    auto ids = match.id.value_or(UsbIds{}).text();
    std::ranges::replace(ids, ':', '-');
    for (int number = 1;; ++number) {
        RuleName name(number == 1 ? format("device-{}", ids) : format("device-{}-{}", ids, number));
        if (std::ranges::find(settings.rules, name, &RuleSettings::name) == settings.rules.end()) return name;
    }
}

} // namespace

std::expected<KeptRules, std::vector<Problem>> with_rule(std::span<const SourceText> files,
                                                         std::string_view file, RuleSettings rule)
{
    const auto before = parse(files);
    if (!before) return std::unexpected(before.error());
    std::vector<RuleSettings> kept;
    for (const auto& one : before->rules)
        if (one.origin.file == file) kept.push_back(one);
    const auto again = parse(with_text(files, file, text_of_kept(kept)));
    if (!again || to_toml(*again) != to_toml(*before))
        return std::unexpected(std::vector<Problem>{
            {.origin = {.file = std::string(file)},
             .message =
                 "this file has more than rules, which would be lost; move the rest into usbroute.toml"}});

    const auto same = std::ranges::find(kept, rule.match, &RuleSettings::match);
    rule.name = same == kept.end() ? free_name(*before, rule.match) : same->name;
    auto name = rule.name;
    if (same == kept.end())
        kept.push_back(std::move(rule));
    else
        *same = std::move(rule);
    auto text = text_of_kept(kept);
    if (const auto after = parse(with_text(files, file, text)); !after) return std::unexpected(after.error());
    return KeptRules{.name = std::move(name), .text = std::move(text)};
}

} // namespace usbroute::config
