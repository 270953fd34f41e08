// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/session.hpp"

#include "base/format.hpp"
#include "daemon/log.hpp"
#include "linux/listen.hpp"

#include <array>
#include <chrono>

namespace usbroute::daemon {

using namespace std::chrono_literals;
using linux_::Ready;

namespace {

constexpr std::size_t read_at_once = 8192;
constexpr auto until_this_line_may_go_on = 20ms;
/// `nc 127.0.0.1 PORT <<< toggle` ends when we close, not when its input ends. It speaks at once, says one line, and is
/// silent. A guest's serial line over TCP speaks much later than it connects, and a client that talks on is none.
constexpr auto at_once = 1000ms;
constexpr auto netcat_patience = 300ms;

} // namespace

Session::Session(Parts parts, linux_::UniqueFd fd, Dialogue dialogue)
    : parts_(parts), fd_(std::move(fd)), dialogue_(std::move(dialogue))
{}

/// What is told to this session while its command is carried out is only gathered: it must not end in its own call.
template <class Talk> void Session::talk(const Talk& talk)
{
    is_talking_ = true;
    const auto turn = talk();
    is_talking_ = false;
    go_on_after(turn);
}

Session::~Session()
{
    dialogue_.end();
    parts_.lookout.forget(*this);
    parts_.claims.forget(*this);
}

Result<void> Session::begin()
{
    auto watch = parts_.loop.watch(fd_.get(), [this](Ready what) { ready(what); });
    if (!watch) return std::unexpected(watch.error());
    watch_ = std::move(*watch);
    came_ = parts_.loop.now();
    watch_.want(Ready::readable);
    next_turn_ = parts_.loop.timer([this] { talk([this] { return dialogue_.go_on(parts_.loop.now()); }); });
    dialogue_.when_answered(
        [this] { talk([this] { return dialogue_.go_on_after_answer(parts_.loop.now()); }); });
    if (!dialogue_.entrance().is_tcp()) return {};
    silence_ = parts_.loop.timer([this] { end(); });
    opening_ = parts_.loop.timer([this] { has_just_come_ = false; });
    opening_.start(at_once);
    return {};
}

void Session::ready(Ready)
{
    if (!dialogue_.output().empty()) return go_on_after(turn_);
    read();
}

void Session::read()
{
    if (dialogue_.entrance().is_tcp()) silence_.stop();
    std::array<char, read_at_once> bytes;
    const auto got = linux_::look_at_received(fd_.get(), bytes.data(), bytes.size());
    if (got.would_block) return;
    if (got.errno_value != 0) return end();
    at_end_ = got.count == 0;
    taken_later_ = got.count;
    talk([&] {
        const auto now = parts_.loop.now();
        return at_end_ ? dialogue_.finish(now) : dialogue_.take({bytes.data(), got.count}, now);
    });
}

void Session::looked(Look look)
{
    is_waiting_ = false;
    talk([&] {
        return look == Look::taken ? dialogue_.answer_now(parts_.loop.now())
                                   : dialogue_.answer_that_nothing_can_be_seen(parts_.loop.now());
    });
}

void Session::tell(std::string_view line)
{
    auto& output = dialogue_.output();
    if (output.size() > most_events) {
        missed_events_ = true;
        return;
    }
    if (std::exchange(missed_events_, false))
        output += wire::to_line({.kind = wire::EventKind::lost},
                                dialogue_.subscription().value_or(wire::Form::text)) +
                  '\n';
    output += line;
    output += '\n';
    if (!is_talking_) go_on_after(turn_);
}

/// Sends what there is, and decides what to wait for.
void Session::go_on_after(Turn turn)
{
    turn_ = turn;
    bool is_usable = flush();
    linux_::take_received(fd_.get(), std::exchange(taken_later_, 0));
    // A subscriber is told of its own move too, and must not end in the middle of that.
    is_talking_ = true;
    dialogue_.desk().after_answer();
    is_talking_ = false;
    is_usable = is_usable && flush();
    if (!is_usable) return end();
    const bool sent = dialogue_.output().empty();
    if (sent && turn == Turn::over) {
        linux_::say_goodbye(fd_.get());
        return end();
    }
    if (sent && turn == Turn::idle && at_end_) return end();
    if (!sent) return watch_.want(Ready::writable);
    if (turn == Turn::idle) {
        if (has_just_come_ && dialogue_.may_be_netcat()) silence_.start(netcat_patience);
        return watch_.want(Ready::readable);
    }
    watch_.pause();
    if (turn == Turn::more)
        next_turn_.start(0ms);
    else if (turn == Turn::later)
        next_turn_.start(until_this_line_may_go_on);
    else if (turn != Turn::under_way && !std::exchange(is_waiting_, true))
        turn == Turn::asking ? parts_.claims.wait(*this) : parts_.lookout.wait(*this);
}

/// False: the connection is of no more use.
bool Session::flush()
{
    auto& output = dialogue_.output();
    if (output.empty()) return true;
    const auto put = linux_::send(fd_.get(), output.data(), output.size());
    if (put.errno_value != 0) return false;
    if (put.count == output.size())
        output.clear();
    else
        output.erase(0, put.count);
    if (output.size() <= most_output) return true;
    log::warning(format("{} does not read its answers; its connection was closed", dialogue_.who()),
                 "listener " + dialogue_.entrance().name());
    return false;
}

void Session::end() { parts_.owner.ended(*this); }

} // namespace usbroute::daemon
