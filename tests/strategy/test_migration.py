"""Who moved between two lists: by hand, and sums that come to both lists exactly."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churnlab.strategy.migration import GONE, NEW, STAYED, Move, migration

NAN = float("nan")


def texts(*values):
    return np.array(values, dtype=object)


def test_by_hand():
    before = texts("retain", "retain", "release", None, "win_back")
    after = texts("retain", "win_back", None, "retain", "win_back")
    was = np.array([100.0, 200.0, 30.0, NAN, 50.0])
    now = np.array([110.0, 150.0, NAN, 70.25, 60.0])
    moved = migration(before, after, was, now)
    assert moved.moves == (
        Move("retain", "retain", 1, 110.0),
        Move("retain", "win_back", 1, 150.0),
        Move("win_back", "win_back", 1, 60.0),
        Move("release", GONE, 1, 30.0),
        Move(NEW, "retain", 1, 70.25),
    )
    assert moved.stayed == pytest.approx(2 / 3)
    assert moved.customers("retain", "win_back") == 1
    assert moved.customers("retain", "release") == 0
    assert [(move.before, move.after) for move in moved.top(2)] == [("retain", "win_back"), (NEW, "retain")]


def test_nobody_on_both_lists_is_no_share():
    assert np.isnan(migration(texts(None), texts("retain"), None, None).stayed)


def test_without_value_the_largest_groups_come_first():
    before, after = texts("retain", "release", "release"), texts("release", "retain", "retain")
    moved = migration(before, after, None, None)
    assert [(move.before, move.customers, move.value) for move in moved.top()] == [
        ("release", 2, None),
        ("retain", 1, None),
    ]


def test_a_place_that_is_no_strategy_is_refused():
    with pytest.raises(ValueError, match="vip is no strategy"):
        migration(texts("vip"), texts("retain"), None, None)


places = st.sampled_from([None, *STAYED])


@settings(max_examples=200)
@given(
    st.lists(
        st.tuples(places, places, st.integers(-(10**12), 10**12)).filter(lambda row: row[0] or row[1]),
        min_size=1,
        max_size=30,
    )
)
def test_the_parts_sum_to_both_lists(rows):
    before, after, cents = zip(*rows, strict=True)
    value = np.array(cents) / 100
    was = np.where([place is None for place in before], NAN, 1.0)
    now = np.where([place is None for place in after], NAN, value)
    moved = migration(texts(*before), texts(*after), was, now).moves
    starts, ends = Counter(), Counter()
    for move in moved:
        starts[move.before] += move.customers
        ends[move.after] += move.customers
    assert starts == Counter(place or NEW for place in before)
    assert ends == Counter(place or GONE for place in after)
    for place in set(after) - {None}:
        whole = sum(one for one, at in zip(cents, after, strict=True) if at == place)
        assert sum(round(move.value * 100) for move in moved if move.after == place) == whole
