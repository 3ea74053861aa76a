"""The panel: labels as defined, and the same bytes however its inputs are cut, ordered or asked for."""

import gc
import json
import random
import weakref
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import ibis
import numpy as np
import pytest

from churnlab import labels, panel, shards
from churnlab.config.project import Churn, FeaturePlan, SnapshotPlan, Value
from churnlab.errors import ConfigError, DataError
from churnlab.features import catalogue
from churnlab.features.feature import Feature
from churnlab.history import Outcome
from churnlab.panel import Ahead, Questions, answered, outcomes
from churnlab.snapshots import DAY, Calendar
from churnlab.strategy.intensity import measures
from worlds import drawn, world

PARIS = Calendar("Europe/Paris")
DATES = [date(2025, 2, 27), date(2025, 3, 30), date(2025, 5, 10)]  # 30 March has 23 hours
AS_OFS = [PARIS.instant(day) for day in DATES]
CHURN = Churn(horizon_days=30, gap_days=7, settlement_days=10)
VALUE = Value(horizon_days=60, discount_rate_annual=0.1)
WATERMARK = PARIS.instant(DATES[1] + timedelta(days=47))  # just enough for churn at the second date
EDGES = [
    PARIS.instant(day + timedelta(days=days)) for day in DATES for days in (-90, -30, 0, 7, 37, 47, 67, 77)
]
PLAN = FeaturePlan(windows=(30, 90))
ATTRIBUTES = {"city": "category", "size": "number"}


def tables_of(events, con=None):
    return world(events, attributes=ATTRIBUTES, watermark=WATERMARK, con=con)


def made(tables, as_ofs=AS_OFS, **changes):
    return built(tables, as_ofs, **changes)[0]


def built(
    tables,
    as_ofs=AS_OFS,
    *,
    limits=None,
    only=None,
    families=None,
    churn=CHURN,
    value=VALUE,
    watermark=WATERMARK,
    segments=("city", "size"),
):
    """The panel, and how many candidates are left out, by reason."""
    families = families or catalogue.select(PLAN, Path())
    asked = Questions(as_ofs, PARIS, PLAN, families, SnapshotPlan(), measures, segments, exponent=2)
    ahead = Ahead(churn, value, watermark)
    limits = limits or shards.Limits()
    blocks = shards.mapped(lambda shard: answered(shard, asked, ahead), tables, PARIS.zone, limits, only)
    return panel.build(blocks, asked, ahead, {"a": "0"})


@pytest.fixture(scope="module")
def base():
    tables = tables_of(drawn(1, EDGES))
    return tables, made(tables)


def same(one, other):
    """Every byte of two panels, fingerprints apart."""
    assert len(one) == len(other)
    assert one.features == other.features
    assert one.customer_id.tolist() == other.customer_id.tolist()
    for name in ("as_of", "numbers", "churned", "value"):
        left, right = getattr(one, name), getattr(other, name)
        assert left.dtype == right.dtype
        if name == "numbers":
            different = (left.view(np.uint32) != right.view(np.uint32)).any(axis=0)
            assert not different.any(), [one.names[column] for column in np.flatnonzero(different)]
        assert left.tobytes() == right.tobytes(), name
    for name in ("categories", "segments", "measures"):
        assert getattr(one, name).keys() == getattr(other, name).keys()
        for column, values in getattr(one, name).items():
            assert repr(values.tolist()) == repr(getattr(other, name)[column].tolist()), column


def outcome_by_definition(events, customer, as_of, churn, horizon_days, watermark):
    """(orders, orders in the gap, net amount in minor units) or None while incomplete: plain Python."""

    def ahead(days):
        return PARIS.instant(PARIS.date(as_of) + timedelta(days=days))

    gap, end = churn.gap_days, churn.gap_days + horizon_days
    settled = ahead(end + churn.settlement_days)
    if settled > watermark:
        return None
    known = [
        line
        for line in events["transactions"]
        if line["customer_id"] == customer and line["time"] < settled and line["recorded_at"] < settled
    ]
    orders = {}
    for number, line in enumerate(known):
        orders.setdefault(line["order_id"] or number, []).append(line)
    kept = [
        order
        for order in orders.values()
        if sum(line["amount"] for line in order) != 0 or not any(line["amount"] > 0 for line in order)
    ]
    bought = [
        min(line["time"] for line in order) for order in kept if sum(line["amount"] for line in order) > 0
    ]
    return (
        sum(ahead(gap) <= time < ahead(end) for time in bought),
        sum(as_of <= time < ahead(gap) for time in bought),
        sum(line["margin"] for order in kept for line in order if ahead(gap) <= line["time"] < ahead(end)),
    )


