"""Quantiles of what customers bring: they hold as often as they say, for who stays and who may leave."""

import json
from itertools import pairwise

import numpy as np
import pytest

from churnlab.models.spread import LEVELS, Spread


def people(size, seed, left_brings=0.0):
    """Risk, expected value, and what happened: lognormal around the mean, nothing (or little) of who left."""
    draw = np.random.default_rng(seed)
    risk, expected = draw.beta(1, 2, size), draw.gamma(2, 50, size)
    wide = np.where(expected > 100, 0.4, 0.9)
    stays = expected * draw.lognormal(-(wide**2) / 2, wide)
    left = draw.random(size) < risk
    return risk, expected, left, np.where(left, left_brings * draw.gamma(1, 20, size), stays)


def learned(left_brings=0.0):
    _, expected, left, value = people(40_000, 1, left_brings)
    return Spread.learn(expected[~left], value[~left], value[left])


@pytest.mark.parametrize("left_brings", [0.0, 1.0])
def test_quantiles_hold_as_often_as_they_say_in_every_group(left_brings):
    spread = learned(left_brings)
    risk, expected, _, value = people(40_000, 2, left_brings)
    for level in (0.1, 0.5, 0.9):
        bound = spread.quantile(level, risk, expected)
        for group in (risk < 2, risk < 0.1, (risk > 0.2) & (risk < 0.6), expected > 100, expected < 50):
            held = (value[group] <= bound[group]).mean()
            if bound[group].max() > 0 and (bound[group] > 0).all():
                assert held == pytest.approx(level, abs=0.02), (level, left_brings)
            assert held > level - 0.02


def test_who_leaves_almost_surely_brings_nothing_even_at_best():
    spread = learned()
    assert spread.quantile(0.9, np.array([0.95, 1.0]), np.array([500.0, 500.0])).tolist() == [0, 0]
    assert spread.quantile(0.9, np.array([0.0]), np.array([500.0]))[0] > 500


def test_an_interval_for_who_stays_is_too_narrow_for_who_may_leave():
    # The mutant: the multiples alone, as if everybody stayed.
    spread = learned()
    risk, expected, _, value = people(40_000, 3)
    blind = spread.quantile(0.1, np.zeros_like(risk), expected)
    assert (value < blind).mean() > 0.3
    assert (value < spread.quantile(0.1, risk, expected)).mean() <= 0.1


def test_quantiles_rise_with_the_level_and_fall_with_the_risk():
    spread, expected = learned(1.0), np.full(50, 80.0)
    risk = np.linspace(0, 1, 50)
    levels = [spread.quantile(level, risk, expected) for level in (0.05, 0.3, 0.6, 0.95)]
    assert all((low <= high).all() for low, high in pairwise(levels))
    assert (np.diff(levels[-1]) <= 1e-9).all()


def test_json_keeps_every_digit_and_few_rows_take_the_multiples_of_all():
    spread = learned(1.0)
    assert Spread.from_dict(json.loads(json.dumps(spread.as_dict()))) == spread
    draw = np.random.default_rng(4)
    few = Spread.learn(draw.gamma(2, 50, 200), draw.gamma(2, 50, 200), np.zeros(3))
    assert len(set(few.multiples)) == 1
    assert few.left == ()
    assert len(few.multiples[0]) == len(LEVELS)
