"""How a verdict of the registry gate is told: to people, as tags, and as an exit code."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from churnlab.errors import NotPromotedError
from churnlab.evaluation.bounds import Check
from churnlab.evaluation.gate import CANDIDATE, Verdict
from churnlab.tracking.changes import GATE, REASON, line
from churnlab.workflow import standing

if TYPE_CHECKING:
    from churnlab.workflow.results import Trained


def tags(verdict: Verdict) -> dict[str, str]:
    """The verdict and its reason, for the version and the run."""
    return {GATE: verdict.outcome, REASON: line(verdict.reason)}


def section(version: str, verdict: Verdict) -> Mapping[str, Any]:
    """The verdict and every check, as a table."""
    stays = "there is no champion" if verdict.champion is None else f"version {verdict.champion} stays"
    what = f"version {version} is the champion" if verdict.promoted else stays
    if verdict.outcome == CANDIDATE:
        what = f"version {version} waits for a sign-off; {stays}"
    return {
        "title": f"Gate: {verdict.outcome}, {what}",
        "columns": ("check", "", "what was asked", "what came"),
        "texts": 4,
        "rows": [(check.name, _mark(check), check.asked or "-", check.said) for check in verdict.checks],
        "lines": [f"  {line}" for line in (verdict.reason, *verdict.notes, *_next(version, verdict))],
    }


def require_champion(trained: Trained) -> None:
    """Raise ``NotPromotedError`` (exit 4) for a suspected leak, or where no list can be made now.

    A challenger that is refused beside a champion that can do the work is no error: the lists go on.
    """
    verdict = trained.verdict
    leak = verdict.leaks
    if leak is not None:
        names = dict.fromkeys(name.rpartition(" ")[0] for name in leak.figures)
        stays = "" if verdict.champion is None else f"; version {verdict.champion} stays the champion"
        raise NotPromotedError(
            f"suspected_leak: {', '.join(sorted(names))}",
            got=f"{leak.said}; version {trained.version} is registered for a look, no list uses it",
            mend="remove the attribute or family it comes from; if it was truly known at as_of, name it in "
            f"evaluation.accepted_leaks{stays}",
            result=trained,
        )
    require_lists(trained, verdict.usable)


def require_lists(trained: Trained, possible: bool) -> None:
    """Raise ``NotPromotedError`` (exit 4) unless the new version, or the one that stays, can make lists."""
    verdict = trained.verdict
    if verdict.outcome == CANDIDATE and not possible:
        raise NotPromotedError(
            f"version {trained.version} passed the gate and waits for a sign-off (gate.strict); "
            "until then there is no model to make lists with",
            got=verdict.reason,
            mend=f"read its report and sign it: {standing.how_to_sign(trained.version)}",
            result=trained,
        )
    if not verdict.promoted and not possible:
        raise NotPromotedError(
            "the model was not promoted, and there is no other to make lists with",
            got=verdict.reason,
            mend=f"{_way_out(verdict)}; see churnlab models CONFIG",
            result=trained,
        )


def _way_out(verdict: Verdict) -> str:
    """What may be done about the checks that failed."""
    failed = {check.name: check for check in verdict.checks if check.passed is False and check.blocks}
    error = failed["ece"].figures.get("challenger") if set(failed) == {"ece"} else None
    if error is None:
        return "more data, or bounds of your own under gate:"
    bound = math.ceil(100 * error) / 100
    return f"more dates, another horizon; or, if so large an error is good enough, gate.max_ece: {bound:.2f}"


def _next(version: str, verdict: Verdict) -> tuple[str, ...]:
    return (f"next: {standing.how_to_sign(version)}",) if verdict.outcome == CANDIDATE else ()


def _mark(check: Check) -> str:
    if check.passed:
        return "ok"
    return "-" if check.passed is None else "FAILS" if check.blocks else "named"
