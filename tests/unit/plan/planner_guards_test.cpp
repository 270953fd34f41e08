// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"
#include "unit/plan/bench.hpp"

#include <gtest/gtest.h>

namespace usbroute::plan {
namespace {

using config::Target;
using topology::Side;

// Invariant 5.
TEST(Plan, Invariant5RefusesToTakeTheLastKeyboard)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    fakes::plug_keyboard(bench.snapshot, "3-3");

    EXPECT_EQ(steps_of(bench.ask(move("keys", windows()))),
              "refused: keys holds the host's only keyboard: Keyboard (1234:5678); try it with a way back "
              "(revert-after=30s), say yes (yes=1), or set may_take_last_keyboard in the profile");
    EXPECT_EQ(refusal_of(bench.ask(move("keys", windows()), true)), "not refused");
}

TEST(Plan, Invariant5CountsAKeyboardBehindAHub)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    fakes::plug(bench.snapshot, "3-3", "Hub");
    fakes::plug_keyboard(bench.snapshot, "3-3.2");

    EXPECT_EQ(refusal_of(bench.ask(move("keys", windows()))), "last-keyboard");
}

TEST(Plan, Invariant5LetsAKeyboardGoWhenAnotherStaysOrTheProfileSaysSo)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    fakes::plug_keyboard(bench.snapshot, "3-3");
    EXPECT_EQ(refusal_of(bench.ask(ApplyRequest{ProfileName("desk")})), "last-keyboard");

    bench.settings.profiles[2].may_take_last_keyboard = true;
    EXPECT_EQ(refusal_of(bench.ask(ApplyRequest{ProfileName("desk")})), "not refused");
    fakes::plug_keyboard(bench.snapshot, "3-1");
    EXPECT_EQ(refusal_of(bench.ask(move("keys", windows()))), "not refused");
}

TEST(Plan, Invariant5LetsTheLastKeyboardGoWhereAWayBackExists)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    fakes::plug_keyboard(bench.snapshot, "3-3");
    const auto away = move("keys", windows());
    EXPECT_EQ(refusal_of(bench.ask(away)), "last-keyboard");
    EXPECT_EQ(refusal_of(bench.ask({.wish = away, .revert_after = std::chrono::seconds(30)})), "not refused");
    EXPECT_EQ(refusal_of(bench.ask({.wish = away, .revert_after = std::chrono::seconds(0)})),
              "last-keyboard");
    // Who may not say yes takes it by no trial either, however long or short.
    for (const auto seconds : {1, 30, 3600})
        EXPECT_EQ(refusal_of(bench.ask(
                      {.wish = away, .revert_after = std::chrono::seconds(seconds), .may_say_yes = false})),
                  "last-keyboard");
}

TEST(Plan, Invariant5SeesTwoKeyboardsLeaveTogether)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    fakes::plug_keyboard(bench.snapshot, "3-3");
    fakes::plug_keyboard(bench.snapshot, "3-6");

    EXPECT_EQ(refusal_of(bench.ask(MoveRequest{{ConnectorName("keys"), ConnectorName("rear")}, windows()})),
              "last-keyboard");
}

TEST(Plan, Invariant5DoesNotMindAKeyboardThatTheHostKeepsOnTheOtherSide)
{
    Bench bench;
    fakes::plug_keyboard(bench.snapshot, "3-3");

    EXPECT_EQ(refusal_of(bench.ask(move("keys", Side::ehci))), "not refused");
}

/// What typing on it sends, as capabilities/key has it.
topology::InputDevice typing(std::string_view place, std::string name)
{
    topology::InputDevice input{
        .name = std::move(name), .syspath = "sys/devices/x/input/input1", .usb = {}, .keys = {}};
    input.usb = topology::PortPath::parse(place);
    input.keys = topology::parse_keys("fffffffe");
    return input;
}

