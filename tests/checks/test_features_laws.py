"""The laws of time over every built-in family of features; what each feature means is tested beside it."""

import re
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings

import laws
import oracle
from churnlab.config import FeaturePlan
from churnlab.features.catalogue import FAMILIES
from churnlab.testing import World, event, worlds

PLAN = FeaturePlan(windows=(7, 30, 90), engagement_types=("review",), service_types=("complaint", "ticket"))
OLDER = 185  # days: trends compare a window of 90 with the one before it
MONEY = ("amount", "margin", "discount")


def features(family, world):
    return list(FAMILIES[family](world.history(PLAN)))


def values(family, world):
    return {feature.name: feature.values for feature in features(family, world)}


def at(world, as_of):
    return replace(world, asked=(as_of,))


def is_blind_to_the_future(family, world):
    """P1: all of the world, or only what was known."""
    for as_of in world.asked[::2]:
        found, cut = (values(family, at(one, as_of)) for one in (world, world.known_before(as_of)))
        laws.assert_same(found, cut, "the future changes the past")


def ignores_what_comes_later(family, world):
    """P2, P8: happened or recorded at as_of or later."""
    random, as_of = Random(repr(world.asked)), world.asked[0]
    known = at(world.known_before(as_of), as_of)
    later = known
    for table in world.events:
        for happened in (as_of, as_of - 1, as_of - 20 * oracle.DAY):
            row = {**event(world, table, random), "time": happened, "recorded_at": as_of}
            later = later.with_events(table, [row])
    laws.assert_same(values(family, later), values(family, known), "what comes later shows")


def learns_late_events_in_the_end(family, world):
    """P8: seen later, a late record is as good as one in time."""
    as_of = world.asked[0]
    row = {**event(world, "transactions", Random(3)), "time": as_of - 2 * oracle.DAY, "order_id": None}
    late, prompt = (
        at(world.with_events("transactions", [{**row, "recorded_at": recorded}]), as_of + oracle.DAY)
        for recorded in (as_of + 1, as_of - oracle.DAY)
    )
    laws.assert_same(values(family, late), values(family, prompt), "a late record is lost")


def forgets_what_is_older_than_its_window(family, world):
    """P3: a feature of n days is the same without all that is older."""
    as_of = world.asked[0]
    start = oracle.moved(world.calendar, as_of, -OLDER)
    orders = {
        (row["customer"], row["order_id"]) for row in world.events["transactions"] if row["time"] >= start
    }
    recent = {
        table: tuple(
            row
            for row in rows
            if row["time"] >= start or (row.get("order_id") and (row["customer"], row["order_id"]) in orders)
        )
        for table, rows in world.events.items()
    }
    found, trimmed = (
        {name: kept for name, kept in values(family, one).items() if re.search(r"_\d+d$", name)}
        for one in (at(world, as_of), replace(at(world, as_of), events=recent))
    )
    laws.assert_same(found, trimmed, "older than its window, yet seen")


def is_each_customers_own(family, world):
    """P7, P13: alone or among others."""
    together, asked = values(family, world), len(world.asked)
    for place, customer in enumerate(world.customers):
        own = {name: all_of[place * asked : (place + 1) * asked] for name, all_of in together.items()}
        laws.assert_same(values(family, world.only(customer)), own, "other customers show")


def scales_with_money(family, world):
    """P12: amounts times 100 are money times 100, and nothing else."""
    richer = {
        table: tuple({**row, **{name: 100 * row[name] for name in MONEY if name in row}} for row in rows)
        for table, rows in world.events.items()
    }
    scaled = values(family, replace(world, events=richer))
    for feature in features(family, world):
        if feature.values.dtype != object:
            factor = 100 if feature.unit == "currency" else 1
            np.testing.assert_allclose(
                scaled[feature.name], factor * feature.values, rtol=1e-9, atol=1e-12, err_msg=feature.name
            )


LAWS = (
    is_blind_to_the_future,
    ignores_what_comes_later,
    learns_late_events_in_the_end,
    forgets_what_is_older_than_its_window,
    is_each_customers_own,
    scales_with_money,
)


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("law", LAWS, ids=lambda law: law.__name__)
@settings(max_examples=max(10, settings.default.max_examples // 5))
@given(world=worlds())
def test_law(law, family, world):
    law(family, world)


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=max(10, settings.default.max_examples // 5))
@given(world=worlds())
def test_customers_are_their_own_by_compiled_code(family, world):
    """P13 by the other way; that both give the same at all is in tests/history/test_ways.py."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(World.history.__kwdefaults__, "compiled", True)
        is_each_customers_own(family, world)
