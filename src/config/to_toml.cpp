// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/format.hpp"
#include "base/text.hpp"
#include "config/parse.hpp"

#include <algorithm>
#include <cstdint>
#include <functional>
#include <utility>

namespace usbroute::config {

namespace {

/// The character of UTF-8 that begins there, and how many bytes it has. What a configuration says is UTF-8.
std::pair<std::uint32_t, std::size_t> character_at(std::string_view text, std::size_t at)
{
    const auto first = static_cast<unsigned char>(text[at]);
    const std::size_t length = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
    std::uint32_t code = first & (0xffU >> (length + 1));
    for (std::size_t i = 1; i < length && at + i < text.size(); ++i)
        code = code << 6U | (static_cast<unsigned char>(text[at + i]) & 0x3fU);
    return {code, length};
}

/// A basic string of TOML with nothing in it but ASCII (config/lexical_check.hpp).
std::string string_of(std::string_view text)
{
    std::string escaped = "\"";
    for (std::size_t i = 0; i < text.size(); ++i) {
        const char c = text[i];
        const auto byte = static_cast<unsigned char>(c);
        if (byte >= 0x80) {
            const auto [code, length] = character_at(text, i);
            escaped += format("\\U{:08x}", code);
            i += length - 1;
            continue;
        }
        if (c == '"' || c == '\\')
            escaped += format("\\{}", c);
        else if (byte < 0x20 || byte == 0x7f)
            escaped += format("\\u{:04x}", byte);
        else
            escaped += c;
    }
    return escaped + '"';
}

/// A dot in a bare key would begin a table below it.
std::string key_of(std::string_view name)
{
    return is_plain_word(name, "-_") ? std::string(name) : string_of(name);
}

constexpr auto as_text = [](const auto& named) { return named.text(); };

template <class Item, class TextOf> std::string list_of(const std::vector<Item>& items, const TextOf& text)
{
    auto written = texts_of(items, [&](const auto& item) { return string_of(text(item)); });
    return format("[{}]", join(written, ", "));
}

std::string toml_of(const LibvirtSettings& libvirt)
{
    auto text = format("libvirt = {}\n", string_of(libvirt.domain));
    if (!libvirt.user.empty())
        text += format("uri = {}\nuser = {}\n", string_of(libvirt.uri()), string_of(libvirt.user));
    if (libvirt.by == LibvirtBy::descriptor) text += "libvirt_by = \"descriptor\"\n";
    return text;
}

std::string toml_of(const GuestSettings& guest)
{
    const bool has_controllers = !guest.controllers.empty();
    auto text = format("[guest.{}]\n", key_of(guest.name.text()));
    if (has_controllers) text += format("controllers = {}\n", list_of(guest.controllers, as_text));
    text += format("when_off = \"{}\"\n", text_of(guest.when_off));
    if (guest.grace != GuestSettings{}.grace) text += format("grace = \"{}ms\"\n", guest.grace.count());
    if (guest.on_start) text += format("on_start = {}\n", string_of(guest.on_start->text()));
    if (!guest.qmp.empty()) text += format("qmp = {}\n", string_of(guest.qmp));
    if (guest.libvirt) text += toml_of(*guest.libvirt);
    if (has_controllers) text += format("bind = \"{}\"\n", text_of(guest.bind));
    if (!guest.on_move.empty()) text += format("on_move = {}\n", list_of(guest.on_move, as_text));
    if (guest.may_take_last_keyboard) text += "may_take_last_keyboard = true\n";
    if (guest.on_plug != OnPlug::nothing) text += format("on_plug = \"{}\"\n", text_of(guest.on_plug));
    return text;
}

std::string toml_of(const RuleMatch& match)
{
    std::vector<std::string> parts;
    const auto add = [&](std::string_view key, const std::string& value) {
        parts.push_back(format("{} = {}", key, value));
    };
    if (match.id) add("id", string_of(match.id->text()));
    if (!match.serial.empty()) add("serial", string_of(match.serial));
    if (!match.name.empty()) add("name", string_of(match.name));
    if (match.device_class) add("class", string_of(match.device_class->text()));
    if (match.interfaces.size() == 1) add("interface", string_of(match.interfaces.front().text()));
    if (match.interfaces.size() > 1) add("interface", list_of(match.interfaces, as_text));
    if (match.socket) add("socket", string_of(match.socket->text()));
    if (match.hub) add("hub", string_of(match.hub->text()));
    if (match.removable) add("removable", *match.removable ? "true" : "false");
    return format("{{ {} }}", join(parts, ", "));
}

std::string toml_of(const ProfileSettings& profile)
{
    auto text = format("[profile.{}]\n", key_of(profile.name.text()));
    std::vector<Target> written;
    for (const auto& [first, target] : profile.entries) {
        if (std::ranges::find(written, target) != written.end()) continue;
        written.push_back(target);
        std::vector<ConnectorName> connectors;
        for (const auto& entry : profile.entries)
            if (entry.target == target) connectors.push_back(entry.connector);
        text += format("{} = {}\n", key_of(text_of(target)), list_of(connectors, as_text));
    }
    if (profile.may_take_last_keyboard) text += "may_take_last_keyboard = true\n";
    return text;
}

std::string toml_of(const ListenerSettings& listener)
{
    auto text = format("[listen.{}]\n", key_of(listener.name.text()));
    if (const auto* tcp = std::get_if<TcpAddress>(&listener.address)) {
        const bool is_ipv6 = tcp->host.find(':') != std::string::npos;
        const auto host = is_ipv6 ? format("[{}]", tcp->host) : tcp->host;
        text += format("tcp = {}\n", string_of(format("{}:{}", host, tcp->port)));
    } else if (const auto* connect = std::get_if<ConnectAddress>(&listener.address)) {
        text += format("connect = {}\n", string_of(connect->path));
    } else {
        const auto& address = std::get<UnixAddress>(listener.address);
        text += format("unix = {}\ngroup = {}\n", string_of(address.path), string_of(address.group));
    }
    if (listener.guest) text += format("guest = {}\n", string_of(listener.guest->text()));
    text += format("allow = {}\n", list_of(listener.allow, [](Verb verb) { return text_of(verb); }));
    if (!listener.guest)
        text += format("may = {}\n", list_of(listener.may, [](Lift lift) { return text_of(lift); }));
    if (listener.per_minute != default_per_minute(listener))
        text += format("per_minute = {}\n", listener.per_minute);
    return text;
}

} // namespace

std::string to_toml(const ConnectorSettings& connector)
{
    const auto& spec = connector.spec;
    auto text = format("[connector.{}]\n", key_of(spec.name.text()));
    if (spec.bit) text += format("mux_bit = {}\n", spec.bit->value);
    if (spec.superspeed) text += format("superspeed = {}\n", spec.superspeed->value);
    if (spec.is_by_place()) text += format("usb = {}\n", list_of(spec.places_told(), std::identity{}));
    if (!spec.seen.empty()) text += format("seen = {}\n", list_of(spec.seen, as_text));
    if (spec.behind) text += format("behind = {}\n", string_of(spec.behind->text()));
    if (spec.expect) text += format("expect = {}\n", string_of(spec.expect->text()));
    if (!connector.panel.empty()) text += format("panel = {}\n", string_of(connector.panel));
    if (connector.row) text += format("row = {}\n", *connector.row);
    if (connector.column) text += format("column = {}\n", *connector.column);
    return text;
}

std::string to_toml(const HubSettings& hub)
{
    const auto& spec = hub.spec;
    auto text = format("[hub.{}]\nid = {}\n", key_of(spec.name.text()), string_of(spec.id.text()));
    if (!spec.serial.empty()) text += format("serial = {}\n", string_of(spec.serial));
    if (spec.at) text += format("at = {}\n", string_of(topology::text_of(*spec.at)));
    return text;
}

std::string to_toml(const RuleSettings& rule)
{
    auto text = format("[rule.{}]\nmatch = {}\n", key_of(rule.name.text()), toml_of(rule.match));
    if (rule.ask.empty())
        text += format("to = {}\n", string_of(text_of(rule.to)));
    else
        text += format("ask = {}\nanswer_after = \"{}ms\"\n",
                       list_of(rule.ask, [](const Target& one) { return text_of(one); }),
                       rule.answer_after.count());
    if (rule.always) text += "always = true\n";
    return text;
}

std::string to_toml(const Settings& settings)
{
    std::string text;
    const auto add = [&](const std::string& table) { text += text.empty() ? table : "\n" + table; };
    for (const auto& connector : settings.connectors) add(to_toml(connector));
    for (const auto& hub : settings.hubs) add(to_toml(hub));
    for (const auto& guest : settings.guests) add(toml_of(guest));
    for (const auto& rule : settings.rules) add(to_toml(rule));
    for (const auto& profile : settings.profiles) add(toml_of(profile));
    if (!settings.toggle.empty()) add(format("[toggle]\nprofiles = {}\n", list_of(settings.toggle, as_text)));
    for (const auto& listener : settings.listeners) add(toml_of(listener));
    std::string routes;
    if (settings.on_drift != OnDrift::restore) routes += "on_drift = \"report\"\n";
    if (settings.remember) routes += "remember = true\n";
    if (settings.at_start) routes += format("at_start = {}\n", string_of(settings.at_start->text()));
    if (!routes.empty()) add("[routes]\n" + routes);
    return text;
}

} // namespace usbroute::config
