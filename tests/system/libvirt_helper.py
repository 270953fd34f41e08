#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""A usbroute-libvirt without a libvirt: docs/libvirt-line.md, with domains that are told what they do.

Usage: libvirt_helper.py SOCKET < LINES

What it is asked goes to stdout, a line each. A domain that has a device takes it as QEMU does, from its driver, and gives it back in order.
  state DOMAIN STATE      running (with a controller of 15 ports), paused, suspended, shut-off, undefined
  lose WHY | find         libvirt ends, and is there again
  hook PATH               what libvirt runs before it starts a domain, and waits for; nothing else is answered meanwhile
"""

import fcntl
import glob
import json
import os
import selectors
import socket
import struct
import subprocess
import sys

CLAIM_INTERFACE, RELEASE_INTERFACE, IOCTL = 0x8004550F, 0x80045510, 0xC0105512
DISCONNECT, CONNECT = 0x5516, 0x5517
THERE = ("running", "paused", "suspended")


class Refused(Exception):
    pass


class Device:
    """One of the host's, opened and taken from its drivers."""

    def __init__(self, question):
        self.asked = question
        bus, number = question["bus"], question["device"]
        self.interfaces = [int(path.rsplit(".", 1)[1]) for path in interfaces_of(bus, number)]
        try:
            self.node = os.open(f"/dev/bus/usb/{bus:03}/{number:03}", os.O_RDWR)
        except OSError as error:
            raise Refused("no-device", str(error)) from error
        for interface in self.interfaces:
            self.command(interface, DISCONNECT)
            fcntl.ioctl(self.node, CLAIM_INTERFACE, struct.pack("I", interface))

    def command(self, interface, code):
        try:
            fcntl.ioctl(self.node, IOCTL, bytearray(struct.pack("iiP", interface, code, 0)))
        except OSError:
            pass  # it has no driver, or there is none for it

    def let_go(self):
        for interface in self.interfaces:
            try:
                fcntl.ioctl(self.node, RELEASE_INTERFACE, struct.pack("I", interface))
            except OSError:
                continue  # the device is gone
            self.command(interface, CONNECT)
        os.close(self.node)

    def shown(self):
        asked = self.asked
        return {"alias": asked["alias"], "bus": asked["bus"], "device": asked["device"],
                "guest-bus": asked["guest-bus"], "guest-port": str(asked["guest-port"])}


def interfaces_of(bus, number):
    for path in glob.glob("/sys/bus/usb/devices/*/devnum"):
        folder = os.path.dirname(path)
        if read(path) == str(number) and read(folder + "/busnum") == str(bus):
            return glob.glob(f"{folder}/{os.path.basename(folder)}:*")
    raise Refused("no-device", f"Did not find USB device bus:{bus} device:{number}")


def read(path):
    with open(path, encoding="ascii") as file:
        return file.read().strip()


class Helper:
    def __init__(self, path):
        self.door = socket.socket(socket.AF_UNIX)
        self.door.bind(path)
        self.door.listen(1)
        self.line, self.received = None, b""
        self.domains = {}  # name -> [state, {alias: Device}]
        self.watched, self.why, self.hook = set(), None, None

    def say(self, message):
        if self.line:
            self.line.sendall(json.dumps(message).encode() + b"\n")

    def accept(self):
        self.line, self.received = self.door.accept()[0], b""
        self.watched = set()
        greeting = {"usbroute-libvirt": 1, "version": "0", "uri": "qemu:///system", "connected": self.why is None}
        self.say(greeting if self.why is None else {**greeting, "why": self.why})

    def hear(self):
        got = self.line.recv(65536)
        if not got:
            self.line.close()
            self.line = None
            return
        *lines, self.received = (self.received + got).split(b"\n")
        for line in lines:
            self.answer(json.loads(line))

    def answer(self, question):
        what, name = question["do"], question["domain"]
        print(what, name, question.get("alias", ""), flush=True)
        try:
            if what == "watch":
                self.watched.add(name)
            if self.why is not None:
                raise Refused("not-connected", self.why)
            self.say({"id": question["id"], "return": self.carry_out(what, name, question)})
        except Refused as refused:
            self.say({"id": question["id"], "error": {"code": refused.args[0], "message": refused.args[1]}})

    def carry_out(self, what, name, question):
        if what in ("watch", "look"):
            return self.look(name)
        state, devices = self.domains.get(name, ["undefined", {}])
        if what == "start":
            return self.start(name, state)
        if state not in THERE:
            raise Refused("no-domain", "domain is not running")
        if what == "resume":
            self.turns(name, "running", devices)
        elif what == "attach":
            if question["alias"] in devices:
                raise Refused("alias-in-use", "non unique alias detected")
            devices[question["alias"]] = Device(question)
        elif what == "detach":
            if question["alias"] in devices:
                devices.pop(question["alias"]).let_go()
        else:
            raise Refused("bad-question", what)
        return {}

    def start(self, name, state):
        if state == "undefined":
            raise Refused("no-domain", "no domain with matching name")
        if state not in THERE:
            if self.hook:
                print("hook begins", flush=True)
                ran = subprocess.run([self.hook, name, "prepare", "begin", "-"], input=b"<domain/>", capture_output=True, check=False)
                print("hook ends", ran.returncode, flush=True)
                if ran.returncode != 0:
                    raise Refused("failed", "Hook script execution failed: " + ran.stderr.decode().strip())
            self.turns(name, "running", {})
        return {}

    def turns(self, name, state, devices):
        self.domains[name] = [state, devices]
        if name in self.watched and self.why is None:
            self.say({"event": "domain", "domain": name, "state": state})

    def look(self, name):
        state, devices = self.domains.get(name, ["undefined", {}])
        if state not in THERE:
            return {"domain": name, "state": state}
        controller = {"index": 0, "alias": "usb", "model": "qemu-xhci", "usb2-ports": 15, "superspeed-ports": 15}
        return {"domain": name, "state": state, "qemu": "9.2.0", "controllers": [controller],
                "devices": [device.shown() for device in devices.values()], "others": [], "pci": [],
                "free-root-ports": 0}

    def told(self, line):
        word, *rest = line.split(maxsplit=1)
        if word == "state":
            name, state = rest[0].split()
            _, devices = self.domains.get(name, [None, {}])
            if state not in THERE:
                for device in devices.values():
                    device.let_go()
                devices = {}
            self.turns(name, state, devices)
        if word == "hook":
            self.hook = rest[0]
        if word == "lose":
            self.why = rest[0]
            self.say({"event": "hypervisor", "connected": False, "why": self.why})
        if word == "find":
            self.why = None
            self.say({"event": "hypervisor", "connected": True})


def main():
    helper, told = Helper(sys.argv[1]), b""
    os.set_blocking(0, False)
    while True:
        waiting = selectors.DefaultSelector()
        for file in (helper.door, helper.line, 0):
            if file is not None:
                waiting.register(file, selectors.EVENT_READ)
        for key, _ in waiting.select():
            if key.fileobj is helper.door:
                helper.accept()
            elif key.fileobj == 0:
                got = os.read(0, 65536)
                if not got:
                    return
                *lines, told = (told + got).split(b"\n")
                for line in lines:
                    helper.told(line.decode())
            else:
                helper.hear()
        waiting.close()


main()
