# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""Speed of following a plug where there is no mux: from the kernel's event to the moment at which the guest's QEMU has the device.

Five ways, with the same QEMU and the same socket: usbrouted by a descriptor; the least that can do the same (tests/bench/plug.c, where
it was built); usbrouted where it may open no node, so that QEMU opens the device itself; an object that waits, without usbrouted,
for which QEMU looks every two seconds; and a program that udev starts for each event. Both ends are times of the host machine: of `udevadm monitor`, and of QEMU's own trace.
A machine within an emulated one is slow: only the ratios say something, and they flatter whoever starts few programs.
"""

import re
import statistics
import time
from dataclasses import dataclass

from speed import NotMeasured

SOCKET = "rear-1"
PLACE = "1-1"
EVENT = re.compile(rf"KERNEL\[(\d+\.\d+)\] add +\S+/{PLACE} \(usb\)")
UDEVS = re.compile(rf"UDEV +\[(\d+\.\d+)\] add +\S+/{PLACE} \(usb\)")
HAS = re.compile(r"\d+@(\d+\.\d+):usb_host_open_success")
RULE = r'SUBSYSTEM==\"usb\", RUN+=\"/bin/sh /lab/program-per-event\"'
RULES = "/etc/udev/rules.d/98-program.rules"
# Under these QEMU has lost the device, by its own look at the latest, and the programs of udev have ended.
BETWEEN = 3.0
# Targets, and how many plugs of a way are enough whose plugs take many seconds.
LEAST_OF_QEMU, LEAST_OF_A_PROGRAM = 4, 20
SLOW_PLUGS = 3


@dataclass(frozen=True)
class WayToFollow:
    name: str
    begin: str
    end: str
    least: float = 0.0  # times as slow as the first
    is_slow: bool = False
    needs: str = ""  # a program


WAYS = [
    WayToFollow("usbrouted, by a descriptor",
                f"nodes open && daemon start && usbroute move {SOCKET} --to windows", "daemon stop"),
    WayToFollow("the least that can do the same",
                "bench-plug /outer/tmp/windows.qmp /dev/bus/usb/001/001 1 usbroute0.0 >/run/lab/least 2>&1 & echo $! >/run/lab/least.pid; "
                "until grep -q ready /run/lab/least; do kill -0 $(cat /run/lab/least.pid) || break; sleep 0.1; done; grep . /run/lab/least",
                "kill $(cat /run/lab/least.pid)", needs="/usr/bin/bench-plug"),
    WayToFollow("usbrouted, no node may be opened",
                "nodes shut && daemon start", f"usbroute move {SOCKET} --to host; daemon stop"),
    WayToFollow("QEMU's own look",
                "nested tell windows '{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"usb-host\",\"id\":\"own\","
                "\"bus\":\"usbroute0.0\",\"port\":\"3\",\"hostbus\":1,\"hostport\":\"1\"}}'",
                "nested tell windows '{\"execute\":\"device_del\",\"arguments\":{\"id\":\"own\"}}'", LEAST_OF_QEMU),
    WayToFollow("a program per event of udev",
                f"echo \"{RULE}\" >{RULES} && udevadm control --reload", f"rm {RULES}; udevadm control --reload",
                LEAST_OF_A_PROGRAM, is_slow=True),
]


def measure_plugs(host, rounds, patience):
    """Lines for the report. A target that is missed fails nothing, since no ratio is one that every computer must reach; one
    that is slower than QEMU's own look does."""
    run(host, "QEMU_OPENS=yes nested start windows", patience)
    run(host, "udevadm monitor --subsystem-match=usb >/run/lab/events 2>&1 & echo $! >>/run/lab/background", 20)
    offset = float(run(host, "chroot /outer /usr/bin/python3 -c 'import time; print(time.time() - time.monotonic())'", patience))
    first, figures = None, []
    for way in WAYS:
        if way.needs and host.machine.run(f"[ -e {way.needs} ]", 20).code != 0:
            figures.append(f"{way.name:<34} not measured: {way.needs} was not built")
            continue
        run(host, way.begin, patience)
        time.sleep(BETWEEN)
        plugs = [one_plug(host, offset, number, patience) for number in range(min(rounds, SLOW_PLUGS) if way.is_slow else rounds)]
        run(host, way.end, patience)
        taken = [plug.taken for plug in plugs]
        median = statistics.median(taken)
        first = first or median
        verdict = ("met" if median / first >= way.least else "NOT MET") if way.least else ""
        figures.append(f"{way.name:<34} median {1000 * median:6.0f} ms, {1000 * min(taken):.0f} to {1000 * max(taken):.0f} of "
                       f"{len(taken)} plugs, udev's event after {1000 * statistics.median(plug.udevs for plug in plugs):.0f}; "
                       f"{median / first:.1f} times the first{f', at least {way.least:g}: {verdict}' if way.least else ''}")
        if way.least and median < first:
            raise NotMeasured("\n".join(["faster than usbrouted by a descriptor:", *figures]))
    return figures


@dataclass(frozen=True)
class Plug:
    """Seconds after the kernel's event."""

    udevs: float
    taken: float


def one_plug(host, offset, number, patience):
    before = times(host, offset)
    host.mux.plug("tablet", SOCKET)
    try:
        deadline = time.monotonic() + patience
        while True:
            events, udevs, has = (now[len(old):] for now, old in zip(times(host, offset), before))
            if events and udevs and has:
                return Plug(udevs[0] - events[0], has[0] - events[0])
            if time.monotonic() > deadline:
                raise NotMeasured(f"plug {number + 1}: {'QEMU does not have it' if events else 'the kernel said nothing'}")
            time.sleep(0.5)
    finally:
        host.mux.unplug(SOCKET)
        # Not in step with QEMU's two seconds.
        time.sleep(BETWEEN + 0.37 * number)


def times(host, offset):
    """Of the kernel's events, of udev's and of QEMU's openings, by one clock."""
    text = run(host, "cat /run/lab/events; cat /outer/tmp/windows.trace", 20)
    return ([float(stamp) for stamp in EVENT.findall(text)], [float(stamp) for stamp in UDEVS.findall(text)],
            [float(stamp) - offset for stamp in HAS.findall(text)])


def run(host, script, patience):
    answer = host.machine.run(script, patience)
    if answer.code != 0:
        raise NotMeasured(f"{script}: exit code {answer.code}: {answer.text.strip()}")
    return answer.text
