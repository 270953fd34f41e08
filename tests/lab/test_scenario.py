# SPDX-FileCopyrightText: 2026 usbroute authors
# SPDX-License-Identifier: MIT

"""What the reader of scenarios takes and what it refuses: python3 -m unittest, or tests/lab/run --self-test."""

import unittest
from pathlib import Path

from mux import CONNECTORS, DEVICES, WIRES
from scenario import BadScenario, matcher, parse

SCENARIOS = Path(__file__).resolve().parent / "scenarios"


def steps_of(text):
    return [(step.verb, step.words, step.timeout) for step in parse(f"NAME it is so\n{text}\nEXPECT exit 0", "a.txt").steps]


class Reading(unittest.TestCase):
    def test_a_whole_scenario_is_read(self):
        scenario = parse(
            "# for people\nNAME the keyboard follows\nSMOKE\nMACHINE lockdown\nCONFIG desk\n\nPLUG keyboard front-1\n"
            "TIMEOUT 5\n  DO usbroute toggle | cat\nEXPECT says ok  two\n", "x/follows.txt")

        self.assertEqual((scenario.name, scenario.smoke, scenario.machine), ("the keyboard follows", True, "lockdown"))
        self.assertEqual(scenario.short, "follows")
        self.assertEqual([str(step) for step in scenario.steps],
                         ["PLUG keyboard front-1", "DO usbroute toggle | cat", "EXPECT says ok  two"])
        self.assertEqual([step.timeout for step in scenario.steps], [20, 5, 5])

    def test_quoted_words_stay_together(self):
        self.assertEqual(steps_of('EXPECT gap 2 "PM: suspend exit" usbrouted')[0],
                         ("EXPECT", ("gap", "2", "PM: suspend exit", "usbrouted"), 20))

    def test_what_is_repeated_is_played_so_often_and_says_which_time_it_is(self):
        scenario = parse("NAME n\nDO a\nREPEAT 2\nTIMEOUT 5\nDO b\nEXPECT exit 0\nEND\nDO c", "a.txt")

        self.assertEqual([str(step) for step in scenario.steps],
                         ["DO a", "DO b (time 1 of 2)", "EXPECT exit 0 (time 1 of 2)", "DO b (time 2 of 2)",
                          "EXPECT exit 0 (time 2 of 2)", "DO c"])
        self.assertEqual([step.timeout for step in scenario.steps], [20, 5, 5, 5, 5, 5])

    def test_what_comes_in_every_order_is_followed_each_time_by_what_stands_behind_then(self):
        scenario = parse("NAME n\nORDERS\nDO a\nDO b\nDO c\nTHEN\nEXPECT exit 0\nEND\nDO d", "a.txt")

        self.assertEqual([step.text for step in scenario.steps],
                         [*"abc", "exit 0", *"acb", "exit 0", *"bac", "exit 0", *"bca", "exit 0", *"cab", "exit 0",
                          *"cba", "exit 0", "d"])
        self.assertEqual(str(scenario.steps[3]), "EXPECT exit 0 (order 1 of 6: DO a, DO b, DO c)")

    def test_a_line_to_write_is_kept_as_it_is(self):
        scenario = parse("NAME n\nWRITE a = [\"b\",  'c']\nEXPECT exit 0", "a.txt")

        self.assertEqual(scenario.steps[0].text, "a = [\"b\",  'c']")

    def test_text_and_regular_expressions_match(self):
        self.assertTrue(matcher("a.c")("xa.cx"))
        self.assertFalse(matcher("a.c")("abc"))
        self.assertTrue(matcher("/a.c$/")("xabc"))


