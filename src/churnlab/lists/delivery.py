"""Lists brought to their destination: each once, whatever is killed in between, and a line for each.

    ledger has its line?            nothing to do
    destination holds it whole?     a run was killed before the line: the line is written now
    else                            stage -> destination (whole or not at all) -> line in the ledger

A delivery is an act of a day: a list that is no longer valid, or older than what was delivered, stays, and
so does the row of who has objected since.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal, Protocol

from churnlab.errors import GateError
from churnlab.lists import ledger, package
from churnlab.lists.layout import Layout
from churnlab.lists.ledger import Line
from churnlab.lists.outbox import Stages
from churnlab.lists.package import Meant, Record
from churnlab.lists.recheck import Recheck

DELIVERED = "delivered"  # the kind of a line
State = Literal[
    "delivered", "delivered again", "was delivered before", "its line was missing", "would be delivered"
]
_FROM_RECORD = (
    *("list_id", "delivery", "project", "campaign", "as_of", "list", "run_key", "model_version"),
    *("profile", "destination", "valid_until", "rows", "held_back", "reason", "sha256"),
)
_DAY = ("project", "campaign", "as_of", "destination")
_KIND = ("project", "campaign", "list", "destination")


class Destination(Protocol):
    """Where deliveries go: a folder, a database, a store."""

    def held(self, project: str, known: Collection[str]) -> Iterator[Record]:
        """The whole deliveries of ``project`` there, but for those whose names are ``known``."""

    def place(self, stage: Path, record: Record) -> None:
        """Hand over what is in ``stage``: all of it or nothing, and only once under its name."""

    def check(self, name: str, sha256: str) -> bool:
        """Whether it is still there; ``IntegrityError`` where it is another."""


@dataclass(frozen=True)
class Asked:
    """One published list to deliver. ``source``: its Parquet file. ``valid_until``: its last day."""

    meant: Meant
    source: Path
    layout: Layout
    model_version: str
    valid_until: date


@dataclass(frozen=True)
class Outcome:
    """What became of a list. ``delivery``: 1, or how often with this time. ``line``: in the ledger."""

    list: str
    list_id: str
    state: State
    delivery: int
    rows: int
    held_back: Mapping[str, int]
    files: tuple[str, ...]
    line: int | None

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {**self.__dict__, "files": list(self.files), "held_back": dict(self.held_back)}


@dataclass
class Desk:
    """One project's deliveries to one destination, while its lock is held.

    ``folder``: of the ledger. ``label``: the destination in words. ``now``: the time of a line, ISO
    8601 in UTC. ``actor``: who delivers, for the ledger. ``rechecking``: who must not be contacted by
    now, asked only where there is something to deliver; its answer None: nobody is suppressed.
    ``dry_run``: hand nothing over, write no line. ``completed``: what was there already without its line.
    """

    folder: Path
    label: str
    destination: Destination
    stages: Stages
    group_may_read: bool
    now: Callable[[], str]
    actor: str
    rechecking: Callable[[], Recheck | None]
    dry_run: bool = False
    lines: tuple[Line, ...] = ()
    completed: list[Record] = field(default_factory=list)

    def open(self, project: str) -> None:
        """Verify the ledger, and write the lines that killed runs of ``project`` have left out."""
        self.lines = ledger.verify(self.folder).lines if self.dry_run else ledger.opened(self.folder)
        self.stages.clear()
        known = {_name(line.facts) for line in _delivered(self.lines)}
        missing = self.destination.held(project, known)
        for record in sorted(missing, key=lambda record: (record.facts["as_of"], record.name)):
            self._write_line(record)
            self.completed.append(record)

    def deliver(self, asked: Sequence[Asked], today: date, again: str | None = None) -> list[Outcome]:
        """Deliver each list that was not yet; with ``again``, a reason, those that were as well.

        Raises ``GateError`` before anything is handed over where a list may not be delivered ``today``,
        where its rows cannot be written as the layout says, or where who must not be contacted is in doubt.
        """
        due = [each for each in asked if not self._done(each, again)]
        for each in due:
            self._check_usable(each, today, again=again is not None)
        recheck = self.rechecking() if due else None
        stages = [self.stages.stage(self._next(each)) for each in due]
        try:
            staged = {
                each.meant.list: (stage, self._write(each, stage, again, recheck))
                for each, stage in zip(due, stages, strict=True)
            }
            if recheck is not None:
                recheck.confirm()
            return [self._settled(each, staged.get(each.meant.list)) for each in asked]
        finally:
            for stage in stages:
                shutil.rmtree(stage, ignore_errors=True)

    def replaced(self, meant: Meant) -> list[str]:
        """The list_ids of other runs' lists in whose place this one comes: same kind, date and place."""
        found = {line.facts["list_id"] for line in _delivered(self.lines) if _takes_place(line.facts, meant)}
        return sorted(found)

    def stands(self, meant: Meant) -> bool:
        """Whether a list that was delivered is the last of its kind, date and place that was."""
        last = [line.facts for line in _delivered(self.lines) if _same(line.facts, meant)][-1:]
        return all(facts["run_key"] == meant.run_key for facts in last)

    def _of(self, list_id: str) -> list[Line]:
        return [line for line in _delivered(self.lines) if line.facts["list_id"] == list_id]

    def _next(self, asked: Asked) -> str:
        """What the next delivery of a list will be called."""
        return package.name(asked.meant.list_id, len(self._of(asked.meant.list_id)) + 1)

    def _done(self, asked: Asked, again: str | None) -> bool:
        lines = self._of(asked.meant.list_id)
        if not lines or again is None:
            return bool(lines)
        # One that a kill interrupted, and whose line was written just now, is the one asked for again.
        return _name(lines[-1].facts) in self._completed() and lines[-1].facts["reason"] == again

    def _completed(self) -> set[str]:
        return {record.name for record in self.completed}

    def _check_usable(self, asked: Asked, today: date, *, again: bool) -> None:
        which = f"{asked.meant.list} of {asked.meant.as_of}"
        if today > asked.valid_until:
            raise GateError(
                f"{which}: the list is no longer valid",
                got=f"valid until {asked.valid_until}, and today is {today}",
                mend="score a later date, and deliver its lists; how long they hold: lists.valid_days",
            )
        newer = [line.facts["as_of"] for line in _delivered(self.lines) if _follows(line.facts, asked.meant)]
        if newer and not again:
            raise GateError(
                f"{which}: a later list was delivered there before",
                got=f"that of {max(newer)}",
                mend="deliver the later lists; or say why it must be this one: --redeliver REASON",
            )
        self._check_one_run(asked.meant, which, again=again)

    def _check_one_run(self, meant: Meant, which: str, *, again: bool) -> None:
        """Refuse a second run's lists of a date: who moved from one to another list would be on both."""
        before = [line for line in _delivered(self.lines) if _same_day(line.facts, meant)]
        # Once a reason was given, the other lists of that run may follow.
        if again or not before or before[-1].facts["run_key"] == meant.run_key:
            return
        last, on = before[-1].facts, f", on {before[-1].time[:10]}" if before[-1].time else ""
        raise GateError(
            f"{which}: lists of another run of this date were delivered there before",
            got=f"{last['list']} of run {last['run_key'][:16]}{on}; these are of run {meant.run_key[:16]}",
            mend="use what was delivered; or have it withdrawn there, and say why these come in its place: "
            "--redeliver REASON",
        )

    def _write(self, asked: Asked, stage: Path, reason: str | None, recheck: Recheck | None) -> Record:
        refused = None if recheck is None else recheck.refused(asked.source)
        more = {
            "model_version": asked.model_version,
            "valid_until": asked.valid_until.isoformat(),
            "reason": reason,
            "replaces": self.replaced(asked.meant),
            **({} if recheck is None else {"suppression": dict(recheck.told)}),
        }
        record = package.write(
            stage,
            asked.source,
            asked.meant,
            asked.layout,
            more,
            delivery=len(self._of(asked.meant.list_id)) + 1,
            group_may_read=self.group_may_read,
            refused=refused,
        )
        if recheck is not None:
            recheck.look(stage, asked.layout, refused)
        return record

    def _settled(self, asked: Asked, staged: tuple[Path, Record] | None) -> Outcome:
        if staged is None:
            return self._before(self._of(asked.meant.list_id)[-1])
        stage, record = staged
        if self.dry_run:
            return _outcome(record, "would be delivered", None)
        self.destination.place(stage, record)
        self._write_line(record)
        state: State = "delivered" if record.facts["delivery"] == 1 else "delivered again"
        return _outcome(record, state, self.lines[-1].sequence)

    def _before(self, line: Line) -> Outcome:
        written_now = [record for record in self.completed if record.name == _name(line.facts)]
        if written_now:
            return _outcome(written_now[0], "its line was missing", line.sequence)
        facts = {**line.facts, "files": {}}
        return _outcome(Record(facts), "was delivered before", line.sequence)

    def _write_line(self, record: Record) -> None:
        facts = {key: record.facts[key] for key in _FROM_RECORD}
        said = {"kind": DELIVERED, **facts, "files": len(record.files), "by": self.actor}
        if self.dry_run:
            self.lines = (*self.lines, Line(len(self.lines) + 1, "", said, ""))
        else:
            self.lines = ledger.append(self.folder, self.lines, said, self.now())


