"""Gamma-Gamma: what a purchase of a customer is worth on average, drawn in where he made few.

Values of a customer's purchases scatter around a mean that is his own: Gamma(p, nu), where nu is
Gamma(q, v) over customers. After x purchases of mean value z he is expected to have the mean

  p (v + x z) / (p x + q - 1),    a weighted mean of z and of the population's p v / (q - 1)

(Fader & Hardie, 2013, "The Gamma-Gamma model of monetary value"; Fader, Hardie & Lee, 2005, Journal of
Marketing Research 42(4), 415-430.) It supposes that how much customers spend says nothing of how often.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import gammaln, psi
from sklearn.base import BaseEstimator
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from churnlab.errors import ConfigError, DataError
from churnlab.models.btyd.known import KnownSpend
from churnlab.models.btyd.rows import Distinct, Floats
from churnlab.models.btyd.solve import rounded, solve

COLUMNS, NAMES = ("repeats", "mean_value"), ("p", "q", "v")
STARTS = ((6.0, 4.0, 0.5), (2.0, 3.0, 1.0), (1.0, 2.0, 1.0), (20.0, 20.0, 1.0))
WORTHLESS = ("refuse", "ignore")


class GammaGamma(BaseEstimator):  # type: ignore[misc]
    """Mean value of a purchase, fitted on two numbers a customer.

    ``worthless``: what to do with repeat purchases whose mean value is 0 or less, which the model has
    no place for. "refuse" them, or "ignore" them: who made them counts as who made none. ``penalty``:
    draws parameters towards 1 (the mean value being 1), 0 for not at all.

    >>> model = GammaGamma.from_dict(
    ...     {"worthless": "refuse", "penalty": 0.0, "parameters": {"p": 6.25, "q": 3.74, "v": 15.44},
    ...      "log_likelihood": 0.0})
    >>> model.expected([[0, np.nan], [1, 10.0], [50, 10.0]]).round(2).tolist()
    [35.22, 17.69, 10.22]
    """

    parameters_: dict[str, float]
    population_mean_: float
    log_likelihood_: float
    n_features_in_: int

    def __init__(self, *, worthless: str = "refuse", penalty: float = 0.0) -> None:
        self.worthless = worthless
        self.penalty = penalty

    def fit(self, X: NDArray[Any], y: None = None) -> Self:  # noqa: ARG002 - scikit-learn's signature
        """Find the parameters of greatest likelihood. ``X``: (n, 2) repeats, their mean value.

        Customers without repeat purchases say nothing here and are left out; their value may be NaN.
        Raises ``DataError`` where the values do not determine the parameters, or have no mean.
        """
        repeats, value = self._taken(X, reset=True)
        rows = Distinct.of(repeats[repeats > 0], value[repeats > 0])
        if len(rows.counts) < len(NAMES):
            raise DataError(
                "too few customers with repeat purchases to learn their value from",
                got=f"{len(rows.counts)} distinct rows",
                mend="observe customers for longer",
            )
        found = _solved(rows, self.penalty)
        self._learn({name: rounded(each) for name, each in zip(NAMES, found, strict=True)})
        each = _likelihood(self._values(), *rows.columns)[0]
        self.log_likelihood_ = rounded(float((rows.counts * each).sum()))
        return self

    def expected(self, X: NDArray[Any]) -> Floats:
        """(n,) mean value of a customer's purchases to come; the population's without repeat purchases."""
        check_is_fitted(self)
        return KnownSpend(*self._values()).of(*self._taken(X, reset=False))

    def log_likelihood(self, X: NDArray[Any]) -> Floats:
        """(n,) log likelihood of each customer's mean value; 0 without repeat purchases."""
        check_is_fitted(self)
        repeats, value = self._taken(X, reset=False)
        one = np.maximum(repeats, 1), np.where(repeats > 0, value, 1)
        each, _ = _likelihood(self._values(), *one)
        return np.where(repeats > 0, each, 0)

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
        model = cls(worthless=record["worthless"], penalty=record["penalty"])
        model._learn({name: float(record["parameters"][name]) for name in NAMES})
        model.log_likelihood_ = float(record["log_likelihood"])
        model.n_features_in_ = len(COLUMNS)
        return model

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.positive_only = tags.input_tags.allow_nan = True
        return tags

    def _learn(self, parameters: dict[str, float]) -> None:
        p, q, v = (parameters[name] for name in NAMES)
        if q <= 1:
            raise DataError(
                "the mean value of a purchase is infinite under the Gamma-Gamma model",
                got=f"q = {q:.3g}, which must be above 1",
                mend="look for values in another unit or currency, or set a small penalty (0.1)",
            )
        self.parameters_ = parameters
        self.population_mean_ = p * v / (q - 1)

    def _values(self) -> Floats:
        return np.array([self.parameters_[name] for name in NAMES])

    def _taken(self, X: NDArray[Any], *, reset: bool) -> tuple[Floats, Floats]:
        """Repeats and their mean value, both 0 where there is nothing to learn from."""
        if self.worthless not in WORTHLESS:
            raise ConfigError(
                "worthless is not known", got=repr(self.worthless), mend=f"name one of {', '.join(WORTHLESS)}"
            )
        table = validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", reset=reset)
        if table.shape[1] != len(COLUMNS):
            raise DataError(
                "values of purchases have two columns",
                got=f"{table.shape[1]} columns",
                mend=f"pass {', '.join(COLUMNS)}, in this order",
            )
        repeats, value = table.T
        self._refuse(
            ~((repeats >= 0) & (repeats == np.floor(repeats))),
            table,
            "repeats are not whole numbers from 0 up",
        )
        self._refuse((repeats > 0) & np.isnan(value), table, "repeat purchases have no value")
        if self.worthless == "refuse":
            self._refuse(
                (repeats > 0) & (value <= 0), table, "the mean value of repeat purchases is not above 0"
            )
        priced = (repeats > 0) & (value > 0)
        return np.where(priced, repeats, 0), np.where(priced, value, 0)

    def _refuse(self, bad: NDArray[np.bool_], table: Floats, what: str) -> None:
        rows = np.flatnonzero(bad)
        if len(rows):
            told = ", ".join(f"{name} {each:g}" for name, each in zip(COLUMNS, table[rows[0]], strict=True))
            raise DataError(
                f"values of purchases: {what}",
                got=f"row {rows[0]} of {len(rows)} such rows: {told}",
                mend='leave such purchases out of both columns, or pass worthless="ignore"',
            )


