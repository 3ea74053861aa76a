"""A time as written, taken apart by the places of its parts: the ISO way to write it, and its offset.

Replacing by a regular expression costs five times as much, and gives the same where the text matches.
"""

from __future__ import annotations

import functools
import operator
import re
from collections.abc import Sequence
from typing import Any

Piece = str | tuple[int, int]


def places(form: str) -> list[Piece]:
    """The ISO way to write a time as texts and (start, length) in a text written as ``form``.

    Empty where its parts have no fixed places.

    >>> places("%d/%m/%Y")
    [(6, 4), '-', (3, 2), '-', (0, 2)]
    """
    found: dict[str, tuple[int, int]] = {}
    at = 0
    for piece in re.findall(r"%.|[^%]+", form):
        size = {"%Y": 4, "%%": 1}.get(piece, 2) if piece[0] == "%" else len(piece)
        if piece in {"%f", "%z"}:
            return []
        found.setdefault(piece, (at, size))
        at += size
    date: list[Piece] = [found["%Y"], "-", found["%m"], "-", found["%d"]]
    if "%H" not in found:
        return date
    return [*date, " ", found["%H"], ":", found.get("%M", "00"), ":", found.get("%S", "00")]


def in_iso(raw: Any, pieces: Sequence[Piece]) -> Any:
    """A text column put together from the pieces that :func:`places` gives."""
    import ibis

    parts = (ibis.literal(each) if isinstance(each, str) else raw.substr(*each) for each in pieces)
    return functools.reduce(operator.add, parts)


def own_offset(found: Any) -> Any:
    """``+02:00`` or ``+0200`` as microseconds, ``Z`` as 0, null where a row has none."""
    import ibis

    hours, minutes = found.substr(1, 2).try_cast("int64"), found.right(2).try_cast("int64")
    size = (hours * 60 + minutes) * 60_000_000
    return ibis.cases(
        (found == "Z", ibis.literal(0, "int64")),
        (found.left(1) == "-", -size),
        (found.left(1) == "+", size),
        else_=ibis.null("int64"),
    )
