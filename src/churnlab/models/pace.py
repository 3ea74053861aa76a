"""The pace of a customer's purchases, as buy-till-you-die models tell it: a challenger to the trees.

They read four features and no outcome, so any horizon can be asked of them: where histories are too
short to have seen the whole horizon, what trees learned on a shorter one is carried on at the pace.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.errors import DataError
from churnlab.models import logistic
from churnlab.panel import Panel

if TYPE_CHECKING:  # SciPy comes with them, and scikit-learn: whoever has no pace need not load it
    from churnlab.models.btyd import GammaGamma, KnownPurchases, KnownSpend

Floats = NDArray[np.float64]
Positions = NDArray[np.int64]

ACTIVE, SPAN, AGE, SPEND = READ = ("active_days_ever", "active_span_days", "tenure_days", "spend_ever")
FAMILIES = ("bg_nbd", "mbg_nbd")  # of as many parameters: the likelier is taken
CHALLENGERS = (*FAMILIES, "pareto_nbd")  # all there are
PENALTY = 0.1  # draws in what small shops leave open; in large ones it does not show


def narrowed(panel: Panel) -> Panel:
    """The same rows with nothing but what the pace reads: taken apart without copying the rest."""
    numeric = [feature for feature in panel.features if feature.kind == "number"]
    kept = [place for place, feature in enumerate(numeric) if feature.name in READ]
    features = tuple(numeric[place] for place in kept)
    return replace(panel, numbers=panel.numbers[:, kept], features=features, categories={})


@dataclass(frozen=True)
class Pace:
    """``start``: the days between a snapshot and its outcome window.

    ``fitted``: the two models as plain values; they are made of them when somebody is asked about.
    """

    fitted: Mapping[str, Any]
    start: int

    @cached_property
    def purchases(self) -> KnownPurchases:
        """Days with a purchase."""
        from churnlab.models.btyd import KnownPurchases

        return KnownPurchases.from_dict(self.fitted["purchases"])

    @cached_property
    def spend(self) -> KnownSpend | None:
        """What such a day brings; None without amounts."""
        from churnlab.models.btyd import KnownSpend

        record = self.fitted["spend"]
        return None if record is None else KnownSpend.from_dict(record)

    @classmethod
    def learn(
        cls, panel: Panel, rows: Positions, start: int, families: Sequence[str] = FAMILIES
    ) -> Self | None:
        """Fitted on the last date among ``rows``, each customer once; None where it cannot be.

        ``families``: of models of purchases; the likeliest is taken.
        """
        if not set(READ) <= set(panel.names) or not len(rows):
            return None
        from churnlab.models.btyd import RepeatPurchases

        latest = panel.take(_latest(panel, rows))
        tried = [RepeatPurchases(family, unit="days", penalty=PENALTY) for family in families]
        try:
            fitted = [model.fit(histories(latest)) for model in tried]
        except DataError:  # nobody bought twice, or hardly anybody
            return None
        likeliest = max(fitted, key=lambda model: model.log_likelihood_)
        spend = _spend(latest)
        kept = {"purchases": likeliest.as_dict(), "spend": None if spend is None else spend.as_dict()}
        return cls(kept, start)

    def leaves(self, panel: Panel, days: int) -> Floats:
        """(n,) P(no purchase in ``[start, start + days)``)."""
        return 1 - self.purchases.buys(histories(panel), days, start=self.start)

    def log_odds(self, panel: Panel, days: int) -> Floats:
        """(n,) the same as log odds."""
        return logistic.log_odds(self.leaves(panel, days))

    def orders(self, panel: Panel, days: int) -> Floats:
        """(n,) expected days with a purchase in the window."""
        return self.purchases.expected(histories(panel), days, start=self.start)

    def orders_if_retained(self, panel: Panel, days: int) -> Floats:
        """(n,) expected days with a purchase of a customer who buys in the window at all."""
        return self.orders(panel, days) / np.maximum(1 - self.leaves(panel, days), logistic.SURE)

    def if_retained(self, panel: Panel, days: int) -> Floats:
        """(n,) what a customer who buys in the window is expected to spend in it."""
        if self.spend is None:
            raise ValueError("a pace without amounts knows no value")
        return self.orders_if_retained(panel, days) * self.spend.expected(_spent(panel))

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {**self.fitted, "start": self.start}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """The pace that ``as_dict`` was asked for."""
        return cls({name: record[name] for name in ("purchases", "spend")}, record["start"])


@dataclass(frozen=True, eq=False)
class Paces:
    """The paces of one panel, each learned once: the models of a training ask for the same few.

    ``panel``: nothing but what the pace reads, of all rows.
    """

    panel: Panel
    _learned: dict[tuple[bytes, int], Pace | None] = field(default_factory=dict, init=False)

    @classmethod
    def of(cls, panel: Panel) -> Self:
        """Of the rows of ``panel``, which may be wider."""
        return cls(narrowed(panel))

    def learn(self, rows: Positions, start: int) -> Pace | None:
        """As ``Pace.learn``, of whose rows those of the last date alone matter."""
        latest = _latest(self.panel, rows)
        asked = latest.tobytes(), start
        if asked not in self._learned:
            self._learned[asked] = Pace.learn(self.panel, latest, start)
        return self._learned[asked]


def _latest(panel: Panel, rows: Positions) -> Positions:
    """Those of ``rows`` that are of their last date."""
    as_of = panel.as_of[rows]
    return rows[as_of == as_of.max()] if len(rows) else rows


def histories(panel: Panel) -> Floats:
    """(n, 3) repeats, recency and age in whole days begun; without any purchase, nothing of each."""
    days, span, age = (np.nan_to_num(panel.number(name)) for name in (ACTIVE, SPAN, AGE))
    repeats = np.maximum(days - 1, 0)
    recency = np.where(repeats > 0, np.ceil(span), 0)
    return np.stack([repeats, recency, np.maximum(np.ceil(age), recency)], axis=1)


def _spent(panel: Panel) -> Floats:
    """(n, 2) days with a purchase, and the mean that they brought."""
    days = np.nan_to_num(panel.number(ACTIVE))
    return np.stack([days, np.nan_to_num(panel.number(SPEND)) / np.maximum(days, 1)], axis=1)


def _spend(panel: Panel) -> GammaGamma | None:
    from churnlab.models.btyd import GammaGamma

    try:
        return GammaGamma(worthless="ignore", penalty=PENALTY).fit(_spent(panel))
    except DataError:  # everybody spends the same, or hardly anybody spends
        return None
