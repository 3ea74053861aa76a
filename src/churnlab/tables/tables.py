"""The checked tables of a project: what every later step starts from."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any

from churnlab.config.meanings import TABLES
from churnlab.config.sources import Attribute
from churnlab.errors import DataError


@dataclass(frozen=True)
class SourceCount:
    """Where the rows of one source went: ``read == accepted + quarantined + duplicates + out_of_period``.

    ``reasons``: reason code -> rows, which add up to ``quarantined``.
    """

    table: str
    source: str
    read: int
    accepted: int
    quarantined: int
    duplicates: int
    out_of_period: int
    reasons: Mapping[str, int]

    def __post_init__(self) -> None:
        parts = self.accepted + self.quarantined + self.duplicates + self.out_of_period
        if self.read != parts or self.quarantined != sum(self.reasons.values()):
            # A bug of ours, never a mistake of the user: nothing may be lost without a count.
            raise AssertionError(f"{self.table}.{self.source}: the counts of rows do not add up: {self}")


@dataclass(frozen=True)
class Delivered:
    """What a source says of itself. ``files``: labels. ``complete_until``: of the source or its manifest;
    None where neither says.
    """

    files: tuple[str, ...]
    complete_until: date | None


@dataclass(frozen=True, eq=False)
class Tables:
    """Checked tables in the engine; only :func:`churnlab.tables.load` builds them.

    ``watermarks``: table -> the instant before which nothing is missing (microseconds UTC).
    ``digests``: file label -> SHA-256. ``attributes``: name -> column and kind, of customers and
    snapshot. ``notes``: what the reader should know, one sentence each.
    """

    con: Any
    counts: tuple[SourceCount, ...]
    watermarks: Mapping[str, int]
    digests: Mapping[str, str]
    attributes: Mapping[str, Attribute]
    notes: tuple[str, ...]
    stored: Mapping[str, tuple[str, tuple[str, ...]]]  # table -> (its name in the engine, its columns)
    files: Mapping[str, Sequence[Path]] = field(
        default_factory=dict
    )  # of stored tables: where their rows lie
    deliveries: Mapping[str, Delivered] = field(default_factory=dict)  # by table.source
    hidden: Mapping[str, tuple[str, ...]] = field(
        default_factory=dict
    )  # columns that only say who must not be contacted

    def has(self, name: str) -> bool:
        """Whether the project has such a table."""
        return name in self.stored

    def columns(self, name: str) -> tuple[str, ...]:
        """The canonical columns of a table, in the order of the configuration."""
        return self._stored(name)[1]

    def table(self, name: str) -> Any:
        """The Ibis table: ids and text VARCHAR, times BIGINT microseconds UTC, money BIGINT minor
        units, numbers DOUBLE; missing values are null. Rows have no order.
        """
        stored, columns = self._stored(name)
        return self.con.table(stored).select(*columns)

    def with_hidden(self, name: str) -> Any:
        """The same with the columns that no feature sees."""
        stored, columns = self._stored(name)
        return self.con.table(stored).select(*columns, *self.hidden.get(name, ()))

    def _stored(self, name: str) -> tuple[str, tuple[str, ...]]:
        if name not in self.stored:
            raise DataError(
                f"this project has no {name} table",
                got=", ".join(self.stored),
                mend=f"add a source under sources.{name}" if name in TABLES else None,
            )
        return self.stored[name]
