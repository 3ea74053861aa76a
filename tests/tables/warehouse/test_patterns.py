"""Patterns spelt out for other engines take the very characters that DuckDB's take."""

import datetime as dt
import re

import duckdb
import pytest

from churnlab.config.sources import NumberFormat
from churnlab.tables import identifiers, money, times
from churnlab.tables.warehouse import patterns


@pytest.mark.parametrize(
    ("ranges", "name"),
    [(patterns.SPACES, r"\s"), (patterns.SEPARATORS, r"\p{Z}"), (patterns.FORMATTING, r"\p{Cf}")],
)
def test_every_code_point_is_where_duckdb_has_it(ranges, name):
    points = "SELECT range::INT AS code FROM range(1, 1114112) WHERE range NOT BETWEEN 55296 AND 57343"
    found = duckdb.sql(f"SELECT code FROM ({points}) WHERE regexp_matches(chr(code), '{name}') ORDER BY code")
    listed = [code for low, high in ranges for code in range(low, high + 1)]
    assert [row[0] for row in found.fetchall()] == listed


def test_only_two_letters_beyond_ascii_become_ascii_ones():
    points = "SELECT range::INT AS code FROM range(128, 1114112) WHERE range NOT BETWEEN 55296 AND 57343"
    found = duckdb.sql(
        f"SELECT chr(code), lower(chr(code)) FROM ({points}) WHERE regexp_matches(lower(chr(code)), '[a-z]')"
    )
    assert sorted(found.fetchall()) == [("\u0130", "i"), ("\u212a", "k")]


RULES = [
    identifiers._SPACE,
    identifiers._CONTROL,
    identifiers._CONTROL_IN_TEXT,
    identifiers._INVISIBLE,
    r"[^\s\p{Z}]",
    r"^[\s\p{Z}]+|[\s\p{Z}]+$",
]
SAMPLES = [chr(code) for code in [*range(1, 0x3100), *range(0xFE00, 0x10000), 0x1D173, 0xE0041, 0x1F600]]


@pytest.mark.parametrize("pattern", RULES)
def test_a_rule_spelt_out_means_what_it_did(pattern):
    """Python's own engine reads the spelt-out pattern; DuckDB reads the rule."""
    samples = [
        f"{before}{char}{after}" for char in SAMPLES for before, after in (("", ""), ("a", "b"), ("a", ""))
    ]
    found = duckdb.execute(
        "SELECT regexp_matches(text, ?) FROM (SELECT unnest(?) AS text)", [pattern, samples]
    ).fetchall()
    spelt = re.compile(patterns.for_snowflake(pattern).replace("$", r"\Z"))
    assert [bool(spelt.search(sample)) for sample in samples] == [row[0] for row in found]
    escaped = re.compile(patterns.for_postgres(pattern).replace("$", r"\Z"))
    assert [bool(escaped.search(sample)) for sample in samples] == [row[0] for row in found]


@pytest.mark.parametrize(
    "pattern",
    [
        times._ISO,
        times._translated("%d/%m/%Y %H:%M:%S.%f %z")[0],
        money.number_pattern(NumberFormat(grouping=" "), 2),
    ],
)
def test_groups_keep_their_text(pattern):
    samples = ["2025-12-31T23:59:59.5+02:00", "31/12/2025 23:59:59.25 -0330", "1 234.5", "2025-12-31"]
    plain = re.compile(patterns.for_snowflake(pattern))
    assert "(?:" not in plain.pattern
    numbers = patterns.groups(pattern)
    for sample in samples:
        before, after = re.search(pattern, sample), plain.search(sample)
        assert (before is None) == (after is None)
        if before:
            assert [after[number] for number in numbers] == [before[n] for n in range(len(numbers))]


def test_the_calendar_has_the_days_that_there_are():
    calendar = re.compile(patterns.CALENDAR)
    for year in (1, 4, 99, 100, 400, 1900, 1996, 2000, 2023, 2024, 2100, 9999):
        for month in range(14):
            for day in range(33):
                try:
                    real = bool(dt.date(year, month, day))
                except ValueError:
                    real = False
                assert bool(calendar.search(f"{year:04}-{month:02}-{day:02}")) == real, (year, month, day)
    assert calendar.search("0000-02-29"), "year 0 is a leap year, and implausible, not impossible"
