"""Compiled and plain: the same answers to the last bit."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churnlab.features.catalogue import FAMILIES, compute
from churnlab.history import History, units, ways
from churnlab.snapshots import Calendar
from churnlab.strategy.intensity import measures
from churnlab.testing import DAY, World, worlds
from feature_definitions import PLAN
from laws import assert_same
from measures import measured

PLAIN, COMPILED = ways.way(compiled=False), ways.way(compiled=True)
SEEDS = st.integers(0, 2**32)


@given(worlds())
def test_every_measure_is_the_same(world):
    compiled, plain = (measured(world.history(compiled=way), world) for way in (True, False))
    assert_same(compiled, plain, "compiled differs")


@given(worlds())
def test_every_feature_is_the_same(world):
    compiled, plain = (world.history(PLAN, compiled=way) for way in (True, False))
    features = [
        {feature.name: feature.values for _, feature in compute(past, FAMILIES)} for past in (compiled, plain)
    ]
    assert_same(*features, "compiled differs")
    assert_same(measures(compiled), measures(plain), "compiled differs")


@given(worlds())
def test_every_outcome_is_the_same(world):
    compiled, plain = (world.outcome(compiled=way) for way in (True, False))
    assert list(compiled.complete) == list(plain.complete)
    for name in ("orders", "gap_orders", "transactions"):
        found, expected = (getattr(one, name) for one in (compiled, plain))
        assert list(found.count()) == list(expected.count())
        assert list(found.sum("amount")) == list(expected.sum("amount"))


def rows(seed, most=40, customers=4):
    """Sorted rows of some customers, and ranges of them: random, but the same for each seed."""
    random = np.random.default_rng(seed)
    size = int(random.integers(0, most))
    customer = np.sort(random.integers(0, customers, size))
    edges = np.searchsorted(customer, np.arange(customers + 1))
    owner = random.integers(0, customers, 25)
    one, other = (random.integers(edges[owner], edges[owner + 1] + 1) for _ in range(2))
    return random, customer, np.minimum(one, other), np.maximum(one, other)


def columns(random, size):
    """Whole numbers with ties, large ones, and floats whose sums depend on the order."""
    yield random.integers(-3, 4, size)
    yield random.integers(-(2**60), 2**60, size)
    yield random.choice([0.1, 0.2, 1e16, -1e16, 3.5, -0.1], size)
    yield random.lognormal(0, 9, size)


@settings(max_examples=300)
@given(SEEDS)
def test_ranges_are_measured_alike(seed):
    random, _, start, end = rows(seed)
    for values in columns(random, int(end.max(initial=0)) + 3):
        names = ["largest", "smallest", "spread", *(["summed"] if values.dtype.kind == "f" else ["median"])]
        for name in names:
            same(name, values, start, end)
        same("taken", values, end - 1, start, end)
        same("taken", values, start, start, end)
    same("difference", np.cumsum(random.integers(0, 9, 60)), start, end)
    same("mean_gap", np.sort(random.integers(0, 2**50, 60)), start, end, 86_400_000_000)


@pytest.mark.parametrize("size", [2, 11, 12, 13, 60, 999, 1000])
def test_the_middle_of_long_ranges_is_found_alike(size):
    random = np.random.default_rng(size)
    shapes = (
        random.integers(0, 10**12, size),
        random.integers(0, 3, size),
        np.arange(size),
        np.arange(size)[::-1].copy(),
        np.minimum(np.arange(size), np.arange(size)[::-1]),
        np.zeros(size, dtype=np.int64),
    )
    for values in shapes:
        same("median", values, np.array([0, 0, size // 2]), np.array([size, size // 2, size]))


@settings(max_examples=300)
@given(SEEDS)
def test_different_values_are_counted_alike(seed):
    random, customer, start, end = rows(seed)
    codes = random.integers(0, 6, len(customer))
    following, firsts = same("following", customer, codes)
    counted = same("distinct", following, start, end)
    assert list(counted) == [len(set(codes[a:b])) for a, b in zip(start, end, strict=True)]
    whole = np.searchsorted(customer, np.arange(4)), np.searchsorted(customer, np.arange(4), side="right")
    assert list(PLAIN.difference(firsts, *whole)) == [len(set(codes[customer == who])) for who in range(4)]
    starts = np.stack([end, (start + end) // 2, start])
    nested = COMPILED.nested(following, starts, end)
    for of_window, begin in zip(nested, starts, strict=True):
        assert list(of_window) == list(PLAIN.distinct(following, begin, end))
    if len(changes := same("changes", np.cumsum(codes % 2), customer)):
        same("changed", changes, start, end)
    same("changes", codes, customer)


@settings(max_examples=300)
@given(SEEDS)
def test_tables_are_cut_alike(seed):
    random, customer, _, _ = rows(seed)
    times = random.integers(-50, 50, len(customer)) * random.choice([1, 10**12])
    times = times[np.lexsort((times, customer))]
    edges = np.unique(random.choice(np.append(times, [0, 1, 10**13, -(10**13)]), random.integers(1, 9)))
    asked, place = random.integers(0, 4, 30), random.integers(0, len(edges), 5)
    for order in (np.arange(30), np.argsort(asked, kind="stable")):
        bounds = same("bounds", customer, 4)
        same("cut", customer, times, bounds, asked[order], random.integers(0, 5, 30), edges, place)
        few = asked[order][:3]  # of few snapshots among many rows, each is searched for
        same("cut", customer, times, bounds, few, np.arange(3), edges, place)
    same("reached", edges, times)
    same("positions", times > 0)


@settings(max_examples=300)
@given(SEEDS)
def test_lines_are_gathered_alike(seed):
    random, customer, _, _ = rows(seed)
    orders = random.integers(-1, random.integers(1, 30), len(customer))
    sorted_rows, starts, _ = same("grouped", customer, orders)
    for values in columns(random, len(customer)):
        ordered = values[sorted_rows] if len(sorted_rows) else values
        if values.dtype.kind == "f":
            ordered = np.where(random.random(len(ordered)) < 0.4, np.nan, ordered)
            same("known_totals", ordered, starts)
        else:
            same("totals", ordered, starts)
            same("group_extremes", ordered, starts)


@settings(max_examples=200)
@given(SEEDS)
def test_arithmetic_is_alike(seed):
    random = np.random.default_rng(seed)
    numbers = [0.0, 1.0, -3.0, np.nan, 0.1, 1e300, np.inf]
    some = [random.integers(-2, 3, 9), random.choice(numbers, 9), random.integers(0, 2**60, 9)]
    for part in some:
        for whole in some:
            with pytest.MonkeyPatch.context() as patch, np.errstate(all="ignore"):
                compiled, told = units.ratio(part, whole), units.infinite(part)
                patch.setattr(units, "_compiled", lambda: None)
                assert compiled.tobytes() == units.ratio(part, whole).tobytes()
                assert told == units.infinite(part)


def same(name, *asked):
    """What both ways answer, which must be the same bits."""
    plain, compiled = (getattr(way, name)(*asked) for way in (PLAIN, COMPILED))
    for one, other in zip(
        *(found if isinstance(found, tuple) else (found,) for found in (plain, compiled)), strict=True
    ):
        assert one.dtype == other.dtype, name
        assert one.tobytes() == other.tobytes(), f"{name}: {other}, not {one}"
    return plain


def test_without_numba_plain_numpy_does_it(monkeypatch):
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert ways.way(compiled=True) is PLAIN


def test_read_only_rows_are_no_new_type_to_compile_for():
    # Arrow hands out read-only arrays, numpy others: compiling takes seconds, so one type must do.
    def past(*, writeable):
        world = next_world()
        shard = world.shard()
        for columns in shard.events.values():
            for values in columns.values():
                values.flags.writeable = writeable
        return compute(History.of(shard, world.calendar, PLAN, compiled=True), FAMILIES)

    past(writeable=True)
    known = {
        name: len(getattr(COMPILED, name).signatures) for name in ("cut", "totals", "changes", "difference")
    }
    past(writeable=False)
    assert known == {name: len(getattr(COMPILED, name).signatures) for name in known}


def next_world():
    rows = [
        {"customer": 0, "order_id": "A", "amount": 10, "margin": 5, "discount": 1, "quantity": 1.0,
         "product": "pen", "category": "home", "channel": "web", "time": day * DAY, "recorded_at": day * DAY}
        for day in range(20_000, 20_009)
    ]  # fmt: skip
    return World(Calendar("UTC"), (20_010 * DAY,), {"transactions": tuple(rows)}, customers=(0,))
