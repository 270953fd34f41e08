// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/registers.hpp"
#include "base/ids.hpp"
#include "base/result.hpp"
#include "linux/pci_config.hpp"
#include "linux/register_values.hpp"
#include "linux/syscall_filter.hpp"
#include "linux/unique_fd.hpp"
#include "observe/kernel_tree.hpp"

#include <array>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace usbroute::linux_ {

/// Descriptors of configuration spaces, opened while this process had the rights to, or handed to it by somebody who
/// has. Through them the registers are read and written after the rights were given up: the kernel checks the process
/// that opened the file, not the one that reads it (drivers/pci/pci-sysfs.c, pci_read_config).
class RegisterFiles {
public:
    /// `root` ends with a slash.
    explicit RegisterFiles(std::string root) : root_(std::move(root)) {}

    /// Opens what the chip table knows, for later. What cannot be opened is left to `open` to report.
    void keep(const observe::KernelTree& tree);
    /// Forbids this process all that the daemon does not need (linux/syscall_filter.hpp), all writes to a configuration space
    /// among it but those of allowed bits of the two routing registers. From here on the descriptors have numbers of
    /// their own. An error: nothing is forbidden, all goes on as before. `lending`: as forbid_other_system_calls has it.
    [[nodiscard]] Result<Filter> confine(const observe::KernelTree& tree,
                                         const LendingMessage* lending = nullptr);
    /// Opened again if that is permitted, else through what was kept. Errors with a code of their own:
    /// "registers-lost": what was kept belongs to a function that was removed from the bus since;
    /// "registers-not-handed": this process never had the rights, and nobody has handed it a descriptor.
    [[nodiscard]] Result<std::unique_ptr<apply::RouteRegisters>> open(const PciAddress& address);
    /// Takes a descriptor that was opened by somebody else for reading and writing. An error: it is not that function's
    /// configuration space, or shows only its first 64 bytes.
    [[nodiscard]] Result<void> adopt(const PciAddress& address, UniqueFd fd);

private:
    struct Kept {
        PciAddress address;
        UniqueFd fd;
        bool is_narrowed = false; ///< its mask is among `allowed_`
    };
    /// What has the numbers of configuration spaces that are not there, by place.
    using Unused = std::array<UniqueFd, register_numbers>;
    /// Since confine().
    struct Confinement {
        int first_number;
        RegisterValues values;
        Unused unused;
    };
    [[nodiscard]] Result<Confinement> prepare(int first_number, const observe::KernelTree& tree);
    [[nodiscard]] Result<Unused> occupy(int first_number) const;
    [[nodiscard]] Result<std::unique_ptr<apply::RouteRegisters>> open_kept(const PciAddress& address,
                                                                           Error fresh_error);
    [[nodiscard]] Result<void> replace(const PciAddress& address, UniqueFd fd);
    [[nodiscard]] Result<void> give_number(Kept& kept, UniqueFd fd, int number);
    [[nodiscard]] Result<void> narrow(Kept& kept);

    std::string root_;
    std::vector<Kept> kept_;
    AllowedWrites allowed_; ///< what the filter holds this process to, for all that it keeps
    std::optional<Confinement> confinement_;
};

} // namespace usbroute::linux_
