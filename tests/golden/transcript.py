# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""Transcripts: "$ usbroute ..." and below it what came out, stdout before stderr, then "[exit N]" where N is not 0.

After a command that changed them the registers stand in brackets, read straight from the machine's configuration space.
JSON is shown indented. All commands of one transcript run on one copy of a machine, in order.
"""

import difflib
import json
import os
import shlex
import struct
import subprocess
import sys


def registers(root):
    """XUSB2PR, XUSB2PRM, USB3_PSSEN, USB3PRM of every xHCI, as the file has them."""
    found = {}
    for device in sorted((root / "sys/bus/pci/devices").glob("*")):
        if (device / "class").read_text().strip() == "0x0c0330":
            config = (device / "config").read_bytes()
            if len(config) >= 0xE0:
                found[device.name] = struct.unpack_from("<4I", config, 0xD0)
    return found


def run_one(command, root, binaries):
    """One command's part of the transcript."""
    words = shlex.split(command)
    before = registers(root)
    done = subprocess.run(
        [binaries / words[0], "--root", root, *words[1:]],
        capture_output=True,
        check=False,
        timeout=60,
        stdin=subprocess.DEVNULL,
        env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "COLUMNS": "120"},
    )
    lines = [f"$ {command}"]
    out = done.stdout
    if "--json" in words and out:
        out = (json.dumps(json.loads(out), indent=2, ensure_ascii=False) + "\n").encode()
    text = (out + done.stderr).decode("utf-8", "backslashreplace").replace(str(root), "MACHINE")
    lines += text.splitlines()
    if done.returncode:
        lines.append(f"[exit {done.returncode}]")
    for name, values in registers(root).items():
        if values != before.get(name):
            lines.append(f"[{name}: XUSB2PR {values[0]:08x} USB3_PSSEN {values[2]:08x}]")
    return lines


def commands_of(transcript):
    """The commands that a transcript has, in order."""
    return [line[2:] for line in transcript.splitlines() if line.startswith("$ ")]


def replay(transcript, root, binaries):
    """The transcript as it comes out now on the machine in `root`."""
    lines = []
    for command in commands_of(transcript):
        lines += run_one(command, root, binaries) + [""]
    return "\n".join(lines)


def show_difference(path, before, now):
    sys.stdout.writelines(
        difflib.unified_diff(before.splitlines(True), now.splitlines(True), str(path), "what came out")
    )
