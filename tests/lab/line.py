# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""The guest's serial line: between QEMU's COM1 outside and the daemon's listener inside the host machine.

On a real host the guest's QEMU connects to the daemon's Unix socket by `-chardev socket`. Here the guest's QEMU runs
beside the host machine, so that socket is reached in three hops: this relay takes QEMU's connection, a virtio port carries
the bytes into the host machine, and netcat there connects to the socket. What goes over it is logged.
"""

import os
import selectors
import socket
import threading
import time

from qmp import connect


class Line:
    def __init__(self, inside, listen_at, log):
        self.inside = connect(inside, time.monotonic() + 20)
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(str(listen_at))
        self.listener.listen(1)
        self.log = log
        self.ending_read, self.ending_write = os.pipe()
        self.thread = threading.Thread(target=self.carry, daemon=True)
        self.thread.start()

    def carry(self):
        selector = selectors.DefaultSelector()
        for what in (self.inside, self.listener, self.ending_read):
            selector.register(what, selectors.EVENT_READ)
        com1 = None
        while True:
            for key, _ in selector.select():
                if key.fileobj is self.ending_read:
                    return
                if key.fileobj is self.listener:
                    fresh, _ = self.listener.accept()
                    if com1:
                        selector.unregister(com1)
                        com1.close()
                    com1 = fresh
                    selector.register(com1, selectors.EVENT_READ)
                    continue
                source, target, way = (self.inside, com1, "<-") if key.fileobj is self.inside else (com1, self.inside, "->")
                got = take(source)
                if not got:
                    selector.unregister(source)
                    if source is self.inside:
                        return
                    com1.close()
                    com1 = None
                    continue
                self.log.write(f"{time.monotonic():.3f} {way} {got!r}\n")
                if target:
                    give(target, got)

    def end(self):
        os.write(self.ending_write, b"x")
        self.thread.join(5)
        for link in (self.inside, self.listener):
            link.close()


def take(link):
    try:
        return link.recv(4096)
    except OSError:
        return b""


def give(link, content):
    try:
        link.sendall(content)
    except OSError:
        pass  # the other end is noticed when it is read
