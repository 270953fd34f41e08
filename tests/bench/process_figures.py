# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""Whole processes, from start to end: `usbroute move` and setpci, `usbroute status` and lsusb."""

import shlex
import statistics
import subprocess

from bench_room import CannotMeasure, one_core
from board import HOME, MOVED, Board
from report import Row, Target

RUNS = 100  # of each command, in each round


def measure(room, options):
    with one_core():
        rows = [_move(room, options.rounds, "one core"), *_status(room, options.rounds)]
    return [*rows, _move(room, options.rounds, "all cores")]


def _move(room, rounds, cores):
    """setpci has a board of its own: the daemon would otherwise look again after each of its writes."""
    ours, theirs = (Board(room, f"{cores}-{kind}".replace(" ", "-")) for kind in ("move", "setpci"))
    move = [room.program("usbroute"), "--socket", ours.socket, "move", MOVED[0], "--to"]
    away = HOME & ~(1 << 1)  # front-2
    with room.daemon(room.program("usbrouted"), "--root", ours.root):
        _prove_that_it_moves(move, ours, away)
        medians = _interleaved(room, rounds, [move + ["ehci"], theirs.setpci(room, away),
                                              move + ["xhci"], theirs.setpci(room, HOME)])
    mine, setpci = (medians[0] + medians[2]) / 2, (medians[1] + medians[3]) / 2
    return Row(f"usbroute move, {cores}", mine, "us", setpci, "setpci", mine / setpci, Target(1.0))


def _prove_that_it_moves(move, board, away):
    for side, expected in (("ehci", away), ("xhci", HOME)):
        done = subprocess.run(move + [side], capture_output=True, text=True, check=False)
        if done.returncode != 0 or board.xusb2pr() != expected:
            left = hex(board.xusb2pr())
            raise CannotMeasure(f"usbroute move --to {side} left XUSB2PR at {left}: {done.stderr.strip()}")


def _status(room, rounds):
    """lsusb reads /sys and takes no other root, so both run where the board's sys is mounted over /sys."""
    board = Board(room, "status")
    status = [room.program("usbroute"), "--root", board.root, "status"]
    direct = [room.program("usbroute"), "--direct", "--config", board.config, "status"]
    lsusb = [room.needs("lsusb"), "-t"]
    inside = mounted_over_sys(room, board)
    lines = [_lines_of(inside(command)) for command in (status, direct, lsusb)]
    if min(lines) < 10:
        raise CannotMeasure(f"status, --direct status and lsusb -t printed {lines} lines")
    medians = _interleaved(room, rounds, [status, lsusb, direct], inside)
    return [Row("usbroute --root COPY status, one core", medians[0], "us", medians[1], "lsusb -t",
                medians[0] / medians[1], Target(0.7)),
            Row("usbroute --direct status, one core", medians[2], "us", medians[1], "lsusb -t",
                medians[2] / medians[1])]


def mounted_over_sys(room, board):
    """A function that turns a command into one that sees the board's sys as /sys; no other process does."""
    for flags in ("-m", "-rm"):
        unshare = ["unshare", flags, "--propagation", "private", "sh", "-c"]
        mount = f"mount --bind {shlex.quote(board.root + '/sys')} /sys && exec "
        tried = subprocess.run(unshare + [mount + "true"], capture_output=True, text=True, check=False)
        if tried.returncode == 0:
            return lambda command: unshare + [mount + shlex.join(command)]
    raise CannotMeasure(f"no private mount namespace is to be had here: {tried.stderr.strip()}")


def _lines_of(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotMeasure(f"{shlex.join(command)}: {done.stderr.strip()}")
    return len(done.stdout.splitlines())


def _interleaved(room, rounds, commands, inside=lambda command: command):
    """The median in microseconds of each command; they run in turn, one of each, again and again."""
    spawn = [room.program("bench-spawn"), str(RUNS)]
    for command in commands:
        spawn += ["--", *command]
    found = [[line[0] for line in room.output_of(*inside(spawn))] for _ in range(rounds)]
    return [statistics.median(column) for column in zip(*found)]
