"""Fold, tune, fit: the models of one training and their baselines, asked about the test rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from churnlab import folds, labels, tuning
from churnlab.config import Models
from churnlab.evaluation.sooner import Sooner
from churnlab.folds import Fold
from churnlab.models import baselines
from churnlab.models.blend import Blend, Horizon
from churnlab.models.churn import ChurnModel, judged_churn
from churnlab.models.hazard import Hazard
from churnlab.models.pace import Paces
from churnlab.models.value import ValueModel, fit_value
from churnlab.panel import Panel
from churnlab.tuning import Tuned
from churnlab.workflow import beside, reach, sooner
from churnlab.workflow.covering import Held
from churnlab.workflow.opening import Opened
from churnlab.workflow.trials import Told, unheard

Floats = NDArray[np.float64]
CHURN, VALUE = "boosted", "two_part"
_TUNING_FOLDS = 3


@dataclass(frozen=True, eq=False)
class Fitted:
    """``risks``, ``values``: model -> (m,) for the m test rows, ours first. ``basis``: what value counts.

    ``held``: how often intervals of value held at the test rows, None where nobody knows. ``other``: the
    churn model with trees that a part of the customers is news to, to compare reasons with.
    """

    fold: Fold
    churn: ChurnModel
    value: ValueModel | None
    basis: str | None
    risks: Mapping[str, Floats]
    values: Mapping[str, Floats]
    notes: tuple[str, ...]
    tuned: Tuned | None = None
    held: Held | None = None
    hazard: Hazard | None = None
    sooner: tuple[Sooner, ...] = ()
    other: ChurnModel | None = None


def fit(opening: Opened, panel: Panel, told: Told = unheard) -> Fitted:
    """Everything that is learned from ``panel``; the test rows are only asked about.

    ``told``: hears of every trial of a search for the booster's dials, if there is one.
    """
    fold = test_fold(opening, panel)
    models, tuned = _tuned(opening, panel, fold, told)
    horizon, paces = reach.horizon(opening, panel), Paces.of(panel)
    learned_churn = judged_churn(panel, fold.train, models, horizon=horizon, seen=fold.test, paces=paces)
    churn, basis = learned_churn.model, basis_of(opening)
    value = None if basis is None else _value(opening, panel, fold, models, learned_churn.unseen, paces)
    learned, test = baselines.narrowed(panel).take(fold.train), panel.take(fold.test)
    paced = beside.pace(paces, fold, horizon)
    risks = {CHURN: churn.risk(test), **beside.risks(learned, test, paced)}
    valued = learned.take(value_settled(opening, panel, fold.test_as_of)[fold.train])
    valued_over = value_horizon(opening, panel)
    pace = paced if valued_over == horizon else beside.pace(paces, fold, valued_over)
    retained = None if value is None else value.if_retained(test)
    values = _values(opening, value, retained, risks[CHURN], valued, test, pace)
    hazard = sooner.fitted(opening, panel, fold, churn, models)
    early = sooner.judged(panel, fold, churn, hazard)
    notes = (*_notes(opening, panel, fold, value, basis), *(each.note for each in early))
    return Fitted(
        fold,
        churn,
        value,
        basis,
        risks,
        values,
        (*notes, *(() if tuned is None else (tuned.note,))),
        tuned,
        _held(value, retained, risks[CHURN], values, test),
        hazard,
        early,
        learned_churn.other,
    )


def _held(
    value: ValueModel | None,
    retained: Floats | None,
    risk: Floats,
    values: Mapping[str, Floats],
    test: Panel,
) -> Held | None:
    if value is None or retained is None or not values:
        return None
    return Held.at(value, test, risk, retained, values[VALUE])


def test_fold(opening: Opened, panel: Panel) -> Fold:
    """The fold that a training is judged by: the configured date, or the last one with known labels."""
    project = opening.project
    if not opening.has_histories:
        return folds.customer_folds(panel.customer_id, panel.churned, project.models.seed)[0]
    test = project.evaluation.test_as_of
    return folds.time_fold(
        panel.as_of,
        np.isfinite(panel.churned),
        tail_of(opening, panel),
        opening.calendar,
        None if test is None else opening.calendar.instant(test),
    )


def tail_of(opening: Opened, panel: Panel) -> int:
    """Days until the labels of ``panel`` that are learned from are settled."""
    churn = opening.project.churn
    return churn.tail_of(panel.learned_days or churn.horizon_days)


def _tuned(opening: Opened, panel: Panel, fold: Fold, told: Told) -> tuple[Models, Tuned | None]:
    """The configured models, with the churn booster's dials chosen on earlier folds if asked for."""
    project = opening.project
    if not project.tuning.n_trials:
        return project.models, None
    tuned = tuning.tune(
        panel,
        tuning_folds(opening, panel, fold),
        project.models,
        project.tuning,
        folder=opening.out / "tuning",
        progress=lambda share: opening.progress("tune", share),
        told=told,
    )
    return project.models.model_copy(update={"churn": tuned.booster}), tuned


