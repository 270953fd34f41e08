// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/event_count.hpp"

#include "base/numbers.hpp"
#include "base/text.hpp"

#include <array>
#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <linux/magic.h>
#include <sys/vfs.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

bool is_sysfs(int fd)
{
    struct statfs status{};
    return ::fstatfs(fd, &status) == 0 && status.f_type == SYSFS_MAGIC;
}

} // namespace

bool is_sysfs(const std::string& path)
{
    const UniqueFd fd(::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    return fd.is_open() && is_sysfs(fd.get());
}

/// The directories that are looked at are asked as well: a copy of a machine may be put over them that leaves this file alone.
/// Whoever puts all of it in the place of the machine's own, this file too, plays the kernel and counts.
KernelEventCount::KernelEventCount(const std::string& root)
{
    const bool is_kernels = is_sysfs(root + "sys/bus") && is_sysfs(root + "sys/class");
    if (!is_kernels && root != "/") return;
    fd_ = UniqueFd(::open((root + "sys/kernel/uevent_seqnum").c_str(), O_RDONLY | O_CLOEXEC));
    if (fd_.is_open() && is_sysfs(fd_.get()) != is_kernels) fd_ = UniqueFd();
}

std::optional<std::uint64_t> KernelEventCount::now() const
{
    if (!fd_.is_open()) return std::nullopt;
    std::array<char, 32> bytes{};
    ssize_t got = -1;
    do got = ::pread(fd_.get(), bytes.data(), bytes.size(), 0);
    while (got < 0 && errno == EINTR);
    if (got <= 0) return std::nullopt;
    return number_from<std::uint64_t>(trim(std::string_view(bytes.data(), static_cast<std::size_t>(got))));
}

} // namespace usbroute::linux_
