// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/duration.hpp"
#include "base/format.hpp"
#include "base/text.hpp"
#include "config/sections.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace usbroute::config {

namespace {

constexpr std::size_t most_controllers = 32;
constexpr std::string_view controllers_rule = R"(a list of 1 to 32 PCI addresses such as "0000:00:1d.0")";

constexpr std::chrono::minutes longest_grace{10};
constexpr std::string_view grace_rule = R"(a time of at most ten minutes such as "500ms", "3s" or "2m")";

constexpr std::size_t longest_domain = 250; // libvirt keeps it as NAME.xml
constexpr std::string_view domain_rule =
    "the name or the UUID of a domain: 1 to 250 printable ASCII characters without '/'";
constexpr std::size_t longest_user = 32; // useradd(8)
constexpr std::string_view user_rule =
    "the name of a user: 1 to 32 letters, digits, '-', '_' or '.', the first of them not '-' or '.'";
constexpr std::string_view uri_rule = R"("qemu:///system" or, for the domains of a user, "qemu:///session")";

/// Words that mean something else in the place of a guest's name: as a target, and as a key of a profile.
constexpr std::array<std::string_view, 5> reserved = {"host", "none", "ehci", "xhci",
                                                      "may_take_last_keyboard"};

void check_not_reserved(const NamedTable& named, Intake& reading)
{
    if (std::ranges::find(reserved, named.name) == reserved.end()) return;
    reading.problems.add(
        named.origin, format("{} is a reserved word ({}); give the guest another name", in_quotes(named.name),
                             join(std::vector<std::string>(reserved.begin(), reserved.end()), ", ")));
}

std::vector<PciAddress> addresses_in(Fields& fields, std::string_view key)
{
    std::vector<PciAddress> addresses;
    const auto& scope = fields.scope();
    const auto* list = fields.list(key, controllers_rule);
    if (list == nullptr) return addresses;
    if (list->empty() || list->size() > most_controllers) {
        scope.wrong_value(fields.node(key)->place, key, size_of(*list), controllers_rule);
        return addresses;
    }
    for (const auto& entry : *list) {
        const auto* text = text_entry(scope, entry, key, R"(a PCI address such as "0000:00:1d.0")");
        if (text == nullptr) continue;
        const auto address = PciAddress::parse(*text);
        if (!address)
            scope.wrong_value(entry.place, format("an entry of {}", key), in_quotes(*text),
                              R"(a PCI address such as "0000:00:1d.0")");
        else if (std::ranges::find(addresses, *address) != addresses.end())
            scope.problem(entry.place, format("{} is listed twice in {}; keep one", address->text(), key));
        else
            addresses.push_back(*address);
    }
    return addresses;
}

void read_controllers(const NamedTable& named, Fields& fields, GuestSettings& guest)
{
    const auto& scope = fields.scope();
    if (!fields.has("controllers") && !fields.has("qmp") && !fields.has("libvirt"))
        scope.problem(
            named.place,
            format(
                R"({} has neither controllers nor qmp nor libvirt; name the controllers that the guest was given: controllers = ["0000:00:1d.0"], or through what it takes devices: qmp = "/run/usbroute/{}.qmp", or its domain: libvirt = "{}")",
                named.label, printable(named.name, 64), printable(named.name, 64)));
    guest.controllers = addresses_in(fields, "controllers");
}

bool has_address(const std::vector<PciAddress>& some, const PciAddress& address)
{
    return std::ranges::find(some, address) != some.end();
}

/// One that goes by moves is no other guest's, whichever of them is written first.
void check_one_guest_each(Fields& fields, const GuestSettings& guest, const Settings& so_far)
{
    const auto twice = [&](const char* key, const PciAddress& address, const GuestSettings& other) {
        fields.scope().problem(fields.node(key)->place,
                               format("{} is [guest.{}]'s too; one guest has a controller that goes by moves",
                                      address.text(), other.name.text()));
    };
    for (const auto& other : so_far.guests) {
        for (const auto& address : guest.on_move)
            if (has_address(other.on_move, address) || has_address(other.controllers, address))
                twice("on_move", address, other);
        for (const auto& address : guest.controllers)
            if (has_address(other.on_move, address)) twice("controllers", address, other);
    }
}

/// While the guest runs: somebody has to ask it.
void read_on_move(Fields& fields, GuestSettings& guest)
{
    if (!fields.has("on_move")) return;
    guest.on_move = addresses_in(fields, "on_move");
    const auto& place = fields.node("on_move")->place;
    if (!guest.takes_devices())
        fields.scope().problem(
            place,
            format(
                R"(on_move needs a way to ask {} for its controllers; add qmp = "/run/usbroute/{}.qmp" or libvirt = "DOMAIN")",
                fields.label(), guest.name.text()));
    for (const auto& address : guest.on_move)
        if (has_address(guest.controllers, address))
            fields.scope().problem(
                place, format("{} is in controllers too; a controller that goes by moves is only in on_move",
                              address.text()));
}

/// `on_exit` was the key of 0.1, with "keep" for its default.
void read_when_off(Fields& fields, GuestSettings& guest)
{
    fields.choose(
        "when_off",
        R"("host" (its sockets come home), "reserve" (nobody has what is in them) or "stay" (wires stay))",
        guest.when_off, {{"host", WhenOff::host}, {"reserve", WhenOff::reserve}, {"stay", WhenOff::stay}});
    const auto* former = fields.former("on_exit");
    if (former == nullptr) return;
    const auto* word = std::get_if<std::string>(&former->value);
    const auto instead = word != nullptr && *word == "return" ? R"(write when_off = "host")"
                         : word != nullptr && *word == "keep"
                             ? R"(write when_off = "stay")"
                             : R"(write when_off = "host", "reserve" or "stay")";
    fields.scope().problem(former->place, format("on_exit is when_off now: {}",
                                                 fields.has("when_off") ? "remove this line" : instead));
}

void read_grace(Fields& fields, GuestSettings& guest)
{
    const auto* text = fields.text("grace", grace_rule);
    if (text == nullptr) return;
    // A number without a unit says nothing. Zero is a time too: back at once.
    const auto grace = parse_decimal(*text) ? std::nullopt : parse_duration(*text);
    if (grace && *grace <= longest_grace)
        guest.grace = *grace;
    else
        fields.wrong_text("grace", grace_rule);
}

void read_bind(Fields& fields, GuestSettings& guest)
{
    fields.choose(
        "bind",
        R"("boot" (its controllers go to vfio-pci at each boot), "manual" (only on request) or "running" (on request while it runs))",
        guest.bind, {{"boot", BindAt::boot}, {"manual", BindAt::manual}, {"running", BindAt::running}});
    if (guest.bind == BindAt::running && !fields.has("qmp") && !fields.has("libvirt"))
        fields.scope().problem(
            fields.node("bind")->place,
            format(
                R"(bind = "running" needs a way to ask {} for it; add qmp = "/run/usbroute/{}.qmp" or libvirt = "DOMAIN")",
                fields.label(), guest.name.text()));
    if (guest.bind != BindAt::manual && !fields.has("controllers"))
        fields.scope().problem(
            fields.node("bind")->place,
            format("bind is for controllers, and {} has none; name them, or remove this line",
                   fields.label()));
}

/// Nobody but its own unit or script starts a plain QEMU.
void read_on_plug(Fields& fields, GuestSettings& guest)
{
    fields.choose(
        "on_plug",
        R"("start" (it is started or goes on), "resume" (it goes on if it is paused or asleep), "ask" (whoever watches is told) or "nothing")",
        guest.on_plug,
        {{"start", OnPlug::start},
         {"resume", OnPlug::resume},
         {"ask", OnPlug::ask},
         {"nothing", OnPlug::nothing}});
    if (!fields.has("on_plug")) return;
    const auto& place = fields.node("on_plug")->place;
    if (!fields.has("qmp") && !fields.has("libvirt"))
        fields.scope().problem(
            place,
            format("on_plug is for guests that take devices, and {} has neither qmp nor libvirt; remove it",
                   fields.label()));
    else if (guest.on_plug == OnPlug::start && !fields.has("libvirt"))
        fields.scope().problem(
            place,
            format(
                R"(on_plug = "start" is for domains of libvirt's: usbroute cannot start the QEMU of {}, which only its own unit or script does; write "resume", or write "ask" and start it from `usbroute watch --exec`, or name its domain: libvirt = "DOMAIN")",
                fields.label()));
}

/// What libvirt takes for a name, and a UUID: no '/', nothing that does not print.
bool is_domain(std::string_view text)
{
    return !text.empty() && text.size() <= longest_domain && text.front() != ' ' && text.back() != ' ' &&
           std::ranges::all_of(text, [](char c) { return c >= ' ' && c <= '~' && c != '/'; });
}

/// A user name is part of a path.
bool is_user(std::string_view text) { return text.size() <= longest_user && is_plain_name(text); }

/// Which libvirt it is, as far as `uri` and `user` say it; nothing: they do not go together.
std::optional<std::string> read_user(Fields& fields)
{
    const auto* uri = fields.text("uri", uri_rule);
    const auto* user = fields.text("user", user_rule);
    const bool is_session = uri != nullptr && *uri == LibvirtSettings::session_uri;
    if (uri != nullptr && !is_session && *uri != LibvirtSettings::system_uri) {
        fields.wrong_text("uri", uri_rule);
        return std::nullopt;
    }
    if (user != nullptr && !is_user(*user)) {
        fields.wrong_text("user", user_rule);
        return std::nullopt;
    }
    const auto& scope = fields.scope();
    if (is_session && !fields.has("user"))
        scope.problem(fields.node("uri")->place,
                      format(R"({} of {} is each user's own; say whose: user = "alice")",
                             LibvirtSettings::session_uri, fields.label()));
    if (user != nullptr && !is_session && !(fields.has("uri") && uri == nullptr))
        scope.problem(fields.node("user")->place,
                      format(R"(user is for uri = "{}", and {} has another; add it, or remove this line)",
                             LibvirtSettings::session_uri, fields.label()));
    return user == nullptr ? std::string() : *user;
}

void read_libvirt(Fields& fields, GuestSettings& guest)
{
    const auto& scope = fields.scope();
    const auto* domain = fields.text("libvirt", domain_rule);
    if (!fields.has("libvirt")) {
        for (const auto* key : {"uri", "user", "libvirt_by"})
            if (fields.has(key))
                scope.problem(
                    fields.node(key)->place,
                    format(
                        R"({} is for guests of libvirt's, and {} has no libvirt = "DOMAIN"; remove this line)",
                        key, fields.label()));
        return;
    }
    if (fields.has("qmp"))
        scope.problem(
            fields.node("libvirt")->place,
            format("{} has both qmp and libvirt, and is given devices through one of them; remove the other",
                   fields.label()));
    const auto user = read_user(fields);
    auto by = LibvirtBy::number;
    fields.choose(
        "libvirt_by",
        R"("number" (libvirt opens the device) or "descriptor" (usbrouted does, and libvirt calls the domain tainted))",
        by, {{"number", LibvirtBy::number}, {"descriptor", LibvirtBy::descriptor}});
    if (domain == nullptr) return;
    if (!is_domain(*domain)) return fields.wrong_text("libvirt", domain_rule);
    guest.libvirt = LibvirtSettings{.domain = *domain, .user = user.value_or(std::string()), .by = by};
}

/// Each of two guests of one domain would take from it what the other has given.
void check_domain_is_its_own(Fields& fields, const GuestSettings& guest, const Settings& settings)
{
    if (!guest.libvirt) return;
    for (const auto& other : settings.guests)
        if (other.libvirt && other.libvirt->domain == guest.libvirt->domain &&
            other.libvirt->user == guest.libvirt->user)
            return fields.scope().problem(
                fields.node("libvirt")->place,
                format("{} is the domain of guest {} already; a domain is one guest's",
                       in_quotes(guest.libvirt->domain), other.name.text()));
}

void read_on_start(Fields& fields, GuestSettings& guest, Intake& reading)
{
    const auto* name = fields.text("on_start", "the name of a profile");
    if (name == nullptr) return;
    guest.on_start = ProfileName(*name);
    reading.start_profiles.emplace_back(fields.scope().at(fields.node("on_start")->place), *guest.on_start);
}

} // namespace

