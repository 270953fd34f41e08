// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/claim_line.hpp"

#include "base/format.hpp"
#include "base/result.hpp"
#include "base/text.hpp"
#include "daemon/log.hpp"
#include "linux/listen.hpp"
#include "linux/unix_address.hpp"
#include "wire/claims.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <sys/socket.h>

namespace usbroute::daemon {

using namespace std::chrono_literals;
using topology::Claims;
using topology::ClaimsAnswer;

namespace {

/// Going through the open files of all processes takes up to one and a half.
constexpr auto longest_answer = 3000ms;
/// A file system that is mounted in this time is in the mount list, which is read for each plan.
constexpr auto answer_holds = 1000ms;

Claims silent(std::string why) { return {.answer = ClaimsAnswer::silent, .why = std::move(why)}; }

} // namespace

ClaimLine::ClaimLine(linux_::Loop& loop, Machine& machine, std::string path, std::function<void()> answered)
    : loop_(loop),
      machine_(machine),
      path_(std::move(path)),
      answered_(std::move(answered)),
      patience_(loop.timer([this] {
          log::warning("usbroute-claims does not answer: a disk behind USB may hang");
          take(silent("usbroute-claims did not answer within 3 s"));
          tell();
      })),
      staleness_(loop.timer([this] { machine_.know_claims(std::nullopt); }))
{}

/// 0, or the errno. A Unix socket connects at once or never.
int ClaimLine::connect_now()
{
    const auto address = linux_::unix_address(path_);
    if (!address) return ENAMETOOLONG;
    fd_ = linux_::UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd_.is_open()) return errno;
    return ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0 ? 0
                                                                                                    : errno;
}

void ClaimLine::ask()
{
    if (fd_.is_open()) return;
    received_.clear();
    if (const int why = connect_now(); why != 0) {
        if (why == ENOENT || why == ECONNREFUSED)
            return take({.answer = ClaimsAnswer::absent, .why = "usbroute-claims is not running"});
        if (why == EACCES || why == EPERM)
            return take({.answer = ClaimsAnswer::absent, .why = "usbroute-claims serves another user"});
        return take(silent(format("usbroute-claims cannot be asked: {}", errno_text(why))));
    }
    auto watch = loop_.watch(fd_.get(), [this](linux_::Ready) { read(); });
    const auto question = std::string(wire::claims_question) + "\n";
    // A few bytes into an empty buffer: they fit, or the other side is gone and the next read says so.
    if (watch) static_cast<void>(linux_::send(fd_.get(), question.data(), question.size()));
    if (!watch) return take(silent(watch.error().message()));
    watch_ = std::move(*watch);
    watch_.want(linux_::Ready::readable);
    patience_.start(longest_answer);
}

void ClaimLine::wait(Waiter& waiter) { waiting_.push_back(&waiter); }

void ClaimLine::forget(const Waiter& waiter)
{
    std::erase(waiting_, &waiter);
    for (auto*& told : telling_)
        if (told == &waiter) told = nullptr;
}

void ClaimLine::read()
{
    std::array<char, 4096> bytes;
    const auto got = linux_::look_at_received(fd_.get(), bytes.data(), bytes.size());
    if (got.would_block) return;
    linux_::take_received(fd_.get(), got.count);
    received_.append(bytes.data(), got.count);
    const auto end = received_.find('\n');
    const bool is_over =
        got.errno_value != 0 || got.count == 0 || received_.size() > wire::longest_claims_answer;
    if (end == std::string::npos && !is_over) return;
    auto claims = end == std::string::npos ? std::nullopt : wire::read_claims(received_.substr(0, end));
    if (!claims) log::warning(format("usbroute-claims says: {}", printable(received_)));
    take(claims ? std::move(*claims) : silent("the answer of usbroute-claims makes no sense"));
    tell();
}

void ClaimLine::take(Claims claims)
{
    patience_.stop();
    watch_ = {};
    fd_ = {};
    machine_.know_claims(std::move(claims));
    staleness_.start(answer_holds);
}

/// A waiter may go away, take others with it, or wait again, while it is told.
void ClaimLine::tell()
{
    telling_ = std::exchange(waiting_, {});
    for (auto*& waiter : telling_)
        if (waiter != nullptr) std::exchange(waiter, nullptr)->looked(Look::taken);
    telling_.clear();
    answered_();
}

} // namespace usbroute::daemon
