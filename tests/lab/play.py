# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""Plays the steps of a scenario on the running lab; what is expected and not seen ends it."""

import json
import re
import shlex
import statistics
import threading
import time
from dataclasses import dataclass

from domain_plugs import measure_domain_plugs
from mux import DEVICES
from plugs import measure_plugs
from qmp import Refused
from scenario import matcher
from speed import measure_toggles

BETWEEN_LOOKS = 0.2
CONFIGURATION = "/etc/usbroute/usbroute.toml"
# dmesg and the console write "[   12.345678] text".
STAMP = re.compile(r"^\[\s*(\d+\.\d+)\] (.*)")


class NotHere(Exception):
    """The machine lacks what the scenario needs; says what."""


class NotSeen(Exception):
    """An expectation was not met; says what was expected and what was seen."""


@dataclass
class Answered:
    """The last command: its exit code and what it printed."""

    code: int = 0
    text: str = ""


class Player:
    def __init__(self, lab, scenario):
        self.lab = lab
        self.scenario = scenario
        self.host = lab.host_for(scenario.machine)
        self.machine = self.host.machine
        self.mux = self.host.mux
        self.last = Answered()
        self.since = self.machine.console.mark()
        self.storming = None
        self.figures = []
        self.gaps = {}

    def play(self):
        for file in self.scenario.needs:
            if self.machine.run(f"[ -e '{file}' ]", 20).code != 0:
                raise NotHere(f"the {self.scenario.machine} machine has no {file}")
        self.mux.note(f"scenario {self.scenario.short}")
        self.machine.run(f"echo 'lab: scenario {self.scenario.short}' >/dev/kmsg", 20)
        self.since = self.machine.console.mark()
        if self.scenario.config != "none":
            setting_up = self.machine.run(f"cp /lab/configs/{self.scenario.config}.toml {CONFIGURATION}", 20)
            if setting_up.code != 0:
                raise NotSeen(f"there is no configs/{self.scenario.config}.toml")
        for step in self.scenario.steps:
            try:
                getattr(self, step.verb.lower().replace("-", "_"))(step)
            except NotSeen as reason:
                raise NotSeen(f"{self.scenario.file}:{step.line}: {step}: {reason}") from reason
            except Refused as reason:
                raise NotSeen(f"{self.scenario.file}:{step.line}: {step}: QEMU said: {reason}") from reason
        self.figures += [f"{self.scenario.short}: {in_words(gaps)} from {what}" for what, gaps in self.gaps.items()]

    # Steps.

    def do(self, step):
        self.since = self.machine.console.mark()
        answer = self.machine.run(step.text, step.timeout)
        self.last = Answered(answer.code, answer.text)

    def do_in_guest(self, step):
        if self.lab.guest is None:
            raise NotSeen("no guest runs; GUEST start comes before")
        self.since = self.machine.console.mark()
        answer = self.lab.guest.run(step.text, step.timeout)
        self.last = Answered(answer.code, answer.text)

    def write(self, step):
        """A line more in the configuration, as a person writes it."""
        answer = self.machine.run(f"printf '%s\\n' {shlex.quote(step.text)} >>{CONFIGURATION}", 20)
        if answer.code != 0:
            raise NotSeen(answer.text.strip())

    def daemon(self, step):
        self.since = self.machine.console.mark()
        answer = self.machine.run(f"daemon {step.words[0]}", step.timeout)
        if answer.code != 0:
            raise NotSeen(f"the daemon did not {step.words[0]}: {answer.text.strip()}\n{self.tail()}")

    def guest(self, step):
        if step.words[0] == "stop":
            self.lab.end_guest()
            return
        bound = self.machine.run("beside", 60)
        if bound.code != 0:
            raise NotSeen(bound.text.strip())
        guest = self.lab.guest
        if guest is None or not guest.is_alive():
            guest = self.lab.boot_guest()
        self.mux.attach_guest(guest)

    def plug(self, step):
        self.since = self.machine.console.mark()
        self.mux.plug(*step.words)

    def unplug(self, step):
        self.since = self.machine.console.mark()
        self.mux.unplug(*step.words)

    def firmware(self, _):
        self.since = self.machine.console.mark()
        self.mux.reset_routes()

    def sleep(self, step):
        """Suspend to memory; while it sleeps, firmware may reset the routes; then it is woken from outside."""
        self.since = self.machine.console.mark()
        control = self.machine.control
        control.forget_events()
        self.machine.run("(sleep 0.2; echo mem >/sys/power/state) >/dev/null 2>&1 &", 20)
        if control.wait_for("SUSPEND", step.timeout) is None:
            raise NotSeen(f"the machine did not fall asleep\n{self.tail()}")
        if len(step.words) > 1:
            self.mux.reset_routes()
        time.sleep(float(step.words[0]))
        self.mux.wake()
        if not self.machine.console.wait_for(lambda text: "PM: suspend exit" in text, self.since, step.timeout):
            raise NotSeen(f"the kernel did not come back from sleep\n{self.tail()}")

    def storm(self, step):
        """In a thread of its own, so that a scenario can go on meanwhile."""
        self.since = self.machine.console.mark()
        self.storming = threading.Thread(target=self.plug_and_unplug, daemon=True,
                                         args=(step.words[0], int(step.words[1]), float(step.words[2])))
        self.storming.start()

    def plug_and_unplug(self, connector, times, seconds):
        gap = seconds / times / 2
        for _ in range(times):
            self.mux.plug("keyboard", connector)
            time.sleep(gap)
            self.mux.unplug(connector)
            time.sleep(gap)

    def measure(self, step):
        measure = {"toggles": measure_toggles, "plugs": measure_plugs, "domain-plugs": measure_domain_plugs}[step.words[0]]
        self.figures += measure(self.host, int(step.words[1]), step.timeout)

    # Expectations.

    def expect(self, step):
        kind, *words = step.words
        getattr(self, f"expect_{kind.replace('-', '_')}")(step, *words)

    def expect_exit(self, _, code):
        if self.last.code != int(code):
            raise NotSeen(f"the exit code was {self.last.code}; the output was:\n{self.last.text.rstrip()}")

    def expect_says(self, _, text):
        if not any(matcher(text)(line) for line in self.last.text.splitlines()):
            raise NotSeen(f"the output (exit code {self.last.code}) was:\n{self.last.text.rstrip()}")

    def expect_says_not(self, _, text):
        if any(matcher(text)(line) for line in self.last.text.splitlines()):
            raise NotSeen(f"the output was:\n{self.last.text.rstrip()}")

    def expect_log(self, step, text):
        if not self.machine.console.wait_for(matcher(text), self.since, step.timeout):
            raise NotSeen(f"no such line in the host's log within {step.timeout:g} s; its last lines:\n{self.tail()}")

    def expect_log_not(self, step, text):
        line = self.machine.console.wait_for(matcher(text), self.since, step.timeout)
        if line:
            raise NotSeen(f"the host's log says: {line.text}")

    def expect_route(self, step, connector, side):
        if not self.until(lambda: self.mux.look_at(connector) == side, step.timeout):
            where = f"XUSB2PR is 0x{self.mux.seen.owner:04x}" if not self.mux.blind else "the registers cannot be reached"
            raise NotSeen(f"the mux has {connector} at {self.mux.side(connector)}; {where}")

    def expect_status(self, step, connector, owner):
        seen = None

        def told():
            nonlocal seen
            seen = self.owner_of(connector)
            return seen == owner

        if not self.until(told, step.timeout):
            raise NotSeen(f"usbroute status says that {connector} belongs to {seen}")

    def owner_of(self, connector):
        text = self.machine.run("usbroute status --json", 20).text
        try:
            connectors = json.loads(text)["connectors"]
        except (ValueError, KeyError):
            return f"(no status: {text.strip()})"
        return next((entry["owner"] for entry in connectors if entry["name"] == connector), "nobody it knows")

    def expect_device(self, step, kind, connector, _, place):
        """By what the kernels see, and on no other machine than that one."""
        wanted = {f"{kind}-{connector}-{number}" for number in range(len(DEVICES[kind]))}
        seen = {}

        def there():
            for name, machine in (("host", self.machine), ("guest", self.lab.guest)):
                serials = machine.run("cat /sys/bus/usb/devices/*/serial 2>/dev/null", 20).text.split() if machine else []
                seen[name] = wanted & set(serials)
            return all(found == (wanted if name == place else set()) for name, found in seen.items())

        if not self.until(there, step.timeout):
            where = "; ".join(f"{name} sees {' '.join(sorted(found)) or 'nothing of it'}" for name, found in seen.items())
            raise NotSeen(f"after {step.timeout:g} s {where}\n{self.tail()}")

    def expect_driver(self, step, kind, connector, driver):
        """Of each interface of each device that is no hub."""
        serials = [f"{kind}-{connector}-{number}" for number, (what, _) in enumerate(DEVICES[kind]) if what != "usb-hub"]
        seen = {}

        def bound():
            for serial in serials:
                seen[serial] = self.machine.run(f"drivers {serial}", 20).text.split()
            return all(found and set(found) == {driver} for found in seen.values())

        if not self.until(bound, step.timeout):
            has = "; ".join(f"{serial} has {' '.join(found) or 'no interface'}" for serial, found in seen.items())
            raise NotSeen(f"after {step.timeout:g} s {has}\n{self.tail()}")

    def expect_key(self, step, _, place):
        """Presses A on every machine: a key press reaches a kernel only through a keyboard that is plugged in there."""
        heard = {}

        def arrives():
            heard.update(self.press())
            return all((count > 0) == (name == place) for name, count in heard.items())

        if not self.until(arrives, step.timeout):
            raise NotSeen("; ".join(f"{name} heard {count} of 1" for name, count in heard.items()))

    def press(self):
        machines = {"host": self.machine} | ({"guest": self.lab.guest} if self.lab.guest else {})
        for machine in machines.values():
            machine.run("keys start", 20)
        time.sleep(0.3)
        for down in (True, False):
            for machine in machines.values():
                press_key(machine, down)
            time.sleep(0.2)
        return {name: int(machine.run("keys stop", 20).text.split()[-1]) for name, machine in machines.items()}

    def expect_storm(self, step, _):
        if self.storming is None:
            raise NotSeen("no storm was begun")
        self.storming.join(step.timeout)
        if self.storming.is_alive():
            raise NotSeen(f"the storm has not ended within {step.timeout:g} s")

    def expect_gap(self, step, seconds, first, second):
        """Time between two lines of the host's log, by the host's own clock."""
        for text in (first, second):
            if not self.machine.console.wait_for(matcher(text), self.since, step.timeout):
                raise NotSeen(f"the host's log has no line with {text}\n{self.tail()}")
        stamps = [self.stamp_of(text) for text in (first, second)]
        self.judge_gap(stamps[1] - stamps[0], seconds, f'"{first}" to "{second}" by the machine\'s clock')

    def expect_register(self, step, seconds, text):
        """From a line of the host's log to the next change of XUSB2PR that the mux sees, by the clock outside."""
        line = self.machine.console.wait_for(matcher(text), self.since, step.timeout)
        if not line:
            raise NotSeen(f"the host's log has no line with {text}\n{self.tail()}")

        def change():
            return next((event for event in self.mux.log if event.at >= line.at and event.text.startswith("XUSB2PR")), None)

        if not self.mux.wait_until(change, step.timeout):
            raise NotSeen(f"XUSB2PR has not changed since\n{self.tail()}")
        self.judge_gap(change().at - line.at, seconds, f'"{text}" to the register, by the clock outside')

    def judge_gap(self, gap, seconds, what):
        self.gaps.setdefault(what, []).append(gap)
        if gap > float(seconds):
            raise NotSeen(f"{gap:.3f} s lie between them")

    def stamp_of(self, text):
        line = self.machine.console.wait_for(matcher(text), self.since, 1)
        found = line and STAMP.match(line.text)
        if not found:
            raise NotSeen(f"this line of the host's log has no time: {line.text if line else text}")
        return float(found.group(1))

    # What several of them need.

    def until(self, holds, seconds):
        deadline = time.monotonic() + seconds
        while not holds():
            if time.monotonic() > deadline:
                return False
            time.sleep(BETWEEN_LOOKS)
        return True

    def tail(self):
        return "\n".join(self.machine.console.tail(12))


def in_words(gaps):
    if len(gaps) == 1:
        return f"{gaps[0]:.3f} s"
    return f"{len(gaps)} times {min(gaps):.3f} to {max(gaps):.3f} s, median {statistics.median(gaps):.3f} s,"


def press_key(machine, down):
    key = {"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": "a"}}}
    try:
        machine.control.ask("input-send-event", events=[key])
    except Refused as reason:
        if "Input handler not found" not in str(reason):  # no keyboard is plugged in there
            raise
