// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/access.hpp"
#include "daemon/claim_line.hpp"
#include "daemon/clients.hpp"
#include "daemon/entrance.hpp"
#include "daemon/guests.hpp"
#include "daemon/lookout.hpp"
#include "linux/connecting.hpp"
#include "linux/listen.hpp"
#include "linux/locations.hpp"
#include "linux/loop.hpp"
#include "linux/lost_names.hpp"

#include <list>
#include <optional>
#include <string>
#include <vector>

namespace usbroute::daemon {

/// The listeners with their addresses as they hold here: below the root of a recorded machine, and the control
/// socket where the command line wants it.
[[nodiscard]] std::vector<config::ListenerSettings>
listeners_here(std::vector<config::ListenerSettings> configured, const linux_::Locations& locations);

/// A socket that was opened before there was a daemon to use it: by the service manager, or by root that has become
/// another user since. Or why it could not be.
struct OpenedBefore {
    std::string listener;
    Result<linux_::ListeningSocket> socket;
};
/// Opens the sockets of all listeners that `inherited` has none for, with the rights of now; their files are to be
/// `owner`'s.
[[nodiscard]] std::list<OpenedBefore> open_before(const std::vector<config::ListenerSettings>& listeners,
                                                  std::list<OpenedBefore> inherited, uid_t owner);
struct FromTheManager {
    std::list<OpenedBefore> sockets;
    std::vector<linux_::UniqueFd> hubs; ///< daemon/kept_hubs.hpp
};
/// Before anything else is opened: all other descriptors that this process was started with are closed.
[[nodiscard]] FromTheManager opened_by_the_service_manager();

/// The open doors: accepts clients and asks who they are.
class Listeners {
public:
    struct Parts {
        linux_::Loop& loop;
        Lookout& lookout;
        ClaimLine& claims;
        Desk& desk;
        Clients& clients;
        Entrances& entrances;
        Guests& guests;
    };

    Listeners(Parts parts, std::list<OpenedBefore> opened_before)
        : parts_(parts),
          opened_before_(std::move(opened_before)),
          names_(parts.loop, [this] { look_at_names(); }),
          name_again_(parts.loop.timer([this] { name_again(); }))
    {}

    /// Closes all, and their clients first.
    ~Listeners();
    Listeners(const Listeners&) = delete;
    Listeners& operator=(const Listeners&) = delete;

    /// Opens what is new, closes what is gone with its clients, and gives new rights to what stays; a socket file that
    /// somebody has removed is created again. What cannot be opened is reported; the rest goes on.
    [[nodiscard]] std::vector<Error> adopt(const std::vector<config::ListenerSettings>& wanted);
    [[nodiscard]] std::size_t count() const { return parts_.entrances.size(); }

private:
    struct Door {
        Entrance* entrance;
        Members members;
        std::optional<linux_::ListeningSocket> socket; ///< always there
        linux_::FdWatch watch;
        linux_::Timer rest; ///< until clients are accepted again, when there are no descriptors left
        bool is_resting = false;
        std::string complaint; ///< about its name, said last
    };
    /// A line on which QEMU listens.
    struct Call {
        Entrance* entrance;
        linux_::Connecting connecting;
        Call(linux_::Loop& loop, Entrance& through, const std::string& path,
             linux_::Connecting::Connected connected)
            : entrance(&through), connecting(loop, path, std::move(connected))
        {}
    };

    [[nodiscard]] Result<void> open(const config::ListenerSettings& settings);
    [[nodiscard]] Result<linux_::ListeningSocket> socket_for(const config::ListenerSettings& settings,
                                                             std::optional<gid_t> group);
    void close(const Entrance& entrance);
    void await_clients(Door& door, linux_::FdWatch watch);
    [[nodiscard]] Result<void> make_again(Door& door);
    void look_at_names();
    void name_again();
    void accept(Door& door);
    void welcome(Door& door, linux_::UniqueFd client);
    void call(const config::ListenerSettings& settings, const std::string& path);
    void called(Entrance& entrance, linux_::UniqueFd line);
    void add(Entrance& entrance, linux_::UniqueFd client, Caller caller, linux_::Connecting* again);

    Parts parts_;
    std::list<OpenedBefore> opened_before_;
    linux_::LostNames names_;
    linux_::Timer
        name_again_; ///< delayed: somebody who removes the file in a loop must not keep the daemon busy
    std::list<Door> doors_;
    std::list<Call> calls_;
};

} // namespace usbroute::daemon
