"""Panels of customers' own horizons and of lost customers: as defined, however shards are cut."""

import itertools
import random
import statistics
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from churnlab import labels, panel, shards
from churnlab.config import from_mapping
from churnlab.config.churn import AdaptiveRule, Churn
from churnlab.config.project import FeaturePlan, SnapshotPlan, Value
from churnlab.errors import ConfigError
from churnlab.features import catalogue
from churnlab.panel import Ahead, Questions, answered, outcomes
from churnlab.snapshots import DAY, Calendar
from churnlab.strategy.intensity import measures
from panels_alike import assert_same
from worlds import drawn, world

UTC = Calendar("UTC")
AS_OFS = [UTC.instant(day) for day in (date(2025, 2, 27), date(2025, 5, 10))]
WATERMARK = AS_OFS[1] + (7 + 40 + 10) * DAY  # at the second date, complete for horizons up to 40 days
EDGES = [as_of + days * DAY for as_of in AS_OFS for days in (-90, -20, 0, 7, 37, 67, 57)]
PLAN = FeaturePlan(families=("recency",), windows=(30, 90))
SPANS = {"gap_days": 7, "settlement_days": 10}
OWN = Churn(
    **SPANS,
    horizon="adaptive",
    horizon_days=60,
    adaptive=AdaptiveRule(population_gap_days=14, least_days=20),
)
LOST = Churn(**SPANS, kind="win_back", horizon_days=40)


def made(tables, churn, *, as_ofs=AS_OFS, lost_after_days=None, compiled=False, **limits):
    who = SnapshotPlan(lost_after_days=lost_after_days)
    families = catalogue.select(PLAN, Path())
    asked = Questions(as_ofs, UTC, PLAN, families, who, measures, (), 2, compiled=compiled, kind=churn.kind)
    ahead = Ahead(churn, Value(horizon_days=40), WATERMARK)
    cut = shards.Limits(compiled=compiled, **limits)
    blocks = shards.mapped(lambda shard: answered(shard, asked, ahead), tables, UTC.zone, cut)
    return panel.build(blocks, asked, ahead, {"a": "0"})


def tables_of(found):
    return world(found, attributes={"city": "category", "size": "number"}, watermark=WATERMARK)


def orders(found, customer, until):
    """[time] of the customer's qualifying orders, as known before an instant."""
    baskets = {}
    for number, line in enumerate(found["transactions"]):
        if line["customer_id"] == customer and max(line["time"], line["recorded_at"]) < until:
            baskets.setdefault(line["order_id"] or number, []).append(line)
    return sorted(
        min(line["time"] for line in basket)
        for basket in baskets.values()
        if sum(line["amount"] for line in basket) > 0
    )


def own_days(times):
    gaps = [(later - earlier) / DAY for earlier, later in itertools.pairwise(times)]
    middle = statistics.median(gaps) if gaps else 0
    return min(60, max(20, round(2.5 * (len(gaps) * middle + 3 * 14) / (len(gaps) + 3))))


def silent(found, customer, as_of, days):
    """A label by definition: 1 nothing bought in the window, None while it is not complete."""
    opens, closes = as_of + 7 * DAY, as_of + (7 + days) * DAY
    settled = closes + 10 * DAY
    if settled > WATERMARK:
        return None
    return float(not any(opens <= time < closes for time in orders(found, customer, settled)))


def check_labels(churn, lost_after_days=None):
    found = drawn(11, EDGES, customers=60, lines=400)
    rows, excluded = made(tables_of(found), churn, lost_after_days=lost_after_days)
    labelled = dict(zip(zip(rows.customer_id, rows.as_of, strict=True), rows.churned, strict=True))
    spans, incomplete = set(), 0
    for customer in sorted({line["customer_id"] for line in found["transactions"]}):
        for as_of in AS_OFS:
            past = orders(found, customer, as_of)
            lost = churn.kind != "win_back" or (past and past[-1] < as_of - lost_after_days * DAY)
            got = labelled.pop((customer, as_of), "nobody")
            if not past or not lost:
                assert got == "nobody", "not as defined: who is asked about"
                continue
            days = 40 if churn.kind == "win_back" else own_days(past)
            expected = silent(found, customer, as_of, days)
            assert got == expected or (expected is None and np.isnan(got)), (
                f"not as defined: {got}, {expected}"
            )
            spans.add(days)
            incomplete += expected is None
    assert not labelled
    assert excluded.get("label_window_incomplete", 0) == incomplete
    assert 0 < np.nanmean(rows.churned) < 1
    return spans, incomplete, excluded


def test_own_horizons_are_as_defined():
    spans, incomplete, _ = check_labels(OWN)
    assert len(spans) > 5  # windows differ, and at the last date so does who has a label
    assert 0 < incomplete < 60


def test_lost_customers_are_as_defined():
    _, incomplete, excluded = check_labels(LOST, lost_after_days=20)
    assert incomplete == 0
    assert excluded["not_lost"] > 10


MUTANTS = {
    "own horizons": (
        OWN,
        outcomes,
        "own_horizon",
        lambda past, rule, longest: np.full(len(past.as_of), longest),
    ),
    "completeness": (OWN, labels, "churned", lambda o, **_: (o.orders.count() == 0) * 1.0),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(monkeypatch, name):
    churn, *patch = MUTANTS[name]
    monkeypatch.setattr(*patch)
    with pytest.raises(AssertionError, match="not as defined"):
        check_labels(churn)


@pytest.mark.parametrize(("churn", "lost"), [(OWN, None), (LOST, 20)], ids=["own horizons", "win back"])
def test_how_shards_are_cut_changes_no_byte(churn, lost):
    """P4, P5, P11, P14."""
    found = drawn(12, EDGES, customers=60, lines=400)
    expected, excluded = made(tables_of(found), churn, lost_after_days=lost)
    random.Random(1).shuffle(found["transactions"])
    tables = tables_of(found)
    for limits in ({"shard_events": 1}, {"shard_events": 200, "memory": 0, "compiled": True}, {"threads": 2}):
        other, left_out = made(tables, churn, lost_after_days=lost, **limits)
        assert_same(other, expected)
        assert left_out == excluded
    alone, _ = made(tables, churn, as_ofs=AS_OFS[:1], lost_after_days=lost)
    first = expected.as_of == AS_OFS[0]
    np.testing.assert_array_equal(alone.churned, expected.churned[first])


def test_the_tail_is_that_of_the_longest_horizon():
    assert (OWN.tail_days, LOST.tail_days) == (7 + 60 + 10, 7 + 40 + 10)
    assert AS_OFS[1] + OWN.tail_days * DAY > WATERMARK  # no such date is learned from before it is complete
    assert timedelta(days=OWN.tail_days).days == 77


def test_win_back_must_know_when_a_customer_is_lost():
    project = {
        "project": "shop",
        "time_zone": "UTC",
        "sources": {"transactions": [{"name": "o", "frame": "o", "times": {"format": "native", "zone": "UTC"},
                                      "columns": {"customer_id": "a", "time": "b"}}]},
        "churn": {"kind": "win_back", "horizon_days": 40},
    }  # fmt: skip
    with pytest.raises(ConfigError, match="lost_after_days must say when a customer is lost"):
        from_mapping(project)
    assert from_mapping(project | {"snapshots": {"lost_after_days": 90}}).churn.kind == "win_back"
