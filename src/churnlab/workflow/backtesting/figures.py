"""What the outcomes say: figures of every model, paired differences, and what the earlier origins choose.

The choice is made by fixed rules on the origins before the last, which were settled before it came, by
means over these origins (put together, too much at one and too little at another would look right):

    churn   least log loss
    value   of those whose Gini is within ``NEAR`` of the best, the least error by tenths of customers

What it would have cost at the last origin is its regret there, beside the best with hindsight.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.config.project import AMOUNTS
from churnlab.evaluation import intervals, money, probability, ranking
from churnlab.evaluation.coverage import Coverage, coverages
from churnlab.evaluation.intervals import Metric
from churnlab.evaluation.rows import without_nan
from churnlab.evaluation.scorecard import MIN_POSITIVES, Scorecard, Task, score_churn, score_value
from churnlab.workflow.backtesting.candidates import TREES, WHOLE
from churnlab.workflow.backtesting.judged import Judged
from churnlab.workflow.fitting import CHURN, VALUE

Floats = NDArray[np.float64]

NEAR = 0.001  # of Gini
RANKS: Mapping[str, tuple[Metric, bool]] = {  # name -> function, and whether more is better
    "auroc": (ranking.auroc, True),
    "average_precision": (ranking.average_precision, True),
    "log_loss": (probability.log_loss, False),
}
OURS = frozenset({CHURN, VALUE, TREES, WHOLE, *AMOUNTS})


@dataclass(frozen=True)
class Difference:
    """Ours less the best of the others on the same rows, with a 95 % interval over customers."""

    where: str
    task: Task
    metric: str
    other: str
    ours: float
    theirs: float
    estimate: float
    low: float
    high: float

    @property
    def verdict(self) -> str:
        """``better``, ``worse``, ``alike`` where the interval holds both, ``unknown`` without one."""
        if np.isnan(self.low):  # no resamples, no interval
            return "unknown"
        more = self.metric != "log_loss"
        sign = (self.low > 0) - (self.high < 0)
        return "alike" if not sign else "better" if (sign > 0) == more else "worse"

    def as_dict(self) -> dict[str, Any]:
        return {**without_nan(asdict(self)), "verdict": self.verdict}


@dataclass(frozen=True)
class Choice:
    """The model that the earlier origins choose, and its regret at the last: None where not measured."""

    task: Task
    metric: str
    model: str
    on_earlier: float
    at_last: float | None
    best_at_last: str | None
    regret: float | None

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def scorecard(judged: Judged, seed: int) -> Scorecard:
    """Every measure of every model, for all rows and each group, without intervals."""
    how = {"bootstrap": 0, "seed": seed}
    card = score_churn(judged.churned, judged.risks, judged.customer_id, judged.groups, **how)
    if judged.values:
        card += score_value(judged.value, judged.values, judged.customer_id, judged.groups, **how)
    return card


def differences(judged: Judged, *, times: int, seed: int) -> Iterator[Difference]:
    """Ours against the best of the models that are not ours, metric by metric.

    The best is found on the very rows it is compared on, which flatters it and not us.
    """
    known = np.isfinite(judged.churned)
    for metric, (function, more) in RANKS.items():
        yield from _against(judged, "churn", metric, function, known, more=more, times=times, seed=seed)
    if judged.values:
        known = np.isfinite(judged.value)
        yield from _against(judged, "value", "gini", ranking.gini, known, more=True, times=times, seed=seed)


def _against(
    judged: Judged,
    task: Task,
    metric: str,
    function: Metric,
    known: NDArray[np.bool_],
    *,
    more: bool,
    times: int,
    seed: int,
) -> Iterator[Difference]:
    churn = task == "churn"
    actual, said = (judged.churned, judged.risks) if churn else (judged.value, judged.values)
    own = said[CHURN if churn else VALUE][known]
    others = {name: scores[known] for name, scores in said.items() if name not in OURS}
    if not known.any() or not others or (churn and len(np.unique(actual[known])) < 2):
        return
    found = {name: float(function(actual[known], scores, None)) for name, scores in others.items()}
    best = min(found, key=lambda name: (-found[name] if more else found[name], name))
    estimate, low, high = intervals.difference(
        function, actual[known], own, others[best], judged.customer_id[known], times=times, seed=seed
    )
    ours = float(function(actual[known], own, None))
    yield Difference(judged.where, task, metric, best, ours, found[best], estimate, low, high)


def choices(earlier: Sequence[Judged], last: Judged) -> Iterator[Choice]:
    """What the rules choose on the earlier origins; nothing of none, or where too few left or stayed."""
    left = sum(float(np.nansum(part.churned)) for part in earlier)
    stayed = sum(float((part.churned == 0).sum()) for part in earlier)
    if min(left, stayed) < MIN_POSITIVES:
        return
    losses = _means(earlier, _losses)
    if losses:
        model = min(losses, key=lambda name: (losses[name], name))
        yield _choice("churn", "log_loss", model, losses, _losses(last), more=False)
    valued = [part for part in earlier if part.values]
    ginis = _means(valued, _ginis)
    if ginis:
        near = [name for name, gini in ginis.items() if gini >= max(ginis.values()) - NEAR]
        off = _means(valued, _decile_errors)
        model = min(near, key=lambda name: (off.get(name, np.inf), name))
        yield _choice("value", "gini", model, ginis, _ginis(last), more=True)


def _means(parts: Sequence[Judged], figures: Callable[[Judged], dict[str, float]]) -> dict[str, float]:
    """Model -> mean over the origins, of the models that have a figure at each."""
    found = [figures(part) for part in parts]
    names = [name for name in found[0] if all(name in each for each in found)] if found else []
    return {name: float(np.mean([each[name] for each in found])) for name in names}


def _choice(
    task: Task, metric: str, model: str, earlier: dict[str, float], last: dict[str, float], *, more: bool
) -> Choice:
    if model not in last:
        return Choice(task, metric, model, earlier[model], None, None, None)
    best = min(last, key=lambda name: (-last[name] if more else last[name], name))
    return Choice(task, metric, model, earlier[model], last[model], best, abs(last[best] - last[model]))


def _losses(judged: Judged) -> dict[str, float]:
    known = np.isfinite(judged.churned)
    if not known.any():
        return {}
    return {
        name: float(probability.log_loss(judged.churned[known], risk[known]))
        for name, risk in judged.risks.items()
    }


def _ginis(judged: Judged) -> dict[str, float]:
    known = np.isfinite(judged.value)
    found = {
        name: float(ranking.gini(judged.value[known], value[known])) for name, value in judged.values.items()
    }
    return {name: gini for name, gini in found.items() if np.isfinite(gini)}


def _decile_errors(judged: Judged) -> dict[str, float]:
    known = np.isfinite(judged.value)
    actual = judged.value[known]
    found = {name: float(money.decile_error(actual, value[known])) for name, value in judged.values.items()}
    return {name: error for name, error in found.items() if np.isfinite(error)}


def covered(judged: Judged) -> tuple[Coverage, ...]:
    """How often our interval of value held: per customer, for those who bought again, by tenths."""
    if judged.interval is None:
        return ()
    often = judged.repeaters
    split = {} if often is None else {"bought once": ~often, "bought again": often}
    return coverages(judged.value, *judged.interval, judged.values[VALUE], split, judged.customer_id)


def totals(judged: Judged) -> dict[str, float | None]:
    """Predicted and actual churn rate, and sums of value with their ratio, of our models."""
    known = np.isfinite(judged.churned)
    found: dict[str, float | None] = {
        "risk_mean": float(judged.risks[CHURN][known].mean()) if known.any() else None,
        "churned_share": float(judged.churned[known].mean()) if known.any() else None,
    }
    valued = np.isfinite(judged.value)
    if judged.values and valued.any():
        found["value_predicted"] = float(judged.values[VALUE][valued].sum())
        found["value_actual"] = float(judged.value[valued].sum())
    return found