TEST(Plan, Invariant5ListsWhatGoesAndWhatDoesNotCount)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    fakes::plug_keyboard(bench.snapshot, "3-3");
    fakes::plug(bench.snapshot, "3-6", "Receiver");
    topology::InputDevice button{
        .name = "Power Button", .syspath = "sys/devices/x/input/input0", .usb = {}, .keys = {}};
    button.keys = topology::parse_keys("10000000000000 0");
    bench.use.inputs =
        topology::Inputs{.devices = {button, typing("3-3", "A"), typing("3-6", "B")}, .adapters = {}};

    EXPECT_EQ(refusal_of(bench.ask(move("keys", windows()))), "not refused");
    EXPECT_EQ(
        steps_of(bench.ask(MoveRequest{{ConnectorName("keys"), ConnectorName("rear")}, windows()})),
        "refused: keys, rear hold the host's last keyboards: Keyboard (1234:5678), Receiver (1234:5678); "
        "not "
        "counted: Power Button (only a power or sleep button); try it with a way back "
        "(revert-after=30s), say yes (yes=1), or set may_take_last_keyboard in the profile");
}

TEST(Plan, Invariant5CountsABuiltInKeyboardThatStays)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    fakes::plug_keyboard(bench.snapshot, "3-3");
    bench.use.inputs =
        topology::Inputs{.devices = {typing("3-3", "A"), typing("", "AT keyboard")}, .adapters = {}};

    EXPECT_EQ(refusal_of(bench.ask(move("keys", windows()))), "not refused");
}

TEST(Plan, Invariant5KeepsTheAdapterThatTheLastKeyboardHangsOn)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    fakes::plug(bench.snapshot, "3-3", "Adapter");
    auto keyboard = typing("3-3", "MX Keys");
    keyboard.bus = 5;
    bench.use.inputs =
        topology::Inputs{.devices = {keyboard}, .adapters = {topology::PortPath::parse("3-3")}};

    EXPECT_TRUE(
        steps_of(bench.ask(move("keys", windows())))
            .starts_with("refused: keys holds the host's only keyboard: MX Keys (Bluetooth); try it"));
}

TEST(Plan, Invariant5StopsOnlyWhatLosesTheLastOne)
{
    // A mouse goes while there is no keyboard at all: that is no worse than before.
    Bench bench;
    bench.give_ehcis_to_the_guest();
    fakes::plug(bench.snapshot, "3-3", "Mouse");
    bench.use.inputs = topology::Inputs{};

    EXPECT_EQ(refusal_of(bench.ask(move("keys", windows()))), "not refused");
}

TEST(Plan, AsksForTheUseThatCanMakeADifferenceAndForNoMore)
{
    const auto needed = [](std::uint8_t device_class, const char* driver, Target to, bool yes = false) {
        Bench bench;
        bench.give_ehcis_to_the_guest();
        fakes::plug(bench.snapshot, "3-3", "Thing")
            .interfaces.push_back({.number = 0, .device_class = device_class, .driver = driver});
        const auto parts = use_needed(bench.ask(move("keys", std::move(to)), yes));
        std::string text;
        if (parts.disks) text += "disks ";
        if (parts.inputs) text += "inputs ";
        if (parts.network) text += "network ";
        if (parts.sound) text += "sound ";
        if (parts.open_devices) text += "open ";
        return text;
    };

    // HID without a boot protocol: a power supply, a security key.
    EXPECT_EQ(needed(3, "usbhid", windows()), "inputs open ");
    EXPECT_EQ(needed(3, "usbhid", windows(), true), "inputs open "); // to say what is left to type on
    EXPECT_EQ(needed(3, "usbhid", Side::xhci), "");
    EXPECT_EQ(needed(0x0b, "usbfs", windows()), "open ");
    EXPECT_EQ(needed(0x07, "usblp", windows()), "open ");
    EXPECT_EQ(needed(0xff, "xpad", windows(), true), "inputs ");
    EXPECT_EQ(needed(0xff, "r8152", windows(), true), "inputs network open ");
    EXPECT_EQ(needed(1, "snd-usb-audio", windows()), "sound ");
    EXPECT_EQ(needed(0x0e, "uvcvideo", windows()), "open ");
    EXPECT_EQ(needed(0xe0, "btusb", windows()), "inputs network ");
    EXPECT_EQ(needed(9, "hub", windows()), "");

    Bench bench;
    fakes::plug_disk(bench.snapshot, "3-6", "sdb");
    EXPECT_TRUE(use_needed(bench.ask(move("rear", Side::ehci))).disks);
    EXPECT_TRUE(use_needed(bench.ask(move("keys", Side::ehci))).none());
    bench.use.swaps = {"/dev/sdb1"};
    EXPECT_TRUE(use_needed(bench.ask(move("rear", Side::ehci))).disks);
    EXPECT_TRUE(use_needed(bench.ask(move("nothing", Side::ehci))).none());
}

