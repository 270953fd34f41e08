# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""A desk whose mouse has programmable buttons: its input device says that it has every key of a keyboard.

Variant "receiver": a mouse behind a receiver that hid-logitech-dj splits up (joshgoebel/keyszer 123). "cable": a gaming
mouse on a cable (ellbur/totalmapper 3). In both the only thing with letters on it is the keyboard in rear-1, and both mice
lack EV_LED (bit 17 of `ev`), which the keyboard has. "combo": the same receiver with a keyboard beside the mouse, which
is as good as one on a cable. "empty-port": no mouse, but a PS/2 port in which nothing need be; "typed-on": somebody typed
on it. The guest has both EHCIs.
"""

from dataclasses import replace

from machines import inputs
from machines.boards import z97e_itx_ac
from machines.model import Device, Input, Interface

# As the reports print them: EV_SYN, KEY, REL, MSC and REP; EV_SYN, KEY, MSC and REP.
EVERY_KEY = "1000000000007 ff9f207ac14057ff febeffdfffefffff fffffffffffffffe"
inputs.KINDS["mx"] = {"ev": "100017", "key": f"ffff0000 {EVERY_KEY}", "rel": "1943", "msc": "10"}
inputs.KINDS["macro keys"] = {"ev": "100013", "key": EVERY_KEY, "msc": "10"}


def receiver(*paired):
    return Device("046d:c52b", "2411", "12", (
        Interface("030101", "usbhid", 1), Interface("030102", "usbhid", 1), Interface("030000", "usbhid", 1, paired)),
        "Logitech", "USB Receiver", power=98, attributes=0xa0)


MX = Input("mx", "Wireless Mouse MX Master 3")
CABLE = Device("145f:01bc", "0110", "12", (
    Interface("030102", "usbhid", 1, (Input("mouse"),)), Interface("030000", "usbhid", 1, (Input("macro keys"),))),
    None, "GXT 4155 Gaming Mouse", attributes=0xa0)
IN_REAR_2 = {"receiver": receiver(MX), "combo": receiver(MX, Input("keyboard", "Wireless Keyboard")), "cable": CABLE}


def machine(variant):
    base = z97e_itx_ac.MACHINE
    plugged = {k: d for k, d in base.plugged.items()
               if k not in ("rear-2", "internal-6", "internal-1.3", "front-1") and not k.startswith("00:1")}
    if variant in IN_REAR_2:
        plugged["rear-2"] = IN_REAR_2[variant]
    functions = tuple(replace(f, driver="vfio-pci", override="vfio-pci") if f.address in ("00:1a.0", "00:1d.0") else f
                      for f in base.functions)
    return replace(base, name="mouse-with-keys", plugged=plugged, functions=functions,
                   buses=tuple(b for b in base.buses if b.controller == "00:14.0"),
                   dmi=base.dmi | {"chassis_type": "3"}, ps2_keyboard=variant in ("empty-port", "typed-on"))


def edit(tree, variant):
    count = 4711 if variant == "typed-on" else 9
    tree.lines("proc/interrupts", ["            CPU0       CPU1",
                                   f"   1:    {count:7}          0  IR-IO-APIC    1-edge      i8042"])
