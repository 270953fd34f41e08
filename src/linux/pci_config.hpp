// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/registers.hpp"
#include "base/ids.hpp"
#include "linux/register_values.hpp"
#include "linux/unique_fd.hpp"

#include <algorithm>
#include <cstdint>
#include <string>
#include <vector>

namespace usbroute::linux_ {

/// What a process that has forbidden itself all other writes may still write to the registers, whichever function they are of.
struct AllowedWrites {
    struct Limits {
        ValueLimit usb2;
        ValueLimit superspeed;

        [[nodiscard]] const ValueLimit& of(chips::RouteRegister target) const
        {
            return target == chips::RouteRegister::usb2_owner ? usb2 : superspeed;
        }
    };
    const RegisterValues* values = nullptr; ///< null: this process has forbidden itself nothing
    std::vector<Limits> limits;             ///< all of them hold

    [[nodiscard]] bool permits(chips::RouteRegister target, std::uint32_t value) const
    {
        return std::ranges::all_of(limits,
                                   [&](const Limits& each) { return each.of(target).permits(value); });
    }
    [[nodiscard]] std::uint32_t free_bits(chips::RouteRegister target) const
    {
        std::uint32_t free = ~std::uint32_t{0};
        for (const auto& each : limits) free &= each.of(target).free;
        return free;
    }
};

/// The routing registers through the `config` file that sysfs has for every PCI function.
///
/// The descriptor stays open. The kernel checks CAP_SYS_ADMIN when it is opened, so reads beyond byte 64 go on
/// after privileges were given up; under lockdown each write is still refused with EPERM.
class PciConfig final : public apply::RouteRegisters {
public:
    /// Opens for reading and writing, or for reading alone where writing is not permitted: then `write` says why.
    [[nodiscard]] static Result<PciConfig> open(const std::string& root, const PciAddress& address);
    /// Through a descriptor that is open for reading and writing.
    [[nodiscard]] static PciConfig of(const std::string& root, const PciAddress& address, UniqueFd fd)
    {
        const int number = fd.get();
        return {root, address, std::move(fd), number, 0};
    }
    /// Through a descriptor that somebody else keeps open for longer.
    [[nodiscard]] static PciConfig through(const std::string& root, const PciAddress& address, int fd,
                                           const AllowedWrites& allowed)
    {
        PciConfig config(root, address, UniqueFd(), fd, 0);
        config.allowed_ = allowed;
        return config;
    }
    /// The descriptor that it opened.
    [[nodiscard]] UniqueFd give_up() && { return std::move(owned_); }

    [[nodiscard]] Result<chips::RouteBits> read() override;
    [[nodiscard]] Result<void> write(chips::RouteRegister target, std::uint32_t value) override;
    [[nodiscard]] bool is_writable() const { return write_errno_ == 0; }

private:
    PciConfig(std::string root, PciAddress address, UniqueFd owned, int fd, int write_errno)
        : root_(std::move(root)),
          address_(address),
          owned_(std::move(owned)),
          fd_(fd),
          write_errno_(write_errno)
    {}
    [[nodiscard]] Error explain_read(int errno_value) const;
    [[nodiscard]] Error explain_write(chips::RouteRegister target, int errno_value) const;
    [[nodiscard]] Error explain_limit(chips::RouteRegister target, std::uint32_t value) const;

    std::string root_;
    PciAddress address_;
    UniqueFd owned_;
    int fd_;
    AllowedWrites allowed_;
    int write_errno_ = 0; ///< why it could not be opened for writing; 0: it was
};

} // namespace usbroute::linux_
