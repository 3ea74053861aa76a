"""`diagnose`: what each horizon would call churn, how many come back, and whether the data allow it."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Sequence

import numpy as np

from churnlab import folds, shards, snapshots
from churnlab.config import Project
from churnlab.durable import write_whole
from churnlab.errors import ConfigError, DataError
from churnlab.explain.horizons import horizons as picture
from churnlab.panel import Ahead, Questions
from churnlab.panel import horizons as counting
from churnlab.panel.declines import Seasons
from churnlab.panel.horizons import Counts
from churnlab.workflow import seasons
from churnlab.workflow.diagnosis import BY_SILENCE, Candidate, Diagnosed
from churnlab.workflow.opening import Frames, Opened, Progress, opened, silent, writing
from churnlab.workflow.panels import questions
from churnlab.workflow.reach import first_event

CANDIDATES = (30, 45, 60, 90, 120, 180, 270, 365)  # days
LEAST = 30  # silences behind a share that a suggestion rests on


def diagnose(project: Project, frames: Frames | None = None, *, progress: Progress = silent) -> Diagnosed:
    """Look at candidate horizons; write ``diagnose/horizons.json`` and ``.svg`` into the project's output."""
    with writing(project), opened(project, frames, progress) as opening:
        return diagnose_opened(opening)


def diagnose_opened(opening: Opened) -> Diagnosed:
    """The same for a project that is open already."""
    if not opening.has_histories:
        raise ConfigError(
            "diagnose looks at histories, and a snapshot table has none",
            mend="its label was supplied, and so was its horizon",
        )
    chosen = opening.project.churn.horizon_days
    days = sorted({*CANDIDATES, chosen})
    found = _counted(opening, days)
    candidates = tuple(_candidate(opening, found, place, horizon) for place, horizon in enumerate(days))
    folder = opening.out / "diagnose"
    answer = Diagnosed(
        chosen=chosen,
        kind=opening.project.churn.kind,
        max_return_rate=opening.project.churn.max_return_rate,
        candidates=candidates,
        suggested=_suggested(opening, candidates),
        gap_median=found.gap(0.5),
        gap_p90=found.gap(0.9),
        infeasible=_infeasible(opening),
        table=folder / "horizons.json",
        picture=folder / "horizons.svg",
    )
    opening.progress("write the diagnosis", None)
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(answer.figures(), ensure_ascii=False, indent=1, sort_keys=True)
    write_whole(answer.table, (text + "\n").encode())
    drawn = picture(
        [(each.days, each.churn_rate, each.return_rate) for each in candidates],
        chosen,
        answer.suggested,
        answer.max_return_rate,
        opening.project.locale,
    )
    write_whole(answer.picture, drawn.file().encode())
    return answer


def _counted(opening: Opened, days: Sequence[int]) -> Counts:
    """What is counted at every date at which the shortest horizon has a label."""
    asked = questions(opening, _dates(opening, min(days)))
    ahead = Ahead(opening.project.churn, opening.project.value, opening.watermark)
    each = _seasons(opening, asked, ahead, days)
    opening.progress("try horizons", 0.0)
    parts = shards.mapped(
        lambda shard: counting.counted(shard, asked, ahead, days, each),
        opening.tables,
        opening.project.time_zone,
        opening.limits(len(asked.as_ofs)),
        None,
        lambda share: opening.progress("try horizons", share),
    )
    return Counts.total([counting.none(days), *parts])


def _seasons(opening: Opened, asked: Questions, ahead: Ahead, days: Sequence[int]) -> list[Seasons] | None:
    """The seasons of each horizon, where churn is a decline; None: it is none."""
    if ahead.churn.kind != "partial":
        return None
    begins, day = opening.calendar.date(first_event(opening)), opening.calendar.date
    # Before a longer horizon there have to be more days of events.
    return [
        {date: season for date, season in found.items() if (day(date) - begins).days >= horizon}
        for horizon, found in zip(days, seasons.counted(opening, asked, ahead, days), strict=True)
    ]


def _dates(opening: Opened, days: int) -> list[int]:
    """The snapshot dates whose labels are complete with a horizon; none where there are none."""
    plan, churn = opening.project.snapshots, opening.project.churn
    tail, compared = churn.tail_of(days), None if churn.compared_days is None else days
    bounds = first_event(opening), opening.watermark
    try:
        found = snapshots.dates(plan, opening.calendar, *bounds, tail, compared)
    except DataError:
        return []
    whole = opening.calendar.ahead(np.array(found), tail) <= opening.watermark
    return [as_of for as_of, complete in zip(found, whole, strict=True) if complete]


def _learned(opening: Opened, days: int) -> tuple[list[int], list[int]]:
    """(all dates, those settled before the last of them, on which models are tested)."""
    dates = _dates(opening, days)
    if not dates:
        return [], []
    tail = opening.project.churn.tail_of(days)
    settled = folds.settled(np.array(dates), dates[-1], tail, opening.calendar)
    return dates, [date for date, before in zip(dates, settled, strict=True) if before]


def _candidate(opening: Opened, found: Counts, place: int, days: int) -> Candidate:
    dates, train = _learned(opening, days)
    rows = int(found.rows[place].sum())
    reached = int(found.silences.reached[place]) if opening.project.churn.kind in BY_SILENCE else 0
    return Candidate(
        days=days,
        churn_rate=int(found.churned[place].sum()) / rows if rows else None,
        rows=rows,
        return_rate=int(found.silences.ended[place]) / reached if reached else None,
        silences=reached,
        by_rhythm=counting.describe(found, place),
        dates=len(dates),
        train_dates=len(train),
    )


def _suggested(opening: Opened, candidates: Sequence[Candidate]) -> int | None:
    """The shortest horizon from which few enough come back, as far as that was observed."""
    if opening.project.churn.kind not in BY_SILENCE:  # how far to look is a choice, not a discovery
        return None
    most = opening.project.churn.max_return_rate
    enough = (
        each.days
        for each in candidates
        if each.silences >= LEAST and each.return_rate is not None and each.return_rate <= most
    )
    return next(enough, None)


def _infeasible(opening: Opened) -> str | None:
    """What the data do not allow with the configured horizon, and by how many days; None: they do."""
    churn, plan, tail = opening.project.churn, opening.project.snapshots, opening.project.churn.tail_days
    begins = opening.calendar.date(first_event(opening))
    ends = opening.calendar.date(opening.watermark)
    span = (ends - begins).days
    after = (
        "gap, horizon, grace and settlement" if churn.kind == "contractual" else "gap, horizon and settlement"
    )
    told = f"the data span {span} days, {begins} to {ends}"
    if tail > span:
        return f"{tail} days of {after} are longer than all of the history, by {tail - span}: {told}"
    dates, train = _learned(opening, churn.horizon_days)
    if not dates:
        history = max(plan.min_history_days, churn.compared_days or 0)
        need = history + tail
        more = f", {need - span} more than there are" if need > span else ""
        needed = f"{history} days of history and {tail} of {after} are needed{more}"
        return f"no snapshot date has a complete label: {needed}; {told}"
    if not train:
        first, test = (opening.calendar.date(date) for date in (dates[0], dates[-1]))
        late = _lacking(opening, dates, tail)
        late_by = f"{first}, the first, is settled {late} days after the test date {test}"
        return f"no training date is settled before models are tested: {late_by}; {told}"
    return None


def _lacking(opening: Opened, dates: Sequence[int], tail: int) -> int:
    settled: dt.date = opening.calendar.date(int(opening.calendar.ahead(np.array(dates[:1]), tail)[0]))
    return (settled - opening.calendar.date(dates[-1])).days
