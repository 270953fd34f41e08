// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/help.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "report/table.hpp"

#include <algorithm>
#include <vector>

namespace usbroute::cli {

namespace {

/// Pairs in two columns; a left side that is too long gets a line of its own.
std::string two_columns(const std::vector<std::pair<std::string, std::string>>& lines, std::size_t widest)
{
    std::size_t width = 0;
    for (const auto& [left, right] : lines)
        if (left.size() <= widest) width = std::max(width, left.size());
    std::string out;
    for (const auto& [left, right] : lines) {
        if (left.size() > width)
            out += format("  {}\n  {:{}}  {}\n", left, "", width, right);
        else
            out += format("  {:{}}  {}\n", left, width, right);
    }
    return out;
}

std::string examples_text(const CommandRow& command)
{
    std::string out;
    for (const auto& example : command.examples)
        out += format("  {}\n      {}\n", example.line, example.what);
    return out;
}

std::string verbs_text(std::span<const VerbRow> verbs)
{
    std::vector<std::pair<std::string, std::string>> lines;
    for (const auto& verb : verbs)
        lines.emplace_back(verb.arguments.empty() ? std::string(verb.name)
                                                  : format("{} {}", verb.name, verb.arguments),
                           verb.help);
    return two_columns(lines, 32);
}

std::string options_text(std::span<const OptionId> ids)
{
    std::vector<std::pair<std::string, std::string>> lines;
    for (const auto id : ids) {
        const auto& row = row_of(id);
        auto left = row.short_name.empty() ? format("    {}", row.long_name)
                                           : format("{}, {}", row.short_name, row.long_name);
        if (!row.value.empty()) left += format(" {}", row.value);
        lines.emplace_back(std::move(left), row.help);
    }
    return two_columns(lines, 24);
}

constexpr std::string_view exit_codes = R"(exit codes:
  0 done   1 failed, machine as before   2 usage   3 daemon not reachable
  4 no such connector, profile or guest   5 not permitted   6 refused
  7 timed out   8 left half-way, and how to recover was printed
)";

} // namespace

std::string usage_line(const CommandRow& command)
{
    return format("usage: usbroute {}{}{}", command.name, command.arguments.empty() ? "" : " ",
                  command.arguments);
}

std::string help_text()
{
    std::string out = "usbroute moves USB sockets between this host and its virtual machines.\n\nexamples:\n";
    std::vector<std::pair<std::string, std::string>> lines;
    for (const auto* name : {"status", "move", "toggle", "plan"}) {
        const auto& example = find_command(name)->examples.front();
        lines.emplace_back(example.line, example.what);
    }
    out += two_columns(lines, 44) + "\ncommands:\n";
    lines.clear();
    for (const auto& command : command_table())
        lines.emplace_back(command.arguments.empty() ? std::string(command.name)
                                                     : format("{} {}", command.name, command.arguments),
                           command.help);
    out += two_columns(lines, 32) + "\noptions of every command:\n" + options_text(common_options());
    out += format("\n{}\n`usbroute COMMAND --help` shows the examples and options of one command.\n",
                  exit_codes);
    return out;
}

std::string help_text(const CommandRow& command)
{
    auto out = format("{}\n{}\n\nexamples:\n{}", usage_line(command), command.help, examples_text(command));
    if (!command.remark.empty())
        out += "\n" + report::wrapped(command.remark, {}, {.colour = false, .unicode = false, .width = 80});
    if (!command.verbs.empty())
        out += format("\nverbs:\n{}\n`usbroute {} VERB --help` shows the options of one verb.\n",
                      verbs_text(command.verbs), command.name);
    else if (!command.options.empty())
        out += format("\noptions:\n{}", options_text(command.options));
    return out + "\noptions of every command:\n" + options_text(common_options());
}

const VerbRow* find_verb(const CommandRow& command, std::string_view name)
{
    const auto found = std::ranges::find(command.verbs, name, &VerbRow::name);
    return found == command.verbs.end() ? nullptr : &*found;
}

std::string help_text(const CommandRow& command, const VerbRow& verb)
{
    auto out = format("usage: usbroute {} {}{}{}\n{}\n", command.name, verb.name,
                      verb.arguments.empty() ? "" : " ", verb.arguments, verb.help);
    const auto words = format("usbroute {} {}", command.name, verb.name);
    std::string examples;
    for (const auto& example : command.examples)
        if (example.line.find(words) != std::string_view::npos)
            examples += format("  {}\n      {}\n", example.line, example.what);
    if (!examples.empty()) out += "\nexamples:\n" + examples;
    if (!verb.options.empty()) out += format("\noptions:\n{}", options_text(verb.options));
    return out + "\noptions of every command:\n" + options_text(common_options());
}

} // namespace usbroute::cli
