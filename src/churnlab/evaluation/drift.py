"""How far a population has moved from the one that was learned from: the population stability index.

PSI = sum over ten parts of (now - then) x ln(now / then), the parts being tenths of then. A usual reading:
below .1 hardly moved, to .25 somewhat, above it is another population, whose scores want a look.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import ArrayLike

from churnlab.evaluation.rows import Floats

SOMEWHAT, MUCH = 0.1, 0.25
EMPTY = 1e-4  # a part that nobody is in counts as this: a logarithm needs something
PARTS = 10


def edges(values: Floats) -> list[float]:
    """The inner ends of tenths of ``values``, rising and each once; unknown ones are left out."""
    known = values[np.isfinite(values)]
    if not len(known):
        return []
    return [float(edge) for edge in np.unique(np.quantile(known, np.linspace(0, 1, PARTS + 1)[1:-1]))]


def shares(values: Floats, ends: Sequence[float]) -> list[float]:
    """The share of ``values`` in each part, and last of those unknown.

    >>> shares(np.array([1.0, 2, 3, np.nan]), [1.5])
    [0.25, 0.5, 0.25]
    """
    known = values[np.isfinite(values)]
    counts = np.bincount(np.searchsorted(ends, known, side="right"), minlength=len(ends) + 1)
    whole = max(len(values), 1)
    return [float(count) / whole for count in (*counts, len(values) - len(known))]


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
