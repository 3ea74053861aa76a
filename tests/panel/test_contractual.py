"""A panel whose customers leave by not renewing: labels as defined, the same bytes however shards are cut."""

import random
from collections import Counter
from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pytest

from churnlab import labels, panel, shards
from churnlab.config.churn import Churn, ContractRule
from churnlab.config.project import FeaturePlan, SnapshotPlan, Value
from churnlab.features import catalogue
from churnlab.panel import Ahead, Questions, answered
from churnlab.panel.sample import Sampler
from churnlab.snapshots import DAY, Calendar
from churnlab.strategy.intensity import measures
from panels_alike import CUTS, assert_same
from worlds import drawn, world

PARIS = Calendar("Europe/Paris")
DATES = [date(2025, 2, 27), date(2025, 3, 30), date(2025, 5, 10)]  # 30 March has 23 hours
AS_OFS = [PARIS.instant(day) for day in DATES]
RULE = ContractRule(grace_days=20, involuntary_reasons=("payment_failed",))
CHURN = Churn(kind="contractual", horizon_days=30, gap_days=7, settlement_days=10, contract=RULE)
TAIL = 7 + 30 + 20 + 10
WATERMARK = PARIS.instant(DATES[1] + timedelta(days=TAIL))  # just enough for the second date
EDGES = [PARIS.instant(day + timedelta(days=days)) for day in DATES for days in (0, 7, 37, 57, TAIL)]
PLAN = FeaturePlan(families=("recency", "contract"), windows=(30, 90))


def signed(seed, customers):
    """Contracts that begin, end and are recorded on the edges of the windows, or beside them."""
    draw = random.Random(seed)

    def instant():
        return draw.choice(EDGES) + draw.choice([-1, 0, 0, 1, -40 * DAY, 5 * DAY])

    for number in range(3 * customers):
        begins = instant() if draw.random() < 0.4 else min(EDGES) - draw.randrange(1, 300) * DAY
        yield {
            "customer_id": f"{number % customers:03}",
            "time": begins,
            "recorded_at": begins + draw.choice([0, 0, 0, 1, DAY, 60 * DAY]),
            "end": None if draw.random() < 0.2 else instant(),
            "type": draw.choice(["basic", "full"]),
            "reason": draw.choice([None, None, "payment_failed", "moved"]),
        }


def events(seed=3):
    found = drawn(seed, EDGES)
    return found | {"contracts": list(signed(seed, 40))}


def tables_of(found):
    return world(found, attributes={"city": "category", "size": "number"}, watermark=WATERMARK)


def made(
    tables, churn=CHURN, as_ofs=AS_OFS, *, compiled=False, only=None, in_order=list, budget=None, **limits
):
    families = catalogue.select(PLAN, Path())
    asked = Questions(
        as_ofs, PARIS, PLAN, families, SnapshotPlan(), measures, (), 2, compiled=compiled, kind=churn.kind
    )
    ahead, cut = Ahead(churn, Value(), WATERMARK), shards.Limits(compiled=compiled, **limits)
    sampler = None if budget is None else Sampler(budget, 1)
    blocks = shards.mapped(
        lambda shard: answered(shard, asked, ahead, sampler), tables, PARIS.zone, cut, only
    )
    return panel.build(in_order(blocks), asked, ahead, {"a": "0"}, sampler)


def defined(found, customer, as_of, churn):
    """A label, or why there is none: plain Python, contract by contract."""
    rule = churn.contract

    def ahead(days, since=as_of):
        # Instants between midnights keep their time of day; none here lies in an hour that clocks skip.
        midnight = PARIS.instant(PARIS.date(since))
        return PARIS.instant(PARIS.date(since) + timedelta(days=days)) + since - midnight

    mine = [row for row in found["contracts"] if row["customer_id"] == customer]
    seen = [row for row in mine if max(row["time"], row["recorded_at"]) < as_of]
    if not [row for row in seen if row["end"] is None or row["end"] >= as_of]:
        return "no_running_contract"
    settled = ahead(TAIL)
    if settled > WATERMARK:
        return "label_window_incomplete"
    known = [row for row in mine if max(row["time"], row["recorded_at"]) < settled]
    lapsed = []
    for row in known:
        if row["end"] is not None and row["time"] < row["end"] and as_of <= row["end"] < ahead(37):
            renewed = any(
                other["time"] < ahead(rule.grace_days, row["end"])
                and (other["end"] is None or other["end"] > max(row["end"], other["time"]))
                for other in known
            )
            lapsed += [] if renewed else [(row["end"] >= ahead(7), row["reason"] in rule.involuntary_reasons)]
    inside = [forced for within, forced in lapsed if within]
    if inside and (not all(inside) or rule.involuntary == "count"):
        return 1.0
    if inside:
        return "left_involuntarily"
    return "contract_ended_in_gap" if lapsed else 0.0


