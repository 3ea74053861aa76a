"""Do intervals hold as often as they say? Per customer, for repeat buyers, by tenths of expected value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from churnlab.evaluation.rows import Floats

Flags = NDArray[np.bool_]
LEAST = 10  # customers: below, a group's shares speak of people one could name


@dataclass(frozen=True)
class Coverage:
    """Of ``n`` rows the share whose value lay below the interval, at its end or within, and above.

    A row is a customer at a date.
    """

    group: str
    n: int
    below: float
    within: float
    above: float


def coverages(
    value: Floats,
    low: Floats,
    high: Floats,
    expected: Floats,
    groups: Mapping[str, Flags],
    customer: NDArray[np.object_] | None = None,
) -> tuple[Coverage, ...]:
    """Of everyone, of each of ``groups``, and of the ten tenths of ``expected``, the lowest first.

    ``value``: (n,) what they brought, NaN while that is not complete; the rest (n,) too. ``customer``: whose
    rows they are, where a customer may have several; None: each has one.
    """
    known = np.isfinite(value)
    found = []
    for name, members in _parts(expected, known, groups):
        here = members & known
        people = here.sum() if customer is None else len(set(customer[here].tolist()))
        if people < LEAST:
            continue
        under, over = value[here] < low[here], value[here] > high[here]
        shares = float(under.mean()), float((~under & ~over).mean()), float(over.mean())
        found.append(Coverage(name, int(here.sum()), *shares))
    return tuple(found)


def _parts(expected: Floats, known: Flags, groups: Mapping[str, Flags]) -> Iterator[tuple[str, Flags]]:
    yield "all", known
    yield from groups.items()
    order = np.argsort(np.argsort(expected[known], kind="stable"), kind="stable")
    tenth = np.full(len(known), -1)
    tenth[known] = order * 10 // max(len(order), 1)
    for number in range(10):
        yield f"decile {number + 1}", tenth == number
