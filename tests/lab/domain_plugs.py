# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""Speed of following a plug for a domain of libvirt's: from the kernel's event to the moment at which libvirtd is asked to attach the
device, and to the moment at which the domain's QEMU has opened it.

usbrouted and usbroute-libvirt, where the socket's node may be opened and where not, and virsh that a rule of udev starts for each
event. When libvirtd is asked is in its own log (a call of virDomainAttachDeviceFlags), the same for all of them.
"""

import re
import statistics
import time
from datetime import datetime

from plugs import EVENT, SOCKET, UDEVS, HAS, PLACE, WayToFollow, run
from speed import NotMeasured

ASKED = re.compile(r"^(\S+ \S+)\+0000: .*: virDomainAttachDeviceFlags:", re.MULTILINE)
RULE = (r'SUBSYSTEM==\"usb\", ENV{DEVTYPE}==\"usb_device\", KERNEL==\"' + PLACE + r'\", ACTION==\"add|remove\", '
        r'RUN+=\"/bin/sh /lab/virsh-per-event\"')
RULES = "/etc/udev/rules.d/98-program.rules"

WAYS = [
    WayToFollow("usbrouted and usbroute-libvirt", f"nodes open && daemon start && usbroute move {SOCKET} --to windows", "daemon stop"),
    WayToFollow("the same, no node may be opened", "nodes shut && daemon start", f"usbroute move {SOCKET} --to host; daemon stop"),
    WayToFollow("virsh in a rule of udev",
                f"mkdir -p {RULES.rpartition('/')[0]} && echo \"{RULE}\" >{RULES} && udevadm control --reload",
                f"rm {RULES}; udevadm control --reload", least=1.0),
]


def measure_domain_plugs(host, rounds, patience):
    """Lines for the report. A way of virsh's that is faster than the first fails."""
    run(host, "libvirt begin && libvirt start windows", patience)
    run(host, "udevadm monitor --subsystem-match=usb >/run/lab/events 2>&1 & echo $! >>/run/lab/background", 20)
    offset = float(run(host, "chroot /outer /usr/bin/python3 -c 'import time; print(time.time() - time.monotonic())'", patience))
    first, figures = None, []
    for way in WAYS:
        run(host, way.begin, patience)
        one_plug(host, offset, patience)  # the first of a way warms it up
        plugs = [one_plug(host, offset, patience) for _ in range(rounds)]
        run(host, way.end, patience)
        udevs, asked, has = ([1000 * value for value in values] for values in zip(*plugs))
        median = statistics.median(asked)
        first = first or median
        figures.append(f"{way.name:<34} libvirtd is asked after {median:6.0f} ms, {min(asked):.0f} to {max(asked):.0f} of {len(plugs)} plugs, "
                       f"{median / first:.1f} times the first; QEMU has it after {statistics.median(has):.0f} ms, "
                       f"udev's event comes after {statistics.median(udevs):.0f}")
        if median / first < way.least:
            raise NotMeasured("\n".join(["faster than usbrouted and usbroute-libvirt:", *figures]))
    return figures


def one_plug(host, offset, patience):
    """Seconds after the kernel's event: udev's, libvirtd's call, QEMU's opening."""
    before = times(host, offset)
    host.mux.plug("tablet", SOCKET)
    try:
        wait(host, patience, "the domain does not have it", lambda: all(
            len(now) > len(old) for now, old in zip(times(host, offset), before)))
        event, *after = (now[len(old)] for now, old in zip(times(host, offset), before))
        return [stamp - event for stamp in after]
    finally:
        host.mux.unplug(SOCKET)
        wait(host, patience, "the domain keeps it", lambda: not run(host, "libvirt devices windows", patience).strip())


def wait(host, patience, otherwise, holds):
    deadline = time.monotonic() + patience
    while not holds():
        if time.monotonic() > deadline:
            raise NotMeasured(f"{otherwise}; its log: {' / '.join(host.machine.console.tail(6))}")
        time.sleep(0.5)


def times(host, offset):
    """Of the kernel's events, of udev's, of libvirtd's calls and of QEMU's openings, by one clock."""
    text = run(host, "cat /run/lab/events; cat /run/guests/windows.trace; grep virDomainAttachDeviceFlags: /run/libvirt/libvirtd.log; true", 20)
    asked = [datetime.fromisoformat(f"{stamp}+00:00").timestamp() - offset for stamp in ASKED.findall(text)]
    return ([float(stamp) for stamp in EVENT.findall(text)], [float(stamp) for stamp in UDEVS.findall(text)], asked,
            [float(stamp) - offset for stamp in HAS.findall(text)])
