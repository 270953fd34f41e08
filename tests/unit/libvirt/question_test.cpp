// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "libvirt/question.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace usbroute::libvirt {
namespace {

constexpr const char* whole_attach =
    R"({"id": 7, "do": "attach", "domain": "win11", "alias": "ua-usbroute-3-2.1-7", "bus": 3, "device": 7, "guest-bus": 1, "guest-port": 2})";

BadQuestion bad(const std::string& line)
{
    const auto heard = read_question(line);
    const auto* const found = std::get_if<BadQuestion>(&heard);
    return found == nullptr ? BadQuestion{.id = {}, .message = "it is not bad: " + line} : *found;
}

TEST(Question, HasWhatTheLineSays)
{
    const auto heard = read_question(whole_attach);

    EXPECT_EQ(heard, Heard(Question{.id = 7,
                                    .verb = Verb::attach,
                                    .domain = "win11",
                                    .alias = Alias::from("ua-usbroute-3-2.1-7"),
                                    .bus = 3,
                                    .device = 7,
                                    .guest_bus = 1,
                                    .guest_port = 2}));
}

TEST(Question, IsReadForEveryVerbOfTheDocument)
{
    const std::vector<std::pair<std::string, Verb>> lines = {
        {R"({"id":1,"do":"watch","domain":"a"})", Verb::watch},
        {R"({"id":1,"do":"look","domain":"a"})", Verb::look},
        {R"({"id":1,"do":"attach-descriptor","domain":"a","alias":"ua-usbroute-b","guest-bus":0,"guest-port":1})",
         Verb::attach_descriptor},
        {R"({"id":1,"do":"attach-descriptor","domain":"a","alias":"ua-usbroute-b","guest-bus":0,"guest-port":1,"bus":1,"device":2})",
         Verb::attach_descriptor},
        {R"({"id":1,"do":"detach","domain":"a","alias":"ua-usbroute-b"})", Verb::detach},
        {R"({"id":1,"do":"add-usb-controller","domain":"a","alias":"ua-usbroute-b"})",
         Verb::add_usb_controller},
        {R"({"id":1,"do":"attach-controller","domain":"a","alias":"ua-usbroute-b","pci":"0000:03:00.0"})",
         Verb::attach_controller},
        {R"({"id":1,"do":"detach-controller","domain":"a","alias":"ua-usbroute-b"})",
         Verb::detach_controller},
        {R"({"id":1,"do":"start","domain":"a"})", Verb::start},
        {R"({"id":1,"do":"resume","domain":"a"})", Verb::resume},
    };
    for (const auto& [line, verb] : lines) {
        const auto heard = read_question(line);

        ASSERT_TRUE(std::holds_alternative<Question>(heard)) << line << bad(line).message;
        EXPECT_EQ(std::get<Question>(heard).verb, verb) << line;
    }
}

TEST(Question, CutAnywhereIsNone)
{
    const std::string whole = whole_attach;
    for (std::size_t length = 0; length < whole.size(); ++length)
        EXPECT_EQ(read_question(whole.substr(0, length)), Heard(NoQuestion{})) << length;
}

TEST(Question, IsNoneWhereTheLineIsNoObject)
{
    for (const std::string line : {"", " ", "7", "[]", "null", "\"id\"", "{", "{}}", "{\"id\":1}{\"id\":2}",
                                   "\xff\xfe", "GET / HTTP/1.1"})
        EXPECT_EQ(read_question(line), Heard(NoQuestion{})) << line;
    EXPECT_EQ(read_question("{\"id\":1,\"do\":\"" + std::string(longest_libvirt_line, 'x') + "\"}"),
              Heard(NoQuestion{}));
    EXPECT_EQ(read_question("{\"id\":" + std::string(20000, '[') + std::string(20000, ']') + "}"),
              Heard(NoQuestion{}));
}

TEST(Question, IsRefusedForWhatIsNotExactlyAsItShouldBe)
{
    const std::vector<std::pair<std::string, std::string>> lines = {
        {R"({"id":1,"do":"fly","domain":"a"})", "\"do\" has to be one of watch"},
        {R"({"id":1,"domain":"a"})", "\"do\" has to be one of watch"},
        {R"({"id":1,"do":"look"})", "\"domain\" is missing"},
        {R"({"id":1,"do":"look","domain":""})", "\"domain\" is wrong"},
        {R"({"id":1,"do":"look","domain":7})", "\"domain\" is wrong"},
        {R"({"id":1,"do":"look","domain":"a\nb"})", "\"domain\" is wrong"},
        {R"({"id":1,"do":"look","domain":"a","alias":"ua-usbroute-b"})", "\"look\" has no \"alias\""},
        {R"({"id":1,"do":"look","domain":"a","Domain":"b"})", "\"look\" has no \"Domain\""},
        {R"({"id":1,"do":"look","domain":"a","domain":"b"})", "\"domain\" is there twice"},
        {R"({"id":1,"do":"detach","domain":"a","alias":"hostdev0"})", "\"alias\" is wrong"},
        {R"({"id":1,"do":"detach","domain":"a","alias":"ua-front"})", "\"alias\" is wrong"},
        {R"({"id":1,"do":"detach","domain":"a","alias":"ua-usbroute"})", "\"alias\" is wrong"},
        {R"({"id":1,"do":"detach","domain":"a","alias":"ua-usbroute-3_1"})", "\"alias\" is wrong"},
        {R"({"id":1,"do":"detach","domain":"a","alias":"ua-usbroute-'/><x y='"})", "\"alias\" is wrong"},
        {R"({"id":1,"do":"attach-controller","domain":"a","alias":"ua-usbroute-b","pci":"3:0.0' x='"})",
         "\"pci\" is wrong"},
        {R"({"id":1,"do":"attach-descriptor","domain":"a","alias":"ua-usbroute-b","guest-bus":0,"guest-port":0})",
         "\"guest-port\" is wrong: a number from 1 to 255"},
        {R"({"id":1,"do":"attach-descriptor","domain":"a","alias":"ua-usbroute-b","guest-bus":-1,"guest-port":1})",
         "\"guest-bus\" is wrong: a number from 0 to 255"},
        {R"({"id":1,"do":"attach-descriptor","domain":"a","alias":"ua-usbroute-b","guest-bus":"0","guest-port":1})",
         "\"guest-bus\" is wrong"},
        {R"({"id":1,"do":"attach-descriptor","domain":"a","alias":"ua-usbroute-b","guest-bus":0,"guest-port":1.0})",
         "\"guest-port\" is wrong"},
    };
    for (const auto& [line, message] : lines) {
        const auto found = bad(line);

        EXPECT_EQ(found.id, 1U) << line;
        EXPECT_TRUE(found.message.starts_with(message)) << line << " -> " << found.message;
    }
}

TEST(Question, WithoutAnIdThatCanBeAnsweredHasNone)
{
    for (const std::string id : {"0", "-1", "1.5", "\"1\"", "null", "[1]", "9007199254740992", "1e3"})
        EXPECT_EQ(bad(R"({"do":"look","domain":"a","id":)" + id + "}").id, std::nullopt) << id;
    EXPECT_EQ(bad(R"({"do":"fly","id":9007199254740991})").id, greatest_id);
}

TEST(Question, ThatIsBadStillHasTheFileThatCameWithIt)
{
    EXPECT_TRUE(bad(R"({"id":1,"do":"attach-descriptor","domain":"a"})").has_file);
    EXPECT_TRUE(bad(R"({"do":"attach-descriptor","domain":"a"})").has_file);
    EXPECT_FALSE(bad(R"({"id":1,"do":"attach","domain":"a"})").has_file);
}

TEST(Alias, IsAnIdOfTheDaemonsBehindTheMarkOfAUsersOwn)
{
    EXPECT_TRUE(Alias::from("ua-usbroute-3-2.1-7"));
    EXPECT_TRUE(Alias::from("ua-usbroute0"));
    EXPECT_TRUE(Alias::from("ua-usbroute-" + std::string(63, 'x')));
    EXPECT_FALSE(Alias::from("ua-usbroute-" + std::string(64, 'x')));
    EXPECT_FALSE(Alias::from("ua-usbroute"));
    EXPECT_FALSE(Alias::from("ua-usbroute-3-2_1-7"));
    EXPECT_FALSE(Alias::from("usbroute-a"));
    EXPECT_FALSE(Alias::from(""));
}

TEST(Alias, HasAMarkThatLibvirtTakesInThePlaceOfADot)
{
    EXPECT_EQ(Alias::from("ua-usbroute-3-2.1-7")->in_libvirt(), "ua-usbroute-3-2_1-7");
    EXPECT_EQ(alias_from_libvirt("ua-usbroute-3-2_1-7"), "ua-usbroute-3-2.1-7");
    // Whose it is not stays as it is.
    EXPECT_EQ(alias_from_libvirt("ua-front_1"), "ua-front_1");
    EXPECT_EQ(alias_to_libvirt("pcie.0"), "pcie.0");
}

} // namespace
} // namespace usbroute::libvirt
