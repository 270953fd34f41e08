// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/processes.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "linux/files.hpp"

#include <ctime>

#include <unistd.h>

namespace usbroute::linux_ {

namespace {

constexpr std::size_t largest_stat = 1U << 20; // proc/stat has a line for each processor and interrupt

/// Seconds since 1970 at which the kernel started.
std::time_t boot_time(const LiveTree& tree)
{
    const auto text = tree.read("proc/stat", largest_stat);
    if (!text) return 0;
    for (const auto line : split(*text, '\n'))
        if (line.starts_with("btime "))
            return static_cast<std::time_t>(parse_decimal(line.substr(6)).value_or(0));
    return 0;
}

} // namespace

std::optional<std::chrono::sys_seconds> start_of(std::uint32_t process)
{
    const LiveTree tree("/");
    const auto text = tree.read(format("proc/{}/stat", process), 4096);
    const auto ticks = ::sysconf(_SC_CLK_TCK);
    if (!text || ticks <= 0) return std::nullopt;
    // proc(5): field 22 is the start after boot; the second, in parentheses, may contain anything.
    const auto fields = words(std::string_view(*text).substr(text->rfind(')') + 1));
    constexpr std::size_t start = 22 - 3;
    if (fields.size() <= start) return std::nullopt;
    const auto since_boot = parse_decimal(fields[start]);
    const auto boot = boot_time(tree);
    if (!since_boot || boot == 0) return std::nullopt;
    return std::chrono::sys_seconds(std::chrono::seconds(
        boot + static_cast<std::time_t>(*since_boot / static_cast<std::uint32_t>(ticks))));
}

} // namespace usbroute::linux_
