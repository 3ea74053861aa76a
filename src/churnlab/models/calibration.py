"""From log odds to probabilities that come true, learned on rows the trees have not seen.

none         as the trees say            1 / (1 + exp(-margin))
temperature  surer or less sure          1 / (1 + exp(-slope x margin))
sigmoid      and all higher or lower     1 / (1 + exp(-(slope x margin + shift))), Platt (1999)
beta         one slope for low risks, another (upper) for high ones, Kull, Silva Filho & Flach (2017)
isotonic     steps between knots

``auto`` is the simplest that held out customers do not clearly contradict. No method turns the order
of risks round. Rows are never weighted by class: what is learned of such rows comes true nowhere.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.models import logistic

Floats = NDArray[np.float64]
Method = Literal["none", "temperature", "sigmoid", "beta", "isotonic"]
FAINT = 0.05  # the least slope: the order is kept, and hardly any of the spread
LEAST = 10  # rows of each outcome to learn anything from
MANY = 1_000  # rows of each outcome from which ``auto`` tries steps: they follow luck, too
PARTS = 5  # that customers are dealt into, each judged by what was learned of the others
DOUBT = 2  # standard errors by which a simpler method must lose before another replaces it
INSIDE = 1e-6  # a certain mistake counts as one in a million, for risks have six decimals


@dataclass(frozen=True)
class Calibration:
    """One of the methods above, with what it learned.

    >>> Calibration("sigmoid", slope=1.0, shift=0.0).risk(np.array([0.0]))
    array([0.5])
    """

    method: Method
    slope: float = 1.0
    shift: float = 0.0
    knots: tuple[float, ...] = ()
    levels: tuple[float, ...] = ()
    upper: float = 1.0

    @classmethod
    def learn(
        cls,
        margin: Floats,
        churned: Floats,
        method: Method | Literal["auto"],
        customer: NDArray[Any] | None = None,
    ) -> Self:
        """Fit on held-out ``margin`` and ``churned``, (n,); too little of it keeps the margin.

        ``customer``: (n,) ids, for ``auto``, which judges nobody by his or her own rows. None: each
        row is a customer, and neighbours are held out together.
        """
        if method == "auto":
            method = _chosen(margin, churned, customer)
        if method == "none" or _fewest(churned) < LEAST:
            return cls("none")
        return cls(method, **_LEARNT[method](margin, churned))

    def risk(self, margin: Floats) -> Floats:
        """(n,) probabilities, 0 to 1."""
        if self.method == "isotonic":
            return np.interp(margin, self.knots, self.levels)
        if self.method == "beta":
            low, high = _halves(margin)
            return logistic.probability(self.slope * low + self.upper * high + self.shift)
        return logistic.probability(self.slope * margin + self.shift)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        record = {
            "method": self.method,
            "slope": self.slope,
            "shift": self.shift,
            "knots": list(self.knots),
            "levels": list(self.levels),
        }
        # Files of the other methods keep the bytes they had before there was a second slope.
        return record | ({"upper": self.upper} if self.method == "beta" else {})

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """The calibration that ``as_dict`` was asked for."""
        if record["method"] not in _ORDER:  # of a later version: it would pass for a sigmoid
            raise ValueError(f"calibration method {record['method']!r} is none of {', '.join(_ORDER)}")
        knots, levels = tuple(record["knots"]), tuple(record["levels"])
        upper = record.get("upper", 1.0)
        return cls(record["method"], record["slope"], record["shift"], knots, levels, upper)


def _chosen(margin: Floats, churned: Floats, customer: NDArray[Any] | None) -> Method:
    """The first method, simplest first, that the best of them does not clearly beat on others' rows."""
    fewest = _fewest(churned)
    if fewest < LEAST:
        return "none"
    who = np.arange(len(margin)) if customer is None else np.unique(customer, return_inverse=True)[1]
    part = who * PARTS // len(who) if customer is None else _dealt(customer)[who]
    tried = [method for method in _ORDER if method != "isotonic" or fewest >= MANY]
    losses = {
        method: np.bincount(who, _loss(margin, churned, part, method)).astype(np.float64) for method in tried
    }
    best = min(tried, key=lambda method: float(losses[method].sum()))
    return next(method for method in tried if not _clearly(losses[method] - losses[best]))


def _clearly(worse: Floats) -> bool:
    """Whether a sum over customers is further above 0 than chance would take it."""
    return bool(worse.sum() > DOUBT * np.sqrt(len(worse)) * worse.std())


