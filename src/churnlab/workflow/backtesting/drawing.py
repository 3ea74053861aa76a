"""The pictures of a backtest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np

from churnlab.evaluation.money import decile_table
from churnlab.evaluation.probability import calibration_table
from churnlab.evaluation.scorecard import ALL, Scorecard, Task
from churnlab.explain import origins as pictures
from churnlab.explain import pictures as maps
from churnlab.explain.canvas import Picture
from churnlab.workflow.backtesting.candidates import TREES, WHOLE
from churnlab.workflow.backtesting.judged import Judged
from churnlab.workflow.backtesting.offers import Campaign
from churnlab.workflow.fitting import CHURN, VALUE

Locale = Literal["en", "fr"]
# As many as a picture has room for, of each school; who always says the same is not drawn.
_CHURN = (CHURN, TREES, "logistic_rfm", "logistic", "recency", "bg_nbd", "pareto_nbd")
_VALUE = (VALUE, "tweedie", WHOLE, "trailing", "bg_nbd", "pareto_nbd")


def drawn(
    judged: Sequence[Judged],
    cards: Mapping[str, Scorecard],
    campaign: Campaign | None,
    currency: str,
    locale: Locale,
) -> list[Picture]:
    """Of the last origin: calibration, gain, tenths of value, profit; of all: figures by origin."""
    last = judged[-1]
    known = np.isfinite(last.churned)
    found = [
        maps.calibration(calibration_table(last.churned[known], last.risks[CHURN][known]), locale),
        maps.gain(last.churned, {name: last.risks[name] for name in _CHURN if name in last.risks}, locale),
    ]
    names, models = [each.where for each in judged], [model for model in _CHURN if model in last.risks]
    losses = {
        model: [_figure(cards[where], "churn", model, "log_loss") for where in names] for model in models
    }
    ranks = {model: [_figure(cards[where], "churn", model, "auroc") for where in names] for model in models}
    found.append(pictures.by_origin("log-loss", names, losses, "origin_loss", locale))
    found.append(pictures.by_origin("auroc", names, ranks, "origin_auroc", locale))
    off = {model: [_off(each, model) for each in judged] for model in models}
    found.append(pictures.by_origin("bias", names, off, "origin_bias", locale, zero=True))
    if last.values:
        found += _of_value(judged, cards, currency, locale)
    if campaign is not None:
        found.append(pictures.profit(campaign.curve, campaign.planned, currency, locale))
    return found


def _of_value(
    judged: Sequence[Judged], cards: Mapping[str, Scorecard], currency: str, locale: Locale
) -> list[Picture]:
    last, names = judged[-1], [each.where for each in judged]
    known, models = np.isfinite(last.value), [model for model in _VALUE if model in last.values]
    made = []
    for metric, axis, zero in (("gini", "origin_gini", False), ("bias", "origin_value_bias", True)):
        figures = {
            model: [_figure(cards[where], "value", model, metric) for where in names] for model in models
        }
        made.append(pictures.by_origin(f"value-{metric}", names, figures, axis, locale, zero=zero))
    table = decile_table(last.value[known], last.values[VALUE][known])
    return [maps.value_deciles(table, currency, locale), *made]


def _figure(card: Scorecard, task: Task, model: str, metric: str) -> float | None:
    for figure in card.figures:
        if (figure.task, figure.model, figure.metric, figure.segment) == (task, model, metric, ALL):
            return None if np.isnan(figure.estimate) else figure.estimate
    return None


def _off(judged: Judged, model: str) -> float | None:
    """Mean risk less share that left, in points of percent."""
    known: Any = np.isfinite(judged.churned)
    if model not in judged.risks or not known.any():
        return None
    return float(100 * (judged.risks[model][known].mean() - judged.churned[known].mean()))
