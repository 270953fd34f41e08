# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""The board of z97-guest with an add-in card: sockets of two means, and a third by the whole controller."""

from dataclasses import replace

from ..catalog import FLASH
from ..model import Bus, Connector, Disk, Function, Mount, Part
from . import z97_guest

BASE = z97_guest.MACHINE

CARD = (
    Function("00:1c.4", "8086:8c98", "060400", "pcieport", 13, revision=0xd0, irq=34),
    Function("03:00.0", "1b21:1142", "0c0330", "xhci_hcd", 14, "1b21:1142", below="00:1c.4", bar=0xf7700000, irq=35),
)

MACHINE = replace(
    BASE,
    name="z97-with-card",
    title="the same board with a USB 3 card",
    breaks="there is one mux, or every socket is moved by it",
    what="""
The board of z97-guest with an ASMedia card in its x1 slot. The sockets of the board go by the
mux, those of the card by giving their devices to the guest's QEMU, and one profile has both.
""",
    recorded=("As for z97-guest. Cards of that kind show one xHCI 1b21:1142 with 2 ports at 480M and 2 at 5000M: lsusb -t of"
              " such cards, as published.",),
    reconstructed=BASE.reconstructed + ("Address, IOMMU group and root port of the card.",),
    shows=("The card is no chipset's xHCI: its sockets are places, not bits.",
           "desk-in-windows takes two sockets by the mux and one by QEMU, all or none.",
           "The card is alone in its IOMMU group 14 and could be given away whole."),
    functions=BASE.functions + CARD,
    buses=BASE.buses + (Bus(5, "03:00.0", 2), Bus(6, "03:00.0", 2, "5000")),
    connectors=BASE.connectors + (
        Connector("card-1", usb=("0000:03:00.0/1", "0000:03:00.0/ss1"), panel="card", row=1, column=1),
        Connector("card-2", usb=("0000:03:00.0/2", "0000:03:00.0/ss2"), panel="card", row=1, column=2),
    ),
    plugged={name: what for name, what in BASE.plugged.items() if name != "rear-4"} | {"card-1": FLASH},
    disks=(
        BASE.disks[0],
        Disk("sdb", "card-1", 15633408, (Part(15631360),), "Kingston", "DataTraveler 2.0", removable=True),
        Disk("sdc", "rear-6", 976773168, (Part(976771120),), "Samsung", "Portable SSD T5"),
    ),
    mounts=BASE.mounts[:2] + (Mount("/dev/sdc1", "/srv/machines"),),
    toml_comment="ASRock Z97E-ITX/ac with a USB 3 card; the guest \"windows\" has both EHCI controllers and a monitor.",
    toml_tail=BASE.toml_tail.replace(
        'controllers = ["0000:00:1d.0", "0000:00:1a.0"]',
        'controllers = ["0000:00:1d.0", "0000:00:1a.0"]\nqmp = "/run/usbroute/windows.qmp"').replace(
        '\nwindows = [', '\nwindows = ["card-1", '),
)
