"""Where a device shows up: the place that the routing gives to a socket, and its sysfs name.

A place is written as in the configuration: "00:14.0/9.2" is port 2 of the hub in port 9,
"00:14.0/ss3" is SuperSpeed port 3. A socket is written by its connector's name, and
"rear-1.2" is port 2 of the hub in it.
"""

from . import chips


def is_superspeed(device):
    return int(float(device.speed)) >= 5000


def place_of(machine, key, device):
    """Turns the key of `Machine.plugged` into a place."""
    if "/" in key:
        _check_route(machine, key)
        return key
    name, _, below = key.partition(".")
    connector = next(c for c in machine.connectors if c.name == name)
    if connector.bit is None:
        half = [u for u in connector.usb if ("/ss" in u) == is_superspeed(device)]
        place = half[0].removeprefix("0000:")
    elif is_superspeed(device):
        assert machine.registers.superspeed >> (connector.superspeed - 1) & 1, f"{key}: SuperSpeed is off"
        place = f"00:14.0/ss{connector.superspeed}"
    elif machine.registers.usb2 >> connector.bit & 1:
        place = chips.xhci_place(machine.mux_chip, connector.bit)
    else:
        place = chips.ehci_place(connector.bit)
    return f"{place}.{below}" if below else place


def _check_route(machine, place):
    """A device cannot be at a port whose wires are on the other side."""
    if not machine.registers:
        return
    controller, chain = place.split("/")
    for bit in chips.XHCI_PORT_OF_BIT[machine.mux_chip]:
        on_xhci = machine.registers.usb2 >> bit & 1
        wrong = chips.ehci_place(bit) if on_xhci else chips.xhci_place(machine.mux_chip, bit)
        assert place != wrong and not place.startswith(f"{wrong}."), f"{machine.name}: {place} contradicts bit {bit}"


def bus_of(machine, place):
    controller, chain = place.split("/")
    wanted = chain.startswith("ss")
    return next(b for b in machine.buses if b.controller == controller and b.superspeed == wanted)


def usb_name(machine, place):
    """ "00:14.0/9.2" -> "3-9.2"."""
    return f"{bus_of(machine, place).number}-{place.split('/')[1].removeprefix('ss')}"


def parent(place):
    """The place of the hub above, or None under a root hub."""
    head, dot, _ = place.rpartition(".")
    # The dot of "00:14.0" is not one of a port chain.
    return head if dot and "/" in head else None
