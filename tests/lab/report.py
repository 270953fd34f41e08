# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""What came of the scenarios: a line each as they end, the figures, and the summary that CI counts."""

import time
from dataclasses import dataclass, field
from xml.sax.saxutils import escape, quoteattr


@dataclass(frozen=True)
class Result:
    scenario: str
    name: str
    verdict: str  # passed, failed, skipped
    seconds: float
    reason: str = ""

    def line(self):
        return f"{self.verdict:<8} {self.scenario:<28} {self.seconds:6.1f} s  {self.name}"


@dataclass
class Report:
    results: list = field(default_factory=list)
    figures: list = field(default_factory=list)
    begun: float = field(default_factory=time.monotonic)

    def add(self, result):
        self.results.append(result)
        print(result.line(), flush=True)
        if result.reason:
            print("  " + result.reason.replace("\n", "\n  "), flush=True)

    def count(self, verdict):
        return sum(result.verdict == verdict for result in self.results)

    def finish(self, boots):
        print()
        for name, seconds in boots:
            print(f"booted {name} in {seconds:.1f} s")
        for figure in self.figures:
            print(f"measured {figure}")
        for result in self.results:
            if result.verdict != "passed":
                print(f"{result.verdict}: {result.scenario}: {result.reason.splitlines()[0] if result.reason else ''}")
        print(f"the lab took {time.monotonic() - self.begun:.0f} s")
        print(f"{self.count('passed')} passed, {self.count('failed')} failed, {self.count('skipped')} skipped")

    def write_junit(self, path):
        cases = []
        for result in self.results:
            # The words for `status` are ctest's, so that one reader counts both.
            status, inner = {
                "passed": ("run", ""),
                "failed": ("fail", f"<failure>{escape(result.reason)}</failure>"),
                "skipped": ("notrun", f"<skipped/><system-out>skipped: {escape(result.reason)}</system-out>"),
            }[result.verdict]
            cases.append(f"<testcase name={quoteattr(result.scenario)} status=\"{status}\" "
                         f"time=\"{result.seconds:.1f}\">{inner}</testcase>")
        path.write_text(f"<testsuite name=\"lab\" tests=\"{len(cases)}\">{''.join(cases)}</testsuite>\n", encoding="utf-8")
