"""`score`: the champion's answer for everyone eligible at a date, published as lists or not at all."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab import tracking
from churnlab.config import Project
from churnlab.explain import reasons
from churnlab.explain.attributions import Attributions
from churnlab.lists import commit, manifest, spool, write
from churnlab.lists.build import Stamp
from churnlab.lists.scored import ScoredCustomers
from churnlab.lists.spool import Spool
from churnlab.models import files
from churnlab.models.files import Models
from churnlab.panel import Panel
from churnlab.strategy import intensity, quadrants
from churnlab.strategy.intensity import Intensity, References
from churnlab.strategy.quadrants import Thresholds
from churnlab.strategy.summary import Totals
from churnlab.strategy.worth import Worth
from churnlab.tables.money import exponent
from churnlab.tracking import Champion, Store
from churnlab.workflow import standing, terms
from churnlab.workflow.cautions import Cautions
from churnlab.workflow.drifting import Drift
from churnlab.workflow.opening import (
    Frames,
    Opened,
    Progress,
    code_version,
    opened,
    out_folder,
    scoring_date,
    settings,
    settings_digest,
    silent,
    writing,
)
from churnlab.workflow.panels import scoring_blocks
from churnlab.workflow.results import Scored, plain_count

Floats = NDArray[np.float64]


def score(
    project: Project, as_of: dt.date, frames: Frames | None = None, *, progress: Progress = silent
) -> Scored:
    """Score everyone eligible at ``as_of``; write one list per strategy, all of them or none."""
    store = tracking.open_store(project.tracking, project.project, Path(project.root), later=True)
    champion = tracking.champion(store)
    models = files.load(champion.folder, champion.digests)  # before any data is read: no model, no score
    terms.check(project, models.extra["terms"])
    standing.require_usable(project, store, champion.version)
    with writing(project), opened(project, frames, progress, keep=True, remarks=False) as opening:
        return score_opened(opening, store, champion, models, as_of)


def score_opened(
    opening: Opened, store: Store, champion: Champion, models: Models, as_of: dt.date | None
) -> Scored:
    """The same for a project that is open already."""
    project, day = opening.project, scoring_date(opening, as_of)
    key = manifest.run_key(
        config_sha256=settings_digest(project),
        inputs=opening.digests,
        model=champion.digests,
        as_of=day,
        code_version=code_version(),
    )
    with tracking.run(store, "score", {"as_of": day.isoformat(), "run_key": key}) as run:
        cautions, drift, excluded = Cautions(opening, models), Drift.of(models), Counter[str]()
        stamp = stamped_with(project, key, champion, models, day)
        with spool.opened(out_folder(project), stamp, project.lists.formula_policy) as kept:
            _place_all(opening, models, day, kept, cautions, drift, excluded)
            ranked, left_out = kept.ranked(), dict(sorted(excluded.items()))
            opening.progress("publish lists", None)
            tracking.confirm(store, champion)
            unsigned = standing.require_usable(project, store, champion.version)
            run.log_settings(settings(project))
            published = commit.publish(
                out_folder(project) / "lists" / day.isoformat(),
                key,
                write.together(ranked, project.lists.newline),
                facts(opening, champion, day, ranked.totals, left_out, drift),
                info={"tracking_run": run.run_id},
            )
        untracked = run.end(*ending(published, ranked.totals))
    return Scored(
        as_of=day.isoformat(),
        folder=published.path,
        existed=published.existed,
        version=str(published.manifest["model_version"]),
        currency=project.currency,
        totals=ranked.totals,
        excluded=left_out,
        notes=(
            *cautions.notes(),
            *drift.notes(),
            *_made_before(published, champion),
            *([unsigned] if unsigned else []),
            *untracked,
        ),
    )


def ending(
    published: commit.Published, totals: tuple[Totals, ...]
) -> tuple[dict[str, float], dict[str, dict[str, Any]]]:
    """The metrics and settings that a run ends with."""
    listed = {"path": published.path.name, "existed": published.existed}
    return {f"customers.{row.strategy}": row.customers for row in totals}, {"list": listed}


def _made_before(published: commit.Published, champion: Champion) -> tuple[str, ...]:
    """Where another version of the very same files had made these lists, that it did."""
    version = str(published.manifest["model_version"])
    if version == champion.version:
        return ()
    same = f"the files of version {champion.version}, the champion, are the same to the byte"
    return (f"these lists were made under version {version}, and say so: {same}",)


def _place_all(
    opening: Opened,
    models: Models,
    day: dt.date,
    kept: Spool,
    cautions: Cautions,
    drift: Drift,
    excluded: Counter[str],
) -> None:
    """Everyone eligible at ``day`` into ``kept``, block by block: one block's features are held at a time."""
    compiled = opening.limits().compiled
    for panel, left_out in scoring_blocks(opening, day):
        excluded.update(left_out)
        if len(panel):
            cautions.look(panel)
            placed = place(panel, models, opening.project, compiled=compiled)
            drift.look(placed.panel, placed.customers)
            kept.add(placed.customers)


