"""A source that has shrunk since the last time is an outage until somebody says otherwise."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from churnlab.durable import write_whole
from churnlab.errors import DataError
from churnlab.tables import SourceCount

LEAST = 0.5  # of the accepted rows of the last time


def check(counts: Sequence[SourceCount], path: Path, *, accept: bool) -> None:
    """Compare accepted rows per source with those kept in ``path``.

    Raises ``DataError`` where a source has less than half of its last rows, unless ``accept``.
    """
    now = _accepted(counts)
    for place, before in _last(path).items():
        if place in now and now[place] < LEAST * before and not accept:
            raise DataError(
                f"{place}: the source has shrunk",
                got=f"{now[place]:,} rows accepted, {before:,} the last time",
                mend="deliver it whole, or say that it is meant: --set accept_smaller=true",
            )


def keep(counts: Sequence[SourceCount], path: Path) -> None:
    """Leave them in ``path`` for the next time."""
    write_whole(path, (json.dumps(_accepted(counts), indent=1, sort_keys=True) + "\n").encode())


def _accepted(counts: Sequence[SourceCount]) -> dict[str, int]:
    return {f"{count.table}.{count.source}": count.accepted for count in counts}


def _last(path: Path) -> dict[str, int]:
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        return {}
    return {place: rows for place, rows in kept.items() if isinstance(rows, int)}
