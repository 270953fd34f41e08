// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/register_files.hpp"

#include "base/format.hpp"
#include "linux/pci_config.hpp"
#include "observe/functions.hpp"
#include "topology/chips.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

/// A chipset has one xHCI with a mux. Root may hand over what it likes, but not without bound.
constexpr std::size_t most_kept = 8;

/// Sysfs says ENODEV once the function was removed; a file of a recorded machine has lost its name then.
bool is_of_a_function_that_left(int fd)
{
    char byte = 0;
    struct stat status{};
    if (::pread(fd, &byte, 1, 0) < 0 && errno == ENODEV) return true;
    return ::fstat(fd, &status) == 0 && status.st_nlink == 0;
}

/// The name under which the kernel knows an open file.
std::string name_of(int fd)
{
    std::array<char, 4096> name{};
    const auto length = ::readlink(format("/proc/self/fd/{}", fd).c_str(), name.data(), name.size());
    return length > 0 ? std::string(name.data(), static_cast<std::size_t>(length)) : std::string();
}

} // namespace

void RegisterFiles::keep(const observe::KernelTree& tree)
{
    for (const auto& function : observe::read_functions(tree)) {
        if (topology::family_of(function.vendor, function.device) == nullptr) continue;
        const auto path = format("{}sys/bus/pci/devices/{}/config", root_, function.address.text());
        UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOCTTY));
        if (fd.is_open()) replace(function.address, std::move(fd));
    }
}

Result<std::unique_ptr<apply::RouteRegisters>> RegisterFiles::open(const PciAddress& address)
{
    auto fresh = PciConfig::open(root_, address);
    if (fresh) {
        auto look = fresh->read();
        // As root it is what it is; else a descriptor of somebody with more rights may do better.
        if ((look && fresh->is_writable()) || ::geteuid() == 0)
            return std::make_unique<PciConfig>(std::move(*fresh));
        if (look) {
            if (auto kept = open_kept(address, Error(ErrorKind::failed, "none was kept"))) return kept;
            return std::make_unique<PciConfig>(std::move(*fresh));
        }
        return open_kept(address, std::move(look.error()));
    }
    return open_kept(address, std::move(fresh.error()));
}

Result<std::unique_ptr<apply::RouteRegisters>> RegisterFiles::open_kept(const PciAddress& address,
                                                                        Error fresh_error)
{
    const auto kept = std::ranges::find(kept_, address, &Kept::address);
    if (kept == kept_.end()) {
        if (::geteuid() == 0 || fresh_error.kind() != ErrorKind::not_permitted)
            return std::unexpected(std::move(fresh_error));
        return std::unexpected(std::move(fresh_error).with_code("registers-not-handed"));
    }
    if (is_of_a_function_that_left(kept->fd.get()))
        return std::unexpected(
            Error(ErrorKind::not_permitted,
                  format("the descriptor of {} is of a function that was removed", address.text()), ENODEV)
                .with_code("registers-lost"));
    UniqueFd fd(::fcntl(kept->fd.get(), F_DUPFD_CLOEXEC, 0));
    if (!fd.is_open())
        return std::unexpected(
            Error(ErrorKind::failed, "cannot use the configuration space of " + address.text(), errno));
    return std::make_unique<PciConfig>(PciConfig::of(root_, address, std::move(fd)));
}

Result<void> RegisterFiles::adopt(const PciAddress& address, UniqueFd fd)
{
    const auto refused = [&](std::string_view why) {
        return std::unexpected(
            Error(ErrorKind::failed, format("the descriptor for {} is not taken: {}", address.text(), why)));
    };
    if (!name_of(fd.get()).ends_with(format("/{}/config", address.text())))
        return refused("it is not the configuration space of that function");
    const int flags = ::fcntl(fd.get(), F_GETFL);
    if (flags < 0 || (flags & O_ACCMODE) != O_RDWR) return refused("it is not open for reading and writing");
    if (is_of_a_function_that_left(fd.get())) return refused("the function has left the bus");
    UniqueFd tried(::fcntl(fd.get(), F_DUPFD_CLOEXEC, 0));
    if (const auto look = PciConfig::of(root_, address, std::move(tried)).read(); !look)
        return std::unexpected(look.error());
    replace(address, std::move(fd));
    return {};
}

void RegisterFiles::replace(const PciAddress& address, UniqueFd fd)
{
    std::erase_if(kept_, [&](const Kept& one) { return one.address == address; });
    if (kept_.size() == most_kept) kept_.erase(kept_.begin());
    kept_.push_back({.address = address, .fd = std::move(fd)});
}

} // namespace usbroute::linux_
