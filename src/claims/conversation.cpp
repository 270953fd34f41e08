// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "claims/conversation.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "linux/files.hpp"
#include "linux/listen.hpp"
#include "linux/serving.hpp"
#include "wire/claims.hpp"

#include <array>
#include <cerrno>
#include <string_view>

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>

namespace usbroute::claims {

namespace {

constexpr int patience = 2000; // ms
constexpr timeval longest_send{.tv_sec = 2, .tv_usec = 0};

/// The question comes in one piece, being shorter than any buffer; more than that is none of ours.
Result<bool> is_asked(int client)
{
    pollfd asked{.fd = client, .events = POLLIN, .revents = 0};
    int ready = 0;
    do ready = ::poll(&asked, 1, patience);
    while (ready < 0 && errno == EINTR);
    if (ready < 0) return failure("cannot wait for the question", errno);
    if (ready == 0) return failure("nothing was asked");
    std::array<char, 64> bytes{};
    const auto got = ::recv(client, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got < 0) return failure("cannot read the question", errno);
    return std::string_view(bytes.data(), static_cast<std::size_t>(got)) ==
           std::string(wire::claims_question) + "\n";
}

Result<void> say(int client, std::string text)
{
    text += '\n';
    // A client that does not read is not waited for.
    ::setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &longest_send, sizeof longest_send);
    if (const int why = linux_::send_whole(client, text); why != 0) return failure("cannot answer", why);
    return {};
}

} // namespace

Result<void> talk(int client, const std::string& user, const Answer& answer)
{
    const auto peer = linux_::peer_of(client);
    if (!peer) return std::unexpected(peer.error());
    if (!linux_::is_root_or(user, peer->user)) {
        (void)say(client, "error only root and " + printable(user, 64) + " may ask");
        return failure(format("user {} has asked, and is not allowed to", peer->user));
    }
    const auto is_ours = is_asked(client);
    if (!is_ours) return std::unexpected(is_ours.error());
    if (!*is_ours) return say(client, "error say: " + std::string(wire::claims_question));
    return say(client, wire::to_line(answer()));
}

} // namespace usbroute::claims
