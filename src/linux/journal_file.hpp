#pragma once

#include "apply/journal.hpp"
#include "linux/unique_fd.hpp"

#include <string>

namespace usbroute::linux_ {

/// The journal as a file in the state directory. It also holds the lock by which the daemon and a direct command
/// keep out of each other's change.
class JournalFile final : public apply::Journal {
public:
    /// Never fails: a directory that cannot be written gives a journal whose `begin` says so.
    explicit JournalFile(const std::string& directory);

    [[nodiscard]] Result<void> begin(const plan::Change& change) override;
    [[nodiscard]] Result<void> end(apply::Ending ending) override;
    /// Adds to what all changes add up to, without a change: somebody asked for what was so already, and from now on
    /// it has to stay so.
    [[nodiscard]] Result<void> stand(const plan::Change& wanted);
    /// What the file holds now; empty where there is none.
    [[nodiscard]] apply::History history() const;

    /// Held while a change is planned and applied. Waits for another process's change, which takes
    /// microseconds. Nothing where there is no file to lock.
    class Lock {
    public:
        explicit Lock(int fd);
        ~Lock();
        Lock(const Lock&) = delete;
        Lock& operator=(const Lock&) = delete;

    private:
        int fd_;
    };
    [[nodiscard]] Lock lock() { return Lock(fd_.get()); }

private:
    [[nodiscard]] Result<void> append(const std::string& line);

    std::string path_;
    UniqueFd fd_;
    int open_errno_ = 0;
};

} // namespace usbroute::linux_
