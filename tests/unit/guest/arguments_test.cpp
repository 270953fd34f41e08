// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "config/settings.hpp"
#include "guest/arguments.hpp"
#include "guest/tcp_address.hpp"
#include "wire/grammar.hpp"

#include <gtest/gtest.h>

#include <initializer_list>
#include <string>
#include <vector>

namespace usbroute::guest {
namespace {

using namespace std::chrono_literals;

constexpr System linux_system{.default_port = "/dev/ttyS0", .ports_help = "ports", .has_boxes = false};
constexpr System windows_system{.default_port = "COM1", .ports_help = "ports", .has_boxes = true};

Read read(std::initializer_list<std::string_view> words, const System& system = linux_system)
{
    const std::vector<std::string_view> all(words);
    return read_arguments(all, system);
}

Request request(std::initializer_list<std::string_view> words, const System& system = linux_system)
{
    auto found = read(words, system);
    if (const auto* unusable = std::get_if<Unusable>(&found)) ADD_FAILURE() << unusable->message;
    return std::get<Request>(found);
}

std::string complaint(std::initializer_list<std::string_view> words, const System& system = linux_system)
{
    const auto found = read(words, system);
    const auto* unusable = std::get_if<Unusable>(&found);
    return unusable == nullptr ? "none" : unusable->message;
}

TEST(GuestArguments, AreALineForTheUsualPort)
{
    const auto found = request({"toggle"});
    EXPECT_EQ(found.line, "toggle");
    EXPECT_EQ(found.port, "/dev/ttyS0");
    EXPECT_EQ(found.timeout, 5s);
    EXPECT_FALSE(found.wait);
    EXPECT_EQ(request({"toggle"}, windows_system).port, "COM1");
}

TEST(GuestArguments, MayStandBeforeAndBehindTheVerb)
{
    for (const auto& found :
         {request({"-p", "COM12", "--timeout", "500ms", "--wait", "-q", "move", "a", "host"}),
          request({"move", "a", "host", "--wait", "-pCOM12", "--quiet", "--timeout=500ms"}),
          request({"move", "--port=COM12", "a", "--timeout=500ms", "host", "-q", "--wait"})}) {
        EXPECT_EQ(found.line, "move a host");
        EXPECT_EQ(found.port, "COM12");
        EXPECT_EQ(found.timeout, 500ms);
        EXPECT_TRUE(found.wait);
        EXPECT_TRUE(found.quiet);
    }
}

TEST(GuestArguments, WaitAMinuteWhenTheyWait)
{
    EXPECT_EQ(request({"--wait", "toggle"}).timeout, 60s);
    EXPECT_EQ(request({"--wait", "--timeout", "2m", "toggle"}).timeout, 120s);
}

TEST(GuestArguments, TakeTheOptionsOfTheCommandLineAsWordsOfTheProtocol)
{
    EXPECT_EQ(request({"move", "a", "--to", "windows", "--yes"}).line, "move a to windows yes=1");
    EXPECT_EQ(request({"move", "a", "--to=windows"}).line, "move a to windows");
    EXPECT_EQ(request({"toggle", "--revert-after", "30s"}).line, "toggle revert-after=30s");
    EXPECT_EQ(request({"move", "a", "host", "--force-disk=sdb"}).line, "move a host force-disk=sdb");
    EXPECT_EQ(complaint({"toggle", "--yes=0"}),
              "there is no option --yes=0; `usbroute-guest --help` lists them");
}

TEST(GuestArguments, PassWhatALaterDaemonMayKnow)
{
    EXPECT_EQ(request({"frobnicate", "now"}).line, "frobnicate now");
    EXPECT_EQ(request({R"({"do":"toggle"})"}).line, R"({"do":"toggle"})");
    EXPECT_EQ(request({"--", "-x"}).line, "-x");
}

// A verb that comes to the protocol must not be taken for a slip of the fingers.
TEST(GuestArguments, PassEveryVerbOfTheProtocol)
{
    for (const auto verb : config::all_verbs()) {
        const auto word = config::text_of(verb);
        EXPECT_EQ(request({word}).line, word);
        EXPECT_EQ(doubt_about(word), "") << word << ": add it to known_verbs";
    }
}

TEST(GuestArguments, TellATypingErrorAtOnce)
{
    EXPECT_EQ(complaint({"togle"}),
              "there is no command togle; did you mean toggle? --raw sends it as it is");
    EXPECT_EQ(request({"--raw", "togle"}).line, "togle");
}

TEST(GuestArguments, HoldOneLineAndNoMore)
{
    EXPECT_EQ(complaint({"toggle\nmove a host"}),
              "toggle\\x0amove a host contains a control character, which the protocol does not allow");
    EXPECT_EQ(complaint({"status", "\x7f"}),
              "status \\x7f contains a control character, which the protocol does not allow");
    EXPECT_EQ(complaint({"status", std::string(wire::longest_line, 'x')}),
              "that is too long: a line of the protocol has at most 4096 bytes");
    EXPECT_EQ(request({"status", std::string(wire::longest_line - 7, 'x')}).line.size(), wire::longest_line);
}

TEST(GuestArguments, SayWhatIsMissing)
{
    EXPECT_EQ(complaint({}), "say what to do: usbroute-guest toggle; `usbroute-guest --help` tells more");
    EXPECT_EQ(complaint({" "}), "say what to do: usbroute-guest toggle; `usbroute-guest --help` tells more");
    EXPECT_EQ(complaint({"toggle", "-p"}), "-p needs a value");
    EXPECT_EQ(complaint({"toggle", "--port="}), "--port needs the name of a port");
    EXPECT_EQ(complaint({"-p", "a", "-p", "b", "toggle"}), "the port was given twice: name one");
    EXPECT_EQ(complaint({"--frob", "toggle"}),
              "there is no option --frob; `usbroute-guest --help` lists them");
    for (const auto* time : {"0", "x", "", "61m", "-1", "99999999999999999999"})
        EXPECT_EQ(complaint({"--timeout", time, "toggle"}),
                  "--timeout " + std::string(time) + ": write a time such as 500ms, 5s or 1m, at most 60m");
}

TEST(GuestArguments, ShowBoxesOnlyWhereThereAreBoxes)
{
    EXPECT_TRUE(request({"--show-errors", "toggle"}, windows_system).show_errors);
    EXPECT_EQ(complaint({"--show-errors", "toggle"}),
              "there is no option --show-errors; `usbroute-guest --help` lists them");
    EXPECT_NE(std::get<TextAsked>(read({"--help"}, windows_system)).text.find("--show-errors"),
              std::string::npos);
    EXPECT_EQ(std::get<TextAsked>(read({"--help"})).text.find("--show-errors"), std::string::npos);
}

TEST(GuestArguments, DoubtAWordThatGotNoAnswer)
{
    EXPECT_EQ(doubt_about("frob now"),
              "frob may be an unknown command, and a guest's line does not answer those");
    EXPECT_EQ(doubt_about("toggle now"), "");
    EXPECT_EQ(doubt_about(R"({"do":"frob"})"), "");
}

TEST(GuestArguments, KnowAfterWhichLineEventsFollow)
{
    EXPECT_TRUE(is_subscription("subscribe"));
    EXPECT_TRUE(is_subscription(R"({"do":"subscribe"})"));
    EXPECT_FALSE(is_subscription("status subscribe"));
    EXPECT_FALSE(is_subscription(R"({"do":"toggle","x":"subscribe"})"));
}

TEST(GuestTcpAddress, IsAnAddressInNumbersAndAPort)
{
    struct Row {
        std::string_view text;
        std::string_view host;
        int port;
    };
    for (const auto& row : std::vector<Row>{{"tcp:127.0.0.1:1410", "127.0.0.1", 1410},
                                            {"tcp:localhost:1", "127.0.0.1", 1},
                                            {"tcp:[::1]:65535", "::1", 65535}}) {
        const auto found = tcp_address_from(row.text);
        ASSERT_TRUE(found) << row.text;
        EXPECT_EQ(found->host, row.host);
        EXPECT_EQ(found->port, row.port);
    }
    for (const auto* wrong :
         {"tcp:", "tcp:127.0.0.1", "tcp:127.0.0.1:", "tcp:127.0.0.1:0", "tcp:127.0.0.1:65536", "tcp::1410",
          "tcp:::1:1410", "tcp:[1.2.3.4]:5", "tcp:[]:5", "/dev/ttyS0"})
        EXPECT_FALSE(tcp_address_from(wrong)) << wrong;
}

} // namespace
} // namespace usbroute::guest
