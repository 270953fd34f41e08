# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""The USB controller of an AMD chipset shares its group with the SATA controller that has the root file system and with
the network card; the guest is to get it (ra1nstorm/ra1nstorm-helper 37).

Variant "idle": nothing is on the SATA controller, and no route on the network card: both could be let go. "route": the
default route is on the network card.
"""

from dataclasses import replace

from machines.boards import amd_a520m
from machines.model import Disk, Part


def machine(variant):
    base = amd_a520m.MACHINE
    disks = base.disks[:1]
    if variant:
        disks = (Disk("nvme0n1", "2a:00.0", 468862128, (Part(1048576), Part(467811504)), model="KINGSTON SA400S3",
                      kind="nvme"),)
    return replace(base, name="root-in-the-group", toml_tail='[guest.macos]\ncontrollers = ["0000:02:00.0"]\n',
                   plugged={k: d for k, d in base.plugged.items() if k in ("rear-1", "rear-2", "front-1")}, disks=disks,
                   mounts=() if variant else base.mounts[:2])


def edit(tree, variant):
    if variant == "route":
        network = next(p for p in tree.links if p.endswith("0000:03:00.0/driver")).rsplit("/", 1)[0]
        tree.attribute(f"{network}/net/enp3s0/operstate", "up")
        tree.in_class("net", "enp3s0", f"{network}/net/enp3s0")
        tree.lines("proc/net/route", [
            "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
            "enp3s0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0"])
