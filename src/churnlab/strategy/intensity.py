"""Relationship intensity: how close a customer is, from 0 to 100, with no money inside.

    part        weight  score                        x
    recency       .30   100 * 2^-max(0, r - 1)       r = days since a two-way event / own gap
    frequency     .30   100 * x / (x + reference)    active months in the last 12
    breadth       .15   "                            channels and product families used
    dialogue      .25   "                            contacts the customer initiated

The references are medians of the training population and never move afterwards: a median customer
scores 50, and nobody's score changes because others changed. A part that cannot be measured gives
its weight to the others, and the basis says which were left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.features.contacts import inbound
from churnlab.features.orders import purchases, qualifying
from churnlab.history import ALL, History, Source, days_between

Floats = NDArray[np.float64]
Measures = Mapping[str, Floats]

WEIGHTS = {"recency": 0.30, "frequency": 0.30, "breadth": 0.15, "dialogue": 0.25}
SHRINKAGE = 3  # the population's gap weighs as much as this many gaps of the customer's own
YEAR = 365  # days
DECIMALS = 6


def measures(past: History) -> dict[str, Floats]:
    """What intensity is made of, (n,) each, NaN where its source is missing.

    ``days_since_two_way``: days since the last order or contact initiated by the customer.
    ``own_gap_median``, ``gap_count``: median and number of the days between orders.
    ``active_months_12``: months with an order among the last twelve.
    ``breadth``: channels plus product families bought in, in a year; stores where there is neither.
    ``dialogue``: contacts initiated by the customer in a year, complaints included.
    """
    missing = np.full(len(past.as_of), np.nan)
    names = ("days_since_two_way", "own_gap_median", "gap_count", "active_months_12", "breadth", "dialogue")
    answer = dict.fromkeys(names, missing)
    last, orders, contacts = missing, qualifying(past), inbound(past)
    if orders is not None:
        ever = orders.last(ALL)
        last = ever.last("time")
        answer["own_gap_median"] = _floats(ever.gaps("median"))
        answer["gap_count"] = _floats(np.maximum(ever.count() - 1, 0))
        # A year can touch thirteen calendar months; the scale has twelve.
        answer["active_months_12"] = _floats(np.minimum(orders.last(YEAR).active_months(), 12))
    if contacts is not None:
        last = np.fmax(last, contacts.last(ALL).last("time"))
        answer["dialogue"] = _floats(contacts.last(YEAR).count())
    answer["days_since_two_way"] = days_between(last, past.as_of)
    answer["breadth"] = _breadth(purchases(past), contacts, missing)
    return answer


def _breadth(bought: Source | None, contacts: Source | None, missing: Floats) -> Floats:
    counted = [
        _floats(source.last(YEAR).distinct(column))
        for column, source in (
            # One source: a channel that is used to buy and to write would count twice.
            ("channel", _first_with("channel", bought, contacts)),
            ("family", _first_with("family", bought)),
        )
        if source is not None
    ]
    if not counted and (places := _first_with("store", bought)) is not None:
        counted = [_floats(places.last(YEAR).distinct("store"))]
    return sum(counted, np.zeros_like(missing)) if counted else missing


def _first_with(column: str, *sources: Source | None) -> Source | None:
    return next((source for source in sources if source is not None and source.has(column)), None)


def _floats(values: NDArray[Any]) -> Floats:
    return np.asarray(values, dtype=np.float64)


@dataclass(frozen=True)
class References:
    """What a middling customer looks like, learned at training and frozen with the model.

    ``g_pop``: days between orders. ``a50``, ``b50``, ``c50``: active months, breadth and contacts.
    None where nobody in the training population had anything to measure.
    """

    g_pop: float | None
    a50: float | None
    b50: float | None
    c50: float | None

    @classmethod
    def learn(cls, measures: Measures) -> Self:
        """Medians of the training population: of own gaps, and of the counts that are not zero."""
        return cls(
            g_pop=_median(measures["own_gap_median"][measures["gap_count"] > 0]),
            a50=_median(_some(measures["active_months_12"])),
            b50=_median(_some(measures["breadth"])),
            c50=_median(_some(measures["dialogue"])),
        )

    def as_dict(self) -> dict[str, float | None]:
        """Plain values, for JSON."""
        return asdict(self)

    @classmethod
    def from_dict(cls, record: Mapping[str, float | None]) -> Self:
        """The references that ``as_dict`` was asked for."""
        return cls(**record)


def _some(counts: Floats) -> Floats:
    return counts[counts > 0]


def _median(values: Floats) -> float | None:
    known = values[np.isfinite(values)]
    return float(np.median(known)) if len(known) else None


@dataclass(frozen=True, eq=False)
class Intensity:
    """``values``: (n,) 0 to 100, 6 decimals, NaN where no part could be measured.

    ``basis``: (n,) text, the parts behind each value, such as "recency+frequency+breadth".
    """

    values: Floats
    basis: NDArray[np.object_]

    @classmethod
    def unknown(cls, customers: int) -> Self:
        """For a project without histories: nobody's intensity is known."""
        return cls(np.full(customers, np.nan), np.full(customers, "", dtype=object))


