"""Delivery into a folder: each list becomes a folder of its own that is whole from its first instant on.

OUTBOX/.stage-<origin>-<list_id>    written and forced to the disk
    | rename
OUTBOX/<list_id>/                   what a CRM's transfer picks up; <list_id>-r2 is the second delivery
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path

from churnlab.durable import failpoint, on_disk, sync_folder
from churnlab.lists import package
from churnlab.lists.package import Record


@dataclass(frozen=True)
class Stages:
    """Where a project's deliveries are prepared. ``origin``: tells its stages from those of others."""

    folder: Path
    origin: str

    @classmethod
    def of(cls, folder: Path, out: Path) -> Stages:
        """In ``folder``, for the project that writes to ``out``."""
        return cls(folder, hashlib.sha256(str(out).encode()).hexdigest()[:8])

    def stage(self, name: str) -> Path:
        """The stage of one delivery."""
        return self.folder / f".stage-{self.origin}-{name}"

    def clear(self) -> None:
        """Remove what runs that died have left. Only for who holds the project's lock."""
        with on_disk(self.folder):
            for stage in self.folder.glob(f".stage-{self.origin}-*"):
                if stage.is_symlink() or not stage.is_dir():
                    stage.unlink()
                else:
                    shutil.rmtree(stage)


@dataclass(frozen=True)
class Outbox:
    """A folder as the destination; ``stages`` must be in the same one."""

    folder: Path

    def held(self, project: str, known: Collection[str]) -> Iterator[Record]:
        """The deliveries of ``project`` that are there, whole, but for those whose names are ``known``."""
        if not self.folder.is_dir():
            return
        for path in sorted(self.folder.iterdir()):
            if not package.is_name(path.name) or path.name in known or not path.is_dir():
                continue
            if not self._is_of_another(path, project):
                record = package.verify(path)
                if record.name != path.name:
                    raise package.damaged(str(path), f"its record is that of {record.name}")
                yield record

    def _is_of_another(self, path: Path, project: str) -> bool:
        # Looked at first: what was taken away from another project's delivery must not stop ours.
        with on_disk(path):
            record = path / package.RECORD
            return record.is_file() and package.is_of_another(record.read_bytes(), project)

    def place(self, stage: Path, record: Record) -> None:
        """Hand over what is in ``stage``; nothing happens where this very delivery is there already."""
        target = self.folder / record.name
        with on_disk(target):
            if not target.exists():
                failpoint("outbox.rename")
                stage.rename(target)
                sync_folder(self.folder)
            elif package.verify(target).sha256 != record.sha256:
                raise package.damaged(str(target), "another delivery under the same name")

    def check(self, name: str, sha256: str) -> bool:
        """Whether a delivery is still there; ``IntegrityError`` where it is not what was delivered."""
        target = self.folder / name
        if not target.is_dir():
            return False
        if package.verify(target).sha256 != sha256:
            raise package.damaged(str(target), "another delivery than the ledger has")
        return True
