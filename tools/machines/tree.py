# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""A directory tree held in memory: files, and links as the kernel writes them."""

import os
import posixpath
import shutil


# The kernel in which an attribute appeared, by the dates in Documentation/ABI. An older
# machine does not have it.
SINCE = {
    "tx_lanes": (4, 16), "rx_lanes": (4, 16), "over_current_count": (4, 17), "location": (4, 20),
    "inhibited": (5, 11), "power_state": (5, 12), "reset_method": (5, 15), "disable": (6, 0),
}


class Tree:
    """Paths are relative to the root of the machine: "sys/bus/usb"."""

    def __init__(self, kernel):
        self.kernel = tuple(int(part) for part in kernel.split("-")[0].split(".")[:2])
        self.files = {}
        self.links = {}

    def raw(self, path, content):
        self._claim(path)
        self.files[path] = content

    def attribute(self, path, value):
        """One value and the newline that sysfs puts behind it."""
        if self.kernel < SINCE.get(posixpath.basename(path), (0, 0)):
            return
        content = value if isinstance(value, bytes) else str(value).encode()
        self.raw(path, content + b"\n")

    def attributes(self, folder, values):
        for name, value in values.items():
            self.attribute(f"{folder}/{name}", value)

    def lines(self, path, lines):
        self.raw(path, "".join(f"{line}\n" for line in lines).encode())

    def link(self, path, target):
        """Stored as the kernel does: relative, by the nearest common ancestor."""
        self._claim(path)
        self.links[path] = posixpath.relpath(target, posixpath.dirname(path))

    def on_bus(self, bus, name, device, driver=None):
        """The links by which a device hangs on a bus and, if bound, on a driver."""
        self.link(f"{device}/subsystem", f"sys/bus/{bus}")
        self.link(f"sys/bus/{bus}/devices/{name}", device)
        if driver:
            folder = f"sys/bus/{bus}/drivers/{driver}"
            self.link(f"{device}/driver", folder)
            self.link(f"{folder}/{name}", device)

    def in_class(self, cls, name, device):
        self.link(f"{device}/subsystem", f"sys/class/{cls}")
        self.link(f"sys/class/{cls}/{name}", device)

    def _claim(self, path):
        assert path not in self.files and path not in self.links, f"{path} written twice"

    def entries(self):
        """Everything as path -> content; a link's content is its target behind '-> '."""
        everything = dict(self.files)
        everything.update({path: b"-> " + to.encode() for path, to in self.links.items()})
        return everything

    def write(self, root):
        for part in ("sys", "proc", "etc"):
            shutil.rmtree(f"{root}/{part}", ignore_errors=True)
        for path, content in sorted(self.files.items()):
            os.makedirs(os.path.dirname(f"{root}/{path}") or ".", exist_ok=True)
            with open(f"{root}/{path}", "wb") as file:
                file.write(content)
        for path, target in sorted(self.links.items()):
            os.makedirs(os.path.dirname(f"{root}/{path}"), exist_ok=True)
            os.symlink(target, f"{root}/{path}")


def read_entries(root):
    """What `Tree.entries` would have said about a tree on disk."""
    found = {}
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = f"{folder}/{name}"
            short = os.path.relpath(path, root)
            if os.path.islink(path):
                found[short] = b"-> " + os.readlink(path).encode()
            elif os.path.isfile(path):
                with open(path, "rb") as file:
                    found[short] = file.read()
    return found


def bad_links(root):
    """Links that dangle or lead out of the tree."""
    inside = os.path.realpath(root) + os.sep
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = f"{folder}/{name}"
            if os.path.islink(path):
                if os.path.isabs(os.readlink(path)):
                    yield path, "absolute"
                elif not os.path.exists(path):
                    yield path, "dangling"
                elif not os.path.realpath(path).startswith(inside):
                    yield path, "leads out of the tree"
