"""Publish a run's files together, or not at all.

    .stage-<key>-<pid>/    every file written and forced to the disk, the manifest last
        | rename
    run=<key>/             complete from the first instant it exists
        | CURRENT          replaced atomically: names the run to use
    staged/<key>/          instead of run=<key>: whole, but held back until somebody has looked

A run that dies leaves the old lists as they were, and at most a stage that the next one removes.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from os import getpid
from pathlib import Path
from typing import Any, BinaryIO

from churnlab.durable import create, digest, failpoint, flush, on_disk, sync_folder, write_whole
from churnlab.errors import HeldError, IntegrityError
from churnlab.lists import lock, manifest

CURRENT = "CURRENT"
STAGED = "staged"
_RUN = re.compile(r"run=[0-9a-f]{16}")
_KEY = re.compile(r"[0-9a-f]{16,64}")


@dataclass(frozen=True)
class Output:
    """A file to publish: how its bytes are written, and for a list its rows and schema, as text."""

    write: Callable[[BinaryIO], object]
    rows: int | None = None
    schema: str | None = None


@dataclass(frozen=True)
class Listed:
    """What the manifest says of a list beside its bytes: its rows and its schema, as text."""

    rows: int | None = None
    schema: str | None = None


@dataclass(frozen=True)
class Together:
    """Files that are written in one pass: ``write`` gets all of them open, by their names."""

    write: Callable[[Mapping[str, BinaryIO]], object]
    files: Mapping[str, Listed]

    @classmethod
    def alone(cls, name: str, output: Output) -> Together:
        """One file in a pass of its own."""
        return cls(lambda files: output.write(files[name]), {name: Listed(output.rows, output.schema)})


@dataclass(frozen=True)
class Published:
    """``path``: the folder of the run. ``existed``: it was already there, nothing was written."""

    path: Path
    existed: bool
    manifest: Mapping[str, Any]


def publish(
    root: Path,
    key: str,
    outputs: Mapping[str, Output] | Together | Sequence[Together],
    facts: manifest.Facts,
    *,
    info: Mapping[str, Any] | None = None,
    wait: float = 0,
    gate: Callable[[Path], object] | None = None,
) -> Published:
    """Publish all outputs and their manifest as ``root/run=<key>`` and make CURRENT name it.

    ``info``: what may differ between two equal runs (MLflow run, paths); no digest covers it.
    ``gate``: looks at the folder of all files as they will be published, and raises where they must not be:
    HeldError to keep them under ``root/staged/<key>`` for somebody to look at, any other to remove them.

    A key that is already published and intact is left alone. Raises LockedError where another run
    is writing to ``root`` for longer than ``wait`` seconds, IntegrityError where the published run
    is damaged, MachineError where the disk refuses; each leaves the lists as they were.
    """
    if not _KEY.fullmatch(key):
        raise ValueError("a run key is 16 to 64 hexadecimal digits")
    with lock.held(root, key, wait), on_disk(root):
        _remove_leftovers(root)
        target = folder_of(root, key)
        there = found(root, key)
        if there is not None:
            _finish(root, there)
            return there
        stage = root / f".stage-{key[:16]}-{getpid()}"
        try:
            _fill(stage, key, outputs, facts, {**(info or {}), "previous": _named(root)})
            if gate is not None:
                gate(stage)
            failpoint("publish.rename")
            stage.rename(target)
        except HeldError:
            _set_aside(stage, staged(root, key))
            raise
        except BaseException:
            shutil.rmtree(stage, ignore_errors=True)
            raise
        sync_folder(root)
        _point(root, target)
        return Published(target, existed=False, manifest=manifest.verify(target))


def folder_of(root: Path, key: str) -> Path:
    """Where files of ``key`` are published."""
    return root / f"run={key[:16]}"


def found(root: Path, key: str) -> Published | None:
    """What ``publish`` would leave alone: the run of ``key``, verified; None where there is none.

    Raises IntegrityError where it is damaged, or is that of another key.
    """
    target = folder_of(root, key)
    if not target.exists():
        return None
    there = verify(target)
    if there["run_key"] != key:
        raise IntegrityError(
            f"{target}: published under another key",
            got=f"run key {str(there['run_key'])[:20]}",
            mend="move that folder away and run again",
        )
    return Published(target, existed=True, manifest=there)


def staged(root: Path, key: str) -> Path:
    """Where files of ``key`` wait that a gate holds back."""
    return root / STAGED / key[:16]


def clear_staged(root: Path) -> None:
    """Remove what a gate has held back: it holds customers, and nobody needs it any more."""
    with on_disk(root):
        _remove(root / STAGED)


def current(root: Path) -> Path | None:
    """The published run to use, None before the first. Read its files only after ``verify``."""
    name = _named(root)
    return None if name is None else root / name


def verify(folder: Path) -> Mapping[str, Any]:
    """The manifest of a published run whose every file is as it was published, else IntegrityError."""
    with on_disk(folder):
        return manifest.verify(folder)


def _fill(
    stage: Path,
    key: str,
    outputs: Mapping[str, Output] | Together | Sequence[Together],
    facts: manifest.Facts,
    info: Mapping[str, Any],
) -> None:
    stage.mkdir(mode=0o700)
    passes = _passes(outputs)
    files: dict[str, Any] = {}
    for number, together in enumerate(passes, start=1):
        _write(stage, together, first=number == 1, last=number == len(passes))
        files |= {name: _described(stage / name, listed) for name, listed in together.files.items()}
    with create(stage / manifest.NAME, private=True) as file:
        failpoint("manifest.write")
        file.write(manifest.compose(key, facts, files, info))
        failpoint("manifest.fsync")
        flush(file)
    for folder in {(stage / name).parent for name in files} | {stage}:
        sync_folder(folder)


def _passes(outputs: Mapping[str, Output] | Together | Sequence[Together]) -> list[Together]:
    if isinstance(outputs, Together):
        return [outputs]
    if isinstance(outputs, Mapping):
        return [Together.alone(name, output) for name, output in outputs.items()]
    return list(outputs)


def _write(stage: Path, together: Together, *, first: bool, last: bool) -> None:
    with contextlib.ExitStack() as still_open:
        files = {}
        for name in together.files:
            (stage / name).parent.mkdir(mode=0o700, exist_ok=True)
            files[name] = still_open.enter_context(create(stage / name, private=True))
        together.write(files)
        if first:
            failpoint("stage.first")
        if last:
            failpoint("stage.last")
        for file in files.values():
            flush(file)


def _described(path: Path, listed: Listed) -> dict[str, Any]:
    # Digested as it is on the disk, not as it was meant to be.
    found: dict[str, Any] = {"sha256": digest(path), "bytes": path.stat().st_size}
    if listed.rows is not None:
        found["rows"] = listed.rows
    if listed.schema is not None:
        found["schema_sha256"] = hashlib.sha256(listed.schema.encode()).hexdigest()
    return found


def _finish(root: Path, there: Published) -> None:
    # A run that died between its rename and CURRENT is finished here. Otherwise CURRENT stays: an
    # old run asked for again must not replace a newer one.
    if _named(root) in {None, there.manifest.get("info", {}).get("previous")}:
        _point(root, there.path)


def _point(root: Path, target: Path) -> None:
    failpoint("publish.current")
    write_whole(root / CURRENT, f"{target.name}\n".encode())


def _named(root: Path) -> str | None:
    path = root / CURRENT
    if not path.exists():
        return None
    name = path.read_text(encoding="utf-8", errors="replace").strip()
    if not _RUN.fullmatch(name):
        raise IntegrityError(
            f"{path}: does not name a run",
            got=f"{path.stat().st_size} bytes",
            mend="write the name of the run to use into it, such as run=0123456789abcdef",
        )
    return name


def _remove_leftovers(root: Path) -> None:
    """Under the lock nobody else is writing here: every stage belongs to a run that died."""
    for stage in root.glob(".stage-*"):
        _remove(stage)
    for temporary in root.glob(f".{CURRENT}.*.tmp"):
        with contextlib.suppress(FileNotFoundError):
            temporary.unlink()


def _set_aside(stage: Path, target: Path) -> None:
    try:
        target.parent.mkdir(mode=0o700, exist_ok=True)
        _remove(target)
        stage.rename(target)
    except BaseException:
        shutil.rmtree(stage, ignore_errors=True)
        raise
    for folder in (target.parent, target.parent.parent):
        sync_folder(folder)


def _remove(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.exists():
        shutil.rmtree(path)
