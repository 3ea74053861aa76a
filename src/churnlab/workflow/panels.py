"""From an opened project to panels: of every training date, of one scoring date, of a snapshot table."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

import numpy as np

from churnlab import engine, shards
from churnlab import panel as panels
from churnlab.config import Project
from churnlab.history import History, eligible
from churnlab.panel import PARENT, Ahead, Panel, Questions
from churnlab.panel.cache import Cache
from churnlab.panel.panel import joined, stamped
from churnlab.panel.rows import Measures
from churnlab.panel.sample import Sampler
from churnlab.shards import Shard
from churnlab.tables.money import exponent
from churnlab.workflow import panel_keys, reach, seasons
from churnlab.workflow.opening import Frames, Opened, Progress, measures, opened, silent

_ONCE = 0  # the instant of a snapshot table: it has no dates


def make_panel(project: Project, frames: Frames | None = None, *, progress: Progress = silent) -> Panel:
    """The panel that ``train`` learns from; ``panel.frame()`` shows it as a table."""
    with opened(project, frames, progress) as opening:
        return training_panel(opening)[0]


def training_panel(opening: Opened) -> tuple[Panel, Mapping[str, int]]:
    """All rows with a past, at every training date; and how many were left out, by reason."""
    project = opening.project
    if not opening.has_histories:
        return _labelled(opening)
    short = reach.shorter(opening)
    if short is not None:
        return _short(opening, *short)
    asked = questions(opening, reach.training_dates(opening))
    ahead = Ahead(project.churn, project.value, opening.watermark)

    def compute(families: Sequence[str]) -> tuple[Panel, dict[str, int]]:
        some = replace(asked, families={name: asked.families[name] for name in families})
        sampler = Sampler(project.models.row_budget, project.models.seed)
        # Seasons follow from what the keys and the fingerprint are made of, so they are not in them.
        measured = seasons.known(opening, some, ahead)
        return panels.gathered(_blocks(opening, some, measured, sampler=sampler), some, sampler)

    if project.engine.cache == "none":
        made = compute(tuple(asked.families))
    else:
        cache = Cache(opening.out / "cache" / "panel", engine.size(project.engine.cache))
        made = cache.panel(panel_keys.of(opening, asked), compute)
    return panels.finished(*made, asked, ahead, opening.digests)


def shortened_panel(opening: Opened, days: int, dates: Sequence[int]) -> Panel:
    """Rows at ``dates`` with outcomes of ``days`` instead of the horizon."""
    return replace(_with_outcomes(opening, dates, days, Counter()), learned_days=days)


def _short(opening: Opened, learned: int, dates: Sequence[int], test: int) -> tuple[Panel, Mapping[str, int]]:
    """Rows with outcomes of ``learned`` days at ``dates``, and with those of the horizon at ``test``."""
    excluded = Counter[str]()
    horizon = opening.project.churn.horizon_days
    parts = (
        _with_outcomes(opening, dates, learned, excluded),
        _with_outcomes(opening, [test], horizon, excluded),
    )
    panel = stamped(joined(parts), opening.digests, {"parts": [part.fingerprint for part in parts]})
    return replace(panel, learned_days=learned, sample=parts[0].sample), excluded


def _with_outcomes(opening: Opened, as_ofs: Sequence[int], days: int, excluded: Counter[str]) -> Panel:
    """Rows at ``as_ofs`` with outcomes of ``days``; who is left out is counted in."""
    churn, value, models = opening.project.churn, opening.project.value, opening.project.models
    asked = questions(opening, as_ofs)
    # A value over the churn horizon is shortened with it, however it is written; another stays as it is.
    if value.horizon_days == churn.horizon_days:
        value = value.model_copy(update={"horizon_days": None})
    ahead = Ahead(churn.model_copy(update={"horizon_days": days}), value, opening.watermark)
    sampler = Sampler(models.row_budget, models.seed)
    blocks = _blocks(opening, asked, ahead, sampler=sampler)
    made, left_out = panels.build(blocks, asked, ahead, opening.digests, sampler)
    excluded.update(left_out)
    return made


def _labelled(opening: Opened) -> tuple[Panel, Mapping[str, int]]:
    """The rows of a snapshot table that are learned from, and how many have no label."""
    panel, models = snapshot_panel(opening), opening.project.models
    sampler = Sampler(models.row_budget, models.seed)
    sampler.see(panel.customer_id)
    excluded = {"label_missing": int(np.isnan(panel.churned).sum())}
    if sampler.sample is not None:
        excluded |= {"not_in_sample": sampler.sample.of_rows - sampler.sample.rows}
        panel = replace(panel.take(sampler.keeps(panel.customer_id)), sample=sampler.sample)
        excluded["label_missing"] = int(np.isnan(panel.churned).sum())
    return panel, {reason: rows for reason, rows in excluded.items() if rows}


def scoring_panel(opening: Opened, day: dt.date, only: str | None = None) -> tuple[Panel, Mapping[str, int]]:
    """Everyone eligible at the local midnight of ``day``, or one of them; how many were not, by reason."""
    if not opening.has_histories:
        return _still_there(snapshot_panel(opening), only)
    asked = questions(opening, [opening.calendar.instant(day)])
    return panels.build(_blocks(opening, asked, None, only), asked, None, opening.digests)


def scoring_blocks(
    opening: Opened, day: dt.date, measured: Measures = measures, *, may_be_nobody: bool = False
) -> Iterator[tuple[Panel, Mapping[str, int]]]:
    """The same people, some at a time in no particular order: however many there are, few are held.

    ``measured``: what is measured beside the features. Raises DataError at the end where there was nobody,
    unless there ``may_be_nobody``.
    """
    if not opening.has_histories:
        yield _still_there(snapshot_panel(opening), None)
        return
    asked = with_parents(opening, questions(opening, [opening.calendar.instant(day)], measured=measured))
    customers, excluded = 0, Counter[str]()
    for panel, reasons in _blocks(opening, asked, None):
        customers += len(panel)
        excluded.update(reasons)
        yield panel, reasons
    if not customers and not may_be_nobody:
        raise panels.nobody(asked, excluded)


def scoring_pasts(
    opening: Opened, day: dt.date, only: str, measured: Measures = measures
) -> Iterator[tuple[Panel, Mapping[str, int], History | None]]:
    """The same of one customer, who may not be there, with the past behind the row.

    The past knows what the features knew, and is None in a project without histories.
    """
    if not opening.has_histories:
        panel, reasons = _still_there(snapshot_panel(opening), only)
        yield panel, reasons, None
        return
    asked = with_parents(opening, questions(opening, [opening.calendar.instant(day)], only, measured))

    def work(shard: Shard) -> tuple[Panel, Mapping[str, int], History]:
        past = History.of(eligible.candidates(shard, asked.as_ofs), asked.calendar, asked.plan)
        return (*panels.answered(shard, asked), past)

    yield from shards.mapped(work, opening.tables, opening.project.time_zone, opening.limits(only=only), only)


def _still_there(panel: Panel, only: str | None) -> tuple[Panel, Mapping[str, int]]:
    """Of a snapshot table: those without a label yet, or else those whose label says they stayed."""
    if only is not None:
        return panel, {}
    unlabelled = np.isnan(panel.churned)
    rows = unlabelled if unlabelled.any() else panel.churned == 0
    reason = "label_known" if unlabelled.any() else "already_churned"
    left_out = int((~rows).sum())
    return panel.take(rows), {reason: left_out} if left_out else {}


def snapshot_panel(opening: Opened) -> Panel:
    """The panel of a snapshot table: one row a customer, its label supplied."""
    project = opening.project
    return panels.of_snapshot_table(
        opening.tables,
        project.churn.positive_label or "",
        project.churn.negative_label,
        _ONCE,
        plan=project.features,
        families=opening.families,
        measures=measures,
        segments=project.segments,
        exponent=exponent(project.currency),
    )


def questions(
    opening: Opened, as_ofs: Sequence[int], only: str | None = None, measured: Measures = measures
) -> Questions:
    """What the project asks of every customer at each of ``as_ofs``, or of one."""
    project = opening.project
    return Questions(
        as_ofs=as_ofs,
        calendar=opening.calendar,
        plan=project.features,
        families=opening.families,
        who=project.snapshots,
        measures=measured,
        segments=project.segments,
        exponent=exponent(project.currency),
        compiled=opening.limits(only=only).compiled,
        kind=project.churn.kind,
        compared_days=project.churn.compared_days,
    )


def with_parents(opening: Opened, asked: Questions) -> Questions:
    """The same, asking for the parent of everybody as well, where accounts roll up: only for lists."""
    if not opening.project.parents:
        return asked
    return replace(asked, segments=(*asked.segments, PARENT))


def _blocks(
    opening: Opened,
    asked: Questions,
    ahead: Ahead | None,
    only: str | None = None,
    *,
    sampler: Sampler | None = None,
) -> Iterator[tuple[Panel, Mapping[str, int]]]:
    step = "make features"
    opening.progress(step, 0.0)
    yield from shards.mapped(
        lambda shard: panels.answered(shard, asked, ahead, sampler),
        opening.tables,
        opening.project.time_zone,
        opening.limits(len(asked.as_ofs)),
        only,
        lambda share: opening.progress(step, share),
    )
