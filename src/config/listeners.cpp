// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "config/sections.hpp"

#include <algorithm>
#include <array>
#include <filesystem>

#include <arpa/inet.h>

namespace usbroute::config {

namespace {

constexpr std::string_view tcp_rule =
    R"(a loopback address in numbers and a port: "127.0.0.1:1410" or "[::1]:1410")";
constexpr std::string_view allow_rule = R"(a list of verbs such as ["toggle", "status"])";
constexpr std::string_view may_rule = R"(a list of "yes", "force-disk" and "no-trial")";

/// 127.0.0.0/8 or ::1, as the kernel takes it. `host` is a whole numeric address.
enum class HostKind : std::uint8_t { loopback, elsewhere, not_numeric };

struct Host {
    HostKind kind = HostKind::not_numeric;
    std::string text; ///< one spelling for each address
};

Host host_from(const std::string& text, bool is_ipv6)
{
    std::array<unsigned char, sizeof(in6_addr)> bytes{};
    const int family = is_ipv6 ? AF_INET6 : AF_INET;
    // A zero byte would hide the rest of the text from inet_pton.
    if (text.find('\0') != std::string::npos || inet_pton(family, text.c_str(), bytes.data()) != 1) return {};
    std::array<char, INET6_ADDRSTRLEN> spelled{};
    if (inet_ntop(family, bytes.data(), spelled.data(), spelled.size()) == nullptr) return {};
    const std::string one_spelling = spelled.data();
    const bool loopback = is_ipv6 ? one_spelling == "::1" : bytes[0] == 127;
    return {loopback ? HostKind::loopback : HostKind::elsewhere, one_spelling};
}

std::optional<TcpAddress> tcp_from(const Scope& scope, FilePlace place, const std::string& text)
{
    const auto colon = text.rfind(':');
    auto host = text.substr(0, colon);
    const bool is_ipv6 = host.size() > 2 && host.front() == '[' && host.back() == ']';
    if (is_ipv6) host = host.substr(1, host.size() - 2);
    const std::uint32_t port =
        colon == std::string::npos ? 0 : parse_decimal(std::string_view(text).substr(colon + 1)).value_or(0);
    const auto address = host_from(host, is_ipv6);
    if (address.kind == HostKind::elsewhere)
        scope.problem(
            place,
            format(
                "tcp is {}, but usbroute listens only on loopback; addresses of other machines would need authentication, which this version does not have",
                in_quotes(text)));
    else if (address.kind == HostKind::not_numeric || port == 0 || port > 65535)
        scope.wrong_value(place, "tcp", in_quotes(text), tcp_rule);
    else
        return TcpAddress{address.text, static_cast<std::uint16_t>(port)};
    return std::nullopt;
}

/// Root always may. The control socket is for a group from the start; others only as they say.
void read_group(Fields& fields, const NamedTable& named, UnixAddress& address)
{
    constexpr std::string_view rule = R"(the name of a group, or "" for root only)";
    if (named.name == "control") address.group = "usbroute";
    const auto* group = fields.text("group", rule);
    if (group == nullptr) return;
    if (group->empty() || is_plain_name(*group))
        address.group = *group;
    else
        fields.wrong_text("group", rule);
}

void read_unix(Fields& fields, const NamedTable& named, ListenerSettings& listener)
{
    UnixAddress address{.path = fields.path("unix"), .group = {}};
    read_group(fields, named, address);
    listener.address = std::move(address);
}

void read_tcp(Fields& fields, ListenerSettings& listener)
{
    const auto& scope = fields.scope();
    TcpAddress address;
    const auto* node = fields.node("tcp");
    if (const auto* text = fields.text("tcp", tcp_rule))
        address = tcp_from(scope, node->place, *text).value_or(TcpAddress{});
    listener.address = std::move(address);
    if (const auto* group = fields.node("group"))
        scope.problem(group->place,
                      "group works only with unix; everybody on this machine can reach a TCP port");
    if (const auto* guest = fields.node("guest"))
        scope.problem(guest->place,
                      "guest does not work with tcp; on a TCP port anybody could speak for the guest");
}

/// QEMU listens, and the daemon is its client. The program that created that socket speaks for the guest.
void read_connect(Fields& fields, const NamedTable& named, ListenerSettings& listener)
{
    const auto& scope = fields.scope();
    listener.address = ConnectAddress{.path = fields.path("connect")};
    if (const auto* group = fields.node("group"))
        scope.problem(
            group->place,
            "group works only with unix; with connect, the socket belongs to the program that listens there");
    if (!fields.has("guest"))
        scope.problem(
            named.place,
            format(R"({} has connect but no guest; say whose line it is: guest = "NAME")", named.label));
    if (named.name == "control")
        scope.problem(named.place, "control is where usbroute finds the daemon: it needs unix");
}

void read_address(Fields& fields, const NamedTable& named, ListenerSettings& listener)
{
    const bool has_unix = fields.has("unix");
    const bool has_tcp = fields.has("tcp");
    const bool has_connect = fields.has("connect");
    if (has_connect && (has_unix || has_tcp))
        fields.scope().problem(fields.node("connect")->place,
                               format("{} has connect and {}; a listener has one address", named.label,
                                      has_unix ? "unix" : "tcp"));
    else if (has_connect)
        return read_connect(fields, named, listener);
    if (has_tcp && !has_unix) return read_tcp(fields, listener);
    if (has_tcp)
        fields.scope().problem(fields.node("tcp")->place,
                               format("{} has unix and tcp; a listener has one address", named.label));
    if (!has_unix && !has_tcp)
        fields.scope().problem(
            named.place,
            format(R"({} has no address; give it unix = "/run/usbroute/NAME.sock" or tcp = "127.0.0.1:1410")",
                   named.label));
    read_unix(fields, named, listener);
}

void read_guest_name(Fields& fields, ListenerSettings& listener, Intake& reading)
{
    const auto* name = fields.text("guest", "the name of a guest");
    if (name == nullptr) return;
    const bool may_have_one = !std::holds_alternative<TcpAddress>(listener.address);
    if (may_have_one && reading.complete && !reading.knows(Section::guest, *name))
        reading.problems.add_unknown(fields.scope().at(fields.node("guest")->place), "unknown guest", *name,
                                     format(" in {}", fields.label()), reading.known(Section::guest));
    listener.guest = GuestName(*name);
}

std::vector<std::string> verb_words()
{
    return texts_of(all_verbs(), [](const auto verb) { return text_of(verb); });
}

/// Doors that others than the administrator can come to open least.
std::vector<Verb> default_verbs(const ListenerSettings& listener)
{
    if (listener.guest || std::holds_alternative<TcpAddress>(listener.address))
        return {Verb::toggle, Verb::status, Verb::confirm};
    return all_verbs();
}

void read_allow(Fields& fields, ListenerSettings& listener)
{
    const auto& scope = fields.scope();
    if (!fields.has("allow")) listener.allow = default_verbs(listener);
    const auto* list = fields.list("allow", allow_rule);
    if (list == nullptr) return;
    if (list->empty()) scope.wrong_value(fields.node("allow")->place, "allow", size_of(*list), allow_rule);
    for (const auto& entry : *list) {
        const auto* word = text_entry(scope, entry, "allow", R"(a verb such as "toggle")");
        if (word == nullptr) continue;
        const auto verb = verb_from(*word);
        if (!verb || std::ranges::find(all_verbs(), *verb) == all_verbs().end())
            scope.problems->add_unknown(scope.at(entry.place), "unknown verb", *word,
                                        format(" in {}", fields.label()), verb_words());
        else if (listener.allows(*verb))
            scope.problem(entry.place, format("{} is listed twice in allow; keep one", in_quotes(*word)));
        else
            listener.allow.push_back(*verb);
    }
}

/// Which guards of the host this door may lift. A guest none: they protect the host from it.
void read_may(Fields& fields, ListenerSettings& listener)
{
    const auto& scope = fields.scope();
    if (!fields.has("may")) listener.may = default_lifts(listener);
    const auto* list = fields.list("may", may_rule);
    if (list == nullptr) return;
    if (fields.has("guest") && !list->empty())
        return scope.problem(
            fields.node("may")->place,
            format("{} is a guest's line, and no guest may lift a guard of the host; remove may",
                   fields.label()));
    const auto known = texts_of(all_lifts(), [](const auto lift) { return text_of(lift); });
    for (const auto& entry : *list) {
        const auto* word = text_entry(scope, entry, "may", R"(a word such as "yes")");
        if (word == nullptr) continue;
        const auto lift = lift_from(*word);
        if (!lift)
            scope.problems->add_unknown(scope.at(entry.place), "unknown right", *word,
                                        format(" in may of {}", fields.label()), known);
        else if (std::ranges::find(listener.may, *lift) != listener.may.end())
            scope.problem(entry.place, format("{} is listed twice in may; keep one", in_quotes(*word)));
        else
            listener.may.push_back(*lift);
    }
}

/// A script that has gone wild, an echo, somebody who means harm.
void read_limit(Fields& fields, ListenerSettings& listener)
{
    listener.per_minute = default_per_minute(listener);
    if (const auto limit = fields.number("per_minute", {.low = 0, .high = 1'000'000}))
        listener.per_minute = *limit;
}

/// The same for two listeners that would meet in the kernel; empty where the address could not be read.
std::string place_of(const ListenerSettings& listener)
{
    if (const auto* tcp = std::get_if<TcpAddress>(&listener.address))
        return tcp->port == 0 ? "" : format("tcp {} port {}", tcp->host, tcp->port);
    const auto* connect = std::get_if<ConnectAddress>(&listener.address);
    // The same word for both: a daemon that listens where it connects to would talk to itself.
    const auto& path = connect != nullptr ? connect->path : std::get<UnixAddress>(listener.address).path;
    return path.empty() ? "" : format("unix {}", std::filesystem::path(path).lexically_normal().string());
}

void check_not_taken(const NamedTable& named, const ListenerSettings& listener, Intake& reading)
{
    const auto place = place_of(listener);
    if (place.empty()) return;
    const auto first = std::ranges::find(reading.settings.listeners, place, place_of);
    if (first == reading.settings.listeners.end()) return;
    reading.problems.add(named.origin,
                         format("{} of {} already belongs to {} ({})", place, in_quotes(named.name),
                                in_quotes(first->name.text()), first->origin.text()));
}

} // namespace

ListenerSettings default_control_listener()
{
    ListenerSettings control{.name = ListenerName("control"),
                             .address =
                                 UnixAddress{.path = "/run/usbroute/control.sock", .group = "usbroute"},
                             .guest = std::nullopt,
                             .allow = all_verbs(),
                             .origin = {}};
    control.may = default_lifts(control);
    control.per_minute = default_per_minute(control);
    return control;
}

void read_listeners(const Document& document, Intake& reading)
{
    for (const auto& named : named_tables(document, Section::listen, reading)) {
        Fields fields({&document.file, &reading.problems}, *named.table, named.label);
        ListenerSettings listener;
        listener.name = ListenerName(named.name);
        listener.origin = named.origin;
        read_address(fields, named, listener);
        read_guest_name(fields, listener, reading);
        read_allow(fields, listener);
        read_may(fields, listener);
        read_limit(fields, listener);
        // Asked for here, whichever address it has, so that "did you mean" knows it.
        static_cast<void>(fields.has("group"));
        fields.report_unknown_keys();
        check_not_taken(named, listener, reading);
        reading.settings.listeners.push_back(std::move(listener));
    }
}

} // namespace usbroute::config
