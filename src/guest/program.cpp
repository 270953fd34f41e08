// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "guest/program.hpp"

#include "guest/arguments.hpp"
#include "guest/talk.hpp"

#include <algorithm>
#include <utility>
#include <variant>

namespace usbroute::guest {

Said run(std::span<const std::string_view> words, Border& border)
{
    const auto& system = this_system();
    auto read = read_arguments(words, system);
    if (auto* asked = std::get_if<TextAsked>(&read)) return {.out = std::move(asked->text)};
    if (const auto* unusable = std::get_if<Unusable>(&read)) {
        // A caller that asked for a box sees no console, even if the rest of the command line is wrong.
        const bool wants_box = system.has_boxes && std::ranges::find(words, "--show-errors") != words.end();
        return {.code = ExitCode::usage,
                .err = "usbroute-guest: " + unusable->message + "\n",
                .show_errors = wants_box};
    }
    const auto& request = std::get<Request>(read);
    const auto outcome = talk(request, border);
    Said said{.code = outcome.code, .was_stopped = outcome.was_stopped, .show_errors = request.show_errors};
    if (!outcome.message.empty())
        said.err = (outcome.is_json ? "" : "usbroute-guest: ") + outcome.message + "\n";
    return said;
}

} // namespace usbroute::guest
