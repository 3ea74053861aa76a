"""What a training tells of its intervals at the test date."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from churnlab.workflow.covering import Held


def held(value, expected, usual=None, names=("active_days_ever",)):
    """Intervals from 10 to 90 for everyone; the first half bought once."""
    size = len(value)
    test = SimpleNamespace(
        value=np.asarray(value, float),
        names=names,
        number=lambda _: np.where(np.arange(size) < size // 2, 1, 3),
        customer_id=np.array([f"c{number:03}" for number in range(size)], dtype=object),
    )
    model = SimpleNamespace(
        interval=lambda rows, risk, retained: (np.full(size, 10.0), np.full(size, 90.0)),
        total=usual,
    )
    return Held.at(model, test, np.zeros(size), np.full(size, 50.0), np.full(size, float(expected)))


VALUE = [5, *[50] * 17, 95, 100] + [50] * 20  # of those who bought once, one below and two above


def test_shares_are_told_of_everyone_and_of_both_groups():
    groups = {group.group: group for group in held(VALUE, 50).groups}
    assert (groups["all"].below, groups["all"].above) == (1 / 40, 2 / 40)
    assert (groups["bought once"].below, groups["bought once"].above) == (1 / 20, 2 / 20)
    assert groups["bought again"].within == 1


def test_the_total_is_compared_with_the_dates_learned_from():
    total = sum(VALUE) / (40 * 50)
    inside, outside, unknown = (held(VALUE, 50, usual) for usual in ((0.9, 1.2), (0.8, 1.0), None))
    assert inside.ratio == pytest.approx(total)
    assert (
        f"{total:.2f} times what was expected; on the dates learned from 0.90 to 1.20 times: within"
        in (inside.section()["lines"][-1])
    )
    assert outside.section()["lines"][-1].endswith("outside")
    assert unknown.section()["lines"][-1].endswith("expected")
    assert inside.metrics()["value.total_to_expected"] == pytest.approx(total)
    assert inside.metrics()["value.coverage.bought_once"] == pytest.approx(17 / 20)


def test_customers_without_a_known_value_count_nowhere_and_none_at_all_is_nothing_to_tell():
    some = [np.nan] * 10 + [50.0] * 30
    assert {group.group: group.n for group in held(some, 50).groups}["all"] == 30
    assert held([np.nan] * 20, 50) is None
    assert held([0.0] * 20, 0) is None


def test_groups_too_small_to_speak_of_are_left_out():
    told = held([50.0] * 12, 50)
    assert [group.group for group in told.groups] == ["all"]
    assert replace(told, usual=(1.0, 1.0)).section()["lines"][-1].endswith("within")
