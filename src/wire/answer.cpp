// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wire/answer.hpp"

#include "base/text.hpp"
#include "wire/fields.hpp"
#include "wire/json_forms.hpp"

#include <algorithm>
#include <array>

namespace usbroute::wire {

namespace {

/// Stands between the words of an "ok" and what is written for people.
constexpr std::string_view aside = "--";

struct CodeKind {
    std::string_view code;
    ErrorKind kind;
};

/// Codes that say more than the status does.
constexpr std::array<CodeKind, 13> code_kinds = {{
    {"usage", ErrorKind::usage},
    {"too-long", ErrorKind::usage},
    {"not-a-command", ErrorKind::usage},
    {"no-such-connector", ErrorKind::not_found},
    {"no-such-profile", ErrorKind::not_found},
    {"no-such-guest", ErrorKind::not_found},
    {"nothing-to-toggle", ErrorKind::not_found},
    {"registers-unreadable", ErrorKind::not_permitted},
    {"not-permitted", ErrorKind::not_permitted},
    {"lockdown", ErrorKind::not_permitted},
    {"busy", ErrorKind::unreachable},
    {"timed-out", ErrorKind::timed_out},
    {"half-way", ErrorKind::half_way},
}};

void append_aside(std::string& line, const Answer& answer)
{
    std::string text = answer.message;
    for (const auto& warning : answer.warnings) {
        if (!text.empty()) text += "; ";
        text += "warning: " + warning;
    }
    if (text.empty()) return;
    line += ' ';
    line += aside;
    line += ' ';
    line += one_line(text);
}

Answer not_an_answer(std::string_view line)
{
    return {.status = Status::failed,
            .code = "not-an-answer",
            .message = "the daemon answered something else: " + printable(line, 80)};
}

} // namespace

std::string_view text_of(Status status)
{
    switch (status) {
    case Status::ok: return "ok";
    case Status::refused: return "refused";
    case Status::failed: return "failed";
    case Status::error: return "error";
    }
    return "error";
}

std::optional<Status> status_from(std::string_view word)
{
    for (const auto status : {Status::ok, Status::refused, Status::failed, Status::error})
        if (word == text_of(status)) return status;
    return std::nullopt;
}

std::string to_line(const Answer& answer, Form form)
{
    if (form == Form::json) return to_json_line(answer);
    std::string line(text_of(answer.status));
    if (answer.status == Status::ok) {
        append_owners(line, answer.profile, answer.owners);
        append_aside(line, answer);
        return line;
    }
    line += ' ';
    line += answer.code.empty() ? "failed" : answer.code;
    line += ' ';
    line += one_line(answer.message);
    return line;
}

Answer read_answer(std::string_view line)
{
    line = trim(line);
    if (line.starts_with('{')) return read_json_answer(line).value_or(not_an_answer(line));
    auto rest = line;
    const auto status = status_from(take_word(rest));
    if (!status) return not_an_answer(line);
    Answer answer;
    answer.status = *status;
    if (*status != Status::ok) {
        answer.code = std::string(take_word(rest));
        answer.message = std::string(rest);
        return answer;
    }
    take_owners(rest, answer.profile, answer.owners);
    if (rest.starts_with(aside)) (void)take_word(rest);
    answer.message = std::string(rest);
    return answer;
}

ErrorKind kind_of(const Answer& answer)
{
    const auto known = std::ranges::find(code_kinds, answer.code, &CodeKind::code);
    if (known != code_kinds.end()) return known->kind;
    // As a refusal it says that nobody was asked; as a failure, that the guest did not do it in time.
    if (answer.status == Status::failed && answer.code == "guest-silent") return ErrorKind::timed_out;
    return answer.status == Status::refused ? ErrorKind::refused : ErrorKind::failed;
}

Error error_of(const Answer& answer) { return Error(kind_of(answer), answer.message).with_code(answer.code); }

Result<Answer> read_ok(std::string_view line)
{
    auto answer = read_answer(line);
    if (answer.status != Status::ok) return std::unexpected(error_of(answer));
    return answer;
}

} // namespace usbroute::wire
