# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""The running lab: the machines that exist now, and how a scenario gets its own.

A host machine is booted once for all scenarios that want it and made fresh between them; after a failure the next scenario
gets a new one. The guest beside is booted once as well.
"""

from dataclasses import dataclass

from boards import BOARDS, GUEST
from line import Line
from machine import Machine, MachineFailed
from mux import Mux
from qmp import Refused

STICK_BYTES = 8 << 20


@dataclass
class Host:
    kind: str
    machine: object
    mux: object
    line: object


class Lab:
    def __init__(self, packed_kernel, kernel, image, room):
        self.packed_kernel = packed_kernel
        self.kernel = kernel
        self.image = image
        self.room = room
        self.logs = room / "logs"
        self.stick = room / "stick.img"
        self.host = None
        self.guest = None
        self.boots = []
        self.files = []

    def host_for(self, kind):
        """A host machine of this kind, as after its boot."""
        if self.host and (self.host.kind != kind or not self.host.machine.is_alive() or self.host.mux.failed):
            self.end_host()
        if self.host is None:
            self.boot_host(kind)
        self.stick.write_bytes(bytes(STICK_BYTES))
        host = self.host
        host.mux.detach_guest()
        host.mux.unplug_everything()
        fresh = host.machine.run("fresh", 60)
        if fresh.code != 0:
            raise MachineFailed(f"the host machine cannot be made fresh: {fresh.text}")
        host.mux.power_on()
        return host

    def boot_host(self, kind):
        board = BOARDS[kind]
        machine = self.boot(kind, board.arguments, f"{board.words} lab.role=host lab.mux={board.mux_name}", board.memory,
                            ports=("com1", "probe"), kernel=self.packed_kernel if board.packed else self.kernel)
        log = self.open(f"{kind}.mux")
        mux = Mux(machine, board.mux, log, wires=board.wires)
        line = Line(machine.path("com1"), machine.path("com1-outside"), self.open(f"{kind}.line"))
        mux.start()
        self.host = Host(kind, machine, mux, line)

    def boot_guest(self):
        """The guest beside, with its COM1 on the host machine's line."""
        self.end_guest()
        outside = self.host.machine.path("com1-outside")
        com1 = ["-chardev", f"socket,id=com1,path={outside},reconnect=1", "-serial", "chardev:com1"]
        self.guest = self.boot("guest", GUEST, "lab.role=guest", 512, first_serial=com1)
        return self.guest

    def boot(self, name, arguments, words, memory, ports=(), first_serial=(), kernel=None):
        arguments = [part.format(stick=self.stick) for part in arguments]
        if not self.stick.exists():
            self.stick.write_bytes(bytes(STICK_BYTES))
        machine = Machine(name, self.logs, kernel or self.kernel, self.image, arguments, words, memory, ports, first_serial)
        try:
            machine.wait_until_ready()
        except BaseException:  # also when the lab is told to end
            machine.end()
            raise
        self.boots.append((name, machine.boot_seconds))
        return machine

    def open(self, name):
        file = open(self.logs / name, "a", encoding="utf-8", buffering=1)
        self.files.append(file)
        return file

    def end_guest(self):
        if self.guest is None:
            return
        if self.host:
            self.host.mux.detach_guest()
        self.guest.end()
        self.guest = None

    def end_host(self):
        # The guest's line ends in this host machine.
        self.end_guest()
        if self.host is None:
            return
        self.host.mux.stop()
        self.host.line.end()
        self.host.machine.end()
        self.host = None

    def end(self):
        try:
            self.end_host()
        except Refused:
            pass
        for file in self.files:
            file.close()
