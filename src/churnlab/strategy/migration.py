"""Who moved between two lists: from each strategy to each, in customers and in money.

                 after   retain  rationalise  win_back  release  unclassified  gone
before  retain              .          .
        ...
        new                 .          .          whoever was on no list before; gone: on none after

Money is what customers bring if they stay, as the later list has it (the earlier one for who is gone).
The parts sum to both lists exactly: amounts are added as whole minor units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.strategy.quadrants import Strategy

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]

NEW, GONE = "new", "gone"
STAYED = tuple(str(code) for code in Strategy)


@dataclass(frozen=True)
class Move:
    """Customers who went from ``before`` to ``after``; ``value``: major units, None without value."""

    before: str
    after: str
    customers: int
    value: float | None


@dataclass(frozen=True)
class Migration:
    """Every pair of places that anybody went between, the fixed order of places."""

    moves: tuple[Move, ...]

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {"moves": [vars(move) for move in self.moves]}

    def customers(self, before: str, after: str) -> int:
        """How many went from one place to the other."""
        return sum(move.customers for move in self.moves if (move.before, move.after) == (before, after))

    @property
    def stayed(self) -> float:
        """The share of those on both lists who are where they were; NaN where nobody is on both."""
        both = [move for move in self.moves if move.before != NEW and move.after != GONE]
        everyone = sum(move.customers for move in both)
        same = sum(move.customers for move in both if move.before == move.after)
        return same / everyone if everyone else float("nan")

    def top(self, most: int = 5) -> tuple[Move, ...]:
        """The moves between two places that matter most: by money where there is some, else by customers."""
        moved = [move for move in self.moves if move.before != move.after]
        weigh = sorted(
            moved, key=lambda move: (-abs(move.value or 0), -move.customers, move.before, move.after)
        )
        return tuple(weigh[:most])


def migration(
    before: Texts,
    after: Texts,
    value_before: Floats | None,
    value_after: Floats | None,
    exponent: int = 2,
) -> Migration:
    """Of everyone on either list: (n,) each. ``before``, ``after``: code, None for who was not on it.

    ``value_before``, ``value_after``: major units, NaN for who was not on it; None without value.

    >>> was, now = np.array(["retain", "release", None]), np.array(["win_back", None, "retain"])
    >>> for move in migration(was, now, None, None).moves:
    ...     print(move.before, move.after, move.customers)
    retain win_back 1
    release gone 1
    new retain 1
    """
    places = {name: number for number, name in enumerate((*STAYED, NEW, GONE))}
    start, end = _codes(before, places, NEW), _codes(after, places, GONE)
    cells = start * len(places) + end
    customers = np.bincount(cells, minlength=len(places) ** 2)
    sums = _sums(cells, _worth(value_before, value_after), exponent)
    names = list(places)
    return Migration(
        tuple(
            Move(names[cell // len(places)], names[cell % len(places)], int(customers[cell]), sums.get(cell))
            for cell in np.flatnonzero(customers).tolist()
        )
    )


def _codes(quadrants: Texts, places: Mapping[str, int], absent: str) -> NDArray[np.int64]:
    codes = np.full(len(quadrants), places[absent])
    for name in STAYED:
        codes[quadrants == name] = places[name]
    strangers = {name for name in set(quadrants.tolist()) if name is not None} - set(STAYED)
    if strangers:
        raise ValueError(f"{min(strangers)} is no strategy")
    return codes


def _worth(before: Floats | None, after: Floats | None) -> Floats | None:
    if after is None or before is None:
        return None
    return np.where(np.isnan(after), before, after)


def _sums(cells: NDArray[np.int64], worth: Floats | None, exponent: int) -> dict[int, float]:
    if worth is None:
        return {}
    units = np.rint(np.nan_to_num(worth) * 10**exponent).astype(np.int64)
    order = np.argsort(cells, kind="stable")
    found, starts = np.unique(cells[order], return_index=True)
    # Python's own whole numbers: sums of cents may pass the end of int64.
    parts = np.split(units[order], starts[1:])
    return {
        int(cell): sum(part.tolist()) / 10**exponent for cell, part in zip(found.tolist(), parts, strict=True)
    }
