"""The routing registers of each chipset family, as far as placing devices needs them.

Kept apart from the product's own chip table on purpose: the trees are evidence for the
tests, so they must not be made from the code that is tested.
Order of the bits: bits 0-7 are ports 1-8 of EHCI #1 (00:1d.0), bits 8-13 are ports 1-6
of EHCI #2 (00:1a.0). The xHCI port of a bit differs by family; PRTE and PR2S methods in
firmware of 8 and 9 series boards.
"""

PERMUTED = {0: 1, 1: 2, 2: 3, 3: 4, 4: 9, 5: 10, 6: 13, 7: 14,
            8: 5, 9: 6, 10: 7, 11: 8, 12: 11, 13: 12, 14: 15}
STRAIGHT = {bit: bit + 1 for bit in range(11)}
FIRST_FOUR = {bit: bit + 1 for bit in range(4)}

XHCI_PORT_OF_BIT = {
    "8086:1e31": FIRST_FOUR,
    "8086:8c31": PERMUTED,
    "8086:8cb1": PERMUTED,
    "8086:8d31": PERMUTED,
    "8086:9c31": STRAIGHT,
    "8086:9cb1": STRAIGHT,
}


def xhci_place(chip, bit):
    return f"00:14.0/{XHCI_PORT_OF_BIT[chip][bit]}"


def ehci_place(bit):
    """Behind the rate matching hub in port 1. Bits above 13 have no EHCI port."""
    if bit > 13:
        return None
    return f"00:1d.0/1.{bit + 1}" if bit < 8 else f"00:1a.0/1.{bit - 7}"
