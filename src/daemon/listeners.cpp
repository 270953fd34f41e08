// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/listeners.hpp"

#include "base/format.hpp"
#include "config/parse.hpp"
#include "daemon/kept_hubs.hpp"
#include "daemon/line_views.hpp"
#include "daemon/log.hpp"
#include "linux/descriptors.hpp"
#include "linux/files.hpp"
#include "linux/peer_process.hpp"

#include <algorithm>
#include <chrono>

#include <unistd.h>

namespace usbroute::daemon {

using config::ConnectAddress;
using config::ListenerSettings;
using config::TcpAddress;
using config::UnixAddress;

namespace {

constexpr std::string_view control = "control";
constexpr std::chrono::milliseconds until_named_again{500};
/// Descriptors that no client may take: for looks at the machine, its registers, the journal and the guests.
constexpr std::size_t kept_free = 32;
/// And so many more that only root and the daemon's own user may take.
constexpr std::size_t kept_for_keepers = 8;

bool same_address(const ListenerSettings& a, const ListenerSettings& b)
{
    if (const auto* tcp = std::get_if<TcpAddress>(&a.address)) {
        const auto* other = std::get_if<TcpAddress>(&b.address);
        return other != nullptr && tcp->host == other->host && tcp->port == other->port;
    }
    if (const auto* connect = std::get_if<ConnectAddress>(&a.address)) {
        const auto* other = std::get_if<ConnectAddress>(&b.address);
        return other != nullptr && connect->path == other->path;
    }
    const auto& path = std::get<UnixAddress>(a.address);
    const auto* other = std::get_if<UnixAddress>(&b.address);
    return other != nullptr && path.path == other->path && path.group == other->group;
}

std::optional<gid_t> group_of(const ListenerSettings& settings)
{
    const auto* address = std::get_if<UnixAddress>(&settings.address);
    if (address == nullptr || address->group.empty()) return std::nullopt;
    const auto group = linux_::group_number(address->group);
    if (!group)
        log::warning(format("there is no group {}: only root may use {}", address->group, address->path));
    return group;
}

/// Root, and the user that the daemon runs as, are never kept out by others.
/// "control (uid 1000, pid 4711, waybar)", for the log and the journal.
std::string who_through(const Entrance& entrance, const linux_::Peer& peer)
{
    const auto command = linux_::command_of(peer.process);
    return format("{} (uid {}, pid {}{}{})", entrance.name(), peer.user, peer.process,
                  command.empty() ? "" : ", ", command);
}

bool is_keeper(uid_t user, uid_t own_user) { return user == 0 || user == own_user; }

Party party_of(const Entrance& entrance, const std::optional<linux_::Peer>& peer, uid_t own_user)
{
    if (entrance.is_guest()) return {.kind = Party::Kind::guest, .id = entrance.name()};
    if (!peer) return {.kind = Party::Kind::tcp, .id = entrance.name()};
    return {.kind = is_keeper(peer->user, own_user) ? Party::Kind::keeper : Party::Kind::user,
            .id = format("{}", peer->user)};
}

/// One line for a client that is not let in; it may be lost, as nobody waits for it.
void turn_away(int client, std::string_view code, std::string_view why)
{
    const auto line = format("error {} {}\n", code, why);
    static_cast<void>(linux_::send(client, line.data(), line.size()));
    linux_::say_goodbye(client);
}

} // namespace

std::vector<ListenerSettings> listeners_here(std::vector<ListenerSettings> configured,
                                             const linux_::Locations& locations)
{
    const auto is_control = [](const ListenerSettings& listener) { return listener.name.text() == control; };
    if (locations.socket_was_named && std::ranges::none_of(configured, is_control))
        configured.push_back(config::default_control_listener());
    for (auto& listener : configured) {
        auto* address = std::get_if<UnixAddress>(&listener.address);
        auto* connect = std::get_if<ConnectAddress>(&listener.address);
        if (address != nullptr && is_control(listener) && locations.socket_was_named)
            address->path = locations.socket;
        else if (locations.recorded && (address != nullptr || connect != nullptr))
            (address != nullptr ? address->path : connect->path)
                .insert(0, locations.root, 0, locations.root.size() - 1);
    }
    return configured;
}

FromTheManager opened_by_the_service_manager()
{
    auto inherited = linux_::take_inherited(name_of_kept_hubs);
    std::vector<int> wanted;
    for (const auto& socket : inherited.sockets) wanted.push_back(socket.fd.get());
    for (const auto& hub : inherited.kept) wanted.push_back(hub.get());
    linux_::close_what_was_inherited(std::move(wanted));
    FromTheManager opened{.sockets = {}, .hubs = std::move(inherited.kept)};
    for (auto& socket : inherited.sockets)
        opened.sockets.push_back({.listener = std::move(socket.name),
                                  .socket = linux_::ListeningSocket(std::move(socket.fd), {})});
    return opened;
}

std::list<OpenedBefore> open_before(const std::vector<ListenerSettings>& listeners,
                                    std::list<OpenedBefore> inherited, uid_t owner)
{
    auto opened = std::move(inherited);
    for (const auto& listener : listeners) {
        const auto& name = listener.name.text();
        if (std::ranges::find(opened, name, &OpenedBefore::listener) != opened.end()) continue;
        if (const auto* tcp = std::get_if<TcpAddress>(&listener.address)) {
            opened.push_back({.listener = name, .socket = linux_::listen_tcp(*tcp)});
        } else if (const auto* address = std::get_if<UnixAddress>(&listener.address)) {
            const auto group = address->group.empty() ? std::nullopt : linux_::group_number(address->group);
            opened.push_back({.listener = name, .socket = linux_::listen_unix(address->path, group, owner)});
        }
    }
    return opened;
}

Listeners::~Listeners()
{
    while (!parts_.entrances.empty()) close(parts_.entrances.front());
}

std::vector<Error> Listeners::adopt(const std::vector<ListenerSettings>& wanted)
{
    const auto wanted_as = [&](const Entrance& entrance) {
        return std::ranges::find(wanted, entrance.settings.name, &ListenerSettings::name);
    };
    parts_.guests.adopt();
    // First out, then in: a new one may want the address of one that goes.
    for (auto next = parts_.entrances.begin(); next != parts_.entrances.end();) {
        auto& entrance = *next++;
        const auto found = wanted_as(entrance);
        if (found == wanted.end() || !same_address(*found, entrance.settings) ||
            found->guest != entrance.settings.guest)
            close(entrance);
        else
            entrance.settings = *found;
    }
    std::vector<Error> problems;
    for (auto& door : doors_)
        if (door.socket->has_lost_its_name())
            if (auto made = make_again(door); !made) problems.push_back(std::move(made.error()));
    for (const auto& settings : wanted) {
        if (std::ranges::find(parts_.entrances, settings.name, [](const Entrance& entrance) {
                return entrance.settings.name;
            }) != parts_.entrances.end())
            continue;
        if (const auto* connect = std::get_if<ConnectAddress>(&settings.address)) {
            call(settings, connect->path);
            continue;
        }
        if (auto opened = open(settings); !opened)
            problems.push_back(std::move(opened.error()).within(format("listener {}", settings.name.text())));
    }
    return problems;
}

Result<linux_::ListeningSocket> Listeners::socket_for(const ListenerSettings& settings,
                                                      std::optional<gid_t> group)
{
    const auto found = std::ranges::find(opened_before_, settings.name.text(), &OpenedBefore::listener);
    if (found != opened_before_.end()) {
        auto socket = std::move(found->socket);
        opened_before_.erase(found);
        return socket;
    }
    if (const auto* tcp = std::get_if<TcpAddress>(&settings.address)) return linux_::listen_tcp(*tcp);
    return linux_::listen_unix(std::get<UnixAddress>(settings.address).path, group);
}

Result<void> Listeners::open(const ListenerSettings& settings)
{
    const Members members{.own_user = ::geteuid(), .group = group_of(settings)};
    auto socket = socket_for(settings, members.group);
    if (!socket) return std::unexpected(std::move(socket.error()));

    auto& entrance = parts_.entrances.emplace_back();
    entrance.settings = settings;
    auto& door = doors_.emplace_back(Door{.entrance = &entrance,
                                          .members = members,
                                          .socket = std::move(*socket),
                                          .watch = {},
                                          .rest = {},
                                          .complaint = {}});
    auto watch = parts_.loop.watch(door.socket->fd(), [this, &door](linux_::Ready) { accept(door); });
    if (!watch) {
        close(entrance);
        return std::unexpected(std::move(watch.error()));
    }
    await_clients(door, std::move(*watch));
    log::debug(format("listener {}: {}", settings.name.text(), place_of(settings)));
    return {};
}

void Listeners::await_clients(Door& door, linux_::FdWatch watch)
{
    for (const auto& warning : door.socket->warnings) log::warning(warning);
    door.watch = std::move(watch);
    door.watch.want(linux_::Ready::readable);
    door.rest = parts_.loop.timer([&door] { door.watch.want(linux_::Ready::readable); });
    if (!door.socket->made_file().empty()) names_.watch(door.socket->made_file());
}

/// The clients that are there stay.
Result<void> Listeners::make_again(Door& door)
{
    const auto path = door.socket->made_file();
    const auto failed = [&](Error error) {
        return std::unexpected(std::move(error).within(format(
            "listener {}: its socket file was removed and cannot be created again", door.entrance->name())));
    };
    auto socket = linux_::listen_unix(path, door.members.group);
    if (!socket) return failed(std::move(socket.error()));
    auto watch = parts_.loop.watch(socket->fd(), [this, &door](linux_::Ready) { accept(door); });
    if (!watch) return failed(std::move(watch.error()));
    door.watch = {}; // before its descriptor goes
    door.socket.emplace(std::move(*socket));
    await_clients(door, std::move(*watch));
    door.complaint.clear();
    log::warning(format("listener {}: {} was removed by somebody else, and has been created again",
                        door.entrance->name(), path));
    return {};
}

void Listeners::look_at_names()
{
    if (!name_again_.is_running() &&
        std::ranges::any_of(doors_, [](const Door& door) { return door.socket->has_lost_its_name(); }))
        name_again_.start(until_named_again);
}

void Listeners::name_again()
{
    for (auto& door : doors_) {
        if (!door.socket->has_lost_its_name()) continue;
        const auto made = make_again(door);
        if (!made && std::exchange(door.complaint, made.error().message()) != made.error().message())
            log::error(made.error().message() + "; once that is fixed: sudo usbroute reload");
    }
}

void Listeners::close(const Entrance& entrance)
{
    parts_.clients.close_all(entrance);
    std::erase_if(doors_, [&](const Door& door) { return door.entrance == &entrance; });
    std::erase_if(calls_, [&](const Call& call) { return call.entrance == &entrance; });
    parts_.entrances.remove_if([&](const Entrance& other) { return &other == &entrance; });
}

void Listeners::accept(Door& door)
{
    auto client = linux_::accept_client(door.socket->fd());
    if (!client) {
        // No descriptors left, most likely. The client stays in the queue, which would wake us again at once.
        if (!std::exchange(door.is_resting, true))
            log::error(format("listener {}: {}{}; connected clients are still served, new ones wait",
                              door.entrance->name(), client.error().message(),
                              linux_::remedy_for_writing(client.error().errno_value())));
        door.watch.pause();
        door.rest.start(std::chrono::seconds(1));
        return;
    }
    if (std::exchange(door.is_resting, false))
        log::info(format("listener {}: clients are accepted again", door.entrance->name()));
    if (*client) welcome(door, std::move(**client));
}

void Listeners::welcome(Door& door, linux_::UniqueFd client)
{
    auto& entrance = *door.entrance;
    auto who = entrance.name();
    std::optional<linux_::Peer> caller;
    if (!entrance.is_tcp()) {
        auto peer = linux_::peer_of(client.get());
        if (!peer || !may_enter(door.members, *peer)) {
            parts_.desk.complain(entrance, "a client without the right to use it was turned away");
            return turn_away(client.get(), "not-permitted", "this socket is for root and its group");
        }
        who = who_through(entrance, *peer);
        caller = std::move(*peer);
    }
    auto party = party_of(entrance, caller, door.members.own_user);
    if (!parts_.clients.make_room(party, parts_.loop.now())) {
        parts_.desk.complain(entrance, format("too many clients at once; {} was turned away", who));
        return turn_away(client.get(), "busy", "too many clients are connected: try again later");
    }
    const bool is_kept_free = caller && is_keeper(caller->user, door.members.own_user);
    if (!linux_::can_open_beside(client.get(), kept_free + (is_kept_free ? 0 : kept_for_keepers))) {
        parts_.desk.complain(entrance, "too few file descriptors are left; a client was turned away");
        return turn_away(client.get(), "busy", "usbrouted is out of file descriptors: try again later");
    }
    const auto user = caller ? std::optional(caller->user) : std::nullopt;
    add(entrance, std::move(client), {.party = std::move(party), .who = std::move(who), .user = user},
        nullptr);
}

void Listeners::call(const ListenerSettings& settings, const std::string& path)
{
    auto& entrance = parts_.entrances.emplace_back();
    entrance.settings = settings;
    auto& call = calls_.emplace_back(parts_.loop, entrance, path, [this, &entrance](linux_::UniqueFd line) {
        called(entrance, std::move(line));
    });
    call.connecting.begin();
    log::debug(format("listener {}: client of {}", settings.name.text(), path));
}

/// The program that created the socket where the administrator expects it has what the listener grants, and no more.
void Listeners::called(Entrance& entrance, linux_::UniqueFd line)
{
    auto& call = *std::ranges::find(calls_, &entrance, &Call::entrance);
    auto who = entrance.name();
    if (const auto peer = linux_::peer_of(line.get())) who = who_through(entrance, *peer);
    add(entrance, std::move(line),
        {.party = {.kind = Party::Kind::called, .id = entrance.name()}, .who = std::move(who)},
        &call.connecting);
}

/// `again`: what connects again when this client has gone.
void Listeners::add(Entrance& entrance, linux_::UniqueFd client, Caller caller, linux_::Connecting* again)
{
    std::function<void()> ended;
    if (entrance.settings.guest)
        ended = [again, gone = parts_.guests.line_opened(*entrance.settings.guest, client.get())] {
            if (gone) gone();
            if (again != nullptr) again->again();
        };
    parts_.clients.add(
        {.loop = parts_.loop, .lookout = parts_.lookout, .claims = parts_.claims, .owner = parts_.clients},
        std::move(client), entrance, parts_.desk, std::move(caller), std::move(ended));
}

} // namespace usbroute::daemon
