"""How well churn is told in advance on four public data sets, through churnlab's own configs.

    CHURNLAB_DATA=FOLDER python -m benchmarks.churn [NAME ...]     # ../shared/data where it is not set

Histories: gap and settlement 0, trained and calibrated only on labels that were settled at the test
date, which is opened once. Telco: five times a stratified five-fold (seed 42), the untuned default in
each. ``recency`` ranks by days of silence alone, ``logistic`` is the baseline that training makes.

Calibration errors: ten bins of equal width (``ece_mass``: of equal size). A fold of Telco has 1,409
rows, of which even perfect risks have an error of about .022 by chance: ``ece`` is the mean over
the 25 folds, ``perfect`` what risks equal to ours would have if they were true, ``ece_pooled`` that
of all 7,043 rows at once.
"""

from __future__ import annotations

import json
import operator
import os
import sys
import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from churnlab.config import load
from churnlab.evaluation import probability, ranking
from churnlab.models import baselines
from churnlab.models.churn import fit_churn
from churnlab.workflow.fitting import fit
from churnlab.workflow.opening import opened
from churnlab.workflow.panels import training_panel


def _ece_mass(churned: np.ndarray, risk: np.ndarray) -> float:
    """Calibration error over ten bins of equally many rows."""
    parts = np.array_split(np.argsort(risk, kind="stable"), 10)
    gaps = [abs(churned[part].mean() - risk[part].mean()) * len(part) for part in parts]
    return float(sum(gaps) / len(risk))


ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results" / "churn.jsonl"
METRICS = {
    "auroc": ranking.auroc,
    "average_precision": ranking.average_precision,
    "log_loss": probability.log_loss,
    "brier": probability.brier,
    "ece": probability.ece,
    "ece_mass": _ece_mass,
}
# Test date and goals per data set. Midnights are UTC here, as where the goals were measured.
DATED: Mapping[str, tuple[str, Mapping[str, float]]] = {
    "complete_journey": ("2017-11-01", {"auroc": 0.895}),
    "cdnow": ("1998-01-01", {"auroc": 0.803, "log_loss": 0.42}),
    "online_retail": ("2011-09-10", {"auroc": 0.803}),
}
TELCO = {
    "auroc": 0.849,
    "average_precision": 0.665,
    "log_loss": 0.412,
    "brier": 0.134,
    "ece": 0.022,
}
HIGH = {"auroc", "average_precision"}
SEED, REPEATS, PARTS = 42, 5, 5


def main(names: tuple[str, ...] = (*DATED, "telco")) -> list[dict[str, object]]:
    """Measure each data set, print and return the figures; those asked for replace the stored ones."""
    os.environ.setdefault("CHURNLAB_DATA", str((ROOT / "../shared/data").resolve()))
    figures: list[dict[str, object]] = []
    for name in names:
        made = _telco() if name == "telco" else _dated(name, *DATED[name])
        for figure in made:
            print(json.dumps(figure), flush=True)
        figures += made
    _store(figures)
    return figures


def _dated(name: str, test: str, goals: Mapping[str, float]) -> list[dict[str, object]]:
    asked = [f"evaluation.test_as_of={test}", f"snapshots.last={test}", "time_zone=UTC"]
    with tempfile.TemporaryDirectory() as folder:
        project = load(ROOT / "configs" / f"{name}.yaml", [*asked, f"lists.folder={folder}"])
        with opened(project) as opening:
            panel, _ = training_panel(opening)
            fitted = fit(opening, panel)
    churned = panel.take(fitted.fold.test).churned
    risks = {
        "churnlab": fitted.risks["boosted"],
        "recency": fitted.risks["recency"],
        "logistic": fitted.risks["logistic_rfm"],
    }
    measured = {
        model: {metric: float(METRICS[metric](churned, risk)) for metric in METRICS}
        for model, risk in risks.items()
    }
    about = {
        "customers": len(churned),
        "churned": round(float(churned.mean()), 4),
        "train_dates": len(np.unique(panel.as_of[fitted.fold.train])),
        "train_rows": int(fitted.fold.train.sum()),
    }
    return [_figure(name, metric, measured, goals, about) for metric in METRICS]


def _telco() -> list[dict[str, object]]:
    from sklearn.model_selection import RepeatedStratifiedKFold

    with tempfile.TemporaryDirectory() as folder:
        project = load(ROOT / "configs" / "telco.yaml", [f"lists.folder={folder}"])
        with opened(project) as opening:
            panel, _ = training_panel(opening)
    found: dict[str, list[dict[str, float]]] = {"churnlab": [], "logistic": [], "perfect": []}
    pooled = {side: np.zeros((REPEATS, len(panel))) for side in ("churnlab", "logistic")}
    luck = np.random.default_rng(SEED)
    folds = RepeatedStratifiedKFold(n_splits=PARTS, n_repeats=REPEATS, random_state=SEED)
    for number, (train, test) in enumerate(folds.split(panel.numbers, panel.churned)):
        trained = np.isin(np.arange(len(panel)), train)
        learned, judged = panel.take(trained), panel.take(np.sort(test))
        model = fit_churn(panel, trained, project.models)
        risks = {"churnlab": model.risk(judged), "logistic": baselines.churn(learned)["logistic"](judged)}
        for side, risk in risks.items():
            found[side].append(
                {name: float(metric(judged.churned, risk)) for name, metric in METRICS.items()}
            )
            pooled[side][number // PARTS, np.sort(test)] = risk
        true = luck.random(len(judged)) < risks["churnlab"]
        found["perfect"].append({"ece": float(probability.ece(true, risks["churnlab"]))})
    measured = {
        side: {metric: float(np.mean([fold[metric] for fold in folded])) for metric in folded[0]}
        for side, folded in found.items()
    }
    for side, risks_of in pooled.items():
        measured[side]["ece_pooled"] = float(
            np.mean([probability.ece(panel.churned, one) for one in risks_of])
        )
    about = {"customers": len(panel), "folds": REPEATS * PARTS}
    return [_figure("telco", metric, measured, TELCO, about) for metric in measured["churnlab"]]


def _figure(
    name: str,
    metric: str,
    measured: Mapping[str, Mapping[str, float]],
    goals: Mapping[str, float],
    about: Mapping[str, object],
) -> dict[str, object]:
    figure = measured["churnlab"][metric]
    beside = {
        model: round(found[metric], 4)
        for model, found in measured.items()
        if model != "churnlab" and metric in found
    }
    line: dict[str, object] = {"name": f"churn.{name}.{metric}", "figure": round(figure, 4)}
    if metric in goals:
        sign, holds = (">=", operator.ge) if metric in HIGH else ("<=", operator.le)
        line |= {"goal": f"{sign}{goals[metric]:g}", "ok": holds(figure, goals[metric])}
    return line | {"beside": beside, "about": dict(about)}


def _store(figures: list[dict[str, object]]) -> None:
    """Keep the lines of other data sets as they are."""
    made = {str(figure["name"]).split(".")[1] for figure in figures}
    kept: list[str] = []
    if RESULTS.exists():
        lines = RESULTS.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if json.loads(line)["name"].split(".")[1] not in made]
    RESULTS.parent.mkdir(exist_ok=True)
    written = sorted([*kept, *(json.dumps(figure) for figure in figures)])
    RESULTS.write_text("".join(f"{line}\n" for line in written), encoding="utf-8")


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or (*DATED, "telco"))
