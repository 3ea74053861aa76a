"""Groups side by side: planted differences are found, and what is alike is left alone."""

import numpy as np
import pytest

from churnlab.evaluation.fairness import LEAST_ROWS, treated


def people(size, seed, tilt=0.0, blind=0.0):
    """Risk and outcome; group ``b`` scores ``tilt`` too high, and leaves ``blind`` more often than told."""
    draw = np.random.default_rng(seed)
    true, group = draw.beta(2, 4, size), np.where(draw.random(size) < 0.5, "a", "b").astype(object)
    in_b = group == "b"
    churned = (draw.random(size) < np.clip(true + blind * in_b, 0, 1)).astype(float)
    return churned, np.clip(true + tilt * in_b, 0, 1), {"club": group}


def flags(*asked):
    everyone, *groups = treated(*asked)
    return {each.group: each.flags(everyone.caught) for each in groups}


@pytest.mark.parametrize("seed", range(5))
def test_groups_alike_are_not_flagged_and_planted_differences_are(seed):
    churned, risk, club = people(20_000, seed)
    assert flags(churned, risk, 0.4, club) == {"a": (), "b": ()}
    churned, risk, club = people(20_000, seed, tilt=0.15)
    found = flags(churned, risk, 0.4, club)
    assert {"chosen", "caught"} <= set(found["b"])
    assert "right" in found["b"]
    churned, risk, club = people(20_000, seed, blind=0.15)
    found = flags(churned, risk, 0.4, club)
    assert found["b"] == ("right",)


def test_shares_by_hand():
    churned = np.array([1.0] * 100 + [0.0] * 300)
    risk = np.array([0.8] * 60 + [0.2] * 40 + [0.8] * 20 + [0.2] * 280)
    club = {"club": np.array(["x"] * 100 + ["y"] * 40 + ["x"] * 60 + ["y"] * 200, dtype=object)}
    everyone, x, y = treated(churned, risk, 0.5, club)
    assert (everyone.n, everyone.left, everyone.chosen, everyone.times) == (400, 100, 0.2, 1.0)
    assert everyone.caught == 0.6
    assert everyone.right == pytest.approx(100 / (80 * 0.8 + 320 * 0.2))
    assert (x.n, x.left) == (160, 100)
    assert x.insufficient  # fewer than 200 rows
    assert y.insufficient  # nobody left
    assert np.isnan(y.chosen)


def test_where_nobody_has_a_high_risk_nobody_is_treated_otherwise():
    churned, _, club = people(5_000, 1)
    assert flags(churned, np.full(5_000, churned.mean()), 0.9, club) == {"a": (), "b": ()}


def test_who_has_no_value_is_a_group_and_unknown_outcomes_count_nowhere():
    size = 4 * LEAST_ROWS
    churned = np.tile([1.0, 0.0], size // 2)
    churned[:100] = np.nan
    club = np.array([None] * (size // 2) + ["x"] * (size // 2), dtype=object)
    everyone, x, missing = treated(churned, np.full(size, 0.5), 0.4, {"club": club})
    assert everyone.n == size - 100
    assert (x.group, x.n, missing.group, missing.n) == ("x", size // 2, "(none)", size // 2 - 100)
    assert missing.as_dict()["times"] == 1.0
