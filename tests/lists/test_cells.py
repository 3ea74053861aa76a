"""Cells of a CSV: whole columns at once, and each cell what Python's own formatting makes of it."""

import struct

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import plain_lists
from churnlab.lists import cells
from churnlab.lists.columns import COLUMNS, schema

SCORE, MONEY, COUNT, ID = (
    next(c for c in COLUMNS if c.kind == kind) for kind in ("score", "money", "count", "id")
)
NAN, INF = float("nan"), float("inf")


def column(column, values, exponent=2):
    """The cells of one column, missing ones as None; a text for all as many times as there are rows."""
    made = cells._cells(
        column, pa.array(values, schema().field(column.name).type), cells.Dialect(exponent=exponent)
    )
    return made.to_pylist() if isinstance(made, pa.Array) else [made.as_py()] * len(values)


def test_by_hand():
    assert column(MONEY, [0.5, -0.05, 1234567.0, None]) == ["0.50", "-0.05", "1234567.00", None]
    assert column(MONEY, [5.0, -5.0, 0.0], 0) == ["5", "-5", "0"]
    assert column(SCORE, [0.0, 1.0, 1e-6, 0.123457]) == ["0.000000", "1.000000", "0.000001", "0.123457"]
    assert column(COUNT, [1, 10**12, None]) == ["1", "1000000000000", None]
    assert column(ID, ["a", 'say "x"', "=1", None]) == ['"a"', '"say ""x"""', '"\'=1"', None]


# What rounding may get wrong: halves, the last bit beside a decimal, signs of nothing, no numbers at all.
neighbours = st.builds(
    lambda units, power, step: float(
        np.nextafter(units / 10**power, INF)
        if step > 0
        else np.nextafter(units / 10**power, -INF)
        if step
        else units / 10**power
    ),
    st.integers(-(10**17), 10**17),
    st.integers(0, 7),
    st.sampled_from([-1, 0, 1]),
)
halves = st.builds(lambda n, p: (n + 0.5) / 10**p, st.integers(-(10**6), 10**6), st.integers(0, 6))
bits = st.integers(0, 2**64 - 1).map(lambda word: struct.unpack("d", struct.pack("Q", word))[0])
numbers = st.one_of(st.none(), st.floats(), neighbours, halves, bits)


@given(st.lists(numbers, min_size=1, max_size=20), st.integers(0, 6))
@example([0.0, -0.0, NAN, INF, -INF, None, 5e-324, 1.7e308], 2)
@example([0.5, 1.5, 2.5, -0.5, 1e15 + 0.5], 0)
@example([0.125, 0.375, 1.005, 2.675, -0.005, -0.001], 2)
@example([2.0**51 / 100, 2.0**51 / 100 - 0.01, 2.0**53, 2.0**53 / 100, -(2.0**51)], 2)
def test_numbers_are_those_of_python(values, decimals):
    expected = [None if value is None else f"%.{decimals}f" % value for value in values]
    assert column(MONEY, values, decimals) == expected
    scores = [None if value is None else f"{value:.6f}" for value in values]
    assert column(SCORE, values) == scores


@pytest.mark.parametrize("exponent", [0, 2, 3])
def test_a_million_amounts_are_those_of_python(exponent):
    units = np.random.default_rng(exponent).integers(-(10**7), 10**7, 100_000)
    amounts = np.round(units / 10**exponent, exponent).tolist()
    assert column(MONEY, amounts, exponent) == [f"%.{exponent}f" % amount for amount in amounts]


MUTANTS = {
    "minus nothing is nothing": (
        "_units",
        lambda numbers, d: (np.rint(numbers * 10**d).astype(np.int64), np.full(len(numbers), True)),
    ),
    "any amount is exact": ("_EXACT", 2.0**63),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(monkeypatch, name):
    values = [-0.0, -0.001, 2.0**53 + 2]

    def right():
        return column(MONEY, values, 3) == [f"{value:.3f}" for value in values]

    assert right()
    monkeypatch.setattr(cells, *MUTANTS[name])
    with np.errstate(all="ignore"):
        assert not right()


letters = st.sampled_from("ab9=\"',\n\r\t -+@é\u00a0\u200b\ufeff\uff1d\0\x7f\U0001f600") | st.characters(
    exclude_categories=["Cs"]
)
words = st.none() | st.text(letters, max_size=5)


@given(st.lists(words, min_size=1, max_size=8))
@example(["9=", "é=1", " =1", "\u200b@", "a\0=", "\0", "", None])
@example(["a", "a", "a"])
@example([None, None])
def test_texts_are_quoted_and_made_inert_as_the_plain_way_does(values):
    assert [cell or "" for cell in column(ID, values)] == [plain_lists.cell(ID, value, 2) for value in values]
    told = cells.formulas(pa.chunked_array([pa.array(values, pa.string())]).drop_null())
    assert told == sum(value is not None and plain_lists.inert(value) != value for value in values)


def test_no_rows_are_no_lines():
    assert cells.lines(schema().empty_table(), "\n", 2) == b""
