"""`score`: the champion's answer for everyone eligible at a date, published as lists or not at all."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from churnlab import tracking
from churnlab.config import Project
from churnlab.lists import commit, manifest, spool
from churnlab.lists.build import Stamp
from churnlab.lists.previous import Previous
from churnlab.lists.release import Approval
from churnlab.lists.seen import Seen
from churnlab.lists.spool import Spool
from churnlab.models import files
from churnlab.models.files import Models
from churnlab.strategy.summary import Totals
from churnlab.strategy.thresholds import Thresholds
from churnlab.tables.money import exponent
from churnlab.tracking import Champion, Store
from churnlab.workflow import (
    contacting,
    followed,
    phasing,
    published,
    releasing,
    seasonality,
    standing,
    suppressing,
    terms,
)
from churnlab.workflow.cautions import Cautions
from churnlab.workflow.contacted import Told
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
from churnlab.workflow.placing import NOTHING, Around, place
from churnlab.workflow.results import plain_count
from churnlab.workflow.scored import Scored
from churnlab.workflow.second_life import SecondLife
from churnlab.workflow.suppressing import Suppressing


def score(
    project: Project,
    as_of: dt.date,
    frames: Frames | None = None,
    *,
    progress: Progress = silent,
    approvals: Sequence[Approval] = (),
) -> Scored:
    """Score everyone eligible at ``as_of``; write one list per strategy, all of them or none.

    ``approvals``: checks of the release gate that somebody lets pass. Where another one fails, HeldError.
    """
    store = tracking.open_store(project.tracking, project.project, Path(project.root), later=True)
    champion = tracking.champion(store)
    models = files.load(champion.folder, champion.digests)  # before any data is read: no model, no score
    terms.check(project, models.extra["terms"])
    standing.require_usable(project, store, champion.version)
    SecondLife.of(project, models)  # what is wrong with it is said before any data is read
    with writing(project), opened(project, frames, progress, keep=True, remarks=False) as opening:
        return score_opened(opening, store, champion, models, as_of, approvals)


def score_opened(
    opening: Opened,
    store: Store,
    champion: Champion,
    models: Models,
    as_of: dt.date | None,
    approvals: Sequence[Approval] = (),
) -> Scored:
    """The same for a project that is open already."""
    project, day = opening.project, scoring_date(opening, as_of)
    previous, refusing = published.before(project, day), suppressing.read(opening, day)
    deciding, second = contacting.setting(project, refusing, previous), SecondLife.of(project, models)
    made_from = {
        **inputs(opening, previous, refusing),
        **contacting.inputs(deciding),
        **({} if second is None else second.inputs()),
    }
    key = manifest.run_key(
        config_sha256=settings_digest(project),
        inputs=made_from,
        model=champion.digests,
        as_of=day,
        code_version=code_version(),
    )
    with tracking.run(store, "score", {"as_of": day.isoformat(), "run_key": key}) as run:
        seen, root = _Seen(Cautions(opening, models), Drift.of(models)), _folder(project, day)
        stamp = stamped_with(project, key, champion, models, day, second)
        cut = Thresholds.from_dict(models.extra["thresholds"])
        with spool.opened(out_folder(project), stamp, project.lists.formula_policy, deciding, cut) as kept:
            around = Around(previous, seasonality.of_tables(opening, models.extra, day))
            _place_all(opening, models, day, kept, seen, around, second)
            ranked = kept.ranked()
            opening.progress("publish lists", None)
            tracking.confirm(store, champion)
            unsigned = standing.require_usable(project, store, champion.version)
            run.log_settings(settings(project))
            told = Told.of(ranked)
            kind = releasing.comparable(models.extra, project)
            made_of = replace(
                facts(opening, champion, day, ranked.totals, seen.left_out, seen.drift, around),
                comparable=kind,
                inputs=made_from,
                kpis=followed.of_tables(opening, day),
                **told.as_facts(),
            )
            new = releasing.candidate(kind, ranked, seen.drift, seen.spread, previous)
            verdict = releasing.judged(project, day, new, approvals)
            releasing.tag(run, verdict)
            kept_lists = commit.publish(
                root,
                key,
                contacting.passes(ranked, project.lists.newline),
                suppressing.with_told(made_of, refusing),
                info={"tracking_run": run.run_id, "release": verdict.as_dict()},
                gate=releasing.gate(
                    verdict, root, key, contacting.last_look(opening, ranked, deciding, refusing)
                ),
            )
            if not kept_lists.existed:
                published.clear_staged(project)
        untracked = run.end(*ending(kept_lists, ranked.totals))
    return Scored(
        as_of=day.isoformat(),
        folder=kept_lists.path,
        existed=kept_lists.existed,
        version=str(kept_lists.manifest["model_version"]),
        currency=project.currency,
        totals=ranked.totals,
        excluded=seen.left_out,
        told=told,
        notes=(
            *seen.cautions.notes(),
            *seen.drift.notes(),
            *(second.notes(seen.lost) if second is not None else ()),
            *(() if kept_lists.existed else (*verdict.notes(), *releasing.unneeded(verdict, approvals))),
            *_made_before(kept_lists, champion),
            *([unsigned] if unsigned else []),
            *(refusing.notes if refusing else ()),
            *contacting.notes(opening, deciding, previous),
            *untracked,
        ),
    )


def _folder(project: Project, day: dt.date) -> Path:
    return out_folder(project) / "lists" / day.isoformat()


@dataclass
class _Seen:
    """What is counted while customers are placed. ``lost``: those who were lost already, and are listed."""

    cautions: Cautions
    drift: Drift
    excluded: Counter[str] = field(default_factory=Counter)
    spread: Seen = field(default_factory=Seen)
    lost: int = 0

    @property
    def left_out(self) -> dict[str, int]:
        """Reason -> customers who were not asked about, in a fixed order."""
        return dict(sorted(self.excluded.items()))


def ending(
    run: commit.Published, totals: tuple[Totals, ...]
) -> tuple[dict[str, float], dict[str, dict[str, Any]]]:
    """The metrics and settings that a run ends with."""
    listed = {"path": run.path.name, "existed": run.existed}
    return {f"customers.{row.strategy}": row.customers for row in totals}, {"list": listed}


def _made_before(published_run: commit.Published, champion: Champion) -> tuple[str, ...]:
    """Where another version of the very same files had made these lists, that it did."""
    version = str(published_run.manifest["model_version"])
    if version == champion.version:
        return ()
    same = f"the files of version {champion.version}, the champion, are the same to the byte"
    return (f"these lists were made under version {version}, and say so: {same}",)


def _place_all(
    opening: Opened,
    models: Models,
    day: dt.date,
    kept: Spool,
    seen: _Seen,
    around: Around,
    second: SecondLife | None,
) -> None:
    """Everyone eligible at ``day`` into ``kept``, block by block: one block's features are held at a time."""
    compiled = opening.limits().compiled
    measures = phasing.measured(opening.project, models.extra)
    for panel, left_out in scoring_blocks(opening, day, measures):
        seen.excluded.update(left_out)
        if len(panel):
            seen.cautions.look(panel)
            placed = place(panel, models, opening.project, around, compiled=compiled)
            seen.drift.look(placed.panel, placed.customers)
            seen.spread.look(placed.customers)
            kept.add(placed.customers)
    if second is not None:
        seen.excluded.pop("already_lost", None)
        cut = Thresholds.from_dict(models.extra["thresholds"])
        for block in second.blocks(opening, day, around, cut):
            seen.lost += len(block)
            seen.spread.look(block)
            kept.add(block)


