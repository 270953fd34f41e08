// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/guest_memory.hpp"

#include "base/format.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"

#include <span>

namespace usbroute::daemon {

namespace {

constexpr std::string_view header = "usbroute guests 1";
constexpr std::string_view started = "started";
constexpr std::string_view not_started = "new";

bool read_process(std::span<const std::string_view> fields, GuestMemory& memory)
{
    if (fields.size() != 5 || !is_plain_name(fields[1])) return false;
    const auto number = number_from<pid_t>(fields[2]);
    const auto start = number_from<std::uint64_t>(fields[3]);
    if (!number || *number <= 0 || !start || (fields[4] != started && fields[4] != not_started)) return false;
    memory.processes.push_back({.guest = GuestName(std::string(fields[1])),
                                .id = {.number = *number, .start = *start},
                                .is_started = fields[4] == started});
    return true;
}

bool read_line(std::string_view line, GuestMemory& memory)
{
    const auto fields = words(line);
    if (fields.size() == 2 && fields[0] == "boot") {
        memory.boot = std::string(fields[1]);
        return true;
    }
    // Written up to version 0.1, and worth nothing now: a line has to speak again after each connection.
    if (fields.size() == 2 && fields[0] == "proven" && is_plain_name(fields[1])) return true;
    return !fields.empty() && fields[0] == "process" && read_process(fields, memory);
}

} // namespace

std::string written(const GuestMemory& memory)
{
    auto text = format("{}\n", header);
    if (!memory.boot.empty()) text += format("boot {}\n", memory.boot);
    for (const auto& process : memory.processes)
        text += format("process {} {} {} {}\n", process.guest.text(), process.id.number, process.id.start,
                       process.is_started ? started : not_started);
    return text;
}

std::optional<GuestMemory> read_guest_memory(std::string_view text)
{
    // A file that was cut off has no end of line.
    if (!text.ends_with('\n')) return std::nullopt;
    text.remove_suffix(1);
    const auto lines = split(text, '\n');
    if (lines.front() != header) return std::nullopt;
    GuestMemory memory;
    for (const auto line : std::span(lines).subspan(1))
        if (!read_line(line, memory)) return std::nullopt;
    return memory;
}

} // namespace usbroute::daemon
