// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wizard/told.hpp"

#include "cli/screen.hpp"
#include "wire/json_forms.hpp"

#include <cstdio>

namespace usbroute::wizard {

using Kind = map::Line::Kind;

namespace {

std::string as_json(const map::Line& line)
{
    std::vector<std::pair<std::string, std::string>> fields{{"event", std::string(map::text_of(line.kind))}};
    fields.insert(fields.end(), line.fields.begin(), line.fields.end());
    if (!line.text.empty()) fields.emplace_back("text", line.text);
    return wire::to_json_line(fields) + "\n";
}

} // namespace

void Teller::tell(const map::Line& line)
{
    if (json_) {
        cli::print(as_json(line));
        return;
    }
    if (line.kind == Kind::question) return; // the prompt asks it
    const char* sign = line.kind == Kind::seen ? "seen: " : line.kind == Kind::refused ? "no: " : "";
    cli::print((prompt_stands_ ? "\n" : "") + std::string(sign) + line.text + "\n");
    prompt_stands_ = false;
}

void Teller::tell(const map::Reaction& reaction)
{
    for (const auto& line : reaction.lines) tell(line);
}

void Teller::prompt(const map::Mapping& mapping)
{
    if (!json_ && !prompt_stands_) cli::print(mapping.prompt() + (person_ ? "" : "\n"));
    prompt_stands_ = person_;
    std::fflush(stdout);
}

} // namespace usbroute::wizard
