# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""A 9-series desktop with three more xHCI controllers; the EHCIs come last (buses 9 and 10), the chipset's xHCI shows 15
ports, one card has a single USB 2 root port with a hub in it.  The keyboard's receiver is in port 5, the mouse on PS/2.

Variant "c610": the same on a C610 board, whose kernel says xhci-pci-renesas for the Renesas card (Linux 6.12 and later)."""
from dataclasses import replace
from machines.boards import z97e_itx_ac
from machines.catalog import HUB_VL810_2, RECEIVER, rate_matching_hub
from machines.model import Bus, Connector, Device, Function, Input, Interface, Registers

UNKNOWN = Device("0cf3:e004", "0002", "12", (Interface("ff0000", None, 2),), None, None)
KEYS = Device("046d:c52b", "1203", "12", (Interface("030101", "usbhid", 1, (Input("keyboard"),)),
              Interface("030102", "usbhid", 1, (Input("mouse"),)), Interface("030000", "usbhid", 1)), "Logitech", "USB Receiver")


def machine(variant):
    base = z97e_itx_ac.MACHINE
    c610 = variant == "c610"
    ids = {"00:14.0": "8086:8d31", "00:1a.0": "8086:8d2d", "00:1d.0": "8086:8d26", "00:1f.0": "8086:8d47"} if c610 else {}
    functions = [replace(x, id=ids.get(x.address, x.id)) for x in base.functions if x.address[:2] in ("00", "01")]
    functions += [Function("00:1c.1", "8086:8c92", "060400", "pcieport", 13, irq=26), Function("00:1c.2", "8086:8c94", "060400", "pcieport", 14, irq=27),
                  Function("00:1c.3", "8086:8c96", "060400", "pcieport", 15, irq=28),
                  Function("03:00.0", "1b21:1142", "0c0330", "xhci_hcd", 16, below="00:1c.1", irq=17, bar=0xf7600000),
                  Function("04:00.0", "1106:3483", "0c0330", "xhci_hcd", 17, below="00:1c.2", irq=18, bar=0xf7500000),
                  Function("05:00.0", "1912:0015", "0c0330", "xhci-pci-renesas" if c610 else "xhci_hcd", 18, below="00:1c.3", irq=19, bar=0xf7400000)]
    buses = (Bus(1, "00:14.0", 15), Bus(2, "00:14.0", 6, "5000"), Bus(3, "03:00.0", 2), Bus(4, "03:00.0", 2, "5000"),
             Bus(5, "04:00.0", 1), Bus(6, "04:00.0", 4, "5000"), Bus(7, "05:00.0", 2), Bus(8, "05:00.0", 2, "5000"),
             Bus(9, "00:1a.0", 2), Bus(10, "00:1d.0", 2))
    hubs = {"00:1a.0/1": rate_matching_hub("8087:8008" if c610 else "8087:8009", 6), "00:1d.0/1": rate_matching_hub("8087:8000" if c610 else "8087:8001", 8)}
    plugged = hubs | {"00:14.0/5": KEYS, "00:14.0/7": UNKNOWN, "04:00.0/1": HUB_VL810_2}
    connectors = tuple(Connector(f"s{b}", b) for b in range(14))
    return replace(base, name="report", functions=tuple(sorted(functions, key=lambda x: x.address)), buses=buses, plugged=plugged, connectors=connectors,
                   disks=base.disks[:1], mounts=base.mounts[:2], kernel="6.12.30-amd64" if c610 else "4.2.0-16-generic", registers=Registers(0x7fff, 0x7fff, 0x3f, 0x3f),
                   toml_tail='[guest.windows]\ncontrollers = ["0000:05:00.0"]\n\n[listen.windows]\nunix = "/run/usbroute/windows.sock"\nguest = "windows"\nallow = ["toggle"]\n' if c610 else '[guest.windows]\ncontrollers = ["0000:00:1d.0", "0000:00:1a.0"]\n')
