"""How far a population has moved from the one that was learned from: the population stability index.

PSI = sum over ten parts of (now - then) x ln(now / then), the parts being tenths of then, or the most
frequent values of a category. A usual reading: below .1 hardly moved, to .2 somewhat, above it is another
population, whose scores want a look.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

SOMEWHAT, MUCH = 0.1, 0.2
EMPTY = 1e-4  # a part that nobody is in counts as this: a logarithm needs something
PARTS = 10
ENOUGH = 500  # customers: of fewer, luck alone looks like another population
DECIMALS = 6  # of an index that is kept: the last digits of a logarithm differ between machines

Numbers = NDArray[np.floating[Any]]
Texts = NDArray[np.object_]


@dataclass(frozen=True)
class Parts:
    """What values are counted into. ``shares``: of those learned from, last of the unknown ones.

    ``edges``: the inner ends of numbers, rising. ``codes``: the values of a category that are a part of
    their own, the most frequent first; all others together are one more. None: these are numbers.

    >>> apart = Parts.of(np.array(["web", "shop", "web", None], dtype=object))
    >>> apart.codes, apart.shares
    (('web', 'shop'), (0.5, 0.25, 0.0, 0.25))
    >>> apart.counts(np.array(["web", "phone", "fax"], dtype=object))
    [1, 0, 2, 0]
    """

    shares: tuple[float, ...]
    edges: tuple[float, ...] = ()
    codes: tuple[str, ...] | None = None

    @classmethod
    def of(cls, values: NDArray[Any]) -> Self:
        """The parts of ``values``, (n,) numbers or texts; NaN, or None, where there is none."""
        cut = cls((), codes=_frequent(values)) if values.dtype == object else cls((), tuple(edges(values)))
        whole = max(len(values), 1)
        return cls(tuple(count / whole for count in cut.counts(values)), cut.edges, cut.codes)

    def counts(self, values: NDArray[Any]) -> list[int]:
        """How many of ``values`` are in each part, as ``shares`` has them: counts of blocks add up."""
        if self.codes is None:
            return counts(values, self.edges)
        found = Counter(values.tolist())
        known = [found[code] for code in self.codes]
        return [*known, len(values) - sum(known) - found[None], found[None]]

    def psi(self, counted: Sequence[int]) -> float:
        """Of the customers that ``counts`` has counted, beside those learned from."""
        return psi(self.shares, [count / max(sum(counted), 1) for count in counted])

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        cut: dict[str, Any] = {"edges": list(self.edges)} if self.codes is None else {"codes": [*self.codes]}
        return {**cut, "shares": list(self.shares)}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """The parts that ``as_dict`` was asked for."""
        codes = record.get("codes")
        edges = tuple(record.get("edges", ()))
        return cls(tuple(record["shares"]), edges, None if codes is None else tuple(codes))


def edges(values: Numbers) -> list[float]:
    """The inner ends of tenths of ``values``, rising and each once; unknown ones are left out."""
    known = values[np.isfinite(values)]
    if not len(known):
        return []
    # As precise as the values are: an end that lies between two neighbours would be rounded to either.
    tenths = np.quantile(known, np.linspace(0, 1, PARTS + 1)[1:-1]).astype(values.dtype)
    return [float(edge) for edge in np.unique(tenths)]


def counts(values: Numbers, ends: Sequence[float]) -> list[int]:
    """How many of ``values`` are in each part, and last of those unknown; an end belongs to what is above.

    >>> counts(np.array([1.0, 2, 3, np.nan]), [2.0])
    [1, 2, 1]
    """
    known = values[np.isfinite(values)]
    # Nine comparisons of a column are ten times as fast as a search for each of its values.
    above = [int(np.count_nonzero(known >= values.dtype.type(end))) for end in ends]
    inside = [more - fewer for more, fewer in pairwise((len(known), *above, 0))]
    return [*inside, len(values) - len(known)]


def shares(values: Numbers, ends: Sequence[float]) -> list[float]:
    """The share of ``values`` in each part, and last of those unknown.

    >>> shares(np.array([1.0, 2, 3, np.nan]), [1.5])
    [0.25, 0.5, 0.25]
    """
    return [count / max(len(values), 1) for count in counts(values, ends)]


def psi(then: ArrayLike, now: ArrayLike) -> float:
    """Of two lists of shares of the same parts.

    >>> round(psi([0.5, 0.5], [0.5, 0.5]), 3), round(psi([0.5, 0.5], [0.9, 0.1]), 3)
    (0.0, 0.879)
    """
    before, after = (np.maximum(np.asarray(each, np.float64), EMPTY) for each in (then, now))
    if before.shape != after.shape:
        raise ValueError(f"shares of the same parts are compared; got {before.shape} and {after.shape}")
    return float(((after - before) * np.log(after / before)).sum())


def reading(index: float) -> str:
    """``steady``, ``moved`` or ``other``."""
    limits = (0.0, SOMEWHAT, MUCH, np.inf)
    names = ("steady", "moved", "other")
    return next(
        name for name, (low, high) in zip(names, pairwise(limits), strict=True) if low <= index < high
    )


def _frequent(values: Texts) -> tuple[str, ...]:
    found = Counter(value for value in values.tolist() if value is not None)
    ranked = sorted(found.items(), key=lambda each: (-each[1], each[0]))
    return tuple(code for code, _ in ranked[:PARTS])
