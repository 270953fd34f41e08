// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/ids.hpp"
#include "base/result.hpp"
#include "linux/loop.hpp"
#include "linux/passing.hpp"
#include "linux/register_files.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>

namespace usbroute::daemon {

/// The socket in the state directory through which usbroute-reopen, run by root, hands us the descriptor of a
/// configuration space that we may not open ourselves. docs/decisions/0025
inline constexpr std::string_view reopening_socket = "/registers.sock";

/// The message there, "registers 0000:00:14.0"; nothing: it is another one.
[[nodiscard]] std::optional<PciAddress> address_in(std::string_view text);

/// Takes descriptors from root alone, one client after the other.
class Reopening {
public:
    using Adopt = std::function<Result<void>(const PciAddress&, linux_::UniqueFd)>;

    /// `taken` is called after a descriptor was.
    Reopening(linux_::Loop& loop, std::string directory, Adopt adopt, std::function<void()> taken);
    ~Reopening();
    Reopening(const Reopening&) = delete;
    Reopening& operator=(const Reopening&) = delete;

    /// An error: it cannot be listened on.
    [[nodiscard]] Result<void> begin();

private:
    void accept();
    void read();
    void end();

    linux_::Loop& loop_;
    std::string path_;
    Adopt adopt_;
    std::function<void()> taken_;
    linux_::UniqueFd door_;
    linux_::FdWatch door_watch_;
    linux_::UniqueFd client_;
    linux_::FdWatch client_watch_;
    linux_::Timer patience_;
};

} // namespace usbroute::daemon
