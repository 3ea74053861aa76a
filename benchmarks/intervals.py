"""Do intervals of value hold, and are they narrow? Ours beside quantile trees, in one run.

    CHURNLAB_DATA=FOLDER python -m benchmarks.intervals [cdnow] [online_retail] [complete_journey]

    churnlab   quantiles of risk and multiples, at levels learned on customers nobody had seen
    as_asked   the same at .1 and .9 themselves
    trees      XGBoost's quantile trees on the same features and the pace's promise, moved by the error
               on customers held out, so that they hold on the dates learned from (conformalised)

The pinball loss of an end is least where it holds as often as asked and is as narrow as can be. ``off``:
how far the share of customers above the upper end is from a tenth.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks import results_file
from benchmarks.value import ROOT, SETS
from churnlab.config import load
from churnlab.models.levels import AS_ASKED, INTERVAL
from churnlab.models.pace import ACTIVE, narrowed
from churnlab.models.parts import held_out
from churnlab.workflow.fitting import CHURN, Fitted, fit, value_settled
from churnlab.workflow.opening import opened
from churnlab.workflow.panels import training_panel

Floats = np.ndarray
RESULTS = results_file.FOLDER / "intervals.jsonl"
NAMES = (*SETS, "complete_journey")
DIALS = {
    "objective": "reg:quantileerror", "quantile_alpha": list(INTERVAL), "max_depth": 4, "eta": 0.05,
    "min_child_weight": 20, "subsample": 0.8, "colsample_bytree": 0.8, "seed": 1,
}  # fmt: skip
TREES = 200


def main(names: tuple[str, ...] = NAMES) -> list[dict[str, object]]:
    """Measure each data set, print its figures and keep them."""
    os.environ.setdefault("CHURNLAB_DATA", str((ROOT / "../shared/data").resolve()))
    figures = [line for name in names for line in _measured(name)]
    results_file.store(RESULTS, figures, tuple(f"intervals.{name}." for name in names))
    for line in figures:
        print(line["name"], line["figure"], line["beside"], flush=True)
    return figures


def _measured(name: str) -> list[dict[str, object]]:
    asked = ["engine.cache=none"]
    if name in SETS:
        test, days, _ = SETS[name]
        asked += [f"churn.horizon_days={days}", f"evaluation.test_as_of={test}", f"snapshots.last={test}"]
        asked += ["time_zone=UTC", "value.discount_rate_annual=0"]
    with tempfile.TemporaryDirectory() as folder:
        project = load(ROOT / "configs" / f"{name}.yaml", [*asked, f"lists.folder={folder}"])
        with opened(project) as opening:
            panel, _ = training_panel(opening)
            fitted = fit(opening, panel)
            settled = value_settled(opening, panel, fitted.fold.test_as_of)
    test = panel.take(fitted.fold.test & np.isfinite(panel.value))
    risk, model = fitted.risks[CHURN][np.isfinite(panel.value[fitted.fold.test])], fitted.value
    retained = model.if_retained(test)
    ends = {
        "churnlab": model.interval(test, risk, retained),
        "as_asked": replace(model, levels=AS_ASKED).interval(test, risk, retained),
        "trees": _by_trees(panel, fitted, settled, test),
    }
    found = {who: _figures(test, *pair) for who, pair in ends.items()}
    ours = found.pop("churnlab")
    lines = []
    for metric, figure in ours.items():
        beside = {who: round(each[metric], 4) for who, each in found.items()}
        lines.append(results_file.figure(f"intervals.{name}.{metric}", figure, None, beside))
    return lines


def _by_trees(panel: Any, fitted: Fitted, settled: Floats, test: Any) -> tuple[Floats, Floats]:
    """Log amounts of everyone, moved by what holds nine times in ten in the mean of the dates."""
    learned = panel.take(fitted.fold.train & settled & np.isfinite(panel.value))
    rows, actual = _rows(fitted, learned), np.log1p(np.maximum(learned.value, 0))
    unseen = np.empty((len(learned), 2))
    for out in held_out(learned.customer_id, 1):
        unseen[out] = _grown(rows[~out], actual[~out]).inplace_predict(rows[out])
    said = _grown(rows, actual).inplace_predict(_rows(fitted, test))
    dates, blend = np.unique(learned.as_of), fitted.value.blend
    growth = 1.0 if blend is None else blend.growth(narrowed(test))
    ends = []
    for side, share in enumerate(INTERVAL):
        error = actual - unseen[:, side]
        moved = np.mean([np.quantile(error[learned.as_of == date], share) for date in dates])
        ends.append(np.maximum(np.expm1(said[:, side] + moved), 0) * growth)
    return np.minimum(*ends), np.maximum(*ends)


def _rows(fitted: Fitted, panel: Any) -> Floats:
    matrix, blend = fitted.value.recipe.matrix(panel), fitted.value.blend
    if blend is None or blend.pace.spend is None:
        return matrix
    promised = blend.pace.if_retained(narrowed(panel), blend.horizon.learned)
    return np.hstack([matrix, np.log(np.maximum(promised, 0.01))[:, None]])


def _grown(rows: Floats, actual: Floats) -> Any:
    import xgboost

    return xgboost.train(DIALS, xgboost.QuantileDMatrix(rows, actual), TREES)


def _figures(test: Any, low: Floats, high: Floats) -> dict[str, float]:
    value = np.maximum(test.value, 0)
    often = test.number(ACTIVE) > 1
    tenth = np.argsort(np.argsort(high, kind="stable"), kind="stable") * 10 // len(high)
    above = value > high
    shares = [above[tenth == number].mean() for number in range(10)]
    found: Mapping[str, float] = {
        "pinball_p10": _pinball(value, low, INTERVAL[0]),
        "pinball_p90": _pinball(value, high, INTERVAL[1]),
        "below": (value < low).mean(),
        "above_off": abs(above.mean() - 0.1),
        "above_bought_again_off": abs(above[often].mean() - 0.1),
        "above_worst_tenth_off": max(abs(share - 0.1) for share in shares),
    }
    return {name: float(figure) for name, figure in found.items()}


def _pinball(value: Floats, end: Floats, share: float) -> float:
    short = value - end
    return float(np.where(short > 0, share * short, (share - 1) * short).mean())


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or NAMES)
