// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "config/settings.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace usbroute::config {

namespace {

using topology::Side;

constexpr std::array<std::pair<Verb, std::string_view>, 14> words_of_verbs = {{
    {Verb::status, "status"},
    {Verb::move, "move"},
    {Verb::apply, "apply"},
    {Verb::toggle, "toggle"},
    {Verb::undo, "undo"},
    {Verb::plan, "plan"},
    {Verb::subscribe, "subscribe"},
    {Verb::regs, "regs"},
    {Verb::confirm, "confirm"},
    {Verb::why, "why"},
    {Verb::assign, "assign"},
    {Verb::answer, "answer"},
    {Verb::log, "log"},
    {Verb::reload, "reload"},
}};

constexpr std::array<std::pair<Lift, std::string_view>, 3> lift_words = {{
    {Lift::yes, "yes"},
    {Lift::force_disk, "force-disk"},
    {Lift::no_trial, "no-trial"},
}};

template <class List, class NameOf>
auto* find_named(const List& list, const NameOf& name_of, const auto& name)
{
    const auto found = std::ranges::find(list, name, name_of);
    return found == list.end() ? nullptr : &*found;
}

} // namespace

std::string Origin::text() const
{
    if (file.empty()) return "built in";
    const auto shown = printable(file, 256);
    return line == 0 ? shown : format("{}:{}:{}", shown, line, column);
}

std::string_view text_of(OnPlug on_plug)
{
    switch (on_plug) {
    case OnPlug::nothing: return "nothing";
    case OnPlug::ask: return "ask";
    case OnPlug::resume: return "resume";
    case OnPlug::start: return "start";
    }
    return {};
}

std::string_view text_of(WhenOff when_off)
{
    switch (when_off) {
    case WhenOff::host: return "host";
    case WhenOff::reserve: return "reserve";
    case WhenOff::stay: return "stay";
    }
    return "";
}

Target target_from(std::string_view word)
{
    if (word == "host") return ToHost{};
    if (word == "none") return ToNobody{};
    if (word == topology::text_of(Side::ehci)) return Side::ehci;
    if (word == topology::text_of(Side::xhci)) return Side::xhci;
    return GuestName(std::string(word));
}

std::string text_of(const Target& target)
{
    if (const auto* guest = std::get_if<GuestName>(&target)) return guest->text();
    if (const auto* side = std::get_if<Side>(&target)) return std::string(topology::text_of(*side));
    return std::holds_alternative<ToNobody>(target) ? "none" : "host";
}

std::string_view text_of(BindAt bind)
{
    switch (bind) {
    case BindAt::manual: return "manual";
    case BindAt::boot: return "boot";
    case BindAt::running: return "running";
    }
    return "?";
}

std::string_view text_of(Verb verb)
{
    const auto* found = std::ranges::find(words_of_verbs, verb, &std::pair<Verb, std::string_view>::first);
    return found == words_of_verbs.end() ? "?" : found->second;
}

std::optional<Verb> verb_from(std::string_view word)
{
    const auto* found = std::ranges::find(words_of_verbs, word, &std::pair<Verb, std::string_view>::second);
    if (found == words_of_verbs.end()) return std::nullopt;
    return found->first;
}

const std::vector<Verb>& all_verbs()
{
    static const std::vector<Verb> all = [] {
        std::vector<Verb> verbs;
        verbs.reserve(words_of_verbs.size());
        for (const auto& [verb, word] : words_of_verbs)
            if (verb != Verb::why && verb != Verb::assign && verb != Verb::log && verb != Verb::reload)
                verbs.push_back(verb);
        return verbs;
    }();
    return all;
}

std::string_view text_of(Lift lift)
{
    const auto* found = std::ranges::find(lift_words, lift, &std::pair<Lift, std::string_view>::first);
    return found == lift_words.end() ? "?" : found->second;
}

std::optional<Lift> lift_from(std::string_view word)
{
    const auto* found = std::ranges::find(lift_words, word, &std::pair<Lift, std::string_view>::second);
    if (found == lift_words.end()) return std::nullopt;
    return found->first;
}

const std::vector<Lift>& all_lifts()
{
    static const std::vector<Lift> all{Lift::yes, Lift::force_disk, Lift::no_trial};
    return all;
}

bool ListenerSettings::allows(Verb verb) const
{
    if (verb == Verb::assign || verb == Verb::reload) return is_control();
    const auto right = verb == Verb::why || verb == Verb::log ? Verb::status : verb;
    return std::ranges::find(allow, right) != allow.end();
}

bool ListenerSettings::may_lift(Lift lift) const
{
    return !guest && std::ranges::find(may, lift) != may.end();
}

bool ListenerSettings::is_control() const
{
    return name.text() == "control" && !guest && std::holds_alternative<UnixAddress>(address);
}

std::uint32_t default_per_minute(const ListenerSettings& listener)
{
    constexpr std::uint32_t for_each_user = 1200;
    return listener.is_control() ? for_each_user : ListenerSettings{}.per_minute;
}

std::vector<Lift> default_lifts(const ListenerSettings& listener)
{
    return listener.is_control() ? all_lifts() : std::vector<Lift>{};
}

bool RuleMatch::is_a_socket_alone() const { return socket && *this == RuleMatch{.socket = socket}; }

const ConnectorSettings* Settings::connector(const ConnectorName& name) const
{
    return find_named(connectors, [](const ConnectorSettings& c) { return c.spec.name; }, name);
}

const GuestSettings* Settings::guest(const GuestName& name) const
{
    return find_named(guests, &GuestSettings::name, name);
}

std::string command_for_helper(const LibvirtSettings& libvirt)
{
    return "sudo systemctl enable --now usbroute-libvirt" +
           (libvirt.user.empty() ? std::string() : "@" + libvirt.user) + ".socket";
}

const ProfileSettings* Settings::profile(const ProfileName& name) const
{
    return find_named(profiles, &ProfileSettings::name, name);
}

std::vector<topology::ConnectorSpec> Settings::specs() const
{
    std::vector<topology::ConnectorSpec> all;
    all.reserve(connectors.size());
    for (const auto& connector : connectors) all.push_back(connector.spec);
    return all;
}

bool Settings::has_sockets_to_give() const
{
    return std::ranges::any_of(
        connectors, [](const ConnectorSettings& one) { return !one.spec.bit && one.spec.is_by_place(); });
}

bool Settings::has_guest_for_devices() const
{
    return std::ranges::any_of(guests, [](const GuestSettings& guest) { return guest.takes_devices(); });
}

bool Settings::gives_devices() const { return has_something_to_give() && has_guest_for_devices(); }

bool Settings::moves_controllers() const
{
    return std::ranges::any_of(guests, [](const GuestSettings& guest) { return !guest.on_move.empty(); });
}

std::vector<ProfileName> Settings::toggle_order() const
{
    if (!toggle.empty()) return toggle;
    std::vector<ProfileName> order;
    order.reserve(profiles.size());
    for (const auto& profile : profiles) order.push_back(profile.name);
    return order;
}

} // namespace usbroute::config
