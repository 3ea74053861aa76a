"""What followed a snapshot, by hand. As of day 100; gap 7, horizon 30: outcome [107, 137)."""

import pytest

from churnlab.errors import ConfigError
from churnlab.history import Outcome
from churnlab.snapshots import Calendar
from ledger import outcome, shard


@pytest.mark.parametrize(
    ("day", "in_gap", "in_outcome"),
    [(99, 0, 0), (100, 1, 0), (106, 1, 0), (107, 0, 1), (136, 0, 1), (137, 0, 0)],
)
def test_an_order_belongs_to_the_gap_the_outcome_or_neither(day, in_gap, in_outcome):
    seen = outcome([{"day": day, "amount": 5}], [100], gap=7)
    assert (int(seen.gap_orders.count()[0]), int(seen.orders.count()[0])) == (in_gap, in_outcome)


def test_a_return_before_settlement_ends_undoes_the_order_and_a_later_one_does_not():
    for returned, orders in ((140, 0), (146, 0), (147, 1)):  # settlement of 10 days: until day 147
        lines = [
            {"day": 110, "order_id": "A", "amount": 50},
            {"day": returned, "order_id": "A", "amount": -50},
        ]
        seen = outcome(lines, [100], gap=7, settlement=10)
        assert (int(seen.orders.count()[0]), int(seen.transactions.sum("amount")[0])) == (orders, 50 * orders)


def test_a_late_record_counts_until_settlement_ends():
    for recorded, orders in ((146, 1), (147, 0)):
        lines = [{"day": 110, "amount": 50, "recorded": recorded}]
        assert list(outcome(lines, [100], gap=7, settlement=10).orders.count()) == [orders]


def test_only_orders_with_money_left_count_but_every_line_is_there():
    lines = [{"day": 110, "amount": 0}, {"day": 111, "amount": -30}, {"day": 112, "amount": 80}]
    seen = outcome(lines, [100], gap=7)
    assert (list(seen.orders.count()), list(seen.transactions.count())) == ([1], [3])
    assert list(seen.transactions.sum("amount")) == [50]


def test_an_outcome_is_complete_from_the_instant_settlement_ends():
    complete = [
        bool(outcome([], [100], gap=7, settlement=10, watermark=day).complete[0]) for day in (146, 147, 148)
    ]
    assert complete == [False, True, True]


def test_an_outcome_needs_transactions():
    with pytest.raises(ConfigError, match="read from transactions"):
        Outcome.of(shard([], [100], table="interactions"), Calendar("UTC"), 0, 30, 0, 0)
