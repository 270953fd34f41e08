// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "libvirt/doors.hpp"

#include "base/format.hpp"

#include <cerrno>
#include <utility>

#include <sys/stat.h>
#include <unistd.h>

namespace usbroute::libvirt {

Doors::Doors(linux_::Loop& loop, std::optional<uid_t> user, Callbacks callbacks)
    : loop_(loop), user_(user), callbacks_(std::move(callbacks))
{}

Result<void> Doors::open(linux_::UniqueFd socket)
{
    inherited_.push_back(std::move(socket));
    return watch(inherited_.back().get());
}

Result<void> Doors::open(const std::string& path)
{
    const bool is_root = ::geteuid() == 0;
    const auto before = ::umask(0177); // from bind() on nobody else can connect
    auto made = linux_::listen_unix(path, std::nullopt, is_root ? user_ : std::nullopt);
    ::umask(before);
    if (!made) return std::unexpected(std::move(made.error()));
    const mode_t mode =
        is_root ? S_IRUSR | S_IWUSR : S_IRUSR | S_IWUSR | S_IRGRP | S_IWGRP | S_IROTH | S_IWOTH;
    if (::chmod(path.c_str(), mode) != 0) return failure("cannot set who may connect to " + path, errno);
    made_.push_back(std::move(*made));
    return watch(made_.back().fd());
}

void Doors::close()
{
    watches_.clear();
    made_.clear();
    inherited_.clear();
}

Result<void> Doors::watch(int fd)
{
    auto watched = loop_.watch(fd, [this, fd](linux_::Ready) { answer(fd); });
    if (!watched) return std::unexpected(std::move(watched.error()));
    watched->want(linux_::Ready::readable);
    watches_.push_back(std::move(*watched));
    return {};
}

void Doors::answer(int door)
{
    auto client = linux_::accept_client(door);
    if (!client) return callbacks_.log("cannot let a client in: " + client.error().message());
    if (!*client) return;
    const auto peer = linux_::peer_of((*client)->get());
    if (!peer) return callbacks_.log("cannot tell who has come: " + peer.error().message());
    if (peer->user != 0 && peer->user != user_)
        return callbacks_.log(format("user {} has come, and is not allowed to", peer->user));
    callbacks_.came(std::move(**client));
}

} // namespace usbroute::libvirt
