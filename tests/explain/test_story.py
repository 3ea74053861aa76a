"""A customer's story: by hand, and nothing of what happened or was recorded from the day on."""

import datetime as dt

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churnlab.explain.story import Event, Story
from pasts import DAY, NEVER, past

JAN = 20_089  # days since 1970 of 1 January 2025


def at(day, hours=12):
    return (JAN + day) * DAY + hours * 3_600 * 10**6


def order(day, amount, hours=12, customer=0, **more):
    return {"customer": customer, "time": at(day, hours), "order_id": f"o{day}", "amount": amount, **more}


def told(as_of_day, **tables):
    return Story.of(past([(0, at(as_of_day, 0))], **tables), exponent=2)


def day(text):
    return dt.date.fromisoformat(text)


def test_by_hand():
    story = told(
        60,
        transactions=[order(0, 1_000), order(0, 250), order(20, 500, 23), order(50, 700), order(70, 900)],
        interactions=[
            {"customer": 0, "time": at(30), "type": "complaint", "direction": "inbound", "channel": "web"},
            {"customer": 0, "time": at(31), "type": "mailing", "direction": "outbound", "channel": None},
            {"customer": 0, "time": at(60), "type": "complaint", "direction": "inbound", "channel": "web"},
        ],
        contracts=[
            {"customer": 0, "time": at(5), "end": at(40), "type": "gold"},
            {"customer": 0, "time": at(41), "end": at(90), "type": "gold"},
            {"customer": 0, "time": at(42), "end": NEVER, "type": None},
        ],
    )
    assert story.as_of == day("2025-03-02")
    assert story.events == (
        Event(day("2025-01-01"), "order", 12.5),
        Event(day("2025-01-06"), "contract_start", None, "gold"),
        Event(day("2025-01-21"), "order", 5.0),
        Event(day("2025-01-31"), "contact_in", None, "complaint, web"),
        Event(day("2025-02-01"), "contact_out", None, "mailing"),
        Event(day("2025-02-10"), "contract_end", None, "gold"),
        Event(day("2025-02-11"), "contract_start", None, "gold"),
        Event(day("2025-02-12"), "contract_start"),
        Event(day("2025-02-20"), "order", 7.0),
    )
    assert story.silence == 9.5
    assert story.usual_gap == pytest.approx((20 + 11 / 24 + 29 + 13 / 24) / 2)
    assert story.months() == [("2025-01", 2), ("2025-02", 1), ("2025-03", 0)]
    assert story.months(2) == [("2025-02", 1), ("2025-03", 0)]


def test_orders_are_net_and_refunds_are_none():
    story = told(
        40,
        transactions=[
            order(0, 1_000), order(1, 500), order(1, -500, 13), order(3, -250), order(4, 0),
        ],
    )  # fmt: skip
    # The order given back whole has never been; the refund without an order is no order.
    assert [(event.kind, event.amount) for event in story.events] == [
        ("order", 10.0), ("refund", -2.5), ("order", 0.0),
    ]  # fmt: skip
    assert (story.silence, story.usual_gap) == (39.5, None)


def test_without_amounts_an_order_is_an_order():
    story = told(9, transactions=[{"customer": 0, "time": at(1), "order_id": "a"}])
    assert story.events == (Event(day("2025-01-02"), "order"),)


def test_nobody_without_orders_has_a_silence():
    story = told(9, transactions=[order(1, -100)])
    assert (story.silence, story.usual_gap, story.months()) == (None, None, [])


EDGE = at(30, 0)
instants = st.one_of(
    st.sampled_from([EDGE - 1, EDGE, EDGE + 1, EDGE - DAY]), st.integers(EDGE - 20 * DAY, EDGE + 20 * DAY)
)


@st.composite
def lines(draw):
    time = draw(instants)
    return {
        "customer": draw(st.integers(0, 1)), "time": time, "recorded_at": max(time, draw(instants)),
        "order_id": draw(st.sampled_from(["a", "b", None])), "amount": draw(st.integers(-300, 900)),
    }  # fmt: skip


@st.composite
def contacts(draw):
    time = draw(instants)
    return {
        "customer": draw(st.integers(0, 1)), "time": time, "recorded_at": max(time, draw(instants)),
        "type": draw(st.sampled_from(["complaint", "mailing"])), "direction": "inbound",
    }  # fmt: skip


@st.composite
def terms(draw):
    time = draw(instants)
    return {"customer": draw(st.integers(0, 1)), "time": time, "end": time + draw(st.integers(1, 30)) * DAY}


def known(row):
    return max(row["time"], row.get("recorded_at", row["time"])) < EDGE


@settings(max_examples=200, deadline=None)
@given(st.lists(lines(), min_size=1), st.lists(contacts(), min_size=1), st.lists(terms(), min_size=1))
def test_nothing_from_the_day_on_is_in_it(transactions, interactions, contracts):
    tables = {"transactions": transactions, "interactions": interactions, "contracts": contracts}
    asked = [(0, EDGE)]
    whole = Story.of(past(asked, **tables), 2)
    # The first row carries the columns: another customer's, long before.
    first = {
        "transactions": {"customer": 9, "time": 0, "recorded_at": 0, "order_id": "z", "amount": 1},
        "interactions": {"customer": 9, "time": 0, "recorded_at": 0, "type": "z", "direction": "inbound"},
        "contracts": {"customer": 9, "time": 0, "end": 1},
    }
    cut = {name: [first[name], *filter(known, rows)] for name, rows in tables.items()}
    # An end that has not come is not known: any later one gives the same story.
    cut["contracts"] = [row | ({"end": NEVER} if row["end"] >= EDGE else {}) for row in cut["contracts"]]
    assert Story.of(past(asked, **cut), 2) == whole
    assert all(event.day < whole.as_of for event in whole.events)
