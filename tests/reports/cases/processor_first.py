# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""A Tiger Lake laptop: the processor's own xHCI (Type-C sockets) stands at 00:0d.0, before the chipset's at 00:14.0."""
from machines.catalog import FLASH
from machines.model import Bus, Disk, Function, Machine, Mount, Part

MACHINE = Machine(
    name="report", title="", breaks="", what="", recorded=(), reconstructed=(), shows=(), kernel="6.1.0-20-amd64",
    dmi={"sys_vendor": "LENOVO", "product_name": "20XW"},
    functions=(Function("00:00.0", "8086:9a14", "060000", None, 0),
               Function("00:0d.0", "8086:9a13", "0c0330", "xhci_hcd", 3, irq=124, bar=0xd12c0000),
               Function("00:14.0", "8086:a0ed", "0c0330", "xhci_hcd", 5, irq=125, bar=0xd12b0000),
               Function("00:14.2", "8086:a0ef", "050000", None, 5, bar=0xd12f0000),
               Function("00:17.0", "8086:a0d3", "010601", "ahci", 6, irq=126, bar=0xd12e0000),
               Function("00:1f.0", "8086:a082", "060100", None, 7)),
    buses=(Bus(1, "00:0d.0", 1), Bus(2, "00:0d.0", 4, "10000"), Bus(3, "00:14.0", 12), Bus(4, "00:14.0", 4, "10000")),
    plugged={"00:14.0/1": FLASH}, ps2_keyboard=True,
    disks=(Disk("sda", "00:17.0", 488397168, (Part(1048576), Part(487344128)), model="Samsung SSD 850", kind="ata"),),
    mounts=(Mount("/dev/sda2", "/"), Mount("/dev/sda1", "/boot/efi", "vfat")),
    lockdown="[none] integrity confidentiality", acpi_tables=("APIC", "DMAR", "DSDT"), modules=("vfio_pci",), iommu="intel",
    cmdline="root=/dev/sda2 ro intel_iommu=on",
)
