"""Where lists come from: what every row of them says of it, and what their manifest does."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping

from churnlab.config import Project
from churnlab.lists import manifest
from churnlab.lists.build import Stamp
from churnlab.lists.previous import Previous
from churnlab.models.files import Models
from churnlab.strategy.summary import Totals
from churnlab.tables.money import exponent
from churnlab.tracking import Champion
from churnlab.workflow import suppressing
from churnlab.workflow.drifting import Drift
from churnlab.workflow.opening import Opened, code_version, settings_digest
from churnlab.workflow.placing import NOTHING, Around
from churnlab.workflow.results import plain_count
from churnlab.workflow.second_life import SecondLife
from churnlab.workflow.suppressing import Suppressing


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
        lost_version=None if second is None else second.version,
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
