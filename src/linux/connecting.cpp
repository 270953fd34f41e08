// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/connecting.hpp"

#include "linux/unix_address.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>

#include <sys/inotify.h>
#include <sys/socket.h>
#include <unistd.h>

namespace usbroute::linux_ {

using namespace std::chrono_literals;

namespace {

constexpr std::chrono::milliseconds shortest_pause = 50ms;
constexpr std::chrono::milliseconds longest_pause = 30s;
/// A connection that ends sooner was none worth hurrying for.
constexpr std::chrono::milliseconds proven_after = 5s;

constexpr int most_reads = 16;

constexpr unsigned anything_appearing =
    IN_CREATE | IN_MOVED_TO | IN_ATTRIB | IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR;

} // namespace

Connecting::Connecting(Loop& loop, std::string path, Connected connected)
    : loop_(loop),
      path_(std::move(path)),
      connected_(std::move(connected)),
      next_(loop.timer([this] { attempt(); })),
      pause_(shortest_pause)
{}

void Connecting::begin()
{
    pause_ = shortest_pause;
    attempt();
}

void Connecting::again()
{
    if (!std::exchange(is_connected_, false)) return;
    pause_ =
        loop_.now() - connected_at_ < proven_after ? std::min(pause_ * 2, longest_pause) : shortest_pause;
    next_.start(pause_);
}

void Connecting::attempt()
{
    if (is_connected_) return;
    next_.stop();
    // First the lookout, then the look: a socket that appears in between is not missed.
    look_out();
    UniqueFd made;
    switch (connect_now(made)) {
    case Attempt::made:
        is_connected_ = true;
        connected_at_ = loop_.now();
        watch_ = {};
        changes_ = {};
        return connected_(std::move(made));
    case Attempt::nothing_there:
        pause_ = shortest_pause;
        // Without inotify nobody tells us.
        if (!changes_.is_open()) next_.start(longest_pause);
        return;
    case Attempt::nobody_listens: return rest(changes_.is_open());
    case Attempt::failed: return rest(false);
    }
}

/// `is_told_of_changes`: after the longest pause it is enough to wait for one.
void Connecting::rest(bool is_told_of_changes)
{
    if (pause_ < longest_pause || !is_told_of_changes) next_.start(pause_);
    pause_ = std::min(pause_ * 2, longest_pause);
}

Connecting::Attempt Connecting::connect_now(UniqueFd& made) const
{
    const auto address = unix_address(path_);
    if (!address) return Attempt::failed;
    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd.is_open()) return Attempt::failed;
    // Never waits: a full queue of the listener is EAGAIN.
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0) {
        made = std::move(fd);
        return Attempt::made;
    }
    if (errno == ENOENT || errno == ENOTDIR) return Attempt::nothing_there;
    return errno == ECONNREFUSED ? Attempt::nobody_listens : Attempt::failed;
}

/// Watches the directory of the socket, or the nearest above it that exists.
void Connecting::look_out()
{
    if (!changes_.is_open()) {
        changes_ = UniqueFd(::inotify_init1(IN_NONBLOCK | IN_CLOEXEC));
        if (!changes_.is_open()) return;
        auto watch = loop_.watch(changes_.get(), [this](Ready) { drain(); });
        if (!watch) {
            changes_ = {};
            return;
        }
        watch_ = std::move(*watch);
        watch_.want(Ready::readable);
    }
    auto directory = path_;
    while (!directory.empty()) {
        const auto slash = directory.rfind('/');
        directory.erase(slash == std::string::npos ? 0 : slash);
        if (::inotify_add_watch(changes_.get(), directory.empty() ? "/" : directory.c_str(),
                                anything_appearing) >= 0)
            return;
    }
    watch_ = {};
    changes_ = {};
}

void Connecting::drain()
{
    alignas(inotify_event) std::array<char, 4096> bytes;
    bool is_ours = false;
    // Somebody who fills the directory with files all day must not keep us here; the rest wakes us again.
    for (int reads = 0; reads < most_reads; ++reads) {
        const auto got = ::read(changes_.get(), bytes.data(), bytes.size());
        if (got < 0 && errno == EINTR) continue;
        if (got <= 0) break;
        for (std::size_t at = 0; at < static_cast<std::size_t>(got);) {
            inotify_event event{};
            std::memcpy(&event, bytes.data() + at, sizeof event);
            const char* name = bytes.data() + at + sizeof event;
            const std::string_view text(name, ::strnlen(name, event.len));
            // A part of the path, or something about the directory itself. Others come and go in /run all day.
            is_ours = is_ours || text.empty() || path_.find('/' + std::string(text)) != std::string::npos;
            at += sizeof event + event.len;
        }
    }
    if (!is_ours) return;
    // The program that created the file listens a moment later: the pauses start again.
    pause_ = shortest_pause;
    attempt();
}

} // namespace usbroute::linux_
