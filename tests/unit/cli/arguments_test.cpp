// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "cli/arguments.hpp"
#include "cli/command_table.hpp"
#include "cli/help.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <vector>

namespace usbroute::cli {
namespace {

using Words = std::vector<std::string>;

Invocation read(const Words& arguments)
{
    auto read = read_arguments(arguments);
    if (const auto* error = std::get_if<Error>(&read)) ADD_FAILURE() << error->message();
    return std::holds_alternative<Invocation>(read) ? std::get<Invocation>(read) : Invocation{};
}

std::string refused(const Words& arguments)
{
    const auto read = read_arguments(arguments);
    const auto* error = std::get_if<Error>(&read);
    if (error == nullptr) return "accepted";
    EXPECT_EQ(error->kind(), ErrorKind::usage);
    return error->message();
}

TEST(Arguments, MeanStatusWhenThereIsNoCommand)
{
    EXPECT_EQ(read({}).command->name, "status");
    EXPECT_EQ(read({"--json"}).command->name, "status");
    EXPECT_TRUE(read({"-v", "--json"}).options.verbose);
}

TEST(Arguments, MayStandBeforeAndAfterTheCommand)
{
    for (const auto& words : {Words{"--root", "there", "move", "front", "rear", "--to", "windows", "--yes"},
                              Words{"move", "--to=windows", "front", "-y", "rear", "--root=there"}}) {
        const auto invocation = read(words);

        EXPECT_EQ(invocation.command->name, "move");
        EXPECT_EQ(invocation.words, (Words{"front", "rear"}));
        EXPECT_EQ(invocation.options.to, "windows");
        EXPECT_EQ(invocation.options.root, "there");
        EXPECT_TRUE(invocation.options.yes);
    }
}

TEST(Arguments, DoNotTakeTheValueOfAnOptionForTheCommand)
{
    EXPECT_EQ(read({"--root", "watch", "regs"}).command->name, "regs");
}

TEST(Arguments, TakeOneDiskForEachForceDisk)
{
    const auto invocation =
        read({"move", "--force-disk", "sda", "front", "--force-disk", "sdb", "--to", "ehci"});

    EXPECT_EQ(invocation.options.force_disks, (Words{"sda", "sdb"}));
    EXPECT_EQ(invocation.words, Words{"front"});
}

TEST(Arguments, EndOptionsAtTwoDashes)
{
    EXPECT_EQ(read({"move", "--to", "ehci", "--", "--odd"}).words, Words{"--odd"});
}

TEST(Arguments, TakeSeveralShortOptionsInOneWord)
{
    const auto invocation = read({"move", "front", "-yv", "--to", "ehci"});

    EXPECT_TRUE(invocation.options.yes);
    EXPECT_TRUE(invocation.options.verbose);
    EXPECT_EQ(refused({"move", "front", "-yx"}), "there is no option -x; `usbroute move --help` lists them");
}

TEST(Arguments, TakeWhateverStandsWhereAValueBelongs)
{
    EXPECT_EQ(read({"watch", "--exec", "--to"}).options.exec, "--to");
    EXPECT_EQ(read({"watch", "--exec="}).options.exec, "");
    EXPECT_EQ(read({"mask", "-"}).words, Words{"-"});
    EXPECT_EQ(refused({"status", "--json=2"}), "--json takes no value");
}

TEST(Arguments, AskWhatWasMeant)
{
    EXPECT_EQ(refused({"mvoe", "x"}), "there is no command mvoe; `usbroute --help` lists them");
    EXPECT_EQ(refused({"mov"}), "there is no command mov; did you mean move?");
    EXPECT_EQ(refused({"status", "--jso"}), "there is no option --jso; did you mean --json?");
    EXPECT_EQ(refused({"move", "a", "--force", "sda"}),
              "there is no option --force; `usbroute move --help` lists them");
    EXPECT_EQ(refused({"--rot", "x", "status"}), "there is no option --rot; did you mean --root?");
    EXPECT_EQ(refused({"status", "--to", "ehci"}),
              "status does not take --to; `usbroute status --help` shows what it takes");
}

TEST(Arguments, SayWhatIsMissingOrTooMuch)
{
    EXPECT_EQ(refused({"move"}), "move needs more words; usage: usbroute move NAME... --to WHERE");
    EXPECT_EQ(refused({"apply", "a", "b"}),
              "apply does not know what to do with b; usage: usbroute apply PROFILE");
    EXPECT_EQ(refused({"--root"}), "--root needs a value");
    EXPECT_EQ(refused({"--root", "a", "--root", "b"}), "--root was given more than once");
    EXPECT_EQ(refused({"--direct", "--socket", "s"}),
              "--direct acts without the daemon and --socket names it: give only one of them");
    EXPECT_EQ(refused({"--color", "red"}), "--color red: write auto, always or never");
    EXPECT_EQ(refused({"--timeout", "soon"}), "--timeout soon: write a time such as 500ms, 5s or 1m");
}

TEST(Arguments, MakeHostileWordsPrintable)
{
    EXPECT_EQ(refused({"\x1b[2J"}), "there is no command \\x1b[2J; `usbroute --help` lists them");
}

TEST(Arguments, TakeTheTimeOfATrial)
{
    const auto asked = [](const char* time) {
        return std::get<Invocation>(read_arguments({"toggle", "--revert-after", time})).options.revert_after;
    };
    EXPECT_EQ(asked("30s"), std::chrono::seconds(30));
    EXPECT_EQ(asked("2m"), std::chrono::seconds(120));
    EXPECT_EQ(asked("0"), std::chrono::seconds(0));
    EXPECT_EQ(
        refused({"toggle", "--revert-after", "2h"}),
        "--revert-after: 2h is not a valid trial time: write 1s to 1h, such as 30s or 2m, or 0 for no trial");
}

TEST(Arguments, ShowHelpInPlaceOfComplaining)
{
    for (const auto& words : {Words{"--help"}, Words{"-h"}, Words{"help"}, Words{"move", "--help"},
                              Words{"help", "move"}, Words{"-h", "move"}})
        EXPECT_TRUE(std::holds_alternative<HelpAsked>(read_arguments(words)));
}

TEST(Arguments, KnowWhetherJsonIsWantedWhereTheRestCannotBeRead)
{
    EXPECT_TRUE(wants_json({"mvoe", "--json"}));
    EXPECT_FALSE(wants_json({"move", "--", "--json"}));
}

TEST(Arguments, TakeATimeoutUpToAnHour)
{
    const auto is_refused = [](const char* time) {
        return std::holds_alternative<Error>(read_arguments({"status", "--timeout", time}));
    };

    for (const auto* time : {"1ms", "5s", "5", "60m", "1h"}) EXPECT_FALSE(is_refused(time)) << time;
    for (const auto* time : {"", "0", "0s", "61m", "3601", "2h", "-1s", "soon"})
        EXPECT_TRUE(is_refused(time)) << time;
}

TEST(CommandTable, HasEveryWordOnce)
{
    std::set<std::string_view> names;
    for (const auto& command : command_table()) {
        EXPECT_TRUE(names.insert(command.name).second) << command.name;
        EXPECT_NE(command.run, nullptr) << command.name;
        EXPECT_FALSE(command.examples.empty()) << command.name;
    }
    for (const auto& option : option_table()) {
        EXPECT_TRUE(names.insert(option.long_name).second);
        if (option.short_name.empty()) continue;
        EXPECT_TRUE(names.insert(option.short_name).second) << option.short_name;
    }
}

TEST(CommandTable, HasExamplesThatCanBeTyped)
{
    for (const auto& command : command_table()) {
        for (const auto& example : command.examples) {
            Words words;
            std::string word;
            for (const char c : std::string(example.line) + " ") {
                if (c != ' ')
                    word += c;
                else if (!word.empty())
                    words.push_back(std::exchange(word, {}));
            }
            words.erase(words.begin(), words.front() == "sudo" ? words.begin() + 2 : words.begin() + 1);
            const auto pipe = std::ranges::find(words, "|");
            words.erase(pipe, words.end());
            // A shell's quotes are not taken apart here.
            if (example.line.find('\'') != std::string_view::npos && words.size() > 1) continue;

            const auto read = read_arguments(words);

            EXPECT_TRUE(std::holds_alternative<Invocation>(read)) << example.line;
            EXPECT_EQ(std::get<Invocation>(read).command, &command) << example.line;
        }
    }
}

TEST(Help, ShowsExamplesBeforeOptions)
{
    for (const auto& command : command_table()) {
        const auto text = help_text(command);
        EXPECT_LT(text.find("examples:"), text.find("options")) << text;
    }
    EXPECT_LT(help_text().find("examples:"), help_text().find("commands:"));
}

} // namespace
} // namespace usbroute::cli
