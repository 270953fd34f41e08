# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""`toggle` over a kept connection: the daemon, a bare C loop, and the HOWTO's Python service."""

import contextlib
import os
import socket
import statistics
import sys

from bench_room import CannotMeasure, one_core
from board import AWAY, HOME, Board
from report import Row, Target

REQUESTS = 20000
REQUESTS_TO_PYTHON = 300  # a process for each: a thousandth of a second and more
AT_MOST_THE_FLOOR = Target(3.0)
AT_LEAST_FASTER = Target(30.0, at_least=True)


def measure(room, options):
    with one_core():
        on_one = _compare(room, options.rounds, "one-core")
    on_all = _compare(room, options.rounds, "all-cores")
    return [row for cores, contenders in (("one core", on_one), ("all cores", on_all))
            for transport in ("unix", "tcp", "guest") for row in _rows(f"{transport}, {cores}", transport, contenders)]


def _compare(room, rounds, label):
    """All contenders with their times of each round."""
    with contextlib.ExitStack() as stack:
        contenders = _start_all(room, stack, label)
        for contender in contenders:
            contender.prove_that_it_toggles()
        for _ in range(rounds):
            for contender in contenders:
                contender.ask(room)
        for contender in contenders:
            contender.prove_that_it_toggles()
    return contenders


class Contender:
    """One service on one transport, with the board that it writes to."""

    def __init__(self, name, transport, address, board, requests):
        self.name = name
        self.transport = transport
        self.address = address
        self.board = board
        self.requests = requests
        self.times = []  # of each round: p50, p99 and the longest

    def ask(self, room):
        program = room.program("bench-roundtrip")
        # Over a guest's line the time is to the register written, not to the answer.
        watched = [self.board.registers] if self.transport == "guest" else []
        self.times += room.output_of(program, self.address, str(self.requests), "toggle", *watched)

    def prove_that_it_toggles(self):
        """Two requests more: the register must show the one value and then the other."""
        seen = []
        with _connected(self.address) as client, client.makefile("rb") as answers:
            for _ in range(2):
                client.sendall(b"toggle\n")
                if not answers.readline().startswith(b"ok"):
                    raise CannotMeasure(f"{self.name} over {self.transport} does not answer ok")
                seen.append(self.board.xusb2pr())
        if sorted(seen) != [AWAY, HOME]:
            values = " and ".join(hex(value) for value in seen)
            raise CannotMeasure(f"{self.name} over {self.transport} left {values} in XUSB2PR")

    def median(self, column):
        return statistics.median(times[column] for times in self.times)


def _start_all(room, stack, label):
    port = _free_port()
    board = Board(room, f"{label}-ours", port)
    stack.enter_context(room.daemon(room.program("usbrouted"), "--root", board.root))
    contenders = [Contender("ours", "unix", f"unix:{board.socket}", board, REQUESTS),
                  Contender("ours", "tcp", f"tcp:{port}", board, REQUESTS),
                  Contender("ours", "guest", f"unix:{board.guest_line}", board, REQUESTS),
                  _start_floor(room, stack, label, "guest")]
    for transport in ("unix", "tcp"):
        contenders.append(_start_floor(room, stack, label, transport))
        contenders.append(_start_kernels_share(room, stack, label, transport))
        contenders.append(_start_howto(room, stack, label, transport))
    # One transport after the other, so that what is compared is measured close together.
    return sorted(contenders, key=lambda contender: contender.transport)


def _start_floor(room, stack, label, transport):
    board = Board(room, f"{label}-floor-{transport}")
    address = _free_address(board, transport)
    stack.enter_context(
        room.service(room.program("bench-floor"), address, board.registers, f"{HOME:x}", f"{AWAY:x}"))
    return Contender("floor", transport, address, board, REQUESTS)


def _start_kernels_share(room, stack, label, transport):
    """Every system call of a toggle, and nothing in between."""
    board = Board(room, f"{label}-share-{transport}")
    address = _free_address(board, transport)
    stack.enter_context(
        room.service(room.program("bench-floor"), address, board.registers, f"{HOME:x}", f"{AWAY:x}", board.root))
    return Contender("share", transport, address, board, REQUESTS)


def _start_howto(room, stack, label, transport):
    board = Board(room, f"{label}-howto-{transport}")
    address = _free_address(board, transport)
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "howto_service.py")
    stack.enter_context(room.service(sys.executable, script, address, room.needs("setpci"), board.root,
                                     f"{AWAY:x}", f"{HOME:x}"))
    return Contender("HOWTO", transport, address, board, REQUESTS_TO_PYTHON)


def _free_address(board, transport):
    return f"tcp:{_free_port()}" if transport == "tcp" else f"unix:{board.root}/service"


def _free_port():
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return probe.getsockname()[1]


def _connected(address):
    kind, _, where = address.partition(":")
    if kind == "tcp":
        return socket.create_connection(("127.0.0.1", int(where)))
    client = socket.socket(socket.AF_UNIX)
    client.connect(where)
    return client


def _rows(where, transport, contenders):
    found = {contender.name: contender for contender in contenders if contender.transport == transport}
    ours, floor, howto = found["ours"], found["floor"], found.get("HOWTO")
    if transport == "guest":
        figure = f"guest's line to register, {where.partition(', ')[2]}"
        return [_slower(f"{figure}, p50", ours, floor, 0), _slower(f"{figure}, p99", ours, floor, 1)]
    return [_slower(f"toggle over {where}, p50", ours, floor, 0, AT_MOST_THE_FLOOR),
            _slower(f"its system calls over {where}, p50", found["share"], floor, 0),
            _slower(f"toggle over {where}, p99", ours, floor, 1),
            _slower(f"toggle over {where}, longest", ours, floor, 2),
            _faster(f"toggle over {where}, p50", ours, howto, AT_LEAST_FASTER)]


def _slower(figure, ours, floor, column, target=None):
    mine, theirs = ours.median(column), floor.median(column)
    return Row(figure, mine, "us", theirs, "C loop", mine / theirs, target)


def _faster(figure, ours, howto, target):
    mine, theirs = ours.median(0), howto.median(0)
    return Row(figure, mine, "us", theirs, "Python, setpci", theirs / mine, target)
