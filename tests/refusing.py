"""Facts for tests of suppression, and who may be contacted the plain way: row by row, with dicts."""

from __future__ import annotations

import datetime as dt
import unicodedata
from zoneinfo import ZoneInfo

import pyarrow as pa

from churnlab.tables.facts import Facts

AS_OF = dt.date(2025, 7, 1)
ZONE = "Europe/Paris"
DAY = 86_400 * 10**6
TYPES = {
    "objections": {"customer_id": pa.string(), "channel": pa.string(), "time": pa.int64()},
    "consents": {
        "customer_id": pa.string(),
        "channel": pa.string(),
        "purpose": pa.string(),
        "given": pa.int64(),
        "withdrawn": pa.int64(),
    },
    "aliases": {"customer_id": pa.string(), "alias": pa.string()},
    "marks": {"customer_id": pa.string(), "reason": pa.string()},
    "complaints": {"customer_id": pa.string(), "time": pa.int64()},
    "contacts": {
        "customer_id": pa.string(),
        "action": pa.string(),
        "last": pa.int64(),
        "in_year": pa.int64(),
    },
    "purchases": {"customer_id": pa.string(), "time": pa.int64()},
}


def instant(*when):
    """Microseconds UTC of a local time in ZONE."""
    return int(dt.datetime(*when, tzinfo=ZoneInfo(ZONE)).timestamp()) * 10**6


def facts(*, adults=None, **tables):
    """``Facts`` of tuples in the order of TYPES; ``consents=None`` for a project without that table."""
    made = {}
    for name, types in TYPES.items():
        rows = tables.get(name, [])
        columns = list(zip(*rows, strict=True)) if rows else [()] * len(types)
        arrays = [pa.array(list(column), kind) for column, kind in zip(columns, types.values(), strict=True)]
        made[name] = None if rows is None else pa.table(arrays, names=list(types))
    return Facts(AS_OF, ZONE, **made, adults=None if adults is None else pa.array(adults, pa.string()))


def folded(text):
    """As ids and words are compared, from the definition: canonical, caseless, trimmed."""
    decomposed = unicodedata.normalize("NFD", text)
    return unicodedata.normalize("NFC", unicodedata.normalize("NFD", decomposed.casefold())).strip()


def same_person(one, other, aliases, *, loosely):
    """Whether two ids are one person: by walking from alias to alias."""
    form = folded if loosely else str
    reached, waiting = {form(one)}, [form(one)]
    while waiting:
        here = waiting.pop()
        for pair in aliases:
            ends = [form(end) for end in pair]
            if here in ends:
                waiting += [end for end in ends if end not in reached]
                reached |= set(ends)
    return form(other) in reached
