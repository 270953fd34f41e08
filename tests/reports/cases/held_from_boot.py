# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""The EHCIs are on pci-stub from the kernel's command line, as older guides had it; the guest is to get them.

Variant "move": the owner moves a socket there before the guest was started. "bind": binds the guest. "xhci":
vfio-pci.ids= has taken the xHCI at boot although the configuration gives the EHCIs (foxlet/macOS-Simple-KVM 143).
"""

from dataclasses import replace

from machines.boards import z97e_itx_ac


def machine(variant):
    base = z97e_itx_ac.MACHINE
    is_xhci = variant == "xhci"
    gone = ("00:14.0",) if is_xhci else ("00:1a.0", "00:1d.0")
    driver = "vfio-pci" if is_xhci else "pci-stub"
    word = "vfio-pci.ids=8086:8cb1" if is_xhci else "pci-stub.ids=8086:8ca6,8086:8cad"
    functions = tuple(replace(f, driver=driver) if f.address in gone else f for f in base.functions)
    return replace(base, name="held-from-boot", functions=functions, cmdline=f"{base.cmdline} {word}",
                   buses=tuple(b for b in base.buses if b.controller not in gone),
                   plugged={k: d for k, d in base.plugged.items() if k.startswith("00:1") == is_xhci},
                   disks=base.disks[:1] if is_xhci else base.disks, mounts=base.mounts[:2] if is_xhci else base.mounts)
