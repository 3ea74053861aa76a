"""Where customers stand at a date: risk, value, intensity, strategy, phase, moments and reasons."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.config import Project
from churnlab.explain import reasons
from churnlab.explain.attributions import Attributions
from churnlab.lists.previous import Before, Previous
from churnlab.lists.scored import ScoredCustomers
from churnlab.models.files import Models
from churnlab.panel import PARENT, Panel
from churnlab.strategy import intensity, quadrants, relation
from churnlab.strategy.intensity import Intensity, References
from churnlab.strategy.relation import Relations
from churnlab.strategy.season import Season
from churnlab.strategy.thresholds import Thresholds
from churnlab.strategy.worth import Worth
from churnlab.tables.money import exponent
from churnlab.workflow import phasing

Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Around:
    """What a customer's place depends on beside the own row: the list before, and everybody's season."""

    previous: Previous | None = None
    season: Season | None = None


NOTHING = Around()


@dataclass(frozen=True, eq=False)
class Placed:
    """Everyone with scores, strategy and reasons, and what the risks are made of.

    ``panel``: the rows, with the values behind all features that contributions are given for.
    """

    customers: ScoredCustomers
    attributions: Attributions
    panel: Panel


def place(
    panel: Panel,
    models: Models,
    project: Project,
    around: Around = NOTHING,
    *,
    compiled: bool | None = None,
) -> Placed:
    """Risk, value, intensity, strategy, phase and reasons of every row of ``panel``.

    ``compiled``: whether reasons are chosen by compiled code, which chooses the same; None: as pays.
    """
    told = models.churn.explained(panel)
    risk = told.risk
    retained = None if models.value is None else models.value.if_retained(panel)
    worth = _worth(panel, models, risk, retained, exponent(project.currency))
    near = _intensity(panel, models.extra)
    before = None if around.previous is None else around.previous.of(panel.customer_id)
    places = _quadrants(panel, models, project, None if worth is None else worth.if_retained, near, before)
    attributions = Attributions.of(told.margin, told.base, told.contributions, models.churn.features)
    strongest = reasons.strongest(
        told.panel,
        told.contributions,
        models.churn.features,
        models.churn.reference,
        locale=project.locale,
        currency=project.currency,
        compiled=compiled,
    )
    low, high = (None, None)
    if models.value is not None and retained is not None:
        low, high = models.value.interval(panel, risk, retained)
    phases_before = None if before is None else before.phase
    lives = phasing.placed(panel, project, models.extra, around.season, phases_before)
    scored = ScoredCustomers(
        customer_id=panel.customer_id,
        churn_risk=risk,
        risk_band=quadrants.risk_band(risk, project.strategy.risk_bands),
        **places,
        intensity=near.values,
        intensity_basis=near.basis,
        reason_codes=strongest.codes,
        reason_texts=strongest.texts,
        worth=worth,
        value_p10=low,
        value_p90=high,
        segment=panel.segments.get(project.segment or ""),
        sooner=_sooner(panel, models, project.churn.also_days, risk),
        phase=None if lives is None else lives.phase,
        moments=None if lives is None else lives.moments,
        relations=_relations(panel, project),
        parent=panel.segments.get(PARENT),
    )
    return Placed(scored, attributions, told.panel)


def _quadrants(
    panel: Panel,
    models: Models,
    project: Project,
    value: Floats | None,
    near: Intensity,
    before: Before | None,
) -> dict[str, Any]:
    """Where everyone stands, would stand by today's scores alone, and stood in the list before."""
    cut = Thresholds.from_dict(models.extra["thresholds"])
    groups = panel.segments.get(project.strategy.by or "")
    raw = quadrants.assign(value, near.values, cut, groups=groups)
    if before is None:
        return {"quadrant": raw}
    how: Any = {"groups": groups, "previous": before.quadrant, "give": project.strategy.hysteresis}
    now = quadrants.assign(value, near.values, cut, **how)
    return {
        "quadrant": now,
        "quadrant_raw": raw,
        "quadrant_previous": before.quadrant,
        "quadrant_since": np.where(now == before.quadrant, before.since, np.datetime64("NaT")),
    }


def _relations(panel: Panel, project: Project) -> Relations | None:
    rules = None if project.overlays is None else project.overlays.relation
    if rules is None or "relation_contacts" not in panel.measures:
        return None  # it is measured of those who are listed, and not of those learned from
    return relation.relations(panel.measures, rules)


def _sooner(panel: Panel, models: Models, asked: tuple[int, ...], risk: Floats) -> dict[int, Floats]:
    """Days -> the risk of each shorter horizon that is asked for; more may have been learned."""
    if models.hazard is None or not asked:
        return {}
    learned = models.hazard.risks(models.churn.recipe, panel, risk)
    return {days: learned[days] for days in asked}


def _worth(panel: Panel, models: Models, risk: Any, retained: Any | None, decimals: int) -> Worth | None:
    if models.value is None or retained is None:
        return None
    return Worth.of(risk, retained, models.value.if_churned(panel), decimals)


def _intensity(panel: Panel, extra: Mapping[str, Any]) -> Intensity:
    if extra["references"] is None:
        return Intensity.unknown(len(panel))
    return intensity.score(panel.measures, References.from_dict(extra["references"]))
