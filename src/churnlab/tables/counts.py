"""How many rows may be set aside, and the error when there are more."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from churnlab.config.sources import Source
from churnlab.errors import DataError
from churnlab.tables.tables import SourceCount


@dataclass(frozen=True)
class Example:
    """One quarantined row, as an error may show it. ``raw`` is None where it may be personal."""

    file: str
    line: int | None
    column: str
    raw: str | None

    def __str__(self) -> str:
        line = "" if self.line is None else f" line {self.line}"
        raw = "" if self.raw is None else f" holds {self.raw[:40]!r}"
        return f"{self.file}{line}, column {self.column}{raw}"


def allowed(limit: float | None, read: int) -> int:
    """Rows that may be set aside: a number of rows, a share below 1, or by default the lesser of
    1000 and 0.1 % of the rows, at least 5.

    >>> allowed(None, 100), allowed(None, 50_000), allowed(None, 10**9), allowed(0.25, 100), allowed(7, 100)
    (5, 50, 1000, 25, 7)
    """
    if limit is None:
        return min(1000, max(5, read // 1000))
    return int(limit) if limit >= 1 else math.floor(limit * read)


def excused(reasons: Mapping[str, int], expected: Mapping[str, float], read: int) -> int:
    """Rows set aside for a fault that the configuration knows of, up to the share it names.

    >>> excused({"customer_id_missing": 40, "time_not_a_time": 3}, {"customer_id_missing": 0.3}, 100)
    30
    """
    return sum(_excused(reason, rows, expected, read) for reason, rows in reasons.items())


def worst(reasons: Mapping[str, int], expected: Mapping[str, float], read: int) -> str:
    """The reason that sets aside most rows beyond those excused: what to look at first.

    >>> worst({"customer_id_missing": 40, "time_not_a_time": 12}, {"customer_id_missing": 0.3}, 100)
    'time_not_a_time'
    """
    beyond = {reason: rows - _excused(reason, rows, expected, read) for reason, rows in by_size(reasons)}
    return max(beyond, key=lambda reason: beyond[reason])


def _excused(reason: str, rows: int, expected: Mapping[str, float], read: int) -> int:
    return min(rows, math.floor(expected.get(reason, 0) * read + 1e-9))


def refuse_too_many(
    source: Source,
    read: int,
    reasons: Mapping[str, int],
    example: Example | None,
    *,
    place: str,
    kept: Path | None,
) -> None:
    """Stop where more rows had to be set aside than the source may lose.

    ``example``: the first row of the ``worst`` reason.
    """
    counted = sum(reasons.values()) - excused(reasons, source.expected_quarantine, read)
    limit = allowed(source.max_quarantined, read)
    if counted <= limit:
        return
    most = worst(reasons, source.expected_quarantine, read)
    others = [f"{reason} {count}" for reason, count in by_size(reasons) if reason != most]
    also = f"; also {', '.join(others)}" if others else ""
    where = f"; see {kept.name}" if kept else ""
    raise DataError(
        f"{place}: {counted} of {read} rows were set aside, at most {limit} may be",
        got=f"{most} {reasons[most]}; first: {example}{also}",
        mend="mend the file or its declaration, or raise max_quarantined or expected_quarantine" + where,
    )


def refuse_empty(source: Source, count: SourceCount) -> None:
    """Stop where nothing is left, and say where it went."""
    if count.accepted or source.may_be_empty:
        return
    raise DataError(
        f"{count.table}.{count.source}: no rows are left",
        got=f"{count.read} read, {count.quarantined} set aside, {count.out_of_period} out of period, "
        f"{count.duplicates} duplicates",
        mend="check the files and the period, or set allow_empty: true if that is expected",
    )


def by_size(reasons: Mapping[str, int]) -> list[tuple[str, int]]:
    """Reasons, most frequent first, ties by name."""
    return sorted(reasons.items(), key=lambda pair: (-pair[1], pair[0]))
