"""Pasts written by hand: a line is (day, amount) and what else matters, in days since 1970."""

import numpy as np

from churnlab.config.project import FeaturePlan
from churnlab.history import History, Outcome
from churnlab.shards import NEVER, Shard
from churnlab.snapshots import Calendar

DAY = 86_400_000_000
UTC = Calendar("UTC")
TEXTS = ("order_id", "channel", "type", "reason")


def shard(lines, as_of, table="transactions", calendar=UTC):
    """``lines``: dicts with ``day`` or ``time``, of customer 0 unless they say another."""
    rows = [{"customer": 0, "time": int(row.get("day", 0) * DAY), **row} for row in lines]
    rows.sort(key=lambda row: (row["customer"], row["time"]))
    time = np.array([row["time"] for row in rows], dtype=np.int64)
    columns = {"customer": np.array([row["customer"] for row in rows], dtype=np.int64), "time": time}
    recorded = [int(row["recorded"] * DAY) if "recorded" in row else row["time"] for row in rows]
    columns["recorded_at"] = np.array(recorded, dtype=np.int64)
    columns |= {"day": calendar.day_numbers(time), "month": calendar.month_numbers(time)}
    texts = {}
    for name in {name for row in rows for name in row} - {"customer", "time", "day", "recorded"}:
        values = [row.get(name) for row in rows]
        if name in TEXTS:
            known = sorted({value for value in values if value})
            texts[table, name] = np.array(known, dtype=object)
            values = [known.index(value) if value else -1 for value in values]
        elif name in {"resolved_at", "end"}:
            values = [NEVER if value is None else int(value * DAY) for value in values]
        columns[name] = np.array(values, dtype=np.float64 if name == "quantity" else np.int64)
    customers = range(1 + max((row["customer"] for row in rows), default=0))
    asked = np.array([(customer, day * DAY) for customer in customers for day in as_of], dtype=np.int64)
    names = np.array([f"c{customer}" for customer in customers], dtype=object)
    return Shard(names, {table: columns}, texts, None, *asked.T)


def past(lines, as_of, table="transactions", calendar=UTC):
    return History.of(shard(lines, as_of, table, calendar), calendar, FeaturePlan())


def outcome(lines, as_of, gap=0, horizon=30, settlement=0, watermark=10_000):
    return Outcome.of(shard(lines, as_of), UTC, gap, horizon, settlement, watermark * DAY)