def stamped_with(project: Project, key: str, champion: Champion, models: Models, day: dt.date) -> Stamp:
    """What every row of the lists says about where it comes from."""
    return Stamp(
        run_id=key[:16],
        model_version=champion.version,
        scored_at=day,
        valid_until=day + dt.timedelta(days=project.lists.valid_days),
        currency=project.currency,
        value_basis=models.extra["value_basis"],
        exponent=exponent(project.currency),
        locale=project.locale,
        also_days=project.churn.also_days,
    )


def facts(
    opening: Opened,
    champion: Champion,
    day: dt.date,
    totals: tuple[Totals, ...],
    excluded: Mapping[str, int],
    drift: Drift,
) -> manifest.Facts:
    """What the manifest says of the run."""
    return manifest.Facts(
        as_of=day,
        config_sha256=settings_digest(opening.project),
        model_version=champion.version,
        model=champion.digests,
        inputs=opening.digests,
        counts=[plain_count(count) for count in opening.tables.counts],
        strategies=totals,
        excluded=excluded,
        currency=opening.project.currency,
        code_version=code_version(),
        drift=drift.as_dict(),
    )


@dataclass(frozen=True, eq=False)
class Placed:
    """Everyone with scores, strategy and reasons, and what the risks are made of.

    ``panel``: the rows, with the values behind all features that contributions are given for.
    """

    customers: ScoredCustomers
    attributions: Attributions
    panel: Panel


def place(panel: Panel, models: Models, project: Project, *, compiled: bool | None = None) -> Placed:
    """Risk, value, intensity, strategy and reasons of every row of ``panel``.

    ``compiled``: whether reasons are chosen by compiled code, which chooses the same; None: as pays.
    """
    told = models.churn.explained(panel)
    risk = told.risk
    retained = None if models.value is None else models.value.if_retained(panel)
    worth = _worth(panel, models, risk, retained, exponent(project.currency))
    near = _intensity(panel, models.extra)
    thresholds = Thresholds.from_dict(models.extra["thresholds"])
    quadrant = quadrants.assign(None if worth is None else worth.if_retained, near.values, thresholds)
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
    segment = panel.segments.get(project.lists.segment or "")
    scored = ScoredCustomers(
        customer_id=panel.customer_id,
        churn_risk=risk,
        risk_band=quadrants.risk_band(risk, project.strategy.risk_bands),
        quadrant=quadrant,
        intensity=near.values,
        intensity_basis=near.basis,
        reason_codes=strongest.codes,
        reason_texts=strongest.texts,
        worth=worth,
        value_p10=low,
        value_p90=high,
        segment=segment,
        sooner=_sooner(panel, models, project.churn.also_days, risk),
    )
    return Placed(scored, attributions, told.panel)


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
