// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/boards.hpp"
#include "fakes/fake_tree.hpp"
#include "linux/files.hpp"
#include "observe/condition.hpp"
#include "observe/disguise.hpp"
#include "observe/recording.hpp"
#include "observe/scan.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cerrno>

namespace usbroute::observe {
namespace {

using fakes::dir;
using fakes::FakeTree;
using fakes::file;
using fakes::link;

std::pair<std::string, std::string> parted(const std::string& path)
{
    const auto slash = path.rfind('/');
    return slash == std::string::npos ? std::pair{std::string(), path}
                                      : std::pair{path.substr(0, slash), path.substr(slash + 1)};
}

/// A tree that has what the recording has.
FakeTree tree_of(const Recording& recording)
{
    FakeTree tree({});
    const auto make_directories = [&](const std::string& path) {
        for (auto end = path.find('/'); !path.empty(); end = path.find('/', end + 1)) {
            const auto [above, name] = parted(path.substr(0, end));
            tree.add(above, dir(name, {}));
            if (end == std::string::npos) break;
        }
    };
    for (const auto& path : recording.directories) make_directories(path);
    for (const auto& [path, text] : recording.files) {
        const auto [above, name] = parted(path);
        make_directories(above);
        tree.add(above, file(name, text));
    }
    for (const auto& [path, target] : recording.links) {
        const auto [above, name] = parted(path);
        make_directories(above);
        tree.add(above, link(name, target));
    }
    return tree;
}

std::vector<std::string> uses_of(const topology::Snapshot& snapshot, const topology::HostUse& use)
{
    std::vector<std::string> uses;
    for (const auto& disk : topology::disks_in_use(snapshot, use))
        uses.push_back(disk.disk + ": " + disk.use);
    for (const auto& keyboard : topology::keyboards(snapshot, use.inputs))
        uses.push_back(keyboard.with_reason());
    for (const auto& activity : use.activities) uses.push_back(activity.what);
    return uses;
}

constexpr const char* machines[] = {
    "desk-in-use",       "amd-a520m",     "dock-four-deep", "gigabyte-x99-ud4", "gigabyte-z77",
    "haswell-lp-laptop", "hp-500-502nj",  "lenovo-t430s",   "macbookpro12-1",   "no-usb",
    "qemu-q35",          "thinkpad-l540", "z97-guest",      "z97-pro-gamer",    "z97e-itx-ac",
};

TEST(Recording, OfEveryMachineAnswersAsTheMachine)
{
    for (const auto* name : machines) {
        const linux_::LiveTree machine(fakes::machine_root(name));
        const auto snapshot = scan(machine);

        const auto recording = tree_of(record(machine));

        const auto again = scan(recording);
        EXPECT_EQ(again.controllers, snapshot.controllers) << name;
        EXPECT_EQ(again.blocks, snapshot.blocks) << name;
        ASSERT_EQ(again.devices.size(), snapshot.devices.size()) << name;
        for (auto one = again.devices.begin(), other = snapshot.devices.begin(); one != again.devices.end();)
            EXPECT_EQ(**one++, **other++) << name;
        ASSERT_EQ(again.ports.size(), snapshot.ports.size()) << name;
        for (auto one = again.ports.begin(), other = snapshot.ports.begin(); one != again.ports.end();)
            EXPECT_EQ(**one++, **other++) << name;
        EXPECT_EQ(look_at_condition(recording), look_at_condition(machine)) << name;
        EXPECT_EQ(uses_of(again, look_at_host_use(recording)), uses_of(snapshot, look_at_host_use(machine)))
            << name;
    }
}

TEST(Recording, DisguisedTellsDevicesApartAsBefore)
{
    for (const auto* name : machines) {
        const linux_::LiveTree machine(fakes::machine_root(name));
        const auto before = scan(machine);
        auto recording = record(machine);

        disguise(recording, "somename");

        const auto after = scan(tree_of(recording));
        ASSERT_EQ(after.devices.size(), before.devices.size()) << name;
        const auto now = after.devices.flat();
        const auto then = before.devices.flat();
        for (std::size_t i = 0; i < then.size(); ++i) {
            EXPECT_EQ(now[i]->path, then[i]->path);
            if (!then[i]->serial.empty()) {
                EXPECT_NE(now[i]->serial, then[i]->serial);
            }
            for (std::size_t j = 0; j < i; ++j)
                EXPECT_EQ(now[i]->serial == now[j]->serial, then[i]->serial == then[j]->serial);
        }
    }
}

TEST(Recording, SaysThatThereIsADefaultRouteAndNothingOfTheNetwork)
{
    auto recording = record(linux_::LiveTree(fakes::machine_root("desk-in-use")));

    disguise(recording, "somename");

    EXPECT_EQ(recording.files.at("proc/net/route"),
              "enx020000000001 00000000 00000000 0003 0 0 100 00000000 0 0 0\n");
    EXPECT_TRUE(recording.links.contains("sys/class/net/enx020000000001"));
    EXPECT_EQ(recording.files.at("proc/asound/card1/pcm0p/sub0/status"), "state: RUNNING\n");
    for (const auto& [path, text] : recording.files)
        EXPECT_EQ((path + text).find("0050b6a1b2c3"), std::string::npos) << path;
    const auto use = look_at_host_use(tree_of(recording));
    ASSERT_EQ(use.activities.size(), 2u);
    EXPECT_EQ(use.activities[0].what, "network interface enx020000000001 carries the default route");
}

TEST(Recording, KeepsDevicesOnABusThatNoPciFunctionOwns)
{
    const FakeTree tree({dir(
        "sys",
        {dir("bus",
             {dir("usb", {dir("devices",
                              {link("usb1", "../../../devices/platform/vhci_hcd.0/usb1"),
                               link("1-1", "../../../devices/platform/vhci_hcd.0/usb1/1-1"),
                               link("1-1:1.0", "../../../devices/platform/vhci_hcd.0/usb1/1-1/1-1:1.0")})})}),
         dir("devices",
             {dir("platform",
                  {dir("vhci_hcd.0",
                       {dir("usb1",
                            {file("maxchild", "8\n"), file("speed", "480\n"),
                             dir("1-1", {file("idVendor", "046d\n"), file("idProduct", "c31c\n"),
                                         file("uevent", "PRODUCT=46d/c31c/6400\nTYPE=0/0/0\n"),
                                         dir("1-1:1.0", {file("uevent", "INTERFACE=3/1/1\n")})})})})})})})});
    const auto before = scan(tree);
    ASSERT_EQ(before.devices.size(), 1u);

    const auto after = scan(tree_of(record(tree)));

    ASSERT_EQ(after.devices.size(), 1u);
    EXPECT_EQ(**after.devices.begin(), **before.devices.begin());
    EXPECT_TRUE((*after.devices.begin())->is_keyboard());
    EXPECT_EQ(after.controllers, before.controllers);
}

TEST(Recording, KeepsWhatWasAskedForAndNothingElse)
{
    const FakeTree tree(
        {dir("sys", {dir("a", {file("wanted", "1\n"), file("secret", "2\n")}), link("b", "a")})});
    const RecordingTree recorder(tree);

    (void)recorder.list("sys/b");
    (void)recorder.read("sys/b/wanted", 4096);
    (void)recorder.read("sys/b/absent", 4096);
    const auto recording = recorder.taken();

    EXPECT_EQ(recording.files, (std::map<std::string, std::string>{{"sys/a/wanted", "1\n"}}));
    EXPECT_EQ(recording.links, (std::map<std::string, std::string>{{"sys/b", "a"}}));
    EXPECT_EQ(recording.directories, (std::set<std::string>{"sys/a"}));
    EXPECT_TRUE(recording.notes.empty());
}

TEST(Recording, KeepsTheNamesWhereNamesAreAllThatWasUsed)
{
    const FakeTree tree(
        {dir("sys", {dir("tables", {file("DMAR", "bytes"), link("x", "DMAR"), dir("data", {})})})});
    const RecordingTree recorder(tree);

    (void)recorder.list("sys/tables");
    const auto recording = recorder.taken();

    EXPECT_EQ(recording.files, (std::map<std::string, std::string>{{"sys/tables/DMAR", ""}}));
    EXPECT_EQ(recording.links, (std::map<std::string, std::string>{{"sys/tables/x", "DMAR"}}));
    EXPECT_EQ(recording.directories, (std::set<std::string>{"sys/tables", "sys/tables/data"}));
}

TEST(Recording, TakesNoScriptInWhichNothingMatters)
{
    const FakeTree tree(
        {dir("etc", {file("rc.local", "TOKEN=secret\n"),
                     dir("cron.d", {file("backup", "PASSWORD=x\n"),
                                    file("usb", "KEY=y\n@reboot root setpci -s 0:14.0 d0.l=0\n")})})});

    const auto recording = record(tree);

    EXPECT_EQ(recording.files, (std::map<std::string, std::string>{
                                   {"etc/cron.d/usb", "@reboot root setpci -s 0:14.0 d0.l=0\n"}}));
}

TEST(Recording, NotesWhatItWasNotAllowedToRead)
{
    FakeTree tree({dir("sys", {file("x", "1")})});
    tree.fail("sys/x", EACCES);
    const RecordingTree recorder(tree);

    (void)recorder.read("sys/x", 10);

    ASSERT_EQ(recorder.taken().notes.size(), 1u);
    EXPECT_EQ(recorder.taken().notes[0], "could not read sys/x: Permission denied");
}

TEST(Recording, DoesNotFollowALoopOfLinksForEver)
{
    const FakeTree tree({link("a", "b"), link("b", "a"), link("c", "/../../c/c")});
    const RecordingTree recorder(tree);

    (void)recorder.list("a");
    (void)recorder.read("c/x", 10);

    for (const auto& [path, target] : recorder.taken().links) EXPECT_EQ(path.find(".."), std::string::npos);
}

Recording with(std::map<std::string, std::string> files)
{
    Recording recording;
    recording.files = std::move(files);
    return recording;
}

TEST(Disguise, ReplacesASerialWhereverPeopleAndDevicesWroteIt)
{
    auto recording = with({{"sys/usb3/serial", "0000:00:14.0\n"},
                           {"sys/usb3/3-1/serial", "AB12CD34\n"},
                           {"sys/usb3/3-1/product", "Disk AB12CD34\n"},
                           {"sys/usb3/3-2/serial", "AB12CD34\n"},
                           {"sys/usb3/3-3/serial", "1\n"},
                           {"sys/usb3/3-3/product", "Port 1\n"},
                           {"sys/usb3/3-4/serial", "\n"},
                           {"etc/usbroute/usbroute.toml", "# the AB12CD34\n"}});

    const auto count = disguise(recording, "");

    EXPECT_EQ(count.serials, 2);
    EXPECT_EQ(recording.files.at("sys/usb3/serial"), "0000:00:14.0\n");
    EXPECT_EQ(recording.files.at("sys/usb3/3-1/serial"), "SERIAL-0001\n");
    EXPECT_EQ(recording.files.at("sys/usb3/3-2/serial"), "SERIAL-0001\n");
    EXPECT_EQ(recording.files.at("sys/usb3/3-1/product"), "Disk SERIAL-0001\n");
    EXPECT_EQ(recording.files.at("sys/usb3/3-3/serial"), "SERIAL-0002\n");
    EXPECT_EQ(recording.files.at("sys/usb3/3-3/product"), "Port 1\n");
    EXPECT_EQ(recording.files.at("sys/usb3/3-4/serial"), "\n");
    EXPECT_EQ(recording.files.at("etc/usbroute/usbroute.toml"), "# the SERIAL-0001\n");
}

TEST(Disguise, ReplacesMacAddressesAndUuidsAndNothingThatLooksAlmostLikeThem)
{
    auto recording =
        with({{"sys/x/product", "LAN 52:54:00:AB:cd:ef, 52-54-00-ab-cd-ef, 52:54:00:ab:cd:ef:00\n"},
              {"sys/y/product", "0000:00:14.0 52:54:00:ab:cd:ef\n"},
              {"sys/z/dm/name", "luks-7c1f4a2b-e0d8-4e7f-9d5e-6a3b2c1d0e9f\n"},
              {"sys/w/config", "52:54:00:ab:cd:ef"}});
    recording.directories = {"sys/fs/btrfs/7c1f4a2b-e0d8-4e7f-9d5e-6a3b2c1d0e9f/devices"};

    const auto count = disguise(recording, "");

    EXPECT_EQ(recording.files.at("sys/x/product"),
              "LAN 02:00:00:00:00:01, 02-00-00-00-00-01, 52:54:00:ab:cd:ef:00\n");
    EXPECT_EQ(recording.files.at("sys/y/product"), "0000:00:14.0 02:00:00:00:00:01\n");
    EXPECT_EQ(recording.files.at("sys/z/dm/name"), "luks-00000000-0000-4000-8000-000000000001\n");
    EXPECT_EQ(recording.files.at("sys/w/config"), "52:54:00:ab:cd:ef");
    EXPECT_TRUE(recording.directories.contains("sys/fs/btrfs/00000000-0000-4000-8000-000000000001/devices"));
    EXPECT_EQ(count.uuids, 1);
}

TEST(Disguise, ReplacesTheHostNameAsAWordWherePeopleWrite)
{
    auto recording =
        with({{"proc/self/mountinfo", "36 35 254:0 / /srv/Attic rw - ext4 /dev/mapper/attic--vg-root rw\n"},
              {"sys/b/dm/name", "attic--vg-root\n"},
              {"sys/c/class", "attic\n"},
              {"etc/usbroute/usbroute.toml", "# attic and atticus\n"}});

    const auto count = disguise(recording, "attic.example.org");

    EXPECT_TRUE(count.host_name);
    EXPECT_EQ(recording.files.at("proc/self/mountinfo"),
              "36 35 254:0 / /srv/somehost rw - ext4 /dev/mapper/somehost--vg-root rw\n");
    EXPECT_EQ(recording.files.at("sys/b/dm/name"), "somehost--vg-root\n");
    EXPECT_EQ(recording.files.at("sys/c/class"), "attic\n");
    EXPECT_EQ(recording.files.at("etc/usbroute/usbroute.toml"), "# somehost and atticus\n");
}

TEST(Disguise, LeavesAHostNameThatMeansSomethingWhereItStands)
{
    auto recording = with({{"proc/self/mountinfo", "36 35 8:17 / /mnt rw - ext4 /dev/sdb1 rw\n"}});

    const auto count = disguise(recording, "dev");

    EXPECT_FALSE(count.host_name);
    EXPECT_EQ(recording.files.at("proc/self/mountinfo"), "36 35 8:17 / /mnt rw - ext4 /dev/sdb1 rw\n");
}

} // namespace
} // namespace usbroute::observe
