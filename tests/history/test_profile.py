"""Attributes as they held, by hand."""

import numpy as np
import pytest

from churnlab.errors import ConfigError
from churnlab.shards import EVER
from churnlab.snapshots import Calendar
from churnlab.testing import DAY, World
from pasts import past


def rows(*periods):
    """(valid_from, valid_to, joined_at, city, age), in days."""
    names = ("valid_from", "valid_to", "joined_at", "city", "age")
    made = []
    for period in periods:
        row = dict(zip(names, period, strict=True))
        instants = {name: None if row[name] is None else row[name] * DAY for name in names[:3]}
        made.append({"customer": 0, **row, **instants, "valid_from": instants["valid_from"] or EVER})
    return tuple(made)


def seen(asked, *periods):
    days = tuple(day * DAY for day in asked)
    return World(Calendar("UTC"), days, {}, rows(*periods), customers=(0,)).history().profile


def test_the_latest_row_known_before_the_snapshot_holds():
    profile = seen((10, 11, 20, 21), (10, 20, None, "Lille", 30.0), (20, None, None, "Lyon", 31.0))
    # At day 20 sharp Lyon is not known yet, and Lille held until that very instant.
    assert list(profile.category("city")) == [None, "Lille", "Lille", "Lyon"]
    np.testing.assert_array_equal(profile.number("age"), [np.nan, 30, 30, 31])


def test_a_row_that_ended_holds_no_longer():
    profile = seen((20, 21), (10, 20, None, "Lille", 30.0))
    assert list(profile.category("city")) == ["Lille", None]


def test_what_never_changes_always_holds_and_missing_cells_stay_missing():
    profile = seen((1, 99), (None, None, 50, None, None))
    assert list(profile.category("city")) == [None, None]
    # Joined on day 50: at day 1 that lies ahead.
    np.testing.assert_array_equal(profile.joined_at, [np.nan, 50 * DAY])


def test_the_parent_is_that_of_the_date_and_no_attribute():
    rows = [
        {"customer": 0, "valid_from": 10 * DAY, "parent": "P", "city": "Lille"},
        {"customer": 0, "valid_from": 20 * DAY, "parent": "Q", "city": "Lille"},
        {"customer": 1, "valid_from": 10 * DAY, "parent": None, "city": "Lyon"},
    ]
    kinds = {"parent": "category", "city": "category"}
    asked = [(0, 10 * DAY), (0, 20 * DAY), (0, 21 * DAY), (1, 21 * DAY)]
    profile = past(asked, attributes=rows, kinds=kinds).profile
    assert list(profile.parent) == [None, "P", "Q", None]
    assert profile.names == ("city",)
    with pytest.raises(ConfigError, match="no attribute is named 'parent'"):
        profile.category("parent")
    assert past(asked, attributes=rows, kinds={"city": "category"}).profile.parent is None


def test_names_and_kinds():
    profile = seen((1,), (None, None, None, "Lille", 30.0))
    assert {name: profile.kind(name) for name in profile.names} == {"city": "category", "age": "number"}


@pytest.mark.parametrize(
    ("ask", "message"),
    [
        (lambda profile: profile.category("citi"), "named 'citi'; did you mean 'city'"),
        (lambda profile: profile.category("age"), "'age' is a number"),
        (lambda profile: profile.number("city"), "'city' is text"),
    ],
)
def test_a_mistake_is_named(ask, message):
    with pytest.raises(ConfigError, match=message):
        ask(seen((1,), (None, None, None, "Lille", 30.0)))
