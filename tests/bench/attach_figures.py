# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""From a plug into a guest's socket to what the guest's QEMU is told, and the daemon at rest with two guests, on a simulated
board: the daemon, udev's messages and the QMP server are processes of their own."""

import re
import shlex
import statistics
import subprocess
import time

import trees
from bench_room import CannotMeasure
from idle_figures import MOST_MEMORY, NO_WAKE_UPS, SETTLED, private_kib, wake_ups
from report import Row, Target

SIZES = (25, 500)  # devices of the machine beside those that are plugged in
PLUGS = 50
TURNS = 2
PATIENCE = 300  # seconds for them
SOON = Target(2, of_ours=True, unit="ms")

CONFIGURATION = """
set -eu
cat > "$USBROUTE_CONFIG" <<TOML
[connector.desk]
usb = ["0000:01:00.0/8"]
[guest.windows]
qmp = "$USBROUTE_SIM/run/windows.qmp"
[guest.linux]
qmp = "$USBROUTE_SIM/run/linux.qmp"
[listen.control]
unix = "$USBROUTE_SOCKET"
group = ""
per_minute = 0
TOML
sim() { usbroute-sim do "$@"; }
sim guest start windows
sim guest start linux
sim settle
"""
OURS = """
usbrouted 2> daemon.log & follower=$!
until usbroute status > /dev/null 2>&1; do kill -0 $follower; sleep 0.05; done
usbroute move desk --to windows > /dev/null 2>&1
"""
FLOOR = """
mkfifo ready
bench-plug "$USBROUTE_SIM/run/windows.qmp" /dev/bus/usb/001/001 8 > ready & follower=$!
read -r said < ready
"""
# A mouse: where a keyboard is plugged in, it is looked first for the others.
PLUG_AND_UNPLUG = """
for round in $(seq {plugs}); do
    sim plug 0000:01:00.0/8 mouse
    for wait in $(seq 500); do
        case $(readlink /sys/bus/usb/devices/1-8:1.0/driver || true) in *usbfs) break ;; esac
        [ "$wait" -lt 500 ] || {{ echo "plug $round: the guest has not got it" >&2; exit 1; }}
        sleep 0.01
    done
    sleep 0.2 # what was given has been read again
    sim unplug 0000:01:00.0/8
    sim settle
    sleep 0.1 # until it has been deleted
done
kill $follower
wait $follower || true
"""
REST = """
echo $follower
read -r end
kill $follower
wait $follower
"""


def measure(room, options):
    rows = []
    for size in SIZES:
        board = room.path(f"attach-{size}")
        trees.write_tree(board, size)
        rows += _plug_rows(room, board, size)
    return rows + _rest_rows(room, room.path(f"attach-{SIZES[0]}"), options.idle)


def _plug_rows(room, board, size):
    ours, floor = ({"plug": [], "unplug": []} for _ in range(2))
    for turn in range(TURNS):
        for delays, follower in ((ours, OURS), (floor, FLOOR)):
            _add_delays(room, board, follower, delays)
    return [row for kind in ours
            for row in _rows(f"{kind} to command, {size} devices", ours[kind], floor[kind])]


def _add_delays(room, board, follower, delays):
    folder = room.new_folder("attach")
    trace = f"{folder}/trace"
    script = CONFIGURATION + follower + PLUG_AND_UNPLUG.format(plugs=PLUGS)
    done = subprocess.run(_inside(room, board, script, "--trace", trace), cwd=folder, timeout=PATIENCE,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotMeasure(f"usbroute-sim: {done.stderr.strip()[-400:]}")
    for kind, event, command in (("plug", "add", "add-fd"), ("unplug", "remove", "device_del")):
        found = _delays(trace, event, command)
        if len(found) < PLUGS:
            raise CannotMeasure(f"after {PLUGS} times {kind} came {len(found)} times {command}")
        delays[kind] += found


def _inside(room, board, script, *options):
    return [room.program("usbroute-sim"), "-q", *options, "--board", board, "--", "bash", "-c", script]


def _delays(trace, event, command):
    """Milliseconds from the last event of that device to the command that follows it."""
    delays, since = [], None
    with open(trace, encoding="utf-8", errors="replace") as file:
        for line in file:
            time, kind, words = line.rstrip("\n").split(" ", 2)
            if kind == event and words.endswith("/1-8"):
                since = int(time)
            elif kind == "qmp" and f'"execute":"{command}"' in words and since is not None:
                delays.append((int(time) - since) / 1000)
                since = None
    return delays


def _rows(figure, ours, floor):
    """What the kernel takes for a configuration, here a simulated one, and what a processor that others have takes to come
    back, is in both: the difference is the daemon's own."""
    late, least = (statistics.quantiles(delays, n=100)[98] for delays in (ours, floor))
    middle, floor_middle = statistics.median(ours), statistics.median(floor)
    return [Row(f"{figure}, p50", middle, "ms", floor_middle, "C loop", middle / floor_middle),
            Row("    of it the daemon's own", max(middle - floor_middle, 0), "ms", target=SOON),
            Row(f"{figure}, p99", late, "ms", least, "C loop", late / least),
            Row("    of it the daemon's own", max(late - least, 0), "ms", target=SOON)]


def _rest_rows(room, board, seconds):
    command = _inside(room, board, CONFIGURATION + OURS + REST)
    with subprocess.Popen(command, cwd=room.new_folder("rest"), stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE, text=True) as process:
        first = process.stdout.readline()
        if not re.fullmatch(r"\d+\n", first):
            process.kill()
            raise CannotMeasure(f"{shlex.join(command[:4])}: {process.stderr.read().strip()[-400:]}")
        pid = int(first)
        memory = wakes = 0
        try:
            memory, wakes = _at_rest(pid, seconds)
        finally:
            process.stdin.write("\n")
            process.stdin.close()
            process.wait()
    return [Row("memory of its own, two guests", memory, "KiB", target=MOST_MEMORY),
            Row(f"wake-ups in {seconds} s idle, two guests", wakes, "", target=NO_WAKE_UPS)]


def _at_rest(pid, seconds):
    time.sleep(SETTLED)
    before = wake_ups(pid)
    time.sleep(seconds)
    return sum(private_kib(pid, kind) for kind in ("Clean", "Dirty")), wake_ups(pid) - before
