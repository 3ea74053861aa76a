"""`run`: the whole job on one reading of the data: validate, train, score, review."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from churnlab import tracking
from churnlab.config import Project
from churnlab.models import files
from churnlab.workflow.opening import Frames, Progress, opened, silent, writing
from churnlab.workflow.results import Ran
from churnlab.workflow.reviewing import review_champion
from churnlab.workflow.scoring import score_opened
from churnlab.workflow.training import train_opened
from churnlab.workflow.validating import validate_opened


def run(
    project: Project,
    as_of: dt.date | None = None,
    frames: Frames | None = None,
    *,
    progress: Progress = silent,
) -> Ran:
    """Validate, train, score (at ``as_of``, or the day the data is complete until) and review."""
    store = tracking.open_store(project.tracking, project.project, Path(project.root))
    with writing(project), opened(project, frames, progress, keep=True) as opening:
        validated = validate_opened(opening)
        trained = train_opened(opening, store)
        champion = tracking.champion(store)
        models = files.load(champion.folder, champion.digests)
        scored = score_opened(opening, store, champion, models, as_of)
        day = dt.date.fromisoformat(scored.as_of)
        reviewed = review_champion(project, store, champion, day, progress)
    return Ran(validated, trained, scored, reviewed)
