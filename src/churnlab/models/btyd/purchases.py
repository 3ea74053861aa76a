"""Repeat purchases: who will buy again within a horizon, and how often."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from churnlab.errors import ConfigError, DataError, did_you_mean
from churnlab.models.btyd.family import Family
from churnlab.models.btyd.histories import COLUMNS, Histories
from churnlab.models.btyd.known import FAMILIES, KnownPurchases
from churnlab.models.btyd.rows import Distinct, Floats
from churnlab.models.btyd.solve import rounded, solve


class RepeatPurchases(BaseEstimator):  # type: ignore[misc]
    """A model of repeat purchases, fitted on three numbers a customer: repeats, recency, age.

    ``family``: "bg_nbd", "mbg_nbd" or "pareto_nbd". ``unit``: of all times that go in and come out,
    kept with the model as a reminder; nothing is converted. ``penalty``: draws parameters towards 1
    (the unit of time being the longest age) where histories do not determine them; 0 for not at all.

    P(alive) says who has not left for good. It is no churn score: under BG/NBD everyone who bought
    once has 1. P(no purchase within the horizon) is ``1 - buys(X, horizon)``.

    >>> weeks = [[0, 0, 30], [0, 0, 12], [1, 2, 30], [2, 9, 38], [6, 29, 35], [3, 30, 31], [0, 0, 38]]
    >>> model = RepeatPurchases("bg_nbd", unit="weeks", penalty=0.1).fit(weeks)
    >>> sorted(model.parameters_)
    ['a', 'alpha', 'b', 'r']
    >>> once, often = [0, 0, 30], [6, 29, 35]
    >>> bool(np.less(*model.buys([once, often], horizon=13)))
    True
    """

    parameters_: dict[str, float]
    log_likelihood_: float
    n_features_in_: int

    def __init__(self, family: str = "bg_nbd", *, unit: str = "days", penalty: float = 0.0) -> None:
        self.family = family
        self.unit = unit
        self.penalty = penalty

    def fit(self, X: NDArray[Any], y: None = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Find the parameters of greatest likelihood. ``X``: (n, 3) repeats, recency, age.

        The same rows give the same digits in whatever order. Raises ``DataError`` where the histories
        do not determine the parameters.
        """
        family = self._family()
        told = Histories.of(validate_data(self, X, dtype=np.float64))
        rows = Distinct.of(told.repeats, told.recency, told.age)
        _require_repeats(*rows.columns)
        found = _solved(family, self.family, rows, self.penalty)
        self.parameters_ = {name: rounded(value) for name, value in zip(family.names, found, strict=True)}
        likelihood = family.likelihood(self._values(), Histories(*rows.columns))[0]
        self.log_likelihood_ = rounded(float((rows.counts * likelihood).sum()))
        return self

    def log_likelihood(self, X: NDArray[Any]) -> Floats:
        """(n,) log likelihood of each history, a density in ``unit``; greater is better."""
        rows = self._rows(X)
        return self._family().likelihood(self._values(), Histories(*rows.columns))[0][rows.place]

    def alive(self, X: NDArray[Any]) -> Floats:
        """(n,) P(has not left for good at the observation date)."""
        rows = self._rows(X)
        return KnownPurchases(self._family(), self._values()).alive(rows)

    def buys(self, X: NDArray[Any], horizon: float | Floats, *, start: float | Floats = 0.0) -> Floats:
        """(n,) P(at least one purchase in ``[start, start + horizon)`` from the observation date on).

        ``start``: the length of a gap in which purchases neither count nor are ruled out. Either may
        be (n,), one for each customer.
        """
        known, table = self._known(X)
        return known.buys(table, horizon, start=start)

    def expected(self, X: NDArray[Any], horizon: float | Floats, *, start: float | Floats = 0.0) -> Floats:
        """(n,) expected days with a purchase in ``[start, start + horizon)``, as ``buys``."""
        known, table = self._known(X)
        return known.expected(table, horizon, start=start)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        check_is_fitted(self)
        return {
            **self.get_params(),
            "parameters": dict(self.parameters_),
            "log_likelihood": self.log_likelihood_,
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """The model that ``as_dict`` was asked for."""
        model = cls(record["family"], unit=record["unit"], penalty=record["penalty"])
        names = model._family().names
        model.parameters_ = {name: float(record["parameters"][name]) for name in names}
        model.log_likelihood_ = float(record["log_likelihood"])
        model.n_features_in_ = len(COLUMNS)
        return model

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = True
        return tags

    def _family(self) -> Family:
        if self.family not in FAMILIES:
            raise ConfigError(
                f"no model of repeat purchases has this name{did_you_mean(self.family, FAMILIES)}",
                got=repr(self.family),
                mend=f"name one of {', '.join(FAMILIES)}",
            )
        return FAMILIES[self.family]

    def _values(self) -> Floats:
        return np.array([self.parameters_[name] for name in self._family().names])

    def _rows(self, X: NDArray[Any]) -> Distinct:
        check_is_fitted(self)
        told = Histories.of(validate_data(self, X, dtype=np.float64, reset=False))
        return Distinct.of(told.repeats, told.recency, told.age)

    def _known(self, X: NDArray[Any]) -> tuple[KnownPurchases, Floats]:
        """What is known once it is fitted, and the table to ask about."""
        check_is_fitted(self)
        table: Floats = validate_data(self, X, dtype=np.float64, reset=False)
        return KnownPurchases(self._family(), self._values()), table


def _solved(family: Family, name: str, rows: Distinct, penalty: float) -> Floats:
    """(k,) parameters in the unit of the data."""
    repeats, recency, age = rows.columns
    longest = age.max()
    told = Histories(repeats, recency / longest, age / longest)
    units = np.array([longest if each in family.times else 1.0 for each in family.names])

    def objective(logs: Floats) -> tuple[float, Floats]:
        parameters = np.exp(logs)
        value, slopes = family.likelihood(parameters, told)
        total = (rows.counts * slopes).sum(axis=1)
        return -float((rows.counts * value).sum()), -parameters * total

    # A rate of r / alpha purchases: those that were seen, in the time that was watched.
    pace = float((rows.counts * repeats).sum() / (rows.counts * told.age).sum())
    starts = [np.array([shape, shape / pace, *others]) for shape, _, *others in family.starts]
    return units * solve(objective, starts, penalty, name, family.names)


def _require_repeats(repeats: Floats, _: Floats, age: Floats) -> None:
    if not repeats.any() or not age.any():
        raise DataError(
            "nobody bought a second time",
            got=f"{len(repeats)} distinct histories without a repeat purchase",
            mend="observe customers for longer, or check that purchases of a customer carry the same id",
        )
