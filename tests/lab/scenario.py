# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""Reads scenarios: a directive a line, a sentence with `#` in front is for people. docs/lab.md explains each directive.

Reading is apart from playing: what is wrong in a file is said before any machine boots.
"""

import difflib
import itertools
import re
import shlex
from dataclasses import dataclass, field, replace

from mux import CONNECTORS, DEVICES

MACHINES = ("board", "direct", "stubborn", "sleeper", "lockdown", "late", "muxless", "libvirt", "libvirt-card")
DEFAULT_TIMEOUT = 20
PLACES = ("host", "guest", "nowhere")
DRIVERS = ("usbhid", "usb-storage", "usbfs", "none")


class BadScenario(Exception):
    """FILE:LINE: what is wrong, and what would be right."""


@dataclass(frozen=True)
class Step:
    """One directive to be played."""

    line: int
    verb: str
    words: tuple
    text: str
    timeout: float
    turn: str = ""  # which time it is, inside a REPEAT

    def __str__(self):
        return f"{self.verb} {self.text}{self.turn}".strip()


@dataclass
class Scenario:
    file: str
    name: str = ""
    smoke: bool = False
    machine: str = "board"
    config: str = "desk"
    needs: list = field(default_factory=list)
    steps: list = field(default_factory=list)

    @property
    def short(self):
        return re.sub(r"\.txt$", "", self.file.rsplit("/", 1)[-1])


@dataclass(frozen=True)
class Repeat:
    """A REPEAT that is being read."""

    line: int
    times: int
    first: int  # of its steps

    verb = "REPEAT"

    def all_of(self, steps):
        return [replace(step, turn=f" (time {turn} of {self.times})") for turn in range(1, self.times + 1) for step in steps]


@dataclass
class Orders:
    """An ORDERS that is being read: what stands before its THEN comes in every order, and what follows after each of them."""

    line: int
    first: int  # of its steps
    then: int | None = None  # the first step behind THEN

    verb = "ORDERS"
    most = 4  # of them: 24 orders

    def all_of(self, steps):
        mixed, after = steps[:self.then - self.first], steps[self.then - self.first:]
        orders = list(itertools.permutations(mixed))
        return [replace(step, turn=f" (order {number} of {len(orders)}: {', '.join(str(one) for one in order)})")
                for number, order in enumerate(orders, 1) for step in (*order, *after)]


def one_of(choices, what):
    def check(word):
        if word not in choices:
            near = difflib.get_close_matches(word, choices, 1)
            return f"{word} is no {what}; " + (f"did you mean {near[0]}?" if near else f"there are {', '.join(choices)}")
        return None
    return check


def number(word):
    return None if re.fullmatch(r"\d+(\.\d+)?", word) else f"{word} is not a number"


def exit_code(word):
    return None if re.fullmatch(r"\d{1,3}", word) else f"{word} is not an exit code"


def anything(_):
    return None


connector = one_of(tuple(CONNECTORS), "connector of the lab's board")
device = one_of(tuple(DEVICES), "device of the lab")
place = one_of(PLACES, "place")
side = one_of(("xhci", "ehci"), "side")

# what stands before the first step and describes the scenario
HEAD = {"NAME", "SMOKE", "MACHINE", "CONFIG", "NEEDS"}
# directive: the checks of its words, and how many of them must be there
FORMS = {
    "DAEMON": ([one_of(("start", "stop", "kill"), "thing to do with the daemon")], 1),
    "GUEST": ([one_of(("start", "stop"), "thing to do with the guest")], 1),
    "PLUG": ([device, connector], 2),
    "UNPLUG": ([connector], 1),
    "FIRMWARE": ([one_of(("resets-routes",), "thing that firmware does")], 1),
    "SLEEP": ([number, one_of(("resets-routes",), "thing that firmware does")], 1),
    "STORM": ([connector, number, number], 3),
    "MEASURE": ([one_of(("toggles", "plugs", "domain-plugs"), "thing to measure"), number], 2),
}
OTHER_VERBS = ("DO", "DO-IN-GUEST", "WRITE", "EXPECT", "TIMEOUT", "REPEAT", "ORDERS", "THEN", "END")
EXPECTATIONS = {
    "exit": ([exit_code], 1),
    "route": ([connector, side], 2),
    "status": ([connector, anything], 2),
    "device": ([device, connector, one_of(("in",), "word here"), place], 4),
    "driver": ([device, connector, one_of(DRIVERS, "driver")], 3),
    "key": ([one_of(("in",), "word here"), place], 2),
    "storm": ([one_of(("over",), "word here")], 1),
    "gap": ([number, anything, anything], 3),
    "register": ([number, anything], 2),
}
FREE_TEXT = ("says", "says-not", "log", "log-not")


def check_words(words, form):
    checks, least = form
    if not least <= len(words) <= len(checks):
        belong = f"{least}" if least == len(checks) else f"{least} to {len(checks)}"
        return f"{len(words)} words stand here, and {belong} belong here"
    return next((wrong for check, word in zip(checks, words) if (wrong := check(word))), None)


def parse(text, file):
    """A Scenario, or BadScenario."""
    scenario = Scenario(file)
    timeout = DEFAULT_TIMEOUT
    block = None

    def bad(line, what):
        raise BadScenario(f"{file}:{line}: {what}")

    for line, raw in enumerate(text.splitlines(), 1):
        verb, _, rest = raw.strip().partition(" ")
        rest = rest.strip()
        if not verb or verb.startswith("#"):
            continue
        if verb in HEAD:
            if scenario.steps:
                bad(line, f"{verb} describes the scenario and stands before its first step")
            wrong = read_head(scenario, verb, rest)
            if wrong:
                bad(line, wrong)
        elif verb == "TIMEOUT":
            if number(rest):
                bad(line, f"TIMEOUT wants seconds, and {rest or 'nothing'} stands there")
            timeout = float(rest)
        elif verb in ("REPEAT", "ORDERS"):
            if block:
                bad(line, f"the {block.verb} of line {block.line} has no END yet")
            if verb == "ORDERS":
                if rest:
                    bad(line, f"ORDERS stands alone, and {rest} follows it")
                block = Orders(line, len(scenario.steps))
                continue
            if not re.fullmatch(r"[1-9]\d{0,2}", rest):
                bad(line, f"REPEAT wants a number from 1 to 999, and {rest or 'nothing'} stands there")
            block = Repeat(line, int(rest), len(scenario.steps))
        elif verb == "THEN":
            if rest or not isinstance(block, Orders) or block.then is not None:
                bad(line, f"THEN stands alone, and {rest} follows it" if rest else "no ORDERS stands before this THEN")
            block.then = len(scenario.steps)
            if not 2 <= block.then - block.first <= Orders.most:
                bad(line, f"ORDERS wants 2 to {Orders.most} steps before THEN, and {block.then - block.first} stand there")
        elif verb == "END":
            if rest or not block:
                bad(line, f"END stands alone, and {rest} follows it" if rest else "no REPEAT or ORDERS stands before this END")
            if isinstance(block, Orders) and block.then is None:
                bad(line, f"the ORDERS of line {block.line} has no THEN")
            scenario.steps[block.first:] = block.all_of(scenario.steps[block.first:])
            block = None
        else:
            words, wrong = read_step(verb, rest)
            if wrong:
                bad(line, wrong)
            scenario.steps.append(Step(line, verb, words, rest, timeout))
    if block:
        bad(block.line, f"this {block.verb} has no END")
    if not scenario.name:
        bad(1, "NAME is missing: a sentence that can be false")
    if not any(step.verb in ("EXPECT", "MEASURE") for step in scenario.steps):
        bad(1, "nothing is expected: a scenario that cannot fail shows nothing")
    return scenario


def read_head(scenario, verb, rest):
    """Takes a line of the head over; returns what is wrong with it."""
    if verb == "SMOKE":
        scenario.smoke = True
        return f"SMOKE stands alone, and {rest} follows it" if rest else None
    if not rest:
        return f"{verb} wants a value"
    if verb == "MACHINE":
        scenario.machine = rest
        return one_of(MACHINES, "machine of the lab")(rest)
    if verb == "NEEDS":
        scenario.needs.append(rest)
        return None if rest.startswith("/") else f"NEEDS wants a file of the machine, and {rest} does not begin with /"
    if verb == "NAME":
        if scenario.name:
            return "NAME stands here for the second time"
        scenario.name = rest
    else:
        scenario.config = rest
        return None if re.fullmatch(r"[\w-]+", rest) else f"{rest} is not the name of a file in configs/"
    return None


def read_step(verb, rest):
    """The words of a step, and what is wrong with it."""
    if verb in ("DO", "DO-IN-GUEST", "WRITE"):
        return (), None if rest else f"{verb} wants a {'line' if verb == 'WRITE' else 'command'}"
    if verb == "EXPECT":
        kind, _, text = rest.partition(" ")
        if kind in FREE_TEXT:
            return (kind, text.strip()), bad_text(kind, text.strip())
        if kind not in EXPECTATIONS:
            return (), one_of((*EXPECTATIONS, *FREE_TEXT), "expectation")(kind)
        words = split(text)
        if words is None:
            return (), "a quotation mark is not closed"
        return (kind, *words), check_words(words, EXPECTATIONS[kind])
    if verb not in FORMS:
        return (), one_of((*FORMS, *OTHER_VERBS, *sorted(HEAD)), "directive")(verb)
    words = split(rest)
    if words is None:
        return (), "a quotation mark is not closed"
    return words, check_words(words, FORMS[verb])


def split(text):
    try:
        return tuple(shlex.split(text))
    except ValueError:
        return None


def bad_text(kind, text):
    if not text:
        return f"EXPECT {kind} wants a text, or a /regular expression/"
    try:
        matcher(text)
    except re.error as error:
        return f"{text} is no regular expression: {error}"
    return None


def matcher(text):
    """A function that says whether a line has this text, or matches this /regular expression/."""
    if len(text) > 2 and text.startswith("/") and text.endswith("/"):
        return re.compile(text[1:-1]).search
    return lambda line: text in line
