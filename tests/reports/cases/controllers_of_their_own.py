# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""Machines without the mux that have two or more USB controllers of their own, so that one can be given whole.

Variants: "6-series" (two EHCIs, each alone in its group, one with a hub of 6 and one with 8 ports), "x79" (the same
and an ASMedia card on the board), "x58" (ICH10: UHCIs and EHCIs 1a.x share a group, 1d.x another), "sb950" (AMD:
OHCI and EHCI pairs 12.x, 13.x, 16.x; no IOMMU in use), "cnl" (300-series LP: one xHCI, in a group with the radio that
carries the default route)."""
from machines.boards import z97e_itx_ac
from machines.catalog import FLASH, KEYBOARD, MOUSE, rate_matching_hub
from machines.model import Bus, Connector, Disk, Function, Machine, Mount, Part

DISKS = lambda where: (Disk("sda", where, 488397168, (Part(1048576), Part(487344128)), model="Samsung SSD 850", kind="ata"),)
MOUNTS = (Mount("/dev/sda2", "/"), Mount("/dev/sda1", "/boot/efi", "vfat"))
COMMON = dict(title="", breaks="", what="", recorded=(), reconstructed=(), shows=(), kernel="5.15.0-91-generic",
              mounts=MOUNTS, lockdown="[none] integrity confidentiality", acpi_tables=("APIC", "DMAR", "DSDT"),
              modules=("vfio_pci",), iommu="intel", cmdline="root=/dev/sda2 ro intel_iommu=on iommu=pt")
BOTH = """[guest.windows]
controllers = ["0000:00:1a.0", "0000:08:00.0"]

