# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""Copies of the recorded Z97 board, and what the figures do with it."""

import os
import shutil
import struct

RECORDED = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "machines", "z97e-itx-ac")

# A socket with a SuperSpeed half and one without. Neither holds the keyboard, the disk that is mounted, or anything else
# of which a move asks first whether it is in use: a headset costs another dozen system calls.
MOVED = ("front-2", "rear-2")
HOME = 0x3fff                      # XUSB2PR: every socket on xHCI
AWAY = HOME & ~(1 << 1 | 1 << 3)   # the bits of the two

CONFIGURATION = """
[profile.home]
[profile.away]
ehci = ["front-2", "rear-2"]
[toggle]
profiles = ["home", "away"]
[listen.control]
unix = "/run/usbroute/control.sock"
group = ""
per_minute = 0
"""
# The guest moves sockets between the host's own controllers: on a recorded machine nobody else is there. Its limit would be
# what is measured.
GUEST = """
[guest.windows]
controllers = ["0000:00:1d.0", "0000:00:1a.0"]
when_off = "stay"
[listen.windows]
unix = "/run/usbroute/windows.sock"
guest = "windows"
allow = ["toggle"]
per_minute = 0
"""
NETCAT = """
[listen.netcat]
tcp = "127.0.0.1:{port}"
allow = ["toggle"]
per_minute = 0
"""


class Board:
    def __init__(self, room, name, port=None):
        self.root = room.path(name)
        self.socket = f"{self.root}/run/usbroute/control.sock"
        self.guest_line = f"{self.root}/run/usbroute/windows.sock"
        self.config = f"{self.root}/etc/usbroute/usbroute.toml"
        self.registers = f"{self.root}/sys/bus/pci/devices/0000:00:14.0/config"
        shutil.copytree(RECORDED, self.root, symlinks=True)
        self._configure(port)

    def xusb2pr(self):
        with open(self.registers, "rb") as file:
            file.seek(0xd0)
            return struct.unpack("<I", file.read(4))[0]

    def _configure(self, port):
        """The board's own connectors, with profiles and listeners for this run."""
        with open(self.config, encoding="utf-8") as file:
            connectors = file.read().partition("\n[guest.")[0]
        os.chmod(self.config, 0o644)
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(connectors + CONFIGURATION + GUEST + (NETCAT.format(port=port) if port else ""))

    def setpci(self, room, value):
        return [room.needs("setpci"), "-A", "linux-sysfs", "-O", f"sysfs.path={self.root}/sys/bus/pci",
                "-s", "00:14.0", f"d0.w={value:04x}"]