TEST(Plan, AsksNoProcessWhetherItHasAKeyboardOrAMouseOpen)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    fakes::plug_keyboard(bench.snapshot, "3-3");

    EXPECT_FALSE(use_needed(bench.ask(move("keys", windows()), true)).open_devices);
    EXPECT_TRUE(use_needed(bench.ask(move("keys", windows()), true)).inputs);
}

TEST(Plan, SaysWhatIsLeftToTypeOnWhenAKeyboardGoes)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    fakes::plug_keyboard(bench.snapshot, "3-3");
    fakes::plug(bench.snapshot, "3-6", "Mouse With Keys");
    auto mouse = typing("3-6", "B");
    mouse.moves_pointer = true;
    const auto warned = [&](std::vector<topology::InputDevice> inputs, const char* connector) {
        bench.use.inputs = topology::Inputs{.devices = std::move(inputs), .adapters = {}};
        return join(std::get<Plan>(bench.ask(move(connector, windows()), true)).warnings, "\n");
    };

    EXPECT_EQ(warned({typing("3-3", "A")}, "keys"), "left to type on: nothing");
    EXPECT_EQ(warned({typing("3-3", "A"), typing("", "AT keyboard")}, "keys"),
              "left to type on: AT keyboard (PS/2 or built in)");
    EXPECT_EQ(warned({typing("3-3", "A"), mouse}, "keys"),
              "left to type on: only doubtful ones: Mouse With Keys (1234:5678) (it moves a pointer too, as "
              "a mouse that "
              "claims every key)");
    EXPECT_EQ(warned({typing("3-3", "A"), mouse}, "rear"), "left to type on: Keyboard (1234:5678)");
    EXPECT_EQ(warned({typing("3-3", "A")}, "rear"), ""); // no keyboard goes
}

TEST(Plan, SaysWhatIsLeftToTypeOnAlsoWhereAGuestCanCallTheKeyboardBack)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    bench.lines = {
        {.name = ListenerName("windows"), .guest = GuestName("windows"), .allow = {config::Verb::move}}};
    fakes::plug_keyboard(bench.snapshot, "3-3");

    EXPECT_EQ(std::get<Plan>(bench.ask(move("keys", windows()))).warnings,
              std::vector<std::string>{"left to type on: nothing"});
}

TEST(Plan, Invariant5IsNotSatisfiedByADoubtfulKeyboardThatStays)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    fakes::plug_keyboard(bench.snapshot, "3-3");
    fakes::plug(bench.snapshot, "3-6", "Receiver");
    auto mouse = typing("3-6", "B");
    mouse.has_lights = false;
    bench.use.inputs = topology::Inputs{.devices = {typing("3-3", "A"), mouse}, .adapters = {}};

    EXPECT_TRUE(
        steps_of(bench.ask(move("keys", windows())))
            .starts_with(
                "refused: keys holds the host's only keyboard: Keyboard (1234:5678); left to type on: "
                "only doubtful ones: Receiver (1234:5678) (it claims every key and has no Caps Lock "
                "light, as mice, pads and scanners do); try it"));
    EXPECT_EQ(refusal_of(bench.ask(move("keys", windows()), true)), "not refused");
}

