// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "linux/loop.hpp"
#include "linux/unique_fd.hpp"
#include "wire/lines.hpp"

#include <cstddef>
#include <deque>
#include <functional>
#include <string>
#include <string_view>

namespace usbroute::libvirt {

/// A client's connection: lines both ways, and open files in one.
///
/// It is over when the client hangs up, sends more than a line may have or more files than it asks to be used, or leaves
/// unread what it is told: for ten seconds, or a megabyte of it. Nobody is called back from then on.
class ClientLine {
public:
    struct Callbacks {
        std::function<void(std::string_view line)> heard;
        std::function<void(std::string_view why)>
            ended; ///< the last thing that is called; this may be destroyed then
    };

    /// An error: the loop cannot watch it.
    [[nodiscard]] static Result<std::unique_ptr<ClientLine>> make(linux_::Loop& loop, linux_::UniqueFd fd,
                                                                  Callbacks callbacks);

    /// What cannot be sent at once goes when there is room. Never calls back from within.
    void say(std::string_view line);
    /// Says nothing and hears nothing any more; `ended` comes in a later turn of the loop.
    void end(std::string why);
    /// The file that came before the others; not open: none has.
    [[nodiscard]] linux_::UniqueFd take_file();

private:
    ClientLine(linux_::Loop& loop, linux_::UniqueFd fd, Callbacks callbacks);

    void is_ready(linux_::Ready what);
    void hear();
    [[nodiscard]] bool take(std::string_view bytes);
    void send_on();
    void watch_for_more();

    linux_::UniqueFd fd_;
    Callbacks callbacks_;
    wire::LineCutter lines_;
    std::deque<linux_::UniqueFd> files_;
    std::string unsent_;
    std::string why_ended_; ///< not empty: it is over
    linux_::FdWatch watch_;
    linux_::Timer stall_;
    linux_::Timer end_;
};

} // namespace usbroute::libvirt
