"""Laws 1, 2 and 13 of docs/laws.md over all that is measured at once: every feature, label and value."""

from dataclasses import replace
from datetime import date
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import laws
import oracle
from churnlab import labels
from churnlab.config import FeaturePlan
from churnlab.config.churn import AdaptiveRule, Churn, ContractRule
from churnlab.config.project import Value
from churnlab.features.catalogue import FAMILIES
from churnlab.history import Outcome
from churnlab.history.own_horizon import own_horizon
from churnlab.labels import Season
from churnlab.panel import Ahead, outcomes
from churnlab.snapshots import Calendar
from churnlab.testing import World, event, worlds

BACK = Calendar.back
PLAN = FeaturePlan(windows=(7, 30, 90), engagement_types=("review",), service_types=("complaint", "ticket"))


def busy_world():
    """Everybody orders every fifth day, before the date and after it."""
    calendar = Calendar("Europe/Paris")
    as_of = calendar.instant(date(2025, 3, 30))
    world, orders = World(calendar, (as_of,), {"transactions": (), "contracts": ()}), []
    for customer in world.customers:
        for days in range(-60, 60, 5):
            row = event(world, "transactions", Random(days))
            moment = as_of + days * oracle.DAY
            row |= {"customer": customer, "order_id": None, "amount": 900}
            orders.append({**row, "time": moment, "recorded_at": moment})
    return world.with_events("transactions", orders)


def features(world):
    """Every feature of every family, by name, of all customers at the first date."""
    past = replace(world, asked=world.asked[:1]).history(PLAN)
    return {feature.name: feature.values for family in FAMILIES.values() for feature in family(past)}


def check_blind(world):
    """All that was drawn, and what was known: whatever else may happen later, features are the latter's."""
    known = features(world.known_before(world.asked[0]))
    laws.assert_same(features(world), known, "the future changes the past")


# Law 1. Half of the instants drawn lie on the date or a microsecond beside it.
test_no_event_at_the_date_or_later_changes_a_feature = laws.often(given(worlds())(check_blind))


def test_an_event_at_the_very_date_that_is_seen_is_caught(monkeypatch):
    world = busy_world()
    check_blind(world)
    monkeypatch.setattr("churnlab.history.cuts.known_at", lambda time, recorded: time - 1)
    monkeypatch.setattr(
        "churnlab.snapshots.Calendar.back",
        lambda calendar, instants, days: BACK(calendar, instants, days) + (days == 0),
    )
    with pytest.raises(AssertionError, match="the future changes the past"):
        check_blind(world)


SPANS = {"horizon_days": 30, "gap_days": 7, "settlement_days": 10}
KINDS = {
    "non_contractual": Churn(**SPANS),
    "gap purchases count": Churn(**SPANS, gap_purchase_counts=True),
    "own horizons": Churn(
        **SPANS, horizon="adaptive", adaptive=AdaptiveRule(population_gap_days=3, least_days=5)
    ),
    "win_back": Churn(**SPANS, kind="win_back"),
    "contractual": Churn(**SPANS, kind="contractual", contract=ContractRule(grace_days=5)),
    "partial": Churn(**SPANS, kind="partial"),
}
# How far from the end of settlement, of the longest horizon, the data may end.
BESIDE = (-1, 0, 1, oracle.DAY, -oracle.DAY, -10 * oracle.DAY, -25 * oracle.DAY)


def labelled(world, churn, watermark):
    """(n,) the churn label of every customer at every date."""
    seasons = dict.fromkeys(world.asked, Season(10, 8))
    ahead = Ahead(churn, Value(), watermark, seasons)
    return outcomes.churned(world.shard(), world.calendar, ahead, compiled=False)


def valued(world, churn, watermark):
    spans = (churn.gap_days, churn.horizon_days, churn.settlement_days)
    seen = Outcome.of(world.shard(), world.calendar, *spans, watermark)
    rates = {"horizon_days": churn.horizon_days, "gap_days": churn.gap_days, "discount_rate_annual": 0.1}
    return labels.value(seen, **rates, basis="net_amount", exponent=2)


def settled(world, churn):
    """(n,) when each snapshot's window is over and its returns are in: plain Python, but own horizons."""
    days = [churn.horizon_days] * len(world.customers) * len(world.asked)
    if churn.horizon == "adaptive":
        days = own_horizon(world.history(), churn.adaptive, churn.horizon_days).tolist()
    grace = churn.contract.grace_days if churn.kind == "contractual" else 0
    more = churn.gap_days + churn.settlement_days + grace
    dates = [as_of for _ in world.customers for as_of in world.asked]
    return np.array(
        [oracle.moved(world.calendar, as_of, own + more) for as_of, own in zip(dates, days, strict=True)]
    )


