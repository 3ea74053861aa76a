"""Twenty trials of tuning beside plain trials: estimators that fit every fold from the raw matrix.

    python -m benchmarks.tuning            # or some of them: PANEL=complete_journey,generated

    churnlab   bins shared by all trials, trees by the later rows, trials that fall behind given up
    plain      the same dials and seeds by Optuna; XGBClassifier with the configured number of trees
    stopping   the same, with up to as many trees as churnlab and as much patience; where STOPPING is set

One process and one thread; sides take turns trial by trial, so that a busy machine slows all of them.
CPU seconds are of everything from the panel to the chosen settings. The loss is the mean log loss of
the folds; ``stopping`` takes the best number of trees of each fold, churnlab one number for all.
"""

from __future__ import annotations

import os
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import features_figures, results_file
from benchmarks.results_file import figure
from churnlab.config import Models, load
from churnlab.config.project import Booster, Tuning
from churnlab.features.feature import Description
from churnlab.folds import Fold, earlier
from churnlab.models.recipe import Recipe
from churnlab.panel import Panel
from churnlab.snapshots import Calendar
from churnlab.tuning import Trial, dials, judging, tune

ROOT = Path(__file__).parents[1]
RESULTS = results_file.FOLDER / "tuning.jsonl"
TRIALS = 20
# A trial of churnlab's; those of the plain side on generated rows have 60, and little time to learn in.
MOST_TREES = {"complete_journey": 400, "generated": 60, "generated_more_trees": 400}
SEED = 20_240_229
DAY = 24 * 3600 * 10**6
Task = tuple[Panel, Sequence[Fold], Models]


def main() -> list[dict[str, object]]:
    """Measure both panels, print the table, keep the figures."""
    figures: list[dict[str, object]] = []
    panels = {
        "complete_journey": complete_journey,
        "generated": generated,
        "generated_more_trees": generated,
    }
    for name in os.environ.get("PANEL", ",".join(panels)).split(","):
        print(f"{name}: {TRIALS} trials a side", file=sys.stderr, flush=True)
        found = measured(name, panels[name]())
        results_file.store(RESULTS, found, (f"tuning.{name}.",))
        figures += found
    print(features_figures.table(figures))
    return figures


@dataclass
class Plain:
    """Trials as anybody would write them. ``most_trees`` None: as many trees as configured, no stopping."""

    panel: Panel
    folds: Sequence[Fold]
    models: Models
    most_trees: int | None
    cpu: float = 0
    losses: list[float] = field(default_factory=list)
    study: Any = None

    def trial(self) -> None:
        """One more."""
        import optuna

        started = time.process_time()
        if self.study is None:
            self.study = optuna.create_study(direction="minimize")
            self.study.enqueue_trial(dials.configured(self.models.churn))
        self.study.sampler = optuna.samplers.TPESampler(seed=self.models.seed + len(self.losses))
        trial = self.study.ask(dials.distributions(self.models.churn))
        loss = float(np.mean([self._loss(fold, trial.params) for fold in self.folds]))
        self.study.tell(trial, loss)
        self.losses.append(loss)
        self.cpu += time.process_time() - started

    def _loss(self, fold: Fold, drawn: dict[str, Any]) -> float:
        from sklearn.metrics import log_loss
        from xgboost import XGBClassifier

        rate = drawn["learning_rate"]
        patience = max(judging.FEWEST, round(judging.PATIENCE / rate))
        estimator = XGBClassifier(
            n_estimators=self.most_trees or self.models.churn.trees,
            max_depth=drawn["depth"],
            learning_rate=rate,
            min_child_weight=drawn["min_child_weight"],
            subsample=drawn["subsample"],
            colsample_bytree=drawn["colsample"],
            reg_lambda=drawn["reg_lambda"],
            random_state=self.models.seed,
            n_jobs=1,
            early_stopping_rounds=patience if self.most_trees else None,
        )
        train, test = np.flatnonzero(fold.train), np.flatnonzero(fold.test)
        recipe = Recipe.learn(self.panel, train)
        learned, later = (recipe.rows(self.panel, rows).make(0, len(rows)) for rows in (train, test))
        seen = [(later, self.panel.churned[test])] if self.most_trees else None
        estimator.fit(learned, self.panel.churned[train], eval_set=seen, verbose=False)
        return float(log_loss(self.panel.churned[test], estimator.predict_proba(later)[:, 1]))


