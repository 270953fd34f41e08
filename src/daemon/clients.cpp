#include "daemon/clients.hpp"

#include "daemon/log.hpp"

#include <algorithm>

namespace usbroute::daemon {

bool Clients::have_room(const Entrance& entrance) const
{
    return clients_.size() < most && entrance.clients < most_for_an_entrance;
}

void Clients::add(Session::Parts parts, linux_::UniqueFd fd, Entrance& entrance, Desk& desk, std::string who)
{
    auto& client = clients_.emplace_back(parts, std::move(fd), entrance, desk, std::move(who));
    if (auto begun = client.session.begin(); !begun) {
        log::error(begun.error().message());
        clients_.pop_back();
    }
}

void Clients::close_all(const Entrance& entrance)
{
    clients_.remove_if([&](const Client& client) { return client.entrance == &entrance; });
}

bool Clients::is_anybody_there() const
{
    return std::ranges::any_of(
        clients_, [](const Client& client) { return client.session.dialogue().subscription().has_value(); });
}

void Clients::tell(const wire::Event& event)
{
    const auto text = wire::to_line(event, wire::Form::text);
    const auto json = wire::to_line(event, wire::Form::json);
    for (auto next = clients_.begin(); next != clients_.end();) {
        // The one that is told may end; the others stay where they are.
        auto& session = (next++)->session;
        if (const auto form = session.dialogue().subscription())
            session.tell(*form == wire::Form::json ? json : text);
    }
}

void Clients::ended(Session& session)
{
    clients_.remove_if([&](const Client& client) { return &client.session == &session; });
}

} // namespace usbroute::daemon
