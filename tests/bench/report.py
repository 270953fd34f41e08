# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""The figures as rows, and the rows as a table or as JSON."""

import dataclasses
import json


@dataclasses.dataclass(frozen=True)
class Target:
    """What was promised: the ratio, or with `of_ours` the figure itself, is at most or at least this."""
    limit: float
    at_least: bool = False
    of_ours: bool = False
    unit: str = ""

    def text(self):
        digits = f"{self.limit:g}{' ' + self.unit if self.unit else ''}"
        return f"{'at least' if self.at_least else 'at most'} {digits}"

    def is_met(self, row):
        figure = row.ours if self.of_ours else row.ratio
        return figure >= self.limit if self.at_least else figure <= self.limit


@dataclasses.dataclass(frozen=True)
class Row:
    """One line of the table. Without a target it is there to be read, not to be judged."""
    figure: str
    ours: float
    unit: str
    other: float | None = None
    other_name: str = ""
    ratio: float | None = None
    target: Target | None = None

    def verdict(self):
        if self.target is None:
            return ""
        return "met" if self.target.is_met(self) else "NOT MET"


@dataclasses.dataclass(frozen=True)
class Failed:
    figure: str
    why: str


HEADINGS = ("figure", "ours", "floor or peer", "ratio", "target", "")


def print_facts(facts):
    for name, value in facts.items():
        print(f"{name.replace('_', ' '):<12} {value}")
    print()


def print_rows(rows):
    lines = [HEADINGS] + [_cells(row) for row in rows if isinstance(row, Row)]
    widths = [max(len(line[column]) for line in lines) for column in range(len(HEADINGS))]
    lines.insert(1, tuple("-" * width for width in widths))
    print()
    for line in lines:
        print("  ".join(_padded(line, widths)).rstrip())
    for row in rows:
        if isinstance(row, Failed):
            print(f"could not run: {row.figure}: {row.why}")


def _padded(line, widths):
    """Words to the left, numbers to the right."""
    for column, (cell, width) in enumerate(zip(line, widths)):
        yield cell.rjust(width) if column in (1, 3) else cell.ljust(width)


def _cells(row):
    other = "" if row.other is None else f"{_number(row.other)} {row.unit} {row.other_name}"
    ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
    target = row.target.text() if row.target else ""
    return row.figure, f"{_number(row.ours)} {row.unit}", other, ratio, target, row.verdict()


def _number(value):
    return f"{value:.0f}" if value >= 1000 or value == int(value) else f"{value:.1f}"


def write_json(path, facts, rows):
    document = {
        "schema": 1,
        "machine": facts,
        "figures": [_as_json(row) for row in rows if isinstance(row, Row)],
        "could_not_run": [dataclasses.asdict(row) for row in rows if isinstance(row, Failed)],
    }
    with open(path, "w", encoding="utf-8") as file:
        json.dump(document, file, indent=2)
        file.write("\n")


def _as_json(row):
    fields = dataclasses.asdict(row)
    fields["met"] = row.target.is_met(row) if row.target else None
    return fields
