// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/log.hpp"

#include "base/format.hpp"

#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include <array>
#include <cstdlib>
#include <memory>

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

void write(level_enum level, std::string_view text)
{
    auto& to = output();
    if (!to.logger || !to.logger->should_log(level)) return;
    const spdlog::string_view_t plain(text.data(), text.size());
    if (to.to_journal)
        to.logger->log(level, "{}{}", priorities[static_cast<std::size_t>(level)], text);
    else
        to.logger->log(level, plain);
}

} // namespace

void open(Detail detail)
{
    auto& to = output();
    to.to_journal = is_the_journal(STDERR_FILENO);
    to.logger =
        std::make_shared<spdlog::logger>("usbrouted", std::make_shared<spdlog::sinks::stderr_sink_st>());
    to.logger->set_pattern(to.to_journal ? "%v" : "%Y-%m-%d %H:%M:%S.%e usbrouted: %l: %v");
    to.logger->set_level(detail == Detail::debug ? level_enum::debug : level_enum::info);
}

void error(std::string_view text) { write(level_enum::err, text); }
void warning(std::string_view text) { write(level_enum::warn, text); }
void info(std::string_view text) { write(level_enum::info, text); }
void debug(std::string_view text) { write(level_enum::debug, text); }
bool is_debug_wanted() { return output().logger && output().logger->should_log(level_enum::debug); }

} // namespace usbroute::daemon::log
