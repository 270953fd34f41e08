# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""A name for what the fuzzer has found: what is in it, as far as a name can say.

A text is named after its first words; bytes that choose what is played, after what they choose first, read as the target
itself reads them. A seed with any other name was named by somebody, and stays whatever the others reach.
"""

import re

RECORDINGS = ("z97-guest", "gigabyte-x99-ud4", "dock-four-deep")
# tests/fakes/tree_life.hpp
EVENTS = {
    "v": "usbip-comes", "d": "dummy-hcd-comes", "p": "platform-xhci-comes",
    "V": "usbip-goes", "D": "dummy-hcd-goes", "P": "platform-xhci-goes",
    "x": "xhci-leaves", "e": "ehci1-leaves", "f": "ehci2-leaves",
    "X": "xhci-comes", "E": "ehci1-comes", "F": "ehci2-comes",
    "g": "xhci-to-vfio", "h": "ehci1-to-vfio", "j": "ehci2-to-vfio",
    "G": "xhci-to-host", "H": "ehci1-to-host", "J": "ehci2-to-host",
    "l": "look", "a": "look-at-edits", "m": "move", "t": "toggle", "u": "undo", "s": "restore", "n": "return",
    "y": "trial", "r": "revert", "i": "read", "w": "census", "q": "report", "c": "recovery", "k": "killed",
    "~": "edit",
}
LONGEST = 48


def name_of(target, seed):
    """Without what tells apart two that begin alike."""
    streams = dict.fromkeys(("protocol", "qmp", "questions", "libvirt"), _stream)
    name = ({"service": _play, "tree": _tree} | streams).get(target, _text)(seed)
    return name[:LONGEST].strip("-") or "nothing"


def named(target, seeds):
    """name -> bytes, for seeds that may begin alike: the shortest has the name alone."""
    names = {}
    for seed in sorted(seeds, key=lambda s: (len(s), s)):
        name, count = name_of(target, seed), 1
        unique = name
        while unique in names:
            count += 1
            unique = f"{name}-{count}"
        names[unique] = seed
    return names


def is_somebodys(target, name, seed):
    """Whether it was named by a person: neither by us nor by libFuzzer, which takes the SHA-1."""
    ours = re.fullmatch(re.escape(name_of(target, seed)) + r"(-\d+)?", name)
    return not ours and not re.fullmatch("[0-9a-f]{40}", name)


def _words(text):
    words = re.findall(rb"[a-z0-9]+", text.lower())
    return "-".join(word[:16].decode() for word in words[:6]) or f"{len(text)}-bytes-and-no-word"


def _text(seed):
    return _words(re.sub(rb"^usbroute-journal 1\n", b"", seed))


def _stream(seed):
    """The first byte says in which pieces the rest comes."""
    return f"{_words(seed[1:])[:LONGEST - 10].strip('-')}-by-{1 + seed[0]}" if seed else "nothing"


def _tree(seed):
    if len(seed) < 2 or seed[:1] != b"!":
        # FuzzedDataProvider takes numbers from the end.
        which = RECORDINGS[(seed[-1] if seed else 0) % len(RECORDINGS)]
        return f"look-at-{which}-with-{len(seed)}-bytes"
    which = RECORDINGS[(seed[1] - ord("0")) % len(RECORDINGS)]
    events = [EVENTS[c] for c in seed[2:].decode("latin-1") if c in EVENTS]
    return f"{which}-" + "-".join(events[:3])


class _Numbers:
    """FuzzedDataProvider, as far as numbers go."""

    def __init__(self, seed):
        self.rest = seed

    def below(self, count):
        if not self.rest:
            return 0
        number, self.rest = self.rest[-1], self.rest[:-1]
        return number % count


def _play(seed):
    """The steps of tests/fuzz/service.cpp up to the first request, at most three."""
    numbers = _Numbers(seed)
    numbers.below(41)  # the time that passes when the daemon begins
    steps = []
    while numbers.rest and len(steps) < 3:
        step = numbers.below(15)
        if step >= 12:
            steps.append(_wish(numbers))
            break
        steps.append(_step(step, numbers))
    return "-".join(steps) or f"{len(seed)}-bytes"


def _wish(numbers):
    by_guest = numbers.below(4) == 0
    asked = ("toggle", "apply", "undo", "any-line", "move", "move", "confirm")[numbers.below(7)]
    return f"guest-{asked}" if by_guest else asked


def _step(step, numbers):
    name, taken = (("plug", 2), ("unplug", 1), ("drive", 2), ("bus", 2), ("written", 2), ("resume", 0), ("faults", 0),
                   ("kill", 2), ("new-daemon", 1), ("mount", 0), ("look", 1), ("time", 1))[step]
    for _ in range(taken):
        numbers.below(256)
    if name == "mount":
        if numbers.below(2):
            numbers.below(14)
        else:
            name = "unmount"
    if name == "faults":
        for _ in range(3):
            numbers.below(256)
        if numbers.below(2):
            numbers.below(256)
            numbers.below(256)
        numbers.below(8)
    return name