def _solved(rows: Distinct, penalty: float) -> Floats:
    """(3,) parameters in the currency of the data."""
    repeats, value = rows.columns
    mean = float((rows.counts * repeats * value).sum() / (rows.counts * repeats).sum())

    def objective(logs: Floats) -> tuple[float, Floats]:
        parameters = np.exp(logs)
        each, slopes = _likelihood(parameters, repeats, value / mean)
        return -float((rows.counts * each).sum()), -parameters * (rows.counts * slopes).sum(axis=1)

    starts = [np.array(start) for start in STARTS]
    units: Floats = np.array([1.0, 1.0, mean])
    return units * solve(objective, starts, penalty, "gamma_gamma", NAMES)


def _likelihood(parameters: Floats, repeats: Floats, value: Floats) -> tuple[Floats, Floats]:
    """(n,) log density of a mean value, and its slopes (3, n) in p, q and v."""
    p, q, v = parameters
    shape, total = p * repeats, repeats * value
    log_all = np.log(v + total)
    each = (
        gammaln(shape + q)
        - gammaln(shape)
        - gammaln(q)
        + q * np.log(v)
        - np.log(value)
        + shape * np.log(total)
        - (shape + q) * log_all
    )
    slopes = [
        repeats * (psi(shape + q) - psi(shape) + np.log(total) - log_all),
        psi(shape + q) - psi(q) + np.log(v) - log_all,
        q / v - (shape + q) / (v + total),
    ]
    return np.asarray(each, dtype=np.float64), np.stack(slopes)
