// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wire/claims.hpp"

#include <gtest/gtest.h>

namespace usbroute::wire {
namespace {

using topology::Claim;
using topology::Claims;
using topology::ClaimsAnswer;
using topology::ClaimState;

TEST(ClaimsLine, CarriesEveryStateThereAndBack)
{
    const Claims claims{
        .answer = ClaimsAnswer::given,
        .is_cut = true,
        .claims = {{.block = "sdb", .state = ClaimState::claimed},
                   {.block = "sdb1", .state = ClaimState::free},
                   {.block = "sdc", .state = ClaimState::open, .detail = "process 812 (qemu-system-x86)"},
                   {.block = "mmcblk0", .state = ClaimState::unknown, .detail = "Input/output error"}}};

    const auto line = to_line(claims);

    EXPECT_EQ(
        line,
        "ok cut, sdb claimed, sdb1 free, sdc open process 812 (qemu-system-x86), mmcblk0 unknown Input/output error");
    EXPECT_EQ(read_claims(line), claims);
    EXPECT_EQ(read_claims("ok"), Claims{.answer = ClaimsAnswer::given});
}

TEST(ClaimsLine, CarriesWhatLiesUnderSomethingBeforeTheClaims)
{
    const Claims claims{
        .answer = ClaimsAnswer::given,
        .claims = {{.block = "sdb", .state = ClaimState::free, .detail = {}}},
        .under = {{.number = "8:16", .by = "loop0"}, {.number = "8:17", .by = "the NVMe target nqn.x"}}};

    const auto line = to_line(claims);

    EXPECT_EQ(line, "ok 8:16 under loop0, 8:17 under the NVMe target nqn.x, sdb free");
    EXPECT_EQ(read_claims(line), claims);
}

TEST(ClaimsLine, CannotBeForgedByTheNameOfAProcess)
{
    const Claims claims{
        .answer = ClaimsAnswer::given,
        .claims = {{.block = "sdb", .state = ClaimState::open, .detail = "process 9 (x, sdb free\nok)"}}};

    const auto read = read_claims(to_line(claims));

    ASSERT_TRUE(read);
    ASSERT_EQ(read->claims.size(), 1u);
    EXPECT_EQ(read->claims[0].state, ClaimState::open);
}

TEST(ClaimsLine, IsNoneWhenAnyPartOfItIsWrong)
{
    for (const char* line : {"", "o", "okay", "error only root may ask", "ok sdb", "ok sdb mounted",
                             "ok sdb claimed, sdc", "ok 8:16 under", "ok 8:16 under ", "ok 8:16 underloop0"})
        EXPECT_FALSE(read_claims(line)) << line;
    EXPECT_FALSE(read_claims("ok " + std::string(longest_claims_answer, 'x')));
}

TEST(ClaimsLine, LeavesOutWhatDoesNotFit)
{
    Claims claims{.answer = ClaimsAnswer::given};
    for (int i = 0; i < 20'000; ++i)
        claims.claims.push_back({.block = "sd" + std::to_string(i), .state = ClaimState::claimed});

    const auto line = to_line(claims);

    EXPECT_LT(line.size(), longest_claims_answer);
    ASSERT_TRUE(read_claims(line));
    EXPECT_LT(read_claims(line)->claims.size(), claims.claims.size());
}

} // namespace
} // namespace usbroute::wire
