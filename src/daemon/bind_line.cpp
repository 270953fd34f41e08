// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/bind_line.hpp"

#include "base/check.hpp"
#include "base/format.hpp"
#include "base/text.hpp"
#include "linux/listen.hpp"
#include "linux/unix_address.hpp"

#include <array>
#include <cerrno>
#include <utility>

#include <sys/socket.h>
#include <sys/stat.h>

namespace usbroute::daemon {

namespace {

/// Longer than usbroute-bind waits for the kernel, which tears down a tree of disks in seconds.
constexpr std::chrono::milliseconds longest_binding = std::chrono::seconds(45);

Error no_answer(std::string why) { return Error(ErrorKind::failed, std::move(why)).with_code("no-binder"); }

} // namespace

BindLine::BindLine(linux_::Loop& loop, std::string path)
    : loop_(loop), path_(std::move(path)), patience_(loop.timer([this] {
          finish(
              std::unexpected(Error(ErrorKind::timed_out, format("usbroute-bind did not answer within {} s",
                                                                 longest_binding.count() / 1000))
                                  .with_code("write-hangs")));
      }))
{}

bool BindLine::is_there() const
{
    struct stat status{};
    return !path_.empty() && ::stat(path_.c_str(), &status) == 0 && S_ISSOCK(status.st_mode);
}

/// 0, or the errno. A Unix socket connects at once or never.
int BindLine::connect_now()
{
    const auto address = linux_::unix_address(path_);
    if (!address) return ENAMETOOLONG;
    fd_ = linux_::UniqueFd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd_.is_open()) return errno;
    return ::connect(fd_.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) == 0 ? 0
                                                                                                    : errno;
}

void BindLine::ask(const wire::BindQuestion& question, Done done)
{
    USBROUTE_CHECK(!done_);
    done_ = std::move(done);
    received_.clear();
    if (const int why = connect_now(); why != 0)
        return finish(std::unexpected(no_answer(
            why == ENOENT || why == ECONNREFUSED
                ? std::string(
                      "usbroute-bind is not running; sudo systemctl enable --now usbroute-bind.socket")
            : why == EACCES || why == EPERM ? std::string("usbroute-bind serves another user")
                                            : format("usbroute-bind cannot be asked: {}", errno_text(why)))));
    auto watch = loop_.watch(fd_.get(), [this](linux_::Ready) { read(); });
    if (!watch) return finish(std::unexpected(no_answer(watch.error().message())));
    const auto line = wire::to_line(question) + "\n";
    // A few bytes into an empty buffer: they fit, or the other side is gone and the next read says so.
    static_cast<void>(linux_::send(fd_.get(), line.data(), line.size()));
    watch_ = std::move(*watch);
    watch_.want(linux_::Ready::readable);
    patience_.start(longest_binding);
}

void BindLine::read()
{
    std::array<char, 4096> bytes;
    const auto got = linux_::look_at_received(fd_.get(), bytes.data(), bytes.size());
    if (got.would_block) return;
    linux_::take_received(fd_.get(), got.count);
    received_.append(bytes.data(), got.count);
    const auto end = received_.find('\n');
    const bool is_over =
        got.errno_value != 0 || got.count == 0 || received_.size() > wire::longest_bind_answer;
    if (end == std::string::npos && !is_over) return;
    auto answer = end == std::string::npos ? std::nullopt : wire::read_bind_answer(received_.substr(0, end));
    if (answer) return finish(std::move(*answer));
    finish(std::unexpected(
        no_answer(received_.empty()
                      ? std::string("usbroute-bind has ended without an answer")
                      : format("the answer of usbroute-bind makes no sense: {}", printable(received_, 64)))));
}

/// Whoever is called back may ask the next.
void BindLine::finish(Result<void> done)
{
    patience_.stop();
    watch_ = {};
    fd_ = {};
    const auto told = std::exchange(done_, nullptr);
    told(std::move(done));
}

} // namespace usbroute::daemon
