# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""Sysfs trees of any size, to see how a scan grows.

They are written by what writes the recorded machines (tools/machines), so their folders hold what real ones
hold. Each controller has the same 25 devices: hubs, one of them below another, keyboards, mice, headsets and
disks. A tree twice as large has twice as many controllers, so that the cost of a device can be compared; no
real machine has 80 of them.
"""

import os
import sys

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))

from machines import catalog, pci, usb  # noqa: E402
from machines.inputs import Inputs  # noqa: E402
from machines.model import Bus, Function, Machine  # noqa: E402
from machines.tree import Tree  # noqa: E402

SIZES = (50, 200, 800, 2000)
DEVICES_PER_CONTROLLER = 25
KERNEL = "6.1.0-13-amd64"

# Port of the controller -> what is in it; as in tools/machines, "ss1" is SuperSpeed port 1.
LAYOUT = {
    "1": catalog.HUB_2,
    "1.1": catalog.KEYBOARD, "1.2": catalog.MOUSE, "1.3": catalog.FLASH, "1.4": catalog.HUB_2,
    "1.4.1": catalog.GAMEPAD, "1.4.2": catalog.MOUSE, "1.4.3": catalog.DAC, "1.4.4": catalog.RECEIVER,
    "2": catalog.HUB_2,
    "2.1": catalog.RECEIVER, "2.2": catalog.HEADSET, "2.3": catalog.FLASH, "2.4": catalog.WEBCAM,
    "3": catalog.HUB_2,
    "3.1": catalog.KEYBOARD, "3.2": catalog.SECOND_MOUSE, "3.3": catalog.GAMEPAD, "3.4": catalog.DAC,
    "4": catalog.SECOND_KEYBOARD, "5": catalog.MOUSE, "6": catalog.HEADSET, "7": catalog.BLUETOOTH_7260,
    "ss1": catalog.SSD_3, "ss2": catalog.FLASH_3,
}
assert len(LAYOUT) == DEVICES_PER_CONTROLLER


def write_tree(folder, devices):
    """A tree with that many devices; `folder` must not exist."""
    controllers = [f"{number + 1:02x}:00.0" for number in range(devices // DEVICES_PER_CONTROLLER)]
    machine = _machine(controllers)
    tree = Tree(machine.kernel)
    pci.emit(tree, machine)
    interfaces = usb.emit(tree, machine, Inputs(tree))
    _add_disks(tree, interfaces, machine.plugged)
    tree.write(folder)


def _machine(controllers):
    buses = []
    for address in controllers:
        number = len(buses) + 1
        buses += [Bus(number, address, 14), Bus(number + 1, address, 6, "5000")]
    return Machine(
        name="generated", title="", breaks="", what="", recorded=(), reconstructed=(), shows=(), dmi={},
        kernel=KERNEL,
        functions=tuple(Function(address, "1b73:1100", "0c0330", "xhci_hcd") for address in controllers),
        buses=tuple(buses),
        plugged={f"{address}/{port}": device for address in controllers for port, device in LAYOUT.items()})


def _add_disks(tree, interfaces, plugged):
    """A whole disk and one partition behind each storage device."""
    disks = [place for place, device in plugged.items() if device.interfaces[0].cls.startswith("0806")]
    for number, place in enumerate(disks):
        name = f"sd{number}"
        disk = f"{interfaces[place][0]}/host{number}/target{number}:0:0/{number}:0:0:0/block/{name}"
        for minor, path in ((0, disk), (1, f"{disk}/{name}p1")):
            tree.attributes(path, {"dev": f"{256 + number}:{minor}", "size": 15633408, "ro": 0})
            tree.attribute(f"{path}/holders/.empty", "")
            tree.in_class("block", os.path.basename(path), path)
