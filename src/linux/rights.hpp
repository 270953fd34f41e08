// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"

#include <optional>
#include <span>
#include <string>
#include <vector>

#include <sys/types.h>

namespace usbroute::linux_ {

/// A user of this system, by whose name the daemon may go on.
struct Account {
    std::string name;
    uid_t user = 0;
    gid_t group = 0;
    std::vector<gid_t> groups; ///< all that it is a member of, the first one included
};

/// By name. Nothing: there is no such user. Asks the system's name service, which may take milliseconds.
[[nodiscard]] std::optional<Account> account_named(const std::string& name);

/// By owner, group and mode, as an access list shows in the mode too. Nothing: there is no such file, or it cannot be looked at.
[[nodiscard]] std::optional<bool> may_write(const std::string& path, const Account& account);

/// Becomes another user for good, with its groups and `more_groups`, and without any capability (capabilities(7)): not
/// in the permitted, effective, inheritable, ambient or bounding set, and no program started later gets one. What is open
/// stays open. To be called before there is a second thread, as the kernel keeps capabilities for each.
///
/// An error: this process may be anything in between, and has to end.
[[nodiscard]] Result<void> become(const Account& account, std::span<const gid_t> more_groups);
/// It can be traced by root alone then, and leaves no core.
/// As above, without becoming somebody else: for a process that was never root, and may have been lent capabilities.
[[nodiscard]] Result<void> give_up_capabilities();

/// Gives a directory that root has made to the account, and files of these names in it that root has written there before.
/// Nothing else in it is touched: no link is followed, and no file that has another name elsewhere. A directory of
/// another owner is left alone.
[[nodiscard]] Result<void> give_directory(const std::string& path, const Account& account,
                                          std::span<const std::string_view> files);
/// Root that writes into the directory of another user gives the file to that user, who could no longer write it
/// otherwise. Both are descriptors. Does nothing for users other than root.
void give_to_owner_of(int directory, int fd);

} // namespace usbroute::linux_
