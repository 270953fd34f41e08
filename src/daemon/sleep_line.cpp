// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/sleep_line.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "daemon/log.hpp"
#include "linux/listen.hpp"
#include "linux/unix_address.hpp"

#include <array>
#include <utility>

#include <sys/socket.h>

namespace usbroute::daemon {

using wire::SleepNews;

SleepLine::SleepLine(linux_::Loop& loop, std::string path, std::function<void()> turned)
    : loop_(loop),
      path_(std::move(path)),
      turned_(std::move(turned)),
      again_(loop.timer([this] { begin(); })),
      patience_(loop.timer([this] { turn(false); }))
{}

/// A Unix socket connects at once or never.
bool SleepLine::connect_now()
{
    const auto address = linux_::unix_address(path_);
    if (!address) return false;
    fd_ = linux_::UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    return fd_.is_open() &&
           ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0;
}

void SleepLine::begin()
{
    if (path_.empty() || fd_.is_open()) return;
    received_.clear();
    if (!connect_now()) {
        fd_ = {};
        return;
    }
    auto watch = loop_.watch(fd_.get(), [this](linux_::Ready) { read(); });
    if (!watch) {
        fd_ = {};
        return log::warning(format("usbroute-sleep cannot be heard: {}", watch.error().message()));
    }
    watch_ = std::move(*watch);
    watch_.want(linux_::Ready::readable);
}

void SleepLine::read()
{
    std::array<char, 256> bytes;
    const auto got = linux_::look_at_received(fd_.get(), bytes.data(), bytes.size());
    if (got.would_block) return;
    if (got.errno_value != 0 || got.count == 0) return end("usbroute-sleep has ended");
    linux_::take_received(fd_.get(), got.count);
    received_.append(bytes.data(), got.count);
    for (auto rest = received_.find('\n'); rest != std::string::npos; rest = received_.find('\n')) {
        const auto line = received_.substr(0, rest);
        received_.erase(0, rest + 1);
        hear(line);
        if (!fd_.is_open()) return;
    }
    if (received_.size() > wire::longest_sleep_line) end("what usbroute-sleep says makes no sense");
}

void SleepLine::hear(std::string_view line)
{
    const auto news = wire::read_sleep_news(line);
    if (!news) return end(format("usbroute-sleep says: {}", printable(line, wire::longest_sleep_line)));
    switch (*news) {
    case SleepNews::held: return;
    case SleepNews::absent:
        return log::info(
            "the host does not wait for usbrouted before it sleeps: there is no logind that would");
    case SleepNews::sleeps:
        is_awaited_ = true;
        patience_.start(longest_wait_for_it);
        return turn(true);
    case SleepNews::awake: return turn(false);
    }
}

void SleepLine::turn(bool is_near)
{
    if (!is_near) {
        is_awaited_ = false;
        patience_.stop();
    }
    if (std::exchange(is_near_, is_near) != is_near) turned_();
}

void SleepLine::may_come()
{
    if (!std::exchange(is_awaited_, false) || !fd_.is_open()) return;
    const auto line = std::string(wire::sleep_may_come) + "\n";
    // A few bytes into an empty buffer: they fit, or the other side is gone and the next read says so.
    static_cast<void>(linux_::send(fd_.get(), line.data(), line.size()));
}

/// What was near may still come, and then the devices are healed after it.
void SleepLine::end(std::string_view why)
{
    log::warning(why);
    watch_ = {};
    fd_ = {};
    received_.clear();
    again_.start(until_it_is_back);
    turn(false);
}

} // namespace usbroute::daemon
