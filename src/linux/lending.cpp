// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/lending.hpp"

#include "linux/unique_fd.hpp"

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

/// A message with all that it points to, as it lies at some address.
struct WholeMessage {
    msghdr header{};
    iovec part{};
    alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
    char space = ' ';
};

/// To be put at `address`, where its pointers are right.
WholeMessage message_at(std::uintptr_t address, int file)
{
    WholeMessage message;
    const auto at = [&](std::size_t offset) {
        return reinterpret_cast<void*>(address + offset); // NOLINT(performance-no-int-to-ptr)
    };
    message.part = {.iov_base = at(offsetof(WholeMessage, space)), .iov_len = 1};
    message.header.msg_iov = static_cast<iovec*>(at(offsetof(WholeMessage, part)));
    message.header.msg_iovlen = 1;
    message.header.msg_control = at(offsetof(WholeMessage, control));
    message.header.msg_controllen = message.control.size();
    const cmsghdr rights{
        .cmsg_len = CMSG_LEN(sizeof file), .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS};
    std::memcpy(message.control.data(), &rights, sizeof rights);
    std::memcpy(message.control.data() + CMSG_LEN(0), &file, sizeof file);
    return message;
}

Transfer send_whole(int socket, const msghdr* message)
{
    ssize_t sent = 0;
    do sent = ::sendmsg(socket, message, MSG_NOSIGNAL);
    while (sent < 0 && errno == EINTR);
    if (sent >= 0) return {.count = static_cast<std::size_t>(sent)};
    if (errno == EAGAIN) return {.would_block = true};
    return {.errno_value = errno};
}

} // namespace

Transfer lend(int socket, int file)
{
    WholeMessage message;
    message = message_at(reinterpret_cast<std::uintptr_t>(&message), file);
    return send_whole(socket, &message.header);
}

Result<LendingMessage> LendingMessage::make(int number)
{
    const auto message = message_at(place, number);
    auto memory = SealedMemory::place("the message that passes a file",
                                      {reinterpret_cast<const char*>(&message), sizeof message}, place);
    if (!memory) return std::unexpected(std::move(memory.error()));
    return LendingMessage(number, std::move(*memory));
}

Transfer LendingMessage::lend(int socket, int file) const
{
    // With as many files as this process may have, something else has got it.
    if (::fcntl(number_, F_GETFD) >= 0) return {.errno_value = EMFILE};
    if (::dup3(file, number_, O_CLOEXEC) != number_) return {.errno_value = errno};
    const UniqueFd numbered(number_);
    return send_whole(socket, reinterpret_cast<const msghdr*>(place)); // NOLINT(performance-no-int-to-ptr)
}

} // namespace usbroute::linux_
