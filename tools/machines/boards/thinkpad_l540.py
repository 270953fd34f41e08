# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""ThinkPad L540 after both registers were cleared to get its disks back."""

from ..catalog import BLUETOOTH_7260, rate_matching_hub
from ..model import (Bus, Connector, Device, Disk, Function, Interface, Machine,
                     Mount, Part, Registers, Stacked, port_facts)

FINGERPRINT = Device("138a:0011", "0078", "12", (Interface("ff0000", None, 3),), serial="6d8a2c1b0f3e",
                     cls="ff0000", attributes=0xa0)
CAMERA = Device("04f2:b398", "3313", "480", (
    Interface("0e0100", "uvcvideo", 1, child="video,Integrated Camera"), Interface("0e0200", "uvcvideo", 0)),
    "Chicony Electronics Co., Ltd.", "Integrated Camera", cls="ef0201", power=500)
ENCLOSURE = Device("1e91:a3a8", "0100", "480", (Interface("080650", "usb-storage", 2),), "OWC", "Express 1M2",
                   "000000000001", version="2.10", power=500)

MACHINE = Machine(
    name="thinkpad-l540",
    title="ThinkPad L540 after PSSEN = 0 and PR = 0, xHCI without a driver",
    breaks="the xHCI has a driver and buses; a SuperSpeed device runs at SuperSpeed",
    what="""
An 8 series laptop whose xHCI driver had failed to start under Xen. Its owner wrote 0 to
USB3_PSSEN and to XUSB2PR, and disk and inner devices came back on EHCI. State after that.
""",
    recorded=(
        "ThinkPad L540 report on linux-kernel and stable, 2023-01-30, Christian Kujau, message-id"
        " 4fe9541e-4d4c-2b2a-f8c8-2d34a7284930 at nerdbynature.de: 8086:8c31 revision 5 with its registers at"
        " 0xf2520000, EHCIs 8c2d at 1a.0 and 8c26 at 1d.0, both registers written with 0, Xen 4.17, Linux 6.1.8.",
        "Devices after the write: 138a:0011 at 1-1.3, 8087:07dc at 1-1.5, 04f2:b398 at 1-1.6, 1e91:a3a8 at 2-1.3, at"
        " full, full, high and high speed; buses 1 and 2 are EHCI with a rate matching hub each on port 1.",
    ),
    reconstructed=(
        "XUSB2PRM 0x3fff and USB3PRM 0x3f: not in the report.",
        "That bus 1 is EHCI #2 (00:1a.0) and bus 2 EHCI #1: the usual order, and it makes the camera bit 13 = HS12.",
        "xHCI without a driver at all: in the report it had failed, and what was left of it is not said.",
        "Strings and serial numbers, the encrypted partition, other PCI functions, `location` values.",
    ),
    shows=(
        "No `driver` link at 00:14.0 and no xHCI bus: routing to xHCI would take the device from everybody.",
        "Everything on EHCI, registers 0: the opposite of z97e-itx-ac.",
        "The enclosure is a SuperSpeed device at 480 Mbit/s, with a mounted LUKS partition (dm-0) on it.",
        "The keyboard is on i8042, not on USB: the last USB keyboard does not exist, and nothing is lost.",
        "No `lockdown` file, no IOMMU groups; Xen below (`sys/hypervisor/type`).",
    ),
    kernel="6.1.8",
    dmi={"sys_vendor": "LENOVO", "product_name": "20AUS0XX00", "product_version": "ThinkPad L540",
         "board_vendor": "LENOVO", "board_name": "20AUS0XX00", "bios_vendor": "LENOVO",
         "bios_version": "J4ET93WW(1.93)", "bios_date": "07/02/2018", "chassis_type": "10"},
    subsystem="17aa:503b",
    functions=(
        Function("00:00.0", "8086:0c04", "060000", revision=6),
        Function("00:02.0", "8086:0416", "030000", "i915", revision=6, bar=0xf2000000, irq=95),
        Function("00:14.0", "8086:8c31", "0c0330", None, revision=5, bar=0xf2520000, irq=20),
        Function("00:16.0", "8086:8c3a", "078000", "mei_me", revision=4, bar=0xf2530000, irq=96),
        Function("00:1a.0", "8086:8c2d", "0c0320", "ehci-pci", revision=5, bar=0xf253b000, irq=16, reset="af_flr pm"),
        Function("00:1b.0", "8086:8c20", "040300", "snd_hda_intel", revision=5, bar=0xf2534000, irq=97),
        Function("00:1c.0", "8086:8c10", "060400", "pcieport", revision=0xd5, irq=40),
        Function("00:1d.0", "8086:8c26", "0c0320", "ehci-pci", revision=5, bar=0xf253a000, irq=23, reset="af_flr pm"),
        Function("00:1f.0", "8086:8c49", "060100", "lpc_ich", revision=5),
        Function("00:1f.2", "8086:8c03", "010601", "ahci", revision=5, bar=0xf2539000, irq=94),
        Function("00:1f.3", "8086:8c22", "0c0500", "i801_smbus", revision=5, bar=0xf2538000, irq=18),
        Function("03:00.0", "8086:08b2", "028000", "iwlwifi", subsystem="8086:4262", revision=0x83, below="00:1c.0",
                 bar=0xf2400000, irq=98),
    ),
    registers=Registers(0, 0x3fff, 0, 0x3f),
    buses=(Bus(1, "00:1a.0", 3), Bus(2, "00:1d.0", 3)),
    connectors=(
        Connector("left-1", 0, 1, panel="left", row=1, column=1),
        Connector("left-2", 1, 2, panel="left", row=1, column=2),
        Connector("right-1", 2, 3, panel="right", row=1, column=1),
        Connector("fingerprint-reader", 10, panel="internal"),
        Connector("bluetooth", 12, panel="internal"),
        Connector("camera", 13, panel="internal"),
    ),
    plugged={
        "00:1a.0/1": rate_matching_hub("8087:8008", 6),
        "00:1d.0/1": rate_matching_hub("8087:8000", 8),
        "fingerprint-reader": FINGERPRINT,
        "bluetooth": BLUETOOTH_7260,
        "camera": CAMERA,
        "right-1": ENCLOSURE,
    },
    ports=port_facts("00:1a.0", {"1": ("hardwired", 0), "1.3": ("hardwired", 0), "1.5": ("hardwired", 0),
                                 "1.6": ("hardwired", 0)})
    | port_facts("00:1d.0", {"1": ("hardwired", 0), "1.1": ("hotplug", 0), "1.2": ("hotplug", 0),
                             "1.3": ("hotplug", 0)}),
    disks=(
        Disk("sda", "00:1f.2", 468862128, (Part(1048576), Part(467811504)), model="INTEL SSDSC2BW24", kind="ata"),
        Disk("sdb", "right-1", 1953525168, (Part(1953523120),), "OWC", "Express 1M2"),
    ),
    stacked=(Stacked("dm-0", "luks-backup", ("sdb1",), 1953490352,
                     "CRYPT-LUKS2-7c1f4a2be0d84e7f9d5e6a3b2c1d0e9f-luks-backup"),),
    mounts=(Mount("/dev/sda2", "/"), Mount("/dev/sda1", "/boot"),
            Mount("/dev/mapper/luks-backup", "/mnt/backup")),
    ps2_keyboard=True,
    extra={"sys/hypervisor/type": "xen"},
    cmdline="placeholder root=/dev/sda2 ro",
    modules=("ehci_pci", "usb_storage", "uvcvideo", "btusb", "dm_crypt"),
    toml_comment="ThinkPad L540: three sockets and three built-in devices.",
    toml_tail="""
[profile.all-host]

[profile.disk-on-xhci]
xhci = ["right-1"]

[toggle]
profiles = ["all-host", "disk-on-xhci"]
""",
)
