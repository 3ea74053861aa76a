"""What can be asked of a window: a small closed set of measures, each one value per snapshot."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from churnlab.errors import ConfigError
from churnlab.history import slices, variety
from churnlab.history.cuts import is_past
from churnlab.history.units import DAY, Floats, Ints, ratio

if TYPE_CHECKING:
    from churnlab.history.sources import Source

# Written into an event's row after the event: each value is a fact only once its own time has come.
LATER_FACTS = frozenset({"end", "resolved_at"})

Gaps = Literal["mean", "std", "max", "median", "min"]


@dataclass(frozen=True, eq=False)
class Window:
    """Rows ``start:end`` of each snapshot, shape (n,).

    Of no rows ``count``, ``sum``, ``distinct`` and ``active_*`` are 0 and the rest NaN (None for
    text). A measure of a column passes over the rows where it is missing. Money is in minor units,
    times in microseconds UTC, gaps in days.
    """

    source: Source
    start: Ints
    end: Ints
    span: Hashable = None  # names the window within its source, to keep measures under; None: keep none

    def count(self) -> Ints:
        """How many events."""
        return self.end - self.start

    def known(self, column: str) -> Ints:
        """How many events have this column: of ``resolved_at``, those resolved before ``as_of``."""
        return self._of(column).count()

    def sum(self, column: str) -> Ints | Floats:
        """The total; whole numbers stay whole."""
        rows = self._of(column)
        values, way = rows.source.numbers(column), rows.source.way
        if values.dtype.kind == "f":
            return way.summed(values, rows.start, rows.end)
        return way.difference(rows.source.sums(column), rows.start, rows.end)

    def mean(self, column: str) -> Floats:
        """The arithmetic mean."""
        return ratio(self.sum(column), self.known(column))

    def max(self, column: str) -> Floats:
        """The largest value."""
        rows = self._of(column)
        return rows.source.way.largest(rows.source.numbers(column), rows.start, rows.end)

    def min(self, column: str) -> Floats:
        """The smallest value."""
        rows = self._of(column)
        return rows.source.way.smallest(rows.source.numbers(column), rows.start, rows.end)

    def std(self, column: str) -> Floats:
        """The standard deviation around the window's own mean, divided by n: 0 of a single row."""
        rows = self._of(column)
        return rows.source.way.spread(rows.source.numbers(column), rows.start, rows.end)

    def distinct(self, column: str) -> Ints:
        """How many different values."""
        return variety.distinct(self._of(column), column)

    def new(self, column: str) -> Ints:
        """How many different values that no earlier event of the customer had."""
        return variety.new(self._of(column), column)

    def active_days(self) -> Ints:
        """How many local days with an event."""
        return self.distinct("day")

    def active_months(self) -> Ints:
        """How many local calendar months with an event."""
        return self.distinct("month")

    def gaps(self, kind: Gaps) -> Floats:
        """The days between one event and the next: their mean, std, max, median or min.

        n events have n - 1 gaps: NaN of fewer than two events.
        """
        if kind not in get_args(Gaps):
            raise ConfigError(f"gaps are measured by {', '.join(get_args(Gaps))}", got=repr(kind))
        if self.span is None:
            return self._measured_gaps(kind)
        # Several families ask for the same.
        return self.source.once(("gaps", kind, self.span), lambda: self._measured_gaps(kind))

    def _measured_gaps(self, kind: Gaps) -> Floats:
        source, way = self.source, self.source.way
        if kind == "mean":
            return way.mean_gap(source.values("time"), self.start, self.end, DAY)
        measure = {"std": way.spread, "max": way.largest, "median": way.median, "min": way.smallest}[kind]
        # The gap before the first event of the window began outside it.
        inner = np.minimum(self.start + 1, self.end)
        answer: Floats = measure(source.gaps(), inner, self.end) / DAY
        return answer

    def first(self, column: str) -> NDArray[Any]:
        """The oldest value: floats, or text (object array) of a text column."""
        rows = self._of(column)
        return _value(rows, column, rows.start)

    def last(self, column: str) -> NDArray[Any]:
        """The latest value: floats, or text (object array) of a text column."""
        rows = self._of(column)
        return _value(rows, column, rows.end - 1)

    def latest(self, most: int) -> Window:
        """Its last ``most`` events, or all of them where there are fewer."""
        start = np.maximum(self.start, self.end - most)
        return Window(self.source, start, self.end, self.span and (self.span, "latest", most))

    def oldest(self, most: int) -> Window:
        """Its first ``most`` events, or all of them where there are fewer."""
        end = np.minimum(self.end, self.start + most)
        return Window(self.source, self.start, end, self.span and (self.span, "oldest", most))

    def _of(self, column: str) -> Window:
        """The same window, over the rows that have this column."""
        if column in LATER_FACTS:
            return self._come_true(column)
        present = self.source.present(column)
        if present is None:
            return self
        source, before = present
        return Window(source, before[self.start], before[self.end], self.span)

    def _come_true(self, column: str) -> Window:
        # What is known differs by snapshot, so each gets rows of its own.
        rows, owner = slices.expanded(self.start, self.end)
        known = is_past(self.source.values(column)[rows], self.source.as_of[owner])
        end = np.append(0, np.cumsum(known))[np.cumsum(self.end - self.start)]
        source = replace(self.source, columns=self.source.columns.take(rows[known]))
        return Window(source, np.append(0, end)[:-1], end)


def _value(window: Window, column: str, row: Ints) -> NDArray[Any]:
    source, texts = window.source, window.source.columns.texts.get(column)
    if texts is None:
        return source.way.taken(source.values(column), row, window.start, window.end)
    some = window.end > window.start
    answer = np.full(len(row), None, dtype=object)
    answer[some] = texts[source.values(column)[row[some]]]
    return answer
