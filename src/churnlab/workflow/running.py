"""`run`: the whole job on one reading of the data: validate, train, score, review."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from churnlab import tracking
from churnlab.config import Project
from churnlab.errors import GateError, NotPromotedError
from churnlab.models import files
from churnlab.tracking import Store
from churnlab.workflow import verdicts
from churnlab.workflow.opening import Frames, Opened, Progress, opened, silent, writing
from churnlab.workflow.results import Ran, Trained
from churnlab.workflow.reviewing import review_version
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
        trained = _trained(opening, store)
        champion = tracking.champion(store)  # the new version, or the one that stayed
        models = files.load(champion.folder, champion.digests)
        try:
            scored = score_opened(opening, store, champion, models, as_of)
        except GateError as error:  # no lists; but there is a training, and it is recorded
            error.result = trained
            raise
        day = dt.date.fromisoformat(scored.as_of)
        reviewed = review_version(project, store, champion, day, progress)
    return Ran(validated, trained, scored, reviewed)


def _trained(opening: Opened, store: Store) -> Trained:
    """A training that is refused, even for a leak, keeps nobody from the lists of a champion that stays."""
    try:
        trained = train_opened(opening, store)
    except NotPromotedError as error:
        if not isinstance(error.result, Trained) or not error.result.verdict.answers:
            raise
        return error.result
    verdicts.require_lists(trained, trained.verdict.answers)
    return trained
