"""What lists of the past would have brought: every model's profit, and how long ours should have been."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.config import offer as planned
from churnlab.evaluation.profit import empc
from churnlab.evaluation.saved_value import Offer, ProfitCurve, list_size, profit_curve
from churnlab.workflow.backtesting.judged import Judged
from churnlab.workflow.fitting import CHURN

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Campaign:
    """A list filled by saved value; money in major units, sizes in customers, with 95 % intervals.

    ``empc``: model -> expected maximum profit per customer where nobody knows how many accept: share
    Beta(6, 14), everyone worth the mean of value at stake. None where such a customer is worth less
    than the incentive.
    """

    where: str
    customers: int
    planned: int
    planned_profit: tuple[float, float, float]
    best: tuple[float, float, float]
    best_profit: float
    empc: dict[str, float] | None
    curve: ProfitCurve

    def as_dict(self) -> dict[str, Any]:
        kept = {name: value for name, value in vars(self).items() if name != "curve"}
        ends = {name: [_known(each) for each in kept[name]] for name in ("planned_profit", "best")}
        return kept | ends


def campaign(judged: Judged, terms: planned.Offer, *, times: int, seed: int) -> Campaign | None:
    """The list that ``terms`` would have made of the judged rows; None where value was not asked."""
    known = np.isfinite(judged.churned)
    if judged.at_stake is None or not known.any():
        return None
    churned, risk, stake = judged.churned[known], judged.risks[CHURN][known], judged.at_stake[known]
    offer = Offer(**terms.model_dump())
    size = list_size(churned, risk, stake, offer, judged.customer_id[known], times=times, seed=seed)
    return Campaign(
        judged.where,
        int(known.sum()),
        **asdict(size),
        empc=_empc(judged, known, float(stake.mean()), terms),
        curve=profit_curve(churned, risk, stake, offer),
    )


def _known(value: float) -> float | None:
    return None if np.isnan(value) else value  # without resamples there is no interval


def _empc(
    judged: Judged, known: NDArray[np.bool_], worth: float, terms: planned.Offer
) -> dict[str, float] | None:
    if worth <= terms.incentive_cost:
        return None
    churned, incentive, contact = judged.churned[known], terms.incentive_cost, terms.contact_cost
    return {
        model: float(empc(churned, risk[known], clv=worth, incentive=incentive, contact=contact))
        for model, risk in judged.risks.items()
    }
