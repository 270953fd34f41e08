// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "wire/binding.hpp"

#include <functional>
#include <string>

namespace usbroute::binder {

using Act = std::function<Result<void>(const wire::BindQuestion&)>;

/// One client: its question, a line, and the answer, a line. Nobody but root and `user` is answered, whatever the mode of the
/// socket's file is, and nothing is done for anybody else, nor for a line that is none. The question has two seconds.
[[nodiscard]] Result<void> talk(int client, const std::string& user, const Act& act);

/// For machines whose service manager does not listen for us: listens at `path`, and talks to each client in a process of its
/// own. With four of those the next are turned away. Comes back only with an error.
[[nodiscard]] Error serve(const std::string& path, const std::string& user, const Act& act);

} // namespace usbroute::binder
