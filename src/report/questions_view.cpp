// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "config/parse.hpp"
#include "report/text.hpp"
#include "report/views.hpp"

namespace usbroute::report {

QuestionView question_view(const plan::OpenQuestion& question)
{
    return {.place = question.device->path.text(),
            .connector = question.socket ? question.socket->text() : std::string(),
            .name = question.device->shown(),
            .rule = question.rule.text(),
            .answers = texts_of(question.answers, [](const auto& one) { return config::text_of(one); })};
}

RuleView rule_view(const config::RuleSettings& rule)
{
    return {.id = rule.match.id ? rule.match.id->text() : std::string(),
            .serial = rule.match.serial,
            .socket = rule.match.socket ? rule.match.socket->text() : std::string(),
            .to = config::text_of(rule.to)};
}

std::string rule_to_be_written(const config::RuleSettings& rule)
{
    auto lines =
        texts_of(split(trim(config::to_toml(rule)), '\n'), [](auto line) { return std::string(line); });
    lines.erase(lines.begin()); // "[rule.NAME]"
    return format("usbrouted writes no rules; the one that says so from now on is {}", join(lines, ", "));
}

std::string question_in_words(const QuestionView& question)
{
    auto text = format("{} {}", question.place, question.name);
    if (!question.connector.empty()) text += " in " + question.connector;
    text += format(": {}?", join(question.answers, " or "));
    return question.seconds ? format("{} The host in {} s", text, *question.seconds) : text;
}

std::string questions_text(const std::vector<QuestionView>& open)
{
    if (open.empty()) return "no question is open\n";
    std::string text;
    for (const auto& question : open)
        text += printable(question_in_words(question), 512) + "\n" +
                format("  usbroute answer {} {}\n", printable(question.place, 64),
                       printable(question.answers.empty() ? "WHO" : question.answers.front(), 64));
    return text;
}

} // namespace usbroute::report