TEST(Plan, WarnsOfWhatAProgramHoldsThroughUsbfsAndNamesItIfItCan)
{
    Bench bench;
    fakes::plug(bench.snapshot, "3-3", "UPS")
        .interfaces.push_back({.number = 0, .device_class = 3, .driver = "usbfs"});

    EXPECT_EQ(
        std::get<Plan>(bench.ask(move("keys", Side::ehci))).warnings,
        std::vector<std::string>{
            "keys takes along UPS (1234:5678): a program holds it through usbfs, as programs that watch a power supply (UPS) do"});
    bench.use.activities = {{.usb = *topology::PortPath::parse("3-3"),
                             .what = "usbfs /dev/bus/usb/003/005 is open in process 812 (upsd)"}};
    EXPECT_EQ(
        std::get<Plan>(bench.ask(move("keys", Side::ehci))).warnings,
        std::vector<std::string>{
            "keys takes along UPS (1234:5678): usbfs /dev/bus/usb/003/005 is open in process 812 (upsd)"});
}

TEST(Plan, WarnsOfWhatIsInUseAndGoesAlong)
{
    Bench bench;
    fakes::plug(bench.snapshot, "3-3", "Headset");
    bench.use.activities = {{.usb = *topology::PortPath::parse("3-3"), .what = "sound card1 is being played"},
                            {.usb = *topology::PortPath::parse("3-6"), .what = "never mind"}};

    const auto outcome = bench.ask(move("keys", Side::ehci));

    EXPECT_EQ(std::get<Plan>(outcome).warnings,
              std::vector<std::string>{"keys takes along Headset (1234:5678): sound card1 is being played"});
}

// Invariant 6.
TEST(Plan, Invariant6RefusesToMoveADiskInUseUntilForcedByName)
{
    Bench bench;
    fakes::plug_disk(bench.snapshot, "3-6", "sdb");
    bench.use.mounts.push_back({.number = "8:17", .source = "/dev/sdb1", .point = "/mnt", .type = "ext4"});

    EXPECT_EQ(steps_of(bench.ask(move("rear", Side::ehci))),
              "refused: rear holds disk sdb, which the host uses: sdb > sdb1 > /mnt; unmount it, or force it "
              "by name: force-disk=sdb");
    EXPECT_EQ(refusal_of(bench.ask(move("rear", Side::ehci), true)), "disk-in-use");
    EXPECT_EQ(refusal_of(bench.ask(move("rear", Side::ehci), false, {"sdc"})), "disk-in-use");
    EXPECT_EQ(refusal_of(bench.ask(move("rear", Side::ehci), false, {"sdb"})), "not refused");
    EXPECT_EQ(refusal_of(bench.ask(move("keys", Side::ehci))), "not refused");
}

TEST(Plan, Invariant6RefusesToMoveADiskThatTheKernelSaysIsClaimed)
{
    Bench bench;
    fakes::plug_disk(bench.snapshot, "3-6", "sdb");
    bench.use.claims = {.answer = topology::ClaimsAnswer::given,
                        .claims = {{.block = "sdb", .state = topology::ClaimState::claimed},
                                   {.block = "sdb1", .state = topology::ClaimState::claimed}}};

    EXPECT_EQ(steps_of(bench.ask(move("rear", Side::ehci))),
              "refused: rear holds disk sdb, which the host uses: sdb > sdb1 > claimed by the kernel (a file "
              "system, RAID, "
              "LVM, swap or pool that is not in the mount list, or a program that opened it exclusively); "
              "unmount it, or "
              "force it by name: force-disk=sdb");
    EXPECT_EQ(refusal_of(bench.ask(move("rear", Side::ehci), true)), "disk-in-use");
    EXPECT_EQ(refusal_of(bench.ask(move("rear", Side::ehci), false, {"sdb"})), "not refused");
    EXPECT_EQ(refusal_of(bench.ask(move("keys", Side::ehci))), "not refused");
}

TEST(Plan, WarnsWhereNobodyCouldAskTheKernelAboutADiskThatGoes)
{
    Bench bench;
    fakes::plug_disk(bench.snapshot, "3-6", "sdb");
    bench.use.claims = {.answer = topology::ClaimsAnswer::absent, .why = "usbroute-claims is not running"};

    EXPECT_EQ(std::get<Plan>(bench.ask(move("rear", Side::ehci))).warnings,
              std::vector<std::string>{
                  "whether a pool, an external journal, a container or a program has claimed the disk "
                  "cannot be seen: usbroute-claims is not running"});
    EXPECT_TRUE(std::get<Plan>(bench.ask(move("keys", Side::ehci))).warnings.empty());
}

