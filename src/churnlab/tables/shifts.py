"""A century of changes of clocks as SQL text, for one pass over rows whose times are not known yet."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from churnlab.tables.times import DAY, EARLIEST, LATEST, Stretch, changes_at_all, reading, stretches


@cache
def shift_sql(zone: str, fold: str | None) -> str:
    """``times.shift_of`` any plausible time as SQL text of ``{local}``, ``{offset}`` and ``{day}``.

    A century of changes is a tree of hundreds of branches, which Ibis takes a tenth of a second to spell.
    """
    line = stretches(zone, EARLIEST - DAY, LATEST + DAY)
    by_zone = _tree_sql(line, [reading(stretch, fold) for stretch in line])
    if changes_at_all(line):
        by_day = _tree_sql(line, [stretch.midnight for stretch in line])
        by_zone = f"CASE WHEN {{day}} THEN {by_day} ELSE {by_zone} END"
    return f"COALESCE({{offset}}, {by_zone})"


def _tree_sql(line: Sequence[Stretch], offsets: Sequence[int]) -> str:
    if len(set(offsets)) == 1:
        return f"CAST({offsets[0]} AS BIGINT)"
    middle = len(line) // 2
    earlier = _tree_sql(line[:middle], offsets[:middle])
    later = _tree_sql(line[middle:], offsets[middle:])
    return f"CASE WHEN {{local}} < {line[middle].start} THEN {earlier} ELSE {later} END"