def check_labels(found, churn=CHURN):
    rows, excluded = made(tables_of(found), churn)
    labelled = dict(zip(zip(rows.customer_id, rows.as_of, strict=True), rows.churned, strict=True))
    bought = {}
    for line in found["transactions"]:
        since = max(line["time"], line["recorded_at"])
        bought[line["customer_id"]] = min(since, bought.get(line["customer_id"], since))
    reasons = Counter()
    for customer, first in bought.items():
        for as_of in AS_OFS:
            if first < as_of:
                expected = defined(found, customer, as_of, churn)
                got = labelled.pop((customer, as_of), None)
                if isinstance(expected, str):
                    reasons[expected] += 1
                    assert got is None or np.isnan(got), f"not as defined: {got}, not {expected}"
                else:
                    assert got == expected, f"not as defined: {got}, not {expected}"
    assert not labelled
    assert excluded == dict(reasons), "not as defined: reasons"
    return Counter(rows.churned[~np.isnan(rows.churned)].tolist()) | reasons


@pytest.mark.parametrize("involuntary", ["exclude", "count"])
def test_labels_are_as_defined(involuntary):
    rule = RULE.model_copy(update={"involuntary": involuntary})
    found = check_labels(events(), CHURN.model_copy(update={"contract": rule}))
    assert min(found[0.0], found[1.0], found["no_running_contract"], found["label_window_incomplete"]) > 3
    assert found["contract_ended_in_gap"] > 0
    assert (found["left_involuntarily"] > 0) == (involuntary == "exclude")


LAPSED = labels.lapsed
MUTANTS = {
    "incomplete is 0": (
        "lapsed",
        lambda o, *, involuntary: np.nan_to_num(LAPSED(o, involuntary=involuntary)),
    ),
    "nobody is set aside": ("set_aside", lambda o, *, involuntary: {}),
    "whoever left in the gap stayed": (
        "lapsed",
        lambda o, **_: np.where(o.complete, o.voluntary < 1, np.nan),
    ),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(monkeypatch, name):
    monkeypatch.setattr(labels, *MUTANTS[name])
    with pytest.raises(AssertionError, match="not as defined"):
        check_labels(events())


@pytest.fixture(scope="module")
def base():
    tables = tables_of(events())
    return tables, *made(tables)


@pytest.mark.parametrize("limits", CUTS.values(), ids=CUTS)
def test_how_shards_are_cut_changes_no_byte(base, limits):
    """P4, P5, P11."""
    tables, expected, excluded = base
    found, left_out = made(tables, **limits)
    assert_same(found, expected)
    assert left_out == excluded


def test_a_sample_holds_whole_customers_however_shards_are_cut(base):
    tables, expected, _ = base
    found, left_out = made(tables, budget=len(expected) // 2)
    assert 0 < len(found) <= len(expected) // 2
    cut, cut_out = made(tables, budget=len(expected) // 2, shard_events=50)
    assert_same(cut, found)
    assert left_out == cut_out


def test_the_order_of_contracts_does_not_show(base):
    """P4."""
    _, expected, _ = base
    found = events()
    random.Random(1).shuffle(found["contracts"])
    assert_same(made(tables_of(found))[0], expected)


def test_one_date_or_one_customer_has_the_rows_of_all(base):
    """P13, P14."""
    tables, together, _ = base
    alone = made(tables, as_ofs=AS_OFS[:1])[0]
    assert alone.churned.tolist() == together.churned[together.as_of == AS_OFS[0]].tolist()
    who = together.customer_id[len(together) // 2]
    mine = made(tables, only=who)[0]
    chosen = together.customer_id == who
    np.testing.assert_equal(mine.churned, together.churned[chosen])
    np.testing.assert_equal(mine.numbers, together.numbers[chosen])


def test_the_outcome_changes_no_feature(base):
    """P10: contracts that begin or end after a snapshot."""
    _, expected, _ = base
    found = events()
    first = [row for row in found["contracts"] if max(row["time"], row["recorded_at"]) < AS_OFS[0]]
    cut = [
        {**row, "end": None if row["end"] is None or row["end"] >= AS_OFS[0] else row["end"]} for row in first
    ]
    changed = made(tables_of(found | {"contracts": cut}), as_ofs=AS_OFS[:1])[0]
    before = expected.take(expected.as_of == AS_OFS[0])
    kept = np.isin(changed.customer_id, before.customer_id)  # those set aside for what came later are back
    np.testing.assert_equal(changed.take(kept).numbers, before.numbers)
    assert changed.churned.sum() == 0


def test_what_other_kinds_read_is_not_in_the_meaning():
    plain = Churn(horizon_days=30)
    assert sorted(plain.meaning()) == [
        "gap_days", "gap_purchase_counts", "horizon_days", "negative_label", "positive_label",
        "settlement_days",
    ]  # fmt: skip
    assert CHURN.meaning()["contract"]["grace_days"] == 20
    assert (CHURN.tail_days, Churn(horizon_days=30, gap_days=7).tail_days) == (TAIL, 37)
