"""From an opened project to panels: of every training date, of one scoring date, of a snapshot table."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping, Sequence

import numpy as np

from churnlab import panel as panels
from churnlab import shards, snapshots
from churnlab.config import Project
from churnlab.panel import Panel
from churnlab.snapshots import Snapshots
from churnlab.tables.money import exponent
from churnlab.workflow.opening import Frames, Opened, Progress, measures, opened, silent

_ONCE = 0  # the instant of a snapshot table: it has no dates


def make_panel(project: Project, frames: Frames | None = None, *, progress: Progress = silent) -> Panel:
    """The panel that ``train`` learns from; ``panel.frame()`` shows it as a table."""
    with opened(project, frames, progress) as opening:
        return training_panel(opening)[0]


def training_panel(opening: Opened) -> tuple[Panel, Mapping[str, int]]:
    """All rows with a past, at every training date; and how many were left out, by reason."""
    if not opening.has_histories:
        panel = snapshot_panel(opening)
        missing = int(np.isnan(panel.churned).sum())
        return panel, {"label_missing": missing} if missing else {}
    asked = snapshots.at(opening.tables, training_dates(opening), opening.project.snapshots, opening.calendar)
    panel = _panel(opening, asked, "make features")
    return panel, panels.exclusions(asked, panel)


def scoring_panel(opening: Opened, day: dt.date, only: str | None = None) -> tuple[Panel, Mapping[str, int]]:
    """Everyone eligible at the local midnight of ``day``, or one of them; how many were not, by reason."""
    if not opening.has_histories:
        return _still_there(snapshot_panel(opening), only)
    as_of = opening.calendar.instant(day)
    asked = snapshots.at(opening.tables, [as_of], opening.project.snapshots, opening.calendar)
    if only is not None and (asked.customer_id == only).any():
        mine = asked.customer_id == only
        asked = Snapshots(asked.customer_id[mine], asked.as_of[mine])
    return _panel(opening, asked, "make features"), asked.excluded


def _still_there(panel: Panel, only: str | None) -> tuple[Panel, Mapping[str, int]]:
    """Of a snapshot table: those without a label yet, or else those whose label says they stayed."""
    if only is not None:
        return panel, {}
    unlabelled = np.isnan(panel.churned)
    rows = unlabelled if unlabelled.any() else panel.churned == 0
    reason = "label_known" if unlabelled.any() else "already_churned"
    left_out = int((~rows).sum())
    return panel.take(rows), {reason: left_out} if left_out else {}


def training_dates(opening: Opened) -> list[int]:
    """The instants at which customers are looked at for training: their churn labels are complete."""
    churn = opening.project.churn
    return snapshots.dates(
        opening.project.snapshots,
        opening.calendar,
        first_event(opening),
        opening.watermark,
        churn.gap_days + churn.horizon_days + churn.settlement_days,
    )


def first_event(opening: Opened) -> int:
    """The instant of the first transaction."""
    return int(opening.tables.con.execute(opening.tables.table("transactions").time.min()))


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
        segments=_segments(opening),
        exponent=exponent(project.currency),
    )


def _panel(opening: Opened, asked: Snapshots, step: str) -> Panel:
    project = opening.project
    opening.progress(step, 0.0)
    return panels.build(
        shards.each(opening.tables, asked, project.time_zone, project.engine.shard_events),
        opening.calendar,
        project.features,
        opening.families,
        project.churn,
        project.value,
        opening.watermark,
        measures=measures,
        segments=_segments(opening),
        exponent=exponent(project.currency),
        digests=opening.digests,
        progress=lambda rows: opening.progress(step, rows / len(asked)),
    )


def _segments(opening: Opened) -> Sequence[str]:
    project = opening.project
    listed = [project.lists.segment] if project.lists.segment else []
    return tuple(dict.fromkeys([*project.evaluation.segments, *listed]))