def check_labels(events, churn=CHURN):
    tables = tables_of(events)
    found = made(tables, families=FEW, churn=churn)
    for customer, as_of, churned, value in zip(
        found.customer_id, found.as_of.tolist(), found.churned, found.value, strict=True
    ):
        expected = outcome_by_definition(events, customer, as_of, churn, 30, WATERMARK)
        if expected is None:
            assert np.isnan(churned), "not as defined"
        else:
            bought = expected[0] + (expected[1] if churn.gap_purchase_counts else 0)
            assert churned == (bought == 0), "not as defined"
        expected = outcome_by_definition(events, customer, as_of, churn, 60, WATERMARK)
        # 0.10 a year, paid in the middle of 60 days that start after 7: 37 days from now.
        worth = np.nan if expected is None else expected[2] / 100 * 1.1 ** -(37 / 365)
        assert value == pytest.approx(worth, abs=1e-9, nan_ok=True), "not as defined"
    return found


FEW = {"recency": catalogue.FAMILIES["recency"]}


@pytest.mark.parametrize("counts", [False, True])
def test_labels_are_as_defined(counts):
    found = check_labels(drawn(2, EDGES), CHURN.model_copy(update={"gap_purchase_counts": counts}))
    last = found.as_of == AS_OFS[2]
    assert np.isnan(found.churned).tolist() == last.tolist()  # the settlement of the others is over
    assert np.isnan(found.value).tolist() == (found.as_of != AS_OFS[0]).tolist()
    assert 0 < np.nanmean(found.churned) < 1


