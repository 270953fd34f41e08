#!/usr/bin/env python3
# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""Reads a file of metrics as strictly as `promtool check metrics` does, and prints its samples.

By the text format of Prometheus (prometheus.io/docs/instrumenting/exposition_formats): HELP and TYPE once and before
the samples, samples of a metric in one block, label values with the three escapes only, no sample twice, a line end at
the end. Ends with 1 at the first breach.
"""

import re
import sys

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
SAMPLE = re.compile(rf"({NAME})(\{{{LABEL}(?:,{LABEL})*\}})? (-?[0-9.]+(?:e[+-]?[0-9]+)?)")


def check(text):
    """The samples, or the first breach as an error."""
    if not text.endswith("\n"):
        raise ValueError("the last line has no end")
    types, helped, closed, seen, current = {}, set(), set(), set(), None
    for line in text.splitlines():
        if match := re.fullmatch(rf"# HELP ({NAME}) (.+)", line):
            if match[1] in helped:
                raise ValueError(f"a second HELP: {line}")
            helped.add(match[1])
        elif match := re.fullmatch(rf"# TYPE ({NAME}) (counter|gauge)", line):
            if match[1] in types or match[1] not in helped:
                raise ValueError(f"a second TYPE, or one without HELP: {line}")
            types[match[1]] = match[2]
            if current:
                closed.add(current)
            current = match[1]
        elif match := SAMPLE.fullmatch(line):
            if match[1] != current or match[1] in closed:
                raise ValueError(f"not below its own TYPE: {line}")
            if (types[current] == "counter") != current.endswith("_total"):
                raise ValueError(f"a counter ends with _total, and nothing else does: {line}")
            if match[1] + (match[2] or "") in seen:
                raise ValueError(f"twice: {line}")
            seen.add(match[1] + (match[2] or ""))
            yield line
        else:
            raise ValueError(f"no line of the format: {line}")


if __name__ == "__main__":
    try:
        with open(sys.argv[1], encoding="utf-8") as file:
            print("\n".join(check(file.read())))
    except ValueError as wrong:
        sys.exit(f"{sys.argv[1]}: {wrong}")
