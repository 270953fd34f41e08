// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/log.hpp"

#include "base/format.hpp"
#include "daemon/log_budget.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cstdlib>
#include <memory>
#include <string>

#include <sys/stat.h>
#include <unistd.h>

namespace usbroute::daemon::log {

namespace {

using spdlog::level::level_enum;

/// Syslog's numbers, in the order of spdlog's levels: trace, debug, info, warn, err, critical, off.
constexpr std::array<std::string_view, 7> priorities = {"<7>", "<7>", "<6>", "<4>", "<3>", "<2>", "<7>"};

struct Output {
    std::shared_ptr<spdlog::logger> logger;
    bool to_journal = false;
    Clock clock = steady_time;
    Budget budget;
};

/// The loop's thread alone logs.
Output& output()
{
    static Output the_output;
    return the_output;
}

/// JOURNAL_STREAM is inherited by everything below a service; only device and inode tell whether our stderr still
/// is that stream.
bool is_the_journal(int fd)
{
    const char* stream =
        std::getenv("JOURNAL_STREAM"); // NOLINT(concurrency-mt-unsafe): before another thread
    struct stat status{};
    return stream != nullptr && ::fstat(fd, &status) == 0 &&
           format("{}:{}", status.st_dev, status.st_ino) == stream;
}

void put(level_enum level, std::string_view text)
{
    auto& to = output();
    const spdlog::string_view_t plain(text.data(), text.size());
    if (to.to_journal)
        to.logger->log(level, "{}{}", priorities[static_cast<std::size_t>(level)], text);
    else
        to.logger->log(level, plain);
}

void write(level_enum level, Kind kind, std::string_view source, std::string_view text)
{
    auto& to = output();
    if (!to.logger || !to.logger->should_log(level)) return;
    const auto verdict = to.budget.admit(kind, source, text.size(), to.clock());
    if (!verdict.notice.empty()) put(level_enum::warn, verdict.notice);
    if (!verdict.is_written) return;
    if (text.size() <= Budget::longest_message) return put(level, text);
    put(level, std::string(text.substr(0, Budget::longest_message - 3)) + "...");
}

} // namespace

std::chrono::milliseconds steady_time()
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(
        std::chrono::steady_clock::now().time_since_epoch());
}

void open(Detail detail, Clock clock)
{
    auto& to = output();
    to.clock = clock;
    to.budget = Budget();
    to.to_journal = is_the_journal(STDERR_FILENO);
    to.logger =
        std::make_shared<spdlog::logger>("usbrouted", std::make_shared<spdlog::sinks::stderr_sink_st>());
    to.logger->set_pattern(to.to_journal ? "%v" : "%Y-%m-%d %H:%M:%S.%e usbrouted: %l: %v");
    to.logger->set_level(detail == Detail::debug ? level_enum::debug : level_enum::info);
}

void error(std::string_view text) { write(level_enum::err, Kind::error, {}, text); }
void change(std::string_view text) { write(level_enum::info, Kind::change, {}, text); }
void warning(std::string_view text, std::string_view source)
{
    write(level_enum::warn, Kind::other, source, text);
}
void info(std::string_view text, std::string_view source)
{
    write(level_enum::info, Kind::other, source, text);
}
void debug(std::string_view text, std::string_view source)
{
    write(level_enum::debug, Kind::other, source, text);
}
bool is_debug_wanted() { return output().logger && output().logger->should_log(level_enum::debug); }

} // namespace usbroute::daemon::log
