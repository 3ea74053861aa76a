"""Value and repurchase told in advance, beside the models that others use, in one run.

    CHURNLAB_DATA=FOLDER python -m benchmarks.value [cdnow] [online_retail] [telco]

One origin and one horizon per data set, touched once: CDNOW 39 weeks from 1997-10-01, where no outcome
of 39 weeks is known to learn from; Online Retail 183 days from 2011-06-09. Churnlab runs with its
defaults through its own configs; figures are means of three seeds. Telco: EMPC over 25 folds.

    bg_nbd, mbg_nbd, pareto_nbd   our own, with Gamma-Gamma, fitted on all purchases before the origin
    lifetimes                     its BG/NBD and Gamma-Gamma; P(alive) is what it has for a churn score
    xgboost                       out of the box, on churnlab's features and outcomes, not carried on
    logistic, recency, trailing, segment_mean, prior, zero     baselines of training

Norm. Gini as in google/lifetime_value; decile MAPE and bias in %; AP of buying again.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import results_file
from benchmarks.peers import environment
from churnlab.config import load
from churnlab.evaluation import money, probability, profit, ranking
from churnlab.models.churn import fit_churn
from churnlab.workflow.fitting import CHURN, VALUE, Fitted, fit
from churnlab.workflow.opening import opened
from churnlab.workflow.panels import training_panel

Floats = np.ndarray
ROOT = Path(__file__).parents[1]
RESULTS = results_file.FOLDER / "value.jsonl"
SEEDS = (20_240_229, 1, 2)
SETS: Mapping[str, tuple[str, int, Mapping[str, str]]] = {
    "cdnow": (
        "1997-10-01",
        273,
        {
            "gini": ">=0.715", "decile_mape": "<=12", "bias_abs": "<=5", "mae": "<=35.5", "rmse": "<=92",
            "auroc": ">=0.766", "average_precision": ">=0.646", "brier": "<=0.161", "log_loss": "<=0.5",
            "cpu_seconds": "<=15", "p90_off": "<=0.02", "p90_bought_again_off": "<=0.02",
        },
    ),
    "online_retail": (
        "2011-06-09",
        183,
        {"gini": ">=0.83", "mae": "<=613", "auroc": ">=0.811", "log_loss": "<=0.528"},
    ),
}  # fmt: skip
OF_VALUE: Mapping[str, Callable[..., Any]] = {
    "mae": money.mae,
    "rmse": money.rmse,
    "spearman": ranking.spearman,
    "gini": ranking.gini,
    "decile_mape": money.decile_mape,
    "bias": money.bias,
}
OF_RISK: Mapping[str, Callable[..., Any]] = {
    "auroc": ranking.auroc,
    "brier": probability.brier,
    "log_loss": probability.log_loss,
}
Scores = dict[str, tuple[Floats | None, Floats | None]]  # model -> (risk, value)


def main(names: tuple[str, ...] = (*SETS, "telco")) -> list[dict[str, object]]:
    """Measure each data set, print its table, keep the figures."""
    os.environ.setdefault("CHURNLAB_DATA", str((ROOT / "../shared/data").resolve()))
    environment.build()
    figures: list[dict[str, object]] = []
    for name in names:
        made = _telco() if name == "telco" else _dated(name)
        results_file.store(RESULTS, made, (f"value.{name}.",))
        figures += made
    return figures


def _dated(name: str) -> list[dict[str, object]]:
    test, days, goals = SETS[name]
    measured: dict[str, list[dict[str, float]]] = {}
    for seed in SEEDS:
        start = time.process_time()
        with tempfile.TemporaryDirectory() as folder:
            asked = [
                f"churn.horizon_days={days}", f"evaluation.test_as_of={test}", f"snapshots.last={test}",
                "time_zone=UTC", "value.discount_rate_annual=0", f"lists.folder={folder}",
                "engine.cache=none", "engine.threads=1", "models.threads=1", f"models.seed={seed}",
            ]  # fmt: skip
            with opened(load(ROOT / "configs" / f"{name}.yaml", asked)) as opening:
                panel, _ = training_panel(opening)
                fitted = fit(opening, panel)
        seconds = time.process_time() - start
        rows = panel.take(fitted.fold.test)
        for model, (risk, value) in _models(panel, fitted, days).items():
            found = _measures(rows, risk, value) | (_coverage(fitted) if model == "churnlab" else {})
            measured.setdefault(model, []).append(
                found | ({"cpu_seconds": seconds} if model == "churnlab" else {})
            )
    means = {model: _mean(runs) for model, runs in measured.items()}
    print(_table(f"{name}: {days} days from {test}, {len(rows):,} customers", means), flush=True)
    return [
        results_file.figure(
            f"value.{name}.{metric}",
            figure,
            goals.get(metric),
            {
                model: found[metric]
                for model, found in means.items()
                if model != "churnlab" and metric in found
            },
        )
        for metric, figure in means["churnlab"].items()
    ]


def _models(panel: Any, fitted: Fitted, days: int) -> Scores:
    found: Scores = {"churnlab": (fitted.risks[CHURN], fitted.values.get(VALUE))}
    found |= _by_pace(panel.take(fitted.fold.test), days)
    found["xgboost"] = _by_xgboost(panel, fitted)
    names = {"logistic_rfm": "logistic"}
    for name in (*fitted.risks, *fitted.values):
        if name not in {CHURN, VALUE, "pace"}:
            found[names.get(name, name)] = fitted.risks.get(name), fitted.values.get(name)
    found["zero"] = None, np.zeros(fitted.fold.test.sum())
    return found


def _by_pace(rows: Any, days: int) -> Scores:
    from churnlab.models.btyd import FAMILIES, GammaGamma, RepeatPurchases
    from churnlab.models.pace import histories

    told = histories(rows)
    repeats = told[:, 0]
    mean = rows.number("spend_ever") / np.maximum(rows.number("active_days_ever"), 1)
    spent = np.stack([repeats, mean], axis=1)
    worth = GammaGamma(worthless="ignore").fit(spent).expected(spent)
    found: Scores = {}
    for family in FAMILIES:
        try:
            model = RepeatPurchases(family).fit(told)
        except Exception as error:  # noqa: BLE001 - a peer that cannot be fitted is told of and left out
            print(f"{family}: {str(error).splitlines()[0]}", file=sys.stderr)
            continue
        found[family] = 1 - model.buys(told, days), model.expected(told, days) * worth
    return found | _by_lifetimes(told, np.where(repeats > 0, mean, 0), days)


def _by_lifetimes(told: Floats, mean: Floats, days: int) -> Scores:
    python = environment.python()
    if python is None:
        return {}
    with tempfile.TemporaryDirectory() as folder:
        before, after = Path(folder) / "in.npz", Path(folder) / "out.npz"
        np.savez(before, repeats=told[:, 0], recency=told[:, 1], age=told[:, 2], mean_value=mean)
        command = [str(python), "-m", "benchmarks.peers.in_lifetimes", str(before), str(after), str(days)]
        done = subprocess.run(command, check=False, capture_output=True, text=True, cwd=ROOT)
        if done.returncode:
            print(f"lifetimes: {done.stderr.strip().splitlines()[-1]}", file=sys.stderr)
            return {}
        answer = np.load(after)
        return {"lifetimes": (1 - answer["alive"], answer["value"])}


def _by_xgboost(panel: Any, fitted: Fitted) -> tuple[Floats, Floats]:
    """Out of the box: default trees on the same features, mean squared error for the value."""
    import xgboost

    recipe = fitted.churn.recipe
    known, test = panel.take(fitted.fold.train), panel.take(fitted.fold.test)
    risk = xgboost.XGBClassifier(n_jobs=1).fit(recipe.matrix(known), known.churned)
    valued = known.take(np.isfinite(known.value))
    value = xgboost.XGBRegressor(n_jobs=1).fit(recipe.matrix(valued), valued.value)
    return (
        risk.predict_proba(recipe.matrix(test))[:, 1].astype(np.float64),
        value.predict(recipe.matrix(test)).astype(np.float64),
    )


def _measures(rows: Any, risk: Floats | None, value: Floats | None) -> dict[str, float]:
    found: dict[str, float] = {}
    if value is not None:
        found |= {name: float(metric(rows.value, value)) for name, metric in OF_VALUE.items()}
        found["bias_abs"] = abs(found["bias"])
    if risk is not None:
        inside = np.clip(risk, 1e-6, 1 - 1e-6)
        found |= {name: float(metric(rows.churned, inside)) for name, metric in OF_RISK.items()}
        found["average_precision"] = float(ranking.average_precision(1 - rows.churned, 1 - risk))
    return found


def _coverage(fitted: Fitted) -> dict[str, float]:
    """The share of customers whose value is at most value_p90; ``off``: how far that is from nine in ten."""
    found: dict[str, float] = {}
    for group in () if fitted.held is None else fitted.held.groups:
        if group.group in {"all", "bought again"}:
            name = "p90" if group.group == "all" else "p90_bought_again"
            found |= {name: 1 - group.above, f"{name}_off": abs(0.1 - group.above)}
    return found


def _mean(runs: list[dict[str, float]]) -> dict[str, float]:
    return {name: float(np.mean([run[name] for run in runs])) for name in runs[0]}


def _table(title: str, means: Mapping[str, Mapping[str, float]]) -> str:
    columns = (*OF_VALUE, *OF_RISK, "average_precision")
    lines = [title, "  ".join([f"{'model':14}", *(f"{name[:9]:>9}" for name in columns)])]
    for model, found in means.items():
        cells = [f"{found[name]:9.4g}" if name in found else " " * 9 for name in columns]
        lines.append("  ".join([f"{model:14}", *cells]))
    return "\n".join(lines)


def _telco() -> list[dict[str, object]]:
    from sklearn.model_selection import RepeatedStratifiedKFold

    with tempfile.TemporaryDirectory() as folder:
        asked = [f"lists.folder={folder}", "models.threads=1"]
        project = load(ROOT / "configs" / "telco.yaml", asked)
        with opened(project) as opening:
            panel, _ = training_panel(opening)
    found = []
    for train, test in RepeatedStratifiedKFold(n_splits=5, n_repeats=5, random_state=42).split(
        panel.numbers, panel.churned
    ):
        model = fit_churn(panel, np.isin(np.arange(len(panel)), train), project.models)
        judged = panel.take(np.sort(test))
        found.append(float(profit.empc(judged.churned, model.risk(judged))))
    line = results_file.figure("value.telco.empc", float(np.mean(found)), ">=10.4")
    print(f"telco: EMPC {line['figure']} over {len(found)} folds", flush=True)
    return [line]


if __name__ == "__main__":
    main(tuple(sys.argv[1:]) or (*SETS, "telco"))
