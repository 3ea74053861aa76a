"""Generated histories for measuring cost: sorted columns, as a shard holds them, or as frames."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from churnlab.shards import Shard
from churnlab.snapshots import Calendar

DAY = 86_400_000_000
CALENDAR = Calendar("UTC", "fixed")
START = 19_723 * DAY  # 2024-01-01
SPAN = 730  # days
DATES = np.array([START + day * DAY for day in range(365, 365 + 12 * 30, 30)])
TEXTS = {
    "transactions": {"product": 5_000, "family": 40, "channel": 4, "store": 60},
    "interactions": {"type": 6, "direction": 2, "channel": 5, "campaign": 200},
}
TYPES = ("complaint", "open", "question", "review", "ticket", "visit")


def shard(size: int, dates: np.ndarray = DATES, seed: int = 1) -> Shard:
    """``size`` transaction lines (two to an order) and as many interactions of ``size // 13`` customers."""
    random = np.random.default_rng(seed)
    customers = max(1, size // 13)
    events = {}
    for table, columns in TEXTS.items():
        ordered = table == "transactions"
        count = size // 2 if ordered else size
        customer = (customers * random.random(count) ** 1.5).astype(np.int64)  # some are busier
        time = START + random.integers(0, SPAN * DAY, count)
        made = {"customer": customer, "time": time, "order_id": np.arange(count)}
        made = {name: np.repeat(values, 2 if ordered else 1) for name, values in made.items()}
        order = np.lexsort((made["order_id"], made["time"], made["customer"]))
        made = {name: values[order] for name, values in made.items()}
        for name, variety in columns.items():
            made[name] = random.integers(0, variety, len(order))
        if ordered:
            made["amount"] = np.round(random.lognormal(7.5, 0.8, len(order))).astype(np.int64)
            made["discount"] = made["amount"] // 20 * random.integers(0, 3, len(order))
        else:
            del made["order_id"]
        events[table] = made | clock(made["time"]) | {"recorded_at": made["time"]}
    texts = {
        (table, name): np.array([f"{name} {code:05}" for code in range(variety)], dtype=object)
        for table, columns in TEXTS.items()
        for name, variety in columns.items()
    }
    texts["interactions", "type"] = np.array(TYPES, dtype=object)
    texts["interactions", "direction"] = np.array(["inbound", "outbound"], dtype=object)
    texts["transactions", "order_id"] = np.arange(size // 2).astype(object)
    ids = np.array([f"c{code:08}" for code in range(customers)], dtype=object)
    codes = np.repeat(np.arange(customers), len(dates))
    return Shard(ids, events, texts, None, codes, np.tile(dates, customers))


def clock(time: np.ndarray) -> dict[str, np.ndarray]:
    return {
        "day": CALENDAR.day_numbers(time),
        "month": CALENDAR.month_numbers(time),
        "weekday": CALENDAR.weekdays(time),
        "hour": CALENDAR.hours(time),
    }


def parts(whole: Shard, limit: int) -> Iterator[Shard]:
    """The shard in parts of whole customers, each of about ``limit`` events and snapshots."""
    weights = np.bincount(whole.customer, minlength=len(whole.customers))
    for columns in whole.events.values():
        weights += np.bincount(columns["customer"], minlength=len(whole.customers))
    part = np.cumsum(weights) // limit
    for number in range(part[-1] + 1):
        start, end = np.searchsorted(part, [number, number + 1])
        if start < end:
            yield _customers(whole, start, end)


def _customers(whole: Shard, start: int, end: int) -> Shard:
    def of(codes: np.ndarray, values: np.ndarray) -> np.ndarray:
        first, last = np.searchsorted(codes, [start, end])
        return values[first:last]

    events = {}
    for table, columns in whole.events.items():
        codes = columns["customer"]
        events[table] = {name: of(codes, values) for name, values in columns.items()}
        events[table]["customer"] = events[table]["customer"] - start
    asked, as_of = (of(whole.customer, values) for values in (whole.customer, whole.as_of))
    return Shard(whole.customers[start:end], events, whole.texts, None, asked - start, as_of)