class Refusing(unittest.TestCase):
    def refuses(self, text, *words):
        with self.assertRaises(BadScenario) as caught:
            parse(text, "a.txt")
        for word in words:
            self.assertIn(word, str(caught.exception))

    def test_a_word_that_is_no_directive_gets_the_nearest_one(self):
        self.refuses("NAME n\nEXPEKT exit 0", "a.txt:2", "did you mean EXPECT?")

    def test_a_connector_that_the_board_lacks(self):
        self.refuses("NAME n\nPLUG disk front-9", "a.txt:2", "front-9 is no connector", "did you mean front-")

    def test_a_device_that_the_lab_lacks(self):
        self.refuses("NAME n\nPLUG scanner front-1", "scanner is no device of the lab; there are keyboard")

    def test_too_few_and_too_many_words(self):
        self.refuses("NAME n\nPLUG disk", "1 words stand here, and 2 belong here")
        self.refuses("NAME n\nSLEEP 1 resets-routes now", "1 to 2 belong here")

    def test_numbers_that_are_none(self):
        self.refuses("NAME n\nTIMEOUT soon", "TIMEOUT wants seconds")
        self.refuses("NAME n\nEXPECT exit nought", "nought is not an exit code")

    def test_a_scenario_that_cannot_fail(self):
        self.refuses("NAME n\nDO true", "nothing is expected")

    def test_a_scenario_without_a_name(self):
        self.refuses("DO true\nEXPECT exit 0", "NAME is missing")

    def test_a_need_that_is_no_file(self):
        self.refuses("NAME n\nNEEDS lockdown\nEXPECT exit 0", "does not begin with /")

    def test_a_head_after_the_first_step(self):
        self.refuses("NAME n\nDO true\nSMOKE\nEXPECT exit 0", "a.txt:3", "before its first step")

    def test_an_expectation_that_does_not_exist(self):
        self.refuses("NAME n\nEXPECT exits 0", "exits is no expectation; did you mean exit?")

    def test_repeats_that_do_not_end_or_begin(self):
        self.refuses("NAME n\nREPEAT 2\nEXPECT exit 0", "a.txt:2", "this REPEAT has no END")
        self.refuses("NAME n\nEXPECT exit 0\nEND", "a.txt:3", "no REPEAT or ORDERS stands before")
        self.refuses("NAME n\nREPEAT 2\nREPEAT 3\nEND", "a.txt:3", "the REPEAT of line 2 has no END yet")
        self.refuses("NAME n\nREPEAT 0\nEND", "a number from 1 to 999, and 0 stands there")

    def test_orders_of_nothing_of_too_much_or_without_an_end(self):
        self.refuses("NAME n\nORDERS\nDO a\nTHEN\nEND", "a.txt:4", "ORDERS wants 2 to 4 steps before THEN, and 1 stand there")
        self.refuses("NAME n\nORDERS\n" + 5 * "DO a\n" + "THEN\nEND", "and 5 stand there")
        self.refuses("NAME n\nORDERS\nDO a\nDO b\nEND", "a.txt:5", "the ORDERS of line 2 has no THEN")
        self.refuses("NAME n\nORDERS\nDO a\nDO b\nTHEN", "this ORDERS has no END")
        self.refuses("NAME n\nREPEAT 2\nTHEN\nEND", "no ORDERS stands before this THEN")
        self.refuses("NAME n\nORDERS\nREPEAT 3\nEND", "the ORDERS of line 2 has no END yet")

    def test_a_broken_regular_expression(self):
        self.refuses("NAME n\nEXPECT says /(/", "is no regular expression")

    def test_an_open_quotation_mark(self):
        self.refuses('NAME n\nEXPECT gap 2 "a b', "a quotation mark is not closed")


class Tables(unittest.TestCase):
    def test_no_two_wires_lead_to_one_port(self):
        self.assertEqual(len({xhci for xhci, _, _ in WIRES.values()}), len(WIRES))
        self.assertEqual(len({(ehci, port) for _, ehci, port in WIRES.values()}), len(WIRES))

    def test_each_connector_has_wires_of_its_own(self):
        bits = [bit for bit, _ in CONNECTORS.values()]
        self.assertEqual(len(set(bits)), len(bits))
        self.assertLessEqual(set(bits), set(WIRES))

    def test_a_device_begins_at_the_socket(self):
        for parts in DEVICES.values():
            self.assertEqual(parts[0][1], "")

    def test_every_scenario_can_be_read_and_has_a_name_of_its_own(self):
        scenarios = [parse(file.read_text("utf-8"), str(file)) for file in sorted(SCENARIOS.glob("*.txt"))]
        self.assertEqual(len({scenario.name for scenario in scenarios}), len(scenarios))
        self.assertTrue(any(scenario.smoke for scenario in scenarios))


if __name__ == "__main__":
    unittest.main()
