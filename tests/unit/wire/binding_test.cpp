// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "wire/binding.hpp"

#include <gtest/gtest.h>

#include <string>

namespace usbroute::wire {
namespace {

TEST(Binding, AQuestionIsOneWordAndOneWholeAddress)
{
    const auto function = *PciAddress::parse("0000:03:00.0");
    for (const auto what : {BindQuestion::What::give, BindQuestion::What::take}) {
        const BindQuestion question{.what = what, .function = function};
        EXPECT_EQ(read_bind_question(to_line(question)), question);
        EXPECT_LT(to_line(question).size(), longest_bind_question);
    }
    for (const char* line : {"", "give", "give ", "give 03:00.0", "give 0000:03:00.0 ", " give 0000:03:00.0",
                             "GIVE 0000:03:00.0", "give 0000:03:00.0\r", "give 0000:03:0A.0",
                             "bind 0000:03:00.0", "give 0000:03:00.0 0000:03:00.1", "give ../0000:03:00.0",
                             "take  0000:03:00.0", "give 0000:03:00.00000000000000000000000000"})
        EXPECT_FALSE(read_bind_question(line)) << line;
    EXPECT_FALSE(read_bind_question(std::string_view("give 0000:03:00.0\0", 18)));
}

TEST(Binding, AnAnswerKeepsKindCodeAndSentence)
{
    EXPECT_EQ(bind_answer({}), "ok");
    ASSERT_TRUE(read_bind_answer("ok"));
    EXPECT_TRUE(*read_bind_answer("ok"));
    const auto no = bind_answer(
        std::unexpected(Error(ErrorKind::timed_out, "it hangs\nin the kernel").with_code("write-hangs")));
    const auto read = read_bind_answer(no);
    ASSERT_TRUE(read && !*read);
    EXPECT_EQ((*read).error().kind(), ErrorKind::timed_out);
    EXPECT_EQ((*read).error().code(), "write-hangs");
    EXPECT_TRUE((*read).error().message().starts_with("it hangs")) << (*read).error().message();
    EXPECT_EQ(no.find('\n'), std::string::npos);
    const auto longest =
        bind_answer(std::unexpected(Error(ErrorKind::failed, std::string(10'000, 'x')).with_code("failed")));
    EXPECT_LT(longest.size(), longest_bind_answer);
    for (const char* line :
         {"", "OK", "ok ", "no", "no refused", "no refused code", "no refused code ",
          "no other code sentence", "no refused CODE sentence", "yes refused code sentence"})
        EXPECT_FALSE(read_bind_answer(line)) << line;
}

} // namespace
} // namespace usbroute::wire
