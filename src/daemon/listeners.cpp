#include "daemon/listeners.hpp"

#include "base/format.hpp"
#include "config/parse.hpp"
#include "daemon/log.hpp"

#include <algorithm>
#include <chrono>

#include <unistd.h>

namespace usbroute::daemon {

using config::ListenerSettings;
using config::TcpAddress;
using config::UnixAddress;

namespace {

constexpr std::string_view control = "control";

bool same_address(const ListenerSettings& a, const ListenerSettings& b)
{
    if (const auto* tcp = std::get_if<TcpAddress>(&a.address)) {
        const auto* other = std::get_if<TcpAddress>(&b.address);
        return other != nullptr && tcp->host == other->host && tcp->port == other->port;
    }
    const auto& path = std::get<UnixAddress>(a.address);
    const auto* other = std::get_if<UnixAddress>(&b.address);
    return other != nullptr && path.path == other->path && path.group == other->group;
}

std::string place_of(const ListenerSettings& settings)
{
    if (const auto* tcp = std::get_if<TcpAddress>(&settings.address))
        return format("{} port {}", tcp->host, tcp->port);
    return std::get<UnixAddress>(settings.address).path;
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
        if (address == nullptr) continue;
        if (is_control(listener) && locations.socket_was_named)
            address->path = locations.socket;
        else if (locations.recorded)
            address->path.insert(0, locations.root, 0, locations.root.size() - 1);
    }
    return configured;
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
    for (const auto& settings : wanted) {
        if (std::ranges::find(doors_, settings.name,
                              [](const Door& door) { return door.entrance->settings.name; }) != doors_.end())
            continue;
        if (auto opened = open(settings); !opened)
            problems.push_back(std::move(opened.error()).within(format("listener {}", settings.name.text())));
    }
    return problems;
}

Result<linux_::ListeningSocket> Listeners::socket_for(const ListenerSettings& settings,
                                                      std::optional<gid_t> group)
{
    const auto inherited =
        std::ranges::find(inherited_, settings.name.text(), &linux_::InheritedSocket::name);
    if (inherited != inherited_.end()) {
        linux_::ListeningSocket socket(std::move(inherited->fd), {});
        inherited_.erase(inherited);
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
    for (const auto& warning : socket->warnings) log::warning(warning);

    auto& entrance = parts_.entrances.emplace_back();
    entrance.settings = settings;
    auto& door = doors_.emplace_back(Door{
        .entrance = &entrance, .members = members, .socket = std::move(*socket), .watch = {}, .rest = {}});
    auto watch = parts_.loop.watch(door.socket.fd(), [this, &door](linux_::Ready) { accept(door); });
    if (!watch) {
        close(entrance);
        return std::unexpected(std::move(watch.error()));
    }
    door.watch = std::move(*watch);
    door.watch.want(linux_::Ready::readable);
    door.rest = parts_.loop.timer([&door] { door.watch.want(linux_::Ready::readable); });
    log::debug(format("listener {}: {}", settings.name.text(), place_of(settings)));
    return {};
}

void Listeners::close(const Entrance& entrance)
{
    parts_.clients.close_all(entrance);
    std::erase_if(doors_, [&](const Door& door) { return door.entrance == &entrance; });
    parts_.entrances.remove_if([&](const Entrance& other) { return &other == &entrance; });
}

void Listeners::accept(Door& door)
{
    auto client = linux_::accept_client(door.socket.fd());
    if (!client) {
        // No descriptors left, most likely. The client stays in the queue, which would wake us again at once.
        log::error(format("listener {}: {}", door.entrance->name(), client.error().message()));
        door.watch.pause();
        door.rest.start(std::chrono::seconds(1));
        return;
    }
    if (*client) welcome(door, std::move(**client));
}

void Listeners::welcome(Door& door, linux_::UniqueFd client)
{
    auto& entrance = *door.entrance;
    if (!parts_.clients.have_room(entrance)) {
        parts_.desk.complain(entrance, "too many clients at once; one was turned away");
        return turn_away(client.get(), "busy", "too many clients are connected: try again later");
    }
    auto who = entrance.name();
    if (!entrance.is_tcp()) {
        const auto peer = linux_::peer_of(client.get());
        if (!peer || !may_enter(door.members, *peer)) {
            parts_.desk.complain(entrance, "a client without the right to use it was turned away");
            return turn_away(client.get(), "not-permitted", "this socket is for root and its group");
        }
        who = format("{} (uid {}, pid {})", who, peer->user, peer->process);
    }
    parts_.clients.add({.loop = parts_.loop, .lookout = parts_.lookout, .owner = parts_.clients},
                       std::move(client), entrance, parts_.desk, std::move(who));
}

} // namespace usbroute::daemon
