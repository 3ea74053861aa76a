"""Risk by tenths, by hand."""

import numpy as np
import pytest

from churnlab.evaluation.tenths import risk_tenths


def test_lift_and_reach_by_hand():
    # Twenty customers; four leave, three of them among the first two, one among the next two.
    churned = np.zeros(20)
    churned[[0, 1, 2]] = 1
    churned[19] = 1
    risk = np.linspace(0.9, 0.1, 20)
    rows = risk_tenths(churned, risk)
    assert [row["n"] for row in rows] == [2] * 10
    assert [rows[0]["observed"], rows[1]["observed"], rows[9]["observed"]] == [1.0, 0.5, 0.5]
    assert [rows[0]["lift"], rows[1]["lift"], rows[4]["lift"]] == pytest.approx([5.0, 2.5, 0.0])
    assert [rows[0]["reached"], rows[1]["reached"], rows[9]["reached"]] == [0.5, 0.75, 1.0]


def test_parts_hold_everyone_whose_outcome_is_known_once():
    draw = np.random.default_rng(1)
    churned = np.where(draw.random(1_003) < 0.1, np.nan, draw.random(1_003) < 0.3)
    rows = risk_tenths(churned, draw.random(1_003))
    assert sum(row["n"] for row in rows) == np.isfinite(churned).sum()
    mean = sum(row["n"] * row["observed"] for row in rows) / np.isfinite(churned).sum()
    assert mean == pytest.approx(np.nanmean(churned))
    assert rows[-1]["reached"] == pytest.approx(1.0)


def test_where_nobody_left_there_is_no_lift_and_of_nobody_no_part():
    assert {row["lift"] for row in risk_tenths(np.zeros(30), np.linspace(0, 1, 30))} == {None}
    assert risk_tenths(np.full(5, np.nan), np.zeros(5)) == []
