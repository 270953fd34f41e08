// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/journal_file.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "linux/files.hpp"
#include "linux/private_files.hpp"

#include <cerrno>
#include <chrono>
#include <utility>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

/// A change takes about two hundred bytes. Written again after some hundred of them, which takes a toggle a moment
/// longer.
constexpr off_t grown = off_t{32} * 1024;
constexpr std::size_t longest_journal = 1U << 20;

} // namespace

std::optional<JournalFile::Version> JournalFile::version_at(const std::string& path)
{
    struct stat there{};
    if (::lstat(path.c_str(), &there) != 0) return std::nullopt;
    const auto moment = [](const timespec& at) { return std::pair(at.tv_sec, at.tv_nsec); };
    return Version{.device = there.st_dev,
                   .inode = there.st_ino,
                   .size = there.st_size,
                   .written = moment(there.st_mtim),
                   .changed = moment(there.st_ctim)};
}

JournalFile::JournalFile(const std::string& directory, const std::string& before)
    : directory_(directory),
      path_(directory + "/journal"),
      before_(before.empty() ? std::string() : before + "/journal"),
      lock_(directory + "/change.lock")
{
    // Where another process is at work, the next one that takes the lock does all this.
    const auto opened_and_healed = lock();
    if (!opened_and_healed) open_errno_ = EBUSY;
}

Result<JournalFile::Lock> JournalFile::lock(std::chrono::milliseconds patience)
{
    auto held = lock_.take(patience);
    if (held) follow_the_name();
    return held;
}

/// Under the lock: no other process of ours is about to write.
UniqueFd JournalFile::open_file()
{
    constexpr int flags = O_RDWR | O_CREAT | O_APPEND;
    auto opened = open_private(path_, flags);
    if (!opened && opened.error() == ESTALE) {
        renew_private(path_);
        opened = open_private(path_, flags);
    }
    if (opened) return std::move(*opened);
    open_errno_ = opened.error();
    return {};
}

/// From now on this is the file.
void JournalFile::hold(UniqueFd file)
{
    struct stat status{};
    fd_ = std::move(file);
    if (!fd_.is_open()) return;
    if (::fstat(fd_.get(), &status) != 0) return fd_.reset();
    device_ = status.st_dev;
    inode_ = status.st_ino;
    size_ = status.st_size;
}

void JournalFile::open()
{
    if (is_given_up_) return;
    if (auto made = make_private_directory(directory_); !made) {
        open_errno_ = made.error().errno_value();
        return;
    }
    renew_private(path_, before_);
    hold(open_file());
    if (!fd_.is_open() && open_errno_ == EMEDIUMTYPE)
        set_aside("others than usbroute could have written it", {});
}

/// Another process can have put a shorter journal in the place of this one: then that one is used.
void JournalFile::follow_the_name()
{
    if (!fd_.is_open()) {
        // Whatever stood against it may be over.
        open();
        if (fd_.is_open()) heal();
        return;
    }
    struct stat there{};
    if (::lstat(path_.c_str(), &there) == 0 && there.st_ino == inode_ && there.st_dev == device_) {
        size_ = there.st_size;
        return;
    }
    // What we have is better than none.
    if (auto now = open_file(); now.is_open()) hold(std::move(now));
}

/// Once, when it is opened: what an older version wrote is brought up to date, a line that a crash has cut is taken
/// off, lest the next one be glued to it, and what is no journal makes room for one.
void JournalFile::heal()
{
    if (size_ == 0) return;
    if (size_ > static_cast<off_t>(longest_journal))
        return set_aside(format("it is larger than {} bytes", longest_journal), {});
    const auto text = this->text();
    const auto history = apply::read_history(text);
    if (history.is_foreign) return set_aside("it is not a journal of this or an earlier version", {});
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
    if (const int no = set_aside_private(path_); no == 0) {
        remark_ = format("the journal {} was set aside as {}: {}", printable(path_), printable(aside), why);
        if (replace(keep)) return;
    } else {
        remark_ = format("the journal {} is not used: {}, and it cannot be set aside: {}", printable(path_),
                         why, errno_text(no));
        is_given_up_ = true; // lines below those would never be read again
        open_errno_ = EIO;
    }
    unwritten_ = keep;
    fd_.reset();
    if (!is_given_up_) hold(open_file());
}

/// A new file under the old name: a process killed at any point leaves the whole old one or the whole new one.
bool JournalFile::replace(const std::string& text)
{
    auto fresh = exchange_private(path_, text, O_RDWR | O_APPEND);
    if (!fresh) return false;
    hold(std::move(*fresh));
    return true;
}

Result<void> JournalFile::begin(const plan::Change& change, const apply::Signature& signature)
{
    const auto now = std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
    auto lines =
        apply::begin_line(change, {.when = now, .who = signature.who, .stays_out = signature.stays_out});
    // In one write with the change: there is no moment at which it is made and nobody knows that it is a trial.
    if (signature.trial) lines.insert(0, apply::trial_line(*signature.trial));
    if (fd_.is_open() && size_ > grown) shorten();
    return append(lines);
}

void JournalFile::shorten()
{
    auto kept = apply::written(history());
    if (replace(kept)) {
        unwritten_.clear();
        return;
    }
    // Where no file can be made beside it, it grows on as long as it may: in place, a crash in between would lose the
    // memory of old changes, and the way back of a trial.
    if (size_ > static_cast<off_t>(longest_journal / 2) && ::ftruncate(fd_.get(), 0) == 0) {
        unwritten_ = std::move(kept);
        size_ = 0;
    }
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
    auto held = lock();
    if (!held) return std::unexpected(std::move(held.error()));
    return append(apply::trial_rest_line(rest));
}

Result<void> JournalFile::end_trial()
{
    auto held = lock();
    if (!held) return std::unexpected(std::move(held.error()));
    return append(apply::trial_end_line());
}

std::optional<std::string> JournalFile::why_not_written() const
{
    if (fd_.is_open() || is_given_up_) return std::nullopt; // `remark` says the latter
    return cannot_write(open_errno_).message();
}

/// Each plug into a guest's socket asks for it several times, and a journal may have hundreds of lines.
apply::History JournalFile::history() const
{
    const auto now = version_at(path_);
    if (!now || !unwritten_.empty() || is_given_up_) return apply::read_history(text() + unwritten_);
    if (now != read_as_) {
        read_ = apply::read_history(text());
        read_as_ = now;
    }
    return read_;
}

/// By its name, as another process can have replaced it; without a descriptor to spare by the one that is open.
std::string JournalFile::text() const
{
    if (is_given_up_) return {};
    if (auto text = read_private(path_, longest_journal)) return std::move(*text);
    if (!fd_.is_open()) return {};
    std::string text(longest_journal, '\0');
    const auto got = ::pread(fd_.get(), text.data(), text.size(), 0);
    text.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return text;
}

Result<void> JournalFile::append(const std::string& lines)
{
    // A file that can be read at most is taken over whole: it may be of an older version.
    if (unwritten_.empty() && (!fd_.is_open() || size_ == 0)) unwritten_ = apply::written(history());
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
    size_ += put;
    return {};
}

} // namespace usbroute::linux_
