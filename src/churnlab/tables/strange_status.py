"""A status of consent that nobody declared: told so that it can be found, and nothing personal with it.

Its words are repeated where they are a known status mistyped, or where ten customers or more have them.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Collection, Sequence
from typing import Any

from churnlab.config.suppression import Suppression
from churnlab.errors import GateError
from churnlab.tables.tables import Tables

_PLAIN = re.compile(r"[^\W\d_][^\W\d]*(?:[ -][^\W\d]+)*")  # words without figures, dots or other signs
_LONGEST, _MOST = 20, 3
_FEW = 10  # customers: a word that so many have is none of their names
_NEAR, _LONG = 0.8, 4  # how alike a mistyped word is; of shorter words, a name may be as near


def error(refusals: Tables, statuses: Sequence[Any], texts: Sequence[str], plan: Suppression) -> GateError:
    """How many rows say one of ``statuses``, what they say, and where the first one is.

    ``texts``: the same, as they are written.
    """
    rows = refusals.con.table(refusals.stored["consents"][0])
    rows = rows.filter(rows.status.isin(statuses))
    holders = _holders(refusals, rows)
    common = {text for status, text in zip(statuses, texts, strict=True) if holders.get(status, 0) >= _FEW}
    given = (*plan.given, *plan.withdrawn)
    many, where = int(refusals.con.execute(rows.count())), _first_place(refusals, rows)
    known = ", ".join(map(repr, given))
    return GateError(
        f"no list: {many:,} {'row' if many == 1 else 'rows'} of consents with a status that is "
        f"neither given nor withdrawn, which is none of {known}",
        got=f"{_told(texts, common, given)} ({'' if many == 1 else 'first in '}{where})",
        mend="name it under suppression.given or suppression.withdrawn, or have the rows mended",
    )


def _told(texts: Sequence[str], common: Collection[str], known: Sequence[str]) -> str:
    # In a column that was named by mistake they may be personal: then they are many, or no plain words, or
    # somebody's name, which is as plain as a status: so it is one that many have, or a known one mistyped.
    plain = len(texts) <= _MOST and all(len(text) <= _LONGEST and _PLAIN.fullmatch(text) for text in texts)
    if plain and all(text in common or _mistyped(text, known) for text in texts):
        return ", ".join(map(repr, texts))
    return f"{len(texts):,} {'text' if len(texts) == 1 else 'texts'}"


def _mistyped(text: str, known: Sequence[str]) -> bool:
    """Whether it is nearly one of ``known``.

    >>> [_mistyped(text, ["given", "withdrawn", "no"]) for text in ("Withdrawm", "Gwen", "Noa")]
    [True, False, False]
    """
    said = text.casefold()
    words = [word.casefold() for word in known if len(word) >= _LONG and abs(len(word) - len(text)) <= 1]
    return any(difflib.SequenceMatcher(None, said, word).ratio() >= _NEAR for word in words)


def _holders(refusals: Tables, rows: Any) -> dict[Any, int]:
    """Status -> customers who have it."""
    counted = rows.group_by("status").aggregate(holders=rows.customer_id.nunique())
    return {row["status"]: row["holders"] for row in refusals.con.to_pyarrow(counted).to_pylist()}


def _first_place(refusals: Tables, rows: Any) -> str:
    """The source of the first of ``rows``, and its line where that is known."""
    sources = [each.source for each in refusals.counts if each.table == "consents"]
    order = [rows[name] for name in ("__source", "__file", "__line") if name in rows.columns]
    if not order or not sources:
        return "consents"
    first = refusals.con.to_pyarrow(rows.select(order).order_by(order).limit(1)).to_pylist()[0]
    line = first.get("__line")
    return f"consents.{sources[first['__source']]}" + ("" if line is None else f", line {line}")
