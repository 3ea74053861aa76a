"""Accounts rolled up: by hand, against dictionaries and loops, and whatever the order of rows."""

import math
from fractions import Fraction

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churnlab.strategy import accounts
from churnlab.strategy.quadrants import assign
from churnlab.strategy.thresholds import Thresholds

CUT = Thresholds(value_if_retained=300, intensity=50)
NAN = float("nan")


def together(rows, valued=True):
    """``rows``: (id, parent, value, risk, intensity) -> id -> what is said of its parent."""
    ids, parents, value, risk, near = (list(column) for column in zip(*rows, strict=True))
    code, _ = accounts.codes(accounts.named(ids, parents))
    numbers = [np.array(column, dtype=float) for column in (value, risk, near)]
    found = accounts.rolled(code, numbers[0] if valued else None, *numbers[1:], CUT)
    said = zip(found.accounts[code], found.value[code], found.risk[code], found.quadrant[code], strict=True)
    return dict(zip(ids, said, strict=True))


def test_by_hand():
    found = together(
        [
            ("a", "P", 100.0, 0.8, 20.0),
            ("b", "P", 300.0, 0.4, 80.0),
            ("c", None, 900.0, 0.1, 10.0),
            ("d", "", 10.0, 0.2, 60.0),
        ]
    )
    # 400 together; (100 x 0.8 + 300 x 0.4) / 400; (100 x 20 + 300 x 80) / 400 = 65.
    assert found["a"] == found["b"] == (2, 400.0, 0.5, "retain")
    assert found["c"] == (1, 900.0, 0.1, "win_back")
    assert found["d"] == (1, 10.0, 0.2, "rationalise")


def test_a_head_office_belongs_with_the_accounts_that_name_it():
    found = together([("P", None, 100.0, 0.5, 50.0), ("a", "P", 100.0, 0.1, 50.0), ("b", "b", 1.0, 0.9, 9.0)])
    assert found["P"] == found["a"] == (2, 200.0, 0.3, "rationalise")
    assert found["b"] == (1, 1.0, 0.9, "release"), "its own parent"


NESTED = {
    "one level": ([("a", "P"), ("P", None), ("b", "")], 0),
    "two levels": ([("a", "P"), ("b", "P"), ("P", "Q"), ("Q", None)], 2),
    "Q is no account": ([("a", "P"), ("P", "Q")], 1),
    "three levels": ([("a", "P"), ("P", "Q"), ("Q", "R"), ("R", "R")], 2),
    "its own parent": ([("a", "P"), ("P", "P")], 0),
    "in a ring": ([("a", "b"), ("b", "a")], 2),
    "P is no account": ([("a", "P"), ("b", "P")], 0),
    "nobody": ([("a", None)], 0),
}


@pytest.mark.parametrize("name", NESTED)
def test_parents_that_name_another_are_counted(name):
    rows, expected = NESTED[name]
    for each in (rows, rows[::-1]):
        ids, named = zip(*each, strict=True)
        assert accounts.nested(pa.array(ids), pa.array(named, pa.string())) == expected


@settings(max_examples=200)
@given(st.lists(st.sampled_from([None, "", "P", "x0", "x1", "x2", "x3"]), max_size=6))
def test_nested_is_what_a_loop_counts(named):
    parent = {f"x{place}": name for place, name in enumerate(named)}
    expected = sum(1 for name in named if name and parent.get(name) and parent[name] != name)
    assert accounts.nested([*parent], named) == expected


def test_who_costs_more_than_he_brings_weighs_nothing():
    found = together([("a", "P", -500.0, 1.0, 0.0), ("b", "P", 100.0, 0.2, 70.0)])
    assert found["a"] == (2, -400.0, 0.2, "rationalise")
    none = together([("a", "P", -5.0, 1.0, 0.0), ("b", "P", 0.0, 0.2, 70.0)])
    assert none["a"] == (2, -5.0, 0.6, "release"), "the plain mean: risk 0.6, intensity 35"


def test_an_unknown_intensity_leaves_the_others_to_say_it():
    found = together([("a", "P", 900.0, 0.1, NAN), ("b", "P", 0.0, 0.1, 70.0), ("c", None, 900.0, 0.1, NAN)])
    assert found["a"][3] == "retain", "the only one that is known, though it weighs nothing"
    assert found["c"][3] == "unclassified", "never silently released"


