"""Models whose parameters have been found: what they say of customers, without the library that fits them.

Whoever scores or explains needs no fitting, and scikit-learn takes longer to import than a customer to score.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.errors import ConfigError
from churnlab.models.btyd.family import Family, Future
from churnlab.models.btyd.geometric import BG_NBD, MBG_NBD
from churnlab.models.btyd.histories import Histories
from churnlab.models.btyd.pareto import PARETO_NBD
from churnlab.models.btyd.rows import Distinct, Floats

FAMILIES = {"bg_nbd": BG_NBD, "mbg_nbd": MBG_NBD, "pareto_nbd": PARETO_NBD}


@dataclass(frozen=True, eq=False)
class KnownPurchases:
    """A family with its parameters, (k,), in the order of its names."""

    family: Family
    parameters: Floats
    log_likelihood: float = np.nan

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """The model that ``RepeatPurchases.as_dict`` was asked for."""
        family = FAMILIES[record["family"]]
        values = np.array([float(record["parameters"][name]) for name in family.names])
        return cls(family, values, float(record["log_likelihood"]))

    def alive(self, rows: Distinct) -> Floats:
        """(n,) P(has not left for good at the observation date)."""
        return self.family.alive(self.parameters, Histories(*rows.columns))[rows.place]

    def buys(self, X: NDArray[Any], horizon: float | Floats, *, start: float | Floats = 0.0) -> Floats:
        """(n,) P(at least one purchase), as ``RepeatPurchases.buys``."""
        # Sums of weights may end a last digit above 1.
        return np.minimum(self._ahead(self.family.buys, X, horizon, start), 1)

    def expected(self, X: NDArray[Any], horizon: float | Floats, *, start: float | Floats = 0.0) -> Floats:
        """(n,) expected days with a purchase, as ``RepeatPurchases.expected``."""
        return self._ahead(self.family.expected, X, horizon, start)

    def _ahead(
        self, future: Future, X: NDArray[Any], horizon: float | Floats, start: float | Floats
    ) -> Floats:
        """P(alive) times the future of who is alive, which depends on repeats, age and the window alone."""
        told = Histories.of(X)
        rows = Distinct.of(told.repeats, told.recency, told.age)
        repeats, _, age = (column[rows.place] for column in rows.columns)
        asked = Distinct.of(repeats, age, *_window(start, horizon, len(age)))
        return self.alive(rows) * future(self.parameters, *asked.columns)[asked.place]


@dataclass(frozen=True)
class KnownSpend:
    """What a purchase is worth, by the three parameters of Gamma-Gamma."""

    p: float
    q: float
    v: float

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """The model that ``GammaGamma.as_dict`` was asked for."""
        return cls(*(float(record["parameters"][name]) for name in ("p", "q", "v")))

    def expected(self, X: NDArray[Any]) -> Floats:
        """(n,) mean value of purchases to come. ``X``: (n, 2) repeats and their mean, used above 0."""
        repeats, value = np.asarray(X, dtype=np.float64).T
        priced = (repeats > 0) & (value > 0)
        return self.of(np.where(priced, repeats, 0), np.where(priced, value, 0))

    def of(self, repeats: Floats, value: Floats) -> Floats:
        """(n,) the same of rows that have been checked: both are 0 where there is nothing to learn from."""
        p, q, v = self.p, self.q, self.v
        return np.asarray(p * (v + repeats * value) / (p * repeats + q - 1), dtype=np.float64)


def _window(start: float | Floats, horizon: float | Floats, n: int) -> tuple[Floats, Floats]:
    starts, horizons = (np.broadcast_to(np.asarray(each, np.float64), (n,)) for each in (start, horizon))
    if not ((starts >= 0) & (horizons >= 0) & np.isfinite(starts + horizons)).all():
        raise ConfigError(
            "a window begins at or after the observation date and has a length",
            got=f"start {starts.min():g}, horizon {horizons.min():g}",
            mend="give start >= 0 and horizon >= 0, both finite",
        )
    return starts, horizons
