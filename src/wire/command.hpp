// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "config/settings.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace usbroute::wire {

inline constexpr std::size_t longest_line = 4096; ///< bytes, without its end

/// Text lines get text answers, JSON objects get JSON answers.
enum class Form : std::uint8_t { text, json };

/// One line of a client, understood. `plan` carries the verb of what is to be planned in `planned`.
struct Command {
    config::Verb verb = config::Verb::status;
    config::Verb planned = config::Verb::move;
    std::vector<ConnectorName> connectors; ///< move; why: one
    config::Target to;                     ///< move
    std::vector<ProfileName> profiles;     ///< apply: one; toggle: any number
    std::vector<std::string> force_disks;
    bool yes = false;
    std::optional<std::chrono::seconds> revert_after = std::nullopt; ///< move, apply, toggle; 0: no trial
    Form form = Form::text;
};

/// Why a line is not a command. `is_ours` tells a mistake of somebody who speaks the protocol ("move front")
/// from something else altogether (boot messages, HTTP, noise), which a guest line passes over in silence.
struct NotACommand {
    std::string message;
    bool is_ours = false;
    bool looks_like_http = false;
    Form form = Form::text;
};

/// Reads one line without its end. Never throws; bounded in depth and length whatever comes.
[[nodiscard]] std::expected<Command, NotACommand> read_command(std::string_view line);

/// The command as a line of its form, without its end: what the CLI sends. Its names are plain ones; in the text
/// form any other would come out as several words.
[[nodiscard]] std::string to_line(const Command& command);

} // namespace usbroute::wire
