"""Do intervals hold as often as they say? Per customer, for repeat buyers, by tenths of expected value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from churnlab.evaluation.rows import FEW, Floats, is_hidden

Flags = NDArray[np.bool_]


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
    people = {name: _people(members & known, customer) for name, members in groups.items()}
    found = []
    for name, members in _parts(expected, known, groups):
        here = members & known
        # A group that is left out must not follow from the other one and the whole.
        alone = name in groups and is_hidden(people[name], [*people.values()])
        if alone or _people(here, customer) < FEW:
            continue
        under, over = value[here] < low[here], value[here] > high[here]
        shares = float(under.mean()), float((~under & ~over).mean()), float(over.mean())
        found.append(Coverage(name, int(here.sum()), *shares))
    return tuple(found)


def _people(rows: Flags, customer: NDArray[np.object_] | None) -> int:
    return int(rows.sum()) if customer is None else len(set(customer[rows].tolist()))


def _parts(expected: Floats, known: Flags, groups: Mapping[str, Flags]) -> Iterator[tuple[str, Flags]]:
    yield "all", known
    yield from groups.items()
    order = np.argsort(np.argsort(expected[known], kind="stable"), kind="stable")
    tenth = np.full(len(known), -1)
    tenth[known] = order * 10 // max(len(order), 1)
    for number in range(10):
        yield f"decile {number + 1}", tenth == number
