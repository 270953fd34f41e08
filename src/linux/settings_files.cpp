// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/settings_files.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "config/parse.hpp"
#include "linux/files.hpp"
#include "linux/rights.hpp"
#include "linux/trusted_file.hpp"
#include "linux/unique_fd.hpp"

#include <array>
#include <cerrno>
#include <span>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

constexpr std::size_t largest_file = 1U << 20;

/// The daemon's own user, whom a direct command of root trusts too: both read the same file.
constexpr const char* usual_user = "usbroute";

std::vector<uid_t> trusted_by(uid_t user, std::optional<uid_t> own_user)
{
    std::vector<uid_t> trusted = {0, user};
    if (own_user) {
        trusted.push_back(*own_user);
    } else if (user == 0) {
        if (const auto account = account_named(usual_user)) trusted.push_back(account->user);
    }
    return trusted;
}

/// By the descriptor that is read.
Result<std::string> read_by_mode(const std::string& path)
{
    const UniqueFd fd(::open(path.c_str(), O_PATH | O_CLOEXEC));
    struct stat status{};
    if (fd.is_open() && ::fstat(fd.get(), &status) == 0) {
        const std::array anybody = {status.st_uid};
        if (auto why = why_not_trusted(path, status, anybody))
            return std::unexpected(Error(ErrorKind::failed, *why).with_code("config-writable"));
    }
    return read_file(fd.is_open() ? format("/proc/self/fd/{}", fd.get()) : path, largest_file);
}

Result<std::string> read_judged(const std::string& path, Judged judged, std::span<const uid_t> trusted)
{
    switch (judged) {
    case Judged::nothing: return read_file(path, largest_file);
    case Judged::file: return read_by_mode(path);
    case Judged::all_of_it: break;
    }
    return read_trusted(path, largest_file, trusted);
}

struct Source {
    std::string path;
    bool must_exist;
};

std::vector<Source> sources(const Locations& locations)
{
    return {{locations.config, locations.config_was_named},
            {locations.connectors, false},
            {locations.rules, false}};
}

} // namespace

Judged judged(const Locations& locations, Purpose reading, uid_t user)
{
    if (locations.recorded) return Judged::nothing;
    if (reading == Purpose::to_serve) return Judged::all_of_it;
    if (user != 0) return Judged::nothing;
    return reading == Purpose::to_look && locations.config_was_named ? Judged::file : Judged::all_of_it;
}

Result<std::vector<config::SourceText>> read_settings_files(const Locations& locations, Purpose reading,
                                                            std::optional<uid_t> own_user)
{
    std::vector<config::SourceText> texts;
    const auto user = ::geteuid();
    const auto how = judged(locations, reading, user);
    const auto trusted = how == Judged::all_of_it ? trusted_by(user, own_user) : std::vector<uid_t>();
    for (const auto& source : sources(locations)) {
        auto text = read_judged(source.path, how, trusted);
        if (!text && text.error().code() == "config-writable")
            return std::unexpected(std::move(text.error()));
        if (!text && (text.error().errno_value() != ENOENT || source.must_exist))
            return std::unexpected(std::move(text.error())
                                       .within("cannot read the configuration")
                                       .with_code("config-unreadable"));
        texts.push_back({.name = source.path, .text = text ? std::move(*text) : std::string()});
    }
    return texts;
}

Result<config::Settings> load_settings(const Locations& locations, Purpose reading,
                                       std::optional<uid_t> own_user)
{
    const auto texts = read_settings_files(locations, reading, own_user);
    if (!texts) return std::unexpected(texts.error());
    auto settings = config::parse(*texts);
    if (settings) return std::move(*settings);
    const auto lines = texts_of(settings.error());
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
