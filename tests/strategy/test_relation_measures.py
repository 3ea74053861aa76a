"""What is counted for relational columns: by hand at the edges, against plain Python, blind to amounts."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings

from churnlab.config.overlays import Relation
from churnlab.history import History
from churnlab.strategy.relation_measures import NAMES, measures
from churnlab.testing import DAY, worlds
from laws import assert_same, with_a_future
from pasts import UTC, past

RULES = Relation()
AS_OF = 20_000 * DAY


def counted(rules=RULES, **tables):
    found = measures(past([(0, AS_OF)], **tables), rules)
    return {name.removeprefix("relation_"): float(values[0]) for name, values in found.items()}


def order(days_ago, **columns):
    return {"customer": 0, "time": AS_OF - int(days_ago * DAY), "amount": 100, **columns}


def contact(kind, days_ago=1, channel="phone", direction="inbound"):
    time = AS_OF - int(days_ago * DAY)
    return {"customer": 0, "time": time, "type": kind, "channel": channel, "direction": direction}


def test_by_hand():
    orders = [
        order(1, order_id="a", channel="web"),
        order(1, order_id="a", channel="web"),  # two lines, one order
        order(364.9, order_id="b", channel="store"),
        order(365.1, order_id="c", channel="web"),  # before the window
        order(2, order_id="d", channel=None),
    ]
    contacts = [
        contact("question", channel="web"),
        contact("question", 366),
        contact("renewal"),
        contact("complaint"),
        contact("review", channel="chatbot"),
        contact("review", direction="outbound"),  # ours
        contact("referral", channel=None),
        contact("small talk", channel="store"),
        contact("complaint", 0),  # at as_of: the future
    ]
    # One began in the window, an older one runs, another is over, a third ends later.
    contracts = [
        {"customer": 0, "time": AS_OF - days * DAY, "end": None if ends is None else AS_OF + ends * DAY}
        for days, ends in ((10, -2), (400, None), (500, -450), (600, 5))
    ]
    assert counted(transactions=orders, interactions=contacts, contracts=contracts) == {
        "economic": 3, "informational": 1, "normative": 1 + 3, "political": 1, "socio_affective": 2,
        "events": 3 + 6 + 3, "contacts": 6, "personal": 3, "opposing": 1, "voluntary": 2,
        "channelled": 2 + 5, "self_service": 1 + 2,
    }  # fmt: skip


def test_what_no_source_tells_of_is_missing():
    bare = counted(transactions=[order(1)])
    assert {name for name, number in bare.items() if np.isnan(number)} == {
        "informational", "normative", "political", "socio_affective", "contacts", "personal", "opposing",
        "voluntary", "channelled", "self_service",
    }  # fmt: skip
    assert bare["economic"] == bare["events"] == 1
    signed = counted(transactions=[order(1)], contracts=[{"customer": 0, "time": AS_OF - DAY}])
    assert signed["normative"] == 1
    assert np.isnan(signed["political"])
    silent = Relation(types={"political": ()}, opposing_types=())
    told = counted(silent, interactions=[contact("complaint")])
    assert np.isnan(told["political"])
    assert np.isnan(told["economic"])
    assert told["opposing"] == 0


def test_without_a_channel_nothing_is_personal_and_nothing_is_self_service():
    found = counted(interactions=[{"customer": 0, "time": AS_OF - DAY, "type": "review"}])
    assert (found["contacts"], found["personal"]) == (1, 0)
    assert np.isnan(found["channelled"])
    assert np.isnan(found["self_service"])


def test_orders_given_back_do_not_count():
    back = [order(5, order_id="a"), order(3, order_id="a", amount=-100), order(4, order_id="b", amount=-50)]
    assert counted(transactions=back)["economic"] == 0


SEEN = Relation(
    days=30,
    types={
        "informational": ("open",), "normative": (), "political": ("complaint", "ticket"),
        "socio_affective": ("review",),
    },
    personal_channels=("phone", "shop"),
    self_service_channels=("web", "mail"),
    opposing_types=("complaint",),
    voluntary_types=("review", "open"),
)  # fmt: skip


def by_plain_python(world, customer, as_of):
    """Counted one event at a time. Orders are left to the hand cases: gathering lines has its own oracle."""
    since = int(world.calendar.ahead(np.array([as_of]), -SEEN.days)[0])
    counts = dict.fromkeys((*SEEN.types.model_dump(), "contacts", "personal", "opposing", "voluntary"), 0)
    for row in world.events["interactions"]:
        known = max(row["time"], row["recorded_at"]) < as_of
        if (
            row["customer"] != customer
            or not known
            or not since <= row["time"]
            or row["direction"] != "inbound"
        ):
            continue
        counts["contacts"] += 1
        counts["personal"] += row["channel"] in SEEN.personal_channels
        for name, types in SEEN.types.model_dump().items():
            counts[name] += row["type"] in types
        for name in ("opposing", "voluntary"):
            counts[name] += row["type"] in getattr(SEEN, f"{name}_types")
    for row in world.events["contracts"]:
        if row["customer"] == customer and max(row["time"], row["recorded_at"]) < as_of:
            over = row["end"] is not None and row["end"] < as_of
            counts["normative"] += row["time"] >= since or not over
    return counts


@settings(max_examples=200)
@given(worlds(("transactions", "interactions", "contracts"), most=8))
def test_counts_are_those_of_plain_python(world):
    found = measures(world.history(), SEEN)
    assert tuple(found) == NAMES
    place = 0
    for customer in world.customers:
        for as_of in world.asked:
            told = {
                name: found[f"relation_{name}"][place] for name in by_plain_python(world, customer, as_of)
            }
            assert told == by_plain_python(world, customer, as_of)
            place += 1


@settings(max_examples=200)
@given(worlds(("transactions", "interactions", "contracts"), most=8))
def test_the_future_changes_nothing_and_no_amount_does(world):
    now, later = with_a_future(world)
    found = measures(now.history(), SEEN)
    assert_same(found, measures(later.history(), SEEN), "the future shows")
    dearer = tuple({**row, "amount": 7 * row["amount"]} for row in now.events["transactions"])
    richer = replace(now, events={**now.events, "transactions": dearer})
    assert_same(found, measures(richer.history(), SEEN), "an amount changed a count")


@pytest.mark.parametrize("alone", [0, 1])
def test_nobody_counts_for_somebody_else(alone):
    rows = [{**contact("review"), "customer": who} for who in (0, 0, 1)]
    everybody = past([(0, AS_OF), (1, AS_OF)], interactions=rows)
    assert isinstance(everybody, History)
    assert everybody.calendar == UTC
    assert measures(everybody, RULES)["relation_contacts"][alone] == (2, 1)[alone]
