# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""Both front sockets come from a hub on the board, which is soldered to one USB 2 port of the chipset (a cheap board whose
internal headers are one hub): two holes of the case, one bit.  The owner names both, because he wants to see each.

Variant "behind": the second hole is port 2 of the hub that the first leads to, in usbroute's words.
Variant "usb": the second hole is named by its place behind the hub, "0000:00:14.0/9.2"; the bit by the first alone.
Variant "moved": the same after the bit went to the guest.  Variant "hub": as advised, one name for both holes."""
from dataclasses import replace
from machines.boards import z97e_itx_ac
from machines.catalog import GAMEPAD, HUB_2, KEYBOARD, MOUSE
from machines.model import Connector


def machine(variant):
    moved, variant = variant == "moved", "usb" if variant == "moved" else variant
    base = z97e_itx_ac.MACHINE
    rest = tuple(c for c in base.connectors if c.name.startswith("rear"))
    holes = {"": (Connector("front-left", 4, panel="front", row=1, column=1), Connector("front-right", 4, panel="front", row=1, column=2)),
             "usb": (Connector("front-left", 4, panel="front", row=1, column=1),
                     Connector("front-right", usb=("0000:00:14.0/9.2",), panel="front", row=1, column=2)),
             "behind": (Connector("front-left", 4, panel="front", row=1, column=1),),
             "hub": (Connector("front", 4, panel="front", row=1, column=1),)}[variant]
    behind = '[connector.front-right]\nbehind = "front-left/2"\npanel = "front"\nrow = 1\ncolumn = 2\n\n' if variant == "behind" else ""
    hub = replace(HUB_2, removable="fixed")
    first = holes[0].name
    functions = tuple(replace(f, driver="vfio-pci", override="vfio-pci") if f.address in ("00:1a.0", "00:1d.0") else f for f in base.functions)
    return replace(base, name="report", connectors=rest + holes, functions=functions, buses=tuple(b for b in base.buses if b.controller == "00:14.0"),
                   plugged={"rear-1": KEYBOARD, "rear-2": MOUSE} | ({} if moved else {first: hub, first + ".1": GAMEPAD, first + ".2": replace(GAMEPAD, serial="2E3F4A5B")}),
                   registers=replace(base.registers, usb2=0x3fef if moved else 0x3fff),
                   disks=base.disks[:1], mounts=base.mounts[:2],
                   toml_tail=behind + '[guest.windows]\ncontrollers = ["0000:00:1d.0", "0000:00:1a.0"]\n\n[profile.all-host]\n\n'
                             f'[profile.pads]\nwindows = ["{first}"]\n\n[toggle]\nprofiles = ["all-host", "pads"]\n')
