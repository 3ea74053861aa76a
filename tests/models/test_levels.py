"""Levels of intervals: they hold on customers nobody has seen, whatever is wrong with the mixture."""

import json

import numpy as np
import pytest

from churnlab.models.levels import FEW, INTERVAL, Levels, Places, total_range
from churnlab.models.spread import Spread


def people(size, seed):
    """Risk, expected value, what came, and the date; one in four had bought once."""
    draw = np.random.default_rng(seed)
    risk, expected = draw.beta(1, 2, size), draw.gamma(2, 50, size)
    stays = expected * draw.lognormal(-0.18, 0.6, size)
    value = np.where(draw.random(size) < risk, 0.0, stays)
    return risk, expected, value, draw.integers(1, 4, size), draw.random(size) < 0.75


def narrow():
    """Multiples that scatter half as much as they should."""
    draw = np.random.default_rng(9)
    return Spread.learn(np.ones(10_000), draw.lognormal(-0.05, 0.3, 10_000), np.empty(0))


def test_where_the_mixture_is_right_the_levels_stay():
    draw = np.random.default_rng(1)
    spread = Spread.learn(np.ones(40_000), draw.lognormal(-0.18, 0.6, 40_000), np.empty(0))
    risk, expected, value, as_of, often = people(40_000, 2)
    levels = Levels.learn(Places(*spread.places(value, risk, expected), as_of), often)
    assert levels.once == pytest.approx(INTERVAL, abs=0.01)
    assert levels.again == pytest.approx(INTERVAL, abs=0.01)


def test_levels_learned_on_some_hold_on_others_where_the_mixture_is_too_narrow():
    spread = narrow()
    risk, expected, value, as_of, often = people(40_000, 3)
    levels = Levels.learn(Places(*spread.places(value, risk, expected), as_of), often)
    risk, expected, value, _, often = people(40_000, 4)
    ends = [spread.quantile(level, risk, expected) for level in levels.of(often)]
    naive = [spread.quantile(level, risk, expected) for level in INTERVAL]
    assert (value > naive[1]).mean() > 0.13
    assert (value > ends[1]).mean() == pytest.approx(0.1, abs=0.01)
    assert (value < ends[0]).mean() <= 0.1


def test_those_who_bought_once_have_levels_of_their_own():
    spread = narrow()
    risk, expected, value, as_of, often = people(40_000, 5)
    wild = np.where(often, value, 3 * value)
    levels = Levels.learn(Places(*spread.places(wild, risk, expected), as_of), often)
    assert levels.once[1] > levels.again[1] + 0.02
    few = Levels.learn(Places(*spread.places(wild, risk, expected), as_of), np.arange(40_000) >= FEW - 1)
    together = Levels.learn(Places(*spread.places(wild, risk, expected), as_of), np.ones(40_000, bool))
    assert few.once == pytest.approx(together.again, abs=0.001)


def test_every_date_counts_alike_however_many_customers_it_had():
    low, high = np.full(900, 0.2), np.full(100, 0.8)
    place = np.concatenate([low, high])
    places = Places(place, place, np.repeat([1, 2], [900, 100]))
    assert places.share(0.5) == pytest.approx(0.5)  # and not .9


def test_a_date_of_one_customer_has_the_weight_of_one_customer():
    place = np.append(np.full(500, 0.2), 0.8)
    places = Places(place, place, np.append(np.repeat([1, 2, 3, 4, 5], 100), 6))
    assert places.share(0.5) == pytest.approx(500 / 501)  # and not 5 / 6


def test_a_place_within_a_jump_is_spread_over_all_of_it():
    """By hand: half of the rows jump from 0 to .6, the others lie at .8."""
    below, reached = np.repeat([0.0, 0.8], 4), np.repeat([0.6, 0.8], 4)
    places = Places(below, reached, np.ones(8, dtype=np.int64))
    assert places.share(0.3) == pytest.approx(0.25)
    assert places.share(0.6) == pytest.approx(0.5)
    assert places.share(0.7) == pytest.approx(0.5)
    assert places.share(0.801) == pytest.approx(1)
    assert places.level(0.25) == pytest.approx(0.3, abs=1e-6)


def test_too_few_rows_move_no_level():
    place = np.full(FEW - 1, 0.99)
    assert Levels.learn(Places(place, place, np.ones(FEW - 1, dtype=np.int64)), place > 0) == Levels()


def test_json_keeps_the_levels():
    levels = Levels((0.08, 0.91), (0.11, 0.87))
    assert Levels.from_dict(json.loads(json.dumps(levels.as_dict()))) == levels


def test_the_range_of_totals_is_by_hand():
    expected, date = np.full(400, 10.0), np.repeat([7, 8, 9, 10], 100)
    actual = np.repeat([8.0, 10, 12.5, 11], 100)
    assert total_range(expected, actual, date) == (0.8, 1.25)
    # A date of few rows, or of nothing to expect, has no say.
    few = np.append(date, 11), np.append(expected, 1.0), np.append(actual, 900.0)
    assert total_range(few[1], few[2], few[0]) == (0.8, 1.25)
    assert total_range(np.where(date == 7, 0, expected), actual, date) == (1.0, 1.25)
    # Of two dates there is no range.
    some = date < 9
    assert total_range(expected[some], actual[some], date[some]) is None
