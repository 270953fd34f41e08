#include "linux/journal_file.hpp"

#include "base/text.hpp"
#include "linux/files.hpp"

#include <cerrno>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

/// A change takes about a hundred bytes. Written anew after some hundred of them, which takes a toggle a moment longer.
constexpr off_t grown = off_t{16} * 1024;
constexpr std::size_t longest_journal = 1U << 20;

} // namespace

JournalFile::JournalFile(const std::string& directory) : path_(directory + "/journal")
{
    if (auto made = make_directories(directory); !made) open_errno_ = made.error().errno_value();
    fd_ = UniqueFd(::open(path_.c_str(), O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!fd_.is_open()) open_errno_ = errno;
}

Result<void> JournalFile::begin(const plan::Change& change)
{
    struct stat status{};
    if (fd_.is_open() && ::fstat(fd_.get(), &status) == 0) {
        // Shortened in place, not by a new file: the lock is on this one. A crash in between loses the memory of
        // old changes, never the state of the machine.
        if (status.st_size > grown) {
            const auto kept = apply::written(history());
            if (::ftruncate(fd_.get(), 0) == 0)
                if (auto written = append(kept); !written) return written;
        } else if (status.st_size == 0) {
            return append(apply::journal_header() + apply::begin_line(change));
        }
    }
    return append(apply::begin_line(change));
}

Result<void> JournalFile::end(apply::Ending ending) { return append(apply::end_line(ending)); }

Result<void> JournalFile::stand(const plan::Change& wanted)
{
    const auto before = history().standing;
    const auto standing = before ? before->followed_by(wanted) : wanted;
    if (standing == before) return {};
    struct stat status{};
    const bool is_new = fd_.is_open() && ::fstat(fd_.get(), &status) == 0 && status.st_size == 0;
    return append((is_new ? apply::journal_header() : std::string()) + apply::standing_line(standing));
}

apply::History JournalFile::history() const
{
    const auto text = read_file(path_, longest_journal);
    return text ? apply::read_history(*text) : apply::History{};
}

Result<void> JournalFile::append(const std::string& line)
{
    if (!fd_.is_open())
        return std::unexpected(
            Error(ErrorKind::failed, "cannot write the journal " + printable(path_), open_errno_));
    ssize_t put = 0;
    do put = ::write(fd_.get(), line.data(), line.size());
    while (put < 0 && errno == EINTR);
    if (put != static_cast<ssize_t>(line.size()))
        return std::unexpected(Error(ErrorKind::failed, "cannot write the journal " + printable(path_),
                                     put < 0 ? errno : ENOSPC));
    return {};
}

JournalFile::Lock::Lock(int fd) : fd_(fd)
{
    if (fd_ < 0) return;
    while (::flock(fd_, LOCK_EX) != 0 && errno == EINTR) {}
}

JournalFile::Lock::~Lock()
{
    if (fd_ >= 0) ::flock(fd_, LOCK_UN);
}

} // namespace usbroute::linux_
