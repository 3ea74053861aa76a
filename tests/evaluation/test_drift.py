"""The stability index: by hand, and on populations that did and did not move."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from churnlab.evaluation import drift
from churnlab.evaluation.drift import Parts


def test_index_by_hand():
    # (.6 - .5) ln(.6 / .5) + (.4 - .5) ln(.4 / .5)
    assert drift.psi([0.5, 0.5], [0.6, 0.4]) == pytest.approx(0.1 * np.log(1.2) - 0.1 * np.log(0.8))
    assert drift.psi([0.2, 0.8], [0.2, 0.8]) == 0
    assert np.isfinite(drift.psi([0.5, 0.5], [1.0, 0.0]))
    with pytest.raises(ValueError, match="same parts"):
        drift.psi([1.0], [0.5, 0.5])


def test_the_same_population_is_steady_and_a_shifted_one_is_not():
    draw = np.random.default_rng(1)
    then = draw.gamma(2, 50, 20_000)
    ends = drift.edges(then)
    assert len(ends) == 9
    assert drift.shares(then, ends)[:-1] == pytest.approx([0.1] * 10, abs=0.001)
    known = drift.shares(then, ends)
    indexes = [
        drift.psi(known, drift.shares(times * draw.gamma(2, 50, 20_000), ends)) for times in (1.0, 1.3, 2.0)
    ]
    assert [drift.reading(index) for index in indexes] == ["steady", "moved", "other"]


def test_values_that_become_unknown_are_drift_too():
    then = np.linspace(0, 1, 1_000)
    ends = drift.edges(then)
    now = np.where(np.arange(1_000) % 2, np.nan, then)
    assert drift.shares(now, ends)[-1] == 0.5
    assert drift.psi(drift.shares(then, ends), drift.shares(now, ends)) > drift.MUCH


def test_a_constant_and_nothing_at_all_have_shares():
    assert drift.edges(np.full(5, np.nan)) == []
    assert drift.shares(np.full(4, 2.0), drift.edges(np.full(9, 2.0))) == [0.0, 1.0, 0.0]
    assert drift.shares(np.empty(0), []) == [0.0, 0.0]


def counted(values, ends):
    """The definition, a value at a time."""
    found = [0] * (len(ends) + 2)
    for value in values.tolist():
        unknown = not np.isfinite(value)
        found[-1 if unknown else sum(value >= end for end in ends)] += 1
    return found


NUMBERS = arrays.arrays(
    np.float32,
    st.integers(0, 60),
    # A third of the draws repeat, as counts of orders do: ends and values then meet.
    elements=st.integers(0, 4).map(float) | st.just(float("nan")) | st.floats(width=32),
)


@settings(max_examples=300)
@given(NUMBERS, NUMBERS, st.integers(0, 60))
def test_parts_are_counted_as_defined_and_blocks_add_up(then, now, cut):
    parts = Parts.of(then)
    assert parts.counts(now) == counted(now, parts.edges)
    blocks = zip(parts.counts(now[:cut]), parts.counts(now[cut:]), strict=True)
    assert [sum(each) for each in blocks] == parts.counts(now)
    assert parts.counts(now[::-1]) == parts.counts(now)
    assert parts.psi(parts.counts(then)) == pytest.approx(0, abs=1e-12)
    assert Parts.from_dict(parts.as_dict()) == parts


def test_an_end_that_no_float32_is_does_not_move_who_lies_on_it():
    # .1 as float32 is a little more than .1: compared as it was rounded, it stays with itself.
    values = np.repeat(np.array([0.0, 0.1, 0.2], dtype=np.float32), 100)
    parts = Parts.of(values)
    assert parts.counts(np.array([0.1] * 7, dtype=np.float32))[-3:] == [7, 0, 0]


def test_categories_are_counted_by_their_most_frequent_values_and_the_rest():
    def texts(*values):
        return np.array(values, dtype=object)

    # 12 values: k00 stands 12 times, k01 11 times, ... k11 once, and once there is none.
    learned = texts(*(f"k{number:02d}" for number in range(12) for _ in range(12 - number)), None)
    parts = Parts.of(learned)
    assert parts.codes == tuple(f"k{number:02d}" for number in range(10))
    assert parts.shares[-2:] == (3 / 79, 1 / 79)
    assert parts.counts(texts("k00", "k11", "new", None, None)) == [1] + [0] * 9 + [2, 2]
    assert Parts.of(texts("b", "a")).codes == ("a", "b"), "ties by name"
    assert Parts.from_dict(parts.as_dict()) == parts
    # Half of k00 now, all of the rest unknown.
    assert parts.psi([50] + [0] * 10 + [50]) > drift.MUCH
