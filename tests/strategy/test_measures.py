"""What intensity is made of: by hand at the edges of the year, against plain Python, blind to amounts."""

import operator
from dataclasses import replace
from itertools import pairwise
from statistics import median

import numpy as np
import pytest
from hypothesis import given, settings

from churnlab.strategy import intensity
from churnlab.strategy.intensity import References, measures, score
from churnlab.testing import DAY, worlds
from laws import often
from pasts import past

AS_OF = 20_000 * DAY  # midnight UTC of 2024-10-04
NAN = float("nan")


def of_one(**tables):
    return {name: float(values[0]) for name, values in measures(past([(0, AS_OF)], **tables)).items()}


def order(days_ago, **columns):
    return {"customer": 0, "time": AS_OF - int(days_ago * DAY), "amount": 100, **columns}


def contact(days_ago, **columns):
    return {"customer": 0, "time": AS_OF - int(days_ago * DAY), "type": "question", **columns}


def test_by_hand():
    # Orders 400, 100, 90 and 40 days ago: gaps of 300, 10 and 50 days; in the year July, June and August.
    orders = [order(400), order(100), order(90), order(40), order(30, amount=-100)]
    contacts = [
        contact(12, direction="inbound"),
        contact(3, direction="outbound"),
        contact(370, direction="inbound"),
    ]
    assert of_one(transactions=orders, interactions=contacts) == {
        "days_since_two_way": 12,  # our own mailing of three days ago is no dialogue, a refund no order
        "own_gap_median": 50,
        "gap_count": 3,
        "active_months_12": 3,
        "breadth": pytest.approx(NAN, nan_ok=True),
        "dialogue": 1,
    }


def test_the_edges_of_the_year():
    def counts(days_ago):
        answer = of_one(
            transactions=[order(days_ago, channel="web", family="pens")],
            interactions=[contact(days_ago, direction="inbound")],
        )
        return answer["active_months_12"], answer["breadth"], answer["dialogue"]

    assert counts(365) == (1, 2, 1)
    assert counts(365 + 1 / DAY) == (0, 0, 0)
    assert counts(1 / DAY) == (1, 2, 1)
    assert counts(0) == (0, 0, 0), "an event at as_of is already the future"


def test_without_a_direction_every_interaction_counts():
    answer = of_one(transactions=[order(50)], interactions=[contact(20), contact(5, type="complaint")])
    assert (answer["dialogue"], answer["days_since_two_way"]) == (2, 5)


def test_thirteen_calendar_months_are_twelve():
    orders = [order(days) for days in range(1, 366, 7)]
    assert of_one(transactions=orders)["active_months_12"] == 12


def test_breadth_by_what_the_project_knows():
    def breadth(*columns, interactions=None):
        some = [dict.fromkeys(columns, value) for value in ("x", "y", "x")]
        tables = {"transactions": [order(9, **row) for row in some]}
        return of_one(**tables, **({"interactions": interactions} if interactions else {}))["breadth"]

    by_mail = [contact(3, channel="mail"), contact(2, channel="phone"), contact(1, channel="chat")]
    assert breadth("channel") == 2
    assert breadth("channel", "family") == 4
    assert breadth("family", "store") == 2, "stores only where there is nothing else"
    assert breadth("store") == 2
    assert breadth("channel", interactions=by_mail) == 2, "a channel of two sources is one"
    assert breadth("family", interactions=by_mail) == 5
    assert np.isnan(breadth("brand"))


def test_without_interactions_or_transactions():
    alone = of_one(transactions=[order(10, store="a")])
    assert np.isnan(alone["dialogue"])
    assert alone["days_since_two_way"] == 10
    only_contacts = of_one(interactions=[contact(4)])
    assert (only_contacts["days_since_two_way"], only_contacts["dialogue"]) == (4, 1)
    assert all(np.isnan(only_contacts[name]) for name in ("own_gap_median", "gap_count", "active_months_12"))


