"""Programs that are wrong about time, on purpose: within 50 worlds, some law or definition must see it.

A law that lets one of them live proves nothing.
"""

import re
from dataclasses import replace
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

import laws
from churnlab.history import ALL, Source, Window, knowledge, lapses, outcome, tables
from churnlab.shards import NEVER
from churnlab.snapshots import Calendar
from churnlab.testing import worlds
from measures import check_definition

HOUR, DAY = 3_600_000_000, 86_400_000_000
BACK, AHEAD, BETWEEN, MEAN = Calendar.back, Calendar.ahead, Source.between, Window.mean
OF, TORN, EVENTS = outcome.Outcome.of, knowledge._torn, tables.all_events
UNRENEWED = lapses._unrenewed


def later_by(days, extra):
    """A window that starts (days > 0) or ends (days == 0) a hair late."""

    def back(calendar, as_of, asked):
        return BACK(calendar, as_of, asked) + (extra if (asked > 0) == (days > 0) else 0)

    return back


def fixed_days(calendar, as_of, days):
    return as_of - days * DAY


def utc_days(calendar, as_of, days):
    return BACK(Calendar("UTC"), as_of, days)


def by_day(shift):
    def cut(edges, times):
        return np.searchsorted((edges + shift) // DAY, (times + shift) // DAY, side="right")

    return cut


def largest_ever(window, column):
    return np.full(len(window.start), window.source.numbers(column).max(initial=0), dtype=float)


def everybodys_mean(window, column):
    return np.full(len(window.start), np.nan_to_num(MEAN(window, column)).mean())


def todays(customer, time, recorded_at, asked, days):
    return np.searchsorted(customer, asked.customer, side="left" if days else "right")


def a_moment_more(calendar, as_of, days):
    return AHEAD(calendar, as_of, days) + (1 if days > 0 else 0)


def as_if_known_at_once(shard, table, asked, way):
    columns = shard.events[table]
    at_once = {**columns, "recorded_at": np.minimum(columns["recorded_at"], columns["time"])}
    return EVENTS(replace(shard, events={table: at_once}), table, asked, way)


def outcome_with(**changed):
    names = ("gap_days", "horizon_days", "settlement_days", "watermark")

    def of(shard, calendar, *given_values, compiled=False):
        return OF(shard, calendar, **dict(zip(names, given_values, strict=True)) | changed)

    return of


def missing_numbers(source, column):
    values = source.values(column)
    return values >= 0 if column in source.columns.texts else np.ones(len(values), dtype=bool)


PAST, CALENDAR = "churnlab.history.", "churnlab.snapshots.Calendar."
BLIND, LATER, ARRIVES, OWN, RECENT, TIES, RETURNS, LABEL, SETTLED, LAPSED, SIGNED = laws.LAWS
DEFINED = check_definition

# what is wrong: (who must notice, {what to replace: by what})
MUTANTS = {
    # cut
    "an event at the snapshot is known": (
        (DEFINED, BLIND, LATER, RETURNS, LABEL, SETTLED),
        {
            CALENDAR + "back": later_by(0, 1),
            PAST + "cuts.known_at": lambda time, recorded: np.where(recorded > time, recorded, time - 1),
        },
    ),
    "a record at the snapshot is known": (
        (DEFINED, LATER, ARRIVES, SETTLED),
        {PAST + "cuts.known_at": lambda time, recorded: np.maximum(time, recorded - 1)},
    ),
    "records are never late": (
        (DEFINED, BLIND, LATER, ARRIVES, SETTLED),
        {PAST + "cuts.known_at": lambda time, recorded: time},
    ),
    "an event at an edge is before it": (
        (DEFINED, BLIND, LATER, ARRIVES, RETURNS, LABEL, SETTLED),
        {PAST + "cuts._cut": np.searchsorted},
    ),
    "a window starts a moment late": ((DEFINED,), {CALENDAR + "back": later_by(1, 1)}),
    "a window starts a moment early": ((DEFINED, RECENT), {CALENDAR + "back": later_by(1, -1)}),
    "days are UTC dates": ((DEFINED, ARRIVES, RECENT, LABEL), {PAST + "cuts._cut": by_day(0)}),
    "days are local dates": ((DEFINED, ARRIVES, RECENT, LABEL), {PAST + "cuts._cut": by_day(HOUR)}),
    "days are always 24 hours": ((DEFINED, RECENT), {CALENDAR + "back": fixed_days}),
    "days are those of UTC": ((DEFINED, RECENT), {CALENDAR + "back": utc_days}),
    # scope
    "the count is not windowed": (
        (DEFINED, RECENT, LABEL),
        {PAST + "windows.Window.count": lambda window: window.end - window.source.at(ALL)},
    ),
    "the largest of all history": ((DEFINED, BLIND, LATER, OWN), {PAST + "windows.Window.max": largest_ever}),
    "the mean of everybody": ((DEFINED, BLIND, OWN), {PAST + "windows.Window.mean": everybodys_mean}),
    "the window's end is forgotten": (
        (DEFINED,),
        {PAST + "sources.Source.between": lambda source, older, newer: BETWEEN(source, older, min(newer, 0))},
    ),
    # data
    "no private copies": (
        (DEFINED, BLIND, LATER, RETURNS, SETTLED),
        {PAST + "tables.untorn": lambda events, asked, *_: (events, asked)},
    ),
    "a return nets its order before its date": (
        (DEFINED, BLIND, LATER, RETURNS),
        {PAST + "knowledge._torn": lambda rows, snapshots, orders: TORN(rows, snapshots, None)},
    ),
    "late records only matter in orders": (
        (LATER, TIES),
        {PAST + "knowledge._torn": lambda rows, snapshots, orders: TORN(np.sort(rows), snapshots, orders)},
    ),
    "returned orders stay": (
        (DEFINED, RETURNS),
        {PAST + "orders.Orders.refunded": lambda orders, amount: np.zeros(len(orders.first), dtype=bool)},
    ),
    "gifts count as returned": (
        (DEFINED,),
        {PAST + "orders.Orders.refunded": lambda orders, amount: orders.sum(amount) == 0},
    ),
    "later facts are known at once": (
        (DEFINED, BLIND),
        {PAST + "windows.is_past": lambda instants, as_of: instants < NEVER},
    ),
    "attributes never end": (
        (DEFINED,),
        {PAST + "profile.is_past": lambda instants, as_of: np.zeros(len(as_of), dtype=bool)},
    ),
    "attributes are today's": (
        (DEFINED, BLIND),
        {PAST + "profile.Timeline": lambda *columns: SimpleNamespace(at=partial(todays, *columns[:-1]))},
    ),
    "a missing number counts": ((DEFINED,), {PAST + "sources.Source._present": missing_numbers}),
    # outcome
    "an outcome starts at the snapshot": (
        (LABEL, SETTLED),
        {PAST + "outcome._ahead": lambda source, start, end: source.between(0, -end)},
    ),
    "settlement is forgotten": ((LABEL,), {PAST + "outcome.Outcome.of": outcome_with(settlement_days=0)}),
    "every outcome is complete": ((LABEL,), {PAST + "outcome.Outcome.of": outcome_with(watermark=NEVER)}),
    "an outcome lasts a moment too long": ((LABEL, SETTLED), {CALENDAR + "ahead": a_moment_more}),
    "contracts are looked at a day too short": (
        (LAPSED,),
        {PAST + "lapses._unrenewed": lambda *asked: UNRENEWED(*asked[:-1], asked[-1] - DAY)},
    ),
    "contracts recorded late count": ((SIGNED,), {PAST + "lapses.all_events": as_if_known_at_once}),
}


DRAWS = (1, 2, 3)
NOTICED = r"not as defined|changes|shows?|after settlement|lost|yet seen"


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(name, monkeypatch):
    guards, wrong = MUTANTS[name]
    for place, replacement in wrong.items():
        monkeypatch.setattr(place, replacement)
    for guard in guards:
        assert any(noticed(guard, draw) for draw in DRAWS), f"{guard.__name__} sees nothing wrong"


def noticed(guard, draw):
    """Whether fifty worlds show it; of a rare fault, other fifty may."""
    try:
        within_fifty_worlds(guard, draw)
    except AssertionError as error:
        assert re.search(NOTICED, str(error)), error  # noqa: PT017 - an error of another kind is no notice
        return True
    return False


def test_every_law_catches_some_mutant():
    assert {law for guards, _ in MUTANTS.values() for law in guards} == {DEFINED, *laws.LAWS}


def within_fifty_worlds(check, draw=1):
    quietly = settings(
        max_examples=50,
        deadline=None,
        database=None,
        phases=(Phase.generate,),
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    seed(draw)(quietly(given(worlds())(check)))()
