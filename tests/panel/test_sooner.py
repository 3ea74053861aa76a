"""Labels of shorter windows: as defined, never at odds with that of the whole one, missing where it is."""

import itertools
import random
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from churnlab import panel, shards
from churnlab.config.churn import Churn, ContractRule
from churnlab.config.project import FeaturePlan, SnapshotPlan, Value
from churnlab.features import catalogue
from churnlab.panel import Ahead, Questions, answered, outcomes
from churnlab.snapshots import DAY, Calendar
from churnlab.strategy.intensity import measures
from ledger import UTC, shard
from panels_alike import assert_same
from worlds import drawn, world

DAYS = (10, 25)
AS_OFS = [UTC.instant(day) for day in (date(2025, 2, 27), date(2025, 5, 10))]
WATERMARK = AS_OFS[1] + (7 + 40 + 10) * DAY  # just enough for the second date
EDGES = [as_of + days * DAY for as_of in AS_OFS for days in (-20, 0, 7, 17, 32, 47, 57)]
PLAN = FeaturePlan(families=("recency",), windows=(30,))
SPANS = {"gap_days": 7, "horizon_days": 40, "settlement_days": 10, "also_days": DAYS}
CHURN = Churn(**SPANS)
RULE = ContractRule(grace_days=0, involuntary_reasons=("payment_failed",))
KINDS = {
    "orders": CHURN,
    "orders of the gap count": Churn(**SPANS, gap_purchase_counts=True),
    "the lost": Churn(**SPANS, kind="win_back"),
    "contracts": Churn(**SPANS, kind="contractual", contract=RULE),
    "any contract": Churn(**SPANS, kind="contractual", contract=RULE.model_copy(update={"lapse": "any"})),
}


def made(tables, churn=CHURN, **limits):
    who = SnapshotPlan(lost_after_days=20 if churn.kind == "win_back" else None)
    families = catalogue.select(PLAN, Path())
    asked = Questions(AS_OFS, UTC, PLAN, families, who, measures, (), 2, kind=churn.kind)
    ahead, cut = Ahead(churn, Value(), WATERMARK), shards.Limits(**limits)
    blocks = shards.mapped(lambda part: answered(part, asked, ahead), tables, UTC.zone, cut)
    return panel.build(blocks, asked, ahead, {"a": "0"})[0]


def signed(seed, customers):
    """Contracts that end on the edges of the windows, or beside them; some are known late."""
    draw = random.Random(seed)
    for number in range(2 * customers):
        begins = min(EDGES) - draw.randrange(1, 300) * DAY
        yield {
            "customer_id": f"{number % customers:03}",
            "time": begins,
            "recorded_at": begins + draw.choice([0, 0, 0, DAY, 60 * DAY]),
            "end": None if draw.random() < 0.2 else draw.choice(EDGES) + draw.choice([-1, 0, 1, 5 * DAY]),
            "reason": draw.choice([None, None, "payment_failed"]),
        }


def events(seed):
    found = drawn(seed, EDGES, customers=60, lines=400)
    return found | {"contracts": list(signed(seed, 60))}


def tables_of(found):
    return world(found, attributes={"city": "category", "size": "number"}, watermark=WATERMARK)


@pytest.mark.parametrize("churn", KINDS.values(), ids=KINDS)
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_a_shorter_window_is_never_at_odds_with_a_longer_one(churn, seed):
    """An end of a contract in the first days is one in the window; so is an order."""
    rows = made(tables_of(events(seed)), churn)
    labels = [*(rows.sooner[f"churned_{days}d"] for days in DAYS), rows.churned]
    differ = 0
    for short, long in itertools.pairwise(labels):
        known = np.isfinite(short) & np.isfinite(long)
        rises = (long - short)[known] * (1 if churn.kind == "contractual" else -1)
        assert (rises >= 0).all()
        differ += (rises > 0).sum()
        assert not np.isfinite(short[np.isnan(rows.churned)]).any(), "known before the whole window is"
        if churn.kind != "contractual":  # an end that nobody chose, and then one that somebody did
            assert np.isfinite(short[np.isfinite(long)]).all()
    assert differ > 0


