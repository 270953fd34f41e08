// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "daemon/own_user.hpp"
#include "daemon/reopening.hpp"

#include <gtest/gtest.h>

#include <string>

namespace usbroute::daemon {
namespace {

std::optional<linux_::Account> accounts(const std::string& name)
{
    if (name == "usbroute") return linux_::Account{.name = name, .user = 990, .group = 990, .groups = {990}};
    if (name == "desk") return linux_::Account{.name = name, .user = 1000, .group = 1000, .groups = {1000}};
    if (name == "root") return linux_::Account{.name = name, .user = 0, .group = 0, .groups = {0}};
    return std::nullopt;
}
std::optional<linux_::Account> nobody_else(const std::string& name)
{
    return name == "root" ? accounts(name) : std::nullopt;
}

/// "becomes NAME", "stays" without capabilities, or "keeps all".
std::string outcome(const UserFacts& facts, const FindAccount& find = accounts)
{
    const auto own = choose_user(facts, find);
    if (!own) return own.error();
    if (own->becomes) return "becomes " + own->becomes->name;
    return own->keeps_capabilities ? "keeps all" : "stays";
}

TEST(OwnUser, IsUsbrouteForRootWhereThatUserExists)
{
    EXPECT_EQ(outcome({.started_as = 0}), "becomes usbroute");
    EXPECT_EQ(outcome({.started_as = 0, .wanted = "desk"}), "becomes desk");
}

TEST(OwnUser, StaysRootWhereItIsAskedForAndWhereThereIsNobodyElse)
{
    EXPECT_EQ(outcome({.started_as = 0, .wanted = "root"}), "keeps all");
    EXPECT_EQ(outcome({.started_as = 0}, nobody_else), "keeps all");

    EXPECT_EQ(
        choose_user({.started_as = 0}, nobody_else)->warning,
        "there is no user usbroute, so usbrouted stays root; create it (useradd --system usbroute), or give --user root");
    EXPECT_EQ(choose_user({.started_as = 0, .wanted = "root"}, accounts)->warning, "");
}

TEST(OwnUser, IsLeftAloneForARecordedMachineUnlessOneIsAskedFor)
{
    EXPECT_EQ(outcome({.started_as = 0, .wanted = {}, .recorded = true}), "keeps all");
    EXPECT_EQ(outcome({.started_as = 0, .wanted = "desk", .recorded = true}), "becomes desk");
}

TEST(OwnUser, CannotBeOneThatDoesNotExist)
{
    EXPECT_EQ(
        outcome({.started_as = 0, .wanted = "nosuch\x1b"}),
        "there is no user nosuch\\x1b; create it (useradd --system nosuch\\x1b), or choose another with --user");
}

TEST(OwnUser, OfWhoIsNotRootIsWhoeverStartedIt)
{
    EXPECT_EQ(outcome({.started_as = 1000}), "stays");
    EXPECT_EQ(outcome({.started_as = 1000, .wanted = "desk"}), "stays");
    EXPECT_EQ(outcome({.started_as = 1000, .wanted = "usbroute"}),
              "only root can become usbroute; start usbrouted as root, or leave out --user");
}

TEST(Reopening, KnowsAnAddressAndNothingElse)
{
    EXPECT_EQ(address_in("registers 0000:00:14.0"), PciAddress::parse("0000:00:14.0"));
    for (const char* other : {"", "registers", "registers ", "registers 00:14.0x", "status",
                              "registers  0000:00:14.0", "registers 0000:00:14.0\n"})
        EXPECT_EQ(address_in(other), std::nullopt) << other;
}

} // namespace
} // namespace usbroute::daemon
