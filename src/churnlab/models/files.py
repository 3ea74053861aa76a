"""Models as plain files: JSON only, the digest first and the parser second.

churn.json   value.json   the trees, as XGBoost writes them
hazard.json               those of each interval, where risks of shorter horizons are asked for
meta.json                 recipes, calibration, thresholds, references: everything else
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churnlab.durable import on_disk, write_whole
from churnlab.errors import IntegrityError
from churnlab.models.boosted import Trees
from churnlab.models.churn import ChurnModel
from churnlab.models.hazard import Hazard
from churnlab.models.value import ValueModel

FORMAT = 4
CHURN, VALUE, META, HAZARD = NAMES = ("churn.json", "value.json", "meta.json", "hazard.json")


@dataclass(frozen=True)
class Models:
    """What one training made. ``extra``: what the strategy learned with it, as plain values.

    ``hazard``: None where no risks of shorter horizons are asked for.
    """

    churn: ChurnModel
    value: ValueModel | None
    extra: Mapping[str, Any]
    hazard: Hazard | None = None

    @property
    def also_days(self) -> tuple[int, ...]:
        """The shorter horizons whose risks stand in the lists."""
        return () if self.hazard is None else self.hazard.also_days


def save(folder: Path, models: Models) -> dict[str, str]:
    """Write the files of ``models``; file name -> SHA-256. The same models give the same bytes."""
    meta = {
        "format": FORMAT,
        "churn": models.churn.as_dict(),
        "value": None if models.value is None else models.value.as_dict(),
        "extra": dict(models.extra),
    }
    if models.hazard is not None:
        meta["hazard"] = models.hazard.as_dict()
    contents = {CHURN: models.churn.trees.content, META: _text(meta)}
    if models.value is not None:
        contents[VALUE] = models.value.trees.content
    if models.hazard is not None:
        contents[HAZARD] = models.hazard.content
    for name, content in contents.items():
        write_whole(folder / name, content)
    return {name: hashlib.sha256(content).hexdigest() for name, content in contents.items()}


def load(folder: Path, digests: Mapping[str, str] | None) -> Models:
    """Read models whose files are exactly those that ``digests`` names.

    ``digests`` None: they are not checked, which is for servers that MLflow starts by itself.
    Raises ``IntegrityError`` for a missing, changed or unreadable file. Others are never opened.
    """
    names = sorted(digests) if digests is not None else [name for name in NAMES if (folder / name).exists()]
    contents = {name: _verified(folder, name, None if digests is None else digests[name]) for name in names}
    try:
        meta = json.loads(contents[META])
        if meta["format"] != FORMAT:
            raise _broken(f"format {meta['format']}, this version reads {FORMAT}")
        value = None
        if meta["value"] is not None:
            value = ValueModel.from_dict(meta["value"], Trees(contents[VALUE]).require_readable())
        hazard = Hazard.from_dict(meta["hazard"], contents[HAZARD]) if "hazard" in meta else None
        churn = ChurnModel.from_dict(meta["churn"], Trees(contents[CHURN]).require_readable())
        return Models(churn, value, meta["extra"], hazard)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise _broken(type(error).__name__) from error


def _verified(folder: Path, name: str, digest: str | None) -> bytes:
    if name not in NAMES:  # nothing that a record names may lead out of the folder
        raise _broken(f"{name!r} is none of {', '.join(NAMES)}")
    path = folder / name
    if not path.is_file() or path.is_symlink():
        raise _broken(f"{name} is missing")
    with on_disk(path):
        content = path.read_bytes()
    if digest is not None and hashlib.sha256(content).hexdigest() != digest:
        raise _broken(f"{name} has other bytes than were registered")
    return content


def _text(meta: Mapping[str, Any]) -> bytes:
    return (json.dumps(meta, sort_keys=True, ensure_ascii=False, allow_nan=False) + "\n").encode()


def _broken(how: str) -> IntegrityError:
    return IntegrityError(
        "the model's files are not those that were registered",
        got=how,
        mend="restore the artifact folder, or train again: churnlab train CONFIG",
    )
