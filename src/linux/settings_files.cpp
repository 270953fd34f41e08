// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/settings_files.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "config/parse.hpp"
#include "linux/files.hpp"

#include <cerrno>

#include <sys/stat.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

constexpr std::size_t largest_file = 1U << 20;

/// Root must not act on what others wrote.
std::optional<Error> why_not_trusted(const std::string& path)
{
    struct stat status{};
    if (::geteuid() != 0 || ::stat(path.c_str(), &status) != 0) return std::nullopt;
    const bool by_others = (status.st_mode & S_IWOTH) != 0;
    const bool by_a_group = (status.st_mode & S_IWGRP) != 0 && status.st_gid != 0;
    if (!by_others && !by_a_group) return std::nullopt;
    return Error(ErrorKind::failed,
                 format("{} may be written by {} (mode {:04o}), and root would act on it; chmod go-w {}",
                        printable(path), by_others ? "everybody" : "its group", status.st_mode & 07777,
                        printable(path)))
        .with_code("config-writable");
}

struct Source {
    std::string path;
    bool must_exist;
};

std::vector<Source> sources(const Locations& locations)
{
    return {{locations.config, locations.config_was_named}, {locations.connectors, false}};
}

} // namespace

Result<std::vector<config::SourceText>> read_settings_files(const Locations& locations)
{
    std::vector<config::SourceText> texts;
    for (const auto& source : sources(locations)) {
        if (auto untrusted = why_not_trusted(source.path)) return std::unexpected(*untrusted);
        auto text = read_file(source.path, largest_file);
        if (!text && (text.error().errno_value() != ENOENT || source.must_exist))
            return std::unexpected(std::move(text.error())
                                       .within("cannot read the configuration")
                                       .with_code("config-unreadable"));
        texts.push_back({.name = source.path, .text = text ? std::move(*text) : std::string()});
    }
    return texts;
}

Result<config::Settings> load_settings(const Locations& locations)
{
    const auto texts = read_settings_files(locations);
    if (!texts) return std::unexpected(texts.error());
    auto settings = config::parse(*texts);
    if (settings) return std::move(*settings);
    std::vector<std::string> lines;
    for (const auto& problem : settings.error()) lines.push_back(problem.text());
    return std::unexpected(Error(ErrorKind::failed, join(lines, "\n")).with_code("config"));
}

std::vector<std::string> settings_files(const Locations& locations)
{
    std::vector<std::string> found;
    for (const auto& source : sources(locations))
        if (::access(source.path.c_str(), F_OK) == 0) found.push_back(source.path);
    return found;
}

} // namespace usbroute::linux_
