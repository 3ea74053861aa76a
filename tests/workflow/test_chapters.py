"""Chapters measured at training: whatever the shop, they are plain values and name nobody."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

from churnlab.evaluation.bounds import Check
from churnlab.evaluation.fairness import treated
from churnlab.evaluation.gate import Verdict
from churnlab.explain.exhibits import Exhibit, told
from churnlab.explain.page import Shown
from churnlab.workflow import chapters


def test_checks_that_were_not_made_or_do_not_bind_are_no_failures():
    checks = (
        Check("leak", passed=True, said="-"),
        Check("value", passed=None, said="-"),
        Check("baseline recency", passed=False, said="-", blocks=False),
        Check("ece", passed=False, said="0.040", asked="0.030 at most"),
    )
    (exhibit,) = chapters._gate(Verdict("refused", "ece", checks, champion="3"))
    shown = told(exhibit, Shown("en", "EUR"))
    assert [row[1][1] for row in shown.rows] == ["ok", "not made", "named, not binding", "FAILS"]
    assert shown.notes == [
        "refused: not met, and it counts: value beside the champion, calibration error.",
        "Compared with version 3.",
    ]


@pytest.mark.parametrize("rows", [0, 50, 95, 99, 100, 101])
def test_no_tenth_of_fewer_than_ten_is_told(rows):
    churned, risk = np.tile([1.0, 0.0], rows)[:rows], np.linspace(0, 1, rows)
    found = list(chapters._tenths(churned, risk))
    assert bool(found) == (rows >= 100)
    assert all(row[1] >= 10 for exhibit in found for row in exhibit.rows)


def test_a_hidden_group_does_not_follow_from_the_others():
    churned = np.tile([1.0, 0.0], 400)
    group = np.array(["a"] * 400 + ["b"] * 395 + ["vip"] * 5, dtype=object)
    rows = chapters._rows(treated(churned, np.full(800, 0.5), 0.4, {"club": group}), "everyone")
    counts = {row[1]: row[2:4] for row in rows}
    assert counts["a"] == (400, 200)
    assert counts["vip"] == (None, None)
    assert counts["b"] == (None, None)
    assert rows[0][:3] == ("everyone", "", 800)


def test_exhibits_are_json_whatever_is_in_them():
    exhibit = Exhibit("churn", "lift", (("lift", "decimal"),), ((float("nan"),), (1.5,)))
    again = Exhibit.from_dict(json.loads(json.dumps(exhibit.as_dict(), allow_nan=False)))
    assert again.rows == ((None,), (1.5,))


def test_without_other_trees_reasons_are_not_compared():
    assert list(chapters._alike(SimpleNamespace(), SimpleNamespace(other=None))) == []
