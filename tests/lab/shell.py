# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""A person at a machine of the lab: a prompt whose lines run inside, and a few words for the hands outside."""

import sys

from mux import CONNECTORS, DEVICES
from qmp import Refused

HELP = f"""Lines run in the host machine as root, each in a shell of its own. Besides:
  :plug DEVICE CONNECTOR   {' '.join(DEVICES)}; {' '.join(CONNECTORS)}
  :unplug CONNECTOR        :reset (firmware takes all routes back)      :mux (its log)      :console (last lines)
  :guest LINE              runs in the guest; boots it the first time
  :quit"""


def shell(lab, kind):
    host = lab.host_for(kind)
    host.machine.run("mkdir -p /etc/usbroute; cp /lab/configs/desk.toml /etc/usbroute/usbroute.toml; daemon start", 60)
    print(f"{HELP}\nQEMU's own monitor: nc -U {host.machine.path('monitor')}")
    while True:
        try:
            line = input(f"{kind}# ").strip()
        except EOFError:
            return 0
        if line == ":quit":
            return 0
        if line:
            try:
                say(lab, host, line)
            except Refused as reason:
                print(f"QEMU said: {reason}", file=sys.stderr)


def say(lab, host, line):
    word, *rest = line.split()
    if word == ":plug" and len(rest) == 2 and rest[0] in DEVICES and rest[1] in CONNECTORS:
        host.mux.plug(*rest)
    elif word == ":unplug" and len(rest) == 1:
        host.mux.unplug(*rest)
    elif word == ":reset":
        host.mux.reset_routes()
    elif word == ":mux":
        print(*host.mux.log[-20:], sep="\n")
    elif word == ":console":
        print(*host.machine.console.tail(), sep="\n")
    elif word == ":guest":
        if lab.guest is None:
            host.machine.run("beside", 60)
            host.mux.attach_guest(lab.boot_guest())
        show(lab.guest.run(" ".join(rest) or "true", 60))
    elif word.startswith(":"):
        print(HELP)
    else:
        show(host.machine.run(line, 300))


def show(answer):
    print(answer.text, end="")
    if answer.code != 0:
        print(f"(exit code {answer.code})")
