// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/listen.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "linux/files.hpp"
#include "linux/unix_address.hpp"

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <utility>

#include <arpa/inet.h>
#include <fcntl.h>
#include <grp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

constexpr int backlog = 128;
constexpr mode_t socket_mode = 0660;

/// The socket API takes every kind of address as its common beginning.
template <class Address> const sockaddr* base_of(const Address& address)
{
    return reinterpret_cast<const sockaddr*>(&address);
}

std::unexpected<Error> cannot_listen(const std::string& place, int errno_value)
{
    return std::unexpected(Error(kind_from(errno_value), "cannot listen on " + place, errno_value));
}

/// Removes what a killed daemon left behind. A program that listens there is not disturbed.
Result<void> clear_the_way(const std::string& path, const sockaddr_un& address)
{
    struct stat status{};
    if (::lstat(path.c_str(), &status) != 0) return {};
    if (!S_ISSOCK(status.st_mode))
        return failure(format("cannot listen on {}: a file that is not a socket is in the way", path));
    const UniqueFd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (::connect(probe.get(), base_of(address), sizeof address) == 0 || errno == EAGAIN)
        return std::unexpected(
            Error(ErrorKind::failed, format("cannot listen on {}: another daemon answers there", path))
                .with_code("in-use"));
    if (errno != ECONNREFUSED) return cannot_listen(path, errno);
    if (::unlink(path.c_str()) != 0 && errno != ENOENT) return cannot_listen(path, errno);
    return {};
}

sockaddr_storage address_from(const config::TcpAddress& from, socklen_t& size)
{
    sockaddr_storage storage{};
    auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
    if (::inet_pton(AF_INET, from.host.c_str(), &v4.sin_addr) == 1) {
        v4.sin_family = AF_INET;
        v4.sin_port = htons(from.port);
        size = sizeof v4;
        return storage;
    }
    auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
    v6 = {};
    if (::inet_pton(AF_INET6, from.host.c_str(), &v6.sin6_addr) == 1) {
        v6.sin6_family = AF_INET6;
        v6.sin6_port = htons(from.port);
        size = sizeof v6;
    }
    return storage;
}

void set_flag(int fd, int level, int option)
{
    const int on = 1;
    // A socket without it works too, only slower or later.
    (void)::setsockopt(fd, level, option, &on, sizeof on);
}

} // namespace

ListeningSocket::ListeningSocket(UniqueFd fd, std::string made_file)
    : fd_(std::move(fd)), made_file_(std::move(made_file))
{
    struct stat status{};
    if (made_file_.empty() || ::stat(made_file_.c_str(), &status) != 0) return;
    device_ = status.st_dev;
    inode_ = status.st_ino;
}

ListeningSocket::ListeningSocket(ListeningSocket&& other) noexcept
    : warnings(std::move(other.warnings)),
      fd_(std::move(other.fd_)),
      made_file_(std::exchange(other.made_file_, {})),
      device_(other.device_),
      inode_(other.inode_)
{}

ListeningSocket::~ListeningSocket()
{
    if (!made_file_.empty() && !has_lost_its_name()) ::unlink(made_file_.c_str());
}

bool ListeningSocket::has_lost_its_name() const
{
    struct stat status{};
    if (made_file_.empty()) return false;
    return ::stat(made_file_.c_str(), &status) != 0 || status.st_dev != device_ || status.st_ino != inode_;
}

Result<ListeningSocket> listen_unix(const std::string& path, std::optional<gid_t> group,
                                    std::optional<uid_t> owner)
{
    const auto address = unix_address(path);
    if (!address)
        return failure(format("cannot listen on {}: a socket's path has at most {} bytes", path,
                              sizeof address->sun_path - 1));
    if (auto made = make_directories(path.substr(0, path.rfind('/'))); !made)
        return std::unexpected(made.error());
    if (auto cleared = clear_the_way(path, *address); !cleared) return std::unexpected(cleared.error());

    UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd.is_open() || ::bind(fd.get(), base_of(*address), sizeof *address) != 0)
        return cannot_listen(path, errno);
    ListeningSocket socket(std::move(fd), path);
    // Nobody can connect before listen(), so it does not matter that bind() made the file with another mode.
    // Not through a link that the owner of the directory has put in its place meanwhile.
    if (group && ::lchown(path.c_str(), owner.value_or(static_cast<uid_t>(-1)), *group) != 0)
        socket.warnings.push_back(format("cannot give {} to group {}: {}", path, *group, errno_text(errno)));
    if (!group && owner && ::lchown(path.c_str(), *owner, static_cast<gid_t>(-1)) != 0)
        return cannot_listen(path, errno);
    if (::fchmodat(AT_FDCWD, path.c_str(), socket_mode, AT_SYMLINK_NOFOLLOW) != 0)
        return cannot_listen(path, errno);
    if (::listen(socket.fd(), backlog) != 0) return cannot_listen(path, errno);
    return socket;
}

