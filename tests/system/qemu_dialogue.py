#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""Speaks with a QMP monitor, QEMU's own or the simulated one, and prints what it says, a JSON value a line.

Usage: qemu_dialogue.py SOCKET < LINES

A line is sent as it is, and its answer waited for. Besides:
  fd PATH LINE    the line goes with a descriptor of that file, opened for reading and writing
  gone PATH LINE  the same, and what is sent is the descriptor that was opened for the last `fd`; PATH is not looked at
  event NAME      waits for an event of that name
  true PATH PROPERTY   asks for a property until it is true; false PATH PROPERTY until it is false
Versions, times of day and numbers of descriptors are printed as zeros, events apart from answers: they come when they like.
"""

import array
import json
import os
import socket
import sys
import time

PATIENCE = 30  # seconds


class Monitor:
    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(PATIENCE)
        self.socket.connect(path)
        self.received = b""
        self.events = []
        self.descriptor = None

    def message(self):
        while b"\n" not in self.received:
            got = self.socket.recv(65536)
            if not got:
                raise EOFError("the monitor has gone")
            self.received += got
        line, self.received = self.received.split(b"\n", 1)
        return json.loads(line)

    def answer(self):
        while True:
            message = self.message()
            if "event" not in message:
                return message
            self.events.append(message)

    def event(self, name):
        while True:
            for message in self.events:
                if message["event"] == name:
                    self.events.remove(message)
                    return message
            message = self.message()
            if "event" not in message:
                raise ValueError(f"an answer that nobody asked for: {message}")
            self.events.append(message)

    def send(self, line):
        self.socket.sendall(line.encode() + b"\n")

    def send_with(self, descriptor, line):
        rights = [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [descriptor]))]
        self.socket.sendmsg([line.encode() + b"\n"], rights)

    def until(self, path, name, wanted):
        question = json.dumps({"execute": "qom-get", "arguments": {"path": path, "property": name}})
        deadline = time.monotonic() + PATIENCE
        while True:
            self.send(question)
            answer = self.answer()
            if answer.get("return") is wanted:
                return answer
            if time.monotonic() > deadline:
                raise TimeoutError(f"{path} {name} never became {wanted}: {answer}")
            time.sleep(0.02)


def plain(value, key=""):
    if key in ("version", "timestamp", "fd"):
        return 0
    if isinstance(value, dict):
        return {name: plain(member, name) for name, member in value.items()}
    if isinstance(value, list):
        # QEMU lists objects in the order of a hash table.
        return sorted((plain(member) for member in value), key=lambda member: json.dumps(member, sort_keys=True))
    return value


def say(message):
    print(json.dumps(plain(message), sort_keys=True), flush=True)


def main():
    monitor = Monitor(sys.argv[1])
    say(monitor.message())
    for line in sys.stdin:
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        word, _, rest = line.partition(" ")
        if word == "event":
            say(monitor.event(rest))
        elif word in ("true", "false"):
            say(monitor.until(*rest.split(), word == "true"))
        else:
            if word in ("fd", "gone"):
                path, _, rest = rest.partition(" ")
                if word == "fd":
                    monitor.descriptor = os.open(path, os.O_RDWR)
                monitor.send_with(monitor.descriptor, rest)
            else:
                monitor.send(line)
            say(monitor.answer())
    return 0


if __name__ == "__main__":
    sys.exit(main())
