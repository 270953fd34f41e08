# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""A C610 server whose management controller shows its keyboard as 12d1:0003 "Keyboard/Mouse KVM 1.1.0" on port 5 of the
xHCI, for as long as the machine runs (a public `usb-devices` note). A real keyboard is in rear-1, on another port.

Variant "gadget": a management controller made with Linux's gadget framework, OpenBMC's 1d6b:0104, at 00:1a.0 behind
EHCI #2. "ipmi": an id and a name that nobody knows; the machine has IPMI.
"""

from dataclasses import replace

from machines.boards import z97e_itx_ac
from machines.catalog import BOOT_KEYBOARD, BOOT_MOUSE, KEYBOARD, rate_matching_hub
from machines.model import Device

BOTH = (BOOT_KEYBOARD, BOOT_MOUSE)
BMC = Device("12d1:0003", "0100", "12", BOTH, None, "Keyboard/Mouse KVM 1.1.0", attributes=0x60, version="1.10")
GADGET = Device("1d6b:0104", "0100", "480", BOTH, "OpenBMC", "virtual_input", "OBMC0001", attributes=0xc0)
NAMELESS = Device("2a2a:0001", "0100", "12", BOTH, None, None, attributes=0x60)
IDS = {"00:14.0": "8086:8d31", "00:1a.0": "8086:8d2d", "00:1d.0": "8086:8d26", "00:1f.0": "8086:8d44"}


def machine(variant):
    base = z97e_itx_ac.MACHINE
    is_gadget = variant == "gadget"
    gone = ("00:1d.0",) if is_gadget else ("00:1a.0", "00:1d.0")
    given = {"driver": "vfio-pci", "override": "vfio-pci"}
    functions = tuple(replace(f, id=IDS.get(f.address, f.id), **(given if f.address in gone else {})) for f in base.functions)
    plugged = {"rear-1": KEYBOARD}
    if is_gadget:
        plugged |= {"00:1a.0/1": rate_matching_hub("8087:8002", 6), "00:1a.0/1.3": GADGET}
    else:
        plugged["rear-3"] = NAMELESS if variant == "ipmi" else BMC
    registers = replace(base.registers, usb2=0x3fff & ~(1 << 10)) if is_gadget else base.registers
    return replace(base, name="management-controller", dmi={"sys_vendor": "Huawei", "product_name": "RH2288H V3"},
                   functions=functions, plugged=plugged, registers=registers,
                   buses=tuple(b for b in base.buses if b.controller not in gone), disks=base.disks[:1],
                   mounts=base.mounts[:2])


def edit(tree, variant):
    if variant == "ipmi":
        tree.attribute("sys/devices/virtual/ipmi/ipmi0/dev", "240:0")
        tree.in_class("ipmi", "ipmi0", "sys/devices/virtual/ipmi/ipmi0")
