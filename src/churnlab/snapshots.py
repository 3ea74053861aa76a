"""When customers are looked at: the business calendar, and snapshot dates."""

from __future__ import annotations

import datetime as dt
import hashlib
import zoneinfo
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from churnlab.config.project import SnapshotPlan
from churnlab.errors import DataError

Ints = NDArray[np.int64]

SECOND = 1_000_000  # instants are whole microseconds UTC
HOUR = 3_600 * SECOND
DAY = 24 * HOUR
_EPOCH = dt.date(1970, 1, 1)


@dataclass(frozen=True)
class Calendar:
    """Days as the business counts them, between instants in whole microseconds UTC.

    ``kind`` says how windows are measured: ``local`` days keep the wall clock of ``zone`` (23 or 25
    hours long when clocks change), ``fixed`` days are always 24 hours. A date always means its local
    midnight, and an event's day, month, weekday and hour are always those of the wall clock.

    A wall time that clocks skipped means the first instant after the skip, one that they showed
    twice its first showing: so the start of a day is always the first instant of that day.

    >>> paris = Calendar("Europe/Paris", "local")
    >>> spring = np.array([paris.instant(dt.date(2025, 3, 31))])
    >>> (spring - paris.back(spring, 1)) / HOUR
    array([23.])
    """

    zone: str
    kind: Literal["local", "fixed"] = "local"

    def instant(self, date: dt.date) -> int:
        """The first instant of a local date."""
        wall = np.array([(date - _EPOCH).days * DAY])
        return int(self._instants(wall)[0])

    def date(self, instant: int) -> dt.date:
        """The local date that an instant falls on."""
        return _EPOCH + dt.timedelta(days=int(self.day_numbers(np.array([instant]))[0]))

    def back(self, as_of: Ints, days: int) -> Ints:
        """The same time of day, ``days`` days before each instant."""
        return self.ahead(as_of, -days)

    def ahead(self, as_of: Ints, days: int | Ints) -> Ints:
        """The same time of day, ``days`` days after each instant; ``days``: of all, or one for each."""
        if self.kind == "fixed" or not np.any(days):
            return np.asarray(as_of, dtype=np.int64) + days * DAY
        return self._instants(self.walls(as_of) + days * DAY)

    def day_numbers(self, instants: Ints) -> Ints:
        """Local days since 1970-01-01."""
        return self.walls(instants) // DAY

    def month_numbers(self, instants: Ints) -> Ints:
        """Local months since January 1970."""
        return months(self.day_numbers(instants))

    def weekdays(self, instants: Ints) -> Ints:
        """0 Monday ... 6 Sunday."""
        return weekdays(self.day_numbers(instants))

    def hours(self, instants: Ints) -> Ints:
        """0 ... 23, of the wall clock."""
        return self.walls(instants) % DAY // HOUR

    def walls(self, instants: Ints) -> Ints:
        """What the wall clock shows, as microseconds since its own 1970-01-01 00:00."""
        instants = np.asarray(instants, dtype=np.int64)
        starts, offsets = self._offsets(instants)
        here = 0 if (offsets == offsets[0]).all() else np.searchsorted(starts, instants, side="right") - 1
        walls: Ints = instants + offsets[here]
        return walls

    def _instants(self, walls: Ints) -> Ints:
        starts, offsets = self._offsets(walls)
        # The wall time at which each offset stops being used; before it, the first showing counts.
        ends = starts[1:] + offsets[:-1]
        used = np.searchsorted(ends, walls, side="right")
        instants: Ints = np.maximum(walls - offsets[used], starts[used])
        return instants

    def _offsets(self, instants: Ints) -> tuple[Ints, Ints]:
        """(start, offset): from each rising instant on, the wall clock is that far ahead of UTC."""
        if not len(instants):
            return np.array([0]), np.array([0])
        years = np.array([instants.min() - 2 * DAY, instants.max() + 2 * DAY]).astype("datetime64[us]")
        # Far outside (9999-12-31 as "never") the clock is as it was in 1900, or will be in 2200.
        first, last = (years.astype("datetime64[Y]").astype(np.int64) + 1970).clip(1900, 2200)
        changes = [change for year in range(first, last + 1) for change in _changes(self.zone, year)]
        starts, offsets = np.array(changes, dtype=np.int64).T
        starts[0] = np.iinfo(np.int64).min // 2  # nothing asked about lies before the first
        return starts, offsets


def months(days: Ints) -> Ints:
    """The month, since January 1970, of each local day since 1970-01-01."""
    if not len(days):
        return days
    first, last = int(days.min()), int(days.max())
    # Events lie on a few hundred days: each is looked up once in the calendar.
    known = np.arange(first, last + 1) if last - first <= len(days) + 10_000 else days
    found = known.astype("datetime64[D]").astype("datetime64[M]").astype(np.int64)
    return found if known is days else found[days - first]


def weekdays(days: Ints) -> Ints:
    """0 Monday ... 6 Sunday, of local days since 1970-01-01."""
    return (days + 3) % 7  # 1970-01-01 was a Thursday


