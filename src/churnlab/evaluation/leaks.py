"""Too good to be true: a single feature that knows the answer is, nearly always, made from it.

A status set when the contract was closed, a total computed today: such a column predicts perfectly in
the past and knows nothing of the future.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from churnlab.evaluation.ranking import auroc
from churnlab.evaluation.rows import Floats

MAX_AUROC = 0.95
MAX_SHARE = 0.8
MIN_EACH = 30  # churned and staying rows: with fewer, some feature of many separates them by luck


@dataclass(frozen=True)
class Leak:
    """A feature under suspicion: ``sign`` is ``auroc`` or ``importance``, ``figure`` what was measured."""

    feature: str
    sign: str
    figure: float


def suspected_leaks(
    numbers: NDArray[np.floating],
    names: Sequence[str],
    categories: Mapping[str, NDArray[np.object_]],
    churned: Floats,
    importance: Mapping[str, float],
) -> tuple[Leak, ...]:
    """Features that alone reach an AUROC above .95, or hold more than .8 of the model's importance.

    ``numbers``: (n, p) for ``names``, NaN where missing; ``categories``: name -> (n,);
    ``churned``: (n,) 1, 0 or NaN; ``importance``: feature -> share of the whole, 0 to 1.
    """
    known = np.isfinite(churned)
    outcome = churned[known]
    alone: dict[str, float] = {}
    if min((outcome == 1).sum(), (outcome == 0).sum()) >= MIN_EACH:
        for column, name in enumerate(names):
            alone[name] = _separates(outcome, numbers[known, column].astype(np.float64))
        for name, values in categories.items():
            alone[name] = _separates(outcome, _rates(outcome, values[known]))
    leaks = [Leak(name, "auroc", figure) for name, figure in alone.items() if figure > MAX_AUROC]
    # The only feature of a model holds all of its importance without knowing the future.
    if len(importance) > 1:
        leaks += [Leak(name, "importance", share) for name, share in importance.items() if share > MAX_SHARE]
    return tuple(leaks)


def _separates(outcome: Floats, values: Floats) -> float:
    # Either way round. Missing may itself be the tell-tale, so it is tried at both ends.
    missing = np.isnan(values)
    ends = [np.nanmin(values) - 1, np.nanmax(values) + 1] if not missing.all() else [0.0]
    figures = [float(auroc(outcome, np.where(missing, end, values))) for end in ends]
    return max(max(figure, 1 - figure) for figure in figures)


def _rates(outcome: Floats, values: NDArray[np.object_]) -> Floats:
    # The churn rate of each row's category; rare ones together, or an id would "predict" perfectly.
    labels = np.array(["" if value is None else f"={value}" for value in values])
    common = {label for label, count in Counter(labels.tolist()).items() if count >= MIN_EACH}
    labels = np.where(np.isin(labels, list(common)), labels, "rare")
    _, code = np.unique(labels, return_inverse=True)
    return (np.bincount(code, outcome) / np.bincount(code))[code]
