"""What a ranking is worth: profit per customer of a campaign that stops where it pays no more.

A customer who is contacted costs ``contact``. One who would stay takes the ``incentive`` as well; one
who would leave accepts it with probability gamma, and is then kept, with all that he or she is worth
(``clv``). Gamma is unknown: it is drawn from a Beta distribution, and for each gamma the list is cut
where its profit is largest (Verbraken, Verbeke & Baesens, 2013, doi:10.1109/TKDE.2012.50).

The best cuts are the corners of the ROC curve's convex hull. The share p of churned rows between two
corners falls from one to the next, so each stretch is on the list from the gamma on at which it pays
for itself, and brings, per row,

    gain(p) = E[max(0, gamma p (clv - incentive) - contact - (1 - p) incentive)]

which two incomplete beta functions give exactly: nothing is sampled, and no threshold is searched for.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from churnlab.evaluation.rows import Floats, binary, checked, ratio


def empc(
    churned: ArrayLike,
    score: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    clv: float = 200,
    incentive: float = 10,
    contact: float = 1,
    accept: tuple[float, float] = (6, 14),
) -> Floats:
    """Expected maximum profit per customer, in the unit of ``clv``; never below 0, a list may be empty.

    ``accept``: the Beta distribution of the share of leavers that accept.

    >>> round(float(empc([1, 0, 1, 0], [0.9, 0.8, 0.6, 0.1])), 2)
    25.25
    """
    terms = _Terms(clv, incentive, contact, accept)
    return _mean(churned, score, weight, terms.gain)


def empc_share(
    churned: ArrayLike,
    score: ArrayLike,
    weight: ArrayLike | None = None,
    *,
    clv: float = 200,
    incentive: float = 10,
    contact: float = 1,
    accept: tuple[float, float] = (6, 14),
) -> Floats:
    """The share of customers on the list with the largest profit, averaged over the same gammas."""
    terms = _Terms(clv, incentive, contact, accept)
    return _mean(churned, score, weight, terms.chance)


@dataclass(frozen=True)
class _Terms:
    clv: float
    incentive: float
    contact: float
    accept: tuple[float, float]

    def __post_init__(self) -> None:
        if not 0 <= self.incentive < self.clv < np.inf or not 0 <= self.contact < np.inf:
            raise ValueError(
                f"a customer must be worth more than the incentive, and no cost may be below 0; "
                f"got clv {self.clv}, incentive {self.incentive}, contact {self.contact}"
            )
        if not all(0 < side < np.inf for side in self.accept):
            raise ValueError(f"accept must be two numbers above 0, as of Beta(6, 14); got {self.accept}")

    def gain(self, rate: Floats) -> Floats:
        """Expected profit per row of stretches whose churned share is ``rate``."""
        from scipy.special import betaincc

        first, second = self.accept
        pays = self._pays_from(rate)
        # The mean of gamma over a tail is its mean times the tail of a Beta(first + 1, second).
        kept = first / (first + second) * betaincc(first + 1, second, pays)
        return np.asarray(
            rate * (self.clv - self.incentive) * kept - self._cost(rate) * betaincc(first, second, pays)
        )

    def chance(self, rate: Floats) -> Floats:
        """How likely gamma is such that those stretches are on the list."""
        from scipy.special import betaincc

        return np.asarray(betaincc(*self.accept, self._pays_from(rate)))

    def _pays_from(self, rate: Floats) -> Floats:
        # Where nobody leaves there is nothing to keep, even for nothing: no gamma is enough.
        enough = ratio(self._cost(rate), rate * (self.clv - self.incentive))
        return np.minimum(np.where(np.isnan(enough), 1.0, enough), 1.0)

    def _cost(self, rate: Floats) -> Floats:
        return self.contact + (1 - rate) * self.incentive


def _mean(
    churned: ArrayLike, score: ArrayLike, weight: ArrayLike | None, measure: Callable[[Floats], Floats]
) -> Floats:
    """``measure`` of the churned share of each stretch of the hull, averaged over the rows: (...)."""
    outcome, scored, counts = checked(churned, score, weight)
    binary(outcome)
    order = _best_first(outcome, scored)
    ordered = outcome[order]
    figures = [_weighted(*_stretches(ordered, one), measure) for one in np.atleast_2d(counts[..., order])]
    return np.array(figures).reshape(counts.shape[:-1])


def _best_first(churned: Floats, score: Floats) -> NDArray[np.intp]:
    # Of equal scores those who stayed come first: no corner of a falling line can then part them.
    return np.lexsort((churned, -score))


def _stretches(churned: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """Rows and churned share between the corners of the hull, best first.

    The hull of a ROC curve is the falling isotonic fit of its outcomes (Fawcett & Niculescu-Mizil, 2007).
    """
    from scipy.optimize import isotonic_regression

    there = weight > 0
    fit = isotonic_regression(churned[there], weights=weight[there], increasing=False)
    return fit.weights, fit.x[fit.blocks[:-1]]


def _weighted(size: Floats, rate: Floats, measure: Callable[[Floats], Floats]) -> float:
    return float(ratio((size * measure(rate)).sum(), size.sum()))
