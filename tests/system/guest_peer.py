# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""Stands for the process of a guest's machine, at the other end of its line. To be killed by who started it.

  guest_peer.py connect PATH [LINE..]   as QEMU's chardev with reconnect=1: connects, says the lines the first time, stays
  guest_peer.py serve PATH [LINE..]     as QEMU's chardev with server=on: listens, says the lines to who comes, stays
  guest_peer.py monitor PATH            as QEMU's QMP: greets, waits for qmp_capabilities, then sends each line of its input
                                        to who is connected; "close" closes the connection, and the next is greeted again

What comes back is printed, line by line. "on" is printed when the other side is there.
"""

import json
import os
import socket
import sys
import threading
import time


def print_now(text):
    print(text, flush=True)


def talk(line, says):
    print_now("on")
    for said in says:
        line.sendall(said.encode() + b"\n")
    with line, line.makefile("rb") as comes:
        for answer in comes:
            print_now(answer.decode(errors="replace").rstrip("\r\n"))


def connect(path, *says):
    while True:
        line = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            line.connect(path)
            says_now, says = says, ()  # before anything can go wrong: what it says twice would be a second command
            talk(line, says_now)
        except OSError:
            pass
        time.sleep(0.2)


def listening(path):
    if os.path.exists(path):
        os.unlink(path)
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(1)
    return listener


def serve(path, *says):
    listener = listening(path)
    while True:
        try:
            talk(listener.accept()[0], says)
        except OSError:
            pass


def monitor(path):
    listener = listening(path)
    open_now = []

    def accept():
        while True:
            line = listener.accept()[0]
            line.sendall(b'{"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}}, "capabilities": []}}\r\n')
            asked = line.recv(4096)
            command = json.loads(asked)
            print_now("asked" if command["execute"] == "qmp_capabilities" else f"was sent {asked}")
            line.sendall(json.dumps({"return": {}, "id": command["id"]}).encode() + b"\r\n")
            open_now.append(line)

    threading.Thread(target=accept, daemon=True).start()
    for said in sys.stdin:
        while not open_now:
            time.sleep(0.01)
        if said.strip() == "close":
            line = open_now.pop()
            line.shutdown(socket.SHUT_RDWR)
            line.close()
        else:
            open_now[-1].sendall(said.encode())
    threading.Event().wait()


if __name__ == "__main__":
    {"connect": connect, "serve": serve, "monitor": monitor}[sys.argv[1]](*sys.argv[2:])
