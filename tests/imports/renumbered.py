# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""A recorded machine with other bus numbers, as after a boot in which the controllers were found in another order."""

import os
import re
from pathlib import Path

NAMED = re.compile(r"^(usb)?(\d+)(|-port\d+|-\d+(?:\.\d+)*(?::\d+\.\d+)?)$")


def renamed(part, buses):
    """One part of a path: "usb3", "3-1.4:1.0", "usb3-port2"."""
    match = NAMED.match(part)
    if not match or not (match.group(1) or match.group(3)):
        return part
    head, number, rest = match.groups()
    return f"{head or ''}{buses.get(int(number), int(number))}{rest}"


def path_of(path, buses):
    return "/".join(renamed(part, buses) for part in str(path).split("/"))


def text_of(name, text, buses):
    if name == "busnum":
        return f"{buses.get(int(text), int(text))}\n"
    if name == "uevent":
        text = re.sub(r"(?m)^BUSNUM=(\d+)", lambda m: f"BUSNUM={buses.get(int(m[1]), int(m[1])):03}", text)
        return re.sub(r"(?m)^DEVNAME=bus/usb/(\d+)/", lambda m: f"DEVNAME=bus/usb/{buses.get(int(m[1]), int(m[1])):03}/", text)
    return text


def copy(machine, into, buses):
    """Copies the recording in folder `machine`; `buses` is old number to new."""
    for folder, folders, files in os.walk(machine):
        here = Path(folder).relative_to(machine)
        there = Path(into) / path_of(here, buses)
        there.mkdir(parents=True, exist_ok=True)
        for name in folders + files:
            source = Path(folder) / name
            target = there / renamed(name, buses)
            if source.is_symlink():
                target.symlink_to(path_of(os.readlink(source), buses))
            elif source.is_file():
                data = source.read_bytes()
                if name in ("busnum", "uevent"):
                    data = text_of(name, data.decode("utf-8", "surrogateescape"), buses).encode("utf-8", "surrogateescape")
                target.write_bytes(data)
