// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "config/parse.hpp"
#include "fakes/boards.hpp"
#include "report/config_check.hpp"

#include <gtest/gtest.h>

#include <array>

namespace usbroute::report {
namespace {

config::Settings settings_of(std::string text)
{
    const std::array files{config::SourceText{.name = "test.toml", .text = std::move(text)}};
    return std::move(*config::parse(files));
}

std::vector<std::string> misfits(const std::string& text, const topology::Snapshot& snapshot)
{
    std::vector<std::string> messages;
    for (const auto& misfit : check_config(settings_of(text), snapshot, {}).misfits)
        messages.push_back(misfit.message);
    return messages;
}

TEST(ConfigCheck, FindsNothingWrongWithABoardsOwnConfiguration)
{
    const auto machine = fakes::recorded("z97e-itx-ac");

    const auto check = check_config(machine.settings, machine.snapshot, {"usbroute.toml"});

    EXPECT_TRUE(check.misfits.empty());
    EXPECT_TRUE(check.machine_was_seen);
    EXPECT_EQ(check.connectors, 14);
    EXPECT_EQ(check.guests, 1);
}

TEST(ConfigCheck, TellsWhichBitsPortsAndControllersThisMachineLacks)
{
    EXPECT_EQ(
        misfits(
            "[connector.a]\nmux_bit = 14\n[connector.b]\nmux_bit = 20\n[connector.c]\nmux_bit = 3\nsuperspeed = 7\n"
            "[connector.d]\nusb = [\"0000:05:00.0/1\"]\n[connector.e]\nusb = [\"0000:00:14.0/15\"]\n"
            "[guest.g]\ncontrollers = [\"0000:00:1b.0\"]\n",
            fakes::z97()),
        (std::vector<std::string>{
            "connector a: mux_bit = 14 is USB-R, the management engine's port, which is never moved",
            "connector b: mux_bit = 20, but the 9-series chipset routes ports with bits 0 to 13",
            "connector c: superspeed = 7, but the 9-series chipset has SuperSpeed ports 1 to 6",
            "connector d: 0000:05:00.0 is not a USB controller of this machine",
            "connector e: 0000:00:14.0/15: that root hub has ports 1 to 14",
            "guest g: 0000:00:1b.0 is not a USB controller of this machine",
        }));
}

TEST(ConfigCheck, SaysWhichRootPortsAGuestNeedsThatIsGivenItsControllersWhileItRuns)
{
    const std::string guest = "[guest.g]\ncontrollers = [\"0000:00:1d.0\"]\nqmp = \"/run/g.qmp\"\nbind = ";
    const auto said = [&](const char* bind) {
        std::vector<std::string> messages;
        for (const auto& warning : check_config(settings_of(guest + bind + "\n"), fakes::z97(), {}).warnings)
            messages.push_back(warning.message);
        return messages;
    };

    EXPECT_EQ(said("\"boot\""), std::vector<std::string>{});
    EXPECT_EQ(
        said("\"running\""),
        std::vector<std::string>{
            "guest g: it is given 1 controller while it runs, so its machine has to be started with an empty root port; `usbroute guest lines g --qemu` prints it"});
}

TEST(ConfigCheck, NamesAControllerThatTwoGuestsAreToHave)
{
    EXPECT_EQ(
        misfits("[guest.a]\ncontrollers = [\"0000:00:1d.0\"]\n"
                "[guest.b]\ncontrollers = [\"0000:00:1a.0\", \"0000:00:1d.0\"]\n",
                {}),
        std::vector<std::string>{
            "guest b: 0000:00:1d.0 is also given to guest a (test.toml:1:8); give it to only one of them"});
}

std::vector<std::string> warnings(const std::string& text)
{
    std::vector<std::string> messages;
    for (const auto& warning : check_config(settings_of(text), {}, {}).warnings)
        messages.push_back(warning.message);
    return messages;
}

TEST(ConfigCheck, WarnsOfASocketOfWhichHalfIsNotKnownAndOfNoneThatHasOnlyOneHalf)
{
    const auto machine = fakes::recorded("amd-a520m");
    const auto check = check_config(
        settings_of("[connector.a]\nusb = [\"0000:30:00.3/4\"]\n[connector.b]\nusb = [\"0000:02:00.0/5\"]\n"),
        machine.snapshot, {});

    EXPECT_TRUE(check.misfits.empty());
    ASSERT_EQ(check.warnings.size(), 1U);
    EXPECT_EQ(
        check.warnings.front().message,
        "connector a: its SuperSpeed half is not known, so a USB 3 device in it is not moved; `usbroute map` learns it "
        "(the kernel guesses, from equal numbers, that it is 00:08.1/00.3 ss4)");
    EXPECT_TRUE(check_config(machine.settings, machine.snapshot, {}).warnings.empty());
}

TEST(ConfigCheck, WarnsOfAGuestThatKeepsItsSocketsAndCannotCallThemBack)
{
    const std::string guest = "[guest.a]\ncontrollers = [\"0000:00:1d.0\"]\n";
    const std::string line = "[listen.a]\nunix = \"/run/a.sock\"\nguest = \"a\"\n";

    EXPECT_EQ(warnings(guest), std::vector<std::string>{});
    EXPECT_EQ(
        warnings(guest + "when_off = \"stay\"\n"),
        std::vector<std::string>{
            "guest a: its sockets of the mux stay with it when it is gone (when_off = \"stay\"), and it has no line of its own "
            "through which they can be called back; write when_off = \"host\", or add [listen.a] with "
            "unix = \"/run/usbroute/a.sock\", guest = \"a\", allow = [\"toggle\", \"status\", \"confirm\"]"});
    EXPECT_EQ(warnings(guest + "when_off = \"reserve\"\n").size(), 1U);
    EXPECT_EQ(warnings(guest + "when_off = \"stay\"\n" + line + "allow = [\"status\", \"undo\"]\n").size(),
              1U);
    EXPECT_EQ(warnings(guest + "when_off = \"stay\"\n" + line + "allow = [\"move\"]\n").size(), 0U);
}

TEST(ConfigCheck, WarnsThatStayIsForWiresWhereAGuestHasNone)
{
    const std::string guest = "[guest.a]\nqmp = \"/run/a.qmp\"\n";

    EXPECT_EQ(warnings(guest), std::vector<std::string>{});
    EXPECT_EQ(warnings(guest + "when_off = \"reserve\"\n"), std::vector<std::string>{});
    EXPECT_EQ(
        warnings(guest + "when_off = \"stay\"\n"),
        std::vector<std::string>{
            "guest a: when_off = \"stay\" is for sockets of the mux, and this guest has none; write \"host\" or \"reserve\""});
}

TEST(ConfigCheck, KnowsThatOnABoardWithoutTheMuxNoWiresStay)
{
    const auto machine = fakes::recorded("amd-a520m");
    const std::string text =
        "[guest.a]\ncontrollers = [\"0000:30:00.3\"]\nwhen_off = \"stay\"\n[guest.b]\ncontrollers = "
        "[\"0000:02:00.0\"]\nqmp = \"/run/b.qmp\"\nwhen_off = \"stay\"\n";

    const auto check = check_config(settings_of(text), machine.snapshot, {});

    ASSERT_EQ(check.warnings.size(), 1U);
    EXPECT_TRUE(check.warnings.front().message.starts_with(
        "guest b: when_off = \"stay\" is for sockets of the mux, and this guest has none"));
}

TEST(ConfigCheck, NamesThePlaceInTheFile)
{
    const auto check = check_config(settings_of("\n\n[connector.a]\nmux_bit = 20\n"), fakes::z97(), {});

    ASSERT_EQ(check.misfits.size(), 1U);
    EXPECT_TRUE(check.misfits.front().origin.starts_with("test.toml:3:")) << check.misfits.front().origin;
}

TEST(ConfigCheck, SaysThatAMuxBitMeansNothingWithoutAMux)
{
    const auto machine = fakes::recorded("amd-a520m");

    EXPECT_EQ(misfits("[connector.a]\nmux_bit = 1\n", machine.snapshot),
              std::vector<std::string>{"connector a: mux_bit = 1, but this machine has no port mux"});
}

TEST(ConfigCheck, WarnsOfADomainWhoseHelperDoesNotListen)
{
    const auto settings =
        settings_of("[guest.a]\nlibvirt = \"a\"\n[guest.b]\nlibvirt = \"b\"\nuri = \"qemu:///session\"\n"
                    "user = \"alice\"\n");
    ConfigCheck check;

    add_helper_warnings(check, settings, {GuestName("a"), GuestName("b"), GuestName("c")});

    ASSERT_EQ(check.warnings.size(), 2U);
    EXPECT_EQ(check.warnings[0].message,
              "no usbroute-libvirt listens for qemu:///system, so a is given nothing; start it: "
              "sudo systemctl enable --now usbroute-libvirt.socket");
    EXPECT_EQ(check.warnings[1].message,
              "no usbroute-libvirt listens for qemu:///session of user alice, so b is given "
              "nothing; start it: sudo systemctl enable --now usbroute-libvirt@alice.socket");
}

TEST(ConfigCheck, WarnsOfNodesThatAreNeededAndMayNotBeWrittenAndOfNoOthers)
{
    auto snapshot = fakes::z97();
    fakes::controller(snapshot, "0000:00:14.0").device = 0x1234; // no mux
    fakes::plug(snapshot, "3-2", "mouse").number = 6;
    fakes::plug(snapshot, "3-12", "neighbour").number = 7;
    const auto settings = settings_of("\n[connector.a]\nusb = [\"0000:00:14.0/2\", \"0000:00:14.0/ss2\"]\n"
                                      "[guest.g]\ncontrollers = [\"0000:00:1a.0\"]\nqmp = \"/run/g.qmp\"\n");
    std::string asked;
    const auto warnings = [&](std::string_view writable) {
        ConfigCheck check;
        asked.clear();
        add_node_warnings(check, settings, snapshot, [&](const auto& device) -> std::optional<NodeAccess> {
            const auto name = device.path.text();
            asked += name + " ";
            if (name == "usb4") return std::nullopt; // no such node
            return NodeAccess{.path = "/" + name, .is_writable = name == writable};
        });
        std::string text;
        for (const auto& warning : check.warnings) text += warning.origin + ": " + warning.message + "\n";
        return text;
    };

    EXPECT_EQ(
        warnings("usb3"),
        "test.toml:2:12: usbrouted may not write /3-2, which it needs for a; give its group the right to: "
        "`usbroute config udev` prints the udev rules\n");
    EXPECT_EQ(asked, "usb3 3-2 usb4 ");
    EXPECT_EQ(
        warnings("3-2"),
        "test.toml:2:12: usbrouted may not write /usb3, which it needs for a; give its group the right to: "
        "`usbroute config udev` prints the udev rules\n");
    EXPECT_EQ(
        warnings("none of them"),
        "test.toml:2:12: usbrouted may not write /usb3 and 1 other node, which it needs for a; give its group the "
        "right to: `usbroute config udev` prints the udev rules\n");
}

TEST(ConfigCheck, ComparesNothingWhereThereIsNoUsb)
{
    const auto check = check_config(settings_of("[connector.a]\nmux_bit = 1\n"), {}, {});

    EXPECT_FALSE(check.machine_was_seen);
    EXPECT_TRUE(check.misfits.empty());
}

} // namespace
} // namespace usbroute::report
