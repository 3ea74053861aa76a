"""The registry gate: may a new model replace the champion? Judged on the same held-out rows.

promoted      it is shown to be about as good as the champion, or better: lists follow the newest such model
first         there was no champion, and all that needs none is in order
refused       the champion stays; the reason names each check that failed
candidate     promoted or first, but gate.strict is on: it waits until somebody approves it
insufficient  too few of either outcome among the held-out rows to say anything: the champion stays

A challenger that is equal within the bounds is promoted: trained again on the same data a model is the
same, and one that has seen a later month should not wait to be visibly better. What must be shown is that
it is not worse: on few customers an interval is wide, and a challenger may fail to show it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final, Literal

from churnlab.config import Gate
from churnlab.evaluation import bounds as checks
from churnlab.evaluation.bounds import Check, Scores, Window
from churnlab.evaluation.leaks import Leak
from churnlab.evaluation.rows import Floats

Outcome = Literal["promoted", "first", "candidate", "refused", "insufficient"]
CANDIDATE: Final = "candidate"
NO_RIVAL = frozenset({"prior"})  # everybody's risk is the same: it ranks nobody


@dataclass(frozen=True, eq=False)
class Rival:
    """The champion. ``scores`` None: it cannot be asked about these rows, for the reason ``why``.

    ``seen``: that it has learned from a part of them, in a sentence; it then looks better than it is.
    ``usable``: whether its files are whole. ``answers``: and it fits the configuration as it is now.
    """

    version: str
    scores: Scores | None = None
    why: str | None = None
    seen: str | None = None
    usable: bool = False
    answers: bool = False


@dataclass(frozen=True)
class Verdict:
    """What became of a challenger, and every check behind it.

    ``champion``: the version it stood beside. ``usable``, ``answers``: whether lists can be made with
    that one, and whether they can as the project is configured now.
    """

    outcome: Outcome
    reason: str
    checks: tuple[Check, ...]
    champion: str | None = None
    notes: tuple[str, ...] = ()
    usable: bool = False
    answers: bool = False

    @property
    def promoted(self) -> bool:
        """Whether the challenger is to be the champion."""
        return self.outcome in {"promoted", "first"}

    @property
    def leaks(self) -> Check | None:
        """The check for leaks, where it failed."""
        return next((each for each in self.checks if each.name == "leak" and not each.passed), None)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "verdict": self.outcome,
            "reason": self.reason,
            "champion": self.champion,
            "checks": [each.as_dict() for each in self.checks],
            "notes": list(self.notes),
        }


def judge(
    window: Window,
    challenger: Scores,
    rival: Rival | None,
    baselines: Mapping[str, Floats],
    leaks: Sequence[Leak],
    accepted: Collection[str],
    bounds: Gate,
) -> Verdict:
    """Challenger against champion on ``window``. ``accepted``: features whose leak a person has accepted."""
    enough = checks.positives(window, bounds)
    made = [enough, checks.leak(leaks, accepted)]
    if not enough.passed:
        reason = "; ".join(f"{each.name}: {each.told}" for each in made if not each.passed)
        return _verdict("insufficient", reason, made, rival)
    made.append(checks.calibrated(window, challenger, bounds))
    if rival is not None:
        made += _beside(window, challenger, rival, bounds)
    rivals = {name: risk for name, risk in baselines.items() if name not in NO_RIVAL}
    made += checks.baselines(window, challenger, rivals, bounds)
    verdict = _decided(made, rival)
    if bounds.strict and verdict.promoted:
        reason = f"{verdict.reason}; it waits for a sign-off (gate.strict)"
        return replace(verdict, outcome=CANDIDATE, reason=reason)
    return verdict


def _beside(window: Window, challenger: Scores, rival: Rival, bounds: Gate) -> Iterator[Check]:
    if rival.scores is None:
        said = f"not compared with version {rival.version}: {rival.why}"
        yield Check("comparison", None, said, blocks=bounds.other_terms == "refuse")
    else:
        yield from checks.ranks(window, challenger, rival.scores, bounds)
        yield checks.as_calibrated(window, challenger, rival.scores, bounds)
        yield from checks.slices(window, challenger, rival.scores, bounds)
        yield from checks.worth(window, challenger, rival.scores, bounds)
    if bounds.hold:
        yield Check("hold", False, "gate.hold keeps the champion, whatever a challenger shows")


def _decided(made: Sequence[Check], rival: Rival | None) -> Verdict:
    failed = [each for each in made if each.blocks and not each.passed]
    if failed:
        return _verdict("refused", "; ".join(f"{each.name}: {each.told}" for each in failed), made, rival)
    named = [
        f"{each.name}: {each.told}"
        for each in made
        if each.name.startswith("baseline") and not each.said.startswith("ranks better")
    ]
    found = {each.name: each.said for each in made}
    if rival is None:
        return _verdict(
            "first", "; ".join(["no champion before; what needs none is in order", *named]), made, rival
        )
    if rival.scores is None:
        why = f"{found['comparison']}; what needs no champion is in order"
    else:
        why = f"within all bounds of version {rival.version}: average precision {found['average_precision']}"
    return _verdict("promoted", "; ".join([why, *named]), made, rival)


def _verdict(outcome: Outcome, reason: str, made: Sequence[Check], rival: Rival | None) -> Verdict:
    if rival is None:
        return Verdict(outcome, reason, tuple(made))
    notes = tuple(note for note in (rival.seen,) if note)
    return Verdict(outcome, reason, tuple(made), rival.version, notes, rival.usable, rival.answers)
