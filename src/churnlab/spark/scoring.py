"""`score` on Spark: the champion's answer for everyone eligible at a date, as partitioned Parquet lists.

    out/<project>/partitioned/<date>/run=<key>/quadrant=retain/part-00000.parquet
                                               manifest.json

The run key, the rows and the manifest are those of the local `score`: only the form of the files differs.
"""

from __future__ import annotations

import datetime as dt
import json
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from os import getpid
from pathlib import Path
from typing import Any

from churnlab import tracking
from churnlab.config import Project
from churnlab.durable import on_disk
from churnlab.errors import ConfigError
from churnlab.lists import commit, manifest
from churnlab.lists.build import Stamp
from churnlab.models import files
from churnlab.models.files import Models
from churnlab.panel import PARENT
from churnlab.spark import ranking, runs, seasonality, work
from churnlab.spark.failures import told
from churnlab.spark.inputs import SparkTables
from churnlab.spark.panels import opened
from churnlab.spark.question import Question
from churnlab.spark.runs import Runs
from churnlab.spark.shuffle import answers, raise_first, shards_for
from churnlab.spark.tally import Tally
from churnlab.strategy.thresholds import Thresholds
from churnlab.tracking import Champion, Store
from churnlab.workflow import followed, releasing, standing, terms
from churnlab.workflow.lineage import facts, stamped_with
from churnlab.workflow.opening import (
    Opened,
    Progress,
    code_version,
    out_folder,
    scoring_date,
    settings,
    settings_digest,
    silent,
    writing,
)
from churnlab.workflow.placing import Around
from churnlab.workflow.scored import Scored
from churnlab.workflow.scoring import ending

FOLDER = "partitioned"


def score(
    tables: SparkTables,
    project: Project,
    as_of: dt.date | None = None,
    *,
    shards: int | None = None,
    progress: Progress = silent,
) -> Scored:
    """Score everyone eligible at ``as_of``; write one list per strategy, all of them or none.

    ``shards``: None: as many as make each about 250,000 events. The folder that lists are written to
    must be one that driver and workers share.
    """
    _refuse_suppression(project)
    store = tracking.open_store(project.tracking, project.project, Path(project.root))
    champion = tracking.champion(store)
    models = files.load(champion.folder, champion.digests)  # before any data is read: no model, no score
    terms.check(project, models.extra["terms"])
    with writing(project):
        unsigned = standing.require_usable(project, store, champion.version)
        opening = opened(project, tables, progress)
        day = scoring_date(opening, as_of)
        scored = _scored(opening, tables, store, champion, models, day, shards or shards_for(tables))
    return replace(scored, notes=(*scored.notes, unsigned)) if unsigned else scored


def _refuse_suppression(project: Project) -> None:
    # Fails closed: here nobody would look at who must not be contacted.
    if project.lists.lost is not None:
        raise ConfigError(
            "lists made on Spark hold no customers who are lost already",
            got=f"lists.lost: {project.lists.lost}",
            mend="make the lists on one machine (churnlab score), or those of that project by themselves",
        )
    if project.suppressing is not None:
        raise ConfigError(
            "lists on Spark do not know who must not be contacted, and this project asks for it",
            got="sources of suppression, or a campaign",
            mend="make its lists on one machine (churnlab score), or leave campaign, suppression and their "
            "sources out",
        )


def _scored(
    opening: Opened,
    tables: SparkTables,
    store: Store,
    champion: Champion,
    models: Models,
    day: dt.date,
    shards: int,
) -> Scored:
    project = opening.project
    key = manifest.run_key(
        config_sha256=settings_digest(project),
        inputs=opening.digests,
        model=champion.digests,
        as_of=day,
        code_version=code_version(),
    )
    root = out_folder(project) / FOLDER / day.isoformat()
    with (
        tracking.run(store, "score", {"as_of": day.isoformat(), "run_key": key}) as run,
        _workspace(root) as aside,
    ):
        run.log_settings(settings(project))
        stamp = stamped_with(project, key, champion, models, day)
        season = seasonality.of_tables(opening, tables, models.extra, day)
        question = Question.of(opening, tables, [opening.calendar.instant(day)]).answered_by(champion)
        parents = (PARENT,) if project.parents else ()
        question = replace(question, season=season, segments=(*question.segments, *parents))
        made, tally = _scored_runs(tables, question, Tally.of(opening, models), shards, aside, stamp)
        lists = ranking.ranked(made, tally, stamp, Thresholds.from_dict(models.extra["thresholds"]))
        opening.progress("publish lists", None)
        published = commit.publish(
            root,
            key,
            ranking.outputs(lists),
            replace(
                facts(
                    opening, champion, day, lists.totals, tally.excluded, tally.drift, Around(season=season)
                ),
                comparable=releasing.comparable(models.extra, project),
                kpis=_followed(opening, tables, day),
                parents=None if lists.rolled is None else lists.rolled.facts(),
            ),
            info={"tracking_run": run.run_id, "shards": shards},
        )
        untracked = run.end(*ending(published, lists.totals))
    return Scored(
        as_of=day.isoformat(),
        folder=published.path,
        existed=published.existed,
        version=str(published.manifest["model_version"]),
        currency=project.currency,
        totals=lists.totals,
        excluded=tally.excluded,
        notes=(*tally.cautions.notes(), *tally.drift.notes(), *untracked),
    )


def _followed(opening: Opened, tables: SparkTables, day: dt.date) -> dict[str, Any]:
    opening.progress("count what is followed", None)
    return followed.asked(opening.project, seasonality.asking_of(tables), day, followed.settled(opening, day))


def _scored_runs(
    tables: SparkTables, question: Question, tally: Tally, shards: int, aside: Path, stamp: Stamp
) -> tuple[Runs, Tally]:
    """Everybody's rows, left under ``aside`` by the tasks, and what they saw."""
    place = aside.resolve()

    def answer(group: Any) -> work.Answer:
        return work.scored_run(question, group, place)

    with told():
        found = sorted(answers(tables, shards, answer).select("shard", "note").collect())
    notes = [json.loads(row.note) for row in found]
    raise_first(notes)
    for note in notes:
        tally.join(note)
    return runs.opened(place, [note["run"] for note in notes if note["run"]], stamp.added), tally


@contextmanager
def _workspace(root: Path) -> Iterator[Path]:
    """A folder beside the lists, for what tasks write before anything is published; gone afterwards."""
    with on_disk(root):
        root.mkdir(parents=True, exist_ok=True)
        for left in root.glob(".spark-*"):  # of a run that died: this one has the project's lock
            shutil.rmtree(left)
        folder = root / f".spark-{getpid()}"
        folder.mkdir(mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