def score(measures: Measures, references: References) -> Intensity:
    """The weighted mean of the parts that each customer has.

    >>> reference = References(g_pop=60, a50=3, b50=2, c50=1)
    >>> amel = {"days_since_two_way": 90, "own_gap_median": 60, "gap_count": 10,
    ...         "active_months_12": 8, "breadth": 3, "dialogue": 4}
    >>> score({name: np.array([float(value)]) for name, value in amel.items()}, reference).values
    array([72.031385])
    """
    parts = {
        "recency": _recency(measures, references.g_pop),
        "frequency": _saturating(measures["active_months_12"], references.a50),
        "breadth": _saturating(measures["breadth"], references.b50),
        "dialogue": _saturating(measures["dialogue"], references.c50),
    }
    table = np.stack([parts[name] for name in WEIGHTS])
    weights = np.where(np.isnan(table), 0.0, np.array([*WEIGHTS.values()])[:, None])
    total = weights.sum(axis=0)
    weighted = np.where(np.isnan(table), 0.0, table * weights).sum(axis=0)
    values = np.divide(weighted, total, out=np.full(len(total), np.nan), where=total > 0)
    return Intensity(np.round(values, DECIMALS), _basis(weights > 0))


def _recency(measures: Measures, g_pop: float | None) -> Floats:
    days = measures["days_since_two_way"]
    return np.asarray(100 * np.exp2(-np.maximum(0, in_gaps(days, own_gap(measures, g_pop)) - 1)))


def own_gap(measures: Measures, g_pop: float | None) -> Floats:
    """(n,) days between a customer's orders, drawn towards those of all; NaN where nobody's are known.

    >>> two = {"gap_count": np.array([3.0, 0.0]), "own_gap_median": np.array([20.0, np.nan])}
    >>> own_gap(two, g_pop=60).tolist()
    [40.0, 60.0]
    """
    count = np.nan_to_num(measures["gap_count"])
    if g_pop is None:
        return np.full(len(count), np.nan)
    gaps = np.where(count > 0, count * np.nan_to_num(measures["own_gap_median"]), 0.0)
    return np.asarray((gaps + SHRINKAGE * g_pop) / (count + SHRINKAGE))


def in_gaps(days: Floats, gap: Floats) -> Floats:
    """A silence in gaps, (n,)."""
    # Orders of one instant only have a gap of zero: any silence is then infinitely long.
    none = np.where(np.isnan(gap), np.nan, np.where(days > 0, np.inf, days))
    return np.divide(days, gap, out=none, where=gap > 0)


def _saturating(counts: Floats, reference: float | None) -> Floats:
    if reference is None:
        return np.full(len(counts), np.nan)
    return 100 * counts / (counts + reference)


def _basis(present: NDArray[np.bool_]) -> NDArray[np.object_]:
    names = list(WEIGHTS)
    codes = (present * (1 << np.arange(len(names)))[:, None]).sum(axis=0)
    texts = ["+".join(name for bit, name in enumerate(names) if code >> bit & 1) for code in range(16)]
    basis: NDArray[np.object_] = np.array(texts, dtype=object)[codes]
    return basis
