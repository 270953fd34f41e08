#pragma once

#include "daemon/access.hpp"
#include "daemon/clients.hpp"
#include "daemon/entrance.hpp"
#include "daemon/lookout.hpp"
#include "linux/listen.hpp"
#include "linux/locations.hpp"
#include "linux/loop.hpp"

#include <list>
#include <string>
#include <vector>

namespace usbroute::daemon {

/// The listeners with their addresses as they hold here: below the root of a recorded machine, and the control
/// socket where the command line wants it.
[[nodiscard]] std::vector<config::ListenerSettings>
listeners_here(std::vector<config::ListenerSettings> configured, const linux_::Locations& locations);

/// The open doors: accepts clients and asks who they are.
class Listeners {
public:
    struct Parts {
        linux_::Loop& loop;
        Lookout& lookout;
        Desk& desk;
        Clients& clients;
        Entrances& entrances;
    };

    Listeners(Parts parts, std::vector<linux_::InheritedSocket> inherited)
        : parts_(parts), inherited_(std::move(inherited))
    {}

    /// Closes all, and their clients first.
    ~Listeners();
    Listeners(const Listeners&) = delete;
    Listeners& operator=(const Listeners&) = delete;

    /// Opens what is new, closes what is gone with its clients, and gives new rights to what stays. What cannot be
    /// opened is reported; the rest goes on.
    [[nodiscard]] std::vector<Error> adopt(const std::vector<config::ListenerSettings>& wanted);
    [[nodiscard]] std::size_t count() const { return doors_.size(); }

private:
    struct Door {
        Entrance* entrance;
        Members members;
        linux_::ListeningSocket socket;
        linux_::FdWatch watch;
        linux_::Timer rest; ///< until clients are accepted again, when there are no descriptors left
    };

    [[nodiscard]] Result<void> open(const config::ListenerSettings& settings);
    [[nodiscard]] Result<linux_::ListeningSocket> socket_for(const config::ListenerSettings& settings,
                                                             std::optional<gid_t> group);
    void close(const Entrance& entrance);
    void accept(Door& door);
    void welcome(Door& door, linux_::UniqueFd client);

    Parts parts_;
    std::vector<linux_::InheritedSocket> inherited_;
    std::list<Door> doors_;
};

} // namespace usbroute::daemon
