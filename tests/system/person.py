#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""Plays the person who maps the simulated board: plugs things in, reads the questions, types, counts the keys.

    person.py CONFIG       inside usbroute-sim; everything that was shown goes to standard output

Ends with 0 when every socket got its name and its SuperSpeed half, with the number of keys on the last line.
"""

import os
import pty
import re
import select
import subprocess
import sys
import time

MOST_KEYS = 40
DEADLINE = 20  # seconds for anything to be shown; a simulated device takes some hundredths
SOCKETS = [("rear-3", "rear"), ("rear-6", ""), ("front-2", "front"), ("internal-1", "internal"),
           ("internal-2", ""), ("internal-3", ""), ("internal-4", ""), ("internal-5", ""), ("internal-6", ""),
           ("rear-1", "rear"), ("rear-2", ""), ("rear-4", ""), ("rear-5", ""), ("front-1", "front")]
BLUE = ["front-1", "front-2", "rear-3", "rear-4", "rear-5", "rear-6"]


def board(*words, check=True):
    return subprocess.run(["usbroute-sim", "do", *words], capture_output=True, text=True, check=check).stdout


class Person:
    """A terminal with `usbroute map` in it."""

    def __init__(self, config):
        self.shown = ""
        self.keys = 0
        self.pid, self.terminal = pty.fork()
        if self.pid == 0:
            os.execvp("usbroute", ["usbroute", "map", "--config", config])

    def wait_for(self, pattern):
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            found = re.search(pattern, self.shown)
            if found:
                self.shown = self.shown[found.end():]
                return found
            if select.select([self.terminal], [], [], 0.1)[0]:
                try:
                    chunk = os.read(self.terminal, 4096).decode(errors="replace")
                except OSError:
                    chunk = ""
                if not chunk:
                    break
                sys.stdout.write(chunk.replace("\r", ""))
                self.shown += chunk
        raise SystemExit(f"\nnever shown: {pattern}; left: {self.shown!r}")

    def type(self, text, is_a_name=False):
        os.write(self.terminal, (text + "\n").encode())
        self.keys += 1 if is_a_name else len(text) + 1

    def end(self):
        self.type("done")
        self.wait_for("saved in ")
        return os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])


def main():
    person = Person(sys.argv[1])
    person.wait_for("done> ")
    for socket, panel in SOCKETS:
        board("unplug", socket, check=False)  # what the board came with
    board("settle")
    for socket, panel in SOCKETS:
        board("plug", socket, "disk", "as", "stick")
        person.wait_for(r"name\? \[[^]]*\] ")
        person.type(panel, is_a_name=bool(panel))
        person.wait_for("done> ")
        board("unplug", "stick")
        board("settle")
    for socket in BLUE:
        board("plug", socket, "superspeed-disk", "as", "stick")
        person.wait_for(r"name\? \[[a-z]+-[0-9]\] ")
        person.type("")
        person.wait_for("done> ")
        board("unplug", "stick")
        board("settle")
    keys = person.keys

    # Verifying is beyond what is needed: a socket that follows, and the only keyboard, which must not be moved.
    board("plug", "rear-3", "disk", "as", "stick")
    person.wait_for("already\\s")
    person.type("verify")
    person.wait_for(r"now\? \[y/N\] ")
    person.type("y")
    person.wait_for("right: moved to ehci, the device came at 0000:00:1a.0/1.1, where the table has it, and was moved back")
    board("unplug", "stick")
    board("plug", "rear-1", "keyboard", "as", "keys")
    person.wait_for("already\\s")
    person.type("verify")
    person.wait_for("no: .* holds the only keyboard")
    code = person.end()
    print(f"\nkeys besides names: {keys}")
    return code or (1 if keys >= MOST_KEYS else 0)


if __name__ == "__main__":
    sys.exit(main())
