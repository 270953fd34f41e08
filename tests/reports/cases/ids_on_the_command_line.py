# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""vfio-pci.ids= has taken the xHCI at boot although the configuration gives the EHCIs: people who could not type any more
(foxlet/macOS-Simple-KVM 143)."""
from dataclasses import replace

from machines.boards import z97e_itx_ac

BASE = z97e_itx_ac.MACHINE
MACHINE = replace(
    BASE,
    name="report",
    functions=tuple(replace(x, driver="vfio-pci") if x.address == "00:14.0" else x for x in BASE.functions),
    buses=tuple(b for b in BASE.buses if b.controller != "00:14.0"),
    plugged={k: d for k, d in BASE.plugged.items() if k.startswith("00:1")},
    disks=BASE.disks[:1],
    mounts=BASE.mounts[:2],
    cmdline=BASE.cmdline + " vfio-pci.ids=8086:8cb1",
)
