// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "apply/journal.hpp"
#include "linux/state_lock.hpp"
#include "linux/unique_fd.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <utility>

#include <sys/types.h>

namespace usbroute::linux_ {

/// The journal as a file in the state directory, which only its owner and root can open. Beside it is the lock by which the
/// daemon and a direct command keep out of each other's change.
class JournalFile final : public apply::Journal {
public:
    /// Never fails: a directory that cannot be written gives a journal whose `begin` says so, each time. What cannot be
    /// written is known to this object all the same, and is written with the next line that finds room. What cannot
    /// be read as a journal is set aside as journal.bad, and `remark` says so. Where another process holds the lock, all that
    /// waits for the first `lock` that succeeds.
    ///
    /// `before`: the directory in which version 0.1 kept it; it is taken over from there.
    explicit JournalFile(const std::string& directory, const std::string& before = {});

    [[nodiscard]] Result<void> begin(const plan::Change& change, const apply::Signature& signature) override;
    [[nodiscard]] Result<void> end(apply::Ending ending) override;
    [[nodiscard]] Result<void> stand(const plan::Change& wanted) override;
    /// The time of the trial is over, and this could not be taken back yet.
    [[nodiscard]] Result<void> end_trial_but_for(const plan::Change& rest);
    /// The trial was confirmed, or needs no way back. Takes the lock itself, and does not wait for it.
    [[nodiscard]] Result<void> end_trial();
    /// What was wrong with the file when it was opened; empty: nothing.
    [[nodiscard]] const std::string& remark() const { return remark_; }
    /// Why nothing could be written when it was opened, and what to do; nothing: it could.
    [[nodiscard]] std::optional<std::string> why_not_written() const;
    /// False: the history has a part that ends with this process.
    [[nodiscard]] bool is_written() const { return unwritten_.empty(); }
    /// What the file holds now, and what could not be written; empty where there is neither.
    [[nodiscard]] apply::History history() const override;

    /// Held while a change is planned and applied. Waits for another process's change at most `patience`; the error has the
    /// code "busy". Where there is no file to lock, nothing is held.
    using Lock = LockFile::Held;
    [[nodiscard]] Result<Lock> lock(std::chrono::milliseconds patience = std::chrono::milliseconds(0));

private:
    /// What differs between a file and another, or what it was before it was written to or shut to others.
    struct Version {
        using Moment = std::pair<time_t, long>; ///< in seconds and nanoseconds
        dev_t device = 0;
        ino_t inode = 0;
        off_t size = 0;
        Moment written;
        Moment changed;
        bool operator==(const Version&) const = default;
    };
    [[nodiscard]] static std::optional<Version> version_at(const std::string& path);
    [[nodiscard]] UniqueFd open_file();
    void hold(UniqueFd file);
    void open();
    void follow_the_name();
    void heal();
    void shorten();
    [[nodiscard]] std::string text() const;
    [[nodiscard]] Error cannot_write(int why) const;
    void set_aside(const std::string& why, const std::string& keep);
    [[nodiscard]] bool replace(const std::string& text);
    [[nodiscard]] Result<void> append(const std::string& lines);
    [[nodiscard]] Result<void> put_down(const std::string& lines);

    std::string directory_;
    std::string path_;
    std::string before_; ///< path of version 0.1; empty: none
    LockFile lock_;
    UniqueFd fd_;
    dev_t device_ = 0; ///< of `fd_`, and the next two
    ino_t inode_ = 0;
    off_t size_ = 0; ///< when the lock was taken, and what was written since
    int open_errno_ = 0;
    bool is_given_up_ = false; ///< what is there is no journal, and stays
    std::string unwritten_;    ///< to be written before the next line; of bounded size
    std::string remark_;
    mutable std::optional<Version> read_as_; ///< of the file, when `read_` was read of it
    mutable apply::History read_;
};

} // namespace usbroute::linux_
