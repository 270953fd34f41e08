// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/boards.hpp"
#include "report/json.hpp"
#include "report/picture.hpp"
#include "report/text.hpp"
#include "report/views.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace usbroute::report {
namespace {

const Style plain{.colour = false, .unicode = false, .width = 80};

std::string shown(const topology::Snapshot& snapshot, const topology::HostUse& use = {},
                  Detail detail = Detail::brief)
{
    return status_text(status_view(snapshot, fakes::settings(), use), plain, detail);
}

void give_ehcis_away(topology::Snapshot& snapshot)
{
    for (const auto* address : {"00:1a.0", "00:1d.0"}) {
        auto& ehci = fakes::controller(snapshot, address);
        ehci.driver = "vfio-pci";
        ehci.buses.clear();
    }
}

TEST(Status, ShowsOwnerSideAndWhatIsPluggedIn)
{
    auto snapshot = fakes::z97();
    fakes::plug_keyboard(snapshot, "3-3");

    EXPECT_EQ(shown(snapshot), "profile all-host | the host has all 3 connectors | 9-series chipset\n"
                               "\n"
                               "CONNECTOR  OWNER  SIDE  PLUGGED IN\n"
                               "front      host   xHCI  -\n"
                               "keys       host   xHCI  Keyboard (1234:5678)\n"
                               "rear       host   xHCI  -\n");
}

TEST(Status, SaysThatAGuestsSocketCannotBeSeenFromHere)
{
    auto snapshot = fakes::z97();
    give_ehcis_away(snapshot);
    fakes::bits(snapshot).usb2_owner = 0x3ffb;

    EXPECT_EQ(shown(snapshot), "profile on-ehci | the host has 2, windows 1 | 9-series chipset\n"
                               "\n"
                               "CONNECTOR  OWNER    SIDE  PLUGGED IN\n"
                               "front      host     xHCI  -\n"
                               "keys       windows  EHCI  not visible from here\n"
                               "rear       host     xHCI  -\n");
}

TEST(Status, NamesWhatIsBehindAHubAndNotTheHub)
{
    auto snapshot = fakes::z97();
    fakes::plug(snapshot, "3-3", "Hub").hub_ports = 4;
    fakes::plug(snapshot, "3-3.1", "Camera");
    fakes::plug(snapshot, "3-3.2", "Printer");
    fakes::plug(snapshot, "3-6", "Empty Hub").hub_ports = 4;

    const auto text = shown(snapshot);

    EXPECT_NE(text.find("keys       host   xHCI  Camera (1234:5678), +1 behind a hub\n"), std::string::npos)
        << text;
    EXPECT_NE(text.find("rear       host   xHCI  Empty Hub (1234:5678), nothing behind it\n"),
              std::string::npos)
        << text;
}

TEST(Status, SaysWhichDiskIsInUseBeforeAnythingElse)
{
    auto snapshot = fakes::z97();
    fakes::plug(snapshot, "3-1", "Hub").hub_ports = 4;
    fakes::plug(snapshot, "3-1.1", "Camera");
    fakes::plug_disk(snapshot, "3-1.2", "sdb");
    const topology::HostUse use{
        .mounts = {{"8:17", "/dev/sdb1", "/mnt/photos", "ext4"}}, .swaps = {}, .btrfs = {}, .zfs_pools = {}};

    const auto text = shown(snapshot, use);

    EXPECT_NE(text.find("Flash Disk, sdb mounted on /mnt/photos, +1 behind a hub\n"), std::string::npos)
        << text;
}

TEST(Status, KeepsTheUseOfADiskWhereTheNameMustBeCut)
{
    auto snapshot = fakes::z97();
    fakes::plug_disk(snapshot, "3-1", "sdb");
    auto device = std::make_shared<topology::Device>(**snapshot.devices.begin());
    device->product_name = "A Disk With A Name That Goes On And On";
    snapshot.devices.put(3, {device});
    const topology::HostUse use{
        .mounts = {{"8:17", "/dev/sdb1", "/mnt/photos", "ext4"}}, .swaps = {}, .btrfs = {}, .zfs_pools = {}};

    const auto text = shown(snapshot, use);

    EXPECT_NE(text.find("A Disk With A Name That G..., sdb mounted on /mnt/photos\n"), std::string::npos)
        << text;
}

TEST(Status, ShowsAnUnnamedSocketOnlyWithSomethingInIt)
{
    auto snapshot = fakes::z97();
    fakes::plug(snapshot, "3-9", "Camera");

    const auto text = shown(snapshot);

    EXPECT_NE(text.find("bit4       host   xHCI  Camera (1234:5678)\n"), std::string::npos) << text;
    EXPECT_EQ(text.find("bit5"), std::string::npos) << text;
}

TEST(Status, LetsADeviceTellTheSideWhereRegistersCannotBeRead)
{
    auto snapshot = fakes::z97();
    snapshot.note_registers(*PciAddress::parse("00:14.0"), topology::Unreadable{});
    fakes::plug(snapshot, "3-3", "Camera");

    const auto view = status_view(snapshot, fakes::settings(), {});

    EXPECT_EQ(
        view.unreadable,
        "cannot read the routing registers of 0000:00:14.0: the kernel shows only its first 64 bytes to a process without CAP_SYS_ADMIN; run it as root, or ask the daemon");
    EXPECT_EQ(status_text(view, plain, Detail::brief),
              "no profile in force | the host has 1, 2 unknown | 9-series chipset\n"
              "\n"
              "CONNECTOR  OWNER    SIDE  PLUGGED IN\n"
              "front      unknown  -     -\n"
              "keys       host     xHCI  Camera (1234:5678)\n"
              "rear       unknown  -     -\n");
}

TEST(Status, NotesAHiddenEhciAndAnEmptyMask)
{
    auto snapshot = fakes::z97();
    std::erase_if(snapshot.controllers.edit(), [](const auto& c) { return c.device == 0x8cad; });
    fakes::bits(snapshot).usb2_movable = 0;

    const auto view = status_view(snapshot, fakes::settings(), {});

    EXPECT_EQ(
        view.notes,
        (std::vector<std::string>{
            "EHCI #2 (8086:8cad, normally 00:1a.0) is not on the bus: firmware hides it, or there is none; set its xHCI mode to Auto, Smart Auto or Manual",
            "firmware lets no socket move (XUSB2PRM is 0); look for an xHCI mode or USB 3 mode option in its set-up"}));
}

TEST(Status, SaysThatAGuestWithTheXhciCanMoveThingsItself)
{
    auto snapshot = fakes::z97();
    fakes::controller(snapshot, "00:14.0").driver = "vfio-pci";

    const auto view = status_view(snapshot, fakes::settings(), {});

    EXPECT_EQ(
        view.notes,
        std::vector<std::string>{
            "a guest has xHCI 0000:00:14.0: it can change the routes at any time, and owners are what the registers say now"});
    EXPECT_EQ(view.connectors.front().owner, "unknown-guest");
}

TEST(Status, CountsWhatIsPluggedInElsewhereAndLeavesTheRateMatchingHubsOut)
{
    auto snapshot = fakes::z97();
    fakes::plug(snapshot, "1-1", "Rate Matching Hub").hub_ports = 6;
    fakes::plug(snapshot, "2-2", "Card Reader");

    const auto view = status_view(snapshot, fakes::settings(), {});

    ASSERT_EQ(view.elsewhere.size(), 1U);
    EXPECT_EQ(view.elsewhere.front().name, "Card Reader (1234:5678)");
    EXPECT_NE(
        status_text(view, plain, Detail::brief).find("\n1 more device in no known connector; -v lists it\n"),
        std::string::npos);
}

TEST(Status, ShowsHostileNamesWithoutObeyingThem)
{
    auto snapshot = fakes::z97();
    fakes::plug(snapshot, "3-3", "\x1b[2J\nroot host xHCI\x7f\xff");

    const auto text = shown(snapshot);

    EXPECT_EQ(std::ranges::count(text, '\n'), 6) << text;
    EXPECT_EQ(text.find('\x1b'), std::string::npos);
    EXPECT_NE(text.find("\\x1b[2J\\x0aroot host xHCI\\x7f\\xff"), std::string::npos) << text;
}

TEST(Status, ShowsEveryDeviceWithItsPlaceWhenAskedForMore)
{
    auto snapshot = fakes::z97();
    fakes::plug(snapshot, "3-3", "Hub").hub_ports = 4;
    fakes::plug_keyboard(snapshot, "3-3.1");
    auto view = status_view(snapshot, fakes::settings(), {});
    std::erase_if(view.connectors, [](const auto& c) { return !c.named; });

    EXPECT_EQ(status_text(view, {.width = 100}, Detail::full),
              "profile all-host | the host has all 3 connectors | 9-series chipset\n"
              "\n"
              "CONNECTOR  OWNER  SIDE  BIT  XHCI  EHCI  SS    PLUGGED IN\n"
              "front      host   xHCI    0     1  #1.1  1 on  -\n"
              "keys       host   xHCI    2     3  #1.3  -     3-3 Hub (1234:5678), 480M\n"
              "                                                3-3.1 Keyboard (1234:5678), keyboard, 480M\n"
              "rear       host   xHCI    9     6  #2.2  -     -\n"
              "\n"
              "CONTROLLER    KIND  ID         DRIVER    OWNER  GROUP  BUSES\n"
              "0000:00:14.0  xHCI  8086:8cb1  xhci_hcd  host       -  3, 4\n"
              "0000:00:1a.0  EHCI  8086:8cad  ehci-pci  host       -  1\n"
              "0000:00:1d.0  EHCI  8086:8ca6  ehci-pci  host       -  2\n");
}

TEST(Status, HasWordsForAMachineWithoutUsb)
{
    const auto view = status_view({}, {}, {});

    EXPECT_EQ(status_text(view, plain, Detail::brief),
              "no port mux\n\nnote: this machine has no USB controller\n");
}

TEST(Status, NotesThatThereIsNoMuxOnlyWhereNoSocketIsMovedWithoutOne)
{
    auto machine = fakes::recorded("dock-four-deep");
    machine.settings.guests.clear();

    EXPECT_EQ(
        status_view(machine.snapshot, machine.settings, machine.use).notes,
        std::vector<std::string>{
            "xHCI 0000:00:14.0 is 8086:a12f, which is not known to have Intel's port mux; the devices in its sockets can be given to a guest one by one: `usbroute doctor` says how"});

    config::GuestSettings guest;
    guest.name = GuestName("windows");
    guest.qmp = "/run/usbroute/windows.qmp";
    machine.settings.guests.push_back(guest);
    EXPECT_TRUE(status_view(machine.snapshot, machine.settings, machine.use).notes.empty());
}

TEST(Status, GivesADeviceToTheConnectorThatIsNearestToIt)
{
    const auto machine = fakes::recorded("dock-four-deep");

    const auto view = status_view(machine.snapshot, machine.settings, machine.use);

    const auto devices_in = [&](std::string_view name) {
        std::vector<std::string> places;
        const auto found = std::ranges::find(view.connectors, name, &ConnectorView::name);
        for (const auto& device : found->devices) places.push_back(device.place);
        return places;
    };
    EXPECT_EQ(devices_in("console-a"), std::vector<std::string>{"1-4.4.1.2.1"});
    EXPECT_EQ(devices_in("dock"), (std::vector<std::string>{"1-4", "1-4.1", "1-4.1.3", "1-4.2", "1-4.4",
                                                            "1-4.4.1", "1-4.4.1.2", "1-4.4.1.4"}));
}

ConnectorView socket_named(std::string name, std::string owner)
{
    return {.name = std::move(name), .owner = std::move(owner), .movable = true, .usb = {"0000:02:00.0/5"}};
}

/// A device that a rule gave away, one that is asked about, a parked socket, a reserved one, one that misses what it expects.
StatusView view_of_signs()
{
    StatusView view;
    view.connectors = {socket_named("rear-1", "host"), socket_named("rear-2", "host"),
                       socket_named("rear-3", "nobody"), socket_named("rear-4", "windows"),
                       socket_named("rear-5", "host")};
    auto& given = view.connectors[0];
    auto& asked = view.connectors[1];
    auto& missing = view.connectors[4];
    view.connectors[2].signs = {"parked"};
    view.connectors[3].signs = {"reserved"};
    given.devices = {
        {.place = "3-1", .name = "Webcam (046d:082d)", .disks = {}, .owner = "windows", .rule = "cameras"}};
    given.signs = {"given-away"};
    asked.devices = {{.place = "3-2",
                      .name = "Ultra Fit (0781:5583)",
                      .disks = {},
                      .owner = "nobody",
                      .ask = {"windows", "host"},
                      .rule = "sticks"}};
    asked.signs = {"question"};
    missing.expect = "10c4:ea60";
    missing.signs = {"expected-missing"};
    view.questions = {{.place = "3-2",
                       .connector = "rear-2",
                       .name = "Ultra Fit (0781:5583)",
                       .rule = "sticks",
                       .answers = {"windows", "host"},
                       .seconds = 42}};
    return view;
}

TEST(Status, DoesNotShowADeviceAsIfItWentWithItsSocketWhereARuleGaveItElsewhere)
{
    EXPECT_EQ(
        status_text(view_of_signs(), {.width = 100}, Detail::brief),
        "the host has 3, 1 parked, windows 1 | no port mux\n"
        "\n"
        "CONNECTOR  OWNER    PLUGGED IN\n"
        "rear-1     host     Webcam, windows has it\n"
        "rear-2     host     Ultra Fit, nobody yet: windows or host?\n"
        "rear-3     nobody   parked\n"
        "rear-4     windows  reserved\n"
        "rear-5     host     10c4:ea60 is expected, and not there\n"
        "\n"
        "device: 3-1 Webcam (046d:082d): windows, by rule cameras\n"
        "device: 3-2 Ultra Fit (0781:5583): nobody, by rule sticks: who is to have it, windows or host?\n"
        "        usbroute answer 3-2 windows; the host in 42 s\n"
        "expected: rear-5: 10c4:ea60 is not plugged in\n");
}

TEST(Status, ShowsWhatGoesWithTheSocketBeforeWhatDoesNot)
{
    auto view = view_of_signs();
    view.connectors.resize(1);
    auto& devices = view.connectors.front().devices;
    devices.insert(devices.begin(), {.place = "3-1.2", .name = "Mouse (046d:c077)", .disks = {}});
    EXPECT_NE(status_text(view, {.width = 100}, Detail::brief)
                  .find("rear-1     host   Mouse (046d:c077); Webcam, windows has it\n"),
              std::string::npos)
        << status_text(view, {.width = 100}, Detail::brief);
}

TEST(Status, HasQuestionsAndSignsInItsDocument)
{
    const auto read = status_in(R"({"ok":true,"status":)" + to_json(view_of_signs()) + "}");

    ASSERT_TRUE(read.has_value());
    ASSERT_EQ(read->questions.size(), 1u);
    EXPECT_EQ(read->questions.front().answers, (std::vector<std::string>{"windows", "host"}));
    EXPECT_EQ(read->questions.front().seconds, 42);
    EXPECT_TRUE(read->connectors[2].has_sign("parked"));
    EXPECT_EQ(questions_text(read->questions),
              "3-2 Ultra Fit (0781:5583) in rear-2: windows or host? The host in 42 s\n"
              "  usbroute answer 3-2 windows\n");
}

TEST(Status, DrawsWhatIsGivenAwayAskedParkedReservedAndMissing)
{
    const auto picture = picture_of(view_of_signs());
    const Style style{.colour = false, .unicode = false, .width = 100};
    std::vector<std::string> shown;
    for (const auto& socket : picture.panels.front().sockets)
        shown.push_back(contents_of(picture, socket, 20, style).text);
    EXPECT_EQ(shown,
              (std::vector<std::string>{">W Webcam", "? Ultra Fit", "parked", "reserved", "no 10c4:ea60"}));
    const auto text = picture_text(picture, style);
    EXPECT_NE(text.find("? nobody's yet: usbroute answer"), std::string::npos) << text;
    EXPECT_NE(text.find("> not with its socket"), std::string::npos) << text;
    const auto svg = picture_svg(picture);
    EXPECT_NE(svg.find("Webcam (046d:082d), windows has it"), std::string::npos);
    EXPECT_NE(svg.find("rear-3: nobody, parked"), std::string::npos);
}

/// Two sockets without a mux that are windows'.
StatusView two_given()
{
    StatusView view;
    for (const auto* name : {"rear-1", "rear-2"})
        view.connectors.push_back(
            {.name = name, .owner = "windows", .movable = true, .usb = {"0000:02:00.0/5"}});
    view.connectors[0].devices = {{.place = "3-1", .name = "Thing (1234:5678)", .disks = {}, .in_use = {}}};
    const plan::SocketWait failed{.place = topology::PortPath::parse("3-1"),
                                  .code = "failed",
                                  .sentence = "Thing stays with the host until it is plugged in again: no",
                                  .errors = {"the first", "the second"}};
    show_given(view, {{.connector = ConnectorName("rear-1"), .way = attach::Way::by_place, .waits = {failed}},
                      {.connector = ConnectorName("rear-2"), .waits = {}}});
    return view;
}

TEST(Status, SaysWhatAGuestsSocketWaitsForAndWhichWayItIs)
{
    EXPECT_EQ(
        status_text(two_given(), {.width = 100}, Detail::brief),
        "windows has all 2 connectors | no port mux\n"
        "\n"
        "CONNECTOR  OWNER    PLUGGED IN\n"
        "rear-1     windows  Thing (1234:5678), waits\n"
        "rear-2     windows  -\n"
        "\n"
        "waits: rear-1: Thing stays with the host until it is plugged in again: no\n"
        "given: rear-1: usbrouted may not open a device node there: QEMU looks at the port itself, which\n"
        "       takes up to 2 s\n");
    EXPECT_NE(status_text(two_given(), {.width = 100}, Detail::full)
                  .find("given: rear-2: usbrouted opens the device and passes it on\n"),
              std::string::npos);
}

TEST(Status, HasTheWayAndTheWaitsOfASocketInItsDocument)
{
    const auto read = status_in(R"({"ok":true,"status":)" + to_json(two_given()) + "}");

    ASSERT_TRUE(read.has_value());
    const auto& connector = read->connectors.front();
    EXPECT_EQ(connector.given_by, "place");
    ASSERT_EQ(connector.waits.size(), 1U);
    EXPECT_EQ(connector.waits[0].place, "3-1");
    EXPECT_EQ(connector.waits[0].code, "failed");
    EXPECT_EQ(connector.waits[0].errors, (std::vector<std::string>{"the first", "the second"}));
    EXPECT_TRUE(read->connectors.back().waits.empty());
}

} // namespace
} // namespace usbroute::report
