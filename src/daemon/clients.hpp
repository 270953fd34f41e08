// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#pragma once

#include "daemon/seats.hpp"
#include "daemon/session.hpp"
#include "wire/event.hpp"

#include <chrono>
#include <functional>
#include <list>
#include <optional>
#include <utility>

namespace usbroute::daemon {

/// Who is told of changes.
class Audience {
public:
    virtual ~Audience() = default;
    /// False: an event need not be put into words.
    [[nodiscard]] virtual bool is_anybody_there() const = 0;
    virtual void tell(const wire::Event& event) = 0;
};

/// Who is at the other end: for the limits on connections, for the log, and for the limits on commands.
struct Caller {
    Party party;
    std::string who;
    std::optional<uid_t> user = std::nullopt; ///< nothing: not told
};

/// Every client that is connected.
class Clients final : public Audience, public SessionOwner {
public:
    /// What a guest's line is told of an event, if anything. Without it such lines are told nothing.
    using EventForGuest = std::function<std::optional<wire::Event>(const GuestName&, const wire::Event&)>;

    explicit Clients(EventForGuest view = {}) : guests_view_(std::move(view)) {}

    /// False: no seat is left for one more of this party. A silent connection may be closed to make room (`find_seat`).
    [[nodiscard]] bool make_room(const Party& party, std::chrono::milliseconds now);
    /// `ended` is called when the client goes, its socket still open; it may be empty.
    void add(Session::Parts parts, linux_::UniqueFd fd, Entrance& entrance, Desk& desk, Caller caller,
             std::function<void()> ended);
    /// Closes those that came through it.
    void close_all(const Entrance& entrance);

    [[nodiscard]] bool is_anybody_there() const override;
    void tell(const wire::Event& event) override;
    void ended(Session& session) override;

private:
    struct Client {
        Entrance* entrance;
        Party party;
        Session session;
        std::function<void()> ended;
        Client(Session::Parts parts, linux_::UniqueFd fd, Entrance& through, Desk& desk, Caller caller,
               std::function<void()> at_end)
            : entrance(&through),
              party(std::move(caller.party)),
              session(parts, std::move(fd), Dialogue(through, desk, std::move(caller.who), caller.user)),
              ended(std::move(at_end))
        {
            ++entrance->clients;
        }
        ~Client()
        {
            --entrance->clients;
            if (ended) ended();
        }
        Client(const Client&) = delete;
        Client& operator=(const Client&) = delete;
    };

    std::list<Client> clients_;
    EventForGuest guests_view_;
};

} // namespace usbroute::daemon
