// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "config/settings.hpp"
#include "plan/refusal.hpp"
#include "plan/request.hpp"

#include <expected>
#include <string>
#include <string_view>
#include <vector>

/// Sockets named by their panel: "front/*" or "front/" for all whose `panel` is that, "*" for all that have a name.
namespace usbroute::plan {

struct OnPanel {
    std::string socket;
    std::string panel; ///< empty: on none
};

[[nodiscard]] bool is_a_panel(std::string_view word);
/// The same words, with the sockets in place of each panel, in their order. A refusal where there is no such panel.
[[nodiscard]] std::expected<std::vector<std::string>, Refusal>
without_panels(const std::vector<std::string>& words, const std::vector<OnPanel>& sockets);
/// The same for what a request moves.
[[nodiscard]] std::expected<Request, Refusal> without_panels(Request request,
                                                             const config::Settings& settings);

} // namespace usbroute::plan
