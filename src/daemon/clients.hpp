#pragma once

#include "daemon/session.hpp"
#include "wire/event.hpp"

#include <cstddef>
#include <list>

namespace usbroute::daemon {

/// Who is told of changes.
class Audience {
public:
    virtual ~Audience() = default;
    /// False: an event need not be put into words.
    [[nodiscard]] virtual bool is_anybody_there() const = 0;
    virtual void tell(const wire::Event& event) = 0;
};

/// Every client that is connected.
class Clients final : public Audience, public SessionOwner {
public:
    static constexpr std::size_t most = 128;
    static constexpr std::size_t most_for_an_entrance = 32;

    [[nodiscard]] bool have_room(const Entrance& entrance) const;
    void add(Session::Parts parts, linux_::UniqueFd fd, Entrance& entrance, Desk& desk, std::string who);
    /// Closes those that came through it.
    void close_all(const Entrance& entrance);

    [[nodiscard]] bool is_anybody_there() const override;
    void tell(const wire::Event& event) override;
    void ended(Session& session) override;

private:
    struct Client {
        Entrance* entrance;
        Session session;
        Client(Session::Parts parts, linux_::UniqueFd fd, Entrance& through, Desk& desk, std::string who)
            : entrance(&through), session(parts, std::move(fd), Dialogue(through, desk, std::move(who)))
        {
            ++entrance->clients;
        }
        ~Client() { --entrance->clients; }
        Client(const Client&) = delete;
        Client& operator=(const Client&) = delete;
    };

    std::list<Client> clients_;
};

} // namespace usbroute::daemon
