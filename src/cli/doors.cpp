// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/doors.hpp"

#include "linux/files.hpp"
#include "linux/rights.hpp"

#include <algorithm>
#include <string_view>

#include <grp.h>
#include <sys/stat.h>

namespace usbroute::cli {

namespace {

constexpr std::size_t longest_definition = 1024UL * 1024;

std::optional<gid_t> group_named(const std::string& name)
{
    const auto* group = ::getgrnam(name.c_str());
    if (group == nullptr) return std::nullopt;
    return group->gr_gid;
}

/// The account, and what it may besides as a member of this group.
std::optional<linux_::Account> account_in(const std::string& user, const std::string& group)
{
    auto account = linux_::account_named(user);
    if (!account || group.empty()) return account;
    if (const auto number = group_named(group)) account->groups.push_back(*number);
    return account;
}

} // namespace

std::optional<report::Doors> doors_of(const linux_::Locations& where)
{
    if (where.recorded) return std::nullopt;
    return report::Doors{
        .has_group = [](const std::string& group) { return group_named(group).has_value(); },
        .is_member = [](const std::string& user, const std::string& group) -> std::optional<bool> {
            const auto account = linux_::account_named(user);
            const auto number = group_named(group);
            if (!account || !number) return std::nullopt;
            return std::ranges::find(account->groups, *number) != account->groups.end();
        },
        .lets_in = [](const std::string& user, const std::string& group,
                      const std::string& path) -> std::optional<bool> {
            const auto account = account_in(user, group);
            if (!account) return std::nullopt;
            return linux_::may_write(path, *account);
        },
        .group_of = [](const std::string& path) -> std::string {
            struct stat status{};
            if (::stat(path.c_str(), &status) != 0) return {};
            const auto* group = ::getgrgid(status.st_gid);
            return group == nullptr ? std::string() : std::string(group->gr_name);
        }};
}

report::UuidOfDomain uuids_of_domains(const linux_::Locations& where)
{
    return [root = where.root](const std::string& name) -> std::optional<std::string> {
        const auto text = linux_::read_file(root + "etc/libvirt/qemu/" + name + ".xml", longest_definition);
        if (!text) return std::nullopt;
        constexpr std::string_view begin = "<uuid>";
        const auto from = text->find(begin);
        const auto to = text->find("</uuid>", from == std::string::npos ? 0 : from);
        if (from == std::string::npos || to == std::string::npos) return std::nullopt;
        return text->substr(from + begin.size(), to - from - begin.size());
    };
}

} // namespace usbroute::cli
