"""Every model and baseline, fitted at one origin and asked about its rows.

Churn: the model that `train` makes; its trees alone; buy-till-you-die models; rules and lines.
Value: the two parts with each way to learn amounts; trees on everyone's amounts at once; the same rest.
Which of them are there depends on the data alone, never on how well they do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from churnlab.config import Models
from churnlab.models import baselines
from churnlab.models.amounts import ON_PACE, Amounts, kind_of
from churnlab.models.blend import Blend, Horizon
from churnlab.models.churn import fit_churn, grown, judged_churn
from churnlab.models.pace import CHALLENGERS, FAMILIES, Pace, Paces, narrowed
from churnlab.models.value import ValueModel, fit_value, judged_amounts
from churnlab.panel import Panel
from churnlab.workflow import beside, fitting
from churnlab.workflow.backtesting.origins import Origin
from churnlab.workflow.fitting import CHURN, VALUE
from churnlab.workflow.opening import Opened

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
TREES, WHOLE = "trees", "one_part"


@dataclass(frozen=True, eq=False)
class Answers:
    """``risks``, ``values``: model -> (m,) for the m rows judged at an origin, ours first.

    ``at_stake``, ``low``, ``high``: (m,) our value at stake, and the ends of the interval of value; empty
    where no value was asked.
    """

    risks: Mapping[str, Floats]
    values: Mapping[str, Floats]
    at_stake: Floats
    low: Floats
    high: Floats


def asked(opening: Opened, origin: Origin, last: Origin) -> Answers:
    """All candidates at ``origin``; ``last``: the origin that no earlier one may know anything of."""
    panel, fold, models = origin.panel, origin.fold, opening.project.models
    learned, test = baselines.narrowed(panel).take(fold.train), panel.take(fold.test)
    paces = _paces(panel, fold.train | fold.test, origin.horizon)
    risks, unseen = _risks(origin, test, models)
    risks |= _rules(beside.risks(learned, test, _usual(paces, origin.horizon)))
    for name, pace in paces.items():
        risks[name] = pace.leaves(test, _days(origin.horizon))
    settled = _value_settled(opening, origin, last)
    basis, none = fitting.basis_of(opening), np.empty(0)
    if basis is None or not settled.any() or not np.isfinite(test.value).any():
        return Answers(risks, {}, none, none, none)
    model, values = _values(opening, origin, test, settled, risks[CHURN], unseen)
    if model is None:
        return Answers(risks, {}, none, none, none)
    learned = learned.take(np.isfinite(learned.value) & settled[fold.train])
    days = origin.value_days or opening.value_days
    if origin.value_horizon is not None:
        start = opening.project.churn.gap_days  # value is counted from there, whatever churn counts
        paces = {name: replace(pace, start=start) for name, pace in paces.items()}
    values |= _rules(beside.values(learned, test, days, _usual(paces, origin.value_horizon)))
    values |= _promised(paces, test, days)
    retained = model.if_retained(test)
    low, high = model.interval(test, risks[CHURN], retained)
    return Answers(risks, values, retained - model.if_churned(test), low, high)


def _risks(origin: Origin, test: Panel, models: Models) -> tuple[dict[str, Floats], Floats | None]:
    """Of the test rows, ours first; and of the rows learned from, by trees that never saw their customers."""
    panel, fold, horizon = origin.panel, origin.fold, origin.horizon
    trees = grown(panel, fold.train, models)
    ours = judged_churn(panel, fold.train, models, horizon=horizon, seen=fold.test, trees=trees)
    risks = {CHURN: ours.model.risk(test)}
    # Trees that learned a shorter window answer no question about a longer one.
    if horizon is not None and not horizon.is_extended:
        risks[TREES] = fit_churn(panel, fold.train, models, trees=trees).risk(test)
    return risks, ours.unseen


def _values(
    opening: Opened, origin: Origin, test: Panel, settled: Flags, risk: Floats, unseen: Floats | None
) -> tuple[ValueModel | None, dict[str, Floats]]:
    """Our value model, and what each way to learn amounts expects of everyone."""
    panel, models, horizon = origin.panel, opening.project.models, origin.value_horizon
    known = origin.fold.train & settled
    first, values, paces = None, {}, Paces.of(panel)
    for name, kind, window in _kinds(opening, paces, known, horizon):
        amounts = models.model_copy(update={"amount": kind})
        made = fit_value(
            panel,
            known,
            amounts,
            same_horizon=fitting.same_horizon(opening),
            fades=fitting.fades(opening),
            horizon=window,
            seen=origin.fold.test,
            risk=unseen if first is None else None,  # whose intervals are asked for
            paces=paces,
        )
        if made is None:
            return None, {}
        first = first or made
        values[name] = (1 - risk) * made.if_retained(test) + risk * made.if_churned(test)
    if not _extended(horizon):
        rows = np.flatnonzero(known & np.isfinite(panel.value))
        plain = models.model_copy(update={"amount": "tweedie"})
        predicted = judged_amounts(panel, rows, None, plain).sum()
        scale = np.maximum(panel.value[rows], 0).sum() / predicted
        values[WHOLE] = scale * Amounts.learn(panel, rows, None, plain).of(test)
    return first, values


def _kinds(
    opening: Opened, paces: Paces, known: Flags, horizon: Horizon | None
) -> Iterator[tuple[str, str, Horizon | None]]:
    """(name, way to learn amounts, window) of each two-part model, that of `train` first."""
    own = opening.project.models.amount
    rows = np.flatnonzero(known)
    pace = None if horizon is None else paces.learn(rows, horizon.start)
    promises = pace is not None and pace.spend is not None
    same = kind_of(own, promised=promises)
    yield VALUE, own, horizon
    for kind in opening.project.backtest.amounts:
        if kind != same and (promises or kind not in ON_PACE):
            yield kind, kind, horizon
    if horizon is not None and not horizon.is_extended:
        yield TREES, "tweedie", None


def _paces(panel: Panel, known: Flags, horizon: Horizon | None) -> dict[str, Pace]:
    """Each buy-till-you-die model that can be fitted at the last date of ``known``."""
    if horizon is None:
        return {}
    few, rows = narrowed(panel), np.flatnonzero(known)
    found = {name: Pace.learn(few, rows, horizon.start, (name,)) for name in CHALLENGERS}
    return {name: pace for name, pace in found.items() if pace is not None}


def _usual(paces: Mapping[str, Pace], horizon: Horizon | None) -> Blend | None:
    """The pace that `train` would take, alone: what rules are carried on by where histories are short."""
    known = [paces[name] for name in FAMILIES if name in paces]
    if horizon is None or not known:
        return None
    return Blend(max(known, key=lambda pace: pace.purchases.log_likelihood), 1.0, horizon)


def _promised(paces: Mapping[str, Pace], test: Panel, days: int) -> dict[str, Floats]:
    return {
        name: (1 - pace.leaves(test, days)) * pace.if_retained(test, days)
        for name, pace in paces.items()
        if pace.spend is not None
    }


def _rules(found: Mapping[str, Floats]) -> dict[str, Floats]:
    """Without the pace, which is one of the models that stand here by their own names."""
    return {name: scores for name, scores in found.items() if name != beside.PACE}


def _value_settled(opening: Opened, origin: Origin, last: Origin) -> Flags:
    """(n,) whether value may be learned from each row here; nowhere, if judging would look past ``last``."""
    panel = origin.panel
    if not opening.has_histories:
        return np.isfinite(panel.value)
    if not origin.is_last:
        judged = fitting.value_settled(opening, panel, last.fold.test_as_of)
        if not judged[origin.fold.test].all():
            return np.zeros(len(panel), dtype=np.bool_)
    return fitting.value_settled(opening, panel, origin.fold.test_as_of)


def _days(horizon: Horizon | None) -> int:
    return 0 if horizon is None else horizon.days


def _extended(horizon: Horizon | None) -> bool:
    return horizon is not None and horizon.is_extended