def check_incomplete(kind, world, beside):
    churn = KINDS[kind]
    longest = churn.tail_days
    watermark = oracle.moved(world.calendar, world.asked[0], longest) + beside
    over = settled(world, churn) <= watermark
    found = labelled(world, churn, watermark)
    assert np.isnan(found[~over]).all(), "not over, yet labelled"
    # Contracts that ended otherwise than by choice have no label either; nobody else is without one.
    assert kind == "contractual" or not np.isnan(found[over]).any(), "over, yet missing"
    assert set(found[~np.isnan(found)].tolist()) <= {0.0, 1.0}
    if churn.by_orders:
        assert (np.isnan(valued(world, churn, watermark)) == ~over).all(), "not over, yet labelled: value"


# Law 2.
@pytest.mark.parametrize("kind", KINDS)
@laws.often
@given(world=worlds(("transactions", "contracts")), beside=st.sampled_from(BESIDE))
def test_a_label_whose_window_is_not_complete_is_missing(kind, world, beside):
    check_incomplete(kind, world, beside)


@pytest.mark.parametrize("kind", sorted({*KINDS} - {"own horizons"}))  # theirs are shorter in this world
@pytest.mark.parametrize("mutant", ["complete at once", "a moment early"])
def test_a_label_that_comes_too_early_is_caught(monkeypatch, kind, mutant):
    ahead = Calendar.ahead
    earlier = {
        "complete at once": lambda calendar, instants, days: ahead(calendar, instants, days) - 10**14,
        "a moment early": lambda calendar, instants, days: ahead(calendar, instants, days) - 1,
    }
    world = busy_world()
    check_incomplete(kind, world, -1)
    monkeypatch.setattr(Calendar, "ahead", earlier[mutant])
    with pytest.raises(AssertionError, match="not over, yet labelled"):
        check_incomplete(kind, world, -1)


def bought(world, at, random):
    """The lines of one order, one of them a gift."""
    lines = (
        {**event(world, "transactions", random), "customer": 1, "order_id": "returned", "amount": amount}
        for amount in (1999, 0, 30)
    )
    return [{**line, "time": at, "recorded_at": at} for line in lines]


def returned(lines, at):
    """All of it comes back."""
    return {**lines[0], "amount": -sum(line["amount"] for line in lines), "time": at, "recorded_at": at}


def outcome(world):
    """Label and value, of a window that is complete."""
    churn = Churn(horizon_days=world.horizon, gap_days=world.gap, settlement_days=world.settlement)
    end = oracle.moved(world.calendar, max(world.asked), churn.tail_days)
    return {"churned": labelled(world, churn, end), "value": valued(world, churn, end)}


def check_returned_before(world):
    random, as_of = Random(repr(world.asked)), world.asked[0]
    lines = bought(world, as_of - 40 * oracle.DAY, random)
    back = returned(lines, as_of - random.choice((1, oracle.DAY, 35 * oracle.DAY)))
    with_it = world.with_events("transactions", [*lines, back])
    laws.assert_same(features(with_it), features(world), "a returned order shows")
    laws.assert_same(outcome(with_it), outcome(world), "a returned order shows")


def check_returned_after(world):
    """One order before the date, one in the outcome window; both come back before settlement is over."""
    as_of, random = world.asked[0], Random(repr(world.asked))
    world = replace(world, asked=(as_of,))
    end = oracle.moved(world.calendar, as_of, world.gap + world.horizon + world.settlement)
    inside = oracle.moved(world.calendar, as_of, world.gap)
    lines = bought(world, as_of - random.choice((1, 20 * oracle.DAY)), random)
    kept = world.with_events("transactions", lines)
    gone = kept.with_events("transactions", [returned(lines, random.choice((as_of, end - 1)))])
    laws.assert_same(features(gone), features(kept), "a return shows too early")
    lines = bought(world, inside, random)
    back = returned(lines, random.choice((inside, end - 1)))
    never, later = outcome(world), world.with_events("transactions", lines)
    laws.assert_same(outcome(gone), never, "a returned order shows")
    laws.assert_same(outcome(later.with_events("transactions", [back])), never, "a returned order shows")
    # A moment later is too late: what the customer brought stays.
    late = later.with_events("transactions", [{**back, "time": end, "recorded_at": end}])
    laws.assert_same(outcome(late), outcome(later), "what comes after settlement shows")
    assert outcome(later)["churned"][1] == 0


# Law 13.
test_an_order_returned_before_the_date_has_never_been = laws.often(given(worlds())(check_returned_before))
test_an_order_returned_until_settlement_leaves_label_and_value_only = laws.often(
    given(worlds())(check_returned_after)
)


@pytest.mark.parametrize("check", [check_returned_before, check_returned_after])
def test_an_order_that_stays_although_returned_is_caught(monkeypatch, check):
    world = busy_world()
    check(world)
    nothing = lambda orders, amount: np.zeros(len(orders.first), dtype=bool)
    monkeypatch.setattr("churnlab.history.orders.Orders.refunded", nothing)
    with pytest.raises(AssertionError, match="a returned order shows"):
        check(world)
