"""Moves between phases: by hand, sums that reconcile, and an oracle that looks up one customer at a time."""

from collections import Counter

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.strategy.lifecycle import Phase
from churnlab.strategy.transitions import AFTER, BEFORE, goal, moved

CODES = [str(each) for each in Phase]


def table(rows, *, valued=True):
    """``rows``: {id: (phase, value)}."""
    columns = {
        "customer_id": pa.array(list(rows), pa.string()),
        "phase": pa.array([phase for phase, _ in rows.values()], pa.string()),
        "value_if_retained": pa.array(
            [value if valued else None for _, value in rows.values()], pa.float64()
        ),
    }
    return pa.table(columns)


JANUARY = {"a": ("saturation", 100.0), "b": ("saturation", 50.25), "c": ("start", 10.0), "d": ("growth", 1.0)}
FEBRUARY = {"e": ("start", 7.0), "c": ("saturation", 30.0), "b": ("decline", 40.0), "a": ("saturation", 90.0)}


def test_by_hand():
    between = moved(table(JANUARY), table(FEBRUARY))
    assert between.records() == [
        {"before": "start", "after": "saturation", "customers": 1, "value": 1_000},
        {"before": "growth", "after": "gone", "customers": 1, "value": 100},
        {"before": "saturation", "after": "decline", "customers": 1, "value": 5_025},
        {"before": "saturation", "after": "saturation", "customers": 1, "value": 10_000},
        {"before": "new", "after": "start", "customers": 1, "value": 700},
    ]
    after = goal(table(FEBRUARY), between)
    assert after.customers == 0.5
    assert after.value == round(120 / 167, 6)
    assert after.left == 0.5
    assert goal(table(JANUARY)).left is None


def test_without_value_or_phase():
    between = moved(table(JANUARY, valued=False), table(FEBRUARY))
    assert between.value is None
    unknown = {"a": (None, 5.0), "b": ("saturation", 5.0)}
    between = moved(table(JANUARY), table(unknown))
    assert goal(table(unknown), between).as_dict() == {"customers": 1.0, "value": 1.0, "left": 0.0}
    nobody = table({})
    assert goal(nobody, moved(nobody, nobody)).as_dict() == {"customers": None, "value": None, "left": None}


lists = st.dictionaries(
    st.sampled_from("abcdefgh"),
    st.tuples(st.none() | st.sampled_from(CODES), st.integers(-5, 900).map(float)),
)


@given(lists, lists)
def test_every_customer_moves_once(before, after):
    between = moved(table(before), table(after), exponent=0)
    customers, value = Counter(), Counter()
    for who in {*before, *after}:
        here, there = (
            (some[who][0] or "unknown") if who in some else missing
            for some, missing in ((before, "new"), (after, "gone"))
        )
        customers[here, there] += 1
        value[here, there] += int((before if who in before else after)[who][1])
    for row, here in enumerate(BEFORE):
        for column, there in enumerate(AFTER):
            assert between.customers[row, column] == customers[here, there]
            assert between.value[row, column] == value[here, there]


@given(lists, lists, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(before, after, random):
    def shuffled(some):
        return dict(random.sample(list(some.items()), len(some)))

    one, other = moved(table(before), table(after)), moved(table(shuffled(before)), table(shuffled(after)))
    assert one.records() == other.records()


def test_chunks_are_one_list():
    whole = table(FEBRUARY)
    parts = pa.concat_tables([whole.slice(0, 1), whole.slice(1)])
    assert moved(table(JANUARY), parts).records() == moved(table(JANUARY), whole).records()
    assert goal(parts) == goal(whole)


@pytest.mark.parametrize("phase", CODES)
def test_places_of_both_sides_agree(phase):
    assert BEFORE.index(phase) == AFTER.index(phase)
