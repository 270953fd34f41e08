// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "wire/command.hpp"
#include "wire/fields.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace usbroute::wire {

enum class Status : std::uint8_t { ok, refused, failed, error };

/// What goes back for one command; exactly one line in either form.
///
///   ok desk-in-windows windows=front-left,rear-1
///   ok desk-in-windows windows=front-left -- warning: undo will not know of this: ...
///   refused last-keyboard front-left holds the host's only keyboard: ...; say yes, or ...
///   failed write-did-not-take cannot move ...
///   error no-such-connector there is no connector frnt; did you mean front-1?
struct Answer {
    Status status = Status::ok;
    std::string code;                   ///< one word; empty with ok
    std::string message;                ///< one line; with ok usually empty
    std::optional<std::string> profile; ///< with ok: the profile that holds now
    Owners owners;                      ///< with ok: "windows" -> connectors
    std::vector<std::string> warnings;
    /// With ok: a trial is under way, and its changes go back in so many seconds. The message says so to people.
    std::optional<std::uint32_t> trial_seconds = std::nullopt;
    std::string document_name; ///< JSON form only: the key of `document`
    std::string document; ///< the same: a document (status, registers, plan), already text; not read back
};

[[nodiscard]] std::string_view text_of(Status status);

/// Without its end.
[[nodiscard]] std::string to_line(const Answer& answer, Form form);
/// Reads either form, for the CLI. Anything that is not an answer becomes an error of kind `failed`. The text form
/// has one place for what is said to people, so there warnings come back as part of the message.
[[nodiscard]] Answer read_answer(std::string_view line);

/// The kind of error an answer stands for, by status and code: the CLI's exit codes follow.
[[nodiscard]] ErrorKind kind_of(const Answer& answer);
/// Of one that is not "ok".
[[nodiscard]] Error error_of(const Answer& answer);
/// Reads one that must be "ok".
[[nodiscard]] Result<Answer> read_ok(std::string_view line);

} // namespace usbroute::wire
