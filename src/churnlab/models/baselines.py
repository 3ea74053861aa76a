"""What any model must beat: rules that a spreadsheet could apply, fitted on the same training rows.

prior         everybody's risk is the share that left
recency       the longer the silence, the higher the risk (a logistic curve on its logarithm)
logistic_rfm  logistic regression on recency, frequency and spend
logistic      the same on all that the models see, where there are no orders

trailing      what the customer brought lately, at the same pace
segment_mean  the mean value of customers with as many orders
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.models.recipe import Recipe
from churnlab.panel import Panel

Floats = NDArray[np.float64]
Scores = Callable[[Panel], Floats]

RECENCY, ORDERS, SPEND = "days_since_last_order", "orders", "spend"


def churn(train: Panel) -> dict[str, Scores]:
    """Baseline name -> its risk for a panel; those whose features are absent are left out."""
    share = float(np.mean(train.churned))
    found: dict[str, Scores] = {"prior": lambda panel: np.full(len(panel), share)}
    if RECENCY in train.names:
        found["recency"] = _logistic(train, lambda panel: _logs(panel, [RECENCY]))
        names = [RECENCY, *_named(train, ORDERS), *_named(train, SPEND)]
        found["logistic_rfm"] = _logistic(train, lambda panel: _logs(panel, names))
    else:
        recipe = Recipe.learn(train)
        found["logistic"] = _logistic(train, lambda panel: _log(recipe.matrix(panel)))
    return found


def narrowed(panel: Panel) -> Panel:
    """The same rows with nothing but what the baselines read: taken apart without copying the rest."""
    if RECENCY not in panel.names:
        return panel
    read = [RECENCY, *_named(panel, ORDERS), *_named(panel, SPEND)]
    numeric = [feature for feature in panel.features if feature.kind == "number"]
    kept = [place for place, feature in enumerate(numeric) if feature.name in read]
    features = tuple(numeric[place] for place in kept)
    return replace(panel, numbers=panel.numbers[:, kept], features=features, categories={})


def value(train: Panel, horizon_days: int) -> dict[str, Scores]:
    """Baseline name -> its expected value for a panel, in major units."""
    known = train.take(np.isfinite(train.value))
    mean = float(known.value.mean())
    found: dict[str, Scores] = {}
    # Twice the horizon is long enough to be steady, and short enough to be full on the first dates too.
    spent, counted = _window(train, SPEND, 2 * horizon_days), _window(train, ORDERS, 2 * horizon_days)
    if spent is not None:
        name, days = spent
        found["trailing"] = lambda panel: np.maximum(panel.number(name), 0) * horizon_days / days
    if counted is not None:
        found["segment_mean"] = _by_orders(known, counted[0], mean)
    else:
        found["mean"] = lambda panel: np.full(len(panel), mean)
    return found


def _named(panel: Panel, stem: str) -> list[str]:
    """``orders_30d``, ``orders_90d`` ... in the panel's order."""
    return [
        name
        for name in panel.names
        if name.startswith(f"{stem}_") and name.removeprefix(f"{stem}_").rstrip("d").isdigit()
    ]


def _window(panel: Panel, stem: str, days: int) -> tuple[str, int] | None:
    """``("orders_90d", 90)``: the window of nearly that many days."""
    windows = {int(name.removeprefix(f"{stem}_").rstrip("d")): name for name in _named(panel, stem)}
    if not windows:
        return None
    nearest = min(windows, key=lambda each: (abs(each - days), each))
    return windows[nearest], nearest


def _logs(panel: Panel, names: list[str]) -> Floats:
    return _log(np.stack([panel.number(name) for name in names], axis=1))


def _log(values: NDArray[Any]) -> Floats:
    # Of the size alone: amounts may be negative, and 0 and 1 stay apart.
    return np.asarray(np.sign(values) * np.log1p(np.abs(values)), dtype=np.float64)


def _logistic(train: Panel, columns: Callable[[Panel], Floats]) -> Scores:
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    line = make_pipeline(
        SimpleImputer(strategy="median", keep_empty_features=True),
        StandardScaler(),
        LogisticRegression(max_iter=1_000),
    )
    line.fit(columns(train), train.churned)

    def risk(panel: Panel) -> Floats:
        return np.asarray(line.predict_proba(columns(panel))[:, 1], dtype=np.float64)

    return risk


def _by_orders(train: Panel, name: str, mean: float) -> Scores:
    counts = train.number(name)
    # Tenths of customers by their number of orders, merged where many have the same.
    edges = np.unique(np.quantile(counts[np.isfinite(counts)], np.linspace(0, 1, 11)[1:-1]))
    group = np.searchsorted(edges, np.nan_to_num(counts), side="right")
    means = np.array(
        [
            train.value[group == each].mean() if (group == each).any() else mean
            for each in range(len(edges) + 1)
        ]
    )

    def expected(panel: Panel) -> Floats:
        return means[np.searchsorted(edges, np.nan_to_num(panel.number(name)), side="right")]

    return expected
