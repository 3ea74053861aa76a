"""Exact reasons: churnlab's own beside XGBoost's, on the same rows and the same trees (300, depth 6).

WORLD DATES OUT MODELS. CPU seconds of this process, all threads; the time that making the panel and
loading compiled code takes is not counted: both grow with nothing.
"""

from __future__ import annotations

import json
import sys
import time
from dataclasses import replace
from pathlib import Path
from statistics import median

import numpy as np

from benchmarks import shop
from benchmarks.peers.asked import asked

ROWS, BESIDE, TURNS = 50_000, 2_000, 3


def main() -> None:
    from churnlab.explain import reasons
    from churnlab.models import files
    from churnlab.workflow.panels import scoring_panel

    question = asked()
    # The trees alone, as XGBoost explains them: what the pace adds is a column of its own.
    model = replace(files.load(Path(sys.argv[4]), None).churn, blend=None)
    project = shop.project(question.transactions, question.interactions, question.out)
    with shop.opened(project, question.transactions, question.interactions, question.rows) as opening:
        panel, _ = scoring_panel(opening, opening.calendar.date(question.dates[-1]))
    panel = panel.take(np.arange(len(panel)) < ROWS)
    small = panel.take(np.arange(len(panel)) < BESIDE)
    model.explained(panel)  # compiles and loads
    found: dict[str, list[float]] = {"explained": [], "sentences": [], "xgboost": []}
    for _ in range(TURNS):
        seconds, told = _timed(lambda: model.explained(panel))
        found["explained"].append(seconds / len(panel))
        seconds, _ = _timed(
            lambda parts=told.contributions: reasons.strongest(
                panel, parts, model.features, model.reference, locale="en", currency="EUR"
            )
        )
        found["sentences"].append(seconds / len(panel))
        seconds, theirs = _timed(lambda: _by_xgboost(model, small))
        found["xgboost"].append(seconds / len(small))
    told = model.explained(small)
    base, ours = told.base, told.contributions
    per_row = {f"{name}_us": 1e6 * median(values) for name, values in found.items()}
    difference = float(np.abs(ours - theirs[:, :-1]).max())
    order = [np.argsort(-np.abs(parts), axis=1, kind="stable")[:, 0] for parts in (ours, theirs[:, :-1])]
    print(
        json.dumps(
            per_row
            | {
                "difference": max(difference, float(np.abs(base - theirs[:, -1]).max())),
                "top": float((order[0] == order[1]).mean()),
                "rows": len(panel),
            }
        )
    )


def _timed(work):
    started = time.process_time()
    made = work()
    return time.process_time() - started, made


def _by_xgboost(model, panel) -> np.ndarray:
    """The library's own contributions of the model's matrix, summed to features as ours are."""
    import xgboost

    booster = xgboost.Booster({"nthread": 2}, model_file=bytearray(model.trees.content))
    parts = booster.predict(xgboost.DMatrix(model.recipe.matrix(panel)), pred_contribs=True)
    summed = np.zeros((len(panel), len(model.features) + 1))
    for column, owner in enumerate(model.recipe.owners):
        summed[:, owner] += parts[:, column]
    summed[:, -1] = parts[:, -1]
    return summed


if __name__ == "__main__":
    main()
