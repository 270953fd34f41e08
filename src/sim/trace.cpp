// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/trace.hpp"

#include "base/format.hpp"

#include <chrono>
#include <cstdlib>

#include <fcntl.h>
#include <unistd.h>

namespace usbroute::sim {

Trace Trace::from_environment()
{
    Trace trace;
    if (const char* path = std::getenv(trace_variable))
        trace.file_ = linux_::UniqueFd(::open(path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600));
    return trace;
}

/// In one write, so that lines of two processes do not mix.
void Trace::note(std::string_view kind, std::string_view words) const
{
    if (!file_.is_open()) return;
    const auto now = std::chrono::steady_clock::now().time_since_epoch();
    const auto line = format("{} {} {}\n", std::chrono::duration_cast<std::chrono::microseconds>(now).count(),
                             kind, words.substr(0, words.find('\n')));
    (void)!::write(file_.get(), line.data(), line.size());
}

} // namespace usbroute::sim
