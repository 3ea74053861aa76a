"""The definitions of past, outcome and every measure in plain Python, event by event.

Shares no code with churnlab.history, and knows nothing of arrays. ``NAN`` is what an empty window has.
"""

import datetime as dt
import itertools
import math
import statistics
from zoneinfo import ZoneInfo

NAN, EVER_DAYS = math.nan, 36_500
DAY = 86_400_000_000
EPOCH = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
US = dt.timedelta(microseconds=1)


def moved(calendar, instant, days):
    """The same time of day some days later (or earlier)."""
    if days == 0 or calendar.kind == "fixed":
        return instant + days * DAY
    zone = ZoneInfo(calendar.zone)
    wall = (EPOCH + instant * US).astimezone(zone).replace(tzinfo=None) + dt.timedelta(days=days)
    there = (wall.replace(tzinfo=zone).astimezone(dt.UTC) - EPOCH) // US
    if (EPOCH + there * US).astimezone(zone).replace(tzinfo=None) != wall:
        # Clocks skipped this time of day: the first instant after the skip.
        offset = (EPOCH + there * US).astimezone(zone).utcoffset()
        there -= there % (60 * 10**6)
        while (EPOCH + (there - 60 * 10**6) * US).astimezone(zone).utcoffset() == offset:
            there -= 60 * 10**6
    return there


class Past:
    """What was known of one customer before ``until``; windows are counted back from ``as_of``."""

    def __init__(self, world, customer, as_of, until=None):
        self.world, self.customer, self.as_of = world, customer, as_of
        self.until = as_of if until is None else until
        lines = self.table("transactions")
        self.baskets = {}
        for number, line in enumerate(lines):
            name = ("alone", number) if line["order_id"] is None else line["order_id"]
            self.baskets.setdefault(name, []).append(line)
        for name, basket in list(self.baskets.items()):
            if sum(line["amount"] for line in basket) == 0 and any(line["amount"] > 0 for line in basket):
                del self.baskets[name]
        kept = [line for basket in self.baskets.values() for line in basket]
        self.sources = {
            "transactions": [line for line in lines if any(line is other for other in kept)],
            "orders": [as_order(basket) for basket in self.baskets.values()],
            "interactions": self.table("interactions"),
            "contracts": self.table("contracts"),
            "campaigns": self.table("campaigns"),
        }

    def table(self, name):
        rows = []
        for row in self.world.events.get(name, ()):
            if (
                row["customer"] == self.customer
                and row["time"] < self.until
                and row["recorded_at"] < self.until
            ):
                row = dict(row)  # noqa: PLW2901
                for later in ("end", "resolved_at"):
                    if row.get(later) is not None and not row[later] < self.until:
                        row[later] = None
                rows.append(row)
        return sorted(rows, key=lambda row: row["time"])

    def window(self, source, older, newer):
        """The rows in [as_of - older, as_of - newer), in days; older may be EVER_DAYS."""
        calendar = self.world.calendar
        start = -(10**18) if older == EVER_DAYS else moved(calendar, self.as_of, -older)
        end = moved(calendar, self.as_of, -newer)
        return [row for row in self.sources[source] if start <= row["time"] < end]

    def attributes(self):
        """The attributes that held, or None."""
        rows = [
            row
            for row in self.world.attributes
            if row["customer"] == self.customer and row["valid_from"] < self.as_of
        ]
        if not rows:
            return None
        latest = max(rows, key=lambda row: row["valid_from"])
        return latest if latest["valid_to"] is None or latest["valid_to"] >= self.as_of else None


def as_order(basket):
    order = dict(basket[0])
    for name in ("amount", "margin", "discount"):
        order[name] = sum(line[name] for line in basket)
    quantities = [line["quantity"] for line in basket if line["quantity"] is not None]
    order["quantity"] = sum(quantities) if quantities else None
    order["lines"] = len(basket)
    return order


def values(rows, column):
    return [row[column] for row in rows if row[column] is not None]


def count(rows):
    return len(rows)


def known(rows, column):
    return len(values(rows, column))


def total(rows, column):
    return sum(values(rows, column))


def mean(rows, column):
    return sum(values(rows, column)) / len(values(rows, column)) if values(rows, column) else NAN


def largest(rows, column):
    return max(values(rows, column), default=NAN)


def smallest(rows, column):
    return min(values(rows, column), default=NAN)


def std(rows, column):
    return statistics.pstdev(values(rows, column)) if values(rows, column) else NAN


def distinct(rows, column):
    return len(set(values(rows, column)))


def first(rows, column, nothing=NAN):
    return values(rows, column)[0] if values(rows, column) else nothing


def last(rows, column, nothing=NAN):
    return values(rows, column)[-1] if values(rows, column) else nothing


def gaps(rows, kind):
    between = [b["time"] - a["time"] for a, b in itertools.pairwise(rows)]
    if not between:
        return NAN
    measure = {
        "mean": statistics.fmean,
        "std": statistics.pstdev,
        "max": max,
        "min": min,
        "median": statistics.median,
    }
    return measure[kind](between) / DAY


def local_days(rows, zone):
    return {(EPOCH + row["time"] * US).astimezone(ZoneInfo(zone)).date() for row in rows}


def active_days(rows, zone):
    return len(local_days(rows, zone))


def active_months(rows, zone):
    return len({(day.year, day.month) for day in local_days(rows, zone)})
