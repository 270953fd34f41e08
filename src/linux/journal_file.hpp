#pragma once

#include "apply/journal.hpp"
#include "linux/unique_fd.hpp"

#include <string>

namespace usbroute::linux_ {

/// The journal as a file in the state directory. It also holds the lock by which the daemon and a direct command
/// keep out of each other's change.
class JournalFile final : public apply::Journal {
public:
    /// Never fails: a directory that cannot be written gives a journal whose `begin` says so. What cannot be read as a
    /// journal is set aside as journal.bad, and `remark` says so.
    explicit JournalFile(const std::string& directory);

    /// For the changes that are begun from now on. The trial is announced with the next one only.
    void sign(apply::Signature signature) { signature_ = std::move(signature); }
    [[nodiscard]] Result<void> begin(const plan::Change& change) override;
    [[nodiscard]] Result<void> end(apply::Ending ending) override;
    /// Adds to what all changes add up to, without a change: somebody asked for what was so already, and from now on
    /// it has to stay so.
    [[nodiscard]] Result<void> stand(const plan::Change& wanted);
    /// The trial was confirmed, or needs no way back. Takes the lock itself.
    [[nodiscard]] Result<void> end_trial();
    /// What was wrong with the file when it was opened; empty: nothing.
    [[nodiscard]] const std::string& remark() const { return remark_; }
    /// What the file holds now; empty where there is none.
    [[nodiscard]] apply::History history() const;

    /// Held while a change is planned and applied. Waits for another process's change, which takes
    /// microseconds. Nothing where there is no file to lock.
    class Lock {
    public:
        explicit Lock(int fd) : fd_(fd) {}
        ~Lock();
        Lock(const Lock&) = delete;
        Lock& operator=(const Lock&) = delete;

    private:
        int fd_;
    };
    [[nodiscard]] Lock lock()
    {
        take_lock();
        return Lock(fd_.get());
    }

private:
    void open();
    void take_lock();
    void heal();
    void set_aside(const std::string& why, const std::string& keep);
    [[nodiscard]] bool replace(const std::string& text);
    [[nodiscard]] Result<void> append(const std::string& line);

    std::string path_;
    UniqueFd fd_;
    int open_errno_ = 0;
    apply::Signature signature_;
    std::string remark_;
};

} // namespace usbroute::linux_
