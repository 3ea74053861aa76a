"""Who is asked about: against the definition in plain Python, cut into shards or not."""

import random
from collections import Counter

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churnlab import shards
from churnlab.config import FeaturePlan
from churnlab.config.project import SnapshotPlan
from churnlab.history import History, eligible
from churnlab.snapshots import DAY, Calendar
from worlds import world

UTC = Calendar("UTC")


def plan(**changes):
    return SnapshotPlan().model_copy(update=changes)


def asked(tables, as_ofs, who, size=10**6):
    """[(customer, as_of)] of those who count, and how many do not, by reason."""
    found, left_out = [], Counter()
    for shard in shards.each(tables, "UTC", shards.Limits(shard_events=size)):
        past = History.of(eligible.candidates(shard, as_ofs), UTC, FeaturePlan())
        counts, excluded = eligible.eligible(past, who)
        candidate = eligible.candidates(shard, as_ofs)
        found += zip(
            shard.customers[candidate.customer[counts]], candidate.as_of[counts].tolist(), strict=True
        )
        left_out.update(excluded)
    return sorted(found, key=lambda one: (one[0].encode(), one[1])), dict(left_out)


def eligible_by_definition(lines, as_ofs, least, lost_days):
    """Plain Python: {(customer, as_of)} and the counts of exclusions."""
    found, excluded = [], {"not_enough_orders": 0, "already_lost": 0}
    for customer in sorted({line["customer_id"] for line in lines}, key=str.encode):
        for as_of in as_ofs:
            known = [
                line
                for line in lines
                if line["customer_id"] == customer
                and line["time"] < as_of
                and (line["recorded_at"] is None or line["recorded_at"] < as_of)
            ]
            orders = {}
            for number, line in enumerate(known):
                orders.setdefault(line["order_id"] or number, []).append(line)
            times = [
                min(line["time"] for line in order)
                for order in orders.values()
                if sum(line["amount"] for line in order) > 0
            ]
            if known and len(times) < least:
                excluded["not_enough_orders"] += 1
            elif known and lost_days and max(times) < as_of - lost_days * DAY:
                excluded["already_lost"] += 1
            elif known:
                found.append((customer, as_of))
    return found, {reason: count for reason, count in excluded.items() if count}


AS_OFS = [100 * DAY, 130 * DAY, 160 * DAY]
edges = [edge + slip for edge in (*AS_OFS, 70 * DAY) for slip in (-1, 0, 1)]
instants = st.sampled_from(edges) | st.integers(0, 200 * DAY)
lines = st.fixed_dictionaries(
    {
        "customer_id": st.sampled_from(["é", "z", "a", "\U0001f600", "\uffee"]),
        "time": instants,
        "recorded_at": st.none() | instants,
        "amount": st.sampled_from([-500, 500, 900, 0]),
        "order_id": st.none() | st.sampled_from(["1", "2"]),
    }
)
SHARED = ibis.duckdb.connect(threads=2)


def check_eligible(events, least, lost_days, size=10**6):
    wanted, excluded = eligible_by_definition(events, AS_OFS, least, lost_days)
    tables = world({"transactions": events}, con=SHARED)
    found, left_out = asked(tables, AS_OFS, plan(min_orders=least, lost_after_days=lost_days), size)
    assert found == wanted, "not as defined"
    assert left_out == excluded, "not as defined"


@settings(max_examples=30)
@given(st.lists(lines, min_size=1, max_size=40), st.sampled_from([1, 2]), st.sampled_from([None, 30]))
def test_eligibility_matches_its_definition(events, least, lost_days):
    check_eligible(events, least, lost_days)


def many(customers=300, per_customer=6):
    """Lines of many customers at once, half of the instants on an edge."""
    draw = random.Random(4)

    def instant():
        return draw.choice(edges) if draw.random() < 0.5 else draw.randrange(200 * DAY)

    return [
        {
            "customer_id": str(number % customers),
            "time": instant(),
            "recorded_at": draw.choice([None, None, instant()]),
            "amount": draw.choice([-500, 500, 900, 0]),
            "order_id": draw.choice([None, "1", "2"]),
        }
        for number in range(customers * per_customer)
    ]


MUTANTS = {
    "at the date itself": (
        "candidates",
        lambda shard, as_ofs, keep=eligible.candidates: keep(shard, [a + 1 for a in as_ofs]),
    ),
    "the last is forgotten": ("ALL", 40),
    "refunds are orders": ("operator.gt", lambda left, right: left != right),
}


@pytest.mark.parametrize("size", [1, 100, 10**6])
def test_many_customers_however_they_are_cut(size):
    check_eligible(many(), 2, 30, size)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(monkeypatch, name):
    place, mutant = MUTANTS[name]
    monkeypatch.setattr(f"churnlab.history.eligible.{place}", mutant)
    with pytest.raises(AssertionError, match="not as defined"):
        check_eligible(many(), 2, 30)


def test_without_amounts_and_orders_every_line_counts():
    events = [{"customer_id": "a", "time": 5 * DAY}, {"customer_id": "a", "time": 9 * DAY}]
    tables = world({"transactions": events})
    dates = [5 * DAY, 9 * DAY, 9 * DAY + 1]
    assert [as_of for _, as_of in asked(tables, dates, plan())[0]] == dates[1:]
    assert [as_of for _, as_of in asked(tables, dates, plan(min_orders=2))[0]] == dates[2:]


def test_many_snapshots_at_once():
    tables = world({"transactions": [{"customer_id": "a", "time": 0, "amount": 5}]})
    daily = [day * DAY for day in range(366)]
    assert [as_of for _, as_of in asked(tables, daily, plan())[0]] == daily[1:]