def tuning_folds(opening: Opened, panel: Panel, fold: Fold | None = None) -> list[Fold]:
    """Folds to choose dials by, none of which sees the test rows of ``fold``, None: the project's own."""
    fold = fold or test_fold(opening, panel)
    if opening.has_histories:
        labelled = np.isfinite(panel.churned)
        tail, test = tail_of(opening, panel), min(fold.test_as_of)
        return folds.earlier(panel.as_of, labelled, tail, opening.calendar, test, _TUNING_FOLDS)
    churned = panel.churned.copy()
    churned[fold.test] = np.nan  # the test customers stay out of every choice
    return folds.customer_folds(panel.customer_id, churned, opening.project.models.seed)[:_TUNING_FOLDS]


def basis_of(opening: Opened) -> str | None:
    """What value is counted in, by the columns there are; None: there are no amounts."""
    table = "transactions" if opening.has_histories else "snapshot"
    columns = opening.tables.columns(table)
    if not opening.has_histories:
        return "supplied" if "value" in columns else None
    known = {"margin": "margin", "net_amount": "amount"}
    return next((basis for basis in labels.VALUE_BASES if known[basis] in columns), None)


def _value(
    opening: Opened, panel: Panel, fold: Fold, models: Models, unseen: Floats | None, paces: Paces
) -> ValueModel | None:
    """The value horizon may be longer than churn's: its windows have to be over in time, too."""
    if parted(opening, panel):
        return None
    return fit_value(
        panel,
        fold.train & value_settled(opening, panel, fold.test_as_of),
        models,
        same_horizon=same_horizon(opening),
        fades=fades(opening),
        horizon=value_horizon(opening, panel),
        seen=fold.test,
        risk=unseen,
        paces=paces,
    )


def parted(opening: Opened, panel: Panel) -> bool:
    """Whether leaving was learned of a shorter window than asked for, and value has a window of its own.

    The value of who stays for the one window cannot be mixed with the risk to leave in the other.
    """
    own = opening.has_histories and opening.value_days != opening.project.churn.horizon_days
    return own and panel.learned_days is not None


def same_horizon(opening: Opened) -> bool:
    """Whether whoever leaves brings nothing: both windows are one, and leaving is to order nothing in it."""
    churn = opening.project.churn  # other ways to leave let some money through
    return opening.has_histories and churn.by_orders and opening.value_days == churn.horizon_days


def fades(opening: Opened) -> bool:
    """Whether to leave is to bring a share of what was brought, and not nothing."""
    return opening.has_histories and opening.project.churn.kind == "partial"


def value_horizon(opening: Opened, panel: Panel) -> Horizon | None:
    """The window that value is counted in; one of its own is never shortened."""
    horizon, days = reach.horizon(opening, panel), opening.value_days
    if horizon is None or days == opening.project.churn.horizon_days:
        return horizon
    return Horizon(opening.project.churn.gap_days, days, days)


def value_settled(opening: Opened, panel: Panel, moments: tuple[int, ...]) -> NDArray[np.bool_]:
    """(n,) whether each row's value window was over when the first of ``moments`` came."""
    if not opening.has_histories:
        return np.isfinite(panel.value)
    churn = opening.project.churn
    days = opening.value_days
    if panel.learned_days is not None and days == churn.horizon_days:
        days = panel.learned_days
    tail = churn.gap_days + days + churn.settlement_days
    return folds.settled(panel.as_of, min(moments), tail, opening.calendar)


def _values(
    opening: Opened,
    value: ValueModel | None,
    retained: Floats | None,
    risk: Floats,
    learned: Panel,
    test: Panel,
    paced: Blend | None,
) -> dict[str, Floats]:
    # The value of the test rows may need a longer horizon than the data has left after them.
    if (
        value is None
        or retained is None
        or not np.isfinite(test.value).any()
        or not np.isfinite(learned.value).any()
    ):
        return {}
    expected = (1 - risk) * retained + risk * value.if_churned(test)
    others = beside.values(learned, test, opening.value_days, paced)
    return {VALUE: np.asarray(expected, dtype=np.float64), **others}


def _notes(
    opening: Opened, panel: Panel, fold: Fold, value: ValueModel | None, basis: str | None
) -> tuple[str, ...]:
    notes = [] if panel.sample is None else [panel.sample.note]
    if panel.learned_days is not None:
        notes.append(
            f"no outcome of {opening.project.churn.horizon_days} days is settled before the test date: "
            f"outcomes of {panel.learned_days} days are learned, and carried on at the pace of purchases"
        )
    if basis is None:
        notes.append("no amounts: there is no value model, and strategies stay unclassified")
        return tuple(notes)
    if parted(opening, panel):
        notes.append(
            f"outcomes of {panel.learned_days} days are carried on, and value has {opening.value_days} days "
            "of its own: there is no value model; leave value.horizon_days out, or add older data"
        )
        return tuple(notes)
    if not (fold.train & value_settled(opening, panel, fold.test_as_of)).any():
        notes.append(
            f"no value window of {opening.value_days} days was over by the test date: there is no value model"
        )
    elif value is None:
        notes.append("too few customers brought anything: there is no value model")
    elif not np.isfinite(panel.value[fold.test]).any():
        notes.append(
            f"the value model could not be measured: no value window of {opening.value_days} days is over "
            "after the test date"
        )
    if value is not None and value.floored:
        notes.append(
            f"{value.floored:,} training rows had a value below zero; the value model counts them as 0"
        )
    return tuple(notes)
