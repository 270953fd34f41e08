# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""The EHCIs are on pci-stub from the kernel's command line, as older guides had it; the guest is to get them.

Variant "move": the owner moves a socket there before the guest was started.  Variant "bind": binds the guest.
Variant "xhci": vfio-pci.ids= has taken the xHCI at boot although the configuration gives the EHCIs."""
from dataclasses import replace
from machines.boards import z97e_itx_ac


def machine(variant):
    base = z97e_itx_ac.MACHINE
    gone = ("00:14.0",) if variant == "xhci" else ("00:1a.0", "00:1d.0")
    driver = "vfio-pci" if variant == "xhci" else "pci-stub"
    word = "vfio-pci.ids=8086:8cb1" if variant == "xhci" else "pci-stub.ids=8086:8ca6,8086:8cad"
    functions = tuple(replace(x, driver=driver) if x.address in gone else x for x in base.functions)
    plugged = {k: d for k, d in base.plugged.items() if not k.startswith("00:1")} if variant != "xhci" else {
        k: d for k, d in base.plugged.items() if k.startswith("00:1")}
    disks = base.disks if variant != "xhci" else base.disks[:1]
    mounts = base.mounts if variant != "xhci" else base.mounts[:2]
    return replace(base, name="held_from_boot", functions=functions, buses=tuple(b for b in base.buses if b.controller not in gone), plugged=plugged,
                   disks=disks, mounts=mounts, cmdline=base.cmdline + " " + word)
