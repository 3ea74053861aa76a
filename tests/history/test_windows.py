"""Measures of a window, by hand."""

import operator

import numpy as np
import pytest

from churnlab.errors import ConfigError
from churnlab.history import ALL, isin, ratio
from churnlab.snapshots import Calendar
from ledger import DAY, past

NAN = np.nan
THREE = [
    {"day": 10, "amount": 500, "channel": "shop", "quantity": 1.5},
    {"day": 40, "amount": -200, "channel": None, "quantity": None},
    {"day": 46, "amount": 900, "channel": "web", "quantity": 0.5},
]


def test_measures_of_three_events():
    lines = past(THREE, [50]).transactions
    ever, recent = lines.last(ALL), lines.last(10)  # [day 40, day 50): the last two
    assert (list(ever.count()), list(recent.count())) == ([3], [2])
    assert (list(ever.sum("amount")), list(recent.sum("amount"))) == ([1200], [700])
    assert (list(ever.mean("amount")), list(recent.max("amount")), list(ever.min("amount"))) == (
        [400],
        [900],
        [-200],
    )
    # 900 and -200 lie 550 from their mean of 350.
    assert list(recent.std("amount")) == [550]
    assert list(ever.gaps("mean")) == [18]  # (30 + 6) / 2
    assert [ever.gaps(kind)[0] for kind in ("min", "max", "median", "std")] == [6, 30, 18, 12]
    assert list(recent.gaps("median")) == [6]


def test_between_two_edges_the_older_is_inside_and_the_newer_is_not():
    lines = past(THREE, [50]).transactions
    assert list(lines.between(40, 10).count()) == [1]  # [day 10, day 40): day 10, not day 40
    assert list(lines.between(10, 4).count()) == [1]  # [day 40, day 46): day 40, not day 46


def test_a_missing_value_is_passed_over():
    ever = past(THREE, [50]).transactions.last(ALL)
    assert (list(ever.known("channel")), list(ever.distinct("channel"))) == ([2], [2])
    assert (list(ever.first("channel")), list(ever.last("channel"))) == (["shop"], ["web"])
    assert (list(ever.sum("quantity")), list(ever.mean("quantity"))) == ([2.0], [1.0])


def test_nothing_is_zero_where_that_means_what_it_says_and_missing_elsewhere():
    window = past(THREE, [5]).transactions.last(ALL)
    zero = [window.count(), window.sum("amount"), window.distinct("channel"), window.active_days()]
    assert [list(value) for value in zero] == [[0]] * 4
    for missing in (window.mean("amount"), window.max("amount"), window.first("time"), window.gaps("max")):
        assert np.isnan(missing).all()
    assert list(window.last("channel")) == [None]


def test_one_event_has_no_gap_and_no_spread():
    window = past(THREE, [20]).transactions.last(ALL)
    assert list(window.std("amount")) == [0]
    assert all(np.isnan(window.gaps(kind)[0]) for kind in ("mean", "std", "max", "min", "median"))


def test_sums_of_money_are_exact_beyond_what_a_float_holds():
    large = 2**53
    lines = [{"day": day, "amount": amount} for day, amount in ((1, large), (2, 1), (3, large))]
    assert past(lines, [2.5, 9]).transactions.last(ALL).sum("amount").tolist() == [large + 1, 2 * large + 1]


def test_a_filter_keeps_what_compares():
    lines = past(THREE, [50]).transactions
    kept = {
        "web": lines.where("channel", operator.eq, "web"),
        "not web": lines.where("channel", operator.ne, "web"),  # a missing channel compares with nothing
        "either": lines.where("channel", isin, ["web", "shop"]),
        "fax": lines.where("channel", operator.eq, "fax"),
        "refunds": lines.where("amount", operator.lt, 0),
        "few": lines.where("quantity", operator.lt, 1),
    }
    counts = {name: int(source.last(ALL).count()[0]) for name, source in kept.items()}
    assert counts == {"web": 1, "not web": 1, "either": 2, "fax": 0, "refunds": 1, "few": 1}
    assert lines.where("channel", operator.eq, "web") is kept["web"], "made once, and kept"


def test_days_are_calendar_days_where_clocks_change():
    # In Paris 30 March 2025 lasts 23 hours: midnight to midnight is 23:00 to 22:00 UTC.
    hour, midnight = DAY // 24, 20178 * DAY - 2 * DAY // 24  # 2025-03-31 00:00 in Paris
    lines = [
        {"time": midnight - 24 * hour},
        {"time": midnight - 23 * hour},
        {"time": midnight - 23 * hour - 1},
    ]
    for calendar, inside in ((Calendar("Europe/Paris"), 1), (Calendar("Europe/Paris", "fixed"), 3)):
        window = past(lines, [midnight / DAY], calendar=calendar).transactions.last(1)
        assert list(window.count()) == [inside]
    local = past(lines, [midnight / DAY], calendar=Calendar("Europe/Paris")).transactions.last(ALL)
    assert list(local.active_days()) == [2]  # 23:00 and 23:59 of the 29th, 00:00 of the 30th


def test_active_months_are_calendar_months():
    lines = [{"day": day} for day in (0, 30, 31, 58, 59)]  # 1 and 31 January, 1 and 28 February, 1 March
    assert list(past(lines, [90]).transactions.last(ALL).active_months()) == [3]


def test_a_fact_of_later_is_missing_until_then():
    asked = past(
        [{"day": 1, "type": "ticket", "resolved_at": 5}, {"day": 2, "type": "ticket", "resolved_at": None}],
        [4, 5, 6],
        table="interactions",
    ).interactions.last(ALL)
    assert list(asked.known("resolved_at")) == [0, 0, 1]  # resolved at day 5: known after it
    np.testing.assert_array_equal(asked.last("resolved_at"), [NAN, NAN, 5 * DAY])


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (
            lambda source: source.last(30).sum("chanel"),
            r"transactions.chanel, which this .*; did you mean 'channel'",
        ),
        (lambda source: source.last(30).sum("channel"), r"transactions.channel is text"),
        (lambda source: source.where("channel", operator.gt, "a"), r"can only be compared with text"),
        (lambda source: source.where("channel", operator.eq, 3), r"can only be compared with text"),
        (lambda source: source.where("channel", isin, ("web", 3)), r"can only be compared with text"),
        (lambda source: source.between(7, 30), r"name the older edge first: between\(30, 7\)"),
        (lambda source: source.last(30).gaps("mode"), r"gaps are measured by mean, std"),
    ],
)
def test_a_mistake_is_named(ask, message):
    with pytest.raises(ConfigError, match=message):
        ask(past(THREE, [50]).transactions)


def test_a_fact_of_later_cannot_filter():
    source = past([{"day": 1, "resolved_at": 5}], [4], table="interactions").interactions
    with pytest.raises(ConfigError, match=r"resolved_at cannot be filtered by"):
        source.where("resolved_at", operator.lt, 9)


def test_ratio_is_missing_where_nothing_divides():
    np.testing.assert_array_equal(ratio(np.array([1, 1, 0]), np.array([4, 0, 0])), [0.25, NAN, NAN])
