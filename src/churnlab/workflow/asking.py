"""Statements in plain SQL, asked of the accepted tables: whole numbers come back, the same of any engine."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from churnlab.workflow.opening import Opened

Answer = tuple[int, ...]


@dataclass(frozen=True)
class Asking:
    """``columns``: of each table. ``names``: what a statement calls it. ``row``: statement -> its one row."""

    columns: Mapping[str, Collection[str]]
    names: Mapping[str, str]
    row: Callable[[str], Answer]

    @classmethod
    def of(cls, opening: Opened) -> Asking:
        """Of the engine that the tables lie in."""
        tables = opening.tables
        there = [name for name in ("transactions", "interactions") if tables.has(name)]

        def row(statement: str) -> Answer:
            with tables.con.con.cursor() as cursor:
                found = cursor.execute(statement).fetchone()
            return tuple(int(number or 0) for number in found)

        return cls(
            {name: tables.columns(name) for name in there},
            {name: tables.stored[name][0] for name in there},
            row,
        )
