"""Whether new lists may be released: beside the releases of earlier dates, before CURRENT names them.

Lists are comparable where the same question was answered and the same cuts place customers. Another
champion with both is compared: that is when a bad model shows. Other terms, or cuts that were learned
anew, were asked for; the lists that follow are the first of their kind.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from churnlab.config import Project
from churnlab.lists import commit, release
from churnlab.lists.previous import Previous
from churnlab.lists.release import Approval, Candidate, Released, Verdict
from churnlab.lists.seen import Seen
from churnlab.lists.spool import Ranked
from churnlab.tracking import Run
from churnlab.workflow import published, terms
from churnlab.workflow.cutting import KEY
from churnlab.workflow.drifting import Drift

TAG = "churnlab.release"
_LONGEST = 500


def comparable(extra: Mapping[str, Any], project: Project) -> str:
    """The same for lists whose sizes and shares may be compared. ``extra``: what a model's file holds."""
    listed = {
        "suppressing": project.suppressing is not None,
        "campaign": project.campaign is not None,
        "lost": project.lists.lost is not None,
    }
    meant = {"terms": terms.meaning(extra["terms"]), "cuts": extra[KEY], "listed": listed}
    text = json.dumps(meant, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def candidate(kind: str, ranked: Ranked, drift: Drift, seen: Seen, before: Previous | None) -> Candidate:
    """What is compared of lists that would be released. ``kind``: as ``comparable`` has it; ``before``: the
    lists of the last date.
    """
    campaign = {} if ranked.decided is None else ranked.decided.facts
    budget = campaign.get("budget")
    return Candidate(
        comparable=kind,
        customers={row.strategy: row.customers for row in ranked.totals},
        indexes=drift.scores_moved(),
        cost=None if budget is None else (float(campaign["expected_cost"]), float(budget)),
        distinct=(seen.distinct(), seen.customers),
        overlap=None if before is None else seen.overlap(before.table.num_rows),
    )


def judged(project: Project, day: dt.date, new: Candidate, approvals: Sequence[Approval]) -> Verdict:
    """``new`` beside the lists of the dates before ``day``."""
    earlier = [Released.of(manifest) for manifest in published.earlier(project, day)]
    return release.judge(new, earlier, project.release, approvals)


def gate(
    verdict: Verdict,
    root: Path,
    key: str,
    last_look: Callable[[Path], object] | None,
    *,
    dry_run: bool = False,
) -> Callable[[Path], object]:
    """For ``commit.publish``: first ``last_look``, which no approval reaches, then the verdict.

    ``root``: the folder of the date, whose name is the date. ``dry_run``: what is held back is not
    kept there.
    """

    def look(stage: Path) -> None:
        if last_look is not None:
            last_look(stage)
        staged = str(commit.staged(root, key))
        # In the words that go on: "look at ...".
        verdict.require(f"what a run without --dry-run leaves in {staged}" if dry_run else staged, root.name)

    return look


def tag(run: Run, verdict: Verdict) -> None:
    """Say in the tracking store how it came out, and who approved what."""
    said = "; ".join(
        [verdict.outcome, *(f"{each.check} by {each.by}: {each.reason}" for each in verdict.approvals)]
    )
    run.tag({TAG: said[:_LONGEST]})


def unneeded(verdict: Verdict, approvals: Sequence[Approval]) -> tuple[str, ...]:
    """That approvals were given which nothing needed."""
    spare = sorted({each.check for each in approvals} - {each.check for each in verdict.approvals})
    return (f"release gate: {', '.join(spare)} needed no approval, and none is recorded",) if spare else ()
