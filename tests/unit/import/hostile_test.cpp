// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "import/limits.hpp"
#include "import/names.hpp"
#include "import/shell_words.hpp"
#include "import/yaml_tree.hpp"
#include "imported.hpp"

#include <gtest/gtest.h>

#include <chrono>

namespace usbroute::import_ {

namespace {

std::string why_refused(const std::string& name, const std::string& text)
{
    const auto read = read_file_of({.name = name, .text = text}, std::nullopt);
    return read ? std::string() : read.error().message();
}

} // namespace

TEST(HostileFiles, AreRefusedWithTheirLine)
{
    EXPECT_EQ(why_refused("a", std::string("usb0: host=1-1\n\0", 16)),
              "a:2: the file has a NUL byte: it is not text, or not UTF-8");
    EXPECT_EQ(why_refused("a", std::string(most_bytes + 1, 'a')),
              "a: the file is larger than 1 MiB, too large for a configuration");
    EXPECT_EQ(why_refused("a", "\n" + std::string(70'000, 'a')), "a:2: the line is longer than 64 KiB");
    EXPECT_EQ(why_refused("a", " \n\n"), "a: the file is empty");
    EXPECT_NE(why_refused("a.json", "{\"usbPassthrough\": [1,]}"), "");
    EXPECT_NE(why_refused("a.json", "{\"usbPassthrough\":\n [}"), "");
    EXPECT_NE(why_refused("a.xml", "<domain><name>a</nam></domain>").find("not valid XML"),
              std::string::npos);
    EXPECT_NE(why_refused("a.xml", "<html/>").find("neither a domain nor a hostdev"), std::string::npos);
    EXPECT_NE(why_refused("a.yaml", "machines:\n\t- x\n").find("a.yaml:2: cannot parse this"),
              std::string::npos);
}

TEST(HostileFiles, DepthHasALimitInEveryFormat)
{
    EXPECT_NE(
        why_refused("a.json", "{\"usbPassthrough\":" + std::string(100'000 / 2, '[')).find("nested deeper"),
        std::string::npos);
    EXPECT_NE(why_refused("a.yaml", "machines: " + std::string(60, '[') + std::string(60, ']'))
                  .find("nested deeper"),
              std::string::npos);
    std::string xml = "<domain>";
    for (int i = 0; i < 50'000; ++i) xml += "<a>\n";
    for (int i = 0; i < 50'000; ++i) xml += "</a>\n";
    EXPECT_NE(why_refused("a.xml", xml + "</domain>").find("nested deeper"), std::string::npos);
}

TEST(HostileFiles, AliasesGrowNothing)
{
    std::string bomb = "machines: 0\na0: &a0 [x,x,x,x,x,x,x,x]\n";
    for (int i = 1; i < 30; ++i) {
        const auto before = "*a" + std::to_string(i - 1);
        bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [" + before + "," + before + "," +
                before + "]\n";
    }

    EXPECT_NE(why_refused("a.yaml", bomb).find("refers to nested lists"), std::string::npos);
    std::string wide = "machines: 0\na: &a [" + std::string(2000, 'x') + "]\nb: [";
    for (int i = 0; i < 20'000; ++i) wide += "*a,";
    EXPECT_NE(why_refused("a.yaml", wide + "*a]\n").find("more than 10000 entries"), std::string::npos);
}

TEST(HostileFiles, AnAliasForTextsIsRead)
{
    const auto tree =
        read_yaml({.name = "a", .text = "a: &x [1, 2]\nb: &m {k: v, l: w}\nc: {<<: *m, l: *x}\n"});

    ASSERT_TRUE(tree.has_value());
    EXPECT_EQ(tree->get("c")->text_at("k"), "v");
    EXPECT_TRUE(tree->get("c")->get("l")->is_list());
    EXPECT_FALSE(read_yaml({.name = "a", .text = "a: *nothing\n"}).has_value());
    EXPECT_FALSE(read_yaml({.name = "a", .text = "a: 1\n---\nb: 2\n"}).has_value());
}

TEST(HostileFiles, NamesCannotLeaveTheirStrings)
{
    const auto made = imported(
        amd(), "vm.xml",
        "<domain><name>a\"]\n[listen.x]\ntcp = \"0.0.0.0:1\"\n\x1b[31m\xc3\xbc</name><devices><hostdev mode='subsystem' type='usb'>"
        "<source><vendor id='0x046d'/><product id='0xc31c'/></source></hostdev></devices></domain>");
    const std::vector<config::SourceText> texts{{.name = "p", .text = made.toml}};
    const auto settings = config::parse(texts);

    ASSERT_TRUE(settings.has_value()) << made.toml;
    ASSERT_EQ(settings->listeners.size(), 1U) << made.toml; // the control socket that is always there
    EXPECT_TRUE(settings->listeners.front().is_control());
    EXPECT_FALSE(made.has("\x1b"));
}

TEST(HostileFiles, ManyEntriesTakeNoMinutes)
{
    std::string rules;
    for (int i = 0; i < 9'000; ++i)
        rules += "SUBSYSTEM==\"usb\", KERNEL==\"3-" + std::to_string(i % 9 + 1) + "." +
                 std::to_string(i % 200 + 1) + "\", RUN+=\"/b/v g" + std::to_string(i) + "\"\n";
    const auto before = std::chrono::steady_clock::now();
    const auto made = imported(amd(), "a.rules", rules);

    EXPECT_TRUE(made.refused.empty());
    EXPECT_LT(std::chrono::steady_clock::now() - before, std::chrono::seconds(60));
}

TEST(Shell, RunsNothingAndSaysWhatItDoesNotKnow)
{
    const auto commands = read_shell(
        "A=1; B=\"x $A\" # no\nrun '$A' \"$B\" $(rm -rf /) `id` ${C:-d} \\\n  last | other && third\ncat <<END\nrun no\nEND\narr=(a \"b c\"\n # no\n d)\n");

    ASSERT_EQ(commands.size(), 7U);
    const auto& run = commands[2];
    ASSERT_EQ(run.words.size(), 7U);
    EXPECT_EQ(run.words[1].text, "$A");
    EXPECT_EQ(run.words[2].text, "x 1");
    EXPECT_EQ(run.words[3].unknown, "$(...)");
    EXPECT_EQ(run.words[4].unknown, "`...`");
    EXPECT_EQ(run.words[5].unknown, "${C:-d}");
    EXPECT_EQ(run.words[6].line, 3U);
    EXPECT_EQ(commands[5].words.front().text, "cat");
    EXPECT_EQ(commands[6].variable, "arr");
    ASSERT_EQ(commands[6].words.size(), 3U);
    EXPECT_EQ(commands[6].words[1].text, "b c");
}

TEST(Shell, TheWordOfACaseAndAFunctionAreLabels)
{
    const auto commands =
        read_shell("case \"$1\" in\n  on) go a ;;\n  off|x) go b ;;\nesac\ngo c\nup() {\n go d\n}\ngo e\n");

    std::vector<std::string> labels;
    for (const auto& command : commands)
        if (command.words.front().text == "go") labels.push_back(command.words[1].text + command.label);
    EXPECT_EQ(labels, (std::vector<std::string>{"aon", "bx", "c", "dup", "e"}));
}

TEST(Names, AreFoldedAndStayDifferent)
{
    PlainNames names;

    EXPECT_EQ(names.of("Tom & Ann", "guest"), "Tom-Ann");
    EXPECT_EQ(names.of("Tom  Ann", "guest"), "Tom-Ann-2");
    EXPECT_EQ(names.of("Tom & Ann", "guest"), "Tom-Ann");
    EXPECT_EQ(names.of("../..", "guest"), "guest");
    EXPECT_TRUE(is_plain_name(names.of(std::string(300, 'x'), "guest")));
    EXPECT_EQ(plain_name("-.x"), "x");
}

} // namespace usbroute::import_
