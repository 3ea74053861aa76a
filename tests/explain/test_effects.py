"""Effects of features: pictures that show no single customer, and interactions that are there."""

import re

import numpy as np
import pytest

from churnlab.explain import effects
from churnlab.explain.effects import SHADES, Effect, _dots, beeswarm, dependence, together

DRAW = np.random.default_rng(1)


def effect(name="orders", size=2_000, value=None, contribution=None):
    value = DRAW.gamma(2, 2, size) if value is None else value
    return Effect(name, value, -0.3 * value if contribution is None else contribution)


def test_a_dot_stands_for_ten_customers_at_least_and_few_dots_for_many():
    for size, most in ((95, 9), (1_000, 100), (100_000, 120)):
        across, up, shade = _dots(effect(size=size))
        assert len(across) == len(up) == len(shade) <= most
        assert len(across) >= 0.9 * most
    assert len(_dots(effect(size=9))[0]) == 0


def test_low_and_high_values_have_their_own_shades_and_unknown_ones_none():
    some = effect(value=np.arange(1_000.0))
    across, _, shade = _dots(some)
    order = np.argsort(across)
    assert (np.diff(shade[order]) <= 0).all()  # the larger the value, the lower the contribution
    assert set(shade) == set(range(SHADES))
    nothing = effect(value=np.full(100, np.nan), contribution=np.zeros(100))
    assert set(_dots(nothing)[2]) == {-1}


def test_the_same_effects_give_the_same_picture_with_the_strongest_named():
    value = np.linspace(0, 9, 500)
    shown = [Effect("orders_ever", value, -value), Effect("silence", value, value / 10)]
    picture = beeswarm(shown)
    assert picture == beeswarm(shown)
    assert "orders_ever, silence" in picture.alt
    assert beeswarm(shown, "fr").alt != picture.alt


def test_dependence_tells_both_ends_and_is_none_of_a_constant():
    value = np.repeat(np.arange(10.0), 50)
    picture = dependence(Effect("orders", value, 0.5 - 0.1 * value), "orders", place=3)
    assert picture.name == "dependence-3"
    ends = re.search(r": ([+-][\d.]+) at (\S+), ([+-][\d.]+) at ([\d.]+)", picture.alt)
    assert [float(each) for each in ends.groups()] == [0.5, 0, -0.4, 9]
    assert dependence(Effect("orders", np.ones(500), np.zeros(500)), "orders") is None
    assert dependence(Effect("orders", np.full(500, np.nan), np.zeros(500)), "orders") is None


@pytest.mark.parametrize("size", [1, 9, 20, 60, 99, 150])
def test_small_shops_have_a_picture_or_none(size):
    picture = dependence(effect(size=size), "orders")
    assert (picture is None) == (size < 20)
    mostly = np.where(np.arange(500) < size, np.arange(500.0), np.nan)
    assert (dependence(effect(value=mostly, contribution=mostly), "orders") is None) == (size < 20)


@pytest.mark.parametrize("size", [20, 119, 150, 300, 600, 2_000])
def test_effects_that_only_add_up_have_no_interaction_however_few_rows_there_are(size):
    values = DRAW.random((12, size))
    alone = [Effect(f"f{number}", one, np.sin(4 * one)) for number, one in enumerate(values)]
    assert all(share < 0.35 for *_, share in together(alone))
    assert size < 1_000 or together(alone) == []


def test_an_interaction_is_found_and_features_that_only_add_up_have_none():
    first, second, third = DRAW.random((3, 20_000))
    planted = first * (second > 0.5)
    found = together(
        [
            Effect("first", first, planted),
            Effect("second", second, 0.5 * second),
            Effect("third", third, np.sin(6 * third)),
        ]
    )
    name, other, swing, share = found[0]
    assert (name, other) == ("first", "second")
    assert share > 0.95
    assert swing > 0.2
    assert all(each[2] < 0.01 for each in found[1:])


def test_bins_never_part_equal_values():
    values = np.repeat([1.0, 2.0, 3.0], [70, 20, 10])
    bins = effects._bins(values)
    assert all(len(set(bins[values == value])) == 1 for value in (1.0, 2.0, 3.0))
