// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/recording_folder.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "linux/files.hpp"
#include "linux/unique_fd.hpp"

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <system_error>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

namespace fs = std::filesystem;

constexpr std::size_t most_bytes = std::size_t{64} << 20;

Error cannot(std::string_view what, const std::string& path, int errno_value)
{
    const bool forbidden = errno_value == EACCES || errno_value == EPERM || errno_value == EROFS;
    auto message = format("cannot {} {}", what, printable(path, 200));
    return {forbidden ? ErrorKind::not_permitted : ErrorKind::failed, std::move(message), errno_value};
}

Result<void> write_file(const std::string& path, std::string_view text)
{
    std::error_code failed;
    fs::create_directories(fs::path(path).parent_path(), failed);
    if (failed) return std::unexpected(cannot("create the directory of", path, failed.value()));
    const UniqueFd fd(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0644));
    if (!fd.is_open()) return std::unexpected(cannot("make", path, errno));
    if (const int why = write_whole(fd.get(), text); why != 0)
        return std::unexpected(cannot("write", path, why));
    return {};
}

Result<void> write_link(const std::string& path, const std::string& target)
{
    std::error_code failed;
    fs::create_directories(fs::path(path).parent_path(), failed);
    if (failed) return std::unexpected(cannot("create the directory of", path, failed.value()));
    if (::symlink(target.c_str(), path.c_str()) != 0)
        return std::unexpected(cannot("create the link", path, errno));
    return {};
}

/// Links come last: while files are written there is none that could lead elsewhere.
Result<void> write_all(const observe::Recording& recording, std::string_view readme,
                       const std::string& directory)
{
    if (auto put = write_file(directory + "/README.md", readme); !put) return put;
    for (const auto& [path, text] : recording.files)
        if (auto put = write_file(directory + "/" + path, text); !put) return put;
    for (const auto& path : recording.directories) {
        std::error_code failed;
        fs::create_directories(directory + "/" + path, failed);
        if (failed) return std::unexpected(cannot("make", directory + "/" + path, failed.value()));
    }
    for (const auto& [path, target] : recording.links)
        if (auto put = write_link(directory + "/" + path, target); !put) return put;
    return {};
}

std::string without_slashes(std::string path)
{
    while (path.size() > 1 && path.ends_with('/')) path.pop_back();
    return path;
}

} // namespace

Result<void> may_record_into(const std::string& directory)
{
    const auto path = without_slashes(directory);
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) {
        if (errno == ENOENT && !path.empty()) return {};
        return std::unexpected(cannot("look at", path, errno));
    }
    std::error_code failed;
    const bool empty = S_ISDIR(status.st_mode) && fs::is_empty(path, failed);
    if (failed) return std::unexpected(cannot("look into", path, failed.value()));
    if (empty) return {};
    return std::unexpected(
        Error(ErrorKind::refused,
              format("{} already exists{}, and a recording overwrites nothing; name a new directory",
                     printable(path, 200), S_ISDIR(status.st_mode) ? " and is not empty" : ""))
            .with_code("exists"));
}

Result<void> write_recording(const observe::Recording& recording, std::string_view readme,
                             const std::string& directory)
{
    if (auto may = may_record_into(directory); !may) return may;
    if (recording.bytes() > most_bytes)
        return failure(
            format("the recording would be larger than {} MiB; nothing was written", most_bytes >> 20));
    const auto path = without_slashes(directory);
    auto making = path + ".XXXXXX";
    if (::mkdtemp(making.data()) == nullptr) return std::unexpected(cannot("make", path, errno));
    auto written = write_all(recording, readme, making);
    if (written && (::chmod(making.c_str(), 0755) != 0 || ::rename(making.c_str(), path.c_str()) != 0))
        written = std::unexpected(cannot("rename the finished recording to", path, errno));
    if (written) return {};
    std::error_code failed;
    fs::remove_all(making, failed);
    return std::unexpected(
        Error(written.error().kind(),
              written.error().message() +
                  (failed ? format("; what was written so far is in {}", printable(making, 200))
                          : std::string("; nothing was left behind"))));
}

} // namespace usbroute::linux_