def _name(facts: Mapping[str, Any]) -> str:
    return package.name(facts["list_id"], facts["delivery"])


def _delivered(lines: Iterable[Line]) -> Iterator[Line]:
    return (line for line in lines if line.facts.get("kind") == DELIVERED)


def _follows(facts: Mapping[str, Any], meant: Meant) -> bool:
    """Whether a delivered list is the same kind of list, for the same place, of a later date."""
    mine = meant.as_dict()
    return all(facts[key] == mine[key] for key in _KIND) and facts["as_of"] > mine["as_of"]


def _same_day(facts: Mapping[str, Any], meant: Meant) -> bool:
    """Whether a delivered list, whichever it is, is of the same campaign and date, for the same place."""
    mine = meant.as_dict()
    return all(facts[key] == mine[key] for key in _DAY)


def _same(facts: Mapping[str, Any], meant: Meant) -> bool:
    """Whether a delivered list is the same kind of list, for the same place, of the same date."""
    mine = meant.as_dict()
    return all(facts[key] == mine[key] for key in (*_KIND, "as_of"))


def _takes_place(facts: Mapping[str, Any], meant: Meant) -> bool:
    # Another profile of the same run may stand beside it: the run is another one, or nothing is replaced.
    return _same(facts, meant) and facts["run_key"] != meant.run_key


def _outcome(record: Record, state: State, line: int | None) -> Outcome:
    facts = record.facts
    files = tuple(sorted(record.files))
    return Outcome(
        facts["list"],
        facts["list_id"],
        state,
        facts["delivery"],
        facts["rows"],
        facts["held_back"],
        files,
        line,
    )
