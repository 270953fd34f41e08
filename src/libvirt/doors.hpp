// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/listen.hpp"
#include "linux/loop.hpp"

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace usbroute::libvirt {

/// Where clients come in: root and one user; whoever else comes is hung up on.
class Doors {
public:
    struct Callbacks {
        std::function<void(linux_::UniqueFd client)> came;
        std::function<void(const std::string& text)> log;
    };

    /// `user`: nothing: only root.
    Doors(linux_::Loop& loop, std::optional<uid_t> user, Callbacks callbacks);

    /// One that a service manager has made.
    [[nodiscard]] Result<void> open(linux_::UniqueFd socket);
    /// A socket of our own. Where we are not root it cannot be given to the user; then everybody can knock.
    [[nodiscard]] Result<void> open(const std::string& path);
    /// Nobody comes in any more, and a socket of our own is gone.
    void close();

private:
    [[nodiscard]] Result<void> watch(int fd);
    void answer(int door);

    linux_::Loop& loop_;
    std::optional<uid_t> user_;
    Callbacks callbacks_;
    std::vector<linux_::UniqueFd> inherited_;
    std::vector<linux_::ListeningSocket> made_;
    std::vector<linux_::FdWatch> watches_; // behind what is watched
};

} // namespace usbroute::libvirt
