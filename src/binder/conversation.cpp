// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "binder/conversation.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "linux/files.hpp"
#include "linux/listen.hpp"
#include "linux/serving.hpp"

#include <array>
#include <cerrno>
#include <string_view>

#include <poll.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

namespace usbroute::binder {

namespace {

constexpr int patience = 2000; // ms
constexpr timeval longest_send{.tv_sec = 2, .tv_usec = 0};
constexpr int most_at_once = 4;         // the next question comes before the process of the last has ended
constexpr unsigned longest_answer = 60; // seconds, after which a process that still waits ends if it can

/// It comes in one piece, being shorter than any buffer; more than that is none of ours.
Result<std::optional<wire::BindQuestion>> question_of(int client)
{
    pollfd asked{.fd = client, .events = POLLIN, .revents = 0};
    int ready = 0;
    do ready = ::poll(&asked, 1, patience);
    while (ready < 0 && errno == EINTR);
    if (ready < 0) return failure("cannot wait for the question", errno);
    if (ready == 0) return failure("nothing was asked");
    std::array<char, wire::longest_bind_question * 2> bytes{};
    const auto got = ::recv(client, bytes.data(), bytes.size(), MSG_DONTWAIT);
    if (got < 0) return failure("cannot read the question", errno);
    const std::string_view text(bytes.data(), static_cast<std::size_t>(got));
    if (!text.ends_with('\n')) return std::optional<wire::BindQuestion>();
    return wire::read_bind_question(text.substr(0, text.size() - 1));
}

Result<void> say(int client, std::string text)
{
    text += '\n';
    // A client that does not read is not waited for.
    ::setsockopt(client, SOL_SOCKET, SO_SNDTIMEO, &longest_send, sizeof longest_send);
    if (const int why = linux_::send_whole(client, text); why != 0) return failure("cannot answer", why);
    return {};
}

Result<void> say_no(int client, ErrorKind kind, std::string_view code, std::string why)
{
    return say(client,
               wire::bind_answer(std::unexpected(Error(kind, std::move(why)).with_code(std::string(code)))));
}

} // namespace

Result<void> talk(int client, const std::string& user, const Act& act)
{
    const auto peer = linux_::peer_of(client);
    if (!peer) return std::unexpected(peer.error());
    if (!linux_::is_root_or(user, peer->user)) {
        (void)say_no(client, ErrorKind::not_permitted, "not-permitted",
                     "only root and " + printable(user, 64) + " may ask");
        return failure(format("user {} has asked, and is not allowed to", peer->user));
    }
    const auto question = question_of(client);
    if (!question) return std::unexpected(question.error());
    if (!*question)
        return say_no(client, ErrorKind::failed, "not-a-question",
                      "say: give 0000:03:00.0, or: take 0000:03:00.0");
    const auto done = act(**question);
    if (auto said = say(client, wire::bind_answer(done)); !said) return said;
    return done;
}

Error serve(const std::string& path, const std::string& user, const Act& act)
{
    return linux_::serve_each(path, user, most_at_once, [&](int client) {
        ::alarm(longest_answer);
        return talk(client, user, act).has_value();
    });
}

} // namespace usbroute::binder
