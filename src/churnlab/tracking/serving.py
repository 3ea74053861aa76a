"""Scores for a table of features, as MLflow's servers ask for them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from churnlab.lists.columns import risk_within
from churnlab.models import files
from churnlab.models.files import Models
from churnlab.panel import Panel


def load(folder: Path) -> Models:
    """The models in ``folder``; MLflow has fetched them and churnlab's own digests are not asked for."""
    return files.load(folder, None)


def score(models: Models, rows: pd.DataFrame) -> pd.DataFrame:
    """``churn_risk`` and ``value_if_retained`` (NaN without a value model) per row of ``rows``.

    In between the risk of each shorter horizon that was learned, as lists call it. An absent column
    counts as nothing to measure.
    """
    panel = _panel(models, rows)
    value = np.full(len(panel), np.nan) if models.value is None else models.value.if_retained(panel)
    risk = models.churn.risk(panel)
    sooner = {} if models.hazard is None else models.hazard.risks(models.churn.recipe, panel, risk)
    told = {risk_within(days): shorter for days, shorter in sooner.items()}
    return pd.DataFrame({"churn_risk": risk, **told, "value_if_retained": value}, index=rows.index)


def _panel(models: Models, rows: pd.DataFrame) -> Panel:
    features = models.churn.inputs
    numeric = [feature.name for feature in features if feature.kind == "number"]
    numbers = rows.reindex(columns=numeric).to_numpy(dtype=np.float32, na_value=np.nan)
    unknown = np.full(len(rows), np.nan)
    return Panel(
        customer_id=np.full(len(rows), "", dtype=object),
        as_of=np.zeros(len(rows), dtype=np.int64),
        numbers=numbers,
        categories={f.name: _texts(rows, f.name) for f in features if f.kind == "category"},
        features=features,
        churned=unknown,
        value=unknown,
        measures={},
        segments={},
        fingerprint="",
    )


def _texts(rows: pd.DataFrame, name: str) -> Any:
    if name not in rows:
        return np.full(len(rows), None, dtype=object)
    values = rows[name].astype(object)
    return values.where(values.notna(), None).to_numpy()
