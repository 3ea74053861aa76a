"""`sign`: a person's word on a version, kept with the digests of what was read; and what follows from it.

Where ``gate.strict`` is on, a version that the gate let pass waits as a candidate until it is approved,
and a champion whose last sign-off is ``rejected`` makes no lists. Else a sign-off is a record, no more.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churnlab import tracking
from churnlab.config import Project
from churnlab.errors import ConfigError, IntegrityError, did_you_mean
from churnlab.evaluation.gate import CANDIDATE
from churnlab.models import files
from churnlab.tracking import EVIDENCE_TAG, SAID, Champion, Change, Run, SignOff, Store, Version, Written
from churnlab.tracking.changes import actor
from churnlab.workflow import finding, standing, terms
from churnlab.workflow.opening import out_folder, writing
from churnlab.workflow.reviewing import evidence_of, file_of

CONDITIONS = "approved_with_conditions"
_LONGEST = {"reviewer": 200, "comment": 1_000}  # letters: what a report shows whole


@dataclass(frozen=True)
class Signed:
    """What was recorded of ``version``, and the change of champion that followed from it, if one did."""

    version: str
    signed: SignOff
    change: Change | None
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return {
            "version": self.version,
            "sign_off": self.signed.as_dict(),
            "champion_now": None if self.change is None else self.change.version,
            "notes": list(self.notes),
        }

    def sections(self) -> Iterator[Mapping[str, Any]]:
        signed = self.signed
        digests = {"report": signed.report, "evidence": signed.evidence, **dict(sorted(signed.model.items()))}
        lines = [f"  comment      {signed.comment}"] if signed.comment else []
        lines += [f"  {name:<12} sha256 {sha256}" for name, sha256 in digests.items()]
        yield {
            "title": f"Version {self.version}: {standing.told(signed)}",
            "lines": [*lines, *(f"  {note}" for note in self.notes)],
        }


def sign(
    project: Project, *, reviewer: str, verdict: str, comment: str = "", version: str | None = None
) -> Signed:
    """Record what ``reviewer`` says of ``version`` after reading its report; None: of the champion.

    ``verdict``: ``approved``, ``approved_with_conditions`` or ``rejected``. Raises ``ConfigError`` (exit
    2) where no report of that version was written before, ``IntegrityError`` (exit 5) where the model,
    the report or what training kept is not what was recorded.
    """
    reviewer, comment = _line("reviewer", reviewer), _line("comment", comment)
    if verdict not in SAID:
        hint = did_you_mean(verdict, SAID)
        raise ConfigError(f"--verdict {verdict}: no such verdict{hint}", mend=f"one of {', '.join(SAID)}")
    if not reviewer:
        raise ConfigError("a sign-off needs the name of who reviewed", mend='--reviewer "Ann Example"')
    if verdict == CONDITIONS and not comment:
        raise ConfigError(
            f"{verdict}: the conditions are missing", mend='--comment "only for contacts by post, until June"'
        )
    store = tracking.open_store(project.tracking, project.project, Path(project.root))
    with writing(project):
        now = tracking.alias(store)
        named = _meant(store, now, version)
        found = tracking.fetched(store, named.version)
        models = files.load(found.folder, found.digests)
        written = _written(project, store, found)
        offered = SignOff(
            reviewer,
            verdict,
            comment,
            at=dt.datetime.now(dt.UTC).isoformat(timespec="seconds"),
            by=actor(),
            model=dict(found.digests),
            evidence=_evidence(store, found),
            report=written.sha256,
            review=written.review,
        )
        signed = tracking.sign(store, named.version, offered)
        change, notes = _followed(project, store, named, now, signed)
    other = terms.differences(project, models.extra["terms"]) if change else []
    if other:
        notes.append(f"to score with it, put the configuration back: {'; '.join(other[:3])}")
    return Signed(named.version, signed, change, tuple(notes))


def _line(what: str, text: str) -> str:
    """One line of printable text; too long is refused, since nothing of what is signed may be cut."""
    line = " ".join("".join(char if char.isprintable() else " " for char in text).split())
    if len(line) > _LONGEST[what]:
        raise ConfigError(
            f"--{what}: too long",
            got=f"{len(line):,} characters",
            mend=f"{_LONGEST[what]:,} at most; a longer text belongs into a document that it names",
        )
    return line


def _meant(store: Store, now: str | None, version: str | None) -> Version:
    """The version that is signed; the champion, where nothing else could be meant."""
    listed = tracking.versions(store)
    led = tracking.former(listed, tracking.champions(store), now) if listed else ()
    waiting = [each.version for each in listed if _waits(each, now) and each.version not in led]
    if version is None and (now is None or waiting):
        champion = "there is no champion" if now is None else f"version {now} is the champion"
        others = f"; waiting for a sign-off: {', '.join(waiting)}" if waiting else ""
        raise ConfigError("which version is signed?", got=champion + others, mend="name it: --version N")
    return finding.found(store, listed, str(now) if version is None else version)


def _waits(version: Version, now: str | None) -> bool:
    return version.gate == CANDIDATE and (now is None or int(version.version) > int(now))


def _evidence(store: Store, version: Champion) -> str:
    evidence_of(store, version)  # it is what the tag says
    return Run.of(store, version.run_id).tags()[EVIDENCE_TAG]


def _written(project: Project, store: Store, version: Champion) -> Written:
    """The report of ``version`` that was written last, verified: the file, or its copy where it is gone."""
    number = version.version
    written = tracking.last_report(store, number)
    if written is None:
        raise ConfigError(
            f"no report of version {number} was written yet: there is nothing that somebody could have read",
            mend=standing.how_to_sign(number),
        )
    ours = {file_of(project, number, champion).name for champion in (None, number)}
    path = out_folder(project) / written.file
    try:
        content = path.read_bytes() if path.is_file() else tracking.kept_report(store, written)
    except Exception:  # noqa: BLE001 - whatever the artifact store says: nobody can read it
        content = b""
    if written.file not in ours or hashlib.sha256(content).hexdigest() != written.sha256:
        raise IntegrityError(
            f"{written.file} is not the report that was written last of version {number}",
            got="other bytes, or none",
            mend=f"write it and read it again: {standing.how_to_sign(number)}",
        )
    return written


def _followed(
    project: Project, store: Store, named: Version, now: str | None, signed: SignOff
) -> tuple[Change | None, list[str]]:
    """The change of champion that the sign-off makes, or why it makes none."""
    why_not = _why_not(project, store, named, now, signed)
    if why_not is not None:
        return None, [why_not] if why_not else []
    reason = f"{CANDIDATE}: {standing.told(signed)}" + (f": {signed.comment}" if signed.comment else "")
    change = tracking.move(store, named.version, before=now, reason=reason)
    before = "" if now is None else f", instead of version {now}"
    notes = [f"version {named.version} is the champion now{before}"]
    return change, [*notes, *_judged_beside(store, named, now)]


def _why_not(project: Project, store: Store, named: Version, now: str | None, signed: SignOff) -> str | None:
    """Why the champion stays; an empty text where that needs no word, None where it does not stay."""
    stays = "there is still no champion" if now is None else f"version {now} stays the champion"
    if not project.gate.strict:
        return f"{stays}: gate.strict is off" if named.gate == CANDIDATE and named.version != now else ""
    if named.version == now:
        if signed.approves:
            return ""
        return f"no list is made with it any more: {standing.way_on(store, named.version)}"
    if not signed.approves:
        return stays
    if named.gate != CANDIDATE:
        said = named.gate or "nothing"
        return (
            f"{stays}: of version {named.version} the gate said {said}, not {CANDIDATE}{_again(store, named)}"
        )
    if project.gate.hold:
        return f"{stays}: gate.hold is on"
    if not _waits(named, now):
        return f"{stays}, since it is newer{_again(store, named) or '; train again for a newer candidate'}"
    return None


def _again(store: Store, named: Version) -> str:
    """How a version becomes champion that has been one before, and no candidate can; else nothing."""
    if named.version not in tracking.former([named], tracking.champions(store), tracking.alias(store)):
        return ""
    return f'; it has been champion: churnlab rollback CONFIG --to {named.version} --reason "..."'


def _judged_beside(store: Store, named: Version, now: str | None) -> Iterator[str]:
    """A note where the champion is not the one that the gate compared the candidate with."""
    try:
        beside = json.loads(Run.of(store, named.run_id).read_text("gate.json"))["champion"]
    except Exception:  # noqa: BLE001 - a note only: the alias has moved already
        return
    if beside != now:
        yield f"the gate compared it with version {beside or 'none'}, not with version {now or 'none'}"
