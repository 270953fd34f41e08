# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""Speed as seen from outside: from a request's first byte to the register's change and to the host kernel's word.

All three times are the outside's. The request goes over a connection that is kept, through a virtio port and a netcat
inside. The register is looked at every two milliseconds; a line of the kernel's log is seen when its last character has come
over the serial console. TCG on a shared machine is many times slower than a processor: compare runs, not machines.
"""

import time

from qmp import connect

LOOK_EVERY = 0.002  # more often, and QEMU has less time for its machine

# The kernel's one worker for hubs is busy with an arrival until its driver is there; only then does it see a disconnect.
SETTLED = 0.2


class NotMeasured(Exception):
    """A round did not go as it should, so there is nothing to measure."""


def percentile(values, part):
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(part * (len(ordered) - 1)))]


def row(name, seconds):
    values = [1000 * value for value in seconds]
    return (f"{name:<44} p50 {percentile(values, 0.5):8.1f} ms   p99 {percentile(values, 0.99):8.1f} ms   "
            f"of {len(values)} toggles")


def measure_toggles(host, rounds, patience):
    """Lines for the report."""
    link = connect(host.machine.path("probe"), time.monotonic() + 5)
    link.settimeout(patience)
    host.machine.run("relay lab.probe /run/usbroute/control.sock & echo $! >>/run/lab/background", 20)
    usual = host.mux.look_every
    host.mux.look_every = LOOK_EVERY
    figures = {"register": [], "answer": [], "disconnect": []}
    try:
        ask(link, b"status\n")  # so that the netcat inside is there
        for number in range(rounds):
            one = one_toggle(host, link, number, patience)
            for name, value in one.items():
                figures[name].append(value)
    finally:
        host.mux.look_every = usual
        link.close()
    return [row("request to register changed", figures["register"]), row("request to answer", figures["answer"]),
            row("request to \"USB disconnect\" in host's log", figures["disconnect"])]


def ask(link, line):
    link.sendall(line)
    answer = b""
    while not answer.endswith(b"\n"):
        got = link.recv(4096)
        if not got:
            raise NotMeasured("the line was closed")
        answer += got
    return answer.decode().strip()


def one_toggle(host, link, number, patience):
    console, mux = host.machine.console, host.mux
    since, logged = console.mark(), len(mux.log)
    begun = time.monotonic()
    answer = ask(link, b"toggle\n")
    answered = time.monotonic()
    if not answer.startswith("ok"):
        raise NotMeasured(f"toggle {number + 1} was answered: {answer}")

    def change():
        return next((event for event in mux.log[logged:] if event.text.startswith("XUSB2PR")), None)

    if not mux.wait_until(change, patience):
        raise NotMeasured(f"toggle {number + 1} was answered \"{answer}\", and the register has not changed")
    gone = console.wait_for(lambda text: "USB disconnect" in text, since, patience)
    back = gone and console.wait_for(lambda text: "hid-generic" in text, since, patience)
    if not back:
        raise NotMeasured(f"after toggle {number + 1} the kernel saw no {'arrival' if gone else 'disconnect'}")
    time.sleep(SETTLED)
    return {"register": change().at - begun, "answer": answered - begun, "disconnect": gone.at - begun}