def defined(world, customer, as_of):
    """The definition in plain Python; the calendar alone is the project's."""

    def known(table):
        rows = (row for row in world.events[table] if row["customer"] == customer)
        return sorted(
            (row for row in rows if max(row["time"], row["recorded_at"]) < as_of), key=lambda row: row["time"]
        )

    orders = {}
    for place, line in enumerate(known("transactions")):
        orders.setdefault(line["order_id"] or place, []).append(line)
    kept = [lines for lines in orders.values() if not _given_back(lines)]
    times = sorted(lines[0]["time"] for lines in kept if sum(line["amount"] for line in lines) > 0)
    contacts = [row for row in known("interactions") if row["direction"] == "inbound"]
    gaps = [(later - earlier) / DAY for earlier, later in pairwise(times)]
    two_way = [*times, *(row["time"] for row in contacts)]
    year = int(world.calendar.back(np.array([as_of]), 365)[0])
    months = {world.calendar.date(time).strftime("%Y-%m") for time in times if time >= year}
    bought = [line for lines in kept for line in lines if line["time"] >= year and line["amount"] > 0]
    return {
        "days_since_two_way": (as_of - max(two_way)) / DAY if two_way else NAN,
        "own_gap_median": median(gaps) if gaps else NAN,
        "gap_count": len(gaps),
        "active_months_12": min(len(months), 12),
        "breadth": len({line["channel"] for line in bought} - {None}),
        "dialogue": sum(row["time"] >= year for row in contacts),
    }


def _given_back(lines):
    return sum(line["amount"] for line in lines) == 0 and any(line["amount"] > 0 for line in lines)


def check_definition(world):
    found = measures(world.history())
    asked = [(customer, as_of) for customer in world.customers for as_of in world.asked]
    expected = [defined(world, *one) for one in asked]
    for name, values in found.items():
        assert values == pytest.approx([row[name] for row in expected], nan_ok=True), f"{name} not as defined"


@settings(max_examples=60, deadline=None)
@given(worlds(("transactions", "interactions")))
def test_matches_its_definition(world):
    check_definition(world)


def intensities(world, references):
    return score(measures(world.history()), references).values


REFERENCES = References(g_pop=20, a50=2, b50=1, c50=1)


# Law 5: what was paid changes nothing, neither in all nor of one order beside another.
@often
@given(worlds(("transactions", "interactions")))
def test_amounts_change_nothing(world):
    richer = [
        {**row, "amount": (place + 1 if row["order_id"] is None else 1000) * row["amount"]}
        for place, row in enumerate(world.events["transactions"])
    ]
    scaled = replace(world, events={**world.events, "transactions": tuple(richer)})
    np.testing.assert_array_equal(intensities(world, REFERENCES), intensities(scaled, REFERENCES))


# Law 5.
@often
@given(worlds(("transactions", "interactions")))
def test_one_complaint_more_never_lowers_intensity(world):
    complaint = {
        "customer": 1,
        "time": world.asked[0] - 2 * DAY,
        "recorded_at": world.asked[0] - 2 * DAY,
        "type": "complaint",
        "direction": "inbound",
        "channel": "phone",
        "score": None,
        "resolved_at": None,
    }
    before = intensities(world, REFERENCES)
    after = intensities(world.with_events("interactions", [complaint]), REFERENCES)
    assert ((after >= before) | np.isnan(before)).all()
    others = np.repeat(world.customers, len(world.asked)) != 1
    np.testing.assert_array_equal(after[others], before[others])


@settings(max_examples=40, deadline=None)
@given(worlds(("transactions", "interactions")))
def test_the_future_changes_nothing(world):
    seen = replace(world, asked=world.asked[:1])
    cut = seen.known_before(seen.asked[0])
    np.testing.assert_array_equal(intensities(seen, REFERENCES), intensities(cut, REFERENCES))


MUTANTS = {
    "outbound counts": ("inbound", lambda past: past.interactions),
    "refunds are orders": ("qualifying", lambda past: past.orders),
    "lines are orders": (
        "qualifying",
        lambda past: past.transactions.where("amount", operator.gt, 0),
    ),
    "half a year": ("YEAR", 182),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(monkeypatch, name):
    def right():
        lines = [order(300, order_id="A"), order(299, order_id="A"), order(40), order(9, amount=-5)]
        contacts = [contact(200, direction="inbound"), contact(1, direction="outbound")]
        row = of_one(transactions=lines, interactions=contacts)
        return (row["days_since_two_way"], row["gap_count"], row["dialogue"]) == (40, 1, 1)

    assert right()
    monkeypatch.setattr(intensity, *MUTANTS[name])
    assert not right()
