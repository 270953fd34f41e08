# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""How the cost of a scan, and of one hint, grows with the number of devices."""

import dataclasses
import json
import statistics
import subprocess

import trees
from bench_room import CannotMeasure
from report import Row, Target

FLAT = Target(1.25)


def measure(room, options):
    folders = []
    for size in trees.SIZES:
        folders.append(room.path(f"trees/{size}"))
        trees.write_tree(folders[-1], size)
    medians = _medians(room, folders, options.rounds)
    per_device = {size: medians[f"scan/{size}"] / size for size in trees.SIZES}
    return _scan_rows(per_device) + _hint_rows(medians)


def _medians(room, folders, rounds):
    """Processor time in microseconds: what other processes do meanwhile is not in it."""
    done = subprocess.run(
        [room.program("bench-scan"), "--benchmark_format=json", f"--benchmark_repetitions={rounds}",
         "--benchmark_enable_random_interleaving=true", "--benchmark_min_time=0.2", *folders],
        capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise CannotMeasure(f"bench-scan: {done.stderr.strip()[-400:]}")
    runs = json.loads(done.stdout)["benchmarks"]
    errors = {run["error_message"] for run in runs if run.get("error_occurred")}
    if errors:
        raise CannotMeasure(f"bench-scan: {'; '.join(sorted(errors))}")
    times = {}
    for run in runs:
        if run["run_type"] == "iteration":
            times.setdefault(run["run_name"], []).append(run["cpu_time"])
    return {name: statistics.median(found) for name, found in times.items()}


def _scan_rows(per_device):
    most, least = max(per_device.values()), min(per_device.values())
    return [*_against_the_smallest("a device in a scan of {}", per_device),
            Row("a device in a scan, most to least", most, "us", least, "", most / least, FLAT)]


def _hint_rows(medians):
    rows = []
    for kind, figure, is_flat in (("hint", "one hint among {} devices", True),
                                  ("arrival", "one arrival among {} devices", True),
                                  ("lists", "the lists of {} devices compared", False)):
        costs = {size: medians[f"{kind}/{size}"] for size in trees.SIZES}
        rows += _against_the_smallest(figure, costs)
        if is_flat:
            rows[-1] = dataclasses.replace(rows[-1], target=FLAT)
    return rows


def _against_the_smallest(figure, costs):
    first = trees.SIZES[0]
    return [Row(figure.format(size), cost, "us", costs[first], f"with {first}", cost / costs[first])
            for size, cost in costs.items()]
