// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "cli/action.hpp"
#include "cli/command_table.hpp"
#include "cli/commands.hpp"
#include "cli/help.hpp"
#include "cli/screen.hpp"

#include <algorithm>
#include <array>

namespace usbroute::cli {

namespace {

/// The action whose plan is wanted, by the rules of that action itself.
Result<plan::Request> planned_request(const Invocation& invocation)
{
    const auto& verb_word = invocation.words.front();
    const std::array<std::string, 5> plannable{"move", "answer", "apply", "toggle", "undo"};
    const auto verb = config::verb_from(verb_word);
    const bool known = std::ranges::find(plannable, verb_word) != plannable.end();
    if (!verb || !known) {
        const auto near = nearest(verb_word, plannable);
        return std::unexpected(usage_error(format("cannot plan {}; {}", printable(verb_word, 64),
                                                  near ? format("did you mean {}?", *near)
                                                       : "it can be move, answer, apply, toggle or undo")));
    }
    const std::vector<std::string> words(invocation.words.begin() + 1, invocation.words.end());
    const auto& row = *find_command(verb_word);
    if (words.size() < row.fewest_words || words.size() > row.most_words)
        return std::unexpected(usage_error(format("plan {}: {}", verb_word, usage_line(row))));
    if (!invocation.options.to.empty() && *verb != config::Verb::move)
        return std::unexpected(usage_error(format("--to is for move; {} does not take it", verb_word)));
    return request_from(*verb, words, invocation.options);
}

} // namespace

int run_plan(const Invocation& invocation)
{
    const auto request = planned_request(invocation);
    if (!request) return fail(request.error(), invocation.options.json);
    return show_plan(invocation.options, *request);
}

} // namespace usbroute::cli
