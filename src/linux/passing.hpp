// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "linux/unique_fd.hpp"

#include <string>
#include <string_view>

namespace usbroute::linux_ {

/// A message with an open file (SCM_RIGHTS, unix(7)).
struct Passed {
    std::string text;
    UniqueFd fd; ///< not open: none came along
};

/// One message with an open file through a SOCK_SEQPACKET socket.
[[nodiscard]] Result<void> pass(int socket, std::string_view text, int fd);
/// One message without: the daemon has forbidden itself the call that could hand a file on.
[[nodiscard]] Result<void> answer_passed(int socket, std::string_view text);
/// The next message, of at most 256 bytes. A longer one, one with more than one file, and the end of the connection are
/// errors; what came along is closed then.
[[nodiscard]] Result<Passed> receive_passed(int socket);

/// Connects to a SOCK_SEQPACKET socket, and waits for each answer at most two seconds. `errno_value` of the error is 0
/// only where the path is too long.
[[nodiscard]] Result<UniqueFd> connect_for_passing(const std::string& path);
/// Makes such a socket as a file for its owner alone, in the place of whatever socket is there.
[[nodiscard]] Result<UniqueFd> listen_for_passing(const std::string& path);

} // namespace usbroute::linux_
