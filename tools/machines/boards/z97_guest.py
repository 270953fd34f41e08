# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""The same board as z97e-itx-ac while a guest has both EHCI controllers."""

from dataclasses import replace

from ..catalog import BLUETOOTH_7260, DAC, FLASH, HUB_2, KEYBOARD, MOUSE, SSD_3
from ..model import Bus, Disk, Mount, Part, Registers
from . import z97e_itx_ac

BASE = z97e_itx_ac.MACHINE


def given_away(function):
    return replace(function, driver="vfio-pci", override="vfio-pci") if function.cls == "0c0320" else function


MACHINE = replace(
    BASE,
    name="z97-guest",
    title="the same board, both EHCIs given to a guest",
    breaks="a socket routed to EHCI has a bus to look at: the guest has it, and the host sees nothing",
    what="""
The board of z97e-itx-ac with both EHCI controllers on vfio-pci for the guest "windows".
The socket front-1 is routed to EHCI, so whatever is in it is the guest's and cannot be
seen from here; everything else is on xHCI and the host's.
""",
    recorded=("As for z97e-itx-ac. Giving the EHCI functions to the guest and keeping xHCI on the host is what"
              " S. Holland's HOWTO does on this board.",),
    reconstructed=("As for z97e-itx-ac, and the state of the routing: XUSB2PR 0x3ffe, USB3_PSSEN 0x3e"
                   " (front-1 is bit 0 and SuperSpeed port 1).",
                   "Bus numbers 3 and 4: the EHCIs had 1 and 2 before their driver was taken off."),
    shows=("Controllers on vfio-pci have no buses below them, and no rate matching hubs.",
           "`driver_override` says vfio-pci, and both functions are alone in their IOMMU groups 7 and 9.",
           "XUSB2PR differs from XUSB2PRM by one bit, and the owner of that bit's socket is `windows`.",
           "The profile desk-in-windows may take the last keyboard, and says so."),
    functions=tuple(given_away(f) for f in BASE.functions),
    registers=Registers(0x3ffe, 0x3fff, 0x3e, 0x3f),
    buses=(Bus(3, "00:14.0", 14), Bus(4, "00:14.0", 6, "5000")),
    plugged={
        "rear-1": KEYBOARD,
        "rear-2": MOUSE,
        "rear-4": FLASH,
        "internal-1": HUB_2,
        "internal-6": BLUETOOTH_7260,
        "internal-1.1": DAC,
        "rear-6": SSD_3,
    },
    disks=(
        BASE.disks[0],
        Disk("sdb", "rear-4", 15633408, (Part(15631360),), "Kingston", "DataTraveler 2.0", removable=True),
        Disk("sdc", "rear-6", 976773168, (Part(976771120),), "Samsung", "Portable SSD T5"),
    ),
    mounts=BASE.mounts[:2] + (Mount("/dev/sdc1", "/srv/machines"),),
    toml_comment="ASRock Z97E-ITX/ac with both EHCI controllers in the guest \"windows\".",
    toml_tail=BASE.toml_tail.replace("""[profile.desk-on-ehci]
ehci = ["rear-1", "rear-2", "front-1"]

""", "").replace("""windows = ["rear-1", "rear-2", "front-1"]
""", """windows = ["front-1", "rear-1", "rear-2"]
may_take_last_keyboard = true
""").replace('"desk-on-ehci"]', '"desk-in-windows"]'),
)
