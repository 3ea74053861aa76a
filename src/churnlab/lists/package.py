"""A delivery as it is handed over: its files, and last a record of what they are and for whom.

    .stage-.../  shop_2025-05-01_retain_001.csv, shop_2025-05-01_retain_001.parquet, delivery.json

The record says nothing of when or where it was made: the same lists under the same configuration give
the same bytes.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from churnlab.durable import create, digest, flush, on_disk, sync_folder
from churnlab.errors import IntegrityError
from churnlab.lists import parts
from churnlab.lists.layout import Layout
from churnlab.lists.ledger import canonical

RECORD = "delivery.json"
SCORES = "scores"  # the campaign of lists that no campaign has drawn from
_NAME = re.compile(r"[0-9a-f]{32}(-r[0-9]+)?")
_FILE = re.compile(r"[a-z0-9][a-zA-Z0-9_.-]*")
_GROUP_READS = {"folder": 0o750, "file": 0o640}


@dataclass(frozen=True)
class Meant:
    """One list, meant for one destination. ``campaign``: ``scores``, or the campaign that drew it."""

    project: str
    campaign: str
    as_of: date
    list: str
    run_key: str
    destination: str
    profile: str

    @property
    def list_id(self) -> str:
        """What makes it this list for this destination: 32 hexadecimal digits.

        >>> Meant("shop", "scores", date(2025, 5, 1), "retain", "0" * 64, "folder outbox", "generic").list_id
        '54bfb3c5d72f88b4bf57b26d4c6e967a'
        """
        parts_ = {**self.as_dict(), "as_of": self.as_of.isoformat()}
        return hashlib.sha256(canonical(parts_)).hexdigest()[:32]

    def as_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {**self.__dict__, "as_of": self.as_of.isoformat()}


def name(list_id: str, delivery: int) -> str:
    """What a delivery is called at its destination: a list delivered again is another folder.

    >>> name("ab12", 1), name("ab12", 3)
    ('ab12', 'ab12-r3')
    """
    return list_id if delivery == 1 else f"{list_id}-r{delivery}"


def is_name(text: str) -> bool:
    """Whether something at a destination is called as a delivery of ours is."""
    return _NAME.fullmatch(text) is not None


@dataclass(frozen=True)
class Record:
    """What a delivery says of itself, with the digest of all of it as ``sha256``."""

    facts: Mapping[str, Any]

    @property
    def name(self) -> str:
        """What it is called at its destination."""
        return name(self.facts["list_id"], self.facts["delivery"])

    @property
    def sha256(self) -> str:
        """Of the record, and by the digests in it of every file."""
        return str(self.facts["sha256"])

    @property
    def files(self) -> Mapping[str, Mapping[str, Any]]:
        """Name -> ``sha256``, ``bytes``, ``rows``, and ``of`` where the list was split."""
        files: Mapping[str, Mapping[str, Any]] = self.facts["files"]
        return files

    def as_bytes(self) -> bytes:
        """The content of ``delivery.json``."""
        return (json.dumps(self.facts, indent=1, ensure_ascii=False, allow_nan=False) + "\n").encode()


def write(
    stage: Path,
    source: Path,
    meant: Meant,
    layout: Layout,
    more: Mapping[str, Any],
    *,
    delivery: int,
    group_may_read: bool = False,
    refused: Any | None = None,
) -> Record:
    """Write the files of a delivery into ``stage`` (which must not be there), and its record last.

    ``source``: the list as Parquet. ``more``: what else the record says. ``delivery``: 1, or how often
    with this time. ``refused``: ids that stay here. Everything is on the disk after this.
    """
    with on_disk(stage):
        stage.mkdir(mode=0o700, parents=True)
        stem = f"{meant.project}_{meant.as_of:%Y-%m-%d}_{meant.list}"
        rendered = parts.write(source, stage, stem, layout, refused)
        body = {
            "format": 1,
            "list_id": meant.list_id,
            "delivery": delivery,
            **meant.as_dict(),
            **more,
            "rows": rendered.rows,
            "held_back": dict(rendered.held_back),
            "layout": layout.as_dict(),
            "files": {part.name: _described(part) for part in rendered.parts},
        }
        record = Record({**body, "sha256": hashlib.sha256(canonical(body)).hexdigest()})
        with create(stage / RECORD, private=True) as file:
            file.write(record.as_bytes())
            flush(file)
        if group_may_read:
            for path in stage.iterdir():
                path.chmod(_GROUP_READS["file"])
            stage.chmod(_GROUP_READS["folder"])
        sync_folder(stage)
    return record


def _described(part: parts.Part) -> dict[str, Any]:
    said = {"sha256": part.sha256, "bytes": part.bytes, "rows": part.rows}
    return said if part.of is None else {**said, "of": part.of}


def read(content: bytes, where: str) -> Record:
    """The record that ``content`` is, or ``IntegrityError``; ``where``: for the message."""
    try:
        facts = json.loads(content)
        body = {key: value for key, value in facts.items() if key != "sha256"}
        whole = facts["sha256"] == hashlib.sha256(canonical(body)).hexdigest()
        whole = whole and all(_FILE.fullmatch(file) for file in facts["files"])
        record = Record(facts)
        whole = whole and is_name(record.name)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise damaged(where, f"{RECORD} cannot be read") from error
    if not whole:
        raise damaged(where, f"{RECORD} was changed")
    return record


def is_of_another(content: bytes, project: str) -> bool:
    """Whether a record says that its delivery is another project's; what it is worth is theirs to find out.

    >>> is_of_another(b'{"project": "a"}', "b"), is_of_another(b'{"project": "a"}', "a")
    (True, False)
    """
    try:
        said = json.loads(content)["project"]
    except (ValueError, KeyError, TypeError):
        return False
    return isinstance(said, str) and said != project


def verify(folder: Path) -> Record:
    """The record of a delivery whose every file is as it was delivered, else ``IntegrityError``."""
    with on_disk(folder):
        path = folder / RECORD
        record = read(path.read_bytes() if path.is_file() else b"", str(folder))
        there = {each.name for each in folder.iterdir()} - {RECORD}
        for file in sorted(there ^ set(record.files)):
            raise damaged(str(folder), f"{file} is {'not listed' if file in there else 'missing'}")
        for file, said in record.files.items():
            path = folder / file
            if path.is_symlink() or path.stat().st_size != said["bytes"] or digest(path) != said["sha256"]:
                raise damaged(str(folder), f"{file} has other bytes than were delivered")
    return record


def damaged(where: str, how: str) -> IntegrityError:
    """What is said of a delivery that is not what it was."""
    return IntegrityError(
        f"{where}: what was delivered there is damaged",
        got=how,
        mend="move it away and tell whoever may have read it; then deliver with --redeliver REASON",
    )
