# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""The daemon when nobody asks: wake-ups, memory of its own, and how soon it is ready."""

import contextlib
import dataclasses
import os
import re
import time

from bench_room import CannotMeasure
from board import Board
from process_figures import mounted_over_sys
from report import Row, Target

STARTS = 20
REQUESTS_BEFORE = 1000  # toggles served before a look at the memory
MOST_MEMORY = Target(4096, of_ours=True, unit="KiB")
NO_WAKE_UPS = Target(0, of_ours=True)
SOON = Target(20, of_ours=True, unit="ms")
SETTLED = 4  # seconds after which a daemon has done what a start or a request asks for


@dataclasses.dataclass(frozen=True)
class Setting:
    """One way to run the daemon."""
    name: str
    command: list
    socket: str
    environment: dict


def measure(room, options):
    settings = [_on_a_recorded_machine(room), _as_on_a_real_machine(room)]
    return [*_start_rows(room, settings[0]), *_memory_rows(room, settings),
            *_wake_up_rows(room, settings, options.idle)]


def _on_a_recorded_machine(room):
    board = Board(room, "idle-recorded")
    return Setting("--root", [room.program("usbrouted"), "--root", board.root], board.socket, {})


def _as_on_a_real_machine(room):
    """Without --root: udev in place of inotify, and a worker thread that scans. Its /sys is the board's."""
    board = Board(room, "idle-live")
    command = [room.program("usbrouted"), "--config", board.config, "--socket", board.socket]
    return Setting("live", mounted_over_sys(room, board)(command), board.socket,
                   {"USBROUTE_STATE_DIR": os.path.dirname(board.socket)})


def _start_rows(room, setting):
    command = [room.program("bench-ready"), str(STARTS), room.path("ready"), *setting.command]
    median, longest = room.output_of(*command)[0]
    return [Row("start to ready", median / 1000, "ms", target=SOON),
            Row(f"start to ready, longest of {STARTS}", longest / 1000, "ms")]


def _memory_rows(room, settings):
    """One daemon at a time: pages of the program that two processes have count for neither."""
    rows = []
    for setting in settings:
        with room.daemon(*setting.command, environment=setting.environment) as process:
            _ask(room, setting, REQUESTS_BEFORE, "toggle")
            time.sleep(SETTLED)
            clean, dirty = (private_kib(process.pid, kind) for kind in ("Clean", "Dirty"))
        rows += [Row(f"memory of its own, {setting.name}", clean + dirty, "KiB", target=MOST_MEMORY),
                 Row(f"written part of it, {setting.name}", dirty, "KiB")]
    return rows


def _wake_up_rows(room, settings, seconds):
    """Both daemons are watched in the same time."""
    with contextlib.ExitStack() as stack:
        pids = [stack.enter_context(room.daemon(*setting.command, environment=setting.environment)).pid
                for setting in settings]
        time.sleep(SETTLED)
        before = [wake_ups(pid) for pid in pids]
        time.sleep(seconds)
        counts = [wake_ups(pid) - earlier for pid, earlier in zip(pids, before)]
        for setting, pid in zip(settings, pids):
            _prove_that_it_counts(room, setting, pid)
    return [Row(f"wake-ups in {seconds} s idle, {setting.name}", count, "", target=NO_WAKE_UPS)
            for setting, count in zip(settings, counts)]


def _prove_that_it_counts(room, setting, pid):
    """A request must show as a wake-up, or the zero before it says nothing."""
    before = wake_ups(pid)
    _ask(room, setting, 1, "status")
    if wake_ups(pid) == before:
        raise CannotMeasure(f"a request to usbrouted ({setting.name}) did not show as a wake-up")


def _ask(room, setting, count, line):
    room.output_of(room.program("bench-roundtrip"), f"unix:{setting.socket}", str(count), line)


def wake_ups(pid):
    """Voluntary context switches of all threads: each is a sleep that something ended."""
    return sum(_sum_of(r"^voluntary_ctxt_switches:\s*(\d+)", f"/proc/{pid}/task/{thread}/status")
               for thread in os.listdir(f"/proc/{pid}/task"))


def private_kib(pid, kind):
    return _sum_of(rf"^Private_{kind}:\s*(\d+)", f"/proc/{pid}/smaps_rollup")


def _sum_of(pattern, path):
    with open(path, encoding="utf-8") as file:
        return sum(int(number) for number in re.findall(pattern, file.read(), re.MULTILINE))
