// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/glob.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <string>
#include <string_view>

namespace usbroute {
namespace {

struct GlobCase {
    std::string_view pattern;
    std::string_view text;
    bool fits = false;
};

TEST(Glob, FitsFromTheBeginningToTheEnd)
{
    for (const auto& [pattern, text, fits] : {GlobCase{"", "", true},
                                              {"", "a", false},
                                              {"a", "", false},
                                              {"*", "", true},
                                              {"*", "anything", true},
                                              {"Logitech*", "Logitech USB Keyboard", true},
                                              {"logitech*", "LOGITECH USB Keyboard", true},
                                              {"Logitech", "Logitech USB Keyboard", false},
                                              {"*Keyboard", "Logitech USB Keyboard", true},
                                              {"*Keyboard", "Logitech USB Keyboard 2", false},
                                              {"*USB*", "Logitech USB Keyboard", true},
                                              {"*a*b*", "xbxa", false},
                                              {"*a*b*", "xbxaxbx", true},
                                              {"?", "", false},
                                              {"?", "a", true},
                                              {"?", "ab", false},
                                              {"a?c", "abc", true},
                                              {"**", "abc", true},
                                              {"*?", "", false},
                                              {"[a]", "a", false},
                                              {"[a]", "[a]", true},
                                              {"\\*", "\\anything", true}})
        EXPECT_EQ(matches_glob(pattern, text), fits) << pattern << " and " << text;
}

TEST(Glob, AQuestionMarkIsOneCharacterOfUtf8)
{
    EXPECT_TRUE(matches_glob("M?use", "M\xc3\xb6use"));
    EXPECT_TRUE(matches_glob("?", "\xf0\x9f\x96\xb1"));
    EXPECT_FALSE(matches_glob("??", "\xf0\x9f\x96\xb1"));
    // Of what is no UTF-8 each byte is one, and nothing is read behind the end.
    EXPECT_TRUE(matches_glob("??", "\x80\x81"));
    EXPECT_TRUE(matches_glob("?", "\xf0"));
    EXPECT_TRUE(matches_glob("?*", std::string_view("\xc3", 1)));
}

TEST(Glob, ControlCharactersAreCharactersLikeOthers)
{
    EXPECT_TRUE(matches_glob("a?b", std::string_view("a\0b", 3)));
    EXPECT_TRUE(matches_glob("a*b", "a\x1b[2J\nb"));
}

TEST(Glob, NoPatternMakesItTakeLong)
{
    // Such a pair takes a library with backtracking for ever.
    std::string pattern;
    for (int i = 0; i < 180; ++i) pattern += "a*";
    pattern += 'b';
    const std::string text(378, 'a');

    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < 100; ++i) EXPECT_FALSE(matches_glob(pattern, text));

    EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

} // namespace
} // namespace usbroute