@lru_cache(maxsize=4096)
def _changes(zone: str, year: int) -> tuple[tuple[int, int], ...]:
    """The offset at the start of a UTC year, and each change in it: (instant, offset)."""
    days = range((dt.date(year, 1, 1) - _EPOCH).days, (dt.date(year + 1, 1, 1) - _EPOCH).days)
    clock = ZoneInfo(zone)
    changes = [(days[0] * DAY, _offset(clock, days[0] * DAY))]
    for day in days:
        # At most one change within a day, which holds for every zone since 1900.
        changed = _offset(clock, (day + 1) * DAY)
        if changed != changes[-1][1]:
            changes.append((_change(clock, day * DAY, (day + 1) * DAY), changed))
    return tuple(changes)


def _change(clock: ZoneInfo, before: int, after: int) -> int:
    """The first whole second in ``(before, after]`` with the offset of ``after``."""
    while after - before > SECOND:
        middle = (before + after) // (2 * SECOND) * SECOND
        if _offset(clock, middle) == _offset(clock, after):
            after = middle
        else:
            before = middle
    return after


def _offset(clock: ZoneInfo, instant: int) -> int:
    utc = dt.datetime(1970, 1, 1, tzinfo=dt.UTC) + dt.timedelta(microseconds=instant)
    offset = utc.astimezone(clock).utcoffset()
    return (offset or dt.timedelta()) // dt.timedelta(microseconds=1)


def dates(
    plan: SnapshotPlan,
    calendar: Calendar,
    first_event: int,
    watermark: int,
    tail_days: int,
    compared_days: int | None = None,
) -> list[int]:
    """The rising instants, each a local midnight, at which customers are looked at for training.

    The last has ``as_of + tail_days <= watermark``, where ``tail_days`` is gap + horizon + settlement:
    its labels are complete. The first comes after ``min_history_days`` of events, and never before
    ``compared_days`` of them, where labels compare with what came in so many days before.
    """
    begin = calendar.date(first_event)
    first = plan.first or begin + dt.timedelta(days=plan.min_history_days)
    if compared_days is not None:
        first = max(first, begin + dt.timedelta(days=compared_days))
    last = plan.last or _last_complete(calendar, watermark, tail_days)
    if plan.every == "month":
        days = [
            day for month in range(_month(first), _month(last) + 1) if (day := _month_start(month)) >= first
        ]
    else:
        steps = (last - first).days // plan.every
        days = [last - dt.timedelta(days=plan.every * step) for step in range(steps, -1, -1)]
    if not days:
        end, needed = calendar.date(watermark), max(plan.min_history_days, compared_days or 0)
        raise DataError(
            "no snapshot date fits into the data: each needs a past before it and a complete outcome after",
            got=f"events from {begin}, complete until {end} ({(end - begin).days} days), against "
            f"{needed} days of history + {tail_days} days of gap, horizon and settlement; "
            f"first date allowed {first}, last {last}, every {plan.every}",
            mend="add older data, or lower snapshots.min_history_days or churn.horizon_days"
            + (", or set snapshots.every to a number of days" if first <= last else ""),
        )
    return [calendar.instant(day) for day in days]


def _last_complete(calendar: Calendar, watermark: int, tail_days: int) -> dt.date:
    day = calendar.date(watermark) - dt.timedelta(days=max(tail_days - 2, 0))
    while calendar.ahead(np.array([calendar.instant(day)]), tail_days)[0] > watermark:
        day -= dt.timedelta(days=1)
    return day


def _month(day: dt.date) -> int:
    return 12 * day.year + day.month - 1


def _month_start(month: int) -> dt.date:
    return dt.date(month // 12, month % 12 + 1, 1)


@cache
def zones_version() -> str:
    """Which time-zone database days are counted by: another may put clocks, and midnights, elsewhere.

    Python's alone does: that of the system where there is one, else the package ``tzdata``. A system that
    does not say its version is told by the digest of its files.
    """
    for folder in map(Path, zoneinfo.TZPATH):
        if (folder / "UTC").is_file():
            return f"tz {_stated(folder) or _digest(folder)}"
    return f"tzdata {metadata.version('tzdata')}"


def _stated(folder: Path) -> str | None:
    """``2025b``, as most systems write it beside their zones."""
    for name, before in (("tzdata.zi", "# version "), ("+VERSION", "")):
        if (folder / name).is_file():
            with (folder / name).open(encoding="utf-8", errors="replace") as file:
                line = file.readline(80).strip()
            if line.startswith(before) and line[len(before) :].isalnum():
                return line[len(before) :]
    return None


def _digest(folder: Path) -> str:
    digest = hashlib.sha256()
    for name in sorted(zoneinfo.available_timezones()):
        path = folder / name
        if path.is_file():
            content = path.read_bytes()
            digest.update(f"{name} {len(content)} ".encode() + content)
    return digest.hexdigest()[:16]
