"""What the sign-offs of a version allow: told in words, and asked before it makes lists."""

from __future__ import annotations

from churnlab import tracking
from churnlab.config import Project
from churnlab.errors import GateError, IntegrityError
from churnlab.explain.wording import words
from churnlab.tracking import SignOff, Store


def told(signed: SignOff) -> str:
    """``approved by Ann on 2026-01-31``, and why it is void, if it is."""
    said = f"{signed.verdict.replace('_', ' ')} by {signed.reviewer} on {signed.at[:10]}"
    return said if signed.void is None else f"{said}; void: {why_void(signed)}"


def why_void(signed: SignOff) -> str:
    """Why it does not count."""
    return words("en")[f"sign_void_{signed.void}"]


def how_to_sign(version: str) -> str:
    """The commands to read the report of ``version`` and to sign it."""
    return (
        f"churnlab review CONFIG --run {version}, "
        f"then churnlab sign CONFIG --version {version} --reviewer NAME --verdict approved"
    )


def require_usable(project: Project, store: Store, version: str) -> str | None:
    """Where ``gate.strict`` is on, refuse a version that was rejected; a note where it is not signed.

    Raises ``GateError`` (exit 4) where its last sign-off is ``rejected``, ``IntegrityError`` (exit 5)
    where that one is void: nobody knows then what was reviewed.
    """
    if not project.gate.strict:
        return None
    signed = tracking.sign_offs(store, version)
    if not signed:
        return f"version {version} is not signed, and gate.strict is on: {how_to_sign(version)}"
    last = signed[-1]
    if last.void is not None:
        raise IntegrityError(
            f"the last sign-off of version {version} is void, and gate.strict is on",
            got=f"{why_void(last)} ({last.verdict} by {last.reviewer}, {last.at})",
            mend=f"read and sign anew: {how_to_sign(version)}; or {way_on(store, version)}",
        )
    if last.verdict == "rejected":
        raise GateError(
            f"version {version} was rejected, and gate.strict is on: it makes no lists",
            got=told(last) + (f": {last.comment[:200]}" if last.comment else ""),
            mend=f"{way_on(store, version)}; or sign anew: {how_to_sign(version)}",
        )
    return None


def way_on(store: Store, version: str) -> str:
    """What helps where ``version`` may make no lists, with commands that work: go back, or train another."""
    changes, now = tracking.champions(store), tracking.alias(store)
    others = [each for each in tracking.former(tracking.versions(store), changes, now) if each != version]
    usable = [each for each in others if _usable(store, each)]
    if not usable:
        return "train another one: churnlab train CONFIG"
    if version == now and tracking.predecessor(changes, version) in usable:
        return 'go back: churnlab rollback CONFIG --reason "..."'
    return f'go back: churnlab rollback CONFIG --to {usable[0]} --reason "..."'


def _usable(store: Store, version: str) -> bool:
    signed = tracking.sign_offs(store, version)
    return not signed or (signed[-1].void is None and signed[-1].verdict != "rejected")
