# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""The toggle service as the HOWTO of 2016 has it: Python, a line in, setpci, a line out.

    howto_service.py unix:PATH|tcp:PORT SETPCI TREE VALUE VALUE

Toggles between two values of XUSB2PR in the tree's configuration file. Says "ready" when it listens; serves
until it is killed.
"""

import itertools
import socketserver
import subprocess
import sys


def make_handler(setpci, tree, values, nodelay):
    command = [setpci, "-A", "linux-sysfs", "-O", f"sysfs.path={tree}/sys/bus/pci", "-s", "00:14.0"]
    next_value = itertools.cycle(values)

    class Handler(socketserver.StreamRequestHandler):
        disable_nagle_algorithm = nodelay

        def handle(self):
            for line in self.rfile:
                self.wfile.write(self.answer(line.strip()))

        def answer(self, line):
            if line != b"toggle":
                return b"error\n"
            done = subprocess.run(command + [f"d0.w={next(next_value)}"], check=False)
            return b"ok\n" if done.returncode == 0 else b"failed\n"

    return Handler


def make_server(place, *what):
    kind, _, where = place.partition(":")
    if kind == "tcp":
        return socketserver.TCPServer(("127.0.0.1", int(where)), make_handler(*what, nodelay=True))
    return socketserver.UnixStreamServer(where, make_handler(*what, nodelay=False))


if __name__ == "__main__":
    with make_server(sys.argv[1], sys.argv[2], sys.argv[3], sys.argv[4:6]) as server:
        print("ready", flush=True)
        server.serve_forever()
