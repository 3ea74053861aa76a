"""Every model and baseline, fitted at one origin and asked about its rows.

Churn: the model that `train` makes; its trees alone; buy-till-you-die models; rules and lines.
Value: the two parts with each way to learn amounts; trees on everyone's amounts at once; the same rest.
Which of them are there depends on the data alone, never on how well they do.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray

from churnlab.config import Models
from churnlab.models import baselines
from churnlab.models.amounts import ON_PACE, Amounts, kind_of
from churnlab.models.blend import Blend, Horizon
from churnlab.models.churn import fit_churn, grown, judged_churn
from churnlab.models.pace import CHALLENGERS, FAMILIES, Pace, Paces, narrowed
from churnlab.models.value import fit_value, judged_amounts
from churnlab.panel import Panel
from churnlab.workflow import beside, fitting, sooner
from churnlab.workflow.backtesting.origins import Origin
from churnlab.workflow.fitting import CHURN, VALUE
from churnlab.workflow.opening import Opened

Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]
Arrays = Mapping[str, Floats]
Keep = Callable[[str, Callable[[], Arrays]], Arrays]  # (name, what makes the arrays) -> the arrays
TREES, WHOLE = "trees", "one_part"
WITHIN = "within "  # a number of days: among the arrays of the churn model
UNSEEN = "unseen"  # risks of the rows learned from, by trees that never saw their customers


@dataclass(frozen=True, eq=False)
class Answers:
    """``risks``, ``values``: model -> (m,) for the m rows judged at an origin, ours first.

    ``at_stake``, ``low``, ``high``: (m,) our value at stake, and the ends of the interval of value; empty
    where no value was asked. ``sooner``: days -> (m,) our risk of each shorter horizon.
    """

    risks: Mapping[str, Floats]
    values: Mapping[str, Floats]
    at_stake: Floats
    low: Floats
    high: Floats
    sooner: Mapping[str, Floats] = field(default_factory=dict)


def anew(_name: str, make: Callable[[], Arrays]) -> Arrays:
    """Keeps nothing: what is asked for is made."""
    return make()


def asked(opening: Opened, origin: Origin, last: Origin, keep: Keep = anew) -> Answers:
    """All candidates at ``origin``; ``last``: the origin that no earlier one may know anything of.

    ``keep``: what takes long goes through it by its name, so that it need not be made twice.
    """
    panel, fold = origin.panel, origin.fold
    learned, test = baselines.narrowed(panel).take(fold.train), panel.take(fold.test)
    paces = _paces(panel, fold.train | fold.test, origin.horizon)
    made = dict(keep("churn", partial(_risks, opening, origin, test)))
    unseen = made.pop(UNSEEN, None)
    risks = {name: risk for name, risk in made.items() if not name.startswith(WITHIN)}
    early = {name.removeprefix(WITHIN): risk for name, risk in made.items() if name.startswith(WITHIN)}
    risks |= _rules(beside.risks(learned, test, _usual(paces, origin.horizon)))
    for name, pace in paces.items():
        risks[name] = pace.leaves(test, _days(origin.horizon))
    settled = _value_settled(opening, origin, last)
    basis, none = fitting.basis_of(opening), np.empty(0)
    unasked = basis is None or fitting.parted(opening, panel)
    if unasked or not settled.any() or not np.isfinite(test.value).any():
        return Answers(risks, {}, none, none, none, early)
    known = fold.train & settled
    question = _Question(opening, origin, test, known, risks[CHURN], unseen, Paces.of(panel))
    ours, values = _values(question, keep)
    if ours is None:
        return Answers(risks, {}, none, none, none, early)
    learned = learned.take(np.isfinite(learned.value) & settled[fold.train])
    days = origin.value_days or opening.value_days
    if origin.value_horizon is not None:
        start = opening.project.churn.gap_days  # value is counted from there, whatever churn counts
        paces = {name: replace(pace, start=start) for name, pace in paces.items()}
    values |= _rules(beside.values(learned, test, days, _usual(paces, origin.value_horizon)))
    values |= _promised(paces, test, days)
    return Answers(risks, values, ours["retained"] - ours["churned"], ours["low"], ours["high"], early)


def _risks(opening: Opened, origin: Origin, test: Panel) -> dict[str, Floats]:
    """Those of the churn model and of its trees alone, and how the first is spread over its horizon."""
    panel, fold, horizon, models = origin.panel, origin.fold, origin.horizon, opening.project.models
    trees = grown(panel, fold.train, models)
    judged = judged_churn(panel, fold.train, models, horizon=horizon, seen=fold.test, trees=trees)
    ours = judged.model
    risks = {CHURN: ours.risk(test)} | ({} if judged.unseen is None else {UNSEEN: judged.unseen})
    # Trees that learned a shorter window answer no question about a longer one.
    if horizon is not None and not horizon.is_extended:
        risks[TREES] = fit_churn(panel, fold.train, models, trees=trees).risk(test)
    hazard = sooner.fitted(opening, panel, fold, ours, models, origin.days)
    early = {} if hazard is None else hazard.risks(ours.recipe, test, risks[CHURN])
    return risks | {f"{WITHIN}{days}": risk for days, risk in early.items()}


@dataclass(frozen=True, eq=False)
class _Question:
    """What every value model of an origin is asked. ``known``: (n,) rows to learn value from.

    ``risk``: (m,) ours, of the rows ``test``. ``unseen``: (n,) as of ``judged_churn``.
    """

    opening: Opened
    origin: Origin
    test: Panel
    known: Flags
    risk: Floats
    unseen: Floats | None
    paces: Paces


def _values(asked: _Question, keep: Keep) -> tuple[Arrays | None, dict[str, Floats]]:
    """What our value model says, and what each way to learn amounts expects of everyone."""
    models, horizon, risk = asked.opening.project.models, asked.origin.value_horizon, asked.risk
    first, values = None, {}
    for name, kind, window in _kinds(asked.opening, asked.paces, asked.known, horizon):
        amounts = models.model_copy(update={"amount": kind})
        said = keep(f"value.{name}", partial(_two_parts, asked, amounts, window, honest=first is None))
        if not said:
            return None, {}
        first = first or said
        values[name] = (1 - risk) * said["retained"] + risk * said["churned"]
    if not _extended(horizon):
        values |= keep(f"value.{WHOLE}", partial(_whole, asked.origin.panel, asked.known, asked.test, models))
    return first, values


def _two_parts(asked: _Question, models: Models, window: Horizon | None, *, honest: bool) -> Arrays:
    """(m,) what a two-part model expects of who stays and of who leaves, and its interval; none: too few.

    ``honest``: at levels learned on customers that nobody had seen.
    """
    made = fit_value(
        asked.origin.panel,
        asked.known,
        models,
        horizon=window,
        seen=asked.origin.fold.test,
        same_horizon=fitting.same_horizon(asked.opening),
        fades=fitting.fades(asked.opening),
        risk=asked.unseen if honest else None,
        paces=asked.paces,
    )
    if made is None:
        return {}
    retained = made.if_retained(asked.test)
    low, high = made.interval(asked.test, asked.risk, retained)
    return {"retained": retained, "churned": made.if_churned(asked.test), "low": low, "high": high}


def _whole(panel: Panel, known: Flags, test: Panel, models: Models) -> Arrays:
    """Trees on everyone's amounts at once, of those who bring nothing too."""
    rows = np.flatnonzero(known & np.isfinite(panel.value))
    plain = models.model_copy(update={"amount": "tweedie"})
    predicted = judged_amounts(panel, rows, None, plain).sum()
    scale = np.maximum(panel.value[rows], 0).sum() / predicted
    return {WHOLE: scale * Amounts.learn(panel, rows, None, plain).of(test)}


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
