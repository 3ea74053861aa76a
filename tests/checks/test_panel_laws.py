"""The laws of a panel made by compiled code: cut, ordered or asked for otherwise, the bytes that numpy gives.

The same laws of a panel made by numpy are in tests/panel/test_rows.py.
"""

import random
from datetime import date, timedelta
from pathlib import Path

import ibis
import pytest

from churnlab import panel, shards
from churnlab.config.project import Churn, FeaturePlan, SnapshotPlan, Value
from churnlab.features import catalogue
from churnlab.panel import Ahead, Questions, answered
from churnlab.snapshots import Calendar
from churnlab.strategy.intensity import measures
from panels_alike import assert_same
from worlds import drawn, world

PARIS = Calendar("Europe/Paris")
DATES = [date(2025, 2, 27), date(2025, 3, 30)]  # 30 March has 23 hours
AS_OFS = [PARIS.instant(day) for day in DATES]
EDGES = [PARIS.instant(day + timedelta(days=days)) for day in DATES for days in (-90, -30, 0, 7, 37, 47)]
AHEAD = Ahead(Churn(horizon_days=30, gap_days=7, settlement_days=10), Value(horizon_days=30), max(EDGES))
EVENTS = drawn(4, EDGES)


def tables_of(events, **keys):
    attributes = {"city": "category", "size": "number"}
    return world(events, attributes=attributes, watermark=AHEAD.watermark, **keys)


def made(tables, as_ofs=AS_OFS, *, compiled=True, only=None, in_order=list, **limits):
    """The panel. ``in_order``: puts the answers of the shards in some order."""
    plan = FeaturePlan(windows=(30, 90))
    families = catalogue.select(plan, Path())
    asked = Questions(
        as_ofs, PARIS, plan, families, SnapshotPlan(), measures, ("city",), exponent=2, compiled=compiled
    )
    cut = shards.Limits(compiled=compiled, **limits)
    parts = shards.mapped(lambda shard: answered(shard, asked, AHEAD), tables, PARIS.zone, cut, only)
    return panel.build(in_order(parts), asked, AHEAD, {"a": "0"})


@pytest.fixture(scope="module")
def base():
    """The tables, and the panel of one shard made by numpy."""
    tables = tables_of(EVENTS)
    found, excluded = made(tables, compiled=False)
    assert len(set(found.as_of)) == 2
    assert len(set(found.churned)) == 2
    return tables, found, excluded


LIMITS = {
    "one shard": {},
    "some shards": {"shard_events": 300},
    "a shard a customer": {"shard_events": 1},
    "some shards on disk": {"shard_events": 300, "memory": 0},
    "a shard a customer, on disk, on threads": {"shard_events": 1, "memory": 0, "threads": 2},
}


@pytest.mark.parametrize("limits", LIMITS.values(), ids=LIMITS)
def test_neither_the_number_of_shards_nor_memory_shows(base, limits):
    """P5, P11, A7."""
    tables, expected, excluded = base
    found, left_out = made(tables, **limits)
    assert_same(found, expected)
    assert left_out == excluded


def backwards(parts):
    return list(parts)[::-1]


def shuffled(parts):
    found = list(parts)
    return random.Random(2).sample(found, len(found))


@pytest.mark.parametrize("compiled", [False, True], ids=["numpy", "compiled"])
@pytest.mark.parametrize("in_order", [backwards, shuffled])
def test_the_order_of_shards_does_not_show(base, in_order, compiled):
    """P4, A7: whichever task of a cluster is done first."""
    tables, expected, excluded = base
    found, left_out = made(tables, compiled=compiled, shard_events=100, in_order=in_order)
    assert_same(found, expected)
    assert left_out == excluded


def test_the_order_of_rows_and_columns_does_not_show(base):
    """P4."""
    draw, mixed = random.Random(3), {}
    for name, rows in reversed(EVENTS.items()):
        columns = draw.sample(list(rows[0]), len(rows[0]))
        mixed[name] = [{column: row[column] for column in columns} for row in draw.sample(rows, len(rows))]
    tables = tables_of(mixed, con=ibis.duckdb.connect(threads=1))
    assert_same(made(tables)[0], base[1])


def test_a_customer_alone_has_the_rows_of_the_crowd(base):
    """P13."""
    tables, expected, _ = base
    for customer in expected.customer_id[[0, len(expected) // 2, -1]]:
        alone, _ = made(tables, only=customer)
        crowd = expected.take(expected.customer_id == customer)
        assert alone.numbers.tobytes() == crowd.numbers.tobytes()
        assert alone.churned.tobytes() == crowd.churned.tobytes()


def test_what_is_scored_at_a_date_is_what_was_trained_on_at_it(base):
    """P14: even where learning went one way and scoring the other."""
    tables, expected, _ = base
    for as_of in AS_OFS:
        scored, _ = made(tables, [as_of])
        trained = expected.take(expected.as_of == as_of)
        assert scored.customer_id.tolist() == trained.customer_id.tolist()
        assert scored.numbers.tobytes() == trained.numbers.tobytes()
        for name, values in trained.measures.items():
            assert scored.measures[name].tobytes() == values.tobytes(), name
