// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/loop.hpp"
#include "linux/unique_fd.hpp"

#include <functional>
#include <string>

namespace usbroute::linux_ {

/// Tells when one of some files may have lost its name: it was removed, renamed, or only given another mode. Nothing ticks.
/// Where there is no inotify it never tells.
class LostNames {
public:
    LostNames(Loop& loop, std::function<void()> lost);

    /// From now on; ends with the file itself.
    void watch(const std::string& path);

private:
    void drain();

    std::function<void()> lost_;
    UniqueFd fd_; // before watch_: what is watched outlives its watch
    FdWatch watch_;
};

} // namespace usbroute::linux_
