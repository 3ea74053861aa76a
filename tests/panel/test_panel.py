"""The panel as a type: parts of it keep together, and numbers are found by name."""

import gc
import weakref
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.errors import ConfigError
from churnlab.features.feature import Description
from churnlab.panel import Panel
from churnlab.panel import panel as module
from churnlab.panel.panel import in_order, joined
from churnlab.panel.sample import Sampler


def described(name, kind="number"):
    return Description(name, "own", kind, "days", name, "economic", None, "{value}", "{value}")


def panel(size=3, start=0):
    rows = np.arange(start, start + size)
    return Panel(
        customer_id=np.array([f"{row:02}" for row in rows], dtype=object),
        as_of=rows * 10,
        numbers=np.column_stack([rows, rows + 0.5]).astype(np.float32),
        categories={"city": np.array([f"city {row}" for row in rows], dtype=object)},
        features=(described("age"), described("gap"), described("city", "category")),
        churned=rows % 2.0,
        value=rows * 1.5,
        measures={"dialogue": rows * 2.0},
        segments={"city": np.array([f"city {row}" for row in rows], dtype=object)},
        fingerprint="f",
    )


def told(some):
    return (
        some.customer_id.tolist(),
        some.as_of.tolist(),
        some.numbers.tolist(),
        some.categories["city"].tolist(),
        some.churned.tolist(),
        some.value.tolist(),
        some.measures["dialogue"].tolist(),
        some.segments["city"].tolist(),
    )


def test_rows_taken_from_two_parts_are_those_of_the_whole():
    whole = joined([panel(2), panel(3, start=2)])
    assert told(whole) == told(panel(5))
    assert len(whole) == 5
    assert told(whole.take(np.arange(2, 5))) == told(panel(3, start=2))
    assert told(whole.take(whole.as_of >= 20)) == told(panel(3, start=2))


def test_numbers_by_name():
    some = panel()
    assert some.names == ("age", "gap", "city")
    assert some.number("gap").tolist() == [0.5, 1.5, 2.5]
    assert some.number("dialogue").tolist() == [0, 2, 4]
    with pytest.raises(KeyError, match="city"):
        some.number("city")


def test_the_frame_shows_every_column():
    frame = panel().frame()
    assert list(frame) == ["customer_id", "as_of", "age", "gap", "city", "churned", "value"]
    assert frame["gap"].tolist() == [0.5, 1.5, 2.5]
    assert frame["city"].tolist() == ["city 0", "city 1", "city 2"]


IDS = ("Z9", "a", "a\x00", "b", "é", "\uffff", "\U0001f600")  # the last two swap places in UTF-16
DATES = (-5, 0, 7)


def several(columns=20):
    """Every id at every date, in canonical order; each number says where it stands."""
    size = len(IDS) * len(DATES)
    ids = sorted(IDS, key=str.encode)
    return replace(
        panel(size),
        customer_id=np.repeat(np.array(ids, dtype=object), len(DATES)),
        as_of=np.tile(np.array(DATES), len(IDS)),
        numbers=np.arange(size * columns, dtype=np.float32).reshape(size, columns),
        features=(*(described(f"f{n}") for n in range(columns)), described("city", "category")),
    )


def of(some, ids):
    # numpy's own isin takes "a" and "a\0" for the same text.
    return np.array([who in ids for who in some.customer_id])


@st.composite
def cut(draw):
    """A panel of whole customers, cut into blocks of some of them: in order inside, in any order."""
    some = several()
    ids = draw(st.permutations(IDS))
    edges = sorted(draw(st.lists(st.integers(0, len(ids)), max_size=4)))
    bounds = list(zip([0, *edges], [*edges, len(ids)], strict=True))
    return [some.take(of(some, ids[start:end])) for start, end in bounds]


def check_joining(parts):
    found, whole = joined(iter(parts)), several()
    assert told(found) == told(whole), "not in canonical order"
    assert found.numbers.tobytes() == whole.numbers.tobytes()
    assert (found.numbers.dtype, found.numbers.flags.c_contiguous) == (np.float32, True)


test_any_cutting_in_any_order_gives_the_same_bytes = given(cut())(check_joining)


MUTANTS = {
    "order forgotten": ("_canonical", lambda *_: None),
    "dates before ids": ("_canonical", lambda ids, as_of: np.lexsort((ids.astype(str), as_of))),
    "some columns stay": (
        "_reorder",
        lambda numbers, order: numbers[:, :16].__setitem__(..., numbers[order, :16]),
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(monkeypatch, name):
    some = several()
    late = of(some, ["b", "é"])
    parts = [some.take(late), some.take(~late)]
    check_joining(parts)
    monkeypatch.setattr(module, *MUTANTS[name])
    with pytest.raises(AssertionError, match="not in canonical order"):
        check_joining(parts)


def test_rows_in_any_order_are_put_in_order():
    some = several()
    mixed = some.take(np.random.default_rng(1).permutation(len(some)))
    assert told(in_order(mixed)) == told(some)
    assert in_order(some) is some


def test_a_part_is_let_go_before_the_next_but_one_is_made():
    alive = []

    def parts():
        for start in range(5):
            part = panel(3, start=3 * start)
            alive.append(weakref.ref(part.numbers))
            yield part
            del part
            gc.collect()
            # One is still in the hands of the loop; the earlier ones are gone.
            assert sum(one() is not None for one in alive) <= 1

    assert told(joined(parts())) == told(panel(15))


def test_many_small_parts_leave_no_room_over():
    found = joined(panel(1, start=row) for row in range(200))
    assert told(found) == told(in_order(panel(200)))
    assert found.numbers.shape == (200, 2)


def test_features_differ_between_parts():
    other = replace(
        panel(2, start=3), features=(described("age"), described("pace"), described("city", "category"))
    )
    with pytest.raises(ConfigError, match=r"for some customers than for others\ngot: gap, pace"):
        joined([panel(3), other])


@given(cut(), st.integers(3, 30))
def test_a_sample_keeps_whole_customers_whatever_the_cutting(parts, most):
    sampler, alone = Sampler(most, 7), Sampler(most, 7)

    def seen():
        for part in parts:
            sampler.see(part.customer_id)
            yield part

    found, whole = joined(seen(), sampler), several()
    alone.see(whole.customer_id)
    expected = whole.take(alone.keeps(whole.customer_id))
    assert told(found) == told(expected)
    assert found.numbers.tobytes() == expected.numbers.tobytes()
    assert found.sample == alone.sample
    assert len(found) <= most
    assert (found.sample is None) == (most >= len(whole))


def test_what_is_held_while_sampling_is_bounded_by_the_budget_and_one_part(monkeypatch):
    held = []
    room = module._Growing._make_room

    def spied(self, rows):
        held.append(rows)
        room(self, rows)

    monkeypatch.setattr(module._Growing, "_make_room", spied)
    sampler = Sampler(100, 1)

    def seen():
        for start in range(0, 3_000, 20):
            part = panel(20, start=start)
            sampler.see(part.customer_id)
            yield part

    assert len(joined(seen(), sampler)) == 100
    assert max(held) <= 100 * 9 // 8 + 20


def test_no_shard_no_panel():
    with pytest.raises(ValueError, match="at least one shard"):
        joined([])