[listen.windows]
unix = "/run/usbroute/windows.sock"
guest = "windows"
allow = ["toggle"]"""


def f(address, ids, cls, driver, group, **more):
    return Function(address, ids, cls, driver, group, **more)


def six(x79):
    ehci = ("8086:1d26", "8086:1d2d") if x79 else ("8086:1c26", "8086:1c2d")
    bridge, sata = ("8086:1d41", "8086:1d02") if x79 else ("8086:1c50", "8086:1c02")
    functions = (f("00:00.0", "8086:3c00" if x79 else "8086:0100", "060000", None, 0),
                 f("00:1a.0", ehci[1], "0c0320", "ehci-pci", 4, irq=16, bar=0xfb307000, reset="af_flr pm", revision=4),
                 f("00:1b.0", "8086:1c20", "040300", "snd_hda_intel", 5, irq=30, bar=0xfb300000),
                 f("00:1c.0", "8086:1c10", "060400", "pcieport", 6, irq=25),
                 f("00:1d.0", ehci[0], "0c0320", "ehci-pci", 7, irq=23, bar=0xfb306000, reset="af_flr pm", revision=4),
                 f("00:1f.0", bridge, "060100", "lpc_ich", 8),
                 f("00:1f.2", sata, "010601", "ahci", 8, irq=27, bar=0xfb305000))
    buses = (Bus(1, "00:1a.0", 2), Bus(2, "00:1d.0", 2))
    if x79:
        functions += (f("08:00.0", "1b21:1042", "0c0330", "xhci_hcd", 9, below="00:1c.0", irq=17, bar=0xfb200000),)
        buses += (Bus(3, "08:00.0", 2), Bus(4, "08:00.0", 2, "5000"))
    return Machine(name="report", dmi={"sys_vendor": "ASUS", "product_name": "All Series"}, functions=functions, buses=buses,
                   plugged={"00:1a.0/1": rate_matching_hub("8087:0024", 6), "00:1d.0/1": rate_matching_hub("8087:0024", 8),
                            "00:1d.0/1.3": KEYBOARD, "00:1d.0/1.4": MOUSE, "00:1a.0/1.2": FLASH},
                   disks=DISKS("00:1f.2"), toml_tail=BOTH if x79 else '[guest.windows]\ncontrollers = ["0000:00:1a.0"]', **COMMON)


def x58():
    uhci = [("00:1a.0", "8086:3a37", 3), ("00:1a.1", "8086:3a38", 3), ("00:1a.2", "8086:3a39", 3),
            ("00:1d.0", "8086:3a34", 8), ("00:1d.1", "8086:3a35", 8), ("00:1d.2", "8086:3a36", 8)]
    functions = (f("00:00.0", "8086:3405", "060000", None, 0),) + tuple(
        f(a, i, "0c0300", "uhci_hcd", g, irq=16 + n) for n, (a, i, g) in enumerate(uhci)) + (
        f("00:1a.7", "8086:3a3c", "0c0320", "ehci-pci", 3, irq=18, bar=0xf7ffe000),
        f("00:1d.7", "8086:3a3a", "0c0320", "ehci-pci", 8, irq=23, bar=0xf7fff000),
        f("00:1f.0", "8086:3a16", "060100", "lpc_ich", 10), f("00:1f.2", "8086:3a22", "010601", "ahci", 10, irq=19, bar=0xf7ffc000))
    functions = tuple(sorted(functions, key=lambda x: x.address))
    buses = (Bus(1, "00:1a.7", 6), Bus(2, "00:1d.7", 6)) + tuple(Bus(3 + n, a, 2, "12") for n, (a, _, _) in enumerate(uhci))
    return Machine(name="report", dmi={"sys_vendor": "System manufacturer", "product_name": "System Product Name"},
                   functions=functions, buses=buses, plugged={"00:1a.0/1": KEYBOARD, "00:1a.1/2": MOUSE, "00:1d.7/3": FLASH},
                   disks=DISKS("00:1f.2"), toml_tail='[guest.windows]\ncontrollers = ["0000:00:1d.2"]', **COMMON)


def sb950():
    pairs = [("12", 16), ("13", 18), ("16", 20)]
    usb = tuple(f(f"00:{s}.{n}", "1002:4397" if n == 0 else "1002:4396", "0c0310" if n == 0 else "0c0320",
                  "ohci-pci" if n == 0 else "ehci-pci", None, irq=i) for s, i in pairs for n in (0, 2))
    functions = (f("00:00.0", "1002:5a14", "060000", None, None, revision=2), f("00:04.0", "1002:5a18", "060400", "pcieport", None),
                 f("00:11.0", "1002:4391", "010601", "ahci", None, irq=19, bar=0xfe50f000)) + usb + (
        f("00:14.0", "1002:4385", "0c0500", "piix4_smbus", None, revision=0x42), f("00:14.3", "1002:439d", "060100", None, None),
        f("04:00.0", "1b6f:7023", "0c0330", "xhci_hcd", None, below="00:04.0", irq=18, bar=0xfe4f0000))
    functions = tuple(sorted(functions, key=lambda x: x.address))
    buses = (Bus(1, "00:12.2", 5), Bus(2, "00:13.2", 5), Bus(3, "00:16.2", 4), Bus(4, "04:00.0", 4), Bus(5, "04:00.0", 4, "5000"),
             Bus(6, "00:12.0", 5, "12"), Bus(7, "00:13.0", 5, "12"), Bus(8, "00:16.0", 4, "12"))
    common = COMMON | {"iommu": None, "acpi_tables": ("APIC", "DSDT", "FACP"), "cmdline": "root=/dev/sda2 ro quiet splash amd_iommu=on"}
    return Machine(name="report", dmi={"sys_vendor": "Gigabyte Technology Co., Ltd.", "product_name": "GA-990FXA-UD3"},
                   functions=functions, buses=buses, plugged={"00:12.0/3": KEYBOARD, "00:12.0/4": MOUSE, "00:13.2/1": FLASH},
                   disks=DISKS("00:11.0"), toml_tail='[guest.windows]\ncontrollers = ["0000:00:13.2"]', **common)


def cnl():
    functions = (f("00:00.0", "8086:3e34", "060000", None, 0), f("00:14.0", "8086:9ded", "0c0330", "xhci_hcd", 5, irq=126, bar=0xb1220000),
                 f("00:14.2", "8086:9def", "050000", None, 5, bar=0xb1238000), f("00:14.3", "8086:9df0", "028000", "iwlwifi", 5, irq=16, bar=0xb1234000),
                 f("00:17.0", "8086:9dd3", "010601", "ahci", 6, irq=127, bar=0xb123a000), f("00:1f.0", "8086:9d84", "060100", None, 7))
    return Machine(name="report", dmi={"sys_vendor": "Acer", "product_name": "Swift"}, functions=functions,
                   buses=(Bus(1, "00:14.0", 12), Bus(2, "00:14.0", 6, "10000")), plugged={"00:14.0/1": FLASH}, ps2_keyboard=True,
                   disks=DISKS("00:17.0"), toml_tail='[guest.windows]\ncontrollers = ["0000:00:14.0"]', **COMMON)


def machine(variant):
    return {"6-series": lambda: six(False), "x79": lambda: six(True), "x58": x58, "sb950": sb950, "cnl": cnl}[variant]()


def edit(tree, variant):
    if variant == "cnl":
        wifi = "sys/devices/pci0000:00/0000:00:14.3/net/wlp0s20f3"
        tree.attribute(f"{wifi}/operstate", "up")
        tree.link(f"{wifi}/device", "sys/devices/pci0000:00/0000:00:14.3")
        tree.in_class("net", "wlp0s20f3", wifi)
        tree.lines("proc/net/route", ["Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
                                      "wlp0s20f3\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0"])
