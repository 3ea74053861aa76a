"""`score`: the champion's answer for everyone eligible at a date, published as lists or not at all.

A dry run does all of it, in a folder of its own that is gone afterwards, and leaves nothing else: it needs no
lock, since it writes nothing that another run reads, and reads only what is replaced as a whole.
"""

from __future__ import annotations

import datetime as dt
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from churnlab import engine, tracking
from churnlab.config import Project
from churnlab.errors import HeldError
from churnlab.lists import commit, spool
from churnlab.lists.release import Approval
from churnlab.models import files
from churnlab.models.files import Models
from churnlab.strategy.summary import Totals
from churnlab.tracking import Champion, Store
from churnlab.workflow import contacting, published, releasing, shrinking, standing, terms
from churnlab.workflow.making import Asked, made
from churnlab.workflow.opening import (
    COUNTS,
    Frames,
    Opened,
    Progress,
    opened,
    out_folder,
    settings,
    silent,
    writing,
)
from churnlab.workflow.scored import Rehearsed, Scored
from churnlab.workflow.second_life import SecondLife


def score(
    project: Project,
    as_of: dt.date,
    frames: Frames | None = None,
    *,
    progress: Progress = silent,
    approvals: Sequence[Approval] = (),
    dry_run: bool = False,
) -> Scored:
    """Score everyone eligible at ``as_of``; write one list per strategy, all of them or none.

    ``approvals``: checks of the release gate that somebody lets pass. Where another one fails, HeldError.
    ``dry_run``: publish, record and keep nothing, and say what would be; errors are those of the real run,
    and a HeldError has the answer as its ``result``.
    """
    store = tracking.open_store(project.tracking, project.project, Path(project.root), later=True)
    champion = tracking.champion(store)
    models = files.load(champion.folder, champion.digests)  # before any data is read: no model, no score
    terms.check(project, models.extra["terms"])
    standing.require_usable(project, store, champion.version)
    SecondLife.of(project, models)  # what is wrong with it is said before any data is read
    if dry_run:
        with opened(project, frames, progress, remarks=False) as opening:
            return _rehearsed(opening, store, champion, models, as_of, approvals)
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
    asked, project = Asked.of(opening, champion, models, as_of), opening.project
    formulas = project.lists.formula_policy
    with tracking.run(store, "score", {"as_of": asked.day.isoformat(), "run_key": asked.key}) as run:
        with spool.opened(out_folder(project), asked.stamp, formulas, asked.deciding, asked.cut) as kept:
            lists = made(asked, store, kept, approvals)
            run.log_settings(settings(project))
            releasing.tag(run, lists.verdict)
            info = {"tracking_run": run.run_id, "release": lists.verdict.as_dict()}
            kept_lists = commit.publish(
                asked.root, asked.key, lists.passes, lists.facts, info=info, gate=lists.gate()
            )
            if not kept_lists.existed:
                published.clear_staged(project)
        untracked = run.end(*ending(kept_lists, lists.ranked.totals))
    return lists.scored(kept_lists, approvals, untracked)


def _rehearsed(
    opening: Opened,
    store: Store,
    champion: Champion,
    models: Models,
    as_of: dt.date,
    approvals: Sequence[Approval],
) -> Scored:
    """The same without a trace: what is written lies aside, and is looked at there as it would be."""
    project = opening.project
    shrinking.check(opening.tables.counts, opening.out / COUNTS, accept=project.accept_smaller)
    asked = Asked.of(opening, champion, models, as_of, keep=False)
    with (
        _aside() as folder,
        spool.opened(folder, asked.stamp, project.lists.formula_policy, asked.deciding, asked.cut) as kept,
    ):
        lists = made(asked, store, kept, approvals)
        there, held = commit.found(asked.root, asked.key), None
        target = commit.folder_of(asked.root, asked.key)
        if there is None:
            there = commit.Published(target, existed=False, manifest={"model_version": champion.version})
            try:
                gate = lists.gate(dry_run=True)
                commit.publish(
                    folder / asked.day.isoformat(), asked.key, lists.passes, lists.facts, gate=gate
                )
            except HeldError as error:
                held = error
        drawn = contacting.is_undrawn(project)
        answer = lists.scored(
            there, approvals, rehearsed=Rehearsed(lists.verdict, asked.root if drawn else target)
        )
    if held is not None:
        held.result = answer
        raise held
    return answer


@contextmanager
def _aside() -> Iterator[Path]:
    """A folder that only this user reads, gone afterwards."""
    folder = engine.private_folder()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def ending(
    run: commit.Published, totals: tuple[Totals, ...]
) -> tuple[dict[str, float], dict[str, dict[str, Any]]]:
    """The metrics and settings that a run ends with."""
    listed = {"path": run.path.name, "existed": run.existed}
    return {f"customers.{row.strategy}": row.customers for row in totals}, {"list": listed}
