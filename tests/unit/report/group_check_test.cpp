// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/check.hpp"
#include "config/parse.hpp"
#include "report/group_check.hpp"

#include <gtest/gtest.h>

#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

namespace usbroute::report {
namespace {

/// Users with their groups, and files with their group: a member may write them.
struct Machine {
    std::map<std::string, std::set<std::string>> users;
    std::set<std::string> groups;
    std::map<std::string, std::string> files;

    [[nodiscard]] Doors doors() const
    {
        const auto is_member = [this](const std::string& user,
                                      const std::string& group) -> std::optional<bool> {
            if (!users.contains(user) || !groups.contains(group)) return std::nullopt;
            return users.at(user).contains(group);
        };
        return {.has_group = [this](const std::string& group) { return groups.contains(group); },
                .is_member = is_member,
                .lets_in = [this, is_member](const std::string& user, const std::string& group,
                                             const std::string& path) -> std::optional<bool> {
                    if (!users.contains(user) || !files.contains(path)) return std::nullopt;
                    const auto& owner = files.at(path);
                    return owner == group || is_member(user, owner).value_or(false);
                },
                .group_of = [this](const std::string& path) { return files.at(path); }};
    }
};

config::Settings configured_by(std::string text)
{
    const std::array files{config::SourceText{.name = "t", .text = std::move(text)}};
    auto parsed = config::parse(files);
    USBROUTE_CHECK(parsed.has_value());
    return std::move(*parsed);
}

std::vector<std::string> warnings_of(const std::string& text, const Machine& machine)
{
    ConfigCheck check;
    add_group_warnings(check, configured_by(text), machine.doors());
    std::vector<std::string> words;
    for (const auto& warning : check.warnings) words.push_back(warning.message);
    return words;
}

using Words = std::vector<std::string>;

TEST(GroupCheck, AGroupOfAListenerThatIsNotThere)
{
    const std::string text =
        "[guest.w]\nlibvirt = 'w'\n[listen.w]\nunix = '/run/w'\nguest = 'w'\ngroup = 'kvm'\n";
    Machine machine{.users = {{"libvirt-qemu", {}}}, .groups = {"libvirt"}, .files = {}};
    EXPECT_EQ(
        warnings_of(text, machine),
        Words{"listener w: there is no group kvm, so only root can connect; make it: sudo groupadd --system "
              "kvm, or name another one"});

    machine.groups.insert("kvm");
    EXPECT_EQ(
        warnings_of(text, machine),
        Words{"listener w: libvirt's QEMU runs as libvirt-qemu, who is not in group kvm, and cannot connect: "
              "sudo usermod -aG kvm libvirt-qemu"});

    machine.users["libvirt-qemu"].insert("kvm");
    EXPECT_EQ(warnings_of(text, machine), Words{});
}

TEST(GroupCheck, TheControlSocketThatNobodyHasWrittenIsNotLookedAt)
{
    EXPECT_EQ(warnings_of("", Machine{}), Words{});
}

TEST(GroupCheck, AMonitorThatDoesNotLetInTheDaemon)
{
    const std::string text = "[guest.w]\nqmp = '/run/w.qmp'\n";
    Machine machine{.users = {{"usbroute", {"usbroute"}}}, .groups = {"usbroute", "root"}, .files = {}};
    EXPECT_EQ(warnings_of(text, machine), Words{}); // QEMU does not run

    machine.files["/run/w.qmp"] = "root";
    ASSERT_EQ(warnings_of(text, machine).size(), 1);
    EXPECT_TRUE(warnings_of(text, machine)[0].starts_with(
        "guest w: usbrouted runs as usbroute, who may not connect to the monitor /run/w.qmp: "));

    machine.files["/run/w.qmp"] = "usbroute";
    EXPECT_EQ(warnings_of(text, machine), Words{});
}

TEST(GroupCheck, TheSocketOfLibvirt)
{
    const std::string text = "[guest.w]\nlibvirt = 'w'\n";
    Machine machine{.users = {{"usbroute-libvirt", {}}}, .groups = {"virt"}, .files = {}};
    ASSERT_EQ(warnings_of(text, machine).size(), 1);
    EXPECT_TRUE(warnings_of(text, machine)[0].starts_with("guest w: there is no group libvirt, in which "));

    machine.groups.insert("libvirt");
    EXPECT_EQ(warnings_of(text, machine), Words{}); // libvirt does not run
    machine.files["/run/libvirt/virtqemud-sock"] = "virt";
    EXPECT_EQ(
        warnings_of(text, machine),
        Words{
            "guest w: usbroute-libvirt runs as usbroute-libvirt, who may not connect to "
            "/run/libvirt/virtqemud-sock: sudo usermod -aG virt usbroute-libvirt, and sudo systemctl restart "
            "usbroute-libvirt"});

    // By either of the two it gets in.
    machine.files["/run/libvirt/libvirt-sock"] = "libvirt";
    EXPECT_EQ(warnings_of(text, machine), Words{});
    EXPECT_EQ(warnings_of("[guest.w]\nlibvirt = 'w'\nuri = 'qemu:///session'\nuser = 'alice'\n", Machine{}),
              Words{});
}

TEST(GroupCheck, TwoNamesOfOneDomain)
{
    const auto settings = configured_by(
        "[guest.a]\nlibvirt = 'win11'\n[guest.b]\nlibvirt = '63D8E2F0-0000-4000-8000-0123456789AB'\n");
    const auto misfits_with = [&](std::optional<std::string> uuid) {
        ConfigCheck check;
        add_same_domains(check, settings,
                         [&](const std::string& name) { return name == "win11" ? uuid : std::nullopt; });
        return check.misfits;
    };

    EXPECT_TRUE(misfits_with(std::nullopt).empty());
    EXPECT_TRUE(misfits_with("73d8e2f0-0000-4000-8000-0123456789ab").empty());
    const auto misfits = misfits_with("63d8e2f0-0000-4000-8000-0123456789ab");
    ASSERT_EQ(misfits.size(), 1);
    EXPECT_EQ(misfits[0].origin, "t:3:8");
    EXPECT_TRUE(misfits[0].message.starts_with("guest b: 63D8E2F0-"));
    EXPECT_TRUE(misfits[0].message.ends_with(
        "is the domain of guest a already (win11 there); a domain is one guest's"));
}

} // namespace
} // namespace usbroute::report
