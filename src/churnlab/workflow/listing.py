"""`features`: what a project's sources allow, from a handful of its own customers."""

from __future__ import annotations

from dataclasses import replace

from churnlab import shards
from churnlab.config import Project
from churnlab.errors import DataError
from churnlab.features import catalogue
from churnlab.features.feature import Description
from churnlab.history import History, eligible
from churnlab.workflow.opening import Frames, Opened, Progress, opened, scoring_date, silent
from churnlab.workflow.results import Listed

# Events: which features exist depends on the columns, not on the customers. Fewer would mean more shards,
# and dealing ten million rows to twenty thousand shards takes four times as long as to a thousand.
_ENOUGH = 20_000


def list_features(project: Project, frames: Frames | None = None, *, progress: Progress = silent) -> Listed:
    """Every feature of ``project`` with its family, unit, meaning, dimension and sentences."""
    with opened(project, frames, progress) as opening:
        progress("list features", None)
        if not opening.has_histories:
            return Listed(_attributes(opening))
        few = replace(opening.limits(), shard_events=_ENOUGH)
        shard = next(shards.each(opening.tables, project.time_zone, few), None)
        if shard is None:
            raise DataError(
                "the project has no transactions, and features are made of them",
                got="0 rows accepted",
                mend="deliver some rows first: sources.transactions says where they are read from",
            )
        as_of = opening.calendar.instant(scoring_date(opening, None))
        past = History.of(eligible.candidates(shard, [as_of]), opening.calendar, project.features)
        made = catalogue.compute(past, opening.families)
        return Listed(tuple(feature.described(family) for family, feature in made))


def _attributes(opening: Opened) -> tuple[Description, ...]:
    from churnlab.workflow.panels import snapshot_panel

    return snapshot_panel(opening).features
