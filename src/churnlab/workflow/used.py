"""The chapters of the report about the use of a list: money, the campaign, what moved, what to follow."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from churnlab.config import Project
from churnlab.explain.canvas import Picture
from churnlab.explain.exhibits import Exhibit
from churnlab.lists import manifest as kept
from churnlab.workflow import campaigned, figures, movements, published, values


def chapters(
    project: Project, run: Path, manifest: Mapping[str, Any]
) -> tuple[list[Exhibit], dict[str, Picture]]:
    """Of the published lists in ``run``, beside those of the date before where there are any."""
    currency, before = str(manifest["currency"]), published.run_before(project, run)
    if before is not None and published.currency(before) != currency:
        before = None
    parts = [
        values.money(run, manifest, project.locale),
        campaigned.campaign(run, manifest, project.locale),
    ]
    if before is None:
        now, then = figures.standing(run, manifest, movements.goal(run, currency)), None
    else:
        parts.append(movements.strategies(before, run, project.locale))
        moved, goal_then, goal_now = movements.phases(before, run, currency)
        parts.append((moved, {}))
        now = figures.standing(run, manifest, goal_now)
        then = figures.standing(before, kept.read(before), goal_then)
    exhibits = [exhibit for some, _ in parts for exhibit in some]
    exhibits += figures.followed(now, then)
    return exhibits, {name: each for _, drawn in parts for name, each in drawn.items()}
