// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "linux/rights.hpp"

#include "base/format.hpp"
#include "base/text.hpp"
#include "linux/safe_directory.hpp"
#include "linux/unique_fd.hpp"

#include <algorithm>
#include <array>
#include <cerrno>

#include <fcntl.h>
#include <grp.h>
#include <linux/capability.h>
#include <pwd.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace usbroute::linux_ {

namespace {

constexpr int most_groups = 1024;

std::unexpected<Error> no_rights(const char* what) { return failure(format("cannot {}", what), errno); }

/// Needs CAP_SETPCAP, as long as there is something to take out.
bool empty_bounding_set()
{
    for (int capability = 0; capability < 64; ++capability) {
        const int held = ::prctl(PR_CAPBSET_READ, capability, 0, 0, 0);
        if (held < 0) return true; // behind the last one that this kernel knows
        if (held == 1 && ::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return false;
    }
    return true;
}

using CapabilitySets = std::array<__user_cap_data_struct, _LINUX_CAPABILITY_U32S_3>;

bool read_sets(CapabilitySets& sets)
{
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    return ::syscall(SYS_capget, &header, sets.data()) == 0;
}

bool empty_sets()
{
    __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
    const CapabilitySets none{};
    return ::syscall(SYS_capset, &header, none.data()) == 0;
}

bool holds_any()
{
    CapabilitySets sets{};
    if (!read_sets(sets)) return true;
    return std::ranges::any_of(
        sets, [](const auto& set) { return (set.permitted | set.effective | set.inheritable) != 0; });
}

Result<void> check_user(const Account& account)
{
    std::array<uid_t, 3> users{};
    std::array<gid_t, 3> groups{};
    ::getresuid(users.data(), &users[1], &users[2]);
    ::getresgid(groups.data(), &groups[1], &groups[2]);
    const bool is_it = std::ranges::all_of(users, [&](uid_t user) { return user == account.user; }) &&
                       std::ranges::all_of(groups, [&](gid_t group) { return group == account.group; });
    if (is_it) return {};
    return failure(format("the kernel did not make this process {}", printable(account.name)));
}

} // namespace

std::optional<Account> account_named(const std::string& name)
{
    const auto* entry =
        ::getpwnam(name.c_str()); // NOLINT(concurrency-mt-unsafe): before there is another thread
    if (entry == nullptr) return std::nullopt;
    Account account{.name = name, .user = entry->pw_uid, .group = entry->pw_gid, .groups = {}};
    int count = most_groups;
    account.groups.resize(most_groups);
    if (::getgrouplist(name.c_str(), account.group, account.groups.data(), &count) < 0) count = 0;
    account.groups.resize(static_cast<std::size_t>(count));
    if (account.groups.empty()) account.groups.push_back(account.group);
    return account;
}

Result<void> give_up_capabilities()
{
    ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0,
            0); // none before Linux 4.3, and then none are held
    // A process that never held CAP_SETPCAP cannot empty it. It limits what a program that is started may hold, and
    // no_new_privs leaves that nothing to gain.
    static_cast<void>(empty_bounding_set());
    // A process without capabilities need not be allowed to drop them.
    if (holds_any() && (!empty_sets() || holds_any())) return no_rights("give up the capabilities");
    // Others of the same user can neither trace it nor take its descriptors (pidfd_getfd asks as ptrace does).
    if (::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0) return no_rights("forbid being traced");
    if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0)
        return no_rights("forbid new privileges (no_new_privs)");
    return {};
}

std::optional<bool> may_write(const std::string& path, const Account& account)
{
    struct stat status{};
    if (::stat(path.c_str(), &status) != 0) return std::nullopt;
    if (account.user == 0) return true;
    if (status.st_uid == account.user) return (status.st_mode & S_IWUSR) != 0;
    if (std::ranges::find(account.groups, status.st_gid) != account.groups.end())
        return (status.st_mode & S_IWGRP) != 0;
    return (status.st_mode & S_IWOTH) != 0;
}

Result<void> become(const Account& account, std::span<const gid_t> more_groups)
{
    auto groups = account.groups;
    for (const auto group : more_groups)
        if (std::ranges::find(groups, group) == groups.end()) groups.push_back(group);
    if (!empty_bounding_set()) return no_rights("empty the bounding set of capabilities");
    if (::setgroups(groups.size(), groups.data()) != 0) return no_rights("leave the groups of root");
    if (::setresgid(account.group, account.group, account.group) != 0)
        return no_rights("leave the group of root");
    if (::setresuid(account.user, account.user, account.user) != 0) return no_rights("stop being root");
    if (auto is_it = check_user(account); !is_it) return is_it;
    return give_up_capabilities();
}

Result<void> give_directory(const std::string& path, const Account& account,
                            std::span<const std::string_view> files)
{
    const auto failed = [&] {
        return failure(format("cannot give {} to {}", printable(path), printable(account.name)), errno);
    };
    const auto found = open_directory(path);
    if (!found) errno = found.error();
    const auto directory = found ? readable(*found) : UniqueFd();
    struct stat status{};
    if (!directory.is_open() || ::fstat(directory.get(), &status) != 0) return failed();
    if (status.st_uid == 0 && ::fchown(directory.get(), account.user, account.group) != 0) return failed();
    if (status.st_uid != 0 && status.st_uid != account.user) return {};
    for (const auto name : files) {
        const UniqueFd file(::openat(directory.get(), std::string(name).c_str(),
                                     O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC));
        if (!file.is_open() || ::fstat(file.get(), &status) != 0) continue; // there is none yet
        const bool is_roots_alone = S_ISREG(status.st_mode) && status.st_uid == 0 && status.st_nlink == 1;
        if (is_roots_alone && ::fchown(file.get(), account.user, account.group) != 0) return failed();
    }
    return {};
}

void give_to_owner_of(int directory, int fd)
{
    struct stat above{};
    struct stat status{};
    if (::geteuid() != 0 || ::fstat(directory, &above) != 0 || above.st_uid == 0) return;
    // The owner of the directory can have put another name of a file of root there.
    if (::fstat(fd, &status) != 0 || !S_ISREG(status.st_mode) || status.st_nlink != 1) return;
    // Where it cannot be given, its new owner is told when it cannot be written.
    [[maybe_unused]] const int given = ::fchown(fd, above.st_uid, above.st_gid);
}

} // namespace usbroute::linux_
