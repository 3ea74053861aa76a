"""A delivery's own list of its files: proof, before anything is parsed, that they are whole.

    {"files": [{"name": "orders.csv", "sha256": "...", "bytes": 1200, "rows": 40}, ...],
     "complete_until": "2025-07-01"}

Names are relative to the folder of the manifest; all but ``name`` and ``sha256`` may be left out.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from churnlab.errors import DataError, IntegrityError
from churnlab.tables.locate import Input, find

MAX_BYTES = 1 << 24


@dataclass(frozen=True)
class Delivery:
    """``label`` names the manifest in messages; ``listed``: real path -> what it says of the file.

    ``complete_until``: the day before which nothing is missing, where the manifest says so.
    """

    label: str
    listed: Mapping[Path, Mapping[str, Any]]
    complete_until: date | None = None

    @classmethod
    def read(cls, given: str, *, root: Path, data_roots: Sequence[str]) -> Delivery:
        """The manifest at a path. Raises ``IntegrityError`` where it names a file outside the roots."""
        (manifest,) = find([given], root=root, data_roots=data_roots)
        try:
            with manifest.opened() as stream:
                said = json.loads(stream.read(MAX_BYTES))
            files, until = said["files"], said.get("complete_until")
            complete_until = None if until is None else date.fromisoformat(until)
            named = {str(file["name"]): dict(file) for file in files}
            shas = [file["sha256"] for file in named.values()]
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise IntegrityError(
                f"{manifest.label}: not a delivery manifest",
                got=type(error).__name__,
                mend='write {"files": [{"name": ..., "sha256": ..., "rows": ...}]}',
            ) from None
        if not all(isinstance(sha, str) for sha in shas):
            raise IntegrityError(f"{manifest.label}: a sha256 is no text", mend="write it in hexadecimal")
        roots = [root.resolve(), *((root / folder).resolve() for folder in data_roots)]
        listed = {}
        for name, file in named.items():
            path = (manifest.path.parent / name).resolve()
            if not any(path.is_relative_to(folder) for folder in roots):
                raise IntegrityError(
                    f"{manifest.label}: names a file outside the project's root",
                    mend="list files beside the manifest, by their names",
                )
            listed[path] = file
        return cls(manifest.label, listed, complete_until)

    def check(self, inputs: Sequence[Input]) -> None:
        """Compare the files that were found with those that are listed: digests, sizes, none missing."""
        for file in inputs:
            said = self.listed.get(file.path)
            if said is None:
                raise DataError(
                    f"{file.label}: not listed in {self.label}",
                    mend="list it, or leave it out of the files of the source",
                )
            if file.sha256 != said["sha256"] or said.get("bytes", file.size) != file.size:
                raise IntegrityError(
                    f"{file.label}: not the file that {self.label} lists",
                    got=f"{file.size:,} bytes, sha256 {file.sha256[:12]}...",
                    mend="deliver it again, whole, with its manifest",
                )
        missing = sorted(path.name for path in set(self.listed) - {file.path for file in inputs})
        if missing:
            raise DataError(
                f"{self.label}: lists files that are not read",
                got=", ".join(missing[:5]),
                mend="deliver them, or add them to the files of the source",
            )

    def check_rows(self, read: int) -> None:
        """Compare the records of all files with what is listed, where it is."""
        rows = [file["rows"] for file in self.listed.values() if isinstance(file.get("rows"), int)]
        if len(rows) == len(self.listed) and sum(rows) != read:
            raise DataError(
                f"{self.label}: the files hold other rows than listed",
                got=f"{read:,} read, {sum(rows):,} listed",
                mend="deliver the files again, whole, with their manifest",
            )
