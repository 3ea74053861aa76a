"""Between Arrow and numpy: the values of `pa.array` and `to_numpy`, which import pandas."""

import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.tables import arrays

KINDS = ("int8", "uint16", "int32", "int64", "uint64")
WORDS = st.lists(st.text(max_size=5), max_size=6)
SOME = st.lists(st.none() | st.integers(-(2**31), 2**31 - 1), max_size=9)


@pytest.mark.parametrize("kind", KINDS)
def test_whole_numbers_keep_their_width_and_values(kind):
    wanted = np.array([0, 1, 127], dtype=kind)
    made = arrays.numbers(wanted)
    made.validate(full=True)
    assert made.equals(pa.array(wanted))
    assert arrays.numbers(np.arange(10, dtype=kind)[::3]).to_pylist() == [0, 3, 6, 9], "a step is no gap"
    back = arrays.values(made)
    assert (back.tolist(), back.dtype) == (wanted.tolist(), wanted.dtype)


@given(WORDS)
def test_texts_are_those_that_arrow_makes(some):
    made = arrays.texts(some)
    made.validate(full=True)
    assert made.equals(pa.array(some, pa.string()))


@pytest.mark.parametrize("value", ["", "é", True, False, 7])
def test_the_same_again_and_again(value):
    made = arrays.repeated(value, 3)
    made.validate(full=True)
    assert made.to_pylist() == [value] * 3
    kinds = {str: pa.string(), bool: pa.bool_(), int: pa.int32()}
    assert made.type == kinds[type(value)]


@given(SOME, st.integers(0, 9), st.integers(0, 9))
def test_numbers_of_a_part_of_a_column_are_arrows_own(some, start, size):
    for kind in (pa.int64(), pa.float64()):
        column = pa.array(some, kind).slice(start, size)
        wanted = [-1 if each is None else each for each in column.to_pylist()]
        assert arrays.values(column, -1).tolist() == wanted
        chunks = pa.chunked_array([column, column.slice(1), column.slice(0, 0)], kind)
        assert arrays.values(chunks, -1).tolist() == wanted + wanted[1:]
        assert arrays.flags(column.is_null()).tolist() == [each is None for each in column.to_pylist()]


def test_no_chunk_has_no_numbers_and_null_is_not_taken_for_one():
    assert arrays.values(pa.chunked_array([], pa.int64())).dtype == np.int64
    assert np.isnan(arrays.values(pa.array([None], pa.float64()), np.nan)).all()
    with pytest.raises(ValueError, match="null has no number of its own"):
        arrays.values(pa.array([1, None]))


def test_nothing_of_it_imports_pandas():
    code = """
import sys
import numpy as np
from churnlab import engine
from churnlab.tables import arrays, asked
made = arrays.numbers(np.arange(3))
arrays.values(made), arrays.flags(made.is_null()), arrays.texts(["a"]), arrays.repeated("a", 2)
with engine.session("500MB", threads=1) as con:
    con.con.execute("CREATE TABLE orders AS SELECT 1 AS amount")
    assert asked.count(con, con.table("orders")) == asked.value(con, con.table("orders").amount.sum()) == 1
print("pandas" in sys.modules)
"""
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout == "False\n", "look for what imports it: half a second for every customer explained"
