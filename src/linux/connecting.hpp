// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/loop.hpp"
#include "linux/unique_fd.hpp"

#include <chrono>
#include <functional>
#include <string>

namespace usbroute::linux_ {

/// Connects to a Unix socket that may not be there yet, and again when the connection has ended.
///
/// Where there is no such file, inotify on its directory (or on the nearest one above that exists) tells when that may
/// have changed, and nothing ticks. A file on which nobody listens is tried again after 50 ms, 100 ms, ... 30 s, and then
/// only when it changes: a program that begins to listen creates it again. What else fails is tried every 30 s in the
/// end.
class Connecting {
public:
    using Connected = std::function<void(UniqueFd)>;

    Connecting(Loop& loop, std::string path, Connected connected);
    ~Connecting() = default;
    Connecting(const Connecting&) = delete;
    Connecting& operator=(const Connecting&) = delete;

    /// Connects, now or when it can be. `connected` may be called from within.
    void begin();
    /// The connection has ended. Never calls back from within; one that ended at once counts as a failure.
    void again();

    [[nodiscard]] const std::string& path() const { return path_; }

private:
    enum class Attempt : std::uint8_t { made, nothing_there, nobody_listens, failed };

    void attempt();
    [[nodiscard]] Attempt connect_now(UniqueFd& made) const;
    void look_out();
    void drain();
    void rest(bool is_told_of_changes);

    Loop& loop_;
    std::string path_;
    Connected connected_;
    UniqueFd changes_; // before watch_: what is watched outlives its watch
    FdWatch watch_;
    Timer next_;
    std::chrono::milliseconds pause_;
    std::chrono::milliseconds connected_at_{};
    bool is_connected_ = false;
};

} // namespace usbroute::linux_
