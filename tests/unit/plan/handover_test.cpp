// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "base/text.hpp"
#include "fakes/boards.hpp"
#include "plan/handover.hpp"

#include <gtest/gtest.h>

#include <functional>
#include <memory>

namespace usbroute::plan {
namespace {

/// The Z97 board, each function in a group of its own, guest windows with both EHCIs, which the host has.
struct HandoverBench {
    HandoverBench()
    {
        for (auto& controller : snapshot.controllers.edit()) {
            controller.iommu_group = controller.address.device;
            look.functions.push_back(
                {.address = controller.address,
                 .vendor = 0x8086,
                 .device = controller.device,
                 .class_code = controller.kind == topology::ControllerKind::xhci ? 0x0c0330u : 0x0c0320u,
                 .driver = controller.driver,
                 .iommu_group = controller.iommu_group});
            look.controllers.push_back({.address = controller.address});
        }
        look.vfio_driver = true;
        fakes::plug_keyboard(snapshot, "3-5");
    }
    void set_driver(std::string_view address, const std::string& driver)
    {
        auto& controller = fakes::controller(snapshot, address);
        controller.driver = driver;
        controller.buses.clear();
        for (auto& function : look.functions)
            if (function.address == controller.address) function.driver = driver;
    }
    chips::PciFunction& add_to_group_of_1d(std::uint32_t class_code, std::string driver)
    {
        look.functions.push_back({.address = *PciAddress::parse("00:1b.0"),
                                  .vendor = 0x8086,
                                  .device = 0x8ca0,
                                  .class_code = class_code,
                                  .driver = std::move(driver),
                                  .iommu_group = 0x1d});
        return look.functions.back();
    }
    HandoverOutcome bind(const BindRequest& request = {.guest = GuestName("windows")}) const
    {
        return plan_bind({snapshot, look, settings, use, holders}, request);
    }
    HandoverOutcome release() const
    {
        return plan_release({snapshot, look, settings, use, holders}, GuestName("windows"));
    }