void check_start_profiles(const Document&, Intake& reading)
{
    for (const auto& [origin, profile] : std::exchange(reading.start_profiles, {}))
        if (reading.complete && !reading.knows(Section::profile, profile.text()))
            reading.problems.add_unknown(origin, "unknown profile", profile.text(), " in on_start",
                                         reading.known(Section::profile));
}

void read_guests(const Document& document, Intake& reading)
{
    for (const auto& named : named_tables(document, Section::guest, reading)) {
        check_not_reserved(named, reading);
        Fields fields({&document.file, &reading.problems}, *named.table, named.label);
        GuestSettings guest;
        guest.name = GuestName(named.name);
        guest.origin = named.origin;
        read_controllers(named, fields, guest);
        read_when_off(fields, guest);
        read_grace(fields, guest);
        read_on_start(fields, guest, reading);
        guest.qmp = fields.path("qmp");
        read_libvirt(fields, guest);
        check_domain_is_its_own(fields, guest, reading.settings);
        read_bind(fields, guest);
        guest.may_take_last_keyboard = fields.truth("may_take_last_keyboard").value_or(false);
        read_on_plug(fields, guest);
        read_on_move(fields, guest);
        check_one_guest_each(fields, guest, reading.settings);
        fields.report_unknown_keys();
        reading.settings.guests.push_back(std::move(guest));
    }
}

} // namespace usbroute::config
