"""The pass before the panel, where churn is a decline: how all customers together did at each date."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from churnlab import shards
from churnlab.panel import Ahead, Questions
from churnlab.panel import seasons as counting
from churnlab.panel.declines import Seasons
from churnlab.workflow.opening import Opened


def known(opening: Opened, asked: Questions, ahead: Ahead) -> Ahead:
    """``ahead`` with the seasons of all dates asked about; as it is where churn is no decline."""
    if ahead.churn.kind != "partial":
        return ahead
    return replace(ahead, seasons=counted(opening, asked, ahead, [ahead.churn.horizon_days])[0])


def counted(opening: Opened, asked: Questions, ahead: Ahead, horizons: Sequence[int]) -> list[Seasons]:
    """The seasons of each horizon. Everybody counts, whoever is drawn into a sample later."""
    step = "compare dates"
    opening.progress(step, 0.0)
    parts = shards.mapped(
        lambda shard: counting.counted(shard, asked, ahead, horizons),
        opening.tables,
        opening.project.time_zone,
        opening.limits(len(asked.as_ofs)),
        None,
        lambda share: opening.progress(step, share),
    )
    return counting.total(parts, horizons)