def _loss(margin: Floats, churned: Floats, part: NDArray[np.intp], method: Method) -> Floats:
    """(n,) log loss of each row, by what was learned of the other parts."""
    risk = np.empty(len(margin))
    for each in range(PARTS):
        out = part == each
        risk[out] = Calibration.learn(margin[~out], churned[~out], method).risk(margin[out])
    right = np.where(churned == 1, risk, 1 - risk)
    return np.asarray(-np.log(np.maximum(right, INSIDE)))


def _dealt(customer: NDArray[Any]) -> NDArray[np.intp]:
    """The part of each customer, in the order of ids, whoever else there is."""
    digests = [hashlib.sha256(f"calibration/{who}".encode()).digest() for who in np.unique(customer)]
    return np.array([int.from_bytes(digest[:4], "big") % PARTS for digest in digests], dtype=np.intp)


def _fewest(churned: Floats) -> int:
    return int(min((churned == 1).sum(), (churned == 0).sum()))


def _temperature(margin: Floats, churned: Floats) -> dict[str, Any]:
    (slope,) = logistic.fit(margin[:, None], _targets(churned), penalty=0.0).tolist()
    return {"slope": max(slope, FAINT)}


def _sigmoid(margin: Floats, churned: Floats) -> dict[str, Any]:
    slope, shift = _line(margin[:, None], churned)
    return {"slope": slope, "shift": shift} if slope >= FAINT else _faint(margin, churned)


def _beta(margin: Floats, churned: Floats) -> dict[str, Any]:
    low, high = _halves(margin)
    slope, upper, shift = _line(np.stack([low, high], axis=1), churned)
    if min(slope, upper) >= 0:
        return {"slope": slope, "upper": upper, "shift": shift}
    # The loss has one valley: where its bottom lies outside, the best point inside is on an edge.
    edges = []
    for name, half in (("slope", low), ("upper", high)):
        alone, shift = _line(half[:, None], churned)
        logit, target = alone * half + shift, _targets(churned)
        loss = float((np.logaddexp(0, logit) - target * logit).sum())
        if alone >= FAINT:
            edges.append((loss, {"slope": 0.0, "upper": 0.0, name: alone, "shift": shift}))
    if edges:
        return min(edges, key=lambda edge: edge[0])[1]
    return _faint(margin, churned) | {"upper": FAINT}


def _halves(margin: Floats) -> tuple[Floats, Floats]:
    """The logarithms of risk and of its opposite, the margin's halves: they add up to it.

    Far below 0 all of it is in the first, far above in the second.
    """
    return -np.logaddexp(0, -margin), np.logaddexp(0, margin)


def _isotonic(margin: Floats, churned: Floats) -> dict[str, Any]:
    from sklearn.isotonic import IsotonicRegression

    steps = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(margin, churned)
    return {
        "knots": tuple(float(x) for x in steps.X_thresholds_),
        "levels": tuple(float(y) for y in steps.y_thresholds_),
    }


def _line(columns: Floats, churned: Floats) -> list[float]:
    """Weights of ``columns``, (n, k), and the shift: a logistic regression."""
    design = np.append(columns, np.ones((len(columns), 1)), axis=1)
    weights: list[float] = logistic.fit(design, _targets(churned), penalty=0.0).tolist()
    return weights


def _targets(churned: Floats) -> Floats:
    """Outcomes drawn in from 0 and 1 by a row each, as Platt advises: no slope is then without end."""
    left = float((churned == 1).sum())
    return np.where(churned == 1, (left + 1) / (left + 2), 1 / (len(churned) - left + 2))


def _faint(margin: Floats, churned: Floats) -> dict[str, Any]:
    """Where a line would fall, it would turn the order round: the rows say it means next to nothing."""
    from scipy.optimize import brentq

    faint, share = FAINT * margin, churned.mean()
    far = 50 + float(np.abs(faint).max())
    shift = brentq(lambda shift: logistic.probability(faint + shift).mean() - share, -far, far)
    return {"slope": FAINT, "shift": float(shift)}


_LEARNT: Mapping[Method, Callable[[Floats, Floats], dict[str, Any]]] = {
    "temperature": _temperature,
    "sigmoid": _sigmoid,
    "beta": _beta,
    "isotonic": _isotonic,
}
_ORDER: tuple[Method, ...] = ("none", *_LEARNT)  # the simplest first
