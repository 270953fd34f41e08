// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "sim/file_tree.hpp"

#include "base/format.hpp"

#include <algorithm>
#include <cerrno>
#include <filesystem>

#include <fcntl.h>
#include <unistd.h>

namespace usbroute::sim {

namespace fs = std::filesystem;

namespace {

std::unexpected<Error> cannot(std::string_view what, const std::string& path, int errno_value)
{
    return failure(format("cannot {} {}", what, path), errno_value);
}

} // namespace

std::string FileTree::full(std::string_view path) const { return format("{}/{}", root_, path); }

Result<void> FileTree::write(std::string_view path, std::string_view content) const
{
    const auto file = full(path);
    std::error_code error;
    if (path.ends_with('/')) {
        fs::create_directories(file, error);
        if (error) return cannot("make", file, error.value());
        return {};
    }
    const auto open_file = [&file] { return ::open(file.c_str(), O_WRONLY | O_CREAT | O_CLOEXEC, 0644); };
    int fd = open_file();
    if (fd < 0 && errno == ENOENT) {
        fs::create_directories(fs::path(file).parent_path(), error);
        fd = open_file();
    }
    if (fd < 0) return cannot("make", file, errno);
    // Longer or shorter, and cut only afterwards: a reader in between never finds nothing.
    const auto written = ::pwrite(fd, content.data(), content.size(), 0);
    const bool done = written == static_cast<ssize_t>(content.size()) &&
                      ::ftruncate(fd, static_cast<off_t>(content.size())) == 0;
    const int why = done ? 0 : written < 0 ? errno : ENOSPC;
    ::close(fd);
    if (!done) return cannot("write", file, why);
    return {};
}

Result<void> FileTree::write_at(std::string_view path, std::uint16_t offset, std::string_view bytes) const
{
    const auto file = full(path);
    const int fd = ::open(file.c_str(), O_WRONLY | O_CLOEXEC);
    if (fd < 0) return cannot("open", file, errno);
    const auto written = ::pwrite(fd, bytes.data(), bytes.size(), offset);
    const int why = errno;
    ::close(fd);
    if (written != static_cast<ssize_t>(bytes.size()))
        return cannot("write", file, written < 0 ? why : ENOSPC);
    return {};
}

Result<std::string> FileTree::read(std::string_view path) const
{
    const auto file = full(path);
    const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
    if (fd < 0) return cannot("open", file, errno);
    std::string content;
    char buffer[4096];
    ssize_t got = 0;
    while ((got = ::read(fd, buffer, sizeof buffer)) > 0)
        content.append(buffer, static_cast<std::size_t>(got));
    const int why = errno;
    ::close(fd);
    if (got < 0) return cannot("read", file, why);
    return content;
}

bool FileTree::has(std::string_view path) const { return ::access(full(path).c_str(), F_OK) == 0; }

Result<void> FileTree::link(std::string_view path, std::string_view target) const
{
    const fs::path place(full(path));
    const auto text = fs::path(full(target)).lexically_relative(place.parent_path());
    std::error_code error;
    fs::create_directories(place.parent_path(), error);
    fs::remove(place, error);
    fs::create_symlink(text, place, error);
    if (error) return cannot("link", place.string(), error.value());
    return {};
}

namespace {

/// Where libumockdev-preload looks for a node's number (its get_rdev).
std::string node_number_path(std::string_view name)
{
    std::string flat(name);
    std::ranges::replace(flat, '/', '_');
    return "dev/.node/" + flat;
}

} // namespace

Result<void> FileTree::write_node(std::string_view name, std::string_view number,
                                  std::string_view content) const
{
    const auto link = full(node_number_path(name));
    std::error_code error;
    fs::create_directories(fs::path(link).parent_path(), error);
    fs::remove(link, error);
    fs::create_symlink(std::string(number), link, error);
    if (error) return cannot("link", link, error.value());
    const auto file = format("dev/{}", name);
    // A file of its own each time, so that an open one is not taken for its successor.
    remove(file);
    return write(file, content);
}

void FileTree::remove_node(std::string_view name) const
{
    remove(format("dev/{}", name));
    remove(node_number_path(name));
}

void FileTree::remove(std::string_view path) const
{
    // All of it at one stroke: a device's directory that is being emptied would be a device without a name.
    std::error_code error;
    const auto aside = full(".leaving");
    fs::remove_all(aside, error);
    fs::rename(full(path), aside, error);
    fs::remove_all(error ? full(path) : aside, error);
}

} // namespace usbroute::sim
