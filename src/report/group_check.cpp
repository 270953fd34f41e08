// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "report/group_check.hpp"

#include "base/format.hpp"
#include "base/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace usbroute::report {

namespace {

constexpr const char* user_of_daemon = "usbroute";
/// init/usbroute-libvirt.service.in
constexpr const char* user_of_helper = "usbroute-libvirt";
constexpr const char* group_of_helper = "libvirt";
/// Of the modular daemon, and of the one that has everything.
constexpr std::array<const char*, 2> sockets_of_libvirt = {"/run/libvirt/virtqemud-sock",
                                                           "/run/libvirt/libvirt-sock"};
/// Debian and its kin, Fedora and its kin: whose qemu:///system's QEMU is.
constexpr std::array<const char*, 2> users_of_qemu = {"libvirt-qemu", "qemu"};

class GroupCheck {
public:
    GroupCheck(ConfigCheck& check, const config::Settings& settings, const Doors& doors)
        : check_(check), settings_(settings), doors_(doors)
    {}

    void make()
    {
        for (const auto& listener : settings_.listeners) look_at(listener);
        for (const auto& guest : settings_.guests)
            if (!guest.qmp.empty())
                look_at_socket(guest.origin, "guest " + guest.name.text(), "monitor", guest.qmp);
        const auto uses_libvirt =
            std::ranges::find_if(settings_.guests, [](const config::GuestSettings& one) {
                return one.libvirt && one.libvirt->user.empty();
            });
        if (uses_libvirt != settings_.guests.end()) look_at_libvirt(*uses_libvirt);
    }

private:
    void warn(const config::Origin& origin, std::string message)
    {
        check_.warnings.push_back({.origin = origin.text(), .message = std::move(message)});
    }

    void look_at(const config::ListenerSettings& listener)
    {
        if (listener.origin.file.empty()) return; // nobody has written it
        const auto name = "listener " + listener.name.text();
        if (const auto* connect = std::get_if<config::ConnectAddress>(&listener.address))
            return look_at_socket(listener.origin, name, "socket", connect->path);
        const auto* address = std::get_if<config::UnixAddress>(&listener.address);
        if (address == nullptr || address->group.empty()) return;
        if (!doors_.has_group(address->group))
            return warn(listener.origin,
                        format("{0}: there is no group {1}, so only root can connect; make it: sudo groupadd "
                               "--system {1}, or name another one",
                               name, address->group));
        const auto* guest = listener.guest ? settings_.guest(*listener.guest) : nullptr;
        if (guest == nullptr || !guest->libvirt || !guest->libvirt->user.empty()) return;
        for (const auto* user : users_of_qemu)
            if (doors_.is_member(user, address->group) == false)
                warn(
                    listener.origin,
                    format(
                        "{0}: libvirt's QEMU runs as {1}, who is not in group {2}, and cannot connect: sudo usermod -aG {2} {1}",
                        name, user, address->group));
    }

    void look_at_socket(const config::Origin& origin, const std::string& name, const char* what,
                        const std::string& path)
    {
        if (doors_.lets_in(user_of_daemon, {}, path) != false) return;
        warn(
            origin,
            format(
                "{0}: usbrouted runs as {1}, who may not connect to the {2} {3}: start the QEMU that makes it with umask 007 and in group {1}, or give it away: sudo chgrp {1} {3} && sudo chmod g+w {3}",
                name, user_of_daemon, what, printable(path, 200)));
    }

    void look_at_libvirt(const config::GuestSettings& guest)
    {
        const auto name = "guest " + guest.name.text();
        if (!doors_.has_group(group_of_helper))
            return warn(
                guest.origin,
                format(
                    "{}: there is no group {}, in which usbroute-libvirt.service runs; make it, or name the group of libvirt's socket in a drop-in: sudo systemctl edit usbroute-libvirt.service, [Service], SupplementaryGroups=GROUP",
                    name, group_of_helper));
        std::string shut;
        for (const auto* path : sockets_of_libvirt) {
            const auto lets_in = doors_.lets_in(user_of_helper, group_of_helper, path);
            if (lets_in == true) return;
            if (lets_in == false) shut = path;
        }
        if (shut.empty()) return;
        const auto group = doors_.group_of(shut);
        warn(
            guest.origin,
            format(
                "{0}: usbroute-libvirt runs as {1}, who may not connect to {2}: sudo usermod -aG {3} {1}, and sudo systemctl restart usbroute-libvirt",
                name, user_of_helper, shut, group.empty() ? "GROUP" : group));
    }

    ConfigCheck& check_;
    const config::Settings& settings_;
    const Doors& doors_;
};

std::string lower(std::string text)
{
    std::ranges::transform(text, text.begin(),
                           [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
    return text;
}

} // namespace

void add_group_warnings(ConfigCheck& check, const config::Settings& settings, const Doors& doors)
{
    GroupCheck(check, settings, doors).make();
}

void add_same_domains(ConfigCheck& check, const config::Settings& settings, const UuidOfDomain& uuid_of)
{
    const auto is_of_system = [](const config::GuestSettings& one) {
        return one.libvirt && one.libvirt->user.empty();
    };
    for (auto guest = settings.guests.begin(); guest != settings.guests.end(); ++guest) {
        if (!is_of_system(*guest)) continue;
        const auto& domain = guest->libvirt->domain;
        const auto other =
            std::find_if(settings.guests.begin(), guest, [&](const config::GuestSettings& one) {
                if (!is_of_system(one)) return false;
                const auto mine = uuid_of(domain);
                const auto theirs = uuid_of(one.libvirt->domain);
                return lower(mine.value_or(domain)) == lower(theirs.value_or(one.libvirt->domain));
            });
        if (other == guest) continue;
        check.misfits.push_back(
            {.origin = guest->origin.text(),
             .message =
                 format("guest {}: {} is the domain of guest {} already ({} there); a domain is one guest's",
                        guest->name.text(), printable(domain, 64), other->name.text(),
                        printable(other->libvirt->domain, 64))});
    }
}

} // namespace usbroute::report
