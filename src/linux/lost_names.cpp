// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/lost_names.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <sys/inotify.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

constexpr int reads_a_turn = 16;

} // namespace

LostNames::LostNames(Loop& loop, std::function<void()> lost)
    : lost_(std::move(lost)), fd_(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC))
{
    if (!fd_.is_open()) return;
    if (auto watch = loop.watch(fd_.get(), [this](Ready) { drain(); })) {
        watch_ = std::move(*watch);
        watch_.want(Ready::readable);
    }
}

void LostNames::watch(const std::string& path)
{
    // A file that somebody has open is not deleted with its last name; but its count of names changes, which is an attribute.
    constexpr unsigned a_name_going = IN_ATTRIB | IN_MOVE_SELF | IN_DELETE_SELF | IN_DONT_FOLLOW;
    if (fd_.is_open()) static_cast<void>(::inotify_add_watch(fd_.get(), path.c_str(), a_name_going));
}

void LostNames::drain()
{
    alignas(inotify_event) std::array<char, 4096> bytes;
    // Somebody who changes attributes all day must not keep us here; the rest wakes us again.
    for (int reads = 0; reads < reads_a_turn; ++reads) {
        const auto got = ::read(fd_.get(), bytes.data(), bytes.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
    }
    lost_();
}

} // namespace usbroute::linux_
