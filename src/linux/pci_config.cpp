// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/pci_config.hpp"

#include "base/format.hpp"
#include "linux/files.hpp"
#include "observe/decode.hpp"
#include "observe/scan.hpp"

#include <array>
#include <cerrno>

#include <fcntl.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

constexpr off_t first_register = 0xd0;
constexpr std::size_t register_bytes = observe::config_bytes_needed - 0xd0;

} // namespace

Result<PciConfig> PciConfig::open(const std::string& root, const PciAddress& address)
{
    const auto path = format("{}sys/bus/pci/devices/{}/config", root, address.text());
    UniqueFd fd(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOCTTY));
    int write_errno = 0;
    if (!fd.is_open() && (errno == EACCES || errno == EPERM || errno == EROFS)) {
        write_errno = errno;
        fd = UniqueFd(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
    }
    if (!fd.is_open())
        return std::unexpected(
            Error(errno == EACCES || errno == EPERM ? ErrorKind::not_permitted : ErrorKind::failed,
                  "cannot open the configuration space of " + address.text(), errno));
    const int number = fd.get();
    return PciConfig(root, address, std::move(fd), number, write_errno);
}

Result<chips::RouteBits> PciConfig::read()
{
    // decode_config counts from the start of the configuration space.
    std::array<char, observe::config_bytes_needed> bytes{};
    ssize_t got = 0;
    do got = ::pread(fd_, bytes.data() + first_register, register_bytes, first_register);
    while (got < 0 && errno == EINTR);
    if (got != static_cast<ssize_t>(register_bytes))
        return std::unexpected(explain_read(got < 0 ? errno : 0));
    const auto look = observe::decode_config({bytes.data(), bytes.size()});
    return std::get<chips::RouteBits>(look);
}

/// `errno_value` 0: the file ended too early.
Error PciConfig::explain_read(int errno_value) const
{
    const auto subject = "cannot read the routing registers of " + address_.text();
    if (errno_value == 0)
        return Error(
                   ErrorKind::not_permitted,
                   subject +
                       ": the kernel shows only the first 64 bytes to a process without CAP_SYS_ADMIN; run it as root")
            .with_code("registers-unreadable");
    const bool forbidden = errno_value == EACCES || errno_value == EPERM;
    return Error(forbidden ? ErrorKind::not_permitted : ErrorKind::failed, subject, errno_value)
        .with_code("registers-unreadable");
}

Error PciConfig::explain_write(chips::RouteRegister target, int errno_value) const
{
    const auto subject = format("cannot write {} of {}", chips::data_sheet_name(target), address_.text());
    const auto kind = errno_value == EACCES || errno_value == EPERM || errno_value == EROFS
                          ? ErrorKind::not_permitted
                          : ErrorKind::failed;
    const auto lockdown = errno_value == EPERM ? observe::lockdown_level(LiveTree(root_)) : std::string();
    if (!lockdown.empty())
        return Error(
                   kind,
                   format(
                       "{}: kernel lockdown is on ({}), which forbids it; switch Secure Boot off in the firmware, or boot without lockdown=",
                       subject, lockdown))
            .with_code("lockdown");
    Error error(kind, subject, errno_value);
    if (kind == ErrorKind::not_permitted && ::geteuid() != 0)
        return Error(kind, error.message() + "; run it as root, or ask the daemon")
            .with_code("not-permitted");
    return std::move(error).with_code(kind == ErrorKind::not_permitted ? "not-permitted" : "write-failed");
}

Error PciConfig::explain_limit(chips::RouteRegister target, std::uint32_t value) const
{
    return Error(
               ErrorKind::failed,
               format(
                   "cannot write 0x{:x} to {} of {}: usbrouted allows itself only the bits that the firmware's mask had when it started (0x{:x}); restart usbrouted if the mask has changed since",
                   value, chips::data_sheet_name(target), address_.text(), allowed_.free_bits(target)))
        .with_code("write-failed");
}

Result<void> PciConfig::write(chips::RouteRegister target, std::uint32_t value)
{
    if (write_errno_ != 0) return std::unexpected(explain_write(target, write_errno_));
    std::array<unsigned char, 4> bytes{};
    for (std::size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<unsigned char>(value >> (8 * i));
    const void* from = bytes.data();
    if (allowed_.values != nullptr) {
        from = allowed_.values->bytes_of(target, value);
        if (from == nullptr || !allowed_.permits(target, value))
            return std::unexpected(explain_limit(target, value));
    }
    // One aligned 4-byte pwrite is one dword configuration cycle (drivers/pci/pci-sysfs.c, pci_write_config).
    ssize_t put = 0;
    do put = ::pwrite(fd_, from, bytes.size(), chips::offset_of(target));
    while (put < 0 && errno == EINTR);
    if (put < 0) return std::unexpected(explain_write(target, errno));
    if (static_cast<std::size_t>(put) != bytes.size())
        return std::unexpected(
            Error(ErrorKind::failed, format("only {} of 4 bytes of {} of {} were written", put,
                                            chips::data_sheet_name(target), address_.text()))
                .with_code("write-failed"));
    return {};
}

} // namespace usbroute::linux_
