# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""A Gigabyte Z77 desktop: only four ports can move, the other ten are EHCI's for good."""

from ..catalog import DISK_3, HUB_VL810_2, HUB_VL810_3, KEYBOARD, MOUSE, WEBCAM, rate_matching_hub
from ..model import Bus, Connector, Disk, Function, Machine, Mount, Part, Registers, port_facts

MACHINE = Machine(
    name="gigabyte-z77",
    title="Gigabyte Z77 desktop (7 series), four movable ports",
    breaks="every socket has a bit; the xHCI has 14 ports",
    what="""
A 7 series desktop. Only ports 1 to 4 of EHCI #1 have wires to the xHCI, the other ten USB 2
ports belong to EHCI and have no bit. All four are on xHCI, with a USB 3 hub in one of them.
""",
    recorded=(
        "8086:1e31 revision 4 with subsystem 1458:5007, 1e2d beside it: lspci listing of a Gigabyte 7 series board.",
        "1a.0 on bus 1 (interrupt 16, 0xf7d37000), 1d.0 on bus 2 (interrupt 23, 0xf7d38000), both with 2 ports;"
        " VIA VL810 four-port hubs behind USB 3: cholla.mmto.org/computers/arduino/usb/my_hardware.html.",
        "XUSB2PRM 0xf and USB3PRM 0xf: coreboot devicetrees of Gigabyte boards ga-b75m-d3h and ga-h77m-d3h.",
        "Rate matching hubs 8087:0024 on both EHCIs.",
        "4 + 4 root ports; ports 1-4 = bits 0-3, SuperSpeed n beside port n: RehabMan/OS-X-USB-Inject-All and"
        " firmware of the board DH77KC.",
    ),
    reconstructed=(
        "XUSB2PR and USB3_PSSEN equal to their masks, as Linux leaves them.",
        "Ids of the VL810's two halves, which sockets are on EHCI only, the devices, `location` values.",
        "Names of ACPI tables: firmware shows an IOMMU (DMAR), and nobody has asked the kernel for it.",
    ),
    shows=(
        "Four bits: 0x10 and above do not exist, and Linux's xHCI buses have four ports.",
        "rear-5, rear-6 and front are EHCI only; the keyboard in rear-5 cannot be moved by the mux.",
        "A USB 3 hub is two hubs: 3-1 and 4-1 are one box in one socket, with the webcam on the one half and the disk"
        " on the other.",
        "Swap on that disk: the socket is two levels above what must not be taken away.",
    ),
    kernel="5.10.0-26-amd64",
    dmi={"sys_vendor": "Gigabyte Technology Co., Ltd.", "product_name": "To be filled by O.E.M.",
         "board_vendor": "Gigabyte Technology Co., Ltd.", "board_name": "Z77X-D3H",
         "bios_vendor": "American Megatrends Inc.", "bios_version": "F18", "bios_date": "08/21/2012"},
    subsystem="1458:5001",
    functions=(
        Function("00:00.0", "8086:0150", "060000", "ivb_uncore", revision=9),
        Function("00:02.0", "8086:0162", "030000", "i915", subsystem="1458:d000", revision=9, bar=0xf7800000, irq=29),
        Function("00:14.0", "8086:1e31", "0c0330", "xhci_hcd", subsystem="1458:5007", revision=4, bar=0xf7d20000,
                 irq=26),
        Function("00:16.0", "8086:1e3a", "078000", "mei_me", subsystem="1458:1c3a", revision=4, bar=0xf7d3a000,
                 irq=30),
        Function("00:1a.0", "8086:1e2d", "0c0320", "ehci-pci", subsystem="1458:5006", revision=4, bar=0xf7d37000,
                 irq=16, reset="af_flr pm"),
        Function("00:1b.0", "8086:1e20", "040300", "snd_hda_intel", subsystem="1458:a002", revision=4, bar=0xf7d30000,
                 irq=31),
        Function("00:1c.0", "8086:1e10", "060400", "pcieport", revision=0xc4, irq=24),
        Function("00:1d.0", "8086:1e26", "0c0320", "ehci-pci", subsystem="1458:5006", revision=4, bar=0xf7d38000,
                 irq=23, reset="af_flr pm"),
        Function("00:1f.0", "8086:1e44", "060100", "lpc_ich", revision=4),
        Function("00:1f.2", "8086:1e02", "010601", "ahci", subsystem="1458:b005", revision=4, bar=0xf7d36000, irq=27),
        Function("00:1f.3", "8086:1e22", "0c0500", "i801_smbus", revision=4, bar=0xf7d35000, irq=18),
        Function("02:00.0", "1969:1083", "020000", "atl1c", subsystem="1458:e000", revision=0xc0, below="00:1c.0",
                 bar=0xf7c00000, irq=28),
    ),
    registers=Registers(0xf, 0xf, 0xf, 0xf),
    config_0xe0={0xe0: 0},
    buses=(Bus(1, "00:1a.0", 2), Bus(2, "00:1d.0", 2), Bus(3, "00:14.0", 4), Bus(4, "00:14.0", 4, "5000")),
    connectors=(
        Connector("rear-1", 0, 1, panel="rear", row=1, column=1),
        Connector("rear-2", 1, 2, panel="rear", row=2, column=1),
        Connector("rear-3", 2, 3, panel="rear", row=1, column=2),
        Connector("rear-4", 3, 4, panel="rear", row=2, column=2),
        Connector("rear-5", usb=("0000:00:1d.0/1.5",), panel="rear", row=1, column=3),
        Connector("rear-6", usb=("0000:00:1d.0/1.6",), panel="rear", row=2, column=3),
        Connector("front", usb=("0000:00:1a.0/1.2",), panel="front", row=1, column=1),
    ),
    plugged={
        "00:1a.0/1": rate_matching_hub("8087:0024", 6, "0000"),
        "00:1d.0/1": rate_matching_hub("8087:0024", 8, "0000"),
        "rear-5": KEYBOARD,
        "rear-1": HUB_VL810_2,
        "00:14.0/ss1": HUB_VL810_3,
        "rear-3": MOUSE,
        "rear-1.3": WEBCAM,
        "00:14.0/ss1.2": DISK_3,
    },
    ports=port_facts("00:14.0", {f"{half}{n}": ("hotplug", n) for n in (1, 2, 3, 4) for half in ("", "ss")}),
    disks=(
        Disk("sda", "00:1f.2", 250069680, (Part(250067632),), model="OCZ-VERTEX4", kind="ata"),
        Disk("sdb", "00:14.0/ss1.2", 976773164, (Part(960000000), Part(16771116)), "Seagate", "BUP Slim"),
    ),
    mounts=(Mount("/dev/sda1", "/"),),
    swaps=(("/dev/sdb2", 8385552, 1024),),
    cmdline="BOOT_IMAGE=/boot/vmlinuz-5.10.0-26-amd64 root=/dev/sda1 ro quiet",
    modules=("usbhid", "usb_storage", "uvcvideo"),
    acpi_tables=("APIC", "DMAR", "DSDT", "FACP"),
    toml_comment="Gigabyte Z77: four sockets that can move, three that cannot.",
    toml_tail="""
[profile.all-host]

[profile.hub-on-ehci]
ehci = ["rear-1"]

[profile.mouse-on-ehci]
ehci = ["rear-3"]

[toggle]
profiles = ["all-host", "mouse-on-ehci"]
""",
)
