"""What a published run says of itself: its files, its sums, and everything it was made of.

{"run_key", "as_of", "model", "inputs", "config_sha256", "strategies", ...   what it was made of
 "files": {"retain.csv": {"sha256", "bytes", "rows", ...}, ...}              what it is
 "sha256"     of all of the above
 "info"}      when, where and with which packages: outside the digest, so that it may differ
"""

from __future__ import annotations

import hashlib
import json
import platform
import re
import socket
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

from churnlab.durable import digest
from churnlab.errors import IntegrityError
from churnlab.strategy.summary import Totals, as_records

NAME = "manifest.json"
_FILE_NAME = re.compile(r"(?:[a-z_]+=[a-z_]+/)?[a-z0-9][a-z0-9_.-]*")  # a partition's folder, a file


@dataclass(frozen=True)
class Facts:
    """What a run was made of and what it came to. The same facts and files give the same digest.

    ``config_sha256``: of the resolved configuration. ``model``: file -> sha256 of the champion.
    ``inputs``: file label -> sha256. ``counts``: one record per source (read, accepted, ...).
    ``strategies``: customers and sums, from ``build.totals``. ``excluded``: reason -> customers.
    ``drift``: customers in the parts that training cut its inputs and scores into; None: it cut none.
    ``season``: what was taken out of trends, None where there is none.
    """

    as_of: date
    config_sha256: str
    model_version: str
    model: Mapping[str, str]
    inputs: Mapping[str, str]
    counts: Sequence[Mapping[str, Any]]
    strategies: Sequence[Totals]
    excluded: Mapping[str, int]
    currency: str
    code_version: str
    drift: Mapping[str, Any] | None = None
    season: Mapping[str, Any] | None = None
    suppression: Mapping[str, Any] | None = None  # who must not be contacted, as far as it was known
    suppressed: Mapping[str, Any] | None = None  # how many were kept off the lists, by reason
    campaign: Mapping[str, Any] | None = None
    comparable: str | None = None  # equal for lists whose sizes and shares may be compared
    valid_until: date | None = None  # the last day the lists may be used, whoever is on them
    kpis: Mapping[str, Any] | None = None  # what is followed from list to list, asked of the data
    parents: Mapping[str, int] | None = None  # how many there are, and of how many accounts

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        some = {"drift": self.drift, "season": self.season, "suppression": self.suppression}
        some |= {"suppressed": self.suppressed, "campaign": self.campaign, "kpis": self.kpis}
        some |= {"parents": self.parents}
        return {
            "as_of": self.as_of.isoformat(),
            "currency": self.currency,
            "strategies": as_records(self.strategies),
            "excluded": dict(self.excluded),
            "model_version": self.model_version,
            "model": dict(self.model),
            "inputs": dict(self.inputs),
            "counts": [dict(count) for count in self.counts],
            "config_sha256": self.config_sha256,
            "code_version": self.code_version,
            **({} if self.comparable is None else {"comparable": self.comparable}),
            **{name: dict(told) for name, told in some.items() if told is not None},
            **({} if self.valid_until is None else {"valid_until": self.valid_until.isoformat()}),
        }


def run_key(
    *, config_sha256: str, inputs: Mapping[str, str], model: Mapping[str, str], as_of: date, code_version: str
) -> str:
    """The name of a run by all that can change its lists: 64 hexadecimal digits.

    Two runs with the same key write the same bytes, so the second has nothing to do.
    """
    parts = {
        "config": config_sha256,
        "inputs": dict(inputs),
        "model": dict(model),
        "as_of": as_of.isoformat(),
        "code": code_version,
    }
    return hashlib.sha256(_canonical(parts)).hexdigest()


def compose(key: str, facts: Facts, files: Mapping[str, Mapping[str, Any]], info: Mapping[str, Any]) -> bytes:
    """The manifest's bytes. ``info``: joined by the time, the host and the packages of this run."""
    listed = {name: dict(file) for name, file in files.items()}
    body = {"format": 1, "run_key": key, **facts.as_dict(), "files": listed}
    around = {
        "written_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "host": socket.gethostname(),
        "python": platform.python_version(),
        "packages": _packages(
            ("churnlab", "numpy", "pyarrow", "xgboost", "scikit-learn", "duckdb", "mlflow")
        ),
        **info,
    }
    sealed = {**body, "sha256": hashlib.sha256(_canonical(body)).hexdigest(), "info": around}
    return (json.dumps(sealed, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def verify(folder: Path) -> dict[str, Any]:
    """The manifest of a published run, once every file in the folder has proved to be what it says.

    Raises IntegrityError, naming the file, for anything missing, added or changed.
    """
    manifest = read(folder)
    listed = manifest["files"]
    there = {path.relative_to(folder).as_posix() for path in folder.rglob("*") if not _is_folder(path)} - {
        NAME
    }
    for name in sorted(there ^ set(listed)):
        raise _damaged(folder, f"{name} is {'not listed' if name in there else 'missing'}")
    for name, file in listed.items():
        path = folder / name
        if path.is_symlink() or not path.is_file():
            raise _damaged(folder, f"{name} is not an ordinary file")
        if path.stat().st_size != file["bytes"] or digest(path) != file["sha256"]:
            raise _damaged(folder, f"{name} has other bytes than were published")
    return manifest


def _is_folder(path: Path) -> bool:
    # A link to a folder is no folder of ours: it is told as a file that is not listed.
    return path.is_dir() and not path.is_symlink()


def read(folder: Path) -> dict[str, Any]:
    """What a published run says of itself, once that proved unchanged; its files may be anything yet."""
    path = folder / NAME
    if not path.is_file():
        raise _damaged(folder, f"{NAME} is missing")
    try:
        manifest = json.loads(path.read_bytes())
        sealed = {name: value for name, value in manifest.items() if name not in {"sha256", "info"}}
        whole = manifest["sha256"] == hashlib.sha256(_canonical(sealed)).hexdigest()
        names: Iterable[str] = manifest["files"]
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _damaged(folder, f"{NAME} cannot be read") from error
    if not whole:
        raise _damaged(folder, f"{NAME} was changed")
    if not all(_FILE_NAME.fullmatch(name) for name in names):
        raise _damaged(folder, f"{NAME} names a file outside its folder")
    return dict(manifest)


def _damaged(folder: Path, how: str) -> IntegrityError:
    return IntegrityError(
        f"{folder}: the published lists are damaged",
        got=how,
        mend="do not use them: move that folder away and run again",
    )


def _canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(
        value, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
    ).encode()


def _packages(names: Iterable[str]) -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    found = {}
    for name in names:
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    return found
