// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/passing.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "linux/unix_address.hpp"

#include <array>
#include <cerrno>
#include <cstring>
#include <optional>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

constexpr std::size_t longest_message = 256;
constexpr int passing_backlog = 4;
constexpr timeval until_the_old_one_answers{.tv_sec = 2, .tv_usec = 0};

/// Room for two, so that a second one is seen, and closed.
union ControlBytes {
    cmsghdr alignment;
    std::array<char, CMSG_SPACE(2 * sizeof(int))> bytes;
};

/// Takes the files out of a message: the first one is returned, more than one are too many.
UniqueFd take_files(msghdr& message, bool& too_many)
{
    UniqueFd first;
    for (auto* header = CMSG_FIRSTHDR(&message); header != nullptr; header = CMSG_NXTHDR(&message, header)) {
        if (header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) continue;
        const auto count = (header->cmsg_len - CMSG_LEN(0)) / sizeof(int);
        for (std::size_t i = 0; i < count; ++i) {
            int number = -1;
            std::memcpy(&number, CMSG_DATA(header) + i * sizeof number, sizeof number);
            UniqueFd file(number);
            too_many = too_many || first.is_open();
            if (!first.is_open()) first = std::move(file);
        }
    }
    return first;
}

} // namespace

Result<void> pass(int socket, std::string_view text, int fd)
{
    std::string bytes(text);
    iovec part{.iov_base = bytes.data(), .iov_len = bytes.size()};
    ControlBytes control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes.data();
    message.msg_controllen = CMSG_SPACE(sizeof fd);
    auto* header = CMSG_FIRSTHDR(&message);
    header->cmsg_level = SOL_SOCKET;
    header->cmsg_type = SCM_RIGHTS;
    header->cmsg_len = CMSG_LEN(sizeof fd);
    std::memcpy(CMSG_DATA(header), &fd, sizeof fd);
    ssize_t sent = 0;
    do sent = ::sendmsg(socket, &message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0) return failure("cannot send to the other side", errno);
    return {};
}

Result<void> answer_passed(int socket, std::string_view text)
{
    ssize_t sent = 0;
    do sent = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent < 0) return failure("cannot send to the other side", errno);
    return {};
}

Result<Passed> receive_passed(int socket)
{
    std::array<char, longest_message> bytes{};
    iovec part{.iov_base = bytes.data(), .iov_len = bytes.size()};
    ControlBytes control{};
    msghdr message{};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control.bytes.data();
    message.msg_controllen = sizeof control.bytes;
    ssize_t got = 0;
    do got = ::recvmsg(socket, &message, MSG_CMSG_CLOEXEC);
    while (got < 0 && errno == EINTR);
    if (got < 0) return failure("nothing came from the other side", errno);
    bool too_many = false;
    auto file = take_files(message, too_many);
    if (got == 0) return failure("the other side has gone");
    if (too_many || (message.msg_flags & (MSG_TRUNC | MSG_CTRUNC)) != 0)
        return failure("the message is too long, or has more than one file");
    return Passed{.text = std::string(bytes.data(), static_cast<std::size_t>(got)), .fd = std::move(file)};
}

Result<UniqueFd> connect_for_passing(const std::string& path)
{
    const auto address = unix_address(path);
    if (!address) return failure(format("the path {} is too long for a socket", printable(path)));
    UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
    if (!fd.is_open()) return failure("cannot make a socket", errno);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_RCVTIMEO, &until_the_old_one_answers,
                 sizeof until_the_old_one_answers);
    ::setsockopt(fd.get(), SOL_SOCKET, SO_SNDTIMEO, &until_the_old_one_answers,
                 sizeof until_the_old_one_answers); // connect() waits as long
    if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0)
        return failure(format("cannot connect to {}", printable(path)), errno);
    return fd;
}

Result<UniqueFd> listen_for_passing(const std::string& path)
{
    const auto address = unix_address(path);
    if (!address) return failure(format("the path {} is too long for a socket", printable(path)));
    struct stat status{};
    if (::lstat(path.c_str(), &status) == 0 && S_ISSOCK(status.st_mode)) ::unlink(path.c_str());
    UniqueFd fd(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    // Nobody can connect before listen(), so it does not matter with which mode bind() makes the file.
    if (!fd.is_open() ||
        ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&*address), sizeof *address) != 0 ||
        ::fchmodat(AT_FDCWD, path.c_str(), 0600, AT_SYMLINK_NOFOLLOW) != 0 ||
        ::listen(fd.get(), passing_backlog) != 0)
        return failure(format("cannot listen on {}", printable(path)), errno);
    return fd;
}

} // namespace usbroute::linux_
