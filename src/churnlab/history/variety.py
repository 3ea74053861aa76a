"""How many different values of a column a window holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from churnlab.history import slices
from churnlab.history.units import ALL, Ints

if TYPE_CHECKING:
    from churnlab.history.sources import Source
    from churnlab.history.windows import Window

BITS = 64  # in a whole number: as many values can be told apart by one bit each


def distinct(rows: Window, column: str) -> Ints:
    """(n,) different values in the rows of a window, in all of which the column is known."""
    source = rows.source
    changes = source.changes(column)
    if len(changes):  # such as days: a value comes once, so its changes can be counted
        return source.way.changed(changes, rows.start, rows.end)
    if rows.span is None:
        return _counted(rows, column)
    # Several families ask for the same.
    return source.once(("distinct", column, rows.span), lambda: _counted(rows, column))


def new(rows: Window, column: str) -> Ints:
    """(n,) different values that the customer has in these rows and in none before."""
    return rows.source.way.difference(rows.source.following(column)[1], rows.start, rows.end)


def _counted(rows: Window, column: str) -> Ints:
    source, way = rows.source, rows.source.way
    if way.nested is None and source.codes(column).max(initial=0) < BITS:
        return slices.distinct_bits(source.codes(column), rows.start, rows.end)
    older, newer = rows.span if isinstance(rows.span, tuple) and len(rows.span) == 2 else (0, 0)
    following, firsts = source.following(column)
    if older == ALL:  # from the customer's first row on, what is new can be counted
        return way.difference(firsts, rows.start, rows.end)
    if way.nested is not None and newer == 0 and older in source.nested:
        return _nested(source, column)[older]
    return way.distinct(following, rows.start, rows.end)


def _nested(source: Source, column: str) -> dict[int, Ints]:
    """All windows of the plan at once: whoever asks for one of them mostly asks for the rest."""

    def make() -> dict[int, Ints]:
        count, days = source.way.nested, source.nested
        assert count is not None  # noqa: S101 - for the types
        starts = np.stack([source.at(older) for older in days])
        return dict(zip(days, count(source.following(column)[0], starts, source.at(0)), strict=True))

    return source.once(("nested", column), make)
