"""The machine on which the figures were had: without it they say nothing."""

import datetime
import os
import platform
import re
import subprocess
import sys


def machine_facts(room):
    return {
        "date": datetime.date.today().isoformat(),
        "kernel": f"{platform.system()} {platform.release()} {platform.machine()}",
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "compared_to": ", ".join(filter(None, (_version(room.setpci), _version(room.lsusb), _python()))),
        "temporary": f"{room.folder} ({_filesystem(room.folder)})",
        "load_before": os.getloadavg()[0],
    }


def warn_if_busy():
    load = os.getloadavg()[0]
    if load > os.cpu_count() / 4:
        print(f"note: the machine is busy (load {load:.1f}); do not keep these figures", file=sys.stderr)


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
