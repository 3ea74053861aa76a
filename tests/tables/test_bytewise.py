"""A batch that its bytes clear holds nothing that the rules, asked row by row, object to."""

import re

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.tables import bytewise

CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
VISIBLE = re.compile("[!-~]{1,256}")

# Around every border of the rules, and around the bytes that begin or end a character in UTF-8.
chars = st.sampled_from("aZ09 !~\x7f\x80\x85\x9f\xa0\xc2\xe9\t\n\r\x00\x08\x0b\x1f‚€\u200bé")
texts = st.lists(st.none() | st.text(chars, max_size=4), max_size=6)


def plain_by_row(values, name):
    if name != "product":
        return all(value is not None and VISIBLE.fullmatch(value) for value in values)
    return not any(CONTROL.search(value) for value in values if value is not None)


@given(
    texts,
    st.integers(0, 6),
    st.integers(0, 6),
    st.sampled_from(["customer_id", "parent", "alias", "product"]),
)
def test_what_is_cleared_is_sound_row_by_row(values, start, end, name):
    array = pa.array(values, pa.string()).slice(start, end)
    if bytewise.is_plain(array, name):
        assert plain_by_row(values[start : start + end], name)


@given(st.lists(st.text(chars, min_size=1, max_size=4), min_size=1, max_size=6), st.integers(0, 5))
def test_what_is_sound_is_cleared_unless_a_value_is_missing(values, start):
    values = values[start:] or values
    for name in ("customer_id", "parent", "alias", "product"):
        assert bytewise.is_plain(pa.array(values), name) == plain_by_row(values, name)


@pytest.mark.parametrize(("size", "plain"), [(256, True), (257, False)])
def test_the_longest_id(size, plain):
    assert bytewise.is_plain(pa.array(["x", "y" * size]), "customer_id") is plain


@pytest.mark.parametrize("name", ["customer_id", "parent", "alias", "product"])
def test_a_missing_id_and_an_empty_one_are_looked_at(name):
    for values in (["a", None], ["a", ""], [], [None]):
        assert bytewise.is_plain(pa.array(values, pa.string()), name) is (name == "product")


@pytest.mark.parametrize(
    ("mutant", "values"),
    [
        (lambda bytes_: bool((bytes_ < ord(" ")).any()), ["a\x85"]),  # C1 forgotten
        (lambda bytes_: bool((bytes_ == 0x7F).any()), ["a\x01"]),
        (lambda bytes_: bool((np.isin(bytes_, [0, 0x7F])).any()), ["\x9f"]),
    ],
)
def test_a_planted_mistake_is_noticed(monkeypatch, mutant, values):
    monkeypatch.setattr(bytewise, "_has_control", mutant)
    with pytest.raises(AssertionError, match="assert"):
        test_what_is_cleared_is_sound_row_by_row.hypothesis.inner_test(values, 0, 6, "product")
