// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/clients.hpp"

#include "base/format.hpp"
#include "daemon/log.hpp"

#include <algorithm>
#include <iterator>
#include <vector>

namespace usbroute::daemon {

bool Clients::make_room(const Party& party, std::chrono::milliseconds now)
{
    std::vector<Slot> taken;
    taken.reserve(clients_.size());
    for (const auto& client : clients_) {
        const auto& session = client.session;
        taken.push_back({.party = client.party,
                         .last_heard = session.last_heard(),
                         .has_spoken = session.dialogue().last_command().has_value(),
                         .is_subscribed = session.dialogue().subscription().has_value(),
                         .is_served = session.is_served()});
    }
    const auto seating = find_seat(taken, party, now);
    if (!seating.instead_of) return seating.is_admitted;
    auto& leaving = *std::next(clients_.begin(), static_cast<std::ptrdiff_t>(*seating.instead_of));
    log::info(format("{} was silent; it was closed to make room for another client",
                     leaving.session.dialogue().who()),
              "listener " + leaving.entrance->name());
    ended(leaving.session);
    return true;
}

void Clients::add(Session::Parts parts, linux_::UniqueFd fd, Entrance& entrance, Desk& desk, Caller caller,
                  std::function<void()> ended)
{
    auto& client =
        clients_.emplace_back(parts, std::move(fd), entrance, desk, std::move(caller), std::move(ended));
    if (auto begun = client.session.begin(); !begun) {
        log::error(begun.error().message());
        clients_.pop_back();
    }
}

void Clients::close_all(const Entrance& entrance)
{
    // First out of the list, then destroyed: what a client's end sets off may tell the others.
    std::list<Client> ending;
    for (auto next = clients_.begin(); next != clients_.end();) {
        const auto client = next++;
        if (client->entrance == &entrance) ending.splice(ending.end(), clients_, client);
    }
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
        const auto form = session.dialogue().subscription();
        if (!form) continue;
        if (const auto& guest = session.dialogue().entrance().settings.guest) {
            const auto seen = guests_view_ ? guests_view_(*guest, event) : std::nullopt;
            if (seen) session.tell(wire::to_line(*seen, *form));
        } else {
            session.tell(*form == wire::Form::json ? json : text);
        }
    }
}

void Clients::ended(Session& session)
{
    const auto client =
        std::ranges::find_if(clients_, [&](const Client& one) { return &one.session == &session; });
    if (client == clients_.end()) return;
    // First out of the list, then destroyed: what its end sets off may tell the others.
    std::list<Client> ending;
    ending.splice(ending.end(), clients_, client);
}

} // namespace usbroute::daemon
