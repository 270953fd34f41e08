// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "linux/unique_fd.hpp"

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

#include <sys/stat.h>

/// Files that only their owner and root can open: the state of the program. Nothing here waits for anybody, and no
/// symbolic link and no FIFO in the place of such a file is followed or opened (docs/decisions/0036). The directory can lie
/// below one of another user, also where root works in it: each call opens it once, as `open_directory` does, and does
/// everything by that descriptor.
namespace usbroute::linux_ {

inline constexpr mode_t private_file = 0600;
inline constexpr mode_t private_directory = 0700;

/// What a file in the state directory is to us.
enum class Privacy : std::uint8_t {
    kept,    ///< only its owner and root can open it
    lost,    ///< its text is ours, but others can read it, or could: it gets a new inode
    foreign, ///< others wrote it, or could: its text is not used
};
/// Decides; nothing is touched. `above` is the directory that the file lies in, `self` the effective user.
[[nodiscard]] Privacy privacy_of(const struct stat& file, const struct stat& above, uid_t self);

/// Makes a directory of mode 0700, and those above it with 0755. One that is there and ours is closed to others, unless it
/// holds something that is not usbroute's: nobody shall lose /tmp because a variable names it. An error also where a link is
/// on the way that others could have put there, or where somebody else owns it.
[[nodiscard]] Result<void> make_private_directory(const std::string& path);

/// The same with mode 0755, and one that is there stays as it is.
[[nodiscard]] Result<void> make_reachable_directory(const std::string& path);

/// A file that is there, or a new one where `flags` has O_CREAT. The error is an errno value: EMEDIUMTYPE for a file that is
/// no regular file or whose text is not ours, ESTALE for one that others can read.
[[nodiscard]] std::expected<UniqueFd, int> open_private(const std::string& path, int flags);
/// A whole file of at most `limit` bytes, no matter who can read it. Also an error if others could have written it.
[[nodiscard]] Result<std::string> read_private(const std::string& path, std::size_t limit);
/// Like `replace_file`, for the owner alone, whatever mode the old one has.
[[nodiscard]] Result<void> replace_private(const std::string& path, std::string_view text);
/// The same by way of PATH.new, for a file that need not outlive a power failure; gives the new one, opened with `flags`.
/// The error is an errno value. For the only writer at this moment.
[[nodiscard]] std::expected<UniqueFd, int> exchange_private(const std::string& path, std::string_view text,
                                                            int flags);
/// Takes a name away, whatever has it but a directory. 0, or an errno value.
[[nodiscard]] int remove_private(const std::string& path);
/// What cannot be used becomes PATH.bad, and is private there. 0, or an errno value.
[[nodiscard]] int set_aside_private(const std::string& path);

/// Gives a file that others can read a new inode with the same text; what has been opened before is another file then.
/// `before`: where an older version kept it; it is taken over from there if nothing newer is here, and is gone
/// there afterwards. Both may be missing. What is foreign stays where it is.
void renew_private(const std::string& path, const std::string& before = {});

} // namespace usbroute::linux_
