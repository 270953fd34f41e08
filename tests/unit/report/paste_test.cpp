// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/boards.hpp"
#include "report/paste.hpp"

#include <gtest/gtest.h>

#include <algorithm>

namespace usbroute::report {
namespace {

using Lines = std::vector<std::string>;

const GuestName windows{"windows"};

config::Settings with_line(const std::string& path, const std::string& group = "")
{
    auto settings = fakes::settings();
    settings.listeners.push_back({.name = ListenerName("windows"),
                                  .address = config::UnixAddress{.path = path, .group = group},
                                  .guest = windows,
                                  .allow = {config::Verb::toggle, config::Verb::status},
                                  .origin = {}});
    return settings;
}

Lines lines_of(const Result<Paste>& paste)
{
    return paste ? paste->lines : Lines{"error: " + paste.error().message()};
}

Result<Paste> lines_for(const config::Settings& settings, const LinesWish& wish)
{
    return guest_lines(settings, fakes::z97(), settings.guests.front(), wish);
}

Result<Paste> setup_for(const config::Settings& settings, const SetupWish& wish)
{
    return guest_setup(settings, settings.guests.front(), wish);
}

bool any_has(const Lines& lines, std::string_view part)
{
    return std::ranges::any_of(
        lines, [part](const std::string& line) { return line.find(part) != std::string::npos; });
}

TEST(GuestLines, GiveQemuTheControllersAndASerialPortThatComesBack)
{
    const auto settings = with_line("/run/usbroute/windows.sock");

    const auto paste = lines_for(settings, {.hypervisor = Hypervisor::qemu});

    EXPECT_EQ(lines_of(paste),
              (Lines{R"(-device vfio-pci,host=0000:00:1d.0,id=usbroute-00-1d-0 \)",
                     R"(-device vfio-pci,host=0000:00:1a.0,id=usbroute-00-1a-0 \)",
                     R"(-chardev socket,id=usbroute,path=/run/usbroute/windows.sock,reconnect=1 \)",
                     R"(-device isa-serial,chardev=usbroute,id=usbroute-serial)"}));
}

TEST(GuestLines, AddAVirtioPortAndCountInMillisecondsWhereAsked)
{
    const auto settings = with_line("/run/w.sock");

    const auto lines =
        lines_of(lines_for(settings, {.hypervisor = Hypervisor::qemu, .virtio = true, .reconnect_ms = true}));

    ASSERT_EQ(lines.size(), 7U);
    EXPECT_EQ(lines[2], R"(-chardev socket,id=usbroute,path=/run/w.sock,reconnect-ms=1000 \)");
    EXPECT_EQ(lines[4], R"(-chardev socket,id=usbroute-virtio,path=/run/w.sock,reconnect-ms=1000 \)");
    EXPECT_EQ(lines[5], R"(-device virtio-serial-pci,id=usbroute-bus \)");
    EXPECT_EQ(
        lines[6],
        "-device virtserialport,bus=usbroute-bus.0,chardev=usbroute-virtio,name=org.usbroute.0,id=usbroute-port");
}

TEST(GuestLines, QuoteAPathForEachPlaceWhereItStands)
{
    const auto settings = with_line("/run/a, 'b' & <c>.sock");
    const auto of = [&](Hypervisor hypervisor) {
        return lines_of(lines_for(settings, {.hypervisor = hypervisor}));
    };

    EXPECT_TRUE(any_has(of(Hypervisor::qemu),
                        R"(-chardev 'socket,id=usbroute,path=/run/a,, '\''b'\'' & <c>.sock,reconnect=1' \)"));
    EXPECT_TRUE(any_has(of(Hypervisor::libvirt), "path='/run/a, &apos;b&apos; &amp; &lt;c&gt;.sock'"));
    EXPECT_TRUE(
        any_has(of(Hypervisor::proxmox),
                R"(args: -chardev 'socket,id=usbroute,path=/run/a,, '\''b'\'' & <c>.sock,reconnect=1' )"));
}

TEST(GuestLines, GiveLibvirtControllersThatItDoesNotTakeByItself)
{
    const auto lines = lines_of(lines_for(with_line("/run/w.sock"), {.hypervisor = Hypervisor::libvirt}));

    EXPECT_EQ(std::ranges::count(lines, "<hostdev mode='subsystem' type='pci' managed='no'>"), 2);
    EXPECT_TRUE(any_has(lines, "<address domain='0x0000' bus='0x00' slot='0x1d' function='0x0'/>"));
    EXPECT_TRUE(any_has(lines, "<address domain='0x0000' bus='0x00' slot='0x1a' function='0x0'/>"));
    EXPECT_TRUE(any_has(lines, "<reconnect enabled='yes' timeout='1'/>"));
    EXPECT_FALSE(any_has(lines, "<channel"));
}

TEST(GuestLines, SayWhichGroupLetsLibvirtsQemuInUnlessThereIsOne)
{
    const auto notes = [](const std::string& group) {
        return lines_for(with_line("/run/w.sock", group), {.hypervisor = Hypervisor::libvirt})->notes;
    };

    EXPECT_TRUE(any_has(notes(""), "group = \"kvm\""));
    EXPECT_FALSE(any_has(notes("kvm"), "group = \"kvm\""));
}

TEST(GuestLines, GiveProxmoxNumberedLinesAndOneOfArguments)
{
    const auto paste = lines_for(with_line("/run/w.sock"), {.hypervisor = Hypervisor::proxmox});

    EXPECT_EQ(
        lines_of(paste),
        (Lines{
            "hostpci0: 0000:00:1d.0,pcie=0", "hostpci1: 0000:00:1a.0,pcie=0",
            "args: -chardev socket,id=usbroute,path=/run/w.sock,reconnect=1 -device isa-serial,chardev=usbroute,id=usbroute-serial"}));
}

TEST(GuestLines, GiveProxmoxNoMoreControllersThanItTakes)
{
    auto settings = with_line("/run/w.sock");
    auto& controllers = settings.guests.front().controllers;
    while (controllers.size() < 17)
        controllers.push_back({.bus = 5, .device = static_cast<std::uint8_t>(controllers.size())});

    const auto paste = lines_for(settings, {.hypervisor = Hypervisor::proxmox});

    ASSERT_FALSE(paste);
    EXPECT_EQ(paste.error().kind(), ErrorKind::refused);
    EXPECT_EQ(paste.error().code(), "too-many-controllers");
}

config::Settings with_socket_of_qemu(const std::string& path)
{
    auto settings = with_line("");
    settings.listeners.back().address = config::ConnectAddress{.path = path};
    return settings;
}

TEST(GuestLines, LetQemuListenWhereTheDaemonIsTheClient)
{
    const auto settings = with_socket_of_qemu("/run/mac.sock");

    EXPECT_TRUE(any_has(lines_of(lines_for(settings, {.hypervisor = Hypervisor::qemu})),
                        R"(-chardev socket,id=usbroute,path=/run/mac.sock,server=on,wait=off \)"));
    EXPECT_TRUE(any_has(lines_of(lines_for(settings, {.hypervisor = Hypervisor::libvirt})),
                        "<source mode='bind' path='/run/mac.sock'/>"));
    EXPECT_TRUE(any_has(lines_of(lines_for(settings, {.hypervisor = Hypervisor::proxmox})),
                        "path=/run/mac.sock,server=on,wait=off"));
    EXPECT_FALSE(any_has(lines_for(settings, {.hypervisor = Hypervisor::qemu})->notes, "reconnect"));
    const auto refused = lines_for(settings, {.hypervisor = Hypervisor::qemu, .virtio = true});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code(), "one-line-only");
}

TEST(GuestLines, UseProxmoxsOwnSerialPortWhereTheSocketIsItsOwn)
{
    const auto last_line = [](const char* path) {
        return lines_of(lines_for(with_socket_of_qemu(path), {.hypervisor = Hypervisor::proxmox})).back();
    };

    EXPECT_EQ(last_line("/var/run/qemu-server/100.serial0"), "serial0: socket");
    EXPECT_EQ(last_line("/run/qemu-server/7.serial3"), "serial3: socket");
    for (const auto* path :
         {"/run/qemu-server/100.serial4", "/run/qemu-server/x.serial0", "/run/qemu-server/.serial0",
          "/run/qemu-server/100.serial", "/tmp/100.serial0", "/run/qemu-server/0"})
        EXPECT_TRUE(last_line(path).starts_with("args: ")) << path;
}

TEST(GuestLines, NameAnotherDomainInTheId)
{
    auto settings = with_line("/run/w.sock");
    settings.guests.front().controllers = {{.domain = 1, .bus = 2, .device = 3, .function = 1}};

    const auto lines = lines_of(lines_for(settings, {}));

    EXPECT_EQ(lines.front(), R"(-device vfio-pci,host=0001:02:03.1,id=usbroute-0001-02-03-1 \)");
}

TEST(GuestLines, WarnOfAnXhciAndOfAControllerThatIsNotThere)
{
    auto settings = with_line("/run/w.sock");
    settings.guests.front().controllers = {*PciAddress::parse("0000:00:14.0"),
                                           *PciAddress::parse("0000:05:00.0")};

    const auto paste = lines_for(settings, {});

    ASSERT_TRUE(paste);
    EXPECT_TRUE(any_has(paste->notes, "0000:00:14.0 is the chipset's xHCI"));
    EXPECT_TRUE(any_has(paste->notes, "no USB controller at 0000:05:00.0"));
}

TEST(GuestLines, TellACardFromTheChipsetsOwn)
{
    auto settings = with_line("/run/w.sock");
    settings.guests.front().controllers = {*PciAddress::parse("0000:05:00.0"),
                                           *PciAddress::parse("0000:00:1d.0")};
    auto snapshot = fakes::z97();
    auto card = snapshot.controllers.front();
    card.address = *PciAddress::parse("0000:05:00.0");
    card.name = "0000:05:00.0";
    card.vendor = 0x1912;
    card.device = 0x0015;
    card.pci_express = true;
    snapshot.controllers.push_back(card);

    const auto paste =
        guest_lines(settings, snapshot, settings.guests.front(), {.hypervisor = Hypervisor::proxmox});

    ASSERT_TRUE(paste);
    EXPECT_EQ(paste->lines.at(0), "hostpci0: 0000:05:00.0,pcie=1");
    EXPECT_EQ(paste->lines.at(1), "hostpci1: 0000:00:1d.0,pcie=0");
    EXPECT_TRUE(any_has(paste->notes, "pcie=1: 0000:05:00.0 is PCI Express"));
    EXPECT_FALSE(any_has(paste->notes, "routing registers"));
}

TEST(GuestLines, OfAGuestWithoutAListenerAreRefusedWithWhatTheConfigurationLacks)
{
    auto settings = fakes::settings();
    settings.listeners.push_back({.name = ListenerName("other"),
                                  .address = config::UnixAddress{.path = "/run/o.sock", .group = {}},
                                  .guest = GuestName("other"),
                                  .allow = {config::Verb::toggle},
                                  .origin = {}});

    const auto paste = lines_for(settings, {});

    ASSERT_FALSE(paste);
    EXPECT_EQ(paste.error().kind(), ErrorKind::refused);
    EXPECT_EQ(paste.error().code(), "no-guest-line");
    EXPECT_NE(
        paste.error().message().find("[listen.windows]\nunix = \"/run/usbroute/windows.sock\"\n"
                                     "guest = \"windows\"\nallow = [\"toggle\", \"status\", \"confirm\"]"),
        std::string::npos);
}

/// The board's guest, which has one controller and takes devices too.
config::Settings with_monitor(const std::string& path)
{
    auto settings = with_line("/run/w.sock");
    settings.guests.front().controllers.resize(1);
    settings.guests.front().qmp = path;
    return settings;
}

TEST(GuestLines, GiveAGuestThatTakesDevicesAMonitorAndAControllerOfOurOwn)
{
    const auto settings = with_monitor("/run/w, x.qmp");

    const auto qemu = lines_for(settings, {.hypervisor = Hypervisor::qemu});
    const auto libvirt = lines_for(settings, {.hypervisor = Hypervisor::libvirt});
    const auto proxmox = lines_for(settings, {.hypervisor = Hypervisor::proxmox});

    EXPECT_EQ(lines_of(qemu), (Lines{R"(-device vfio-pci,host=0000:00:1d.0,id=usbroute-00-1d-0 \)",
                                     R"(-chardev socket,id=usbroute,path=/run/w.sock,reconnect=1 \)",
                                     R"(-device isa-serial,chardev=usbroute,id=usbroute-serial \)",
                                     R"(-qmp 'unix:/run/w,, x.qmp,server=on,wait=off' \)",
                                     "-device qemu-xhci,id=usbroute0,p2=15,p3=15"}));
    ASSERT_TRUE(libvirt);
    EXPECT_TRUE(any_has(libvirt->lines, "xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'"));
    EXPECT_TRUE(any_has(libvirt->lines, "<qemu:arg value='unix:/run/w,, x.qmp,server=on,wait=off'/>"));
    EXPECT_TRUE(any_has(libvirt->notes, "<qemu:commandline> in front of </domain>"));
    ASSERT_TRUE(proxmox);
    EXPECT_EQ(proxmox->lines.back(),
              "args: -chardev socket,id=usbroute,path=/run/w.sock,reconnect=1 "
              "-device isa-serial,chardev=usbroute,id=usbroute-serial "
              "-qmp 'unix:/run/w,, x.qmp,server=on,wait=off' -device qemu-xhci,id=usbroute0,p2=15,p3=15");
    for (const auto* paste : {&qemu, &libvirt, &proxmox}) {
        EXPECT_TRUE(any_has((*paste)->notes, "-qmp makes a monitor for usbrouted alone"));
        EXPECT_TRUE(any_has((*paste)->notes, "usbroute0 is a USB controller for these devices alone"));
    }
}

TEST(GuestLines, OfAGuestThatOnlyTakesDevicesSayNothingOfControllersAndLines)
{
    auto settings = fakes::settings();
    settings.guests.front().controllers.clear();
    settings.guests.front().qmp = "/run/w.qmp";

    for (const auto hypervisor : {Hypervisor::qemu, Hypervisor::libvirt, Hypervisor::proxmox}) {
        const auto paste = lines_for(settings, {.hypervisor = hypervisor});

        ASSERT_TRUE(paste);
        EXPECT_FALSE(any_has(paste->lines, "vfio"));
        EXPECT_FALSE(any_has(paste->lines, "serial"));
        EXPECT_FALSE(any_has(paste->notes, "vfio-pci"));
        EXPECT_FALSE(any_has(paste->notes, "COM1"));
        EXPECT_FALSE(any_has(paste->notes, "hostpci"));
        EXPECT_TRUE(any_has(paste->notes, "no listener speaks for guest windows"));
    }
    // A port that leads nowhere is still refused.
    EXPECT_FALSE(lines_for(settings, {.virtio = true}));
}

TEST(GuestLines, KeepProxmoxsOwnSerialPortBesideTheMonitor)
{
    auto settings = with_monitor("/run/100.qmp");
    settings.listeners.back().address = config::ConnectAddress{"/run/qemu-server/100.serial1"};

    const auto paste = lines_for(settings, {.hypervisor = Hypervisor::proxmox});

    EXPECT_EQ(lines_of(paste), (Lines{"hostpci0: 0000:00:1d.0,pcie=0", "serial1: socket",
                                      "args: -qmp unix:/run/100.qmp,server=on,wait=off "
                                      "-device qemu-xhci,id=usbroute0,p2=15,p3=15"}));
}

TEST(GuestSetup, FillsEveryPlaceInEveryScript)
{
    const auto settings = with_line("/run/w.sock");

    for (const auto script :
         {Script::powershell, Script::autohotkey, Script::systemd, Script::i3, Script::shell}) {
        const auto paste = setup_for(settings, {.script = script, .port = {}});
        ASSERT_TRUE(paste);
        for (const auto* word : {"@GUEST@", "@PORT@", "@PROFILES@", "@ALLOWED@", "@UNIT@"})
            EXPECT_FALSE(any_has(paste->lines, word)) << paste->kind << " " << word;
        EXPECT_TRUE(any_has(paste->lines, "windows")) << paste->kind;
        EXPECT_TRUE(any_has(paste->lines, "all-host, on-ehci")) << paste->kind;
        EXPECT_FALSE(any_has(paste->lines, "on-ehci, desk")) << paste->kind << ": toggle does not go there";
    }
}

TEST(GuestSetup, TakesThePortThatWasAskedFor)
{
    const auto settings = with_line("/run/w.sock");

    const auto script = setup_for(settings, {.script = Script::powershell, .port = "COM12"});
    const auto unit = setup_for(settings, {.script = Script::systemd, .port = "/dev/ttyS1"});

    EXPECT_TRUE(any_has(lines_of(script), "$Port = 'COM12'"));
    EXPECT_TRUE(any_has(lines_of(unit), "ExecStart=usbroute-guest -p /dev/ttyS1 toggle"));
    EXPECT_TRUE(any_has(lines_of(unit), "serial-getty@ttyS1.service"));
}

TEST(GuestSetup, RefusesPortsThatTheScriptCannotOpenOrThatWouldBeCode)
{
    const auto settings = with_line("/run/w.sock");
    const auto error_of = [&](Script script, const char* port) {
        const auto paste = setup_for(settings, {.script = script, .port = port});
        return paste ? std::string() : paste.error().code();
    };

    for (const auto* port : {"/dev/ttyS0", "COM", "COM0", "COM1000", "COM1'; calc", "com-1", "LPT1"})
        EXPECT_EQ(error_of(Script::powershell, port), "usage") << port;
    for (const auto* port : {"COM1", "ttyS0", "/dev/", "/dev/tty S0", "/dev/$(reboot)", "/dev/a\nb", "/"})
        EXPECT_EQ(error_of(Script::shell, port), "usage") << port;
    EXPECT_EQ(error_of(Script::autohotkey, "com3"), "");
    EXPECT_EQ(error_of(Script::i3, "/dev/virtio-ports/org.usbroute.0"), "");
}

TEST(GuestSetup, OfAGuestThatMayNotToggleIsRefused)
{
    auto settings = with_line("/run/w.sock");
    settings.listeners.back().allow = {config::Verb::status};

    const auto paste = setup_for(settings, {});

    ASSERT_FALSE(paste);
    EXPECT_EQ(paste.error().code(), "not-permitted");
    EXPECT_NE(paste.error().message().find("listener windows allows status"), std::string::npos);
}

TEST(GuestSetup, WindowsScriptsAreAsciiForPowershell5ReadsNothingElse)
{
    for (const auto script : {Script::powershell, Script::autohotkey})
        for (const auto& line : lines_of(setup_for(with_line("/run/w.sock"), {.script = script, .port = {}})))
            EXPECT_TRUE(std::ranges::all_of(line, [](char c) { return c >= ' ' && c <= '~'; })) << line;
}

TEST(Paste, IsOneJsonDocument)
{
    const Paste paste{.guest = windows, .kind = "qemu", .lines = {"-device \"x\"", "b"}, .notes = {"n"}};

    EXPECT_EQ(to_json(paste), R"({"schema":1,"guest":"windows","kind":"qemu",)"
                              R"("lines":["-device \"x\"","b"],"notes":["n"]})");
}

TEST(ShellWord, QuotesWhatAShellWouldRead)
{
    EXPECT_EQ(shell_word("a-b_c.d:e/f,g=h"), "a-b_c.d:e/f,g=h");
    EXPECT_EQ(shell_word(""), "''");
    EXPECT_EQ(shell_word("a b"), "'a b'");
    EXPECT_EQ(shell_word("$(x)'`"), R"('$(x)'\''`')");
    EXPECT_EQ(shell_word("~"), "'~'");
}

} // namespace
} // namespace usbroute::report
