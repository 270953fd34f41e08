// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/own_user.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "linux/private_files.hpp"
#include "linux/settings_files.hpp"

#include <array>

#include <unistd.h>

namespace usbroute::daemon {

namespace {

constexpr std::array<std::string_view, 4> files_of_this_boot = {"journal", "guests", "change.lock",
                                                                "daemon.lock"};
constexpr std::array<std::string_view, 1> files_that_last = {"first-move"};

Result<void> give_state(const linux_::Account& account, const linux_::Locations& locations)
{
    // A directory that cannot be made is no reason not to serve: what is missing then is reported where it is needed.
    if (linux_::make_private_directory(locations.state))
        if (auto given = linux_::give_directory(locations.state, account, files_of_this_boot); !given)
            return given;
    // The sockets lie above it, and are made again there when somebody removes them. So does what version 0.1 has left.
    if (!locations.state_of_before.empty() && linux_::make_reachable_directory(locations.state_of_before))
        if (auto given = linux_::give_directory(locations.state_of_before, account, files_of_this_boot);
            !given)
            return given;
    if (locations.lasting.empty() || !linux_::make_private_directory(locations.lasting)) return {};
    return linux_::give_directory(locations.lasting, account, files_that_last);
}

} // namespace

std::expected<OwnUser, std::string> choose_user(const UserFacts& facts, const FindAccount& find)
{
    if (facts.started_as != 0) {
        if (!facts.wanted) return OwnUser{};
        const auto account = find(*facts.wanted);
        if (account && account->user == facts.started_as) return OwnUser{};
        return std::unexpected(format("only root can become {}; start usbrouted as root, or leave out --user",
                                      printable(*facts.wanted, 64)));
    }
    const auto account = find(facts.wanted.value_or(std::string(usual_user)));
    if (facts.wanted) {
        if (!account)
            return std::unexpected(
                format("there is no user {}; create it (useradd --system {}), or choose another with --user",
                       printable(*facts.wanted, 64), printable(*facts.wanted, 64)));
        if (account->user == 0) return OwnUser{.becomes = {}, .keeps_capabilities = true, .warning = {}};
        return OwnUser{.becomes = account, .keeps_capabilities = false, .warning = {}};
    }
    if (facts.recorded) return OwnUser{.becomes = {}, .keeps_capabilities = true, .warning = {}};
    if (account && account->user != 0)
        return OwnUser{.becomes = account, .keeps_capabilities = false, .warning = {}};
    return OwnUser{
        .becomes = {},
        .keeps_capabilities = true,
        .warning = format(
            "there is no user {0}, so usbrouted stays root; create it (useradd --system {0}), or give --user root",
            usual_user)};
}

std::vector<gid_t> groups_of(const std::vector<config::ListenerSettings>& listeners)
{
    std::vector<gid_t> groups;
    for (const auto& listener : listeners)
        if (const auto* address = std::get_if<config::UnixAddress>(&listener.address))
            if (!address->group.empty())
                if (const auto group = linux_::group_number(address->group)) groups.push_back(*group);
    return groups;
}

Result<std::vector<std::string>> become(const OwnUser& own, const linux_::Locations& locations,
                                        const std::vector<config::ListenerSettings>& listeners)
{
    std::vector<std::string> warnings;
    if (own.keeps_capabilities) return warnings;
    if (!own.becomes) {
        if (auto given_up = linux_::give_up_capabilities(); !given_up)
            return std::unexpected(std::move(given_up.error()));
        return warnings;
    }
    if (auto given = give_state(*own.becomes, locations); !given)
        return std::unexpected(std::move(given.error()));
    if (auto became = linux_::become(*own.becomes, groups_of(listeners)); !became)
        return std::unexpected(
            std::move(became.error()).within(format("cannot become user {}", printable(own.becomes->name))));
    for (const auto& file : {locations.config, locations.connectors})
        if (::access(file.c_str(), F_OK) == 0 && ::access(file.c_str(), R_OK) != 0)
            warnings.push_back(format(
                "{} is not readable for user {}: only a restart will read it again, a reload will not; chgrp {} and chmod 640 it",
                printable(file), printable(own.becomes->name), printable(own.becomes->name)));
    return warnings;
}

} // namespace usbroute::daemon
