// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "linux/loop.hpp"
#include "linux/unique_fd.hpp"
#include "wire/binding.hpp"

#include <functional>
#include <string>

namespace usbroute::daemon {

/// Asks usbroute-bind, root's program that binds drivers, for one controller at a time; a new connection for each question. Never
/// waits. docs/decisions/0061
class BindLine {
public:
    using Done = std::function<void(Result<void>)>;

    /// `path`: empty: there is none.
    BindLine(linux_::Loop& loop, std::string path);
    ~BindLine() = default;
    BindLine(const BindLine&) = delete;
    BindLine& operator=(const BindLine&) = delete;

    /// Whether somebody has put a socket there. That he answers is known only when he is asked.
    [[nodiscard]] bool is_there() const;
    /// Calls back once, from within where nobody listens, unless this is destroyed before. Not while a question is under way.
    void ask(const wire::BindQuestion& question, Done done);

private:
    [[nodiscard]] int connect_now();
    void read();
    void finish(Result<void> done);

    linux_::Loop& loop_;
    std::string path_;
    linux_::UniqueFd fd_; // before watch_: what is watched outlives its watch
    linux_::FdWatch watch_;
    linux_::Timer patience_;
    std::string received_;
    Done done_;
};

} // namespace usbroute::daemon