def test_without_value_risks_are_plain_means():
    found = together([("a", "P", 900.0, 0.1, 70.0), ("b", "P", 1.0, 0.3, 70.0)], valued=False)
    count, value, risk, quadrant = found["a"]
    assert (count, risk, quadrant) == (2, 0.2, "unclassified")
    assert math.isnan(value)


def by_loops(rows):
    """Exact, one account at a time."""
    groups = {}
    for one, parent, *numbers in rows:
        groups.setdefault(parent or one, []).append(numbers)
    found = {}
    for one, parent, *_ in rows:
        group = groups[parent or one]
        value = sum(Fraction(str(each[0])) for each in group)
        means = []
        for place in (1, 2):
            known = [each for each in group if not math.isnan(each[place])]
            weights = [max(Fraction(str(each[0])), Fraction(0)) for each in known]
            if not sum(weights):
                weights = [Fraction(1)] * len(known)
            total = sum(w * Fraction(str(each[place])) for w, each in zip(weights, known, strict=True))
            means.append(float(total / sum(weights)) if known else NAN)
        place = assign(np.array([float(value)]), np.array([means[1]]), CUT)[0]
        found[one] = (len(group), float(value), means[0], place)
    return found


@st.composite
def worlds(draw):
    named = st.sampled_from([None, "", "P", "Q", "x0", "x1"])
    value = st.integers(-20_000, 90_000).map(lambda cents: cents / 100)
    risk = st.integers(0, 1_000_000).map(lambda millionth: millionth / 1_000_000)
    # No intensity whose mean could fall on the cut itself, where the last bit decides.
    near = st.sampled_from([0.0, 13.7, 64.1, 100.0, NAN])
    each = draw(st.lists(st.tuples(named, value, risk, near), min_size=1, max_size=9))
    return [(f"x{place}", *row) for place, row in enumerate(each)]


@settings(max_examples=300)
@given(worlds())
def test_figures_are_those_of_loops(rows):
    found, expected = together(rows), by_loops(rows)
    for one, (count, value, risk, quadrant) in expected.items():
        assert found[one][:2] == (count, value)
        assert found[one][2] == pytest.approx(risk, abs=5.1e-7)
        assert found[one][3] == quadrant


@settings(max_examples=200)
@given(worlds(), st.randoms(use_true_random=False))
def test_no_order_of_rows_changes_a_bit(rows, random):
    shuffled = random.sample(rows, len(rows))
    found, other = together(rows), together(shuffled)
    for one, said in found.items():
        np.testing.assert_array_equal(np.array(said[:3]), np.array(other[one][:3]))
        assert said[3] == other[one][3]


@settings(max_examples=200)
@given(worlds())
def test_what_parents_have_together_is_what_accounts_have(rows):
    code, _ = accounts.codes(accounts.named([row[0] for row in rows], [row[1] for row in rows]))
    value, risk, near = (np.array([row[place] for row in rows]) for place in (2, 3, 4))
    found = accounts.rolled(code, value, risk, near, CUT)
    assert found.accounts.sum() == len(rows)
    assert round(100 * found.value.sum()) == sum(round(100 * row[2]) for row in rows)
    for parent in range(len(found.accounts)):
        mine = risk[code == parent]
        assert mine.min() - 1e-6 <= found.risk[parent] <= mine.max() + 1e-6


def test_sums_of_large_amounts_are_exact():
    value = np.array([90_071_992_547.41, 0.01, 0.01])
    found = accounts.rolled(np.zeros(3, np.int64), value, np.full(3, 0.5), np.full(3, 50.0), CUT)
    assert found.value.tolist() == [90_071_992_547.43]


def test_columns_may_come_in_chunks():
    ids = pa.chunked_array([["a", "b"], ["c"]])
    named = accounts.named(ids, pa.chunked_array([["P", None], ["P"]], pa.string()))
    code, parents = accounts.codes(named)
    assert code.tolist() == [0, 1, 0]
    assert parents.to_pylist() == ["P", ids.to_pylist()[1]]
    nobody = accounts.rolled(np.zeros(0, np.int64), np.zeros(0), np.zeros(0), np.zeros(0), CUT)
    assert len(nobody.accounts) == 0


@given(st.lists(st.integers(0, 3), min_size=1, max_size=9), st.randoms(use_true_random=False))
def test_the_first_of_each_parent_is_the_best(code, random):
    order = random.sample(range(len(code)), random.randint(1, len(code)))
    best = accounts.best_of_each(np.array(order), np.array(code))
    firsts = {}
    for row in order:
        firsts.setdefault(code[row], row)
    assert {*np.flatnonzero(best).tolist()} == {*firsts.values()}
