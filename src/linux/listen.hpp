// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "base/result.hpp"
#include "config/settings.hpp"
#include "linux/unique_fd.hpp"

#include <optional>
#include <string>
#include <vector>

#include <sys/types.h>

namespace usbroute::linux_ {

/// A socket that is listened on. One that we made as a file goes away with this object.
class ListeningSocket {
public:
    ListeningSocket(UniqueFd fd, std::string made_file);
    ListeningSocket(ListeningSocket&& other) noexcept;
    ListeningSocket& operator=(ListeningSocket&&) = delete;
    ListeningSocket(const ListeningSocket&) = delete;
    ListeningSocket& operator=(const ListeningSocket&) = delete;
    ~ListeningSocket();

    [[nodiscard]] int fd() const { return fd_.get(); }
    /// The file that we made; empty: none, or it belongs to the service manager.
    [[nodiscard]] const std::string& made_file() const { return made_file_; }
    /// That file is gone, or another one is in its place: no client finds us any more.
    [[nodiscard]] bool has_lost_its_name() const;
    /// What could not be done and does not stop us, in words.
    std::vector<std::string> warnings;

private:
    UniqueFd fd_;
    std::string made_file_;
    dev_t device_ = 0; ///< of the file, so that a later daemon's is not removed
    ino_t inode_ = 0;
};

/// Makes the socket file with mode 0660 for the group, or for our own where none is given. A file that is in the way
/// goes when it is a socket and nobody answers on it. With an `owner` the file is that user's, who can then take it away.
[[nodiscard]] Result<ListeningSocket> listen_unix(const std::string& path, std::optional<gid_t> group,
                                                  std::optional<uid_t> owner = std::nullopt);
[[nodiscard]] Result<ListeningSocket> listen_tcp(const config::TcpAddress& address);

/// Of a text like that of /etc/group. Nothing: no line of it has this name.
[[nodiscard]] std::optional<gid_t> group_in(std::string_view list, std::string_view group);
/// By name, or by number. Nothing: there is no such group. Asks the system's name service, which may take
/// milliseconds.
[[nodiscard]] std::optional<gid_t> group_number(const std::string& group);

/// A socket that the service manager opened for us (the LISTEN_FDS protocol), and its name there.
struct InheritedSocket {
    std::string name;
    UniqueFd fd;
};
struct Inherited {
    std::vector<InheritedSocket> sockets;
    std::vector<UniqueFd>
        kept; ///< what an earlier start of ours has left with the service manager (`ServiceManager::keep`)
};
/// Empty when we were started in another way. To be called before anything else is opened. Clears the variables, as no child shall see them.
/// `kept_as`: the name of what was left; beside that only sockets that listen are taken.
[[nodiscard]] Inherited take_inherited(std::string_view kept_as);
/// Closes all other descriptors above the standard streams, and opens /dev/null where one of these is missing: a
/// program that starts us may have thousands open, or none. To be called right afterwards, while nothing is open but
/// what `but` lists.
void close_what_was_inherited(std::vector<int> but);

/// Who is on the other side of a Unix socket, as the kernel knows it.
struct Peer {
    uid_t user = 0;
    pid_t process = 0;
    std::vector<gid_t> groups; ///< the first one included
};
[[nodiscard]] Result<Peer> peer_of(int fd);

/// The next client that waits, not blocking; nothing when there is none, or it has gone already.
[[nodiscard]] Result<std::optional<UniqueFd>> accept_client(int listening_fd);

/// What a read or a write did. `count` is 0 at the end of a connection, and where `would_block`.
struct Transfer {
    std::size_t count = 0;
    bool would_block = false;
    int errno_value = 0;
};
/// Leaves the bytes where they are. Taking them frees room in the client's buffer, and for that the kernel wakes a
/// client that waits for its answer; it finds none yet and falls asleep again, which on another processor takes
/// longer than a whole toggle. So they are taken when the answer is out.
[[nodiscard]] Transfer look_at_received(int fd, char* into, std::size_t size);
/// Takes bytes that were looked at.
void take_received(int fd, std::size_t size);
/// Never raises SIGPIPE.
[[nodiscard]] Transfer send(int fd, const char* from, std::size_t size);
/// To be called before the close of a connection whose last answer matters: with bytes that nobody has read, TCP
/// resets the connection, and the answer is lost on the way.
void say_goodbye(int fd);

} // namespace usbroute::linux_
