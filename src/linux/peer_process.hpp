// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "linux/unique_fd.hpp"

#include <cstdint>
#include <optional>
#include <string>

#include <sys/types.h>

namespace usbroute::linux_ {

/// A process that cannot be mistaken for a later one with the same number.
struct ProcessId {
    pid_t number = 0;
    std::uint64_t start = 0; ///< clock ticks since the machine started, field 22 of /proc/PID/stat (proc(5))
    bool operator==(const ProcessId&) const = default;
};

/// A process that is told of when it ends, by its pidfd (Linux 5.3), which needs no privilege.
struct KnownProcess {
    ProcessId id;
    std::string command; ///< as the kernel names it, printable: "qemu-system-x86"
    UniqueFd pidfd;      ///< readable once it has ended, also before its parent has asked how
};

/// The process on the other side of a connected Unix socket: the one that connected, or, if we connected, the one that
/// called listen(). Nothing: it has ended already. An error: nobody knows, for example because it lives in a
/// container's namespace.
[[nodiscard]] Result<std::optional<KnownProcess>> peer_process_of(int socket);
/// The process that was known before. Nothing: it has ended, even if another process has its number now.
[[nodiscard]] Result<std::optional<KnownProcess>> find_process(const ProcessId& id);

/// What the kernel calls that process now, as one word of letters, digits and ". _ - + : /", at most 15; '?' for any other. Empty: it has
/// ended. Any process can give itself any name: for people's eyes, and for no decision.
[[nodiscard]] std::string command_of(pid_t process);

/// Whether the other side has closed its end, also with bytes that were not read yet.
[[nodiscard]] bool is_hung_up(int socket);

/// One word for this run of the kernel, /proc/sys/kernel/random/boot_id; empty where there is none.
[[nodiscard]] std::string this_boot();

} // namespace usbroute::linux_