    topology::Snapshot snapshot = fakes::z97();
    topology::HandoverLook look;
    config::Settings settings = fakes::settings();
    topology::HostUse use;
    topology::HolderLook holders;
};

BindRequest bind_windows(bool yes, bool move_first)
{
    return {.guest = GuestName("windows"), .yes = yes, .move_first = move_first};
}

/// "code: sentence (evidence); remedy", or the lines of the plan.
std::string said(const HandoverOutcome& outcome)
{
    if (const auto* refusal = std::get_if<Refusal>(&outcome)) {
        const std::string code(code_of(refusal->reason));
        EXPECT_FALSE(refusal->evidence.empty() && kind_of(refusal->reason) == ErrorKind::refused) << code;
        EXPECT_FALSE(refusal->remedy.empty()) << code;
        return code + ": " + text_of(*refusal);
    }
    std::string text;
    const auto& handover = std::get<Handover>(outcome);
    for (const auto& move : handover.moves) {
        text += "move";
        for (const auto& connector : move.connectors) text += " " + connector.text();
        text += " to " + std::string(topology::text_of(move.to)) + "\n";
    }
    for (const auto* rebind : handover.rebinds())
        for (const auto& write : rebind->writes) text += shell_line(write) + "\n";
    for (const auto& address : handover.already) text += address.text() + " is so already\n";
    return text;
}

constexpr const char* gives_both = "echo vfio-pci > /sys/bus/pci/devices/0000:00:1d.0/driver_override\n"
                                   "echo 0000:00:1d.0 > /sys/bus/pci/drivers/ehci-pci/unbind\n"
                                   "echo 0000:00:1d.0 > /sys/bus/pci/drivers_probe\n"
                                   "echo vfio-pci > /sys/bus/pci/devices/0000:00:1a.0/driver_override\n"
                                   "echo 0000:00:1a.0 > /sys/bus/pci/drivers/ehci-pci/unbind\n"
                                   "echo 0000:00:1a.0 > /sys/bus/pci/drivers_probe\n";

TEST(Bind, ForcesUnbindsAndProbesEachController) { EXPECT_EQ(said(HandoverBench().bind()), gives_both); }

TEST(Bind, LeavesAloneWhatIsGivenAlready)
{
    HandoverBench bench;
    bench.set_driver("00:1d.0", "vfio-pci");
    bench.set_driver("00:1a.0", "vfio-pci");

    EXPECT_EQ(said(bench.bind()), "0000:00:1d.0 is so already\n0000:00:1a.0 is so already\n");
}

TEST(Bind, UnbindsNothingWhereNoDriverIs)
{
    HandoverBench bench;
    bench.set_driver("00:1d.0", "");
    bench.set_driver("00:1a.0", "vfio-pci");
    bench.look.controllers[2].driver_override = "vfio-pci";

    EXPECT_EQ(said(bench.bind()),
              "echo 0000:00:1d.0 > /sys/bus/pci/drivers_probe\n0000:00:1a.0 is so already\n");
}

TEST(Bind, RefusesAGuestThatTheConfigurationDoesNotHave)
{
    const auto outcome = HandoverBench().bind({.guest = GuestName("mac")});

    EXPECT_EQ(std::get<Refusal>(outcome).reason, Reason::no_such_guest);
    EXPECT_EQ(kind_of(std::get<Refusal>(outcome).reason), ErrorKind::not_found);
}

TEST(Bind, AndReleaseRefuseAGuestThatTakesDevicesAndHasNoControllers)
{
    HandoverBench bench;
    bench.settings.guests.front().controllers.clear();
    bench.settings.guests.front().qmp = "/run/usbroute/windows.qmp";

    constexpr std::string_view no =
        "no-controllers: windows has no controllers to hand over: it takes devices, one by one "
        "(test.toml:9:8: [guest.windows] has qmp and no controllers); "
        "move sockets to it while it runs: usbroute move NAME --to windows";
    EXPECT_EQ(said(bench.bind()), no);
    EXPECT_EQ(said(bench.release()), no);
}

TEST(Bind, RefusesAControllerThatIsNotThere)
{
    HandoverBench bench;
    bench.snapshot.controllers.edit().pop_back();
    bench.look.functions.pop_back();

    EXPECT_EQ(
        said(bench.bind()),
        "controller-not-there: 0000:00:1d.0 is not on the bus (/sys/bus/pci/devices/0000:00:1d.0 does not exist); if firmware hides it, `usbroute doctor` says how to show it; else correct controllers in the configuration: `usbroute status -v` lists those that are there");
}

TEST(Bind, TakesAControllerThatCameBetweenTwoLooksForOneThatIsNotThereYet)
{
    HandoverBench bench;
    bench.snapshot.controllers.edit().pop_back();

    EXPECT_EQ(said(bench.bind()),
              "controller-not-there: 0000:00:1d.0 is appearing on the bus or leaving it right now "
              "(/sys/bus/pci/devices/0000:00:1d.0 was there in only one of two looks); try again");
}

TEST(Bind, RefusesWhatIsNoUsbController)
{
    HandoverBench bench;
    bench.add_to_group_of_1d(0x040300, "snd_hda_intel").iommu_group = 8;
    bench.settings.guests.front().controllers = {*PciAddress::parse("00:1b.0")};

    EXPECT_TRUE(said(bench.bind()).starts_with("not-a-usb-controller: 0000:00:1b.0 is not a USB controller"));
}

TEST(Bind, RefusesWithoutAnIommu)
{
    HandoverBench bench;
    fakes::controller(bench.snapshot, "00:1d.0").iommu_group.reset();

    EXPECT_TRUE(
        said(bench.bind())
            .starts_with("iommu-off: 0000:00:1d.0 is in no IOMMU group, so it cannot be given to a guest"));
}

TEST(Bind, RefusesWithoutVfioPci)
{
    HandoverBench bench;
    bench.look.vfio_driver = false;

    EXPECT_EQ(
        said(bench.bind()),
        "vfio-not-loaded: vfio-pci, which hands controllers to guests, is not loaded (/sys/bus/pci/drivers/vfio-pci does not exist); sudo modprobe vfio-pci; for every boot: a line with vfio-pci in /etc/modules-load.d/usbroute.conf");
}

TEST(Bind, RefusesAGroupThatTheHostUses)
{
    HandoverBench bench;
    bench.add_to_group_of_1d(0x040300, "snd_hda_intel");

    EXPECT_EQ(
        said(bench.bind()),
        "group-shared: 0000:00:1d.0 shares IOMMU group 29 with 0000:00:1b.0, and a group is given away "
        "whole (0000:00:1b.0 (8086:8ca0): the host uses it, by snd_hda_intel); unbind its driver if the "
        "host can do without it: echo 0000:00:1b.0 > /sys/bus/pci/drivers/snd_hda_intel/unbind; a card "
        "can be put into another slot");
}

TEST(Bind, PrintsNoCommandThatUnbindsWhatTheHostCannotDoWithout)
{
    const auto remedy = [](const std::function<void(HandoverBench&, topology::FunctionLoad&)>& change) {
        HandoverBench bench;
        const auto address = bench.add_to_group_of_1d(0x010601, "ahci").address;
        bench.look.loads = {{.address = address}};
        change(bench, bench.look.loads.front());
        return std::get<Refusal>(bench.bind()).remedy;
    };
    const std::vector<topology::BlockName> disk{{.name = "sda", .number = "8:0"},
                                                {.name = "sda2", .number = "8:2"}};

    EXPECT_NE(remedy([](HandoverBench&, auto&) {}).find("echo 0000:00:1b.0 > "), std::string::npos);
    const auto with_root = remedy([&](HandoverBench& bench, auto& load) {
        load.blocks = disk;
        bench.use.mounts = {{.number = "8:2", .source = "/dev/root", .point = "/", .type = "ext4"},
                            {.number = "8:1", .source = "/dev/sda1", .point = "/boot", .type = "vfat"}};
    });
    EXPECT_TRUE(with_root.starts_with("0000:00:1b.0 has sda, / is on it: it cannot be let go; "))
        << with_root;
    const auto with_route = remedy([](HandoverBench&, auto& load) { load.route_carriers = {{"wlp0s20f3"}}; });
    EXPECT_TRUE(with_route.starts_with("0000:00:1b.0 has wlp0s20f3, the default route is on it: it cannot"))
        << with_route;
    const auto with_screen = remedy([](HandoverBench&, auto& load) { load.drives_the_screen = true; });
    EXPECT_TRUE(with_screen.starts_with("0000:00:1b.0 drives the screen: it cannot")) << with_screen;
    const auto with_keyboard = remedy([](HandoverBench& bench, auto&) {
        topology::InputDevice built_in{.name = "I2C keyboard",
                                       .syspath = "sys/devices/pci0000:00/0000:00:1b.0/i2c-1/input/input3"};
        built_in.keys = topology::parse_keys("fffffffe");
        bench.use.inputs = topology::Inputs{.devices = {built_in}, .adapters = {}};
    });
    EXPECT_TRUE(with_keyboard.starts_with("0000:00:1b.0 has the keyboard I2C keyboard: it cannot"))
        << with_keyboard;
    // What is stacked on the disk, swap, and a disk of which nothing is known to be used.
    const auto stacked = remedy([&](HandoverBench& bench, auto& load) {
        load.blocks = disk;
        load.blocks.push_back({.name = "dm-0", .number = "253:0", .mapper_name = "root"});
        bench.use.mounts = {{.number = "0:30", .source = "/dev/mapper/root", .point = "/", .type = "btrfs"}};
        bench.use.swaps = {"/dev/sda2"};
    });
    EXPECT_TRUE(stacked.starts_with("0000:00:1b.0 has sda, / is on it: it cannot")) << stacked;
    const auto swap = remedy([&](HandoverBench& bench, auto& load) {
        load.blocks = disk;
        bench.use.swaps = {"/dev/sda2"};
        bench.use.mounts = {{.number = "8:0", .source = "/dev/sda", .point = "/srv", .type = "ext4"}};
    });
    EXPECT_TRUE(swap.starts_with("0000:00:1b.0 has sda, /srv, swap are on it: it cannot")) << swap;
    const auto idle = remedy([&](HandoverBench&, auto& load) { load.blocks = disk; });
    EXPECT_TRUE(idle.starts_with("0000:00:1b.0 has sda: it cannot")) << idle;
    for (const auto& text : {with_root, with_route, with_screen, with_keyboard, stacked, idle})
        EXPECT_EQ(text.find("unbind"), std::string::npos) << text;
}

TEST(Bind, OffersInsteadOfAHopelessGroupAControllerThatCanBePlanned)
{
    HandoverBench bench;
    const auto address = bench.add_to_group_of_1d(0x010601, "ahci").address;
    bench.look.loads = {{.address = address, .blocks = {{.name = "sda", .number = "8:0"}}}};
    bench.settings.guests.front().controllers = {*PciAddress::parse("00:1d.0")};
    const auto remedy = [&] { return std::get<Refusal>(bench.bind()).remedy; };

    EXPECT_TRUE(remedy().ends_with("; give 0000:00:1a.0 instead, which is alone in its group: controllers = "
                                   "[\"0000:00:1a.0\"] of [guest.windows]"))
        << remedy();
    // The xHCI has the only keyboard, so it comes last, with what is in its way.
    bench.set_driver("00:1a.0", "");
    EXPECT_TRUE(
        remedy().ends_with("of [guest.windows] (in the way then: 0000:00:14.0 has the host's only keyboard: "
                           "Keyboard (1234:5678))"))
        << remedy();
    fakes::controller(bench.snapshot, "00:14.0").iommu_group.reset();
    EXPECT_TRUE(remedy().ends_with("; a USB card in another slot can be given instead")) << remedy();
}

TEST(Bind, NamesAllThatGoTogetherAtOnce)
{
    HandoverBench bench;
    for (auto& controller : bench.snapshot.controllers.edit()) controller.iommu_group = 3;
    for (auto& function : bench.look.functions) function.iommu_group = 3;
    bench.settings.guests.front().controllers = {*PciAddress::parse("00:1d.0")};

    EXPECT_EQ(
        said(bench.bind()),
        "group-shared: 0000:00:1d.0 shares IOMMU group 3 with 0000:00:14.0, 0000:00:1a.0, and a group is "
        "given away "
        "whole (0000:00:14.0 (8086:8cb1): the host uses it, by xhci_hcd; 0000:00:1a.0 (8086:8cad): the host "
        "uses it, "
        "by ehci-pci); give 0000:00:14.0 and 0000:00:1a.0 to the same guest too: add them to controllers of "
        "[guest.windows] (in the way then: 0000:00:14.0 has the host's only keyboard: Keyboard (1234:5678))");
}

TEST(Bind, SaysAsMuchAsAMoveOfWhatLeaves)
{
    HandoverBench bench;
    fakes::bits(bench.snapshot).usb2_owner &= ~0x84u; // keys and bit 7 are on EHCI #1
    auto& hub = fakes::plug(bench.snapshot, "2-1", "Hub");
    hub.vendor = 0x8087;
    hub.hub_ports = 8;
    fakes::plug(bench.snapshot, "2-1.3", "Adapter");
    fakes::plug(bench.snapshot, "2-1.8", "UPS").interfaces.push_back({.device_class = 3, .driver = "usbfs"});
    bench.use.activities = {{.usb = *topology::PortPath::parse("2-1.3"),
                             .what = "network interface eth1 carries the default route"},
                            {.usb = *topology::PortPath::parse("3-5"), .what = "stays"}};

    const auto handover = std::get<Handover>(bench.bind());

    std::string leaving;
    for (const auto& each : handover.leaving) leaving += each.from + ": " + join(each.devices, ", ") + "\n";
    EXPECT_EQ(leaving, "keys: Adapter (1234:5678)\nbit7: UPS (1234:5678)\n");
    EXPECT_EQ(
        join(handover.plan.warnings, "\n"),
        "left to type on: Keyboard (1234:5678)\n"
        "keys takes along Adapter (1234:5678): network interface eth1 carries the default route\n"
        "bit7 takes along UPS (1234:5678): a program holds it through usbfs, as programs that watch a power supply (UPS) do");
}

TEST(Bind, SaysThatNoControllerIsLeftWithTheHost)
{
    HandoverBench bench;
    bench.snapshot.devices.clear();
    bench.set_driver("00:14.0", "vfio-pci"); // the kernel's command line took it

    EXPECT_EQ(join(std::get<Handover>(bench.bind()).plan.warnings, "\n"),
              "the host has no USB controller left: nothing that is plugged in, now or later, belongs to it "
              "(0000:00:14.0 "
              "is on vfio-pci)");
}

TEST(Bind, NamesTheSwitchesOfTheProcessorsMakerForTheIommu)
{
    const auto remedy = [](std::uint16_t vendor) {
        HandoverBench bench;
        fakes::controller(bench.snapshot, "00:1d.0").iommu_group.reset();
        bench.look.functions.push_back(
            {.address = *PciAddress::parse("00:00.0"), .vendor = vendor, .class_code = 0x060000});
        return std::get<Refusal>(bench.bind()).remedy;
    };

    EXPECT_NE(remedy(0x8086).find("intel_iommu=on"), std::string::npos);
    EXPECT_EQ(remedy(0x8086).find("AMD"), std::string::npos);
    for (const auto amd : {std::uint16_t{0x1022}, std::uint16_t{0x1002}}) {
        EXPECT_NE(remedy(amd).find("AMD-Vi"), std::string::npos);
        EXPECT_EQ(remedy(amd).find("intel_iommu"), std::string::npos);
    }
}

TEST(Bind, RefusesAGroupOfWhichAnotherGuestHasAPart)
{
    HandoverBench bench;
    fakes::controller(bench.snapshot, "00:1a.0").iommu_group = 0x1d;
    bench.look.functions[1].iommu_group = 0x1d;
    bench.settings.guests.front().controllers = {*PciAddress::parse("00:1d.0")};
    bench.settings.guests.push_back(
        {.name = GuestName("mac"), .controllers = {*PciAddress::parse("00:1a.0")}});

    EXPECT_TRUE(said(bench.bind()).starts_with("group-shared: "));
    EXPECT_NE(said(bench.bind()).find("guest mac is to have it"), std::string::npos);
}

TEST(Bind, TakesAGroupWhoseOthersGoWithItOrDoNotMatter)
{
    for (const auto& [class_code, driver] : {std::pair{0x060400u, "pcieport"},
                                             {0x060400u, "shpchp"},
                                             {0x040300u, ""},
                                             {0x040300u, "vfio-pci"},
                                             {0x040300u, "pci-stub"}}) {
        HandoverBench bench;
        bench.add_to_group_of_1d(class_code, driver);

        EXPECT_EQ(said(bench.bind()), gives_both) << driver;
    }
    HandoverBench bench;
    fakes::controller(bench.snapshot, "00:1a.0").iommu_group = 0x1d;
    bench.look.functions[1].iommu_group = 0x1d;
    EXPECT_EQ(said(bench.bind()), gives_both);
}

TEST(Bind, RefusesToTakeTheLastKeyboard)
{
    HandoverBench bench;
    bench.snapshot.devices.clear();
    fakes::bits(bench.snapshot).usb2_owner &= ~4u; // keys is on EHCI #1
    fakes::plug_keyboard(bench.snapshot, "2-1.3");

    EXPECT_EQ(
        said(bench.bind()),
        "last-keyboard: 0000:00:1d.0 has the host's only keyboard: Keyboard (1234:5678) (it is in keys, at "
        "2-1.3); move its connector to the other side: --move-first does it for all on that controller; or "
        "say yes: --yes");
    EXPECT_EQ(said(bench.bind(bind_windows(true, false))), gives_both);
    EXPECT_EQ(said(bench.bind(bind_windows(false, true))), std::string("move keys to xhci\n") + gives_both);
}

TEST(Bind, CountsKeyboardsAsAMoveDoes)
{
    HandoverBench bench;
    bench.snapshot.devices.clear();
    fakes::bits(bench.snapshot).usb2_owner &= ~4u;
    fakes::plug_keyboard(bench.snapshot, "2-1.3");
    topology::InputDevice built_in{
        .name = "AT Translated Set 2 keyboard", .syspath = "devices/platform/i8042", .bus = 0x11};
    for (std::size_t key = 1; key <= 31; ++key) built_in.keys.set(key);
    topology::InputDevice button{.name = "Power Button", .syspath = "devices/LNXSYSTM:00", .bus = 0x19};
    button.keys.set(116); // KEY_POWER

    bench.use.inputs = topology::Inputs{.devices = {button}, .adapters = {}};
    EXPECT_TRUE(said(bench.bind()).starts_with("last-keyboard: ")) << said(bench.bind());
    bench.use.inputs = topology::Inputs{.devices = {button, built_in}, .adapters = {}};
    EXPECT_EQ(said(bench.bind()), gives_both);
}

TEST(Bind, DoesNotPromiseToMoveAKeyboardThatFirmwarePins)
{
    HandoverBench bench;
    bench.snapshot.devices.clear();
    fakes::bits(bench.snapshot).usb2_owner &= ~4u;
    fakes::bits(bench.snapshot).usb2_movable &= ~4u;
    fakes::plug_keyboard(bench.snapshot, "2-1.3");

    for (const bool move_first : {false, true})
        EXPECT_TRUE(said(bench.bind(bind_windows(false, move_first)))
                        .ends_with("; plug it into a socket of another controller; or say yes: --yes"));
}

TEST(Bind, RefusesToTakeADiskInUseAlsoWithYes)
{
    HandoverBench bench;
    fakes::plug_disk(bench.snapshot, "1-1.1", "sdb");
    bench.use.mounts.push_back({.number = "8:17", .source = "/dev/sdb1", .point = "/mnt", .type = "ext4"});

    EXPECT_EQ(
        said(bench.bind(bind_windows(true, false))),
        "disk-in-use: 0000:00:1a.0 has disk sdb, which the host uses (sdb > sdb1 > /mnt); unmount it first");
}

TEST(Bind, MovesEverySocketThatTheHostKeepsOnTheOtherSide)
{
    HandoverBench bench;
    fakes::bits(bench.snapshot).usb2_owner = 0x3fff & ~(4u | 0x200u | 2u); // keys, rear, and nameless bit 1

    EXPECT_EQ(said(bench.bind(bind_windows(false, true))),
              std::string("move keys rear bit1 to xhci\n") + gives_both);
}

TEST(Bind, RefusesWhatAMoveOfASocketThatStepsAsideIsRefusedFor)
{
    HandoverBench bench;
    fakes::bits(bench.snapshot).usb2_owner = 0x3fff & ~0x200u; // rear
    fakes::plug_disk(bench.snapshot, "1-1.2", "sdb");
    bench.use.mounts.push_back({.number = "8:17", .source = "/dev/sdb1", .point = "/mnt", .type = "ext4"});

    EXPECT_EQ(
        said(bench.bind(bind_windows(false, true))),
        "disk-in-use: rear holds disk sdb, which the host uses: sdb > sdb1 > /mnt (rear would have to go "
        "to xhci first); unmount it first");
}

TEST(Bind, ListsWhatHangsBehindAHub)
{
    HandoverBench bench;
    fakes::bits(bench.snapshot).usb2_owner = 0x3fff & ~0x200u; // rear
    fakes::plug(bench.snapshot, "1-1.2", "Hub");
    fakes::plug(bench.snapshot, "1-1.2.1", "Camera");

    const auto outcome = bench.bind();

    ASSERT_EQ(std::get<Handover>(outcome).leaving.size(), 1U);
    EXPECT_EQ(std::get<Handover>(outcome).leaving.front().devices.size(), 2U);
}

TEST(Bind, SaysNothingOfKeyboardsWhereNoneLeavesAndNoneIsLeft)
{
    HandoverBench bench;
    bench.snapshot.devices.clear();

    EXPECT_EQ(std::get<Handover>(bench.bind()).plan.warnings, std::vector<std::string>{});
}

TEST(Bind, SaysWhatItMeansToGiveTheXhci)
{
    HandoverBench bench;
    bench.settings.guests.front().controllers = {*PciAddress::parse("00:14.0")};

    const auto outcome = bench.bind(bind_windows(true, false));

    ASSERT_EQ(std::get<Handover>(outcome).plan.warnings.size(), 2U);
    EXPECT_EQ(std::get<Handover>(outcome).plan.warnings.front(), "left to type on: nothing");
    EXPECT_NE(std::get<Handover>(outcome).plan.warnings.back().find(
                  "it can then move every socket at will, whatever usbroute does"),
              std::string::npos);
    EXPECT_EQ(std::get<Handover>(HandoverBench().bind()).plan.warnings,
              std::vector<std::string>{"left to type on: Keyboard (1234:5678)"});
}

TEST(Release, ClearsTheOverrideUnbindsAndProbes)
{
    HandoverBench bench;
    bench.set_driver("00:1d.0", "vfio-pci");
    bench.look.controllers[2].driver_override = "vfio-pci";

    EXPECT_EQ(said(bench.release()), "echo > /sys/bus/pci/devices/0000:00:1d.0/driver_override\n"
                                     "echo 0000:00:1d.0 > /sys/bus/pci/drivers/vfio-pci/unbind\n"
                                     "echo 0000:00:1d.0 > /sys/bus/pci/drivers_probe\n"
                                     "0000:00:1a.0 is so already\n");
}

TEST(Release, OnlyClearsTheOverrideWhereTheHostHasItAlready)
{
    HandoverBench bench;
    bench.look.controllers[2].driver_override = "vfio-pci";

    EXPECT_EQ(said(bench.release()), "echo > /sys/bus/pci/devices/0000:00:1d.0/driver_override\n"
                                     "0000:00:1a.0 is so already\n");
}

TEST(Release, TakesBackWhatIsThereWhereAnotherHasGone)
{
    HandoverBench bench;
    bench.set_driver("00:1a.0", "vfio-pci");
    bench.snapshot.controllers.edit().pop_back();
    bench.look.functions.pop_back();

    const auto outcome = bench.release();

    EXPECT_EQ(said(outcome), "echo 0000:00:1a.0 > /sys/bus/pci/drivers/vfio-pci/unbind\n"
                             "echo 0000:00:1a.0 > /sys/bus/pci/drivers_probe\n");
    EXPECT_EQ(std::get<Handover>(outcome).plan.warnings,
              std::vector<std::string>{"0000:00:1d.0 is not on the bus"});
    bench.settings.guests.front().controllers.pop_back();
    EXPECT_TRUE(said(bench.release()).starts_with("controller-not-there: "));
}

TEST(Release, RefusesWhileAProcessHasTheGroupOpen)
{
    HandoverBench bench;
    bench.set_driver("00:1d.0", "vfio-pci");
    bench.holders.holders = {{.group = 0x1d, .process = 4711, .command = "qemu-system-x86"}};

    EXPECT_EQ(
        said(bench.release()),
        "guest-running: a guest is using 0000:00:1d.0: the kernel would wait until it lets go (process 4711 "
        "(qemu-system-x86) has IOMMU group 29 open); shut the guest down first, or take the controller out "
        "of it (device_del in QEMU's monitor, virsh detach-device)");
}

TEST(Reach, HasTheConnectorsThatCanGoToAController)
{
    HandoverBench bench;
    fakes::bits(bench.snapshot).usb2_movable &= ~4u; // keys stays on xHCI
    const auto board = look_at_board(bench.snapshot, bench.settings);
    const auto names = [&](const char* address) {
        std::string text;
        for (const auto* connector : connectors_within_reach(board, *PciAddress::parse(address)))
            if (!connector->spec.name.text().starts_with("bit")) text += connector->spec.name.text() + " ";
        return text;
    };

    EXPECT_EQ(names("00:1d.0"), "front ");
    EXPECT_EQ(names("00:1a.0"), "rear ");
    EXPECT_EQ(names("00:14.0"), "front keys rear ");
}

} // namespace
} // namespace usbroute::plan
