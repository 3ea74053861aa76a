"""Delivery to object storage, or to anything else that fsspec knows.

BASE/.stage-<list_id>/FILE     uploaded
    | move
BASE/<list_id>/FILE            each under its final name
BASE/<list_id>/delivery.json   the marker, last: before it is there, nothing was delivered
"""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churnlab.config.loader import environment
from churnlab.durable import failpoint
from churnlab.errors import ChurnlabError, ConfigError, MachineError
from churnlab.lists import package
from churnlab.lists.package import RECORD, Record

_SECRET = re.compile(r"\$\{env:(\w+)\}")


@dataclass(frozen=True)
class Storage:
    """A place below a URL; ``files`` is the file system that fsspec has for it."""

    url: str
    base: str
    files: Any

    @classmethod
    def of(cls, url: str, options: Mapping[str, Any]) -> Storage:
        """Ask fsspec for it. Secrets among ``options`` are looked up here, and said nowhere."""
        if importlib.util.find_spec("fsspec") is None:
            raise ConfigError(f"{url}: delivering there needs fsspec", mend="pip install 'churnlab[storage]'")
        import fsspec

        known = {name: _looked_up(value, url) for name, value in options.items()}
        scheme = url.partition("://")[0]
        try:
            files, base = fsspec.core.url_to_fs(url, **known)
        except ImportError:
            raise ConfigError(
                f"{url}: fsspec needs another package for {scheme}://",
                mend="pip install s3fs for s3://, gcsfs for gs://, adlfs for abfs://",
            ) from None
        except Exception as error:  # noqa: BLE001 - whatever it says may quote the options
            raise ConfigError(
                f"{url}: fsspec does not know {scheme}://, or cannot use these options",
                got=type(error).__name__,
                mend="check export.destination.url and its options",
            ) from None
        return cls(url, str(base).rstrip("/"), files)

    def held(self, project: str, known: Collection[str]) -> Iterator[Record]:
        """The deliveries of ``project`` that are there, whole, but for those whose names are ``known``."""
        for name in self._names():
            if name in known or not self._exists(name):
                continue
            # Looked at first: what was taken away from another project's delivery must not stop ours.
            if not package.is_of_another(self._marker(name), project):
                yield self._verified(name)

    def place(self, stage: Path, record: Record) -> None:
        """Upload what is in ``stage``, the marker last; nothing where this very delivery is there."""
        name = record.name
        if self._exists(name):
            if self._verified(name).sha256 != record.sha256:
                raise package.damaged(f"{self.url}/{name}", "another delivery under the same name")
            return
        with _told(self.url):
            for begun in (f"{self.base}/.stage-{name}", f"{self.base}/{name}"):
                self._remove(begun)
                self.files.makedirs(begun, exist_ok=True)
            for file in record.files:
                self.files.put_file(str(stage / file), f"{self.base}/.stage-{name}/{file}")
                self.files.mv(f"{self.base}/.stage-{name}/{file}", f"{self.base}/{name}/{file}")
            self._check_sizes(record)
            self._remove(f"{self.base}/.stage-{name}")
            failpoint("storage.marker")
            self.files.pipe_file(f"{self.base}/{name}/{RECORD}", record.as_bytes())

    def check(self, name: str, sha256: str) -> bool:
        """Whether a delivery is still there; ``IntegrityError`` where it is not what was delivered."""
        if not self._exists(name):
            return False
        if self._verified(name).sha256 != sha256:
            raise package.damaged(f"{self.url}/{name}", "another delivery than the ledger has")
        return True

    def _names(self) -> list[str]:
        with _told(self.url):
            self.files.invalidate_cache()
            if not self.files.exists(self.base):
                return []
            listed = self.files.ls(self.base, detail=False)
        names = (str(path).rstrip("/").rpartition("/")[2] for path in listed)
        return sorted(name for name in names if package.is_name(name))

    def _remove(self, folder: str) -> None:
        if self.files.exists(folder):
            self.files.rm(folder, recursive=True)

    def _exists(self, name: str) -> bool:
        with _told(self.url):
            return bool(self.files.exists(f"{self.base}/{name}/{RECORD}"))

    def _marker(self, name: str) -> bytes:
        with _told(self.url):
            return bytes(self.files.cat_file(f"{self.base}/{name}/{RECORD}"))

    def _verified(self, name: str) -> Record:
        where = f"{self.url}/{name}"
        with _told(self.url):
            record = package.read(self._marker(name), where)
            if record.name != name:
                raise package.damaged(where, f"its record is that of {record.name}")
            self._check_sizes(record)
        return record

    def _check_sizes(self, record: Record) -> None:
        # Bytes that have gone up are not fetched again: what a store lost or cut short shows in its size.
        for file, said in record.files.items():
            path = f"{self.base}/{record.name}/{file}"
            size = self.files.info(path)["size"] if self.files.exists(path) else None
            if size != said["bytes"]:
                raise package.damaged(f"{self.url}/{record.name}", f"{file} is missing or of another size")


def _looked_up(value: Any, url: str) -> Any:
    secret = _SECRET.fullmatch(value) if isinstance(value, str) else None
    return environment(secret[1], url) if secret else value


@contextmanager
def _told(url: str) -> Iterator[None]:
    """What a store says may quote addresses and keys: only the kind of error is told."""
    try:
        yield
    except ChurnlabError:
        raise
    except Exception as error:  # noqa: BLE001 - each store has errors of its own
        raise MachineError(
            f"{url}: the store did not take or give what was asked",
            got=type(error).__name__,
            mend="check its address, the options and this user's rights there, then run again",
        ) from None
