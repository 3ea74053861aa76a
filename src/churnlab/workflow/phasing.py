"""Phase and critical moments of everyone who is scored: what is measured for them, and how they are placed.

Both need what was learned at training (the middle customer's rhythm, the way to a second purchase), so
they are measured when customers are scored and not on the panel that models learn from.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.config import Project
from churnlab.history import History
from churnlab.history.own_horizon import horizon_of
from churnlab.panel import Panel
from churnlab.snapshots import Calendar
from churnlab.strategy import lifecycle, moment_measures, moments, relation_measures
from churnlab.strategy.intensity import References, own_gap
from churnlab.strategy.moments import Known, Moments
from churnlab.strategy.repeats import Repeat
from churnlab.strategy.season import Season
from churnlab.tables.money import exponent
from churnlab.workflow import opening

Texts = NDArray[np.object_]
Measures = Callable[[History], Mapping[str, Any]]


@dataclass(frozen=True, eq=False)
class Lives:
    """``phase``: (n,) codes. ``moments``: what calls for attention."""

    phase: Texts
    moments: Moments


def measured(project: Project, extra: Mapping[str, Any]) -> Measures:
    """What is measured of everyone who is scored. ``extra``: what was learned beside the models."""
    if extra["references"] is None:
        return opening.measures
    g_pop, plan = References.from_dict(extra["references"]).g_pop, project.strategy
    relation = None if project.overlays is None else project.overlays.relation

    def all_measures(past: History) -> Mapping[str, Any]:
        return {
            **opening.measures(past),
            **lifecycle.measures(past, plan.lifecycle, g_pop),
            **moment_measures.measures(past, plan.moments),
            **({} if relation is None else relation_measures.measures(past, relation)),
        }

    return all_measures


def placed(
    panel: Panel,
    project: Project,
    extra: Mapping[str, Any],
    season: Season | None,
    previous: Texts | None = None,
) -> Lives | None:
    """Phase and moments of every row; None where they were not measured, as in a project without histories.

    ``season``: of all customers at the same date; None: that of nobody. ``previous``: the phases before,
    (n,), None of a customer who had none.
    """
    if "purchases" not in panel.measures or extra["references"] is None:
        return None
    g_pop, plan = References.from_dict(extra["references"]).g_pop, project.strategy
    phase = lifecycle.phases(
        panel.measures,
        plan.lifecycle,
        g_pop=g_pop,
        horizon_days=_horizon(panel, project),
        kind=project.churn.kind,
        grace_days=project.churn.contract.grace_days,
        season=1.0 if season is None else season.events.ratio,
        previous=previous,
    )
    known = Known(
        g_pop,
        Repeat.from_dict(extra.get("repeat")),
        1.0 if season is None else season.value.ratio,
        exponent(project.currency),
    )
    day = Calendar(project.time_zone, project.calendar).day_numbers(panel.as_of)
    found = moments.moments(panel.measures, phase, day, plan.moments, plan.lifecycle, known)
    return Lives(phase, found)


def _horizon(panel: Panel, project: Project) -> int | NDArray[np.int64]:
    churn = project.churn
    if churn.horizon == "fixed" or churn.adaptive.population_gap_days is None:
        return churn.horizon_days
    own = own_gap(panel.measures, churn.adaptive.population_gap_days)
    return horizon_of(own, churn.adaptive, churn.horizon_days)
