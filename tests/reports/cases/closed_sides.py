# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""Sides of the mux on which a socket would be of no use, or not at once.

Variants: "hub" (the rate matching hub of EHCI #2 is not authorized), "root" (its root hub is not), "waits" (new devices on it
are not: authorized_default), "asleep" (the controller is suspended at run time), "stub" (uio_pci_generic holds it)."""
from dataclasses import replace

from machines.boards import z97e_itx_ac

EHCI = "sys/devices/pci0000:00/0000:00:1a.0"


def machine(variant):
    base = z97e_itx_ac.MACHINE
    if variant != "stub":
        return replace(base, name="report")
    functions = tuple(replace(x, driver="uio_pci_generic") if x.address == "00:1a.0" else x for x in base.functions)
    return replace(base, name="report", functions=functions, buses=tuple(b for b in base.buses if b.controller != "00:1a.0"),
                   plugged={k: d for k, d in base.plugged.items() if not k.startswith("00:1a")})


def edit(tree, variant):
    bus = next((b.number for b in z97e_itx_ac.MACHINE.buses if b.controller == "00:1a.0"), None)
    hub = f"{EHCI}/usb{bus}/{bus}-1"
    changed = {"hub": {f"{hub}/authorized": b"0\n"}, "root": {f"{EHCI}/usb{bus}/authorized": b"0\n"},
               "waits": {f"{EHCI}/usb{bus}/authorized_default": b"0\n"},
               "asleep": {f"{EHCI}/power/runtime_status": b"suspended\n"}}.get(variant, {})
    assert all(path in tree.files for path in changed)
    tree.files.update(changed)
    # Without authorization a device has no configuration, so no interface, and a hub no devices.
    lost = {"hub": f"{bus}-1:1.0", "root": f"{bus}-0:1.0"}.get(variant)
    for paths in (tree.files, tree.links):
        for path in [path for path in paths if lost and lost in path]:
            del paths[path]
