# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""Speed of following a plug where there is no mux: from the kernel's event to the moment at which the guest's QEMU has the device.

Four ways, with the same QEMU and the same socket: usbrouted by a descriptor; usbrouted where it may open no node, so that QEMU
opens the device itself; an object that waits, without usbrouted, for which QEMU looks every two seconds; and a program that
udev starts for each event. Both ends are times of the host machine: of `udevadm monitor --kernel`, and of QEMU's own trace.
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
HAS = re.compile(r"\d+@(\d+\.\d+):usb_host_open_success")
RULE = r'SUBSYSTEM==\"usb\", RUN+=\"/bin/sh /lab/program-per-event\"'
RULES = "/etc/udev/rules.d/98-program.rules"
# Under these QEMU has lost the device, by its own look at the latest, and the programs of udev have ended.
BETWEEN = 3.0
LEAST_OF_QEMU, LEAST_OF_A_PROGRAM = 4, 20


@dataclass(frozen=True)
class WayToFollow:
    name: str
    begin: str
    end: str
    least: float = 0.0  # times as slow as the first


WAYS = [
    WayToFollow("usbrouted, by a descriptor",
                f"nodes open && daemon start && usbroute move {SOCKET} --to windows", "daemon stop"),
    WayToFollow("usbrouted, no node may be opened",
                "nodes shut && daemon start", f"usbroute move {SOCKET} --to host; daemon stop"),
    WayToFollow("QEMU's own look",
                "nested tell windows '{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"usb-host\",\"id\":\"own\","
                "\"bus\":\"usbroute0.0\",\"port\":\"3\",\"hostbus\":1,\"hostport\":\"1\"}}'",
                "nested tell windows '{\"execute\":\"device_del\",\"arguments\":{\"id\":\"own\"}}'", LEAST_OF_QEMU),
    WayToFollow("a program per event of udev",
                f"echo \"{RULE}\" >{RULES} && udevadm control --reload", f"rm {RULES}; udevadm control --reload",
                LEAST_OF_A_PROGRAM),
]


def measure_plugs(host, rounds, patience):
    """Lines for the report."""
    run(host, "QEMU_OPENS=yes nested start windows", patience)
    run(host, "udevadm monitor --kernel --subsystem-match=usb >/run/lab/events 2>&1 & echo $! >>/run/lab/background", 20)
    offset = float(run(host, "chroot /outer /usr/bin/python3 -c 'import time; print(time.time() - time.monotonic())'", patience))
    medians, figures = {}, []
    for way in WAYS:
        run(host, way.begin, patience)
        time.sleep(BETWEEN)
        taken = [one_plug(host, offset, number, patience) for number in range(rounds)]
        run(host, way.end, patience)
        medians[way.name] = statistics.median(taken)
        ratio = medians[way.name] / medians[WAYS[0].name]
        figures.append(f"{way.name:<36} median {1000 * medians[way.name]:8.0f} ms   {1000 * min(taken):6.0f} to "
                       f"{1000 * max(taken):6.0f} of {rounds} plugs   {ratio:6.1f} times the first")
        if ratio < way.least:
            raise NotMeasured("\n".join([f"less than {way.least:g} times as slow as usbrouted by a descriptor:", *figures]))
    return figures


def one_plug(host, offset, number, patience):
    before = times(host, offset)
    host.mux.plug("tablet", SOCKET)
    try:
        deadline = time.monotonic() + patience
        while True:
            events, has = (now[len(old):] for now, old in zip(times(host, offset), before))
            if events and has:
                return has[0] - events[0]
            if time.monotonic() > deadline:
                raise NotMeasured(f"plug {number + 1}: {'QEMU does not have it' if events else 'the kernel said nothing'}")
            time.sleep(0.5)
    finally:
        host.mux.unplug(SOCKET)
        # Not in step with QEMU's two seconds.
        time.sleep(BETWEEN + 0.37 * number)


def times(host, offset):
    """Of the kernel's events and of QEMU's openings, by one clock."""
    text = run(host, "cat /run/lab/events; cat /outer/tmp/windows.trace", 20)
    return ([float(stamp) for stamp in EVENT.findall(text)], [float(stamp) - offset for stamp in HAS.findall(text)])


def run(host, script, patience):
    answer = host.machine.run(script, patience)
    if answer.code != 0:
        raise NotMeasured(f"{script}: exit code {answer.code}: {answer.text.strip()}")
    return answer.text