def measured(name: str, task: Task) -> list[dict[str, object]]:
    """All figures of one panel."""
    panel, folds, models = task
    sides = {"plain": Plain(panel, folds, models, None)}
    if os.environ.get("STOPPING"):
        sides["stopping"] = Plain(panel, folds, models, MOST_TREES[name])
    away = 0.0

    def turn(trial: Trial) -> None:
        nonlocal away
        started = time.process_time()
        for side in sides.values():
            side.trial()
        away += time.process_time() - started
        losses = ", ".join(f"{side} {made.losses[-1]:.5f}" for side, made in sides.items())
        print(f"  trial {trial.number}: churnlab {trial.loss:.5f}, {losses}", file=sys.stderr, flush=True)

    _warm(panel, folds, models)
    started = time.process_time()
    tuned = tune(panel, folds, models, Tuning(n_trials=TRIALS, most_trees=MOST_TREES[name]), told=turn)
    cpu = {"churnlab": time.process_time() - started - away} | {key: one.cpu for key, one in sides.items()}
    loss = {"churnlab": tuned.best.loss} | {key: min(one.losses) for key, one in sides.items()}
    print(f"  {tuned.note}", file=sys.stderr, flush=True)
    rows = sum(int(fold.train.sum()) for fold in folds)
    shape = {"rows": len(panel), "features": len(panel.features), "learned_from": rows}
    seconds = {key: round(value, 2) for key, value in cpu.items()}
    losses = {key: float(f"{value:.5f}") for key, value in loss.items()}
    goals: dict[str, tuple[str | None, str | None]] = {"plain": (">=2.5", "<=1.0015")}
    figures = [
        figure(f"tuning.{name}.trials", TRIALS, None, shape),
        figure(f"tuning.{name}.given_up", sum(trial.given_up for trial in tuned.trials)),
    ]
    for side in sides:
        cheaper, worse = goals.get(side, (None, None))
        ratio = cpu[side] / cpu["churnlab"]
        figures.append(figure(f"tuning.{name}.{side}_to_churnlab_cpu", ratio, cheaper, seconds))
        ratio = loss["churnlab"] / loss[side]
        figures.append(figure(f"tuning.{name}.best_loss_to_{side}", ratio, worse, losses))
    return figures


def _warm(panel: Panel, folds: Sequence[Fold], models: Models) -> None:
    """Load all libraries, which no side should pay for."""
    few = models.model_copy(update={"churn": models.churn.model_copy(update={"trees": 2})})
    tune(panel, folds[:1], few, Tuning(n_trials=1, most_trees=10))
    Plain(panel, folds[:1], few, 3).trial()


def complete_journey() -> Task:
    """Some 19,000 rows of 149 features; three folds before the test date."""
    from churnlab.workflow import fitting
    from churnlab.workflow.opening import opened
    from churnlab.workflow.panels import training_panel

    with tempfile.TemporaryDirectory() as folder:
        asked = [f"lists.folder={folder}", "models.threads=1"]
        project = load(ROOT / "configs" / "complete_journey.yaml", asked)
        with opened(project) as opening:
            panel, _ = training_panel(opening)
            return panel, fitting.tuning_folds(opening, panel), project.models


def generated(customers: int = 10_000, dates: int = 10, width: int = 150) -> Task:
    """Rows of a few hidden traits behind many noisy features; what matters are their products too."""
    random = np.random.default_rng(0)
    rows = customers * dates
    traits = np.repeat(random.normal(size=(customers, 6)), dates, axis=0) + 0.6 * random.normal(
        size=(rows, 6)
    )
    mixed = traits @ (random.normal(size=(6, width)) * (random.random((6, width)) < 0.4))
    numbers = (mixed + random.normal(size=(rows, width)) * random.uniform(0.5, 2.5, width)).astype(np.float32)
    numbers[:, ::3] = np.round(np.exp(numbers[:, ::3] / 2))
    numbers[random.random((rows, width)) < 0.1] = np.nan
    a, b, c, d, e, f = traits.T
    odds = a + 0.8 * b * (c > 0) - 0.7 * np.abs(d) + 0.4 * e * f - 1.2
    when = np.tile(np.arange(dates) * 30 * DAY, customers)
    names = [f"feature_{number}" for number in range(width)]
    panel = Panel(
        customer_id=np.repeat([f"{number:06}" for number in range(customers)], dates).astype(object),
        as_of=when,
        numbers=numbers,
        categories={},
        features=tuple(
            Description(name, "own", "number", "days", name, "economic", None, "", "") for name in names
        ),
        churned=(random.random(rows) < 1 / (1 + np.exp(-odds))).astype(np.float64),
        value=np.zeros(rows),
        measures={},
        segments={},
        fingerprint="generated",
    )
    known = np.ones(rows, dtype=np.bool_)
    folds = earlier(when, known, 120, Calendar("UTC", "fixed"), int(when.max()), 3)
    # Fewer and faster trees than the default, so that the benchmark takes minutes.
    return panel, folds, Models(threads=1, seed=SEED, churn=Booster(trees=60, learning_rate=0.1))


if __name__ == "__main__":
    main()
