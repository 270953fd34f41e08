# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""A virtual machine: a QEMU process, its console, its agent."""

import base64
import shlex
import shutil
import socket
import subprocess
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from qmp import Bus, Qmp, Refused, connect

BOOT_SECONDS = 150


class MachineFailed(Exception):
    """It did not start, hangs or has ended; the message says which, and the console's last lines follow."""


@dataclass(frozen=True)
class Answer:
    """What a command inside a machine came to."""

    code: int
    text: str
    uptime: float


@dataclass(frozen=True)
class Line:
    """A line of the console, with the outside's time of its last character."""

    at: float
    text: str


class Console:
    """Reads the serial console as long as the machine lives, keeps its lines and writes them to a file."""

    def __init__(self, path, log):
        self.link = connect(path, time.monotonic() + 20)
        self.log = open(log, "a", encoding="utf-8", buffering=1)
        self.lines = []
        self.changed = threading.Condition()
        self.ended = False
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        rest = b""
        while True:
            try:
                got = self.link.recv(4096)
            except OSError:
                got = b""
            if not got:
                self.log.close()
                with self.changed:
                    self.ended = True
                    self.changed.notify_all()
                return
            *whole, rest = (rest + got).split(b"\n")
            at = time.monotonic()
            with self.changed:
                for line in whole:
                    text = line.decode(errors="replace").rstrip("\r")
                    self.lines.append(Line(at, text))
                    self.log.write(f"{at:.3f} {text}\n")
                self.changed.notify_all()

    def mark(self):
        """Lines from here on are new."""
        return len(self.lines)

    def wait_for(self, matches, since, seconds):
        """The first line from `since` on for which matches(text) holds; nothing when time or machine is over."""
        deadline = time.monotonic() + seconds
        with self.changed:
            while True:
                for line in self.lines[since:]:
                    if matches(line.text):
                        return line
                since = len(self.lines)
                left = deadline - time.monotonic()
                if left <= 0 or self.ended or not self.changed.wait(left):
                    return None

    def tail(self, count=40):
        return [line.text for line in self.lines[-count:]]


class Agent:
    """Runs commands inside; one at a time."""

    def __init__(self, path):
        self.link = connect(path, time.monotonic() + 20)
        self.number = 0
        self.rest = b""

    def run(self, script, seconds):
        self.number += 1
        encoded = base64.b64encode(script.encode()).decode()
        self.link.settimeout(seconds + 20)
        self.link.sendall(f"{self.number} {seconds:.0f} {encoded}\n".encode())
        while True:
            while b"\n" not in self.rest:
                try:
                    got = self.link.recv(65536)
                except socket.timeout:
                    raise MachineFailed(f"no answer from the machine within {seconds + 20:.0f} s to: {script}") from None
                except OSError:
                    got = b""
                if not got:
                    raise MachineFailed(f"the machine has ended during: {script}")
                self.rest += got
            line, _, self.rest = self.rest.partition(b"\n")
            words = line.decode().split(" ")
            if words[0] != str(self.number):
                continue  # the late answer to something that was given up
            text = base64.b64decode(words[3]).decode(errors="replace") if len(words) > 3 else ""
            return Answer(int(words[1]), text, float(words[2]))


class Machine:
    """A running QEMU. Its sockets have short paths in a folder of their own, for Unix sockets have no room for long ones."""

    def __init__(self, name, logs, kernel, image, arguments, append, memory, ports=(), first_serial=()):
        self.name = name
        self.logs = Path(logs)
        self.logs.mkdir(parents=True, exist_ok=True)
        self.room = Path(tempfile.mkdtemp(prefix=f"lab-{name}-"))
        qemu = shutil.which("qemu-system-x86_64")
        if not qemu:
            raise MachineFailed("qemu-system-x86_64 is not installed; run tools/install-deps lab")
        self.command = [
            qemu, "-name", name, "-accel", "tcg,thread=multi", "-cpu", "max", "-smp", "2", "-m", str(memory),
            "-nodefaults", "-display", "none", "-no-reboot", "-kernel", str(kernel.image), "-initrd", str(image),
            "-append", f"{append} console=ttyS0 no_timer_check loglevel=7 panic=-1 rdinit=/init",
            *first_serial, *self.socket("console"), "-serial", "chardev:console",
            "-device", "virtio-serial-pci,id=lines,addr=03.0", *self.port("agent"),
            *[part for port in ports for part in self.port(port)],
            "-qmp", f"unix:{self.path('qmp')},server=on,wait=off", "-qmp", f"unix:{self.path('hands')},server=on,wait=off",
            "-monitor", f"unix:{self.path('monitor')},server=on,wait=off",  # for people
            "-qtest", f"unix:{self.path('bus')},server=on,wait=off", "-qtest-log", "none",
            *arguments,
        ]
        self.errors = open(self.logs / f"{name}.qemu", "a", encoding="utf-8")
        self.errors.write(shlex.join(self.command) + "\n")
        self.errors.flush()
        self.process = subprocess.Popen(self.command, stdin=subprocess.DEVNULL, stdout=self.errors, stderr=self.errors)
        self.started = time.monotonic()
        try:
            self.console = Console(self.path("console"), self.logs / f"{name}.console")
            self.agent = Agent(self.path("agent"))
            self.control = Qmp(self.path("qmp"))
            self.bus = Bus(self.path("bus"))
        except Refused as error:
            self.end()
            said = (self.logs / f"{name}.qemu").read_text(encoding="utf-8").splitlines()[-3:]
            raise MachineFailed(f"{name} did not start: {error}; QEMU said: {' / '.join(said)}") from error

    def path(self, what):
        return self.room / what

    def socket(self, name):
        return ["-chardev", f"socket,id={name},path={self.path(name)},server=on,wait=off"]

    def port(self, name):
        """A virtio port inside, a Unix socket outside."""
        return [*self.socket(name), "-device", f"virtserialport,bus=lines.0,chardev={name},name=lab.{name}"]

    def wait_until_ready(self):
        """A machine that hangs while it boots is ended here, and said so."""
        ready = self.console.wait_for(lambda text: "lab: ready" in text, 0, BOOT_SECONDS)
        if ready is None:
            how = "has ended" if self.console.ended else f"hung for {BOOT_SECONDS} s and was ended"
            tail = "\n".join(self.console.tail())
            raise MachineFailed(f"{self.name} {how} while it booted; its console's last lines:\n{tail}")
        self.boot_seconds = ready.at - self.started

    def run(self, script, seconds=30):
        return self.agent.run(script, seconds)

    def is_alive(self):
        return self.process.poll() is None

    def monitor(self):
        """The second QMP connection, for another thread."""
        return Qmp(self.path("hands"))

    def end(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.errors.close()
        shutil.rmtree(self.room, ignore_errors=True)
