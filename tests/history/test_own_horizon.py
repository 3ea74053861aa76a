"""A horizon for each customer, by hand. As of day 1000, orders counted back from it."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given

import laws
import oracle
from churnlab.config.churn import AdaptiveRule, Churn
from churnlab.history import Outcome
from churnlab.history.own_horizon import own_gap, own_horizon
from churnlab.snapshots import Calendar
from churnlab.testing import worlds
from ledger import DAY, UTC, past, shard

RULE = AdaptiveRule(population_gap_days=60)


def lines(*ago):
    return [{"day": 1_000 - days, "amount": 5} for days in ago]


def test_the_own_gap_of_the_domain_page():
    # Three gaps with median 20 and a population of 60: (3 x 20 + 3 x 60) / 6 = 40; no repeat: 60.
    assert own_gap(past(lines(61, 41, 21, 1), [1_000]), 60).tolist() == [40]
    assert own_gap(past(lines(10), [1_000]), 60).tolist() == [60]
    # Seven gaps, median 10: (7 x 10 + 180) / 10 = 25. The order on the very day is the future.
    assert own_gap(past(lines(*range(0, 90, 10)), [1_000]), 60).tolist() == [25]


@pytest.mark.parametrize(
    ("ago", "days"),
    [
        ((61, 41, 21, 1), 100),  # 2.5 x 40
        ((10,), 150),  # 2.5 x 60
        (range(1, 200, 1), 45),  # 2.5 x (198 + 180) / 201 = 4.7, at least 45
        ((900, 600, 300), 365),  # 2.5 x (600 + 180) / 5 = 390, at most 365
    ],
)
def test_the_horizon_is_two_and_a_half_gaps_within_bounds(ago, days):
    found = own_horizon(past(lines(*ago), [1_000]), RULE, 365)
    assert (found.tolist(), found.dtype) == ([days], np.int64)


def outcome(horizons, watermark=10_000):
    """Customers who ordered on day 100 + 60; as of day 100, gap 7, settlement 5."""
    rows = [{"customer": customer, "day": 160, "amount": 5} for customer in range(len(horizons))]
    asked = shard(rows, [100])
    return Outcome.of(asked, UTC, 7, np.array(horizons, dtype=np.int64), 5, watermark * DAY)


def test_each_customer_has_a_window_of_their_own():
    # Windows [107, 107 + H): day 160 lies in it from H = 54 on. Some come in falling order, some twice.
    assert outcome([365, 53, 54, 45, 54]).orders.count().tolist() == [1, 0, 1, 0, 1]


def test_a_label_is_complete_once_its_own_window_is():
    # Settled on day 100 + 7 + H + 5: with a watermark of day 166, H up to 54.
    assert outcome([54, 55, 45], watermark=166).complete.tolist() == [True, False, True]


@given(worlds(["transactions"]))
def test_own_windows_are_as_each_alone(world):
    """P11: (n,) horizons, against the outcome of one horizon for all, whose oracle is in laws."""
    asked = world.shard()
    days = np.resize([world.horizon, 45, 3, 91], len(asked.as_of))
    spans = (world.gap, days, world.settlement, world.watermark)
    for compiled in (False, True):
        found = Outcome.of(asked, world.calendar, *spans, compiled=compiled)
        for own in set(days.tolist()):
            each = Outcome.of(asked, world.calendar, world.gap, own, world.settlement, world.watermark)
            mine = days == own
            for name in ("orders", "gap_orders", "transactions"):
                left, right = (getattr(one, name).sum("amount")[mine] for one in (found, each))
                assert left.tolist() == right.tolist(), name
            assert found.complete[mine].tolist() == each.complete[mine].tolist()


@given(worlds(["transactions"]))
def test_what_comes_later_moves_no_horizon(world):
    """P1: the horizon is known at as_of."""
    as_of = world.asked[0]
    cut = replace(world.known_before(as_of), asked=(as_of,))
    whole = replace(world, asked=(as_of,))
    horizons = [own_horizon(one.history(), RULE, 365) for one in (cut, whole)]
    laws.assert_same({"days": horizons[1]}, {"days": horizons[0]}, "the future changes the horizon")


def test_days_ahead_of_each_instant_are_those_of_all():
    paris = Calendar("Europe/Paris")
    instants = np.arange(20_170, 20_180) * DAY  # over 30 March 2025
    days = np.arange(10)
    expected = [oracle.moved(paris, int(at), int(later)) for at, later in zip(instants, days, strict=True)]
    assert paris.ahead(instants, days).tolist() == expected


@pytest.mark.parametrize(
    ("keys", "words"),
    [
        ({"horizon": "adaptive"}, "population_gap_days must say"),
        ({"horizon": "adaptive", "kind": "contractual"}, "needs kind non_contractual"),
        ({"horizon": "adaptive", "adaptive": {"population_gap_days": 60}, "horizon_days": 30}, "the longest"),
        ({"adaptive": {"population_gap_days": 60}}, "horizon is fixed"),
    ],
)
def test_what_does_not_go_together_is_told(keys, words):
    with pytest.raises(ValueError, match=words):
        Churn(**{"horizon_days": 365} | keys)
