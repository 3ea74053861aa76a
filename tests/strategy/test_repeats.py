"""The way to a second purchase: against the definition of Kaplan and Meier in plain Python, and by hand."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from churnlab.strategy.repeats import Repeat, curve, measures
from churnlab.testing import DAY
from pasts import past

AS_OF = 20_000 * DAY


def by_definition(people):
    """[(day, share that bought again by then)], each factor over those still looked at."""
    found, still_once = [], 1.0
    for day in sorted({again for again, _ in people if again is not None}):
        there = sum((again if again is not None else seen) >= day for again, seen in people)
        bought = sum(again == day for again, _ in people)
        still_once *= 1 - bought / there
        found.append((day, 1 - still_once))
    return found


days = st.integers(1, 30)
people = st.lists(
    st.tuples(days, st.none() | days).map(
        lambda drawn: (drawn[1] if drawn[1] is not None and drawn[1] <= drawn[0] else None, drawn[0])
    ),
    min_size=1,
    max_size=30,
)


def columns(everyone):
    again = np.array([np.nan if one is None else one for one, _ in everyone], dtype=float)
    return again, np.array([seen for _, seen in everyone], dtype=float)


@given(people)
def test_the_curve_is_as_defined(everyone):
    found = list(zip(*map(np.ndarray.tolist, curve(*columns(everyone))), strict=True))
    expected = by_definition(everyone)
    assert [day for day, _ in found] == [day for day, _ in expected]
    np.testing.assert_allclose([share for _, share in found], [share for _, share in expected])


@given(people, st.randoms(use_true_random=False))
def test_neither_order_nor_unit_changes_the_points(everyone, random):
    def learn(some, times=1):
        again, seen = columns(some)
        return Repeat.learn({"first_gap_days": times * again, "customer_days": times * seen})

    here = learn(everyone)
    assert learn(random.sample(everyone, len(everyone))) == here
    twice = learn(everyone, 2)
    assert [None if point is None else 2 * point for point in (here.due, here.late)] == [
        twice.due,
        twice.late,
    ]
    assert here.late is None or here.due <= here.late


def test_by_hand():
    # Of ten, five bought again after 10, 20, 30, 40 and 50 days; the others are still looked at after 100.
    again = np.array([10, 20, 30, 40, 50, *[np.nan] * 5])
    told = {"first_gap_days": again, "customer_days": np.full(10, 100.0)}
    assert Repeat.learn(told) == Repeat(due=50.0, late=None)
    # Were the five not looked at beyond day 25: still once .9 x 8/9 = .8, then x 2/3 = .53, x 1/2 = .27, x 0.
    short = {**told, "customer_days": np.where(np.isnan(again), 25.0, 100.0)}
    assert Repeat.learn(short) == Repeat(due=40.0, late=50.0)


def test_who_could_have_been_left_out_for_silence_does_not_count():
    # Silent for more than 60 days nobody is in the population, so of earlier customers only buyers are left.
    told = {
        "first_gap_days": np.array([200, 200, 200, 50, np.nan, np.nan]),
        "customer_days": np.array([300.0, 300.0, 300.0, 60.0, 60.0, 60.1]),
    }
    assert Repeat.learn(told, most_days=60) == Repeat(due=50.0, late=None)
    assert Repeat.learn(told) == Repeat(due=200.0, late=200.0)


def test_nobody_teaches_nothing():
    none = np.array([])
    assert Repeat.learn({"first_gap_days": none, "customer_days": none}) == Repeat()
    assert Repeat.from_dict(None) == Repeat()
    assert Repeat.from_dict(Repeat(3.0, None).as_dict()) == Repeat(3.0, None)


def test_measures_by_hand():
    orders = [
        {"customer": who, "time": AS_OF - ago * DAY, "amount": amount}
        for who, ago, amount in ((0, 90, 5), (0, 60, 5), (0, 10, 5), (1, 40, 5), (1, 30, -2))
    ]
    made = measures(past([(0, AS_OF), (1, AS_OF)], transactions=orders))
    assert made["customer_days"].tolist() == [90, 40]
    assert made["first_gap_days"][0] == 30
    assert np.isnan(made["first_gap_days"][1]), "a refund is no second purchase"
