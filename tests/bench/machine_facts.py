# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""The machine on which the figures were had: without it they say nothing."""

import datetime
import os
import platform
import re
import subprocess
import sys
import time


def machine_facts(room):
    return {
        "date": datetime.date.today().isoformat(),
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "compared_to": ", ".join(filter(None, (_version(room.setpci), _version(room.lsusb), _python()))),
        "temporary": f"{room.folder} ({_filesystem(room.folder)})",
        "busy_before": f"{_busy_percent()} %",
    }


def warn_if_busy(facts):
    if int(facts["busy_before"].split()[0]) > 20:
        print("note: other programs keep the machine busy; do not keep these figures", file=sys.stderr)


def _busy_percent():
    """How much of the next second the cores work for others."""
    idle, total = _core_times()
    time.sleep(1)
    later_idle, later_total = _core_times()
    return round(100 - 100 * (later_idle - idle) / max(1, later_total - total))


def _core_times():
    """Idle time and all time of the cores together since the start, in ticks."""
    with open("/proc/stat", encoding="utf-8") as file:
        ticks = [int(word) for word in file.readline().split()[1:9]]
    return ticks[3] + ticks[4], sum(ticks)


def _cpu():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        text = file.read()
    model = re.search(r"^(?:model name|Hardware|Processor)\s*:\s*(.*)$", text, re.MULTILINE)
    is_virtual = re.search(r"^flags\s*:.*\bhypervisor\b", text, re.MULTILINE)
    return (model.group(1) if model else "unknown") + (", in a virtual machine" if is_virtual else "")


def _version(program):
    if program is None:
        return None
    text = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    return text if text.startswith(os.path.basename(program)) else f"{os.path.basename(program)} {text}"


def _python():
    return f"Python {platform.python_version()}"


def _filesystem(folder):
    """The type of the file system with the longest mount point above the folder."""
    best = ("", "unknown")
    with open("/proc/self/mounts", encoding="utf-8") as file:
        for line in file:
            _, point, kind, *_ = line.split()
            if os.path.commonpath((point, folder)) == point and len(point) >= len(best[0]):
                best = (point, kind)
    return best[1]
