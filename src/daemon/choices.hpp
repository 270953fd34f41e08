// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace usbroute::daemon {

/// What somebody has said of sockets and devices (plan/remembered.hpp), kept over a boot in a file of its own. What held when this boot
/// began stays in it as that, for what is undone in this boot goes back to it, also after a restart of the daemon.
class Choices {
public:
    /// An empty directory: nothing is kept, as on a recorded machine. `boot` names this boot.
    Choices(const std::string& directory, std::string boot);

    /// Those that held when this boot began.
    [[nodiscard]] const std::vector<std::string>& before() const { return before_; }
    /// Those that hold now. Nothing is written where they are in the file already.
    [[nodiscard]] Result<void> keep(std::vector<std::string> now);
    /// The configuration does not want it.
    void forget();

private:
    void read(std::string_view text);

    std::string path_; ///< empty: nowhere
    std::string boot_;
    std::vector<std::string> before_;
    std::vector<std::string> now_;
    bool is_written_ = false; ///< in this boot
};

} // namespace usbroute::daemon
