// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/ids.hpp"
#include "base/result.hpp"
#include "base/text.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace usbroute {
namespace {

TEST(Printable, LeavesOrdinaryTextAlone)
{
    EXPECT_EQ(printable("Logitech® Tastatur – groß"), "Logitech® Tastatur – groß");
}

TEST(Printable, MakesEveryControlCharacterVisible)
{
    EXPECT_EQ(printable(std::string_view("a\0b\n\t\x1b\x7f", 7)), "a\\x00b\\x0a\\x09\\x1b\\x7f");
    EXPECT_EQ(printable("\xc2\x9b"), "\\x9b");              // C1: CSI
    EXPECT_EQ(printable("\xe2\x80\xae"), "\\u{202e}");      // right-to-left override
    EXPECT_EQ(printable("\xe2\x80\x8b"), "\\u{200b}");      // zero width space
    EXPECT_EQ(printable("\xf3\xa0\x81\x81"), "\\u{e0041}"); // tag character
}

TEST(Printable, ShowsBytesThatAreNotUtf8)
{
    EXPECT_EQ(printable("\xff"), "\\xff");
    EXPECT_EQ(printable("\xc0\xaf"), "\\xc0\\xaf");                   // overlong
    EXPECT_EQ(printable("\xed\xa0\x80"), "\\xed\\xa0\\x80");          // surrogate
    EXPECT_EQ(printable("\xe2\x82"), "\\xe2\\x82");                   // cut off
    EXPECT_EQ(printable("\xf4\x90\x80\x80"), "\\xf4\\x90\\x80\\x80"); // above U+10FFFF
}

TEST(Printable, CutsWhatIsTooLong)
{
    EXPECT_EQ(printable(std::string(10, 'x'), 4), "xxxx...");
    EXPECT_EQ(printable("xxxx", 4), "xxxx");
    EXPECT_LE(printable(std::string(100'000, '\x1b'), 128).size(), 1280u);
}

TEST(Columns, CountWhatATerminalShows)
{
    EXPECT_EQ(columns("keyboard"), 8u);
    EXPECT_EQ(columns("Gerät"), 5u);
    EXPECT_EQ(columns("键盘"), 4u);
    EXPECT_EQ(columns("e\u0301"), 1u); // a letter and the accent that goes onto it
    EXPECT_EQ(columns("\U0001F600"), 2u);
    EXPECT_EQ(columns("한글"), 4u);
    EXPECT_EQ(columns("\u1112\u1161\u11ab"), 2u); // Hangul in its parts
    EXPECT_EQ(columns("┌─┐"), 3u);
}

TEST(Columns, NeverCutACharacterInTwo)
{
    EXPECT_EQ(bytes_within("键盘", 3), 3u);
    EXPECT_EQ(bytes_within("键盘", 1), 0u);
    EXPECT_EQ(bytes_within("ae\u0301b", 2), 4u); // the accent stays with its letter
    EXPECT_EQ(bytes_within("abc", 9), 3u);
}

TEST(Printable, ShowsNoMarkThatMakesACharacterWider)
{
    EXPECT_EQ(printable("\u260e\ufe0f"), "\u260e\\u{fe0f}");
}

TEST(Replaced, LeavesWhatWasPutInAsItIs)
{
    EXPECT_EQ(replaced("a&b<c", {{"&", "&amp;"}, {"<", "&lt;"}}), "a&amp;b&lt;c");
    EXPECT_EQ(replaced("@A@@B@@", {{"@A@", "@B@"}, {"@B@", ""}}), "@B@@");
    EXPECT_EQ(replaced("", {{"a", "b"}}), "");
    EXPECT_EQ(replaced("a", {}), "a");
}

TEST(Numbers, AreWholeOrNothing)
{
    EXPECT_EQ(parse_decimal("42"), 42u);
    EXPECT_EQ(parse_hex("0x3FFF"), 0x3fffu);
    EXPECT_EQ(parse_hex("ff"), 0xffu);
    for (const char* wrong : {"", "-1", "+1", " 1", "1 ", "0x", "4294967296", "12a"})
        EXPECT_FALSE(parse_decimal(wrong)) << wrong;
    for (const char* wrong : {"", "0x", "0xg", "0x0x1", "100000000", "-1"})
        EXPECT_FALSE(parse_hex(wrong)) << wrong;
}

TEST(Nearest, FindsWhatWasMeantAndNothingFarFetched)
{
    const std::vector<std::string> names{"front-left", "rear-1", "host"};

    EXPECT_EQ(nearest("front-lft", names), "front-left");
    EXPECT_EQ(nearest("hots", {names.data() + 2, 1}), std::nullopt);
    EXPECT_EQ(nearest("rear1", names), "rear-1");
    EXPECT_EQ(nearest("xylophone", names), std::nullopt);
}

TEST(PciAddress, ReadsBothCommonForms)
{
    EXPECT_EQ(PciAddress::parse("0000:00:14.0")->text(), "0000:00:14.0");
    EXPECT_EQ(PciAddress::parse("00:1d.7")->text(), "0000:00:1d.7");
    EXPECT_EQ(PciAddress::parse("10000:e0:06.0")->text(), "10000:e0:06.0");
    for (const char* wrong :
         {"", "14.0", "00:20.0", "00:1d.8", "100:00:14.0:1", "0000:0g:14.0", "0000:100:14.0", "0000:00:14"})
        EXPECT_FALSE(PciAddress::parse(wrong)) << wrong;
}

TEST(Names, AreWordsThatCanBeTyped)
{
    EXPECT_TRUE(is_plain_name("front-left_2.1"));
    for (const char* wrong : {"", "-x", ".x", "a b", "a/b", "a\n", "ä"})
        EXPECT_FALSE(is_plain_name(wrong)) << wrong;
    EXPECT_FALSE(is_plain_name(std::string(65, 'a')));
}

TEST(Error, ReadsFromTheWishDownToTheCause)
{
    const auto error =
        Error(ErrorKind::not_permitted, "cannot write XUSB2PR", EPERM).within("cannot move front");

    EXPECT_EQ(error.message(), "cannot move front: cannot write XUSB2PR: Operation not permitted");
    EXPECT_EQ(error.errno_value(), EPERM);
}

} // namespace
} // namespace usbroute