def stamped_with(
    project: Project,
    key: str,
    champion: Champion,
    models: Models,
    day: dt.date,
    second: SecondLife | None = None,
) -> Stamp:
    """What every row of the lists says about where it comes from."""
    return Stamp(
        run_id=key[:16],
        model_version=champion.version,
        lost_version=None if second is None else f"{second.project.project} {second.champion.version}",
        scored_at=day,
        valid_until=_valid_until(project, day),
        currency=project.currency,
        value_basis=models.extra["value_basis"],
        exponent=exponent(project.currency),
        locale=project.locale,
        also_days=project.churn.also_days,
        relation=project.overlays is not None and project.overlays.relation is not None,
        parents=project.parents,
    )


def _valid_until(project: Project, day: dt.date) -> dt.date:
    return day + dt.timedelta(days=project.lists.valid_days)


def inputs(opening: Opened, previous: Previous | None, refusing: Suppressing | None) -> dict[str, str]:
    """SHA-256 of everything that the lists follow from: the sources, and the list before."""
    before = {} if previous is None else {f"lists of {previous.as_of}": previous.digest}
    return {**suppressing.inputs(opening, refusing), **before}


def facts(
    opening: Opened,
    champion: Champion,
    day: dt.date,
    totals: tuple[Totals, ...],
    excluded: Mapping[str, int],
    drift: Drift,
    around: Around = NOTHING,
) -> manifest.Facts:
    """What the manifest says of the run."""
    return manifest.Facts(
        as_of=day,
        config_sha256=settings_digest(opening.project),
        model_version=champion.version,
        model=champion.digests,
        inputs=inputs(opening, around.previous, None),
        counts=[plain_count(count) for count in opening.tables.counts],
        strategies=totals,
        excluded=excluded,
        currency=opening.project.currency,
        code_version=code_version(),
        drift=drift.as_dict(),
        season=None if around.season is None else around.season.as_dict(),
        valid_until=_valid_until(opening.project, day),
    )
