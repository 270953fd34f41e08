// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/journal.hpp"
#include "base/result.hpp"
#include "linux/unique_fd.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include <sys/types.h>

namespace usbroute::linux_ {

/// How long a command that works without the daemon waits for a lock.
inline constexpr std::chrono::milliseconds direct_patience{5000};

/// A lock (flock(2)) on a file of its own, which only its owner and root can open. A killed process gives it back.
class LockFile {
public:
    /// The file is made when it is first taken; the directory has to be there.
    explicit LockFile(std::string path) : path_(std::move(path)) {}

    /// The lock, as long as this lives. Of nothing, where there is no room or no right for a file to lock.
    class Held {
    public:
        explicit Held(int fd) : fd_(fd) {}
        Held(Held&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
        Held& operator=(Held&&) = delete;
        Held(const Held&) = delete;
        Held& operator=(const Held&) = delete;
        ~Held();
        /// Not given back here: the file, as long as it is open, holds it.
        void keep() { fd_ = -1; }

    private:
        int fd_; ///< belongs to the lock file
    };

    /// Never waits longer than `patience`; 0 asks once. The error has the code "busy".
    [[nodiscard]] Result<Held> take(std::chrono::milliseconds patience);
    /// The file, whose lock lasts as long as it is open.
    [[nodiscard]] UniqueFd release() { return std::move(fd_); }
    /// "process 1234 (usbroute)", as the kernel knows it; "another process" where it does not say.
    [[nodiscard]] std::string holder() const;

private:
    [[nodiscard]] bool is_there() const;
    void open();

    std::string path_;
    UniqueFd fd_;
    dev_t device_ = 0;
    ino_t inode_ = 0;
};

/// Takes a state directory for one daemon as long as what is returned lives; the kernel gives it back when that daemon is
/// killed. An error: another one has it (code "in-use"). Not open: the directory is not there and cannot be made.
[[nodiscard]] Result<UniqueFd> lock_state(const std::string& directory);

/// Who holds an flock on a file, by the text of /proc/locks (proc_locks(5)). Pure. Some file systems show another device
/// number there than stat(2) does: then the inode alone decides, if it is there once.
[[nodiscard]] std::optional<pid_t> holder_in(std::string_view locks, dev_t device, ino_t inode);

} // namespace usbroute::linux_
