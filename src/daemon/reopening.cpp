// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/reopening.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "daemon/log.hpp"
#include "linux/listen.hpp"

#include <chrono>

#include <unistd.h>

namespace usbroute::daemon {

namespace {

constexpr std::string_view beginning = "registers ";
constexpr std::chrono::seconds longest_silence{2};

void answer(int client, std::string_view text)
{
    // A client that does not wait for it does not need it.
    static_cast<void>(linux_::answer_passed(client, text));
}

} // namespace

std::optional<PciAddress> address_in(std::string_view text)
{
    if (!text.starts_with(beginning)) return std::nullopt;
    return PciAddress::parse(text.substr(beginning.size()));
}

Reopening::Reopening(linux_::Loop& loop, std::string directory, Adopt adopt, std::function<void()> taken)
    : loop_(loop),
      path_(std::move(directory).append(reopening_socket)),
      adopt_(std::move(adopt)),
      taken_(std::move(taken)),
      patience_(loop.timer([this] { end(); }))
{}

Reopening::~Reopening()
{
    if (door_.is_open()) ::unlink(path_.c_str());
}

Result<void> Reopening::begin()
{
    auto door = linux_::listen_for_passing(path_);
    if (!door) return std::unexpected(std::move(door.error()));
    auto watch = loop_.watch(door->get(), [this](linux_::Ready) { accept(); });
    if (!watch) return std::unexpected(std::move(watch.error()));
    door_ = std::move(*door);
    door_watch_ = std::move(*watch);
    door_watch_.want(linux_::Ready::readable);
    return {};
}

void Reopening::accept()
{
    auto client = linux_::accept_client(door_.get());
    if (!client || !*client) {
        // Without a descriptor for it the client would wake us all the time.
        door_watch_.pause();
        patience_.start(longest_silence);
        return;
    }
    const auto peer = linux_::peer_of((*client)->get());
    if (!peer || peer->user != 0) return answer((*client)->get(), "error only root may hand over registers");
    auto watch = loop_.watch((*client)->get(), [this](linux_::Ready) { read(); });
    if (!watch) return;
    client_ = std::move(**client);
    client_watch_ = std::move(*watch);
    client_watch_.want(linux_::Ready::readable);
    door_watch_.pause(); // the others wait
    patience_.start(longest_silence);
}

void Reopening::read()
{
    auto passed = linux_::receive_passed(client_.get());
    const auto address = passed ? address_in(passed->text) : std::nullopt;
    if (!address || !passed->fd.is_open()) {
        answer(client_.get(), "error say: registers ADDRESS, with the open configuration space");
        return end();
    }
    const auto adopted = adopt_(*address, std::move(passed->fd));
    if (!adopted) {
        log::warning(adopted.error().message());
        answer(client_.get(), "error " + adopted.error().message().substr(0, 200));
        return end();
    }
    log::info(format("root has handed over the registers of {}", address->text()));
    answer(client_.get(), "ok");
    end();
    taken_();
}

void Reopening::end()
{
    patience_.stop();
    client_watch_ = {};
    client_ = {};
    door_watch_.want(linux_::Ready::readable);
}

} // namespace usbroute::daemon
