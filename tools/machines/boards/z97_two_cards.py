# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""The board of z97-with-card with a second card, which goes to the guest whole: sockets of three means."""

from dataclasses import replace

from ..model import Bus, Connector, Function
from . import z97_with_card

BASE = z97_with_card.MACHINE

CARD = (
    Function("00:1c.5", "8086:8c9a", "060400", "pcieport", 15, revision=0xd0, irq=36),
    Function("04:00.0", "1912:0014", "0c0330", "xhci_hcd", 16, "1912:0014", below="00:1c.5", bar=0xf7600000, irq=37),
)

MACHINE = replace(
    BASE,
    name="z97-two-cards",
    title="the same board with a second card that goes whole",
    breaks="what is in a socket is given one by one, or by the mux",
    what="""
The board of z97-with-card with a Renesas card in the slot beside it. The sockets of the board go by the
mux, those of the first card by giving their devices to the guest's QEMU, and the second card goes to the
guest whole while that runs (`on_move`); one profile has all three.
""",
    recorded=BASE.recorded + ("Cards with a uPD720202 show one xHCI 1912:0014 or 0015 with 2 ports at 480M and 2 at 5000M: as"
                              " published.",),
    reconstructed=BASE.reconstructed + ("Address, IOMMU group and root port of the second card.",),
    shows=("Sockets of three means stand side by side.",
           "A socket of the second card goes only with the other one.",
           "The second card is alone in its IOMMU group 16."),
    functions=BASE.functions + CARD,
    buses=BASE.buses + (Bus(7, "04:00.0", 2), Bus(8, "04:00.0", 2, "5000")),
    connectors=BASE.connectors + (
        Connector("slot-1", usb=("0000:04:00.0/1", "0000:04:00.0/ss1"), panel="slot", row=1, column=1),
        Connector("slot-2", usb=("0000:04:00.0/2", "0000:04:00.0/ss2"), panel="slot", row=1, column=2),
    ),
    toml_comment="ASRock Z97E-ITX/ac with two USB 3 cards; the guest \"windows\" has both EHCI controllers, a monitor, and the second card when a move says so.",
    toml_tail=BASE.toml_tail.replace(
        'qmp = "/run/usbroute/windows.qmp"', 'qmp = "/run/usbroute/windows.qmp"\non_move = ["0000:04:00.0"]'),
)
