// SPDX-FileCopyrightText: 2026 usbroute authors
// SPDX-License-Identifier: MIT

#include "fakes/boards.hpp"
#include "fakes/fake_tree.hpp"
#include "linux/files.hpp"
#include "observe/condition.hpp"
#include "observe/kept_part.hpp"

#include <gtest/gtest.h>

#include <cerrno>

namespace usbroute::observe {
namespace {

using fakes::dir;
using fakes::FakeTree;
using fakes::file;
using fakes::link;

TEST(Condition, OfAnEmptyTreeIsUnknownAndNotNo)
{
    const FakeTree tree({});

    const auto condition = look_at_condition(tree);

    EXPECT_EQ(condition, topology::Condition{});
    EXPECT_FALSE(condition.kernel_words.has_value());
    EXPECT_FALSE(condition.firmware_iommu.has_value());
}

TEST(Condition, ReadsFunctionsWithGroupAndDriver)
{
    const FakeTree tree(
        {dir("sys",
             {dir("bus", {dir("pci", {dir("devices", {link("0000:00:14.0", "../../../devices/x")})})}),
              dir("devices", {dir("x", {file("vendor", "0x8086\n"), file("device", "0x8cb1\n"),
                                        file("class", "0x0c0330\n"), link("driver", "../../drivers/xhci_hcd"),
                                        link("iommu_group", "../../kernel/iommu_groups/4"),
                                        dir("power", {file("control", "auto\n")})})}),
              dir("kernel", {dir("iommu_groups", {dir("4", {})})}),
              dir("firmware", {dir("acpi", {dir("tables", {file("DMAR", "")})})})})});

    const auto condition = look_at_condition(tree);

    ASSERT_EQ(condition.functions.size(), 1u);
    EXPECT_EQ(condition.functions[0].ids(), "8086:8cb1");
    EXPECT_TRUE(condition.functions[0].is_xhci());
    EXPECT_EQ(condition.functions[0].driver, "xhci_hcd");
    EXPECT_EQ(condition.functions[0].iommu_group, 4u);
    ASSERT_EQ(condition.power_controls.size(), 1u);
    EXPECT_EQ(condition.power_controls[0].second, "auto");
    EXPECT_TRUE(condition.iommu_groups);
    EXPECT_EQ(condition.firmware_iommu, true);
}

TEST(Condition, KeepsOnlyTheLinesOfScriptsThatMatter)
{
    const FakeTree tree(
        {dir("etc",
             {file("rc.local", "#!/bin/sh\n# setpci d0.l=0\nPASSWORD=secret\nsetpci -s 00:14.0 d0.l=3fff\n"),
              dir("systemd",
                  {dir("system", {file("x.service", "[Service]\nExecStart=powertop --auto-tune\n"),
                                  dir("multi-user.target.wants", {link("tlp.service", "/usr/x")})})})}),
         dir("usr", {dir("local", {dir("bin", {file("program", std::string("\x7f"
                                                                           "ELF\0setpci d0.l",
                                                                           16))})})})});

    const auto condition = look_at_condition(tree);

    ASSERT_EQ(condition.foreign_lines.size(), 2u);
    EXPECT_EQ(condition.foreign_lines[0].file, "etc/rc.local");
    EXPECT_EQ(condition.foreign_lines[0].line, "setpci -s 00:14.0 d0.l=3fff");
    EXPECT_EQ(condition.foreign_lines[1].line, "ExecStart=powertop --auto-tune");
    ASSERT_EQ(condition.services.size(), 1u);
    EXPECT_EQ(condition.services[0], "etc/systemd/system/multi-user.target.wants/tlp.service");
}

TEST(Condition, LooksWhereverDistributionsKeepWhatRunsAtBoot)
{
    const auto line = [](std::string name) { return file(std::move(name), "setpci -s 00:14.0 d0.l=0\n"); };
    const FakeTree tree(
        {dir("boot",
             {dir("config", {line("go"),
                             dir("plugins",
                                 {dir("user.scripts", {dir("scripts", {dir("usb", {line("script")})})})})})}),
         dir("etc",
             {dir("local.d", {line("usb.start")}), dir("cron.d", {line("usb")}),
              dir("systemd", {dir("system", {line("a.service"), dir("b.service.d", {line("x.conf")})})}),
              dir("libvirt",
                  {dir("hooks",
                       {dir("qemu.d",
                            {dir("windows", {dir("prepare", {dir("begin", {line("start.sh")})})})})})}),
              dir("nixos", {line("usb.nix")})}),
         dir("root", {line("usb.sh")}),
         dir("var", {dir("spool", {dir("cron", {dir("crontabs", {line("root")})})}),
                     dir("lib", {dir("vz", {dir("snippets", {line("hook.pl")})})})})});

    std::string files;
    for (const auto& found : look_at_condition(tree).foreign_lines) files += found.file + "\n";

    EXPECT_EQ(files, "boot/config/go\n"
                     "etc/systemd/system/a.service\n"
                     "etc/systemd/system/b.service.d/x.conf\n"
                     "etc/local.d/usb.start\n"
                     "etc/cron.d/usb\n"
                     "var/spool/cron/crontabs/root\n"
                     "etc/libvirt/hooks/qemu.d/windows/prepare/begin/start.sh\n"
                     "root/usb.sh\n"
                     "etc/nixos/usb.nix\n"
                     "var/lib/vz/snippets/hook.pl\n"
                     "boot/config/plugins/user.scripts/scripts/usb/script\n");
}

TEST(Condition, SeesUsbGuardBehindAClosedDoor)
{
    FakeTree tree({dir("etc", {dir("usbguard", {})})});
    tree.fail("etc/usbguard", EACCES);

    EXPECT_EQ(look_at_condition(tree).usbguard, "etc/usbguard");
}

TEST(KeptPart, OfTheCommandLineIsWhatDecides)
{
    EXPECT_EQ(kept_part("proc/cmdline", "root=UUID=1-2 intel_iommu=on quiet lockdown=integrity secret=1\n"),
              "intel_iommu=on lockdown=integrity\n");
    EXPECT_EQ(kept_part("proc/cmdline", "quiet vfio-pci.ids=8086:8cb1 pci-stub.ids=8086:8ca6\n"),
              "vfio-pci.ids=8086:8cb1 pci-stub.ids=8086:8ca6\n");
    EXPECT_EQ(kept_part("proc/cmdline", "nousb nousbx usbcore.nousb=1\n"), "nousb usbcore.nousb=1\n");
}

TEST(KeptPart, OfPeoplesFilesIsWhatMatters)
{
    const std::string text = "password=secret\nsetpci -s 00:14.0 d0.l=0\noptions vfio-pci ids=8086:8cb1\n";
    const std::string kept = "setpci -s 00:14.0 d0.l=0\noptions vfio-pci ids=8086:8cb1\n";
    for (const auto* path : {"etc/rc.local", "boot/config/go", "root/x.sh", "var/spool/cron/root",
                             "etc/nixos/x.nix", "var/lib/vz/snippets/x", "usr/local/bin/x"})
        EXPECT_EQ(kept_part(path, text), kept) << path;
    EXPECT_EQ(kept_part("etc/rc.local", "setpci -H1 \\\n  -d 8086:8cb1 \\\n  d0.l=0\n# a \\\nsetpci -v\n"),
              "setpci -H1 -d 8086:8cb1 d0.l=0\nsetpci -v\n");
}

TEST(KeptPart, OfMountsIsDisks)
{
    const std::string disk = "36 35 8:17 / /mnt rw - ext4 /dev/sdb1 rw";
    const std::string share = "40 35 0:50 / /home rw - cifs //server/user rw,username=me";
    const std::string pool = "41 35 0:51 / /tank rw - zfs tank rw";

    EXPECT_EQ(kept_part("proc/self/mountinfo", disk + "\n" + share + "\n" + pool + "\n"),
              disk + "\n" + pool + "\n");
    EXPECT_EQ(kept_part("proc/mounts", "/dev/sdb1 /mnt ext4 rw 0 0\nserver:/x /y nfs rw 0 0\n"),
              "/dev/sdb1 /mnt ext4 rw 0 0\n");
}

TEST(KeptPart, AnswersAsTheWholeOnEveryRecordedMachine)
{
    for (const auto* name :
         {"z97e-itx-ac", "z97-guest", "z97-pro-gamer", "gigabyte-x99-ud4", "lenovo-t430s"}) {
        const linux_::LiveTree tree(fakes::machine_root(name));
        for (const std::string path :
             {"proc/cmdline", "proc/modules", "proc/self/mountinfo", "etc/tlp.conf"}) {
            const auto text = tree.read(path, 1U << 20);
            if (!text) continue;
            const auto once = kept_part(path, *text);
            EXPECT_EQ(kept_part(path, once), once) << name << " " << path;
        }
    }
}

} // namespace
} // namespace usbroute::observe