Result<ListeningSocket> listen_tcp(const config::TcpAddress& from)
{
    socklen_t size = 0;
    const auto address = address_from(from, size);
    const auto place = format("{} port {}", from.host, from.port);
    if (size == 0) return cannot_listen(place, EINVAL);
    UniqueFd fd(::socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd.is_open()) return cannot_listen(place, errno);
    // Connections of an earlier daemon may still be in TIME_WAIT.
    set_flag(fd.get(), SOL_SOCKET, SO_REUSEADDR);
    // An answer is one small segment; Nagle would hold a second one back until the first is acknowledged.
    set_flag(fd.get(), IPPROTO_TCP, TCP_NODELAY);
    if (::bind(fd.get(), base_of(address), size) != 0) return cannot_listen(place, errno);
    if (::listen(fd.get(), backlog) != 0) return cannot_listen(place, errno);
    return ListeningSocket(std::move(fd), {});
}

std::optional<gid_t> group_in(std::string_view list, std::string_view group)
{
    for (const auto line : split(list, '\n')) {
        const auto fields = split(line, ':'); // name, password, number, members: group(5)
        if (fields.size() < 3 || fields[0] != group) continue;
        if (const auto number = parse_decimal(fields[2])) return static_cast<gid_t>(*number);
    }
    return std::nullopt;
}

std::optional<gid_t> group_number(const std::string& group)
{
    if (const auto number = parse_decimal(group)) return static_cast<gid_t>(*number);
    std::array<char, 16384> text{};
    struct group entry{};
    struct group* found = nullptr;
    if (::getgrnam_r(group.c_str(), &entry, text.data(), text.size(), &found) == 0 && found != nullptr)
        return found->gr_gid;
    // The C library rewinds the file before it reads it, and the daemon's filter lets nobody set a position.
    constexpr std::size_t longest_list = 1U << 20;
    const auto list = read_file("/etc/group", longest_list);
    return list ? group_in(*list, group) : std::nullopt;
}

Result<Peer> peer_of(int fd)
{
    ucred credentials{};
    socklen_t size = sizeof credentials;
    if (::getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &credentials, &size) != 0)
        return failure("cannot tell who is on the other side", errno);
    Peer peer{.user = credentials.uid, .process = credentials.pid, .groups = {}};
    // Says how much room it needs when it is too little.
    peer.groups.resize(32);
    for (int attempt = 0; attempt < 2; ++attempt) {
        size = static_cast<socklen_t>(peer.groups.size() * sizeof(gid_t));
        const int result = ::getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, peer.groups.data(), &size);
        if (result != 0 && errno != ERANGE) size = 0; // kernels before 4.13: the first group alone
        peer.groups.resize(size / sizeof(gid_t));
        if (result == 0 || size == 0) break;
    }
    peer.groups.push_back(credentials.gid);
    return peer;
}

Result<std::optional<UniqueFd>> accept_client(int listening_fd)
{
    for (;;) {
        UniqueFd client(::accept4(listening_fd, nullptr, nullptr, SOCK_CLOEXEC | SOCK_NONBLOCK));
        if (client.is_open()) return client;
        if (errno == EINTR) continue;
        if (errno == EAGAIN || errno == ECONNABORTED) return std::nullopt;
        return failure("cannot accept a client", errno);
    }
}

Transfer look_at_received(int fd, char* into, std::size_t size)
{
    ssize_t got = 0;
    do got = ::recv(fd, into, size, MSG_PEEK);
    while (got < 0 && errno == EINTR);
    if (got >= 0) return {.count = static_cast<std::size_t>(got)};
    if (errno == EAGAIN) return {.would_block = true};
    return {.errno_value = errno};
}

void take_received(int fd, std::size_t size)
{
    std::array<char, 4096> bytes;
    while (size > 0) {
        const auto got = ::recv(fd, bytes.data(), std::min(size, bytes.size()), 0);
        if (got < 0 && errno == EINTR) continue;
        // They are there; if not, the connection is gone, and the next read says so.
        if (got <= 0) return;
        size -= static_cast<std::size_t>(got);
    }
}

Transfer send(int fd, const char* from, std::size_t size)
{
    ssize_t put = 0;
    do put = ::send(fd, from, size, MSG_NOSIGNAL);
    while (put < 0 && errno == EINTR);
    if (put >= 0) return {.count = static_cast<std::size_t>(put)};
    if (errno == EAGAIN) return {.would_block = true};
    return {.errno_value = errno};
}

void say_goodbye(int fd)
{
    ::shutdown(fd, SHUT_WR);
    std::array<char, 4096> bytes;
    for (int i = 0; i < 16; ++i)
        if (::recv(fd, bytes.data(), bytes.size(), 0) <= 0) return;
}

} // namespace usbroute::linux_
