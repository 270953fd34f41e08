#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""A serial port of a guest, as QEMU makes one of a chardev: a pseudo-terminal on one side, a Unix socket on the other.

  serial_line.py PORT SOCKET [OPTION...]

PORT becomes a symbolic link to the terminal. SOCKET is connected to, again and again where nobody listens; bytes for
nobody are lost, which it says with "lost". Says "ready" and runs until it is ended.

  --noise FILE    the bytes of FILE come to the guest at the start, whenever it speaks, and after each answer
  --echo          the guest hears what it says, as from a login prompt
  --delay SECONDS answers come that much later
  --hung          nothing is read from the guest at all
"""

import argparse
import os
import select
import socket
import sys
import time
import tty


class Listener:
    """The host's end. Gone and come back as the daemon does."""

    def __init__(self, path):
        self.path = path
        self.connection = None

    def connect(self):
        if self.connection is not None:
            return
        connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            connection.connect(self.path)
        except OSError:
            connection.close()
        else:
            self.connection = connection

    def send(self, data):
        self.connect()
        try:
            if self.connection is not None:
                self.connection.sendall(data)
            else:
                print("lost", flush=True)
        except OSError:
            self.drop()

    def receive(self):
        try:
            data = self.connection.recv(65536)
        except OSError:
            data = b""
        if not data:
            self.drop()
        return data

    def drop(self):
        self.connection.close()
        self.connection = None


def fill(port):
    """Until not one byte more goes in, also after the kernel has moved on what it held."""
    os.set_blocking(port, False)
    refused = 0
    size = 4096
    while refused < 5:
        try:
            os.write(port, bytes(size))
            refused = 0
        except BlockingIOError:
            if size == 1:
                refused += 1
                time.sleep(0.05)
            size = 1


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("port")
    parser.add_argument("socket")
    parser.add_argument("--noise")
    parser.add_argument("--echo", action="store_true")
    parser.add_argument("--delay", type=float, default=0)
    parser.add_argument("--hung", action="store_true")
    options = parser.parse_args()
    noise = b""
    if options.noise:
        with open(options.noise, "rb") as file:
            noise = file.read()

    terminal, slave = os.openpty()  # the slave stays open: without it the terminal would hang up between two runs
    tty.setraw(slave)
    os.symlink(os.ttyname(slave), options.port)
    listener = Listener(options.socket)
    if options.hung:
        fill(slave)
    os.write(terminal, noise[:3000])  # a terminal holds 4095 bytes that nobody reads
    print("ready", flush=True)
    while options.hung:
        time.sleep(3600)
    while True:
        listener.connect()
        ends = [terminal] + ([listener.connection] if listener.connection else [])
        for end in select.select(ends, [], [], 0.05)[0]:
            if end is terminal:
                data = os.read(terminal, 65536)
                if options.echo:
                    os.write(terminal, data.replace(b"\n", b"\r\n"))
                os.write(terminal, noise[:1500])
                listener.send(data)
            elif listener.connection is not None and (data := listener.receive()):
                time.sleep(options.delay)
                os.write(terminal, data + noise[:1500])


if __name__ == "__main__":
    sys.exit(main())
