"""Models as plain files: JSON only, the digest first and the parser second.

churn.json   value.json   the trees, as XGBoost writes them
meta.json                 recipes, calibration, thresholds, references: everything else
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churnlab.durable import write_whole
from churnlab.errors import IntegrityError
from churnlab.models.boosted import Trees
from churnlab.models.churn import ChurnModel
from churnlab.models.value import ValueModel

FORMAT = 1


@dataclass(frozen=True)
class Models:
    """What one training made. ``extra``: what the strategy learned with it, as plain values."""

    churn: ChurnModel
    value: ValueModel | None
    extra: Mapping[str, Any]


def save(folder: Path, models: Models) -> dict[str, str]:
    """Write the files of ``models``; file name -> SHA-256. The same models give the same bytes."""
    meta = {
        "format": FORMAT,
        "churn": models.churn.as_dict(),
        "value": None if models.value is None else models.value.as_dict(),
        "extra": dict(models.extra),
    }
    contents = {"churn.json": models.churn.trees.content, "meta.json": _text(meta)}
    if models.value is not None:
        contents["value.json"] = models.value.trees.content
    for name, content in contents.items():
        write_whole(folder / name, content)
    return {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}


def load(folder: Path, digests: Mapping[str, str] | None) -> Models:
    """Read models whose files are exactly those that ``digests`` names.

    ``digests`` None: they are not checked, which is for servers that MLflow starts by itself.
    Raises ``IntegrityError`` for a missing, added, changed or unreadable file.
    """
    names = sorted(digests) if digests is not None else sorted(path.name for path in folder.glob("*.json"))
    contents = {name: _verified(folder / name, None if digests is None else digests[name]) for name in names}
    try:
        meta = json.loads(contents["meta.json"])
        if meta["format"] != FORMAT:
            raise _broken(f"format {meta['format']}, this version reads {FORMAT}")
        value = None
        if meta["value"] is not None:
            value = ValueModel.from_dict(meta["value"], Trees(contents["value.json"]))
        return Models(
            ChurnModel.from_dict(meta["churn"], Trees(contents["churn.json"])), value, meta["extra"]
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _broken(type(error).__name__) from error


def _verified(path: Path, digest: str | None) -> bytes:
    if path.name != Path(path.name).name or not path.is_file():
        raise _broken(f"{path.name} is missing")
    content = path.read_bytes()
    if digest is not None and hashlib.sha256(content).hexdigest() != digest:
        raise _broken(f"{path.name} has other bytes than were registered")
    return content


def _text(meta: Mapping[str, Any]) -> bytes:
    return (json.dumps(meta, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _broken(how: str) -> IntegrityError:
    return IntegrityError(
        "the model's files are not those that were registered",
        got=how,
        mend="restore the artifact folder, or train again: churnlab train CONFIG",
    )
