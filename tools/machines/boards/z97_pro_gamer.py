# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""ASUS Z97-PRO GAMER with its sockets split between the two sides."""

from ..catalog import (DISK_3, FLASH, KEYBOARD, MOUSE, SECOND_KEYBOARD, SECOND_MOUSE, rate_matching_hub, slowed)
from ..model import Bus, Connector, Disk, Function, Machine, Mount, Part, Registers, Stacked

MACHINE = Machine(
    name="z97-pro-gamer",
    title="ASUS Z97-PRO GAMER, split: XUSB2PR = 0x003e",
    breaks="routing is all or nothing: five sockets are on xHCI, nine on EHCI",
    what="""
A 9 series desktop after its owner wrote 0x003e, which leaves five sockets with the host
and sends the others to EHCI for two Windows guests. The guests are off: both EHCIs are
still driven by the host, so devices are seen on both sides.
""",
    recorded=(
        "0x003e, i7-4790, CentOS 8, two Windows 10 guests: a 2020-08-13 note on passing USB to two guests on an"
        " ASUS Z97-PRO GAMER.",
        "00:14.0, 00:1a.0, 00:1d.0; buses 1 = 1a.0, 2 = 1d.0, 3 and 4 = 14.0; hubs with 6 ports on bus 1 and 8 on"
        " bus 2; nine sockets outside, 3 front and 6 rear; front sockets 1 and 2 on EHCI #2, the rest on EHCI #1:"
        " the same note.",
        "Subsystem 1043:8534 and the EHCI bytes are those of another ASUS 9 series board: CPU-Z report in"
        " ghostbsd/ghostbsd-build issue 54.",
    ),
    reconstructed=(
        "XUSB2PRM 0x3fff, USB3_PSSEN and USB3PRM 0x3f.",
        "Which bit is which socket within the two EHCIs; SuperSpeed pairs; all devices.",
        "Other PCI functions, IOMMU groups as on the Z97 board of z97e-itx-ac.",
        "Names of ACPI tables: DMAR, because the kernel has IOMMU groups.",
        "The unit file that writes 0x003e at boot: the note does not say how its owner does it.",
    ),
    shows=(
        "Devices on both sides at once: two keyboards, one on each.",
        "A SuperSpeed disk that runs at 480 Mbit/s behind a rate matching hub although its SuperSpeed bit is on.",
        "That disk is a member of a RAID array: mounted is md127, not sdc1.",
        "Two guests with one EHCI each.",
        "Somebody else writes the register: a unit file runs setpci.",
    ),
    kernel="4.18.0-193.el8.x86_64",
    dmi={"sys_vendor": "ASUS", "product_name": "All Series", "board_vendor": "ASUSTeK COMPUTER INC.",
         "board_name": "Z97-PRO GAMER", "bios_vendor": "American Megatrends Inc.", "bios_version": "2203",
         "bios_date": "02/26/2016"},
    subsystem="1043:8534",
    functions=(
        Function("00:00.0", "8086:0c00", "060000", "hsw_uncore", 0, revision=6),
        Function("00:02.0", "8086:0412", "030000", "i915", 1, revision=6, bar=0xde800000, irq=29),
        Function("00:14.0", "8086:8cb1", "0c0330", "xhci_hcd", 4, bar=0xdf120000, irq=26),
        Function("00:16.0", "8086:8cba", "078000", "mei_me", 5, bar=0xdf13d000, irq=30),
        Function("00:19.0", "8086:15a1", "020000", "e1000e", 6, "1043:85c4", bar=0xdf100000, irq=28),
        Function("00:1a.0", "8086:8cad", "0c0320", "ehci-pci", 7, bar=0xdf13a000, irq=16, reset="af_flr pm"),
        Function("00:1b.0", "8086:8ca0", "040300", "snd_hda_intel", 8, "1043:8602", bar=0xdf130000, irq=31),
        Function("00:1d.0", "8086:8ca6", "0c0320", "ehci-pci", 9, bar=0xdf136000, irq=23, reset="af_flr pm"),
        Function("00:1f.0", "8086:8cc4", "060100", "lpc_ich", 10),
        Function("00:1f.2", "8086:8c82", "010601", "ahci", 10, bar=0xdf135000, irq=27),
        Function("00:1f.3", "8086:8ca2", "0c0500", "i801_smbus", 10, bar=0xdf134000, irq=18),
    ),
    registers=Registers(0x003e, 0x3fff, 0x3f, 0x3f),
    buses=(Bus(1, "00:1a.0", 2), Bus(2, "00:1d.0", 2), Bus(3, "00:14.0", 14), Bus(4, "00:14.0", 6, "5000")),
    connectors=(
        Connector("front-1", 8, 5, panel="front", row=1, column=1),
        Connector("front-2", 9, 6, panel="front", row=1, column=2),
        Connector("front-3", 0, panel="front", row=1, column=3),
        Connector("rear-1", 1, 1, panel="rear", row=1, column=1),
        Connector("rear-2", 2, 2, panel="rear", row=2, column=1),
        Connector("rear-3", 3, 3, panel="rear", row=1, column=2),
        Connector("rear-4", 4, 4, panel="rear", row=2, column=2),
        Connector("rear-5", 5, panel="rear", row=1, column=3),
        Connector("rear-6", 6, panel="rear", row=2, column=3),
    ),
    plugged={
        "00:1a.0/1": rate_matching_hub("8087:8009", 6),
        "00:1d.0/1": rate_matching_hub("8087:8001", 8),
        "front-1": FLASH,
        "front-2": slowed(DISK_3),
        "front-3": KEYBOARD,
        "rear-6": MOUSE,
        "rear-1": SECOND_KEYBOARD,
        "rear-4": SECOND_MOUSE,
    },
    disks=(
        Disk("sda", "00:1f.2", 976773168, (Part(2097152), Part(486539264), Part(488132608)), model="WDC WD5003ABYX",
             kind="ata"),
        Disk("sdb", "front-1", 15633408, (Part(15631360),), "Kingston", "DataTraveler 2.0", removable=True),
        Disk("sdc", "front-2", 976773164, (Part(488132608),), "Seagate", "BUP Slim"),
    ),
    stacked=(Stacked("md127", "md127", ("sda3", "sdc1"), 487868416),),
    mounts=(Mount("/dev/sda2", "/", "xfs", super_options="rw,attr2,inode64,noquota"),
            Mount("/dev/sda1", "/boot"), Mount("/dev/md127", "/srv")),
    iommu="intel",
    acpi_tables=("APIC", "DMAR", "DSDT", "FACP"),
    extra={"etc/systemd/system/usb-split.service": """[Unit]
Description=USB sockets of the host

[Service]
Type=oneshot
ExecStart=/usr/sbin/setpci -s 00:14.0 d0.w=0x003e

[Install]
WantedBy=multi-user.target"""},
    lockdown="[none] integrity confidentiality",
    cmdline="BOOT_IMAGE=(hd0,msdos1)/vmlinuz-4.18.0-193.el8.x86_64 root=/dev/sda2 ro intel_iommu=on",
    modules=("vfio_pci", "usb_storage", "raid1"),
    toml_comment="ASUS Z97-PRO GAMER: nine sockets outside, one guest for each EHCI.",
    toml_tail="""
[guest.windows-1]
controllers = ["0000:00:1d.0"]
when_off = "host"

[guest.windows-2]
controllers = ["0000:00:1a.0"]
when_off = "host"

[profile.all-host]

[profile.split]
windows-1 = ["front-3", "rear-6"]
windows-2 = ["front-1", "front-2"]

[toggle]
profiles = ["all-host", "split"]
""",
)
