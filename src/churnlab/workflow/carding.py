"""The card of one customer: scores, reasons step by step, and what would change them."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any, Literal

import numpy as np

from churnlab.config import Project
from churnlab.config.strategy import StrategyPlan
from churnlab.explain import change, steps
from churnlab.explain.card import Card
from churnlab.explain.change import Cut, Held
from churnlab.explain.steps import Step
from churnlab.lists.scored import ScoredCustomers
from churnlab.models.churn import ChurnModel
from churnlab.models.files import Models
from churnlab.panel import Panel
from churnlab.strategy import moments, quadrants, thresholds
from churnlab.strategy.quadrants import Strategy
from churnlab.strategy.relation import DIMENSIONS
from churnlab.strategy.thresholds import Thresholds
from churnlab.workflow.placing import NOTHING, Around, Placed, place
from churnlab.workflow.second_life import SecondLife

AXES: tuple[Literal["value", "intensity"], ...] = ("value", "intensity")
ACROSS = 10.0**-thresholds.DECIMALS  # the least by which a score is below a cut


def card(
    project: Project, version: str, day: str, models: Models, one: Panel, around: Around = NOTHING
) -> Card:
    """What is said of the only customer in ``one``."""
    placed, cut = place(one, models, project, around), Thresholds.from_dict(models.extra["thresholds"])
    return _said(project, version, day, models, one, placed, (project.strategy, cut))


def lost(second: SecondLife, main: Project, cut: Thresholds, day: str, one: Panel, around: Around) -> Card:
    """The same of one who is lost already, as the lists of ``main`` have them. ``cut``: of its models."""
    placed, axis = second.placed(one, main, around, cut), (main.strategy, cut.without_intensity())
    told = _said(second.project, second.version, day, second.models, one, placed, axis)
    return replace(told, population="lost")


def _said(
    project: Project,
    version: str,
    day: str,
    models: Models,
    one: Panel,
    placed: Placed,
    axes: tuple[StrategyPlan, Thresholds],
) -> Card:
    """``project``, ``models``: those that scored. ``axes``: how strategies are told apart, and where."""
    people, attributions = placed.customers, placed.attributions
    worth = people.worth
    return Card(
        customer_id=str(people.customer_id[0]),
        as_of=day,
        model_version=version,
        risk=float(people.churn_risk[0]),
        band=str(people.risk_band[0]),
        strategy=str(people.quadrant[0]),
        currency=project.currency,
        locale=project.locale,
        kind=project.churn.kind,
        risk_within={days: float(risk[0]) for days, risk in people.sooner.items()},
        value_if_retained=None if worth is None else float(worth.if_retained[0]),
        value_if_churned=None if worth is None else float(worth.if_churned[0]),
        expected_loss=None if worth is None else float(worth.expected_loss[0]),
        intensity=None if math.isnan(people.intensity[0]) else float(people.intensity[0]),
        phase=None if people.phase is None else str(people.phase[0]),
        **_critical(people),
        **_relation(people),
        reasons=[
            (code, text)
            for code, text in zip(people.reason_codes[0], people.reason_texts[0], strict=True)
            if code is not None
        ],
        base=attributions.base,
        margin=float(attributions.margin[0]),
        contributions={
            feature.name: float(part)
            for feature, part in zip(attributions.features, attributions.contributions[0], strict=True)
        },
        steps=_steps(project, models.churn, one, placed),
        cuts=_cuts(people, *axes),
        **_stays(people, *axes),
        levers=change.levers(
            one,
            models.churn.reference,
            frozenset(models.churn.recipe.numbers),
            models.churn.risk,
            locale=project.locale,
            currency=project.currency,
        ),
        bands=project.strategy.risk_bands,
    )


def _critical(people: ScoredCustomers) -> dict[str, Any]:
    """What calls for attention first, by when, and all that does."""
    found = people.moments
    if found is None or found.primary[0] is None:
        return {}
    return {
        "critical_moment": str(found.primary[0]),
        "critical_due": str(found.due[0]),
        "critical_all": tuple(str(moment) for moment in moments.each(found.codes[0])),
    }


def _relation(people: ScoredCustomers) -> dict[str, Any]:
    """Dimensions, type and profile; nothing without that overlay."""
    found = people.relations
    if found is None:
        return {}
    scores = {name: float(getattr(found, name)[0]) for name in DIMENSIONS}
    return {
        "dimensions": {name: None if math.isnan(score) else score for name, score in scores.items()},
        "relationship_type": found.type[0],
        "cooperation_profile": found.profile[0],
    }


def _stays(people: ScoredCustomers, plan: StrategyPlan, learned: Thresholds) -> dict[str, Any]:
    """What the scores alone would say where the list before says otherwise, since when, and why."""
    raw = people.quadrant if people.quadrant_raw is None else people.quadrant_raw
    if people.worth is None or str(raw[0]) == str(people.quadrant[0]):
        return {}
    groups: Any = people.segment if plan.by else None
    give, previous = plan.hysteresis, people.quadrant_previous
    plain = quadrants.bounds(learned, 1, groups=groups)
    moved = quadrants.bounds(learned, 1, groups=groups, previous=previous, give=give)
    scores = _scores(people, learned)
    since = None if people.quadrant_since is None else people.quadrant_since[0]
    return {
        "strategy_by_scores": str(raw[0]),
        "strategy_since": None if since is None or np.isnat(since) else str(since),
        "held": tuple(
            Held(axis, score, float(cut[0]), share)
            for axis, score, cut, end, share in zip(
                AXES, scores, plain, moved, (give.value, give.intensity), strict=True
            )
            if (round(score, thresholds.DECIMALS) >= cut[0]) != (round(score, thresholds.DECIMALS) >= end[0])
        ),
    }


def _steps(project: Project, churn: ChurnModel, one: Panel, placed: Placed) -> tuple[Step, ...]:
    return steps.steps(
        placed.panel,
        placed.attributions,
        churn.reference,
        lambda margins: churn.risk_at(margins, one),
        first=[code for code in placed.customers.reason_codes[0] if code is not None],
        locale=project.locale,
        currency=project.currency,
    )


def _scores(people: ScoredCustomers, learned: Thresholds) -> tuple[float, float]:
    """Value and intensity; where value alone decides, nobody is close."""
    value = np.nan if people.worth is None else float(people.worth.if_retained[0])
    return value, 0.0 if learned.intensity == np.inf else float(people.intensity[0])


def _cuts(people: ScoredCustomers, plan: StrategyPlan, learned: Thresholds) -> tuple[Cut, ...]:
    """How far both axes are from the cuts that count for this customer, who may stay for a while where the
    list before had placed them, and the strategy across each; none where an axis is missing.
    """
    if people.worth is None or str(people.quadrant[0]) == Strategy.UNCLASSIFIED:
        return ()
    how: Any = {
        "groups": people.segment if plan.by else None,
        "previous": people.quadrant_previous,
        "give": plan.hysteresis,
    }
    cuts = [float(bound[0]) for bound in quadrants.bounds(learned, 1, **how)]
    scores = np.array(_scores(people, learned))
    found = []
    for side, axis in enumerate(AXES):
        cut = cuts[side]
        if cut == np.inf:
            continue
        across = scores.copy()
        across[side] = cut if scores[side] < cut else cut - ACROSS
        strategy = quadrants.assign(across[:1], across[1:], learned, **how)
        found.append(Cut(axis, float(scores[side]), cut, str(strategy[0])))
    return tuple(found)
