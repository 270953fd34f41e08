// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "linux/unique_fd.hpp"

#include <csignal>
#include <initializer_list>

namespace usbroute::linux_ {

/// Keeps Ctrl-C and the like waiting, so that none of them ends us between two writes.
class SignalsHeld {
public:
    SignalsHeld();
    ~SignalsHeld();
    SignalsHeld(const SignalsHeld&) = delete;
    SignalsHeld& operator=(const SignalsHeld&) = delete;

    /// Whether one of them waits that asks us to end.
    [[nodiscard]] static bool is_asked_to_end();

private:
    sigset_t before_{};
};

/// Signals as bytes on a descriptor, so that one poll waits for everything; they do nothing else any more.
[[nodiscard]] Result<UniqueFd> open_signals(std::initializer_list<int> signals);
/// True when one of those that came asks us to end.
[[nodiscard]] bool asked_to_end(const UniqueFd& signals);

} // namespace usbroute::linux_
