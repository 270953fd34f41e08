#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""As much of logind as usbroute-sleep asks for, on a bus of the test's own (DBUS_SYSTEM_BUS_ADDRESS).

A line on standard input is what happens: `sleep`, `wake`, `quit`. A line on standard output is what was seen: `ready`,
`inhibited WHAT MODE`, `released`. With `refuse` as an argument it lets nobody inhibit, with `silent` it never answers.
"""

import os
import sys

import dbus
import dbus.service
from dbus.mainloop.glib import DBusGMainLoop
from gi.repository import GLib

MANAGER = "org.freedesktop.login1.Manager"


class Refused(dbus.DBusException):
    _dbus_error_name = "org.freedesktop.DBus.Error.AccessDenied"


def say(words):
    print(words, flush=True)


class Manager(dbus.service.Object):
    def __init__(self, bus, mode):
        super().__init__(bus, "/org/freedesktop/login1")
        self.mode = mode

    @dbus.service.method(MANAGER, in_signature="ssss", out_signature="h", async_callbacks=("answer", "fail"))
    def Inhibit(self, what, who, why, mode, answer, fail):
        if self.mode == "silent":
            return
        if self.mode == "refuse":
            fail(Refused("you may not"))
            return
        ours, theirs = os.pipe()
        GLib.io_add_watch(ours, GLib.PRIORITY_DEFAULT, GLib.IO_HUP, self.released)
        say(f"inhibited {what} {mode}")
        answer(dbus.types.UnixFd(theirs))
        os.close(theirs)

    def released(self, file, _condition):
        os.close(file)
        say("released")
        return False

    @dbus.service.signal(MANAGER, signature="b")
    def PrepareForSleep(self, start):
        pass


def main():
    DBusGMainLoop(set_as_default=True)
    bus = dbus.SystemBus()
    name = dbus.service.BusName("org.freedesktop.login1", bus)
    manager = Manager(bus, sys.argv[1] if len(sys.argv) > 1 else "")
    loop = GLib.MainLoop()

    def heard(stream, _condition):
        line = stream.readline().strip()
        if line in ("sleep", "wake"):
            manager.PrepareForSleep(line == "sleep")
        if line in ("", "quit"):
            loop.quit()
        return line not in ("", "quit")

    GLib.io_add_watch(sys.stdin, GLib.PRIORITY_DEFAULT, GLib.IO_IN | GLib.IO_HUP, heard)
    say("ready")
    loop.run()
    del name


main()
