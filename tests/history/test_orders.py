"""Lines become orders, and returns undo them, by hand."""

import operator

import numpy as np
import pytest

from churnlab.history import ALL
from ledger import past

BASKETS = [  # A: 30 on day 1; B: 50 on day 1, of which 20 come back on day 9; a line of its own on day 1
    {"day": 1, "order_id": "A", "amount": 10, "quantity": 1.0},
    {"day": 1, "order_id": "B", "amount": 50, "quantity": None},
    {"day": 1, "order_id": "A", "amount": 20, "quantity": 2.5},
    {"day": 1, "order_id": None, "amount": 7, "quantity": 1.0},
    {"day": 9, "order_id": "B", "amount": -20, "quantity": None},
]


def test_interleaved_lines_are_gathered_into_their_orders():
    orders = past(BASKETS, [5]).orders
    assert (list(orders.last(ALL).count()), list(orders.last(ALL).sum("amount"))) == ([3], [87])
    assert (list(orders.last(ALL).max("amount")), list(orders.last(ALL).max("lines"))) == ([50], [2])
    assert list(orders.last(ALL).sum("quantity")) == [4.5]  # B's is missing: passed over


def test_a_partial_return_lowers_its_order_from_its_own_date_on():
    orders = past(BASKETS, [9, 10]).orders.last(ALL)
    assert (list(orders.sum("amount")), list(orders.count())) == ([87, 67], [3, 3])
    assert list(past(BASKETS, [9, 10]).orders.last(5).count()) == [0, 0]  # an order stands at its first line


@pytest.mark.parametrize("returned", [8, 20, 39])
def test_a_whole_return_leaves_no_trace_after_it_and_none_before(returned):
    lines = [
        {"day": 2, "order_id": "K", "amount": 40},
        {"day": 7, "order_id": "R", "amount": 60},
        {"day": 7, "order_id": "R", "amount": 30},
        {"day": returned, "order_id": "R", "amount": -90},
    ]
    asked = [returned, returned + 1]
    for source in (past(lines, asked).transactions, past(lines, asked).orders):
        assert list(source.last(ALL).sum("amount")) == [130, 40]
    assert list(past(lines, asked).transactions.last(ALL).count()) == [3, 1]
    assert list(past(lines, asked).orders.last(ALL).last("time")) == [7 * 86_400_000_000, 2 * 86_400_000_000]


def test_a_gift_is_no_return():
    lines = [{"day": 2, "order_id": "G", "amount": 0}, {"day": 3, "order_id": "N", "amount": -5}]
    past_ = past(lines, [9])
    assert list(past_.transactions.last(ALL).count()) == [2]
    assert list(past_.orders.where("amount", operator.gt, 0).last(ALL).count()) == [0]  # nor does it qualify


def test_without_order_ids_every_line_is_an_order_and_without_amounts_each_counts():
    past_ = past([{"day": 1}, {"day": 1}, {"day": 3}], [9])
    assert list(past_.orders.where("amount", operator.gt, 0).last(ALL).count()) == [3]
    assert not past_.orders.has("amount"), "one a line is no money"


def test_the_same_order_id_of_two_customers_is_two_orders():
    lines = [{"day": 1, "customer": who, "order_id": "A", "amount": 5} for who in (0, 1, 0)]
    orders = past(lines, [9]).orders.last(ALL)
    assert (list(orders.count()), list(orders.sum("amount"))) == ([1, 1], [10, 5])


def test_a_line_recorded_late_joins_its_order_late():
    lines = [
        {"day": 1, "order_id": "A", "amount": 5, "recorded": 6},
        {"day": 2, "order_id": "A", "amount": 8},
        {"day": 4, "order_id": "B", "amount": 1},
    ]
    orders = past(lines, [3, 6, 6.5]).orders
    assert list(orders.last(ALL).sum("amount")) == [8, 9, 14]
    assert list(orders.last(ALL).count()) == [1, 2, 2]
    # Known only from its second line on, the order stands there.
    np.testing.assert_array_equal(orders.last(ALL).first("day"), [2, 2, 1])


def test_whoever_is_asked_about_may_have_no_events_at_all():
    past_ = past([{"day": 5, "customer": 1, "order_id": "A", "amount": 5}], [3, 9])
    assert list(past_.orders.last(ALL).count()) == [0, 0, 0, 1]
