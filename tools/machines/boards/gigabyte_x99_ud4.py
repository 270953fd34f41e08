# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""Gigabyte GA-X99-UD4: the mux controller is one of three xHCIs."""

from ..catalog import DAC, FLASH, KEYBOARD, MOUSE, RECEIVER, SSD_3, rate_matching_hub
from ..model import Bus, Connector, Device, Disk, Function, Machine, Mount, Part, Registers, Stacked, port_facts
from ..usb import HUB

# The VIA controller has one USB 2 root port with a hub of its own behind it.
HUB_VL805 = Device("2109:3431", "0420", "480", (HUB,), None, "USB2.0 Hub", cls="090001", version="2.10", ports=4,
                   attributes=0xe0)

MACHINE = Machine(
    name="gigabyte-x99-ud4",
    title="Gigabyte GA-X99-UD4 with two more xHCI controllers",
    breaks="there is one xHCI; usb1 is an EHCI; bit 14 does not exist; SS n belongs to HS n",
    what="""
An X99 desktop: the chipset's xHCI with its mux and two EHCIs, an ASMedia controller and a
VIA controller beside it. The redirect port is on: 15 ports, and masks of 15 bits.
""",
    recorded=(
        "GA-X99-UD4, and the firmware's option names: Jonathan Scruggs, in S. Holland's HOWTO.",
        "8d31 revision 5, 8d2d, 8d26, VIA VL805 1106:3483 at 05:00.0, ASMedia 1b21:1242 at 06:00.0 and a Killer NIC"
        " 1969:e091: two published lspci listings of X99 boards (not this one).",
        "An 8-port and a 6-port rate matching hub: Supermicro X10SRi-F, mvp/uhubctl issue 166.",
    ),
    reconstructed=(
        "All four registers: 0x7fff and 0x3f, the widest masks that coreboot's lynxpoint/pch.h has for this family.",
        "Bus numbers, sockets, devices, `location` values, IOMMU groups.",
        "The order of the bits is that of the 8 and 9 series: inferred from firmware's own rule for picking it.",
        "Names of ACPI tables: DMAR, because the kernel has IOMMU groups.",
    ),
    shows=(
        "Three xHCI controllers, one of them with the mux; the others' bytes at 0xd0 mean something else.",
        "usb1 and usb2 are the chipset's xHCI here, usb3 and usb4 the EHCIs.",
        "Fifteen ports and bit 14 set: a mover that writes at most 0x3fff clears it.",
        "Firmware gives locations: the kernel's peer of HS5 is SS1.",
        "LVM on LUKS on a USB disk: sdc1, dm-0, dm-1, and only dm-1 is mounted.",
        "A second keyboard on the VIA controller: moving the receiver in rear-5 does not take the last one.",
        "Kernel lockdown is at confidentiality.",
    ),
    kernel="6.6.9-arch1-1",
    dmi={"sys_vendor": "Gigabyte Technology Co., Ltd.", "product_name": "Default string",
         "board_vendor": "Gigabyte Technology Co., Ltd.", "board_name": "X99-UD4-CF",
         "bios_vendor": "American Megatrends Inc.", "bios_version": "F24a", "bios_date": "01/11/2018"},
    subsystem="1458:5000",
    functions=(
        Function("00:00.0", "8086:2f00", "060000", None, 0, revision=2),
        Function("00:01.0", "8086:2f02", "060400", "pcieport", 1, revision=2, irq=24),
        Function("00:02.0", "8086:2f04", "060400", "pcieport", 2, revision=2, irq=25),
        Function("00:14.0", "8086:8d31", "0c0330", "xhci_hcd", 27, "1458:5007", revision=5, bar=0xfb300000, irq=30),
        Function("00:16.0", "8086:8d3a", "078000", "mei_me", 28, "1458:1c3a", revision=5, bar=0xfb31b000, irq=40),
        Function("00:19.0", "8086:15a1", "020000", "e1000e", 29, "1458:e000", revision=5, bar=0xfb200000, irq=38),
        Function("00:1a.0", "8086:8d2d", "0c0320", "ehci-pci", 30, "1458:5006", revision=5, bar=0xfb319000, irq=18,
                 reset="af_flr pm"),
        Function("00:1b.0", "8086:8d20", "040300", "snd_hda_intel", 31, "1458:a0b7", revision=5, bar=0xfb310000,
                 irq=41),
        Function("00:1c.0", "8086:8d10", "060400", "pcieport", 32, revision=0xd5, irq=26),
        Function("00:1c.2", "8086:8d14", "060400", "pcieport", 33, revision=0xd5, irq=27),
        Function("00:1c.4", "8086:8d18", "060400", "pcieport", 34, revision=0xd5, irq=28),
        Function("00:1d.0", "8086:8d26", "0c0320", "ehci-pci", 35, "1458:5006", revision=5, bar=0xfb318000, irq=18,
                 reset="af_flr pm"),
        Function("00:1f.0", "8086:8d47", "060100", "lpc_ich", 36, revision=5),
        Function("00:1f.2", "8086:8d02", "010601", "ahci", 36, "1458:b005", revision=5, bar=0xfb317000, irq=29),
        Function("00:1f.3", "8086:8d22", "0c0500", "i801_smbus", 36, revision=5, bar=0xfb316000, irq=18),
        Function("02:00.0", "10de:17c8", "030000", "nvidia", 37, "3842:4992", revision=0xa1, below="00:02.0",
                 bar=0xfa000000, irq=42),
        Function("04:00.0", "1969:e091", "020000", "alx", 38, "1458:e000", revision=0x13, below="00:1c.0",
                 bar=0xfb100000, irq=39),
        Function("05:00.0", "1106:3483", "0c0330", "xhci_hcd", 39, "1106:3483", revision=1, below="00:1c.2",
                 bar=0xfb000000, irq=31),
        Function("06:00.0", "1b21:1242", "0c0330", "xhci_hcd", 40, "1458:5007", below="00:1c.4", bar=0xfaf00000,
                 irq=32),
    ),
    registers=Registers(0x7fff, 0x7fff, 0x3f, 0x3f),
    buses=(Bus(1, "00:14.0", 15), Bus(2, "00:14.0", 6, "5000"), Bus(3, "00:1a.0", 3), Bus(4, "00:1d.0", 3),
           Bus(5, "05:00.0", 1), Bus(6, "05:00.0", 4, "5000"), Bus(7, "06:00.0", 2), Bus(8, "06:00.0", 2, "10000")),
    connectors=(
        Connector("rear-1", 8, 1, panel="rear", row=1, column=1),
        Connector("rear-2", 9, 2, panel="rear", row=2, column=1),
        Connector("rear-3", 0, 3, panel="rear", row=1, column=2),
        Connector("rear-4", 1, 4, panel="rear", row=2, column=2),
        Connector("rear-5", 4, panel="rear", row=1, column=3),
        Connector("rear-6", 5, panel="rear", row=2, column=3),
        Connector("front-1", 12, 5, panel="front", row=1, column=1),
        Connector("front-2", 13, 6, panel="front", row=1, column=2),
        Connector("card-1", usb=("0000:05:00.0/1.1", "0000:05:00.0/ss1"), panel="rear", row=1, column=4),
        Connector("asmedia-1", usb=("0000:06:00.0/1", "0000:06:00.0/ss1"), panel="rear", row=1, column=5),
        Connector("asmedia-2", usb=("0000:06:00.0/2", "0000:06:00.0/ss2"), panel="rear", row=2, column=5),
    ),
    plugged={
        "00:1a.0/1": rate_matching_hub("8087:800a", 6),
        "00:1d.0/1": rate_matching_hub("8087:8002", 8),
        "rear-5": RECEIVER,
        "rear-3": DAC,
        "front-2": FLASH,
        "rear-1": SSD_3,
        "05:00.0/1": HUB_VL805,
        "card-1": KEYBOARD,
        "asmedia-1": MOUSE,
    },
    ports=port_facts("00:14.0", {
        "5": ("hotplug", 1), "ss1": ("hotplug", 1), "6": ("hotplug", 2), "ss2": ("hotplug", 2),
        "1": ("hotplug", 3), "ss3": ("hotplug", 3), "2": ("hotplug", 4), "ss4": ("hotplug", 4),
        "11": ("hotplug", 5), "ss5": ("hotplug", 5), "12": ("hotplug", 6), "ss6": ("hotplug", 6),
        "9": ("hotplug", 7), "10": ("hotplug", 8), "15": ("not used", 0)}),
    disks=(
        Disk("sda", "00:1f.2", 1000215216, (Part(1048576), Part(999164592)), model="Samsung SSD 850", kind="ata"),
        Disk("sdb", "front-2", 15633408, (Part(15631360),), "Kingston", "DataTraveler 2.0", removable=True),
        Disk("sdc", "rear-1", 976773168, (Part(976771120),), "Samsung", "Portable SSD T5"),
    ),
    stacked=(
        Stacked("dm-0", "cryptdata", ("sdc1",), 976738352,
                "CRYPT-LUKS2-0a1b2c3d4e5f60718293a4b5c6d7e8f9-cryptdata"),
        Stacked("dm-1", "vg_data-lv_vms", ("dm-0",), 976732160,
                "LVM-Yq1m7Q3T8w0ZbX2nC5vA9sD4fG6hJ8kLpO1iU2yT3rE4wQ5aS6dF7gH8jK9lZ0xC"),
    ),
    mounts=(Mount("/dev/sda2", "/"), Mount("/dev/sda1", "/boot", "vfat"),
            Mount("/dev/mapper/vg_data-lv_vms", "/var/lib/libvirt/images", "xfs")),
    iommu="intel",
    acpi_tables=("APIC", "DMAR", "DSDT", "FACP"),
    lockdown="none integrity [confidentiality]",
    cmdline="root=/dev/sda2 rw intel_iommu=on iommu=pt lockdown=confidentiality",
    modules=("vfio_pci", "usbhid", "uas", "usb_storage", "dm_crypt"),
    toml_comment="Gigabyte GA-X99-UD4: eight sockets on the mux, three on other controllers.",
    toml_tail="""
[guest.windows]
controllers = ["0000:00:1d.0", "0000:00:1a.0"]
when_off = "host"

[profile.all-host]

[profile.desk-on-ehci]
ehci = ["rear-5", "rear-3"]

[profile.desk-in-windows]
windows = ["rear-3", "rear-5", "front-2"]

[toggle]
profiles = ["all-host", "desk-in-windows"]
""",
)
