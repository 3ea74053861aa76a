"""Whom a campaign should contact, and how many: what each contact saves, less what it costs.

    saved value = V [p s - (1 - p) b] - d [p s + (1 - p) t] - f

V is the value at stake and p the churn risk without any action. Of those who would leave, the contact
keeps the share s (save rate); of those who would stay, it drives away the share b (backfire), and the
share t takes the incentive d all the same (take up). Each contact costs f.

Lists are filled from the highest saved value down:

    size      0     1     2     3     4       of four customers, the fourth costs more than it saves:
    expected  0    60   100   110    90       the list ends at three
    realised  0    55    45    80    75       the same with those who did leave: p is 1 or 0

Realised amounts need outcomes of customers who were not contacted, and they are as good as the save
rate: what a contact changes is measured by a control group, not here.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from churnlab.evaluation.intervals import percentile, resamples
from churnlab.evaluation.rows import Floats, binary, checked, ratio

Estimate = tuple[float, float, float]  # with the ends of its interval


@dataclass(frozen=True, eq=False)
class Offer:
    """What a contact does and costs: one number for all customers, or one for each, (n,).

    ``save_rate``, ``backfire``, ``take_up_stayers``: shares, 0 to 1. Costs: major units, not below 0.
    """

    save_rate: ArrayLike
    contact_cost: ArrayLike = 0.0
    incentive_cost: ArrayLike = 0.0
    take_up_stayers: ArrayLike = 1.0
    backfire: ArrayLike = 0.0

    def __post_init__(self) -> None:
        for field in fields(self):
            given = np.asarray(getattr(self, field.name), np.float64)
            most = np.inf if field.name.endswith("_cost") else 1.0
            if not (np.isfinite(given) & (given >= 0) & (given <= most)).all():
                limits = "a finite cost, not below 0" if most > 1 else "a share, 0 to 1"
                raise ValueError(f"{field.name} must be {limits}; got {given.min()} to {given.max()}")

    @classmethod
    def reducing(cls, risk: ArrayLike, by: ArrayLike, **costs: ArrayLike) -> Self:
        """An offer whose effect is known as churn in the control group less churn among the treated.

        Such a difference holds the risk already: it is the save rate times the risk, and no higher.
        """
        share = ratio(by, risk)
        return cls(np.minimum(np.where(np.isnan(share), 0.0, share), 1.0), **costs)


def saved_value(risk: ArrayLike, value_at_stake: ArrayLike, offer: Offer) -> Floats:
    """(n,) what contacting each customer is expected to bring, major units; below 0: better not.

    >>> saved_value([0.62], [900.0], Offer(0.12, 4, 15, 0.35)).round(1).tolist()
    [59.8]
    """
    leaves, value = np.asarray(risk, np.float64), np.asarray(value_at_stake, np.float64)
    if not np.isfinite(value).all() or not ((leaves >= 0) & (leaves <= 1)).all():
        raise ValueError("a risk must lie in 0..1, and a value at stake must be finite")
    saved = leaves * np.asarray(offer.save_rate)
    stays = 1 - leaves
    kept = value * (saved - stays * np.asarray(offer.backfire))
    taken = saved + stays * np.asarray(offer.take_up_stayers)
    return np.asarray(kept - np.asarray(offer.incentive_cost) * taken - np.asarray(offer.contact_cost))


@dataclass(frozen=True, eq=False)
class ProfitCurve:
    """Money by list size, from the empty list to everyone: (k,) each.

    Customers of equal score have no order among themselves: they join the list together, and between
    such points straight lines are the mean over all their orders.
    """

    size: Floats
    expected: Floats
    realised: Floats

    def at(self, size: ArrayLike) -> tuple[Floats, Floats]:
        """Expected and realised profit of lists of any ``size``."""
        asked = np.asarray(size, np.float64)
        return np.interp(asked, self.size, self.expected), np.interp(asked, self.size, self.realised)


def profit_curve(
    churned: ArrayLike,
    risk: ArrayLike,
    value_at_stake: ArrayLike,
    offer: Offer,
    *,
    score: ArrayLike | None = None,
) -> ProfitCurve:
    """What lists of every size were expected to bring, and would have brought.

    ``score``: what the list is sorted by, highest first; None: the saved value.
    """
    outcome, expected, realised = _amounts(churned, risk, value_at_stake, offer)
    by = expected if score is None else score
    _, ranked, once = checked(outcome, by)
    size, sums = _filled(ranked, once, np.stack([expected, realised]))
    return ProfitCurve(size, sums[0], sums[1])


@dataclass(frozen=True)
class ListSize:
    """How long the list should be: as planned before, and as known afterwards.

    ``planned``: rows with a saved value above 0, and ``planned_profit`` what they would have brought.
    ``best``: the size that would have brought most, ``best_profit``. It is chosen with hindsight, so it
    flatters: judge a campaign by ``planned_profit``. Curves are flat at the top, sizes are unsure.
    """

    planned: int
    planned_profit: Estimate
    best: Estimate
    best_profit: float


def list_size(
    churned: ArrayLike,
    risk: ArrayLike,
    value_at_stake: ArrayLike,
    offer: Offer,
    customer: NDArray[np.object_],
    *,
    times: int,
    seed: int,
) -> ListSize:
    """The best list size and its profit, with 95 % intervals over resampled customers."""
    _, expected, realised = _amounts(churned, risk, value_at_stake, offer)
    once = np.ones(len(expected))
    best, most = _top(expected, realised, once)
    planned = expected > 0
    sizes, profits = [np.empty(0)], [np.empty(0)]
    for weight in resamples(customer, times, seed):
        sizes.append(_top(expected, realised, weight)[0])
        # A resample holds more rows or fewer where customers have several: all speak of n rows.
        shared = ratio((weight * realised)[:, planned].sum(axis=-1), weight.sum(axis=-1))
        profits.append(len(expected) * shared)
    return ListSize(
        int(planned.sum()),
        (float(realised[planned].sum()), *percentile(np.concatenate(profits))),
        (float(best), *percentile(np.concatenate(sizes))),
        float(most),
    )


def _amounts(
    churned: ArrayLike, risk: ArrayLike, value_at_stake: ArrayLike, offer: Offer
) -> tuple[Floats, Floats, Floats]:
    """Outcome, and saved value as expected and with the outcome for a risk, (n,) each."""
    outcome, probability, _ = checked(churned, risk)
    binary(outcome)
    expected = saved_value(probability, value_at_stake, offer)
    return outcome, expected, saved_value(outcome, value_at_stake, offer)


def _top(score: Floats, amount: Floats, weight: Floats) -> tuple[Floats, Floats]:
    """The shortest of the sizes with most of ``amount``, and that amount: (...), scaled to n rows."""
    size, sums = _filled(score, weight, amount)
    top = sums.argmax(axis=-1)[..., None]
    scale = len(score) / np.maximum(size[..., -1], 1)
    reached = (np.take_along_axis(values, top, axis=-1)[..., 0] for values in (size, sums))
    chosen, most = (scale * values for values in reached)
    return chosen, most


def _filled(score: Floats, weight: Floats, amount: Floats) -> tuple[Floats, Floats]:
    """Rows and sums of ``amount``, (..., n), on lists that end where a score ends: (..., scores + 1)."""
    order, ends = _places(score)
    counts = weight[..., order]

    def summed(values: Floats) -> Floats:
        sums = np.cumsum(values, axis=-1)[..., ends]
        return np.concatenate([np.zeros((*sums.shape[:-1], 1)), sums], axis=-1)

    return summed(counts), summed(counts * amount[..., order])


def _places(score: Floats) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The rows, highest scores first, and where in that order each score has its last row."""
    order = np.argsort(-score, kind="stable")
    ranked = score[order]
    last = np.append(ranked[1:] != ranked[:-1], np.ones(min(len(ranked), 1), dtype=np.bool_))
    return order, np.flatnonzero(last)
