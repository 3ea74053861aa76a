"""Which version is the champion, since when, by whose word and why: every move of the alias is recorded.

    upward     1 record the change   2 move the alias   3 raise the mark   4 confirm the record
    downward   1 record the change   2 lower the mark   3 move the alias   4 confirm the record

The alias is one row of the registry, so its move is whole or did not happen. The mark is the version
that the records speak of, and never above the alias: an alias below it was put back by something else.
"""

from __future__ import annotations

import datetime as dt
import getpass
import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from churnlab.durable import failpoint
from churnlab.errors import IntegrityError
from churnlab.tracking.registry import ALIAS, MARK, alias
from churnlab.tracking.store import Store

GATE, REASON = "churnlab.gate", "churnlab.gate_reason"
ACTOR = "CHURNLAB_ACTOR"
_CHANGE = "churnlab.change."
_LONGEST = 500


@dataclass(frozen=True)
class Change:
    """A move of the alias from ``before`` (None: from nothing) to ``version``, ``at`` an instant UTC.

    ``back``: to one that had been champion before. ``done``: it is known to have happened.
    """

    version: str
    before: str | None
    at: str
    by: str
    reason: str
    back: bool = False
    done: bool = False


@dataclass(frozen=True)
class Version:
    """A registered version: when it was made, and what the gate said (None: made before there was one)."""

    version: str
    run_id: str
    made: str
    gate: str | None
    reason: str | None


def move(store: Store, version: str, *, before: str | None, reason: str, back: bool = False) -> Change:
    """Give the alias ``champion`` to ``version``, if ``before`` still has it; say by whom and why.

    Raises ``IntegrityError`` (exit 5) where another version has become the champion in between.
    """
    now = alias(store)
    if now != before:
        raise IntegrityError(
            f"another champion of {store.project} was named in the meantime",
            got=f"version {now or 'none'} has the alias {ALIAS}, not {before or 'none'}",
            mend="run it again: nothing was changed",
        )
    at = dt.datetime.now(dt.UTC)
    change = Change(version, before, at.isoformat(timespec="seconds"), actor(), line(reason), back)
    key = f"{_CHANGE}{at:%Y%m%dT%H%M%S.%fZ}"
    downward = before is not None and int(version) < int(before)
    _tag(store, key, _text(change))
    failpoint("registry.recorded")
    if downward:
        _tag(store, MARK, version)
        failpoint("registry.lowered")
    store.client.set_registered_model_alias(store.project, ALIAS, version)
    failpoint("registry.moved")
    if not downward:
        _tag(store, MARK, version)
    change = replace(change, done=True)
    _tag(store, key, _text(change))
    return change


def champions(store: Store) -> tuple[Change, ...]:
    """Every change that took place, oldest first; one that was recorded and then cut short is left out."""
    tags: Mapping[str, str] = store.client.get_registered_model(store.project).tags
    return took_place(
        [Change(**json.loads(tags[key])) for key in sorted(tags) if key.startswith(_CHANGE)], alias(store)
    )


def former(versions: Iterable[Version], changes: Iterable[Change], now: str | None) -> tuple[str, ...]:
    """The versions that have been champion and are not now, in the order of ``versions``."""
    # Before there was a gate, every training became the champion.
    led = {each.version for each in changes}
    return tuple(
        each.version
        for each in versions
        if each.version != now and (each.version in led or each.gate is None)
    )


def predecessor(changes: Iterable[Change], now: str) -> str | None:
    """Whom ``now`` took over from when it came, not when it came back."""
    came = [each.before for each in changes if each.version == now and not each.back]
    return came[-1] if came else None


def took_place(recorded: Iterable[Change], now: str | None) -> tuple[Change, ...]:
    """Those of ``recorded`` that were confirmed, or that what came after shows to have happened."""
    listed = list(recorded)
    then = [*(each.before for each in listed[1:]), now]  # who had the alias when the next change began
    return tuple(each for place, each in enumerate(listed) if each.done or each.version == then[place])


def versions(store: Store) -> tuple[Version, ...]:
    """Every registered version of the project, the newest first; none where nothing is registered."""
    found, token = [], None
    while True:
        page = store.client.search_model_versions(
            f"name='{store.project}'", max_results=200, page_token=token
        )
        found += [_version(each) for each in page]
        token = page.token
        if not token:
            return tuple(sorted(found, key=lambda each: -int(each.version)))


def actor() -> str:
    """Who changes the registry: ``CHURNLAB_ACTOR``, or else the account that the process runs under."""
    given = os.environ.get(ACTOR)
    if given:
        return line(given)
    try:
        return line(getpass.getuser())
    except (KeyError, OSError):  # an account without a name, as containers have them
        return f"uid {os.getuid()}"


def line(text: str) -> str:
    """One line of printable text, not endless."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())[:_LONGEST]


def _version(found: Any) -> Version:
    made = dt.datetime.fromtimestamp(found.creation_timestamp / 1000, dt.UTC).isoformat(timespec="seconds")
    run_id = found.tags.get("churnlab.run", found.run_id) or ""
    return Version(str(found.version), run_id, made, found.tags.get(GATE), found.tags.get(REASON))


def _text(change: Change) -> str:
    return json.dumps(asdict(change), ensure_ascii=False, sort_keys=True)


def _tag(store: Store, key: str, value: str) -> None:
    store.client.set_registered_model_tag(store.project, key, value)
