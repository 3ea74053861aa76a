"""`models` and `rollback`: which version is in use, since when, why, signed by whom; and the way back."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from churnlab import tracking
from churnlab.config import Project
from churnlab.errors import ConfigError, GateError
from churnlab.models import files
from churnlab.tracking import Change, SignOff, Store, Version
from churnlab.workflow import standing, terms
from churnlab.workflow.opening import writing


@dataclass(frozen=True)
class Listed:
    """The versions of a project, the newest first, the one in use, and every change of it, oldest first."""

    champion: str | None
    versions: tuple[Version, ...]
    changes: tuple[Change, ...]
    signed: Mapping[str, tuple[SignOff, ...]] = field(default_factory=dict)

    def as_dict(self) -> dict[str, Any]:
        return {
            "champion": self.champion,
            "versions": [
                asdict(each)
                | self._use(each.version)
                | {"sign_offs": [signed.as_dict() for signed in self.signed.get(each.version, ())]}
                for each in self.versions
            ],
            "changes": [asdict(each) for each in self.changes],
        }

    def sections(self) -> Iterator[Mapping[str, Any]]:
        named = (
            "there is no champion" if self.champion is None else f"version {self.champion} is the champion"
        )
        yield {
            "title": f"{len(self.versions)} version{'' if len(self.versions) == 1 else 's'}, {named}",
            "columns": ("version", "made, UTC", "gate", "champion, UTC"),
            "texts": 4,
            "rows": [
                (each.version, _minute(each.made), each.gate or "-", self._told(each.version))
                for each in self.versions
            ],
            # Below and not in the table: a sentence in a narrow column is read letter by letter.
            "lines": [
                f"  {each.version}: {line}"
                for each in self.versions
                for line in (each.reason, self._signed(each.version))
                if line
            ],
        }
        if self.changes:
            yield {
                "title": "Changes, the latest first",
                "lines": [f"  {_change(each)}" for each in reversed(self.changes)],
            }

    def _use(self, version: str) -> dict[str, Any]:
        since = [each.at for each in self.changes if each.version == version]
        return {"is_champion": version == self.champion, "champion_since": since[-1] if since else None}

    def _told(self, version: str) -> str:
        since = self._use(version)["champion_since"]
        if version == self.champion:
            return f"since {_minute(since)}" if since else "yes"
        return f"from {_minute(since)}" if since else "-"

    def _signed(self, version: str) -> str:
        signed = self.signed.get(version, ())
        return f"sign-off: {standing.told(signed[-1]) if signed else 'none'}"


def _minute(instant: str) -> str:
    """To the minute, and without a zone, which the headings name.

    >>> _minute("2025-07-01T10:02:59+00:00")
    '2025-07-01 10:02'
    """
    return instant[:16].replace("T", " ")


def _change(each: Change) -> str:
    instead = "" if each.before is None else f" instead of {each.before}"
    return f"{_minute(each.at)}  version {each.version}{instead}, by {each.by}: {each.reason}"


@dataclass(frozen=True)
class RolledBack:
    """The version in use from now on, and what to know of it."""

    change: Change
    notes: tuple[str, ...]

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self.change), "notes": list(self.notes)}

    def sections(self) -> Iterator[Mapping[str, Any]]:
        change = self.change
        yield {
            "title": f"Version {change.version} is the champion again, instead of version {change.before}",
            "lines": [
                f"  {change.at} by {change.by}: {change.reason}",
                *(f"  {note}" for note in self.notes),
            ],
        }


def list_models(project: Project) -> Listed:
    """Every registered version with its verdict, and who is champion."""
    store = _store(project)
    champion, versions = tracking.alias(store), tracking.versions(store)
    signed = {each.version: tracking.sign_offs(store, each.version) for each in versions}
    return Listed(champion, versions, tracking.champions(store) if versions else (), signed)


def rollback(project: Project, to: str | None = None, *, reason: str) -> RolledBack:
    """Make an earlier champion the champion again: ``to``, or the one before the present one.

    ``to``: any version that has been champion, also one that was gone back from.

    Its files are verified first, and are not changed: the same scores come back, to the byte.
    Raises ``ConfigError`` (exit 2) where there is no such version, ``IntegrityError`` (exit 5) where its
    files are not those that were registered, ``GateError`` (exit 4) where the version was rejected, or
    trained on other terms than ``project`` states: it could make no lists.
    """
    if not reason.strip():
        raise ConfigError("a rollback needs a reason", mend='--reason "version 7 took over a broken channel"')
    store = _store(project)
    with writing(project):
        now = tracking.alias(store)
        if now is None:
            raise ConfigError(
                f"no model of {project.project} is the champion: there is nothing to go back from",
                mend="train one: churnlab train CONFIG",
            )
        version = _wanted(tracking.versions(store), tracking.champions(store), now, to)
        found = tracking.fetched(store, version)
        models = files.load(found.folder, found.digests)
        standing.require_usable(project, store, version)
        _require_same_terms(project, version, models.extra["terms"])
        change = tracking.move(store, version, before=now, reason=reason, back=True)
    note = "the next training that passes the gate replaces it; gate.hold=true keeps it until then"
    return RolledBack(change, (note,))


def _require_same_terms(project: Project, version: str, trained: Mapping[str, Any]) -> None:
    # As champion it would make no list until somebody has changed the configuration: that comes first.
    other = terms.differences(project, trained)
    if other:
        raise GateError(
            f"version {version} was trained on other terms than the configuration now states: it could make "
            "no lists",
            got="; ".join(other[:3]),
            mend="put the configuration back first, then roll back; or train again: churnlab train CONFIG",
        )


def _store(project: Project) -> Store:
    return tracking.open_store(project.tracking, project.project, Path(project.root))


def _wanted(versions: Sequence[Version], changes: Sequence[Change], now: str, to: str | None) -> str:
    """The version to go back to, which must have been the champion once; it may be a later one."""
    others = tracking.former(versions, changes, now)
    chosen = tracking.predecessor(changes, now) if to is None else to
    if chosen in others:
        return str(chosen)
    if to is None and not changes and others:
        return others[0]
    asked = "no earlier champion is recorded" if to is None else f"version {to} is no earlier champion"
    name = f"name one of them: --to {others[0]}" if others else "train another one: churnlab train CONFIG"
    raise ConfigError(
        asked,
        got=f"version {now} is the champion; others that have been: {', '.join(others) or 'none'}",
        mend=f"churnlab models CONFIG shows every version; {name}",
    )
