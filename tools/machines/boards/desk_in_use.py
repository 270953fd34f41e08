# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""The board of z97-guest as the desk of somebody who is at work."""

from dataclasses import replace

from ..catalog import (BLUETOOTH_7260, BMC_KEYBOARD, DAC, HEADSET, HUB_2, KEYBOARD, NETWORK, RECEIVER, SSD_3)
from ..model import Disk, Mount, Part, Registers, Stacked
from . import z97_guest

BASE = z97_guest.MACHINE
ROUTES = (
    "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
    "enx0050b6a1b2c3\t00000000\t0100A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0",
    "enx0050b6a1b2c3\t0000A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0",
)

MACHINE = replace(
    BASE,
    name="desk-in-use",
    title="the same board, everything on xHCI and at work",
    breaks="a keyboard is what has a boot interface, and a disk in use is one that is mounted",
    what="""
The board of z97-guest with keyboards of all kinds, an encrypted volume, a headset that
plays, and a network adapter through which the machine reaches the world.
""",
    recorded=("As for z97-guest.",),
    reconstructed=("As for z97-guest, and all that is plugged in and what it is used for.",),
    shows=(
        "Three keyboards count: the one on the cable, the receiver's, and the one over Bluetooth, which hangs on the"
        " adapter in internal-6 although its own path leads to no USB device.",
        "The BMC's keyboard has a boot interface and all keys; the headset, the DAC and the power button have some keys.",
        "/home is four steps away from its disk: partition, volume group, LUKS, mount; swap is beside it.",
        "The headset is being played, the default route goes over USB; the DAC is silent.",
    ),
    registers=Registers(0x3fff, 0x3fff, 0x3f, 0x3f),
    plugged={
        "rear-1": KEYBOARD,
        "rear-2": RECEIVER,
        "rear-3": HEADSET,
        "rear-4": NETWORK,
        "front-2": BMC_KEYBOARD,
        "internal-1": HUB_2,
        "internal-6": BLUETOOTH_7260,
        "internal-1.1": DAC,
        "rear-6": SSD_3,
    },
    bluetooth_keyboards=("MX Keys Keyboard",),
    disks=(
        BASE.disks[0],
        Disk("sdb", "rear-6", 976773168, (Part(976771120),), "Samsung", "Portable SSD T5"),
    ),
    stacked=(
        Stacked("dm-0", "vg_desk-home", ("sdb1",), 943718400, "LVM-desk-home"),
        Stacked("dm-1", "luks-home", ("dm-0",), 943714304, "CRYPT-LUKS2-home"),
        Stacked("dm-2", "vg_desk-swap", ("sdb1",), 33554432, "LVM-desk-swap"),
    ),
    mounts=BASE.mounts[:2] + (Mount("/dev/mapper/luks-home", "/home"),),
    swaps=(("/dev/dm-2", 16777212, 0),),
    extra={
        "proc/net/route": "\n".join(ROUTES),
        "proc/asound/card1/id": "Headset",
        "proc/asound/card1/pcm0p/sub0/status": "state: RUNNING\nowner_pid   : 2211\ntrigger_time: 4711.123",
        "proc/asound/card1/pcm0c/sub0/status": "closed",
        "proc/asound/card2/id": "DAC",
        "proc/asound/card2/pcm0p/sub0/status": "closed",
    },
    toml_comment="ASRock Z97E-ITX/ac with both EHCI controllers in the guest \"windows\", and a full desk.",
    toml_tail=BASE.toml_tail.replace("may_take_last_keyboard = true\n", ""),
)
