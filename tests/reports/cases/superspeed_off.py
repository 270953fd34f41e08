# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""A 7-series laptop with firmware made by others (coreboot): its USB 3 sockets work at USB 2 speed alone.

XUSB2PR and its mask are 0xf; USB3_PSSEN is 0 with a mask of 0xf (nobody switched SuperSpeed on).  A SuperSpeed disk in
"left" therefore shows at 480M.  Variant "mask": the mask is 0 too, so the register cannot help."""
from dataclasses import replace
from machines.boards import lenovo_t430s
from machines.catalog import MOUSE, rate_matching_hub
from machines.model import Connector, Device, Disk, Interface, Part, Registers

SLOW = Device("0bc2:ab24", "0100", "480", (Interface("080650", "usb-storage", 2),), "Seagate", "BUP Slim", "NA8XXXXX", version="2.10", power=500)


def machine(variant):
    base = lenovo_t430s.MACHINE
    functions = tuple(replace(f, group=n) for n, f in enumerate(base.functions))
    return replace(base, name="report", kernel="6.1.0-20-amd64", dmi={"sys_vendor": "LENOVO", "product_name": "ThinkPad X131e", "bios_vendor": "coreboot"},
                   functions=functions, registers=Registers(0xf, 0xf, 0, 0 if variant == "mask" else 0xf), asleep=(), extra={}, lockdown="[none] integrity confidentiality",
                   connectors=(Connector("left", 0, 1, panel="left", row=1, column=1), Connector("right", 1, 2, panel="right", row=1, column=1)), ports={},
                   plugged={"00:1a.0/1": rate_matching_hub("8087:0024", 6), "00:1d.0/1": rate_matching_hub("8087:0024", 8), "left": SLOW, "right": MOUSE},
                   disks=(base.disks[0], Disk("sdb", "left", 976773164, (Part(976771116),), "Seagate", "BUP Slim")), iommu="intel", acpi_tables=("APIC", "DMAR"),
                   cmdline="root=/dev/sda2 ro intel_iommu=on", modules=base.modules + ("vfio_pci",),
                   toml_tail='[guest.windows]\ncontrollers = ["0000:00:1d.0"]\n\n[profile.all-host]\n\n[profile.left]\nwindows = ["left"]\n')
