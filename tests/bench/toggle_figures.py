"""`toggle` over a kept connection: the daemon, a bare C loop, and the HOWTO's Python service."""

import contextlib
import os
import socket
import statistics
import sys

from bench_room import CannotMeasure
from board import AWAY, HOME, Board
from report import Row, Target

REQUESTS = 20000
REQUESTS_TO_PYTHON = 300  # a process for each: a thousandth of a second and more
AT_MOST_THE_FLOOR = Target(3.0)
AT_LEAST_FASTER = Target(30.0, at_least=True)


def measure(room, options):
    with contextlib.ExitStack() as stack:
        contenders = _start_all(room, stack)
        for contender in contenders:
            contender.prove_that_it_toggles()
        for _ in range(options.rounds):
            for contender in contenders:
                contender.ask(room)
        for contender in contenders:
            contender.prove_that_it_toggles()
    return [row for transport in ("unix", "tcp") for row in _rows(transport, contenders)]


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
        self.times += room.output_of(program, self.address, str(self.requests), "toggle")

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


def _start_all(room, stack):
    port = _free_port()
    board = Board(room, "toggle-ours", port)
    stack.enter_context(room.daemon(room.program("usbrouted"), "--root", board.root))
    contenders = [Contender("ours", "unix", f"unix:{board.socket}", board, REQUESTS),
                  Contender("ours", "tcp", f"tcp:{port}", board, REQUESTS)]
    for transport in ("unix", "tcp"):
        contenders.append(_start_floor(room, stack, transport))
        contenders.append(_start_howto(room, stack, transport))
    # One transport after the other, so that what is compared is measured close together.
    return sorted(contenders, key=lambda contender: contender.transport)


def _start_floor(room, stack, transport):
    board = Board(room, f"toggle-floor-{transport}")
    address = _free_address(room, f"floor-{transport}", transport)
    stack.enter_context(
        room.service(room.program("bench-floor"), address, board.registers, f"{HOME:x}", f"{AWAY:x}"))
    return Contender("floor", transport, address, board, REQUESTS)


def _start_howto(room, stack, transport):
    board = Board(room, f"toggle-howto-{transport}")
    address = _free_address(room, f"howto-{transport}", transport)
    script = os.path.join(os.path.dirname(os.path.abspath(__file__)), "howto_service.py")
    stack.enter_context(room.service(sys.executable, script, address, room.needs("setpci"), board.root,
                                     f"{AWAY:x}", f"{HOME:x}"))
    return Contender("HOWTO", transport, address, board, REQUESTS_TO_PYTHON)


def _free_address(room, name, transport):
    return f"unix:{room.path(name + '.sock')}" if transport == "unix" else f"tcp:{_free_port()}"


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


def _rows(transport, contenders):
    by_name = {contender.name: contender for contender in contenders if contender.transport == transport}
    ours, floor, howto = by_name["ours"], by_name["floor"], by_name["HOWTO"]
    return [
        _row(f"toggle over {transport}, p50", ours, floor, 0, "C loop", AT_MOST_THE_FLOOR),
        _row(f"toggle over {transport}, p99", ours, floor, 1, "C loop"),
        _row(f"toggle over {transport}, longest", ours, floor, 2, "C loop"),
        _turned(_row(f"toggle over {transport}, p50", ours, howto, 0, "Python and setpci", AT_LEAST_FASTER)),
    ]


def _row(figure, ours, other, column, other_name, target=None):
    mine, theirs = ours.median(column), other.median(column)
    return Row(figure, mine, "us", theirs, other_name, mine / theirs, target)


def _turned(row):
    """How many times faster, in place of how many times slower."""
    return Row(row.figure, row.ours, row.unit, row.other, row.other_name, 1 / row.ratio, row.target)
