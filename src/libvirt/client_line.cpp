// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "libvirt/client_line.hpp"

#include "libvirt/question.hpp"
#include "linux/listen.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <memory>
#include <utility>

#include <sys/socket.h>
#include <sys/uio.h>

namespace usbroute::libvirt {

using namespace std::chrono_literals;
using linux_::Ready;
using linux_::UniqueFd;

namespace {

constexpr std::size_t most_unsent = std::size_t{1024} * 1024;
constexpr auto longest_stall = 10s;
/// More come with no honest client: each question takes one, and is read as soon as it is there.
constexpr std::size_t most_files = 4;
constexpr std::size_t most_files_at_once = 8;

/// What a message brought; the files are ours.
std::vector<UniqueFd> files_in(msghdr& message)
{
    std::vector<UniqueFd> files;
    for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const auto count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int fd = -1;
            std::memcpy(&fd, CMSG_DATA(header) + i * sizeof fd, sizeof fd);
            files.emplace_back(fd);
        }
    }
    return files;
}

} // namespace

ClientLine::ClientLine(linux_::Loop& loop, UniqueFd fd, Callbacks callbacks)
    : fd_(std::move(fd)),
      callbacks_(std::move(callbacks)),
      lines_(longest_libvirt_line - 1),
      stall_(loop.timer([this] { end("it does not read"); })),
      end_(loop.timer([this] {
          const auto ended = callbacks_.ended;
          const auto why = why_ended_;
          ended(why);
      }))
{}

Result<std::unique_ptr<ClientLine>> ClientLine::make(linux_::Loop& loop, UniqueFd fd, Callbacks callbacks)
{
    std::unique_ptr<ClientLine> line(new ClientLine(loop, std::move(fd), std::move(callbacks)));
    auto watch = loop.watch(line->fd_.get(), [self = line.get()](Ready what) { self->is_ready(what); });
    if (!watch) return std::unexpected(std::move(watch.error()));
    line->watch_ = std::move(*watch);
    line->watch_.want(Ready::readable);
    return line;
}

void ClientLine::say(std::string_view line)
{
    if (!why_ended_.empty()) return;
    if (unsent_.size() + line.size() > most_unsent) return end("it does not read");
    unsent_ += line;
    send_on();
}

void ClientLine::end(std::string why)
{
    if (!why_ended_.empty()) return;
    why_ended_ = why.empty() ? "it has ended" : std::move(why);
    watch_.pause();
    stall_.stop();
    files_.clear();
    end_.start(0ms);
}

UniqueFd ClientLine::take_file()
{
    if (files_.empty()) return {};
    auto file = std::move(files_.front());
    files_.pop_front();
    return file;
}

void ClientLine::is_ready(Ready what)
{
    if (what != Ready::readable) send_on();
    if (what != Ready::writable && why_ended_.empty()) hear();
}

void ClientLine::hear()
{
    std::array<char, 16384>
        bytes; // NOLINT(cppcoreguidelines-pro-type-member-init): what is read is written first
    alignas(cmsghdr) std::array<char, CMSG_SPACE(most_files_at_once * sizeof(int))> control{};
    iovec into{.iov_base = bytes.data(), .iov_len = bytes.size()};
    msghdr message{};
    message.msg_iov = &into;
    message.msg_iovlen = 1;
    message.msg_control = control.data();
    message.msg_controllen = control.size();
    const auto got = ::recvmsg(fd_.get(), &message, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    if (got < 0 && (errno == EAGAIN || errno == EINTR)) return;
    if (got < 0) return end("it is gone: " + errno_text(errno));
    for (auto& file : files_in(message)) files_.push_back(std::move(file));
    if ((message.msg_flags & MSG_CTRUNC) != 0 || files_.size() > most_files)
        return end("it sends more files than questions");
    if (got == 0) return end("it has gone");
    if (!take({bytes.data(), static_cast<std::size_t>(got)})) end("it sends longer lines than there are");
}

bool ClientLine::take(std::string_view bytes)
{
    while (!bytes.empty() && why_ended_.empty()) {
        const auto line = lines_.next(bytes);
        if (!line) return !lines_.is_within_a_long_line();
        if (line->too_long) return false;
        callbacks_.heard(line->text);
    }
    return true;
}

void ClientLine::send_on()
{
    while (!unsent_.empty()) {
        const auto sent = linux_::send(fd_.get(), unsent_.data(), unsent_.size());
        if (sent.would_block) break;
        if (sent.errno_value != 0) return end("it is gone: " + errno_text(sent.errno_value));
        unsent_.erase(0, sent.count);
        stall_.stop();
    }
    watch_for_more();
}

void ClientLine::watch_for_more()
{
    if (unsent_.empty()) {
        stall_.stop();
        return watch_.want(Ready::readable);
    }
    if (!stall_.is_running()) stall_.start(longest_stall);
    watch_.want(Ready::both);
}

} // namespace usbroute::libvirt