def defined(found, customer, as_of, days):
    """1: no order in the first ``days`` of the window, as known when all of it has settled."""
    settled = as_of + (7 + 40 + 10) * DAY
    baskets = {}
    for number, line in enumerate(found["transactions"]):
        if line["customer_id"] == customer and max(line["time"], line["recorded_at"]) < settled:
            baskets.setdefault(line["order_id"] or number, []).append(line)
    bought = [
        min(line["time"] for line in basket)
        for basket in baskets.values()
        if sum(line["amount"] for line in basket) > 0
    ]
    return float(not any(as_of + 7 * DAY <= time < as_of + (7 + days) * DAY for time in bought))


def test_labels_of_orders_are_as_defined():
    found = events(4)
    rows = made(tables_of(found))
    for days in DAYS:
        told = rows.sooner[f"churned_{days}d"]
        expected = [
            defined(found, who, when, days) for who, when in zip(rows.customer_id, rows.as_of, strict=True)
        ]
        assert told.tolist() == expected
        assert 0 < told.mean() < 1


def labels_of(churn, lines, table="transactions", as_of=100, watermark=200):
    ahead = Ahead(churn, Value(), watermark * DAY)
    found = outcomes._sooner(shard(lines, [as_of], table), UTC, ahead, compiled=False)
    return {name: values.item() for name, values in found.items()}


def test_an_order_that_is_given_back_later_came_in_no_window():
    # As of day 100, [100, 140) with [100, 110): bought on day 105, returned on day 130.
    churn = Churn(horizon_days=40, also_days=(10,))
    bought = {"day": 105, "order_id": "A", "amount": 50}
    assert labels_of(churn, [bought]) == {"churned_10d": 0}
    assert labels_of(churn, [bought, {**bought, "day": 130, "amount": -50}]) == {"churned_10d": 1}


def test_contracts_by_hand():
    # The contract ends on day 115: within 30 of 40 days, not within 10; known from day 140 on.
    churn = Churn(
        kind="contractual", horizon_days=40, also_days=(10, 30), contract=ContractRule(grace_days=0)
    )
    ends = [{"day": 20, "end": 115}]
    assert labels_of(churn, ends, "contracts") == {"churned_10d": 0, "churned_30d": 1}
    missing = labels_of(churn, ends, "contracts", watermark=139)
    assert np.isnan(list(missing.values())).all()


def test_a_window_that_was_not_learned_is_missing():
    # Of a young history a part of the horizon is learned: here 20 days, so of 30 nothing is known.
    churn = Churn(horizon_days=40, also_days=(10, 30)).model_copy(update={"horizon_days": 20})
    found = labels_of(churn, [{"day": 105, "amount": 5}])
    assert found["churned_10d"] == 0
    assert np.isnan(found["churned_30d"])


def test_how_shards_are_cut_changes_no_byte():
    """P4, P5, P11."""
    tables = tables_of(events(5))
    expected = made(tables)
    for limits in ({"shard_events": 1}, {"shard_events": 200, "memory": 0}, {"threads": 2}):
        assert_same(made(tables, **limits), expected)


def test_whoever_does_not_ask_has_the_panel_of_before():
    tables = tables_of(events(6))
    asked, plain = made(tables), made(tables, CHURN.model_copy(update={"also_days": ()}))
    assert plain.sooner == {}
    assert list(plain.frame()) == [name for name in asked.frame() if not name.endswith(("_10d", "_25d"))]
    for name in ("customer_id", "as_of", "numbers", "churned", "value"):
        np.testing.assert_array_equal(getattr(asked, name), getattr(plain, name))


def test_rows_that_are_taken_keep_their_labels():
    rows = made(tables_of(events(7)))
    some = np.array([3, 1])
    few = rows.take(some)
    assert few.sooner["churned_10d"].tolist() == rows.sooner["churned_10d"][some].tolist()
    assert few.frame()["churned_25d"].tolist() == rows.sooner["churned_25d"][some].tolist()


def test_a_calendar_whose_clocks_change_answers_both_as_late():
    paris = Calendar("Europe/Paris")
    as_of = paris.instant(date(2025, 3, 25))  # clocks go forward on the 30th, inside of the window
    churn = Churn(horizon_days=40, also_days=(10,))
    settled = paris.instant(date(2025, 5, 4))
    one = shard([{"time": as_of + DAY, "amount": 5}], [as_of / DAY])
    for watermark, label in ((settled - 1, np.nan), (settled, 0.0)):
        found = outcomes._sooner(one, paris, Ahead(churn, Value(), watermark), compiled=False)
        np.testing.assert_equal(found["churned_10d"], [label])
