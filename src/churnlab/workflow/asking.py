"""Statements in plain SQL, asked of the accepted tables: whole numbers come back, the same of any engine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from churnlab.workflow.opening import Opened

Answer = tuple[int, ...]


@dataclass(frozen=True)
class Asking:
    """``columns``: of each table. ``names``: what a statement calls it. ``rows``: statement -> its rows."""

    columns: Mapping[str, Collection[str]]
    names: Mapping[str, str]
    rows: Callable[[str], Sequence[Sequence[Any]]]

    def row(self, statement: str) -> Answer:
        """The one row of whole numbers that answers it; of nothing, 0."""
        (found,) = self.rows(statement)
        return tuple(int(number or 0) for number in found)

    @classmethod
    def of(cls, opening: Opened) -> Asking:
        """Of the engine that the tables lie in."""
        tables = opening.tables
        there = [name for name in ("transactions", "interactions") if tables.has(name)]

        def rows(statement: str) -> list[tuple[Any, ...]]:
            with tables.con.con.cursor() as cursor:
                found: list[tuple[Any, ...]] = cursor.execute(statement).fetchall()
            return found

        return cls(
            {name: tables.columns(name) for name in there},
            {name: tables.stored[name][0] for name in there},
            rows,
        )


def known(columns: Collection[str], until: int) -> str:
    """The condition that an event had happened, and was recorded where that is known, before ``until``.

    >>> known(["time"], 5)
    'time < 5'
    """
    late = f" AND (recorded_at IS NULL OR recorded_at < {until})" if "recorded_at" in columns else ""
    return f"time < {until}{late}"
