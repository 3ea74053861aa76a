"""The search: finds the lowest place, to the digits kept, and says so where there is none."""

import numpy as np
import pytest

from churnlab.errors import ConfigError, DataError
from churnlab.models.btyd.solve import rounded, solve

NAMES = ("left", "right")


def bowl(logs):
    """Lowest at (3, 1/2), and bent."""
    off = logs - np.log([3.0, 0.5])
    mixed = off[0] + off[1] ** 2
    slopes = np.array([2 * mixed, 4 * mixed * off[1] + 2 * off[1]])
    return float(mixed**2 + off[1] ** 2), slopes


def two_bowls(logs):
    """A shallow one at 1/10 and a deep one at 10."""
    y = logs[0] / np.log(10)
    value = (y**2 - 1) ** 2 - 0.3 * y + logs[1] ** 2
    return float(value), np.array([(4 * y * (y**2 - 1) - 0.3) / np.log(10), 2 * logs[1]])


def test_the_lowest_place_to_ten_digits():
    found = solve(bowl, [np.ones(2)], 0.0, "bowl", NAMES)
    assert found.tolist() == pytest.approx([3, 0.5], rel=1e-9)


def test_the_deeper_of_two_is_found_from_several_starts():
    near, far = np.array([0.05, 1]), np.array([20.0, 1])
    assert solve(two_bowls, [near], 0.0, "bowls", NAMES)[0] < 1
    assert solve(two_bowls, [near, far], 0.0, "bowls", NAMES)[0] > 8
    assert solve(two_bowls, [far, near], 0.0, "bowls", NAMES)[0] > 8


@pytest.mark.parametrize("sign", [1, -1])
def test_a_slope_without_end_is_told(sign):
    def slope(logs):
        return float(np.exp(sign * logs[0]) + logs[1] ** 2), np.array(
            [sign * np.exp(sign * logs[0]), 2 * logs[1]]
        )

    with pytest.raises(DataError, match="slope: the data do not determine its parameters") as caught:
        solve(slope, [np.ones(2)], 0.0, "slope", NAMES)
    assert "no rest at left " in caught.value.got
    assert "penalty (0.1)" in caught.value.mend
    assert solve(slope, [np.ones(2)], 0.1, "slope", NAMES)[1] == pytest.approx(1)


def test_a_saddle_is_no_rest():
    def saddle(logs):
        return float(logs[0] ** 2 - logs[1] ** 2), np.array([2 * logs[0], -2 * logs[1]])

    with pytest.raises(DataError, match="do not determine"):
        solve(saddle, [np.ones(2)], 0.0, "saddle", NAMES)


def test_a_penalty_draws_towards_one():
    free, drawn, tied = (solve(bowl, [np.ones(2)], penalty, "bowl", NAMES) for penalty in (0, 1, 1e6))
    assert free[0] > drawn[0] > 1
    assert tied.tolist() == pytest.approx([1, 1], abs=1e-5)


def test_a_penalty_is_not_negative():
    with pytest.raises(ConfigError, match="penalty is below 0"):
        solve(bowl, [np.ones(2)], -0.1, "bowl", NAMES)


def test_noise_in_the_last_digits_is_borne():
    """Steps that no longer shrink, because slopes are not exact, are at rest all the same."""
    random = np.random.default_rng(1)

    def noisy(logs):
        value, slopes = bowl(logs)
        return value, slopes + 1e-8 * random.normal(size=2) * 1e-1

    found = solve(noisy, [np.ones(2)], 0.0, "noisy", NAMES)
    assert found.tolist() == pytest.approx([3, 0.5], rel=1e-6)


def test_seven_digits_are_kept():
    assert [rounded(value) for value in (1 / 3, 2e9 / 3, 1.5)] == [0.3333333, 666666700.0, 1.5]
