"""What is counted of everybody who is scored: the same in any blocks, and as drawn by hand."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churnlab.lists.seen import Seen, distinct
from scored_people import scored, texts


@given(st.lists(st.integers(1, 6), min_size=1, max_size=6), st.integers(1, 12))
@settings(max_examples=200, deadline=None)
def test_different_values_among_some_who_are_drawn(counts, drawn):
    # Each value is missed by C(n - c, k) of C(n, k) draws.
    from math import comb

    everyone = sum(counts)
    ways = comb(everyone, min(drawn, everyone))
    expected = sum(1 - comb(everyone - c, min(drawn, everyone)) / ways for c in counts)
    assert distinct(np.array(counts), drawn) == pytest.approx(expected, abs=1e-9)


def test_one_value_for_nearly_all_of_a_million_is_few():
    stuck = np.array([990_000, *[1] * 10_000])  # 10 of 1,000 are drawn from those who differ
    assert distinct(stuck) == pytest.approx(11, abs=0.1)
    assert distinct(np.full(20_000, 50)) > 950


def test_blocks_change_nothing():
    ids = [f"c{number}" for number in range(100)]
    known = texts(["retain" if number % 3 else None for number in range(100)])
    everybody = scored(ids, quadrant_previous=known)
    whole, cut = Seen(), Seen()
    whole.look(everybody)
    for piece in reversed(list(everybody.pieces(7))):
        cut.look(piece)
    assert (whole.customers, whole.known) == (cut.customers, cut.known) == (100, 66)
    assert whole.distinct() == cut.distinct() == 100
    assert (whole.overlap(1_000), whole.overlap(80), whole.overlap(0)) == (0.66, 66 / 80, None)


def test_who_has_no_risk_is_left_to_the_gate_of_scores():
    seen = Seen()
    seen.look(scored(["a", "b", "c", "d"], risk=[0.0, 1.0, np.nan, 7.0]))
    assert (seen.customers, seen.distinct()) == (4, 2.0)
    assert Seen().overlap(3) is None