of = Outcome.of.__func__
MUTANTS = {
    "incomplete is 0": (labels, "churned", lambda o, **_: (o.orders.count() == 0) * 1.0),
    "settlement forgotten": (
        outcomes.Outcome,
        "of",
        lambda s, c, g, h, _, w, **_how: of(Outcome, s, c, g, h, 0, w),
    ),
    "starts at as_of": (
        outcomes.Outcome,
        "of",
        lambda s, c, g, h, d, w, **_how: of(Outcome, s, c, 0, g + h, d, w),
    ),
    "any line is an order": (
        labels,
        "churned",
        lambda o, **_: np.where(o.complete, o.transactions.count() == 0, np.nan),
    ),
    "not discounted": (labels, "discount", lambda *_: 1.0),
    "value of orders": (labels, "_COLUMNS", {"margin": "amount", "net_amount": "amount"}),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(monkeypatch, name):
    monkeypatch.setattr(*MUTANTS[name])
    with pytest.raises(AssertionError, match="not as defined"):
        check_labels(drawn(2, EDGES))


def test_a_date_alone_gives_the_rows_it_has_among_many(base):
    """P14: what is scored at t is what is trained on at t."""
    tables, together = base
    for as_of in AS_OFS:
        same(made(tables, [as_of]), together.take(together.as_of == as_of))


def test_a_customer_alone_has_the_rows_of_the_crowd(base):
    """P13."""
    tables, together = base
    chosen = together.customer_id == together.customer_id[len(together) // 2]
    same(made(tables, only=together.customer_id[len(together) // 2]), together.take(chosen))


LIMITS = {
    "one customer a shard": {"shard_events": 1},
    "some customers a shard": {"shard_events": 300},
    "two threads": {"shard_events": 100, "threads": 2},
    "compiled": {"compiled": True},
    "compiled, cut, on two threads": {"compiled": True, "shard_events": 100, "threads": 2},
    "no memory": {"memory": 0, "shard_events": 200},
    "compiled, no memory": {"memory": 0, "shard_events": 200, "compiled": True},
}


@pytest.mark.parametrize("name", LIMITS)
def test_shards_and_memory_and_compiled_code_change_no_byte(base, name):
    """P5, P11: how many shards, in what order, in how much memory, by which path."""
    tables, together = base
    other = made(tables, limits=shards.Limits(**LIMITS[name]))
    same(other, together)
    assert other.fingerprint == together.fingerprint


def test_the_order_of_rows_and_columns_and_threads_change_no_byte(base):
    """P4, P5."""
    events, draw = drawn(1, EDGES), random.Random(3)
    mixed = {}
    for name, found in reversed(events.items()):
        columns = draw.sample(list(found[0]), len(found[0]))
        mixed[name] = [{column: row[column] for column in columns} for row in draw.sample(found, len(found))]
    tables = tables_of(mixed, con=ibis.duckdb.connect(threads=1))
    same(made(tables), base[1])


def test_what_happens_after_changes_no_feature(base):
    """P1, P10: the world cut to what was known at the last date; labels go, features stay."""
    events, last = drawn(1, EDGES), AS_OFS[-1]
    cut = {
        name: [row for row in found if max(row.get("time", 0), row.get("recorded_at", 0)) < last]
        for name, found in events.items()
    }
    tables = tables_of(cut)
    found = made(tables)
    same(replace(found, churned=base[1].churned, value=base[1].value), base[1])


def test_rows_reconcile(base):
    tables, together = base
    found, left_out = built(tables)
    same(found, together)
    assert left_out.pop("label_window_incomplete") == (together.as_of == AS_OFS[2]).sum()
    # Everybody with a line known at a date is in the panel or left out for a reason.
    lines = drawn(1, EDGES)["transactions"]
    known = {
        (line["customer_id"], a)
        for line in lines
        for a in AS_OFS
        if max(line["time"], line["recorded_at"]) < a
    }
    assert len(together) + sum(left_out.values()) == len(known)


def test_money_is_in_major_units_and_rows_are_in_order(base):
    _, together = base
    keys = list(zip([customer.encode() for customer in together.customer_id], together.as_of, strict=True))
    assert keys == sorted(set(keys))
    events = [line for line in drawn(1, EDGES)["transactions"] if line["order_id"] is None]
    assert any(feature.unit == "currency" for feature in together.features)
    largest = together.number("largest_order_90d")
    assert np.nanmax(largest) <= sum(line["amount"] for line in events if line["amount"] > 0) / 100
    assert not np.isinf(together.numbers).any()
    assert together.numbers.dtype == np.float32


def test_the_fingerprint_follows_what_it_stands_for(base):
    tables, together = base
    one = made(tables, families=FEW)
    assert one.fingerprint == made(tables, families=FEW).fingerprint != together.fingerprint
    later = CHURN.model_copy(update={"horizon_days": 31})
    assert made(tables, families=FEW, churn=later).fingerprint != one.fingerprint
    assert made(tables, families=FEW, watermark=WATERMARK - 1).fingerprint != one.fingerprint
    assert made(tables, AS_OFS[:2], families=FEW).fingerprint != one.fingerprint


def feature(past, name="x", unit="currency", empty=np.nan, value=150.0):
    values = np.where(np.arange(len(past.as_of)) % 2 == 0, value, np.nan)
    return Feature(name, values, unit, "x", "economic", "{value}", "{value}", empty=empty)


def test_nothing_to_measure_is_nan_or_what_the_feature_says(base):
    tables, _ = base

    def family(past):
        yield feature(past)
        yield feature(past, "y", "days", empty=0)

    found = made(tables, families={"own": family})
    np.testing.assert_equal(found.numbers[:2], np.float32([[1.5, 150], [np.nan, 0]]))
    assert [about.family for about in found.features] == ["own", "own"]
    json.dumps([about.as_dict() for about in found.features], allow_nan=False)


def test_a_number_too_large_for_a_panel_is_named(base):
    tables, _ = base
    with pytest.raises(DataError, match=r"(?s)the feature x does not fit.*got: 1e\+42"):
        made(tables, families={"own": lambda past: iter([feature(past, value=1e44)])})


def test_features_that_depend_on_the_shard_are_refused(base):
    tables, _ = base

    def family(past):
        yield feature(past, f"x{len(past.as_of)}")

    with pytest.raises(ConfigError, match="makes other features for some customers"):
        made(tables, limits=shards.Limits(shard_events=300), families={"own": family})


def test_the_domain_page_example():
    """t0 2026-01-31, G 14, H 90, S 30: window [2026-02-14, 2026-05-15), usable from 2026-06-14."""
    as_of, one = PARIS.instant(date(2026, 1, 31)), PARIS.instant
    bought = {"gap": date(2026, 2, 10), "first": date(2026, 2, 14), "after": date(2026, 5, 15)}
    lines = [
        {"customer_id": who, "time": time, "amount": 100}
        for who, day in bought.items()
        for time in (as_of - DAY, one(day))
    ]
    lines.append({"customer_id": "last", "time": as_of - DAY, "amount": 100})
    lines.append({"customer_id": "last", "time": one(date(2026, 5, 15)) - 1, "amount": 100})
    tables = world({"transactions": lines})
    churn = Churn(horizon_days=90, gap_days=14, settlement_days=30)

    def churned(watermark, **changes):
        changed = churn.model_copy(update=changes)
        found = made(
            tables, [as_of], families=FEW, churn=changed, value=Value(), watermark=watermark, segments=()
        )
        return dict(zip(found.customer_id, found.churned, strict=True))

    usable = one(date(2026, 6, 14))
    assert churned(usable) == {"gap": 1, "first": 0, "after": 1, "last": 0}
    assert churned(usable, gap_purchase_counts=True)["gap"] == 0
    assert all(np.isnan(label) for label in churned(usable - 1).values())


@pytest.mark.parametrize("compiled", [False, True])
def test_nothing_of_a_shard_outlives_its_rows(base, compiled):
    # What waits for the garbage collector is memory that grows with the number of shards.
    seen = []
    asked = Questions(
        AS_OFS,
        PARIS,
        PLAN,
        catalogue.select(PLAN, Path()),
        SnapshotPlan(),
        measures,
        (),
        2,
        compiled=compiled,
    )

    def work(shard):
        part, _ = answered(shard, asked, Ahead(CHURN, VALUE, WATERMARK))
        seen.extend(weakref.ref(columns["time"]) for columns in shard.events.values())  # others are not made
        return len(part)

    gc.disable()
    try:
        limits = shards.Limits(shard_events=50, compiled=compiled)
        assert sum(shards.mapped(work, base[0], PARIS.zone, limits)) > 0
        alive = [ref for ref in seen if ref() is not None]
    finally:
        gc.enable()
    assert len(seen) > 5
    assert alive == []
