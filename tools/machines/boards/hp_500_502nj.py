# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""HP 500-502nj: the mask is empty, so the operating system may move nothing."""

from ..catalog import DISK_3, FLASH, KEYBOARD, MOUSE, WEBCAM, rate_matching_hub
from ..model import Bus, Connector, Disk, Function, Machine, Mount, Part, Registers

MACHINE = Machine(
    name="hp-500-502nj",
    title="HP 500-502nj desktop, XUSB2PRM = 0",
    breaks="a mux chip with visible EHCIs means that sockets can be moved",
    what="""
An 8 series desktop whose firmware leaves XUSB2PRM at 0 and offers no option. Every USB 2
device is on EHCI; only SuperSpeed devices reach the xHCI.
""",
    recorded=(
        "8086:8c31, XUSB2PR 0, XUSB2PRM 0, all six SuperSpeed bits on, USB3PRM 0x3f, EHCI present, every full, low"
        " and high speed device on EHCI: public bare-metal notes on the HP 500-502nj, dated 2026-09-06.",
    ),
    reconstructed=(
        "Everything else: LPC and other ids of an 8 series desktop, which socket is which bit, the devices, bus"
        " numbers (usb1 and usb2 EHCI #2 and #1, usb3 and usb4 xHCI).",
        "8087:8008 for the 6-port hub is the commonly seen id, not one from this machine.",
        "Names of ACPI tables: none of an IOMMU (no DMAR).",
    ),
    shows=(
        "Nothing is movable: a move in either direction is outside the mask.",
        "Keyboard, mouse, webcam and stick behind rate matching hubs, on EHCI, from boot on.",
        "USB3_PSSEN is 0x3f although all USB 2 halves are on EHCI: the disk in rear-1 is at SuperSpeed on xHCI.",
        "That disk carries a mounted btrfs: the mount table shows device 0:45, not 8:17.",
        "Kernel lockdown is at integrity: configuration space can be read and not written.",
    ),
    kernel="6.1.0-13-amd64",
    dmi={"sys_vendor": "Hewlett-Packard", "product_name": "500-502nj", "board_vendor": "Hewlett-Packard"},
    subsystem="103c:2af7",
    functions=(
        Function("00:00.0", "8086:0c00", "060000", "hsw_uncore", revision=6),
        Function("00:02.0", "8086:0412", "030000", "i915", revision=6, bar=0xf7800000, irq=29),
        Function("00:14.0", "8086:8c31", "0c0330", "xhci_hcd", revision=5, bar=0xf7d00000, irq=26),
        Function("00:16.0", "8086:8c3a", "078000", "mei_me", revision=4, bar=0xf7d1a000, irq=30),
        Function("00:1a.0", "8086:8c2d", "0c0320", "ehci-pci", revision=5, bar=0xf7d18000, irq=16, reset="af_flr pm"),
        Function("00:1b.0", "8086:8c20", "040300", "snd_hda_intel", revision=5, bar=0xf7d10000, irq=31),
        Function("00:1c.0", "8086:8c10", "060400", "pcieport", revision=0xd5, irq=24),
        Function("00:1d.0", "8086:8c26", "0c0320", "ehci-pci", revision=5, bar=0xf7d17000, irq=23, reset="af_flr pm"),
        Function("00:1f.0", "8086:8c4a", "060100", "lpc_ich", revision=5),
        Function("00:1f.2", "8086:8c02", "010601", "ahci", revision=5, bar=0xf7d16000, irq=27),
        Function("00:1f.3", "8086:8c22", "0c0500", "i801_smbus", revision=5, bar=0xf7d15000, irq=18),
        Function("02:00.0", "10ec:8168", "020000", "r8169", revision=0xc, below="00:1c.0", bar=0xf7c00000, irq=28),
    ),
    registers=Registers(0, 0, 0x3f, 0x3f),
    buses=(Bus(1, "00:1a.0", 2), Bus(2, "00:1d.0", 2), Bus(3, "00:14.0", 14), Bus(4, "00:14.0", 6, "5000")),
    connectors=(
        Connector("rear-1", 0, 1, panel="rear", row=1, column=1),
        Connector("rear-2", 1, 2, panel="rear", row=2, column=1),
        Connector("rear-3", 2, panel="rear", row=1, column=2),
        Connector("rear-4", 3, panel="rear", row=2, column=2),
        Connector("front-1", 8, 3, panel="front", row=1, column=1),
        Connector("front-2", 9, 4, panel="front", row=1, column=2),
    ),
    plugged={
        "00:1a.0/1": rate_matching_hub("8087:8008", 6),
        "00:1d.0/1": rate_matching_hub("8087:8000", 8),
        "rear-3": KEYBOARD,
        "rear-4": MOUSE,
        "front-1": FLASH,
        "front-2": WEBCAM,
        "rear-1": DISK_3,
    },
    disks=(
        Disk("sda", "00:1f.2", 1953525168, (Part(1048576), Part(1952473088)), model="ST1000DM003-1CH1", kind="ata"),
        Disk("sdb", "front-1", 15633408, (Part(15631360),), "Kingston", "DataTraveler 2.0", removable=True),
        Disk("sdc", "rear-1", 976773164, (Part(976771116),), "Seagate", "BUP Slim"),
    ),
    mounts=(Mount("/dev/sda2", "/"), Mount("/dev/sda1", "/boot/efi", "vfat"),
            Mount("/dev/sdc1", "/mnt/archive", "btrfs", anonymous=45, root="/@archive",
                  super_options="rw,space_cache=v2,subvolid=256,subvol=/@archive")),
    lockdown="none [integrity] confidentiality",
    acpi_tables=("APIC", "DSDT", "FACP"),
    cmdline="BOOT_IMAGE=/boot/vmlinuz-6.1.0-13-amd64 root=/dev/sda2 ro quiet",
    modules=("usbhid", "usb_storage", "uvcvideo", "btrfs"),
    toml_comment="HP 500-502nj: six sockets, none of them movable.",
    toml_tail="""
[profile.all-host]

[profile.keyboard-on-xhci]
xhci = ["rear-3"]

[toggle]
profiles = ["all-host", "keyboard-on-xhci"]
""",
)
