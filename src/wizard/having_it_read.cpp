// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wizard/having_it_read.hpp"

#include "base/format.hpp"
#include "cli/session.hpp"

namespace usbroute::wizard {

std::string what_becomes_of_it(const cli::Options& options, bool is_the_daemons)
{
    if (!is_the_daemons) return {};
    const auto answer = cli::Session(options).reload();
    if (answer) {
        auto text = format("; usbrouted: {}", answer->message);
        for (const auto& warning : answer->warnings) text += "; warning: " + warning;
        return text;
    }
    switch (answer.error().kind()) {
    case ErrorKind::unreachable: return "; usbrouted is not reachable, and reads it when it starts";
    case ErrorKind::not_permitted: return "; to have usbrouted read it: sudo usbroute reload";
    default: return format("; usbrouted has not taken it over: {}", answer.error().message());
    }
}

} // namespace usbroute::wizard
