"""Finding texts again: what a dict finds, whatever their marks."""

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from churnlab.lists.matching import NEVER, Index, coded, latest, numbers

texts = st.text("abé", max_size=3)


@settings(max_examples=300)
@given(st.lists(texts, unique=True, max_size=8), st.lists(texts, max_size=8))
def test_places_are_those_of_a_dict(known, asked):
    places = {text: place for place, text in enumerate(known)}
    found = Index.of(pa.array(known, pa.string())).places(pa.array(asked, pa.string()))
    assert found.tolist() == [places.get(text, -1) for text in asked]


@settings(max_examples=200)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(-5, 5), st.booleans()), max_size=12))
def test_the_latest_is_the_greatest_of_the_rows_that_count(rows):
    people, times, counted = zip(*rows, strict=True) if rows else ((), (), ())
    place, instants = numbers(pa.array(people, pa.int64())), numbers(pa.array(times, pa.int64()))
    flags = pa.array(counted, pa.bool_()).to_numpy(zero_copy_only=False)
    found = latest(4, place, instants, flags)
    for who in range(4):
        mine = [time for person, time, counts in rows if counts and person == who]
        assert found[who] == max(mine, default=NEVER)
    assert found[-1] == NEVER


def test_codes_say_nothing_of_what_is_not_there():
    codes, found = coded(pa.chunked_array([["b", None], ["a", "b"]]))
    assert [None if code < 0 else found[code].as_py() for code in codes] == ["b", None, "a", "b"]
    assert numbers(pa.array([1, None], pa.int64()), 0).tolist() == [1, 0]
