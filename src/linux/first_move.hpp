// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"

#include <string>

namespace usbroute::linux_ {

/// Whether sockets of this machine have ever been moved by somebody who could still type afterwards. A file that
/// outlives the boot; where it is, they have.
class FirstMove {
public:
    /// An empty directory: there is no first move here, as on a recorded machine, which nobody sits in front of.
    explicit FirstMove(const std::string& directory);

    [[nodiscard]] bool is_over() const { return is_over_; }
    /// From now on it is over; as far as this process is concerned, also where the file cannot be written.
    [[nodiscard]] Result<void> note();

private:
    std::string directory_;
    bool is_over_;
};

} // namespace usbroute::linux_
