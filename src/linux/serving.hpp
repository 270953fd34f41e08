// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"

#include <functional>
#include <string>

#include <sys/types.h>

namespace usbroute::linux_ {

/// For small programs of root's that answer usbrouted, where no service manager listens for them: listens at `path`, which
/// only `user` can connect to, and has `talk` in a process of its own for each client. With `most` of those the next are
/// turned away. Comes back only with an error.
[[nodiscard]] Error serve_each(const std::string& path, const std::string& user, int most,
                               const std::function<bool(int client)>& talk);

/// Root, or the user of that name.
[[nodiscard]] bool is_root_or(const std::string& user, uid_t peer);

} // namespace usbroute::linux_
