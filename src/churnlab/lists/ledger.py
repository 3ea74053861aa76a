"""What was delivered, and when: lines that are only ever added, each sealed to the one before.

    ledger.jsonl  {"sequence": 1, ..., "previous": "000...", "hash": "5f2..."}
                  {"sequence": 2, ..., "previous": "5f2...", "hash": "c81..."}
    ledger.head   {"sequence": 2, "hash": "c81...", "next": null}

A chain alone does not notice that its last lines were taken away, so the head says where it ends. It
names the next line before that line is written: half a line at the end is what a killed run left only
if the head announced it, and is then cut off; anything else was edited. Order is by sequence, never
by clock.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churnlab.durable import PRIVATE, failpoint, on_disk, sync_folder, write_whole
from churnlab.errors import IntegrityError

NAME, HEAD = "ledger.jsonl", "ledger.head"
FIRST = "0" * 64  # what the first line names as the one before
_SEAL = {"sequence", "time", "previous", "hash"}  # what append adds


@dataclass(frozen=True)
class Line:
    """``facts``: what was said, with ``kind`` among them. ``time``: ISO 8601, in UTC."""

    sequence: int
    time: str
    facts: Mapping[str, Any]
    hash: str


@dataclass(frozen=True)
class Head:
    """Where the ledger ends, and the hash of the line that was about to be written, if one was."""

    sequence: int
    hash: str
    next: str | None


@dataclass(frozen=True)
class Found:
    """``torn``: bytes of a half-written line after ``lines``, announced by the head."""

    lines: tuple[Line, ...]
    torn: int


def canonical(value: Mapping[str, Any]) -> bytes:
    """The one way these values are written: sorted, without spaces, UTF-8."""
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def verify(folder: Path) -> Found:
    """The lines of ``folder``'s ledger, once the whole chain proved to be as written; changes nothing.

    Raises ``IntegrityError`` that names the first line that is not.
    """
    with on_disk(folder):
        content = (folder / NAME).read_bytes() if (folder / NAME).exists() else b""
        head = _head(folder)
    *whole, rest = content.split(b"\n")
    lines: list[Line] = []
    for number, raw in enumerate(whole, start=1):
        lines.append(_line(folder, number, raw, lines[-1].hash if lines else FIRST))
    _check_end(folder, lines, head, len(rest))
    return Found(tuple(lines), len(rest))


def opened(folder: Path) -> tuple[Line, ...]:
    """The verified lines, to write on: what a killed run left half-written is cut off.

    Only for who holds the project's lock.
    """
    found = verify(folder)
    path = folder / NAME
    for temporary in folder.glob(f".{HEAD}.*.tmp"):
        temporary.unlink(missing_ok=True)
    if found.torn:
        with on_disk(path), path.open("r+b") as file:
            file.truncate(path.stat().st_size - found.torn)
            os.fsync(file.fileno())
    if found.lines:
        _settle(folder, found.lines[-1])
    return found.lines


def append(folder: Path, lines: tuple[Line, ...], facts: Mapping[str, Any], time: str) -> tuple[Line, ...]:
    """All lines after adding one; it is on the disk after this. ``time``: ISO 8601, in UTC."""
    if _SEAL & set(facts):
        raise ValueError(f"the ledger itself says {', '.join(sorted(_SEAL & set(facts)))}")
    last = lines[-1] if lines else Line(0, "", {}, FIRST)
    body = {**facts, "sequence": last.sequence + 1, "time": time, "previous": last.hash}
    line = Line(last.sequence + 1, time, dict(facts), hashlib.sha256(canonical(body)).hexdigest())
    _write_head(folder, Head(last.sequence, last.hash, line.hash))
    _add(folder / NAME, canonical({**body, "hash": line.hash}) + b"\n")
    _settle(folder, line)
    return (*lines, line)


def _add(path: Path, content: bytes) -> None:
    with on_disk(path):
        failpoint("ledger.append")
        new = not path.exists()
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, PRIVATE)
        try:
            rest = memoryview(content)
            while rest:
                rest = rest[os.write(descriptor, rest) :]
            failpoint("ledger.fsync")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if new:
            sync_folder(path.parent)


def _settle(folder: Path, last: Line) -> None:
    head = Head(last.sequence, last.hash, None)
    if _head(folder) != head:
        _write_head(folder, head)


def _write_head(folder: Path, head: Head) -> None:
    content = {"sequence": head.sequence, "hash": head.hash, "next": head.next}
    write_whole(folder / HEAD, canonical(content) + b"\n", private=True)


def _head(folder: Path) -> Head | None:
    path = folder / HEAD
    if not path.exists():
        return None
    try:
        content = path.read_bytes()
        read = json.loads(content)
        head = Head(int(read["sequence"]), str(read["hash"]), read["next"])
    except (ValueError, KeyError, TypeError) as error:
        raise _edited(folder, f"{HEAD} cannot be read") from error
    if content != canonical({"sequence": head.sequence, "hash": head.hash, "next": head.next}) + b"\n":
        raise _edited(folder, f"{HEAD} is not as it was written")
    return head


def _line(folder: Path, number: int, raw: bytes, previous: str) -> Line:
    try:
        read = json.loads(raw)
        whole = canonical(read) + b"\n" == raw + b"\n"
        body = {name: value for name, value in read.items() if name != "hash"}
        sealed = hashlib.sha256(canonical(body)).hexdigest() == read["hash"]
        in_place = body.pop("sequence") == number and body.pop("previous") == previous
        time = str(body.pop("time"))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise _edited(folder, f"line {number} cannot be read") from error
    if not (whole and sealed):
        raise _edited(folder, f"line {number} is not as it was written")
    if not in_place:
        raise _edited(folder, f"line {number} does not follow the one before")
    return Line(number, time, body, str(read["hash"]))


def _check_end(folder: Path, lines: list[Line], head: Head | None, torn: int) -> None:
    """The last line must be the one that the head names, or the one that it announced."""
    last = (lines[-1].sequence, lines[-1].hash) if lines else (0, FIRST)
    if head is None:
        if lines or torn:
            raise _edited(folder, f"{HEAD} is missing")
        return
    before = lines[-2].hash if len(lines) > 1 else FIRST
    announced = head.next is not None and last == (head.sequence + 1, head.next) and head.hash == before
    if last != (head.sequence, head.hash) and not announced:
        raise _edited(folder, f"it ends with line {last[0]}, and {HEAD} says line {head.sequence}")
    if torn and (announced or head.next is None):
        raise _edited(folder, f"after line {last[0]} stand {torn} bytes that no run announced")


def _edited(folder: Path, how: str) -> IntegrityError:
    return IntegrityError(
        f"{folder / NAME}: the ledger of deliveries was changed",
        got=how,
        mend="restore both ledger files from a backup; until then nothing is delivered",
    )
