"""What cannot be a history is refused, with the row and the way out."""

import numpy as np
import pytest

from churnlab.errors import DataError
from churnlab.models.btyd import Histories

REFUSED = {
    "half a purchase": ([1.5, 2, 9], "not whole numbers"),
    "fewer than none": ([-1, 2, 9], "not whole numbers"),
    "before the first": ([1, -2, 9], "below zero"),
    "negative age": ([0, 0, -1], "below zero"),
    "future": ([1, 10, 9], "after the observation date"),
    "same day": ([1, 0, 9], "repeats and recency disagree"),
    "recency of nothing": ([0, 3, 9], "repeats and recency disagree"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    row, words = REFUSED[name]
    with pytest.raises(DataError, match=words) as caught:
        Histories.of(np.array([[0, 0, 9], row, row], dtype=float))
    assert caught.value.got.startswith("row 1 of 2 such rows: repeats ")
    assert caught.value.mend


def test_columns_are_three():
    with pytest.raises(DataError, match="three columns"):
        Histories.of(np.ones((4, 2)))


def test_edges_are_histories():
    told = Histories.of(np.array([[0, 0, 0], [1, 9, 9], [3, 1e-6, 9]], dtype=float))
    assert len(told) == 3
    counts, whose = told.counts
    assert counts[whose].tolist() == [0, 1, 3]
