# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""MacBookPro12,1: routing registers that work, and no EHCI to route to."""

from ..model import (Bus, Connector, Device, Disk, Function, Input, Interface,
                     Machine, Mount, Part, Registers, port_facts)
from ..catalog import BLUETOOTH
from ..usb import HUB

# All rows that are not zero, as the published dump has them.
ROWS = {
    0x00: "8680b19c06049002 0330030c00000000", 0x10: "040080c100000000 0000000000000000",
    0x20: "0000000000000000 0000000086807072", 0x30: "0000000070000000 0000000000010000",
    0x40: "fd01368089c60f80 0000000000000000", 0x50: "5f2ece0f00000000 0000000000000000",
    0x60: "3020000000000000 0000000000000000", 0x70: "0180c2c108000000 0000000000000000",
    0x80: "0500b7001804e0fe 0000000000000000", 0xa0: "4001040000180000 8f20020000000000",
    0xb0: "0100000002000000 0000000000000000", 0xc0: "0100000002000000 0000000000000000",
    0xd0: "ff070000ff040000 0f0000000f000000", 0xe0: "0008000000000000 00000000d8d80800",
    0xf0: "0000000000000000 b10f030800000000",
}
CONFIG = b"".join(bytes.fromhex(ROWS.get(row, "00" * 16)) for row in range(0, 256, 16))

MACHINE = Machine(
    name="macbookpro12-1",
    title="Apple MacBookPro12,1 (2015), no EHCI",
    breaks="where XUSB2PR can be read and written there is an EHCI behind it; PR is never outside PRM",
    what="""
A 9 series LP laptop whose firmware never shows an EHCI function. The four registers read
sensibly, but a cleared bit would leave its socket dead.
""",
    recorded=(
        "All 256 configuration bytes of 00:14.0, the same under Linux and in GRUB before it: a public"
        " MacBookPro12,1 diagnostics note. They give XUSB2PR 0x7ff, XUSB2PRM 0x4ff, USB3_PSSEN and USB3PRM 0xf.",
        "Ids of the other PCI functions at 00.0, 02.0, 03.0, 15.0, 15.4, 16.0, 1b.0 and 1f.0: the same note.",
        "11 + 4 root ports for 8086:9cb1: RehabMan/OS-X-USB-Inject-All.",
    ),
    reconstructed=(
        "The devices: a MacBookPro11,3 report has the Bluetooth hub on port 8 and the card reader on SuperSpeed"
        " port 4; the keyboard's port is a guess. Port 5 is left empty, as the note's PORTSC 0x2a0 says.",
        "Which bits the two sockets are; `location` values; the SSD behind 00:1c.0.",
    ),
    shows=(
        "No EHCI: every move to EHCI must be refused.",
        "XUSB2PR has bits 8 and 9 that XUSB2PRM lacks, and \"PR equals PRM\" does not mean \"all on xHCI\".",
        "Eight movable ports and the redirect port at bit 10, in straight order.",
        "The only keyboard is USB, built in, on port 6.",
        "No IOMMU groups: the kernel was started without them.",
    ),
    kernel="5.10.0-26-amd64",
    dmi={"sys_vendor": "Apple Inc.", "product_name": "MacBookPro12,1", "board_vendor": "Apple Inc.",
         "board_name": "Mac-E43C1C25D4880AD6", "bios_vendor": "Apple Inc.",
         "bios_version": "MBP121.88Z.0167.B14.1506222119", "bios_date": "06/22/2015"},
    subsystem="8086:7270",
    functions=(
        Function("00:00.0", "8086:1604", "060000", revision=9),
        Function("00:02.0", "8086:162b", "030000", "i915", subsystem="106b:013f", revision=9, bar=0xc0000000, irq=57),
        Function("00:03.0", "8086:160c", "040300", "snd_hda_intel", revision=9, bar=0xc1810000, irq=58),
        Function("00:14.0", "8086:9cb1", "0c0330", "xhci_hcd", revision=3, bar=0xc1800000, irq=55, config=CONFIG),
        Function("00:15.0", "8086:9ce0", "080100", revision=3),
        Function("00:15.4", "8086:9ce6", "118000", revision=3, bar=0xc1818000, irq=21),
        Function("00:16.0", "8086:9cba", "078000", "mei_me", revision=3, bar=0xc1819100, irq=59),
        Function("00:1b.0", "8086:9ca0", "040300", "snd_hda_intel", revision=3, bar=0xc1814000, irq=60),
        Function("00:1c.0", "8086:9c90", "060400", "pcieport", revision=0xe3, irq=50),
        Function("00:1f.0", "8086:9cc3", "060100", "lpc_ich", revision=3),
        Function("02:00.0", "144d:a801", "010601", "ahci", subsystem="144d:a801", revision=1, below="00:1c.0",
                 bar=0xc1700000, irq=56),
    ),
    registers=Registers(0x7ff, 0x4ff, 0xf, 0xf),
    buses=(Bus(1, "00:14.0", 11), Bus(2, "00:14.0", 4, "5000")),
    connectors=(
        Connector("left", 0, 1, panel="left", row=1, column=1),
        Connector("right", 1, 2, panel="right", row=1, column=1),
    ),
    plugged={
        "00:14.0/6": Device("05ac:0273", "0624", "12", (
            Interface("030000", "usbhid", 1), Interface("030101", "usbhid", 1, (Input("keyboard"),)),
            Interface("030102", "bcm5974", 1, (Input("touchpad"),))),
            "Apple Inc.", "Apple Internal Keyboard / Trackpad", power=500, attributes=0xa0),
        "00:14.0/8": Device("0a5c:4500", "0100", "12", (HUB,), "Apple Inc.", "BRCM20702 Hub", cls="090001",
                            ports=3, power=94, attributes=0xe0),
        "00:14.0/8.3": Device("05ac:8290", "0143", "12", BLUETOOTH, "Broadcom Corp.", "Bluetooth USB Host Controller",
                              cls="ff0101", power=0, attributes=0xe0),
        "00:14.0/ss4": Device("05ac:8406", "0820", "5000", (Interface("080650", "usb-storage", 2),), "Apple",
                              "Card Reader", "000000000820", version="3.00", power=896),
    },
    ports=port_facts("00:14.0", {
        "1": ("hotplug", 1), "2": ("hotplug", 2), "3": ("not used", 0), "4": ("not used", 0), "5": ("not used", 0),
        "6": ("hardwired", 6), "7": ("not used", 0), "8": ("hardwired", 8), "ss1": ("hotplug", 1),
        "ss2": ("hotplug", 2), "ss3": ("not used", 0), "ss4": ("hardwired", 4)}),
    disks=(
        Disk("sda", "02:00.0", 236978176, (Part(409600), Part(236564480)), model="APPLE SSD SM0128", kind="ata"),
        Disk("sdb", "00:14.0/ss4", 0, (), "APPLE", "SD Card Reader", removable=True),
    ),
    mounts=(Mount("/dev/sda2", "/"), Mount("/dev/sda1", "/boot/efi", "vfat")),
    cmdline="BOOT_IMAGE=/boot/vmlinuz-5.10.0-26-amd64 root=/dev/sda2 ro quiet",
    modules=("usbhid", "bcm5974", "btusb", "usb_storage"),
    toml_comment="MacBookPro12,1: two sockets, and no EHCI they could go to.",
    toml_tail="""
[profile.all-host]

[profile.left-on-ehci]
ehci = ["left"]

[toggle]
profiles = ["all-host", "left-on-ehci"]
""",
)
