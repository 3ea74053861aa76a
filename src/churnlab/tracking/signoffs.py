"""Who reviewed a version, what they said, and of exactly which bytes; nothing recorded is ever replaced.

    1 the copy     the run of the version keeps   sign_offs/0001.ab12cd34ef567890.json
    2 the record   the version gets the tag       churnlab.sign.0001.ab12cd34ef567890

A name is the number of the sign-off and the beginning of its SHA-256. Each holds the SHA-256 of the one
recorded before it, so that no earlier one is changed or taken away unnoticed. A sign-off is void where
anything that it speaks of is not what it was; the next one, made of what is there, counts again.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Any, Literal, get_args

from churnlab.durable import digest, failpoint
from churnlab.errors import IntegrityError
from churnlab.tracking.registry import fetched
from churnlab.tracking.runs import Run
from churnlab.tracking.store import Store

Said = Literal["approved", "approved_with_conditions", "rejected"]
Void = Literal["record", "registry", "copy", "earlier", "models", "files", "evidence"]
SAID: tuple[Said, ...] = get_args(Said)

EVIDENCE, EVIDENCE_TAG = "evidence.json", "churnlab.evidence_sha256"
_FOLDER, _TAG, _MODEL = "sign_offs", "churnlab.sign.", "sha256."
_NAME = re.compile(r"\d{4,}\.[0-9a-f]{16}")


@dataclass(frozen=True)
class SignOff:
    """``verdict`` of ``reviewer`` at the instant ``at`` (UTC), recorded by the account ``by``.

    ``model``: file -> SHA-256; ``evidence``, ``report``: SHA-256 of what was read; ``review``: the run
    that keeps this very report. ``before``: SHA-256 of the sign-off before. ``void``: why it does not
    count; None while it does.
    """

    reviewer: str
    verdict: Said
    comment: str
    at: str
    by: str
    model: Mapping[str, str]
    evidence: str
    report: str
    review: str
    before: str | None = None
    void: Void | None = None

    @property
    def approves(self) -> bool:
        """Whether the version may be used, with conditions or without."""
        return self.void is None and self.verdict != "rejected"

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return asdict(self) | {"model": dict(self.model)}


@dataclass(frozen=True)
class _Now:
    """What a version is made of as it lies there now, and what has been said of it."""

    recorded: Mapping[str, str]  # name -> text, in order
    copied: Mapping[str, str]
    model: Mapping[str, str] = field(default_factory=dict)  # as registered
    files: Mapping[str, str] = field(default_factory=dict)  # as they are
    evidence: str | None = None


def sign(store: Store, version: str, signed: SignOff) -> SignOff:
    """Record ``signed`` behind every earlier sign-off of ``version``; as it was recorded.

    Whoever calls holds the lock of the project, so that no two are recorded at once from here.
    """
    found = store.client.get_model_version(store.project, version)
    run, recorded = _run(store, found), _recorded(found.tags)
    last = next(reversed(recorded.values()), None)
    signed = replace(signed, before=None if last is None else _sha256(last), void=None)
    text = json.dumps(signed.as_dict(), ensure_ascii=False, sort_keys=True)
    number = 1 + max([0, *(_place(name)[0] for name in {*recorded, *_copied(run)})])
    name = f"{number:04d}.{_sha256(text)[:16]}"
    run.log_text(f"{_FOLDER}/{name}.json", text)
    failpoint("sign.copied")
    store.client.set_model_version_tag(store.project, version, _TAG + name, text)
    failpoint("sign.recorded")
    return signed


def sign_offs(store: Store, version: str) -> tuple[SignOff, ...]:
    """Every sign-off of ``version``, oldest first; the last one counts, unless it is void.

    Where there is one, the files of the version are fetched and their digests made.
    """
    found = store.client.get_model_version(store.project, version)
    run, recorded = _run(store, found), _recorded(found.tags)
    copied = _copied(run)
    if not recorded and not copied:
        return ()
    model = {key.removeprefix(_MODEL): text for key, text in found.tags.items() if key.startswith(_MODEL)}
    now = _Now(recorded, copied, model, _files(store, version), _evidence(run))
    read, before = [], None
    for name in sorted({*recorded, *copied}, key=_place):
        read.append(_judged(name, before, now))
        before = _sha256(recorded[name]) if name in recorded else before
    return tuple(read)


def _judged(name: str, before: str | None, now: _Now) -> SignOff:
    """One sign-off, with the first reason why it does not count."""
    text = now.recorded.get(name, now.copied.get(name, ""))
    one = _read(text)
    whole = one is not None and _sha256(text).startswith(name.partition(".")[2])
    if one is None:  # nobody can tell what it said: the careful reading is that it was no approval
        one = SignOff("-", "rejected", "", "-", "-", {}, "", "", "")
    reasons: dict[Void, bool] = {
        "record": not whole,
        "registry": name not in now.recorded,
        "copy": now.copied.get(name) != text,
        "earlier": one.before != before,
        "models": dict(one.model) != dict(now.model),
        "files": any(now.files.get(file) != sha256 for file, sha256 in one.model.items()),
        "evidence": one.evidence != now.evidence,
    }
    return replace(one, void=next((reason for reason, applies in reasons.items() if applies), None))


def _read(text: str) -> SignOff | None:
    try:
        one = SignOff(**json.loads(text))
    except (ValueError, TypeError):
        return None
    plain = (one.reviewer, one.comment, one.at, one.by, one.evidence, one.report, one.review)
    known = (
        one.verdict in SAID and isinstance(one.model, dict) and all(isinstance(each, str) for each in plain)
    )
    return one if known else None


def _recorded(tags: Mapping[str, str]) -> dict[str, str]:
    names = [key.removeprefix(_TAG) for key in tags if key.startswith(_TAG)]
    return {name: tags[_TAG + name] for name in sorted(filter(_NAME.fullmatch, names), key=_place)}


def _copied(run: Run) -> dict[str, str]:
    """Name -> text of the copies in the run; none where its artifacts cannot be read."""
    try:
        listed = run.store.client.list_artifacts(run.run_id, _FOLDER)
        names = [str(each.path).rpartition("/")[2].removesuffix(".json") for each in listed]
        return {name: run.read_text(f"{_FOLDER}/{name}.json") for name in names if _NAME.fullmatch(name)}
    except Exception:  # noqa: BLE001 - whatever the artifact store says: without its copy none counts
        return {}


def _evidence(run: Run) -> str | None:
    try:
        return _sha256(run.read_text(EVIDENCE))
    except Exception:  # noqa: BLE001 - what cannot be read is not what was signed
        return None


def _files(store: Store, version: str) -> dict[str, str]:
    try:
        folder = fetched(store, version).folder
        return {path.name: digest(path) for path in folder.iterdir() if path.is_file()}
    except (IntegrityError, OSError):
        return {}


def _run(store: Store, found: Any) -> Run:
    return Run.of(store, found.tags.get("churnlab.run", found.run_id) or "")


def _place(name: str) -> tuple[int, str]:
    number, _, beginning = name.partition(".")
    return int(number), beginning


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