TEST(Plan, Invariant6SeesADiskOnTheSuperSpeedHalf)
{
    Bench bench;
    fakes::plug_disk(bench.snapshot, "4-1", "sdb");
    bench.use.swaps = {"/dev/sdb1"};

    EXPECT_EQ(refusal_of(bench.ask(move("front", Side::ehci))), "disk-in-use");
}

TEST(Plan, Invariant6IsLiftedOnlyByTheNameOfTheWholeDisk)
{
    Bench bench;
    fakes::plug_disk(bench.snapshot, "3-6", "sdb");
    bench.snapshot.blocks.edit()[1].holders = {"dm-0"};
    bench.snapshot.blocks.push_back(
        {.name = "dm-0", .number = "253:0", .whole_disk = "dm-0", .mapper_name = "luks-home"});
    bench.use.mounts.push_back(
        {.number = "253:0", .source = "/dev/mapper/luks-home", .point = "/home", .type = "ext4"});
    const auto forced = [&](std::string name) {
        return refusal_of(bench.ask(move("rear", Side::ehci), true, {std::move(name)}));
    };

    EXPECT_TRUE(
        steps_of(bench.ask(move("rear", Side::ehci)))
            .starts_with("refused: rear holds disk sdb, which the host uses: sdb > sdb1 > dm-0 (luks-home) > "
                         "/home; unmount it"));
    for (const auto* name : {"sdb1", "dm-0", "luks-home", "/home", "/dev/sdb", ""})
        EXPECT_EQ(forced(name), "disk-in-use") << name;
    EXPECT_EQ(forced("sdb"), "not refused");
}

TEST(Plan, Invariant6SeesADiskBehindAHub)
{
    Bench bench;
    fakes::plug(bench.snapshot, "3-6", "Hub");
    fakes::plug_disk(bench.snapshot, "3-6.1", "sdb");
    bench.use.swaps = {"/dev/sdb1"};

    EXPECT_EQ(refusal_of(bench.ask(move("rear", Side::ehci))), "disk-in-use");
}

// Invariant 6.
TEST(Plan, Invariant6KeepsAMountedDiskBehindAHubThatTheLookDidNotSee)
{
    Bench bench;
    fakes::plug_disk(bench.snapshot, "3-3.2.1", "sdb");
    bench.use.mounts = {{.number = "8:17", .source = "/dev/sdb1", .point = "/mnt", .type = "vfat"}};
    bench.snapshot.devices.clear();

    EXPECT_EQ(refusal_of(bench.ask(move("keys", topology::Side::ehci))), "disk-in-use");
    EXPECT_EQ(refusal_of(bench.ask(move("rear", topology::Side::ehci))), "not refused");
}

// Invariant 5.
TEST(Plan, Invariant5KeepsAKeyboardBehindAHubThatTheLookDidNotSee)
{
    Bench bench;
    bench.give_ehcis_to_the_guest();
    topology::InputDevice keyboard{.name = "Keyboard", .usb = topology::PortPath::parse("3-3.4"), .bus = 3};
    keyboard.keys.set();
    bench.use.inputs = topology::Inputs{.devices = {keyboard}, .adapters = {}};

    EXPECT_EQ(refusal_of(bench.ask(move("keys", windows()))), "last-keyboard");
    EXPECT_EQ(refusal_of(bench.ask(move("rear", windows()))), "not refused");
}

TEST(Plan, WarnsOfWhatIsInUseBehindAHubThatTheLookDidNotSee)
{
    Bench bench;
    bench.use.activities = {
        {.usb = *topology::PortPath::parse("3-3.4"), .what = "eth1 carries the default route"}};

    const auto outcome = bench.ask(move("keys", topology::Side::ehci));

    ASSERT_EQ(std::get<Plan>(outcome).warnings,
              std::vector<std::string>{"keys takes along 3-3.4: eth1 carries the default route"});
}

} // namespace
} // namespace usbroute::plan
