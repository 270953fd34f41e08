// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "libvirt/answer.hpp"
#include "libvirt/question.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace usbroute::libvirt {
namespace {

TEST(AnswerLine, SaysWhatWasDone)
{
    EXPECT_EQ(answer_line(7, Done{}), "{\"id\":7,\"return\":{}}\n");
    EXPECT_EQ(answer_line(7, Done{.index = 2}), "{\"id\":7,\"return\":{\"index\":2}}\n");
}

TEST(AnswerLine, SaysWhyNothingWasDone)
{
    EXPECT_EQ(
        answer_line(
            7, Refused{.code = Code::in_use, .message = "device 3:7 is in use by driver QEMU, domain linux"}),
        "{\"id\":7,\"error\":{\"code\":\"in-use\",\"message\":\"device 3:7 is in use by driver QEMU, domain linux\"}}\n");
    EXPECT_EQ(answer_line({}, Refused{.code = Code::bad_question, .message = "no id"}),
              "{\"error\":{\"code\":\"bad-question\",\"message\":\"no id\"}}\n");
}

TEST(AnswerLine, IsOneLineOfAsciiWhateverLibvirtSays)
{
    const auto line =
        answer_line(1, Refused{.code = Code::failed,
                               .message = "zwei\nZeilen \xff\x1b[31m \xc3\xa4" + std::string(5000, 'x')});

    EXPECT_EQ(line.find('\n'), line.size() - 1);
    for (const char c : line.substr(0, line.size() - 1)) EXPECT_TRUE(c >= ' ' && c < 0x7f) << int(c);
    EXPECT_LT(line.size(), 3000U);
}

TEST(AnswerLine, TellsWhatADomainHas)
{
    const Looked looked{
        .domain = "win11",
        .state = State::running,
        .uuid = "93db18ad-952c-424d-9c8f-8a5c34c8d425",
        .qemu = "9.2.0",
        .has = {
            .controllers =
                {{.index = 0, .alias = "usb", .model = "qemu-xhci", .usb2_ports = 15, .superspeed_ports = 15},
                 {.index = 1,
                  .alias = "usb1",
                  .model = "ich9-ehci1",
                  .usb2_ports = {},
                  .superspeed_ports = {}}},
            .devices = {{.alias = "ua-usbroute-a", .bus = 3, .device = 7, .guest_bus = 0, .guest_port = "2"},
                        {.alias = "ua-usbroute-b", .guest_bus = {}, .guest_port = {}, .by_descriptor = true}},
            .others = {{.alias = "input0", .type = "tablet", .guest_bus = 0, .guest_port = "1.4"}},
            .functions = {{.alias = "ua-usbroute-pci", .pci = "0000:03:00.0"}},
            .aliases = {},
            .free_root_ports = 2}};

    EXPECT_EQ(
        answer_line(1, looked),
        R"({"id":1,"return":{"domain":"win11","uuid":"93db18ad-952c-424d-9c8f-8a5c34c8d425","state":"running","qemu":"9.2.0",)"
        R"("controllers":[{"index":0,"alias":"usb","model":"qemu-xhci","usb2-ports":15,"superspeed-ports":15},)"
        R"({"index":1,"alias":"usb1","model":"ich9-ehci1"}],)"
        R"("devices":[{"alias":"ua-usbroute-a","bus":3,"device":7,"guest-bus":0,"guest-port":"2"},)"
        R"({"alias":"ua-usbroute-b","bus":0,"device":0,"by":"descriptor"}],)"
        R"("others":[{"alias":"input0","type":"tablet","guest-bus":0,"guest-port":"1.4"}],)"
        R"("pci":[{"alias":"ua-usbroute-pci","pci":"0000:03:00.0"}],"free-root-ports":2}})"
        "\n");
}

TEST(AnswerLine, OfADomainThatDoesNotRunHasNoDevices)
{
    EXPECT_EQ(answer_line(1, Looked{.domain = "nix", .uuid = {}, .qemu = {}, .has = {}}),
              "{\"id\":1,\"return\":{\"domain\":\"nix\",\"state\":\"undefined\"}}\n");
    EXPECT_EQ(
        answer_line(1, Looked{.domain = "a", .state = State::shut_off, .uuid = "u", .qemu = "q", .has = {}}),
        "{\"id\":1,\"return\":{\"domain\":\"a\",\"uuid\":\"u\",\"state\":\"shut-off\"}}\n");
}

TEST(AnswerLine, IsNeverLongerThanALineMayBe)
{
    Looked looked{.domain = "win11", .state = State::running, .uuid = "u", .qemu = "q", .has = {}};
    looked.has.others.resize(4000, {.alias = "a", .type = "tablet", .guest_bus = 0, .guest_port = "1"});

    const auto line = answer_line(1, looked);

    EXPECT_EQ(
        line,
        "{\"id\":1,\"error\":{\"code\":\"failed\",\"message\":\"the domain has more devices than a line can tell\"}}\n");
}

TEST(Events, AreAsTheDocumentHasThem)
{
    EXPECT_EQ(hypervisor_line(true, {}), "{\"event\":\"hypervisor\",\"connected\":true}\n");
    EXPECT_EQ(hypervisor_line(false, "gone"),
              "{\"event\":\"hypervisor\",\"connected\":false,\"why\":\"gone\"}\n");
    EXPECT_EQ(domain_line("win11", State::suspended),
              "{\"event\":\"domain\",\"domain\":\"win11\",\"state\":\"suspended\"}\n");
    EXPECT_EQ(added_line("win11", "a"), "{\"event\":\"added\",\"domain\":\"win11\",\"alias\":\"a\"}\n");
    EXPECT_EQ(removed_line("win11", "a"), "{\"event\":\"removed\",\"domain\":\"win11\",\"alias\":\"a\"}\n");
    EXPECT_EQ(greeting_line("qemu:///system", true, {}),
              "{\"usbroute-libvirt\":1,\"version\":\"" USBROUTE_VERSION
              "\",\"uri\":\"qemu:///system\",\"connected\":true}\n");
}

TEST(Codes, EachHaveAWordOfTheirOwn)
{
    std::set<std::string_view> words;
    for (int code = 0; code <= static_cast<int>(Code::failed); ++code)
        words.insert(word_of(static_cast<Code>(code)));
    EXPECT_EQ(words.size(), static_cast<std::size_t>(Code::failed) + 1);
}

} // namespace
} // namespace usbroute::libvirt
