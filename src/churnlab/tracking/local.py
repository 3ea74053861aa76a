"""The champion as a SQLite registry on this machine names it, read without MLflow.

Loading MLflow and opening its store take longer than reading a million rows, and scoring needs of them
one record only. Whatever this cannot answer for certain is left to MLflow; before anything is
published, MLflow itself is asked whether it was right (``registry.confirm``).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, unquote, urlsplit

_RECORD = """
    SELECT named.version, found.run_id, found.storage_location
    FROM registered_model_aliases AS named
    JOIN model_versions AS found
      ON (named.workspace, named.name, named.version) = (found.workspace, found.name, found.version)
    WHERE named.workspace = 'default' AND named.name = ? AND named.alias = ?
"""
_MARK = """
    SELECT value FROM registered_model_tags
    WHERE workspace = 'default' AND name = ? AND key = 'churnlab.champion'
"""
_TAGS = "SELECT key, value FROM model_version_tags WHERE workspace = 'default' AND name = ? AND version = ?"


@dataclass(frozen=True)
class Record:
    """A registered version: its number, run and tags, and the local folder of its files.

    ``mark``: the version that the recorded changes of the alias lead to, None where none is recorded.
    """

    version: str
    run_id: str
    tags: Mapping[str, str]
    folder: Path
    mark: str | None = None


def record(uri: str, name: str, alias: str) -> Record | None:
    """The version of ``name`` that ``alias`` points to; None where only MLflow can tell."""
    file = uri.removeprefix("sqlite:///")
    if file == uri or "?" in file or not Path(file).is_file():
        return None
    try:
        with closing(sqlite3.connect(f"file:{quote(file)}?mode=ro", uri=True)) as registry:
            ((version, run_id, location),) = registry.execute(_RECORD, (name, alias))
            tags = dict(registry.execute(_TAGS, (name, version)))
            marked = registry.execute(_MARK, (name,)).fetchone()
    except (sqlite3.Error, ValueError):  # locked, of another make, or not exactly one record
        return None
    place = urlsplit(location or "")
    folder = Path(unquote(place.path))
    if place.scheme != "file" or place.netloc or not folder.is_dir():
        return None
    return Record(str(version), run_id, tags, folder, marked[0] if marked else None)
