// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/journal_file.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "linux/files.hpp"
#include "linux/rights.hpp"

#include <cerrno>
#include <chrono>
#include <cstdio>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

/// A change takes about two hundred bytes. Written anew after some hundred of them, which takes a toggle a moment
/// longer.
constexpr off_t grown = off_t{32} * 1024;
constexpr int most_replacements = 100;
constexpr std::size_t longest_journal = 1U << 20;

} // namespace

JournalFile::JournalFile(const std::string& directory) : directory_(directory), path_(directory + "/journal")
{
    const auto opened_and_healed = lock();
}

/// Also where somebody has taken the directory away.
UniqueFd JournalFile::open_file() const
{
    constexpr int flags = O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC | O_NOFOLLOW;
    UniqueFd fd(::open(path_.c_str(), flags, 0644));
    if (!fd.is_open() && errno == ENOENT && make_directories(directory_))
        fd = UniqueFd(::open(path_.c_str(), flags, 0644));
    if (fd.is_open()) give_to_owner_of(directory_, fd.get());
    return fd;
}

void JournalFile::open()
{
    if (is_given_up_) return;
    fd_ = open_file();
    if (!fd_.is_open()) open_errno_ = errno;
}

/// Another process can have put a shorter journal in the place of this one: then that one is locked and used.
void JournalFile::take_lock()
{
    // Whatever stood against it may be over.
    const bool is_new = !fd_.is_open();
    if (is_new) open();
    for (int attempt = 0; fd_.is_open() && attempt < most_replacements; ++attempt) {
        while (::flock(fd_.get(), LOCK_EX) != 0 && errno == EINTR) {}
        struct stat ours{};
        struct stat there{};
        if (::fstat(fd_.get(), &ours) != 0) break;
        const bool is_there = ::stat(path_.c_str(), &there) == 0;
        if (is_there && ours.st_ino == there.st_ino && ours.st_dev == there.st_dev) break;
        auto now = open_file();
        if (!now.is_open()) break; // what we have is better than none
        fd_ = std::move(now);
    }
    if (is_new && fd_.is_open()) heal();
}

/// Once, when it is opened: what an older version wrote is brought up to date, a line that a crash has cut is taken
/// off, lest the next one be glued to it, and what is no journal makes room for one.
void JournalFile::heal()
{
    struct stat status{};
    if (::fstat(fd_.get(), &status) != 0 || status.st_size == 0) return;
    if (status.st_size > static_cast<off_t>(longest_journal))
        return set_aside(format("it is larger than {} bytes", longest_journal), {});
    const auto text = this->text();
    const auto history = apply::read_history(text);
    if (history.is_foreign) return set_aside("it is no journal of this or an earlier version", {});
    const std::size_t torn = text.ends_with('\n') ? 0 : 1;
    if (history.unreadable > torn)
        return set_aside(format("{} of its lines cannot be read; the others were kept", history.unreadable),
                         apply::written(history));
    if (history.is_of_today && torn == 0) return;
    auto kept = apply::written(history);
    // Where there is no room for it, below what is there, on a line of its own.
    if (!replace(kept)) unwritten_ = "\n" + kept;
}

void JournalFile::set_aside(const std::string& why, const std::string& keep)
{
    const auto aside = path_ + ".bad";
    if (::rename(path_.c_str(), aside.c_str()) == 0) {
        remark_ = format("the journal {} was set aside as {}: {}", printable(path_), printable(aside), why);
        if (replace(keep)) return;
    } else {
        remark_ = format("the journal {} is not used: {}, and it cannot be set aside: {}", printable(path_),
                         why, errno_text(errno));
        is_given_up_ = true; // lines below those would never be read again
        open_errno_ = EIO;
    }
    unwritten_ = keep;
    fd_.reset();
    open();
    if (fd_.is_open()) ::flock(fd_.get(), LOCK_EX);
}

/// A new file under the old name: whoever is killed at any point leaves the whole old one or the whole new one. Locked
/// before it can be seen.
bool JournalFile::replace(const std::string& text)
{
    const auto fresh = path_ + ".new";
    UniqueFd fd(::open(fresh.c_str(), O_RDWR | O_CREAT | O_TRUNC | O_APPEND | O_CLOEXEC | O_NOFOLLOW, 0644));
    if (!fd.is_open()) return false;
    give_to_owner_of(directory_, fd.get());
    const bool is_written =
        ::write(fd.get(), text.data(), text.size()) == static_cast<ssize_t>(text.size()) &&
        ::flock(fd.get(), LOCK_EX | LOCK_NB) == 0 && ::rename(fresh.c_str(), path_.c_str()) == 0;
    if (!is_written) {
        ::unlink(fresh.c_str());
        return false;
    }
    // Under the old number, which whoever holds the lock knows it by.
    return ::dup3(fd.get(), fd_.get(), O_CLOEXEC) >= 0;
}

