#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Tests of what run.py makes of its measurements."""
import re
import statistics
import unittest

import report
import run


def result(workload, system, workers, rounds):
    key = {"workload": workload, "system": system, "workers": workers}
    return {**key, "n": 1_000_000, "ns_per_op": statistics.median(rounds), "rounds": rounds}


class Table(unittest.TestCase):
    def test_ratios_are_how_many_times_sabirs_median_a_peers_is(self):
        results = [result("ping-pong", "sabir", 1, [20, 25, 90]), result("ping-pong", "caf", 1, [400, 500, 510])]
        text = report.table(results, ["sabir", "caf"])
        self.assertRegex(text, r"ping-pong +1 +ns +25\.0 +20\.0 - 90\.0 +500\.0 +400\.0 - 510\.0 +20\.0")

    def test_skynet_is_also_told_in_milliseconds(self):
        self.assertRegex(report.table([result("skynet", "sabir", 2, [180])], ["sabir"]), r"skynet, in all +2 +ms +180\.0")

    def test_a_peer_without_sabir_has_no_ratio(self):
        text = report.table([result("ping-pong", "caf", 1, [400])], ["caf"])
        self.assertRegex(text, r"ping-pong +1 +ns +400\.0 +400\.0 - 400\.0\n")


class Comparison(unittest.TestCase):
    def test_ranges_that_overlap_are_noise_and_others_are_not(self):
        old = [result("a", "sabir", 1, [10, 11, 12]), result("b", "sabir", 1, [10, 11, 12]), result("c", "sabir", 1, [10, 11, 12])]
        new = [result("a", "sabir", 1, [5, 6, 7]), result("b", "sabir", 1, [20, 21, 22]), result("c", "sabir", 1, [9, 10.5, 11])]
        lines = report.comparison(old, new).splitlines()[2:]
        self.assertEqual([re.sub(" {2,}", "|", line).split("|")[-1] for line in lines], ["better", "worse", "within the noise"])

    def test_only_rows_of_both_are_compared(self):
        self.assertIn("nothing to compare", report.comparison([result("a", "sabir", 1, [1])], [result("a", "sabir", 2, [1])]))


class Goals(unittest.TestCase):
    def test_a_limit_is_met_up_to_its_value(self):
        self.assertIn("1 of 1 rows met", report.goals([result("ring-100", "sabir", 1, [35])]))
        self.assertIn("0 of 1 rows met", report.goals([result("ring-100", "sabir", 1, [35.1])]))

    def test_a_goal_against_a_peer_counts_where_the_peer_was_measured(self):
        fast = result("ping-pong", "sabir", 1, [25])
        self.assertIn("1 of 1 rows met", report.goals([fast, result("ping-pong", "caf", 1, [400])]))
        self.assertIn("0 of 1 rows met", report.goals([fast, result("ping-pong", "caf", 1, [200])]))

    def test_a_goal_against_another_workload_counts_where_that_was_measured(self):
        base = result("ping-pong", "sabir", 1, [25])
        for value, text in ((25.5, r"1\.020 x ping-pong, goal 1\.02 +met"), (25.6, r"1\.024 x ping-pong, goal 1\.02 +missed")):
            self.assertRegex(report.goals([base, result("ping-pong-supervised", "sabir", 1, [value])]), text)
        self.assertIn("none of these rows", report.goals([result("ping-pong-supervised", "sabir", 1, [25])]))

    def test_goals_are_scaled_by_what_a_ping_pong_takes(self):
        text = report.goals([result("ping-pong", "sabir", 1, [60]), result("ring-100", "sabir", 1, [70]), result("fan-in-1", "sabir", 1, [71])])
        self.assertRegex(text, r"ring-100 +1 +ns +70\.0 +<= 35\.0 +missed +35\.0 +met")
        self.assertRegex(text, r"fan-in-1 +1 +ns +71\.0 +<= 35\.0 +missed +35\.5 +missed")
        self.assertRegex(text, r"0 of 3 rows met their goals\nscaled .*\(2\.00 times that here\): 2\n")

    def test_every_goal_names_a_workload_that_is_measured(self):
        names = {name for row in run.ROWS for name in run.MEASURED_AS.get(row, [row])}
        compared = {other for goal in report.GOALS.values() for how in ("within", "over") for other in goal.get(how, {})}
        self.assertEqual(({workload for workload, _ in report.GOALS} | compared) - names, set())


class Plan(unittest.TestCase):
    def test_systems_take_turns_within_a_row(self):
        steps = run.plan(["sabir", "caf"], re.compile("^ring"))
        self.assertEqual([(workers, system) for _, workers, system in steps], [(1, "sabir"), (1, "caf"), (2, "sabir"), (2, "caf")])

    def test_a_row_is_found_by_what_it_measures(self):
        self.assertEqual({row for row, _, _ in run.plan(["sabir"], re.compile("cold-p99"))}, {"ask-cold"})
        self.assertEqual({row for row, _, _ in run.plan(["sabir"], re.compile("timer-late|tree-stop"))}, {"tree", "timer-1m"})

    def test_skynet_stays_a_power_of_ten_at_every_scale(self):
        self.assertEqual([run.scaled("skynet", 1_000_000, scale) for scale in (1, 0.2, 0.001)], [1_000_000, 100_000, 1000])


if __name__ == "__main__":
    unittest.main()
