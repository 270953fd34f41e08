# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""QEMU's two ways in: QMP, which commands, and qtest, which writes to the machine as firmware or a chip would."""

import json
import socket
import time


class Refused(Exception):
    """QEMU said no, or is gone."""


def connect(path, deadline):
    """A connection to a Unix socket that is still to appear."""
    while True:
        link = socket.socket(socket.AF_UNIX)
        try:
            link.connect(str(path))
            return link
        except OSError:
            link.close()
            if time.monotonic() > deadline:
                raise Refused(f"nobody listens at {path}") from None
            time.sleep(0.02)


class Qmp:
    """One monitor for one thread: commands wait for their answer, events are kept."""

    def __init__(self, path, seconds=20):
        self.link = connect(path, time.monotonic() + seconds)
        self.link.settimeout(seconds)
        self.rest = b""
        self.events = []
        self.receive()
        self.ask("qmp_capabilities")

    def receive(self):
        while b"\n" not in self.rest:
            try:
                got = self.link.recv(65536)
            except OSError as error:
                raise Refused(f"QEMU does not answer: {error}") from error
            if not got:
                raise Refused("QEMU has ended")
            self.rest += got
        line, _, self.rest = self.rest.partition(b"\n")
        return json.loads(line)

    def ask(self, command, **arguments):
        request = {"execute": command}
        if arguments:
            request["arguments"] = {name.replace("_", "-"): value for name, value in arguments.items()}
        try:
            self.link.sendall(json.dumps(request).encode() + b"\n")
        except OSError as error:
            raise Refused(f"QEMU has ended: {error}") from error
        while True:
            answer = self.receive()
            if "event" in answer:
                self.events.append(answer)
            elif "error" in answer:
                raise Refused(f"{command}: {answer['error']['desc']}")
            else:
                return answer["return"]

    def monitor(self, line):
        """A command of the human monitor; it answers with text."""
        return self.ask("human-monitor-command", command_line=line)

    def wait_for(self, name, seconds):
        """The next event of this name, also one that has come already."""
        deadline = time.monotonic() + seconds
        while True:
            for event in self.events:
                if event["event"] == name:
                    self.events.remove(event)
                    return event
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self.link.settimeout(left)
            try:
                answer = self.receive()
            except Refused:
                continue
            finally:
                self.link.settimeout(20)
            self.events.append(answer)

    def forget_events(self):
        self.events.clear()


class Bus:
    """Memory and port cycles from outside the processor, through the qtest socket."""

    def __init__(self, path, seconds=20):
        self.link = connect(path, time.monotonic() + seconds)
        self.link.settimeout(seconds)

    def write(self, address, value):
        self.ask(f"writel 0x{address:x} 0x{value:x}")

    def port_write(self, port, value):
        self.ask(f"outl 0x{port:x} 0x{value:x}")

    def port_read(self, port):
        return int(self.ask(f"inl 0x{port:x}").split()[1], 16)

    def ask(self, line):
        self.link.sendall(line.encode() + b"\n")
        answer = b""
        while not answer.endswith(b"\n"):
            got = self.link.recv(4096)
            if not got:
                raise Refused("QEMU has ended")
            answer += got
        if not answer.startswith(b"OK"):
            raise Refused(f"qtest: {answer.decode(errors='replace').strip()}")
        return answer.decode()
