"""The columns of a source that is judged in its warehouse: which are read, and which are left."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from churnlab.config.sources import Source
from churnlab.errors import DataError
from churnlab.tables.staging import columns_of, drift


def staged_columns(source: Source) -> list[tuple[str, str]]:
    """(name when staged, column of the source) of all that is mapped."""
    return list(columns_of(source))


def notes_on(part: Any, source: Source, wanted: Sequence[str]) -> tuple[str, ...]:
    """A word on columns that nothing reads; ``DataError`` where they are refused.

    ``part``: has the source's ``columns`` and the ``label`` messages know it by.
    """
    found = tuple(drift([part], set(wanted)))
    if found and source.unmapped == "refuse":
        raise DataError(
            f"{part.label}: the input has other columns than were agreed",
            got="; ".join(found[:2]),
            mend="map them, have them removed, or set unmapped: note",
        )
    return found
