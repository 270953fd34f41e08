// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"

#include <expected>
#include <span>
#include <string>
#include <vector>

namespace usbroute::config {

/// One file's text, already read; `name` is for messages.
struct SourceText {
    std::string name;
    std::string text;
};

/// What is wrong with a configuration, each with its place.
struct Problem {
    Origin origin;
    std::string message;                    ///< what was, and what to do
    [[nodiscard]] std::string text() const; ///< "usbroute.toml:12:3: unknown key ..."
};

/// Reads all files as one configuration. Either everything is right, or there is a list of all that is not; a
/// syntax error hides what comes after it in the same file.
[[nodiscard]] std::expected<Settings, std::vector<Problem>> parse(std::span<const SourceText> files);

/// The control socket for root and group "usbroute", by which the command line reaches the daemon. Added by `parse`
/// unless [listen.control] says otherwise.
[[nodiscard]] ListenerSettings default_control_listener();

/// The settings as TOML, for `config show`: what holds, defaults included.
[[nodiscard]] std::string to_toml(const Settings& settings);
/// Its table alone.
[[nodiscard]] std::string to_toml(const ConnectorSettings& connector);
[[nodiscard]] std::string to_toml(const HubSettings& hub);
[[nodiscard]] std::string to_toml(const RuleSettings& rule);

} // namespace usbroute::config
