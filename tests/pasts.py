"""Small pasts: a History made from Python lists of events, without tables or an engine."""

from __future__ import annotations

import numpy as np

from churnlab.config import FeaturePlan
from churnlab.history import History
from churnlab.shards import EVER, NEVER, Shard
from churnlab.snapshots import Calendar

DAY = 24 * 3_600 * 10**6
UTC = Calendar("UTC", "local")
TEXT = (
    "order_id",
    "product",
    "family",
    "category",
    "brand",
    "channel",
    "store",
    "type",
    "direction",
    "campaign",
    "arm",
)
NUMBERS = ("quantity", "score")
LATER = ("end", "resolved_at")


def past(as_of, plan=None, attributes=None, kinds=None, **tables) -> History:
    """``as_of``: [(customer, instant), ...]. Tables: lists of events with ``customer`` (0, 1, ...)
    and ``time``; a table's columns are those of its first event, or those named by ``columns``."""
    events, texts = {}, {}
    for name, rows in tables.items():
        events[name] = _columns(name, rows, texts)
    asked = np.array(sorted(as_of), dtype=np.int64).reshape(-1, 2)
    size = 1 + max([*asked[:, 0], *(row["customer"] for rows in tables.values() for row in rows)], default=0)
    shard = Shard(
        customers=np.array([f"c{code}" for code in range(size)], dtype=object),
        events=events,
        texts=texts,
        attributes=None if attributes is None else _attributes(attributes, kinds, texts),
        customer=asked[:, 0],
        as_of=asked[:, 1],
    )
    return History.of(shard, UTC, plan or FeaturePlan())


def _columns(table, rows, texts):
    given = [name for name in rows[0] if name not in ("customer", "time", "recorded_at")]
    complete = [
        (
            row["customer"],
            row["time"],
            row.get("recorded_at", row["time"]),
            *(_value(name, row.get(name)) for name in given),
        )
        for row in rows
    ]
    complete.sort(
        key=lambda row: tuple(str(value).encode() if isinstance(value, str) else value for value in row)
    )
    made = {}
    for name, values in zip(
        ("customer", "time", "recorded_at", *given), zip(*complete, strict=True), strict=True
    ):
        if name in TEXT:
            known = sorted({value for value in values if value})
            texts[table, name] = np.array(known, dtype=object)
            made[name] = np.array([known.index(value) if value else -1 for value in values], dtype=np.int64)
        else:
            made[name] = np.array(values, dtype=np.float64 if name in NUMBERS else np.int64)
    time = made["time"]
    return made | {
        "day": UTC.day_numbers(time),
        "month": UTC.month_numbers(time),
        "weekday": UTC.weekdays(time),
        "hour": UTC.hours(time),
    }


def _value(name, value):
    if name in TEXT:
        return value or ""
    if value is None:
        return float("nan") if name in NUMBERS else NEVER if name in LATER else 0
    return value


def _attributes(rows, kinds, texts):
    rows = sorted(rows, key=lambda row: (row["customer"], row.get("valid_from", EVER)))
    made = {
        "customer": np.array([row["customer"] for row in rows], dtype=np.int64),
        "valid_from": np.array([row.get("valid_from", EVER) for row in rows], dtype=np.int64),
        "valid_to": np.array([row.get("valid_to", NEVER) for row in rows], dtype=np.int64),
        "joined_at": np.array([row.get("joined_at", NEVER) for row in rows], dtype=np.int64),
    }
    for name, kind in (kinds or {}).items():
        values = [row.get(name) for row in rows]
        if kind == "number":
            made[name] = np.array([np.nan if value is None else value for value in values])
        else:
            known = sorted({value for value in values if value is not None})
            texts["customers", name] = np.array(known, dtype=object)
            made[name] = np.array([-1 if value is None else known.index(value) for value in values])
    return made


def values(family, history) -> dict[str, list]:
    """{feature: one value a snapshot} of one family."""
    return {feature.name: feature.values.tolist() for feature in family(history)}