Result<void> JournalFile::begin(const plan::Change& change)
{
    const auto now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    auto lines = apply::begin_line(change, {.when = now, .who = signature_.who});
    // In one write with the change: there is no moment at which it is made and nobody knows that it is a trial.
    if (const auto trial = std::exchange(signature_.trial, std::nullopt))
        lines.insert(0, apply::trial_line(*trial));
    struct stat status{};
    if (fd_.is_open() && ::fstat(fd_.get(), &status) == 0 && status.st_size > grown) shorten(status.st_size);
    return append(lines);
}

void JournalFile::shorten(off_t size)
{
    auto kept = apply::written(history());
    if (replace(kept)) {
        unwritten_.clear();
        return;
    }
    // Where no file can be made beside it, it grows on as long as it may: in place, a crash in between would lose the
    // memory of old changes, and the way back of a trial.
    if (size > static_cast<off_t>(longest_journal / 2) && ::ftruncate(fd_.get(), 0) == 0)
        unwritten_ = std::move(kept);
}

Result<void> JournalFile::end(apply::Ending ending) { return append(apply::end_line(ending)); }

Result<void> JournalFile::stand(const plan::Change& wanted)
{
    const auto before = history().standing;
    const auto standing = before ? before->followed_by(wanted) : wanted;
    if (standing == before) return {};
    return append(apply::standing_line(standing));
}

Result<void> JournalFile::end_trial_but_for(const plan::Change& rest)
{
    const auto held = lock();
    return append(apply::trial_rest_line(rest));
}

Result<void> JournalFile::end_trial()
{
    const auto held = lock();
    return append(apply::trial_end_line());
}

std::optional<std::string> JournalFile::why_not_written() const
{
    if (fd_.is_open() || is_given_up_) return std::nullopt; // `remark` says the latter
    return cannot_write(open_errno_).message();
}

apply::History JournalFile::history() const { return apply::read_history(text() + unwritten_); }

/// By its name, as another process can have replaced it; without a descriptor to spare by the one that is open.
std::string JournalFile::text() const
{
    if (is_given_up_) return {};
    if (auto text = read_file(path_, longest_journal)) return std::move(*text);
    if (!fd_.is_open()) return {};
    std::string text(longest_journal, '\0');
    const auto got = ::pread(fd_.get(), text.data(), text.size(), 0);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
}

bool JournalFile::is_empty() const
{
    struct stat status{};
    return ::fstat(fd_.get(), &status) == 0 && status.st_size == 0;
}

Result<void> JournalFile::append(const std::string& lines)
{
    // A file that can be read at most is taken over whole: it may be of an older version.
    if (unwritten_.empty() && (!fd_.is_open() || is_empty())) unwritten_ = apply::written(history());
    unwritten_ += lines;
    auto put = put_down(unwritten_);
    if (put)
        unwritten_.clear();
    else if (unwritten_.size() > static_cast<std::size_t>(grown))
        unwritten_ = apply::written(history()); // nobody knows for how long
    return put;
}

Error JournalFile::cannot_write(int why) const
{
    return {ErrorKind::failed, format("cannot write the journal {}: {}{}", printable(path_), errno_text(why),
                                      remedy_for_writing(why))};
}

Result<void> JournalFile::put_down(const std::string& lines)
{
    if (!fd_.is_open()) return std::unexpected(cannot_write(open_errno_));
    ssize_t put = 0;
    do put = ::write(fd_.get(), lines.data(), lines.size());
    while (put < 0 && errno == EINTR);
    const int why = put < 0 ? errno : ENOSPC;
    // Half a line would spoil the next one.
    if (put > 0 && put != static_cast<ssize_t>(lines.size()))
        if (const auto end = ::lseek(fd_.get(), 0, SEEK_END); end >= put)
            if (::ftruncate(fd_.get(), end - put) != 0) return std::unexpected(cannot_write(errno));
    if (put != static_cast<ssize_t>(lines.size())) return std::unexpected(cannot_write(why));
    return {};
}

JournalFile::Lock::~Lock()
{
    if (fd_ >= 0) ::flock(fd_, LOCK_UN);
}

} // namespace usbroute::linux_
