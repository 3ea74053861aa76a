"""The panel of the last run, piece by piece, so that the next one computes only what is new.

    rows       who is asked about and when, who is left out     key: inputs, dates, eligibility, sample
    outcome    churned, value                                   key: rows + what churn and value mean
    beside     measures and segments                            key: rows + their code and names
    family     the features of one family                       key: rows + its code and settings

A piece lies under the digest of everything it was made from, in the order of the panel. Where all are
there nothing is computed; where some are missing only they are, and whatever is damaged counts as missing.
The panel is the same to the byte in any case. Files hold customer ids: they are this user's only, on
this machine, and are removed, the longest unused first, beyond a number of bytes.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.features.feature import Description
from churnlab.panel import pieces
from churnlab.panel.panel import Panel
from churnlab.panel.pieces import Piece
from churnlab.panel.sample import Sample

Texts = NDArray[np.object_]
Gathered = tuple[Panel, dict[str, int]]
Content = tuple[dict[str, Any], dict[str, NDArray[Any]]]  # facts and arrays of a piece
# Computes the panel with the features of some families, by name, and counts who is left out.
Compute = Callable[[tuple[str, ...]], Gathered]

_ABANDONED = 24 * 3600  # seconds after which a half written file belongs to nobody
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Keys:
    """Piece -> digest of all it is made from; ``families`` in the order of the panel."""

    rows: str
    outcome: str
    beside: str
    families: Mapping[str, str]


@dataclass(frozen=True)
class Cache:
    """A folder of pieces, which may hold ``most`` bytes."""

    folder: Path
    most: int

    def panel(self, keys: Keys, compute: Compute) -> Gathered:
        """The panel of ``keys``: what is kept, and what ``compute`` makes of the families that are not."""
        with ExitStack() as stack:
            kept = {name: self._opened(key, stack) for name, key in _flat(keys).items()}
            found = {name: piece for name, piece in kept.items() if piece is not None}
            made = _fitted_together(found, keys, compute)
            if made is None:  # nothing is kept, or it does not fit together
                made, found = compute(tuple(keys.families)), {}
        self._keep(made, keys, found)
        return made

    def _path(self, key: str) -> Path:
        return self.folder / f"{key}.piece"

    def _opened(self, key: str, stack: ExitStack) -> Piece | None:
        path = self._path(key)
        piece = Piece.opened(path, key)
        if piece is not None:
            stack.callback(piece.close)
        elif path.exists():
            _log.warning("a file of the panel cache is damaged; what it held is computed again")
        return piece

    def _keep(self, made: Gathered, keys: Keys, found: Mapping[str, Piece]) -> None:
        """Write what was not kept yet, and make room; a disk that refuses only costs the next run time."""
        flat = _flat(keys)
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            self.folder.chmod(0o700)
            for name, content in _cut(*made, keys):
                if name not in found:
                    pieces.write(self._path(flat[name]), flat[name], *content())
            self._make_room({self._path(key) for key in flat.values()})
        except OSError as error:
            told = error.strerror or type(error).__name__
            _log.warning("the panel is not kept for the next run: %s", told)

    def _make_room(self, used: set[Path]) -> None:
        now, found = time.time(), []
        for path in self.folder.iterdir():
            with contextlib.suppress(FileNotFoundError):  # another run makes room, too
                if path in used:
                    path.touch()
                about = path.stat()
                if path.suffix == ".tmp" and now - about.st_mtime > _ABANDONED:
                    path.unlink()
                elif path.suffix == ".piece":
                    found.append((path in used, about.st_mtime, path, about.st_size))
        total = sum(size for *_, size in found)
        for _, _, path, size in sorted(found):
            if total <= self.most:
                break
            path.unlink(missing_ok=True)
            total -= size


def key(*parts: Any) -> str:
    """SHA-256 of plain values."""
    text = json.dumps(parts, sort_keys=True, ensure_ascii=False, default=str)
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _flat(keys: Keys) -> dict[str, str]:
    families = {f"family {name}": value for name, value in keys.families.items()}
    return {"rows": keys.rows, "outcome": keys.outcome, "beside": keys.beside} | families


def _cut(
    panel: Panel, excluded: Mapping[str, int], keys: Keys
) -> Iterator[tuple[str, Callable[[], Content]]]:
    """A panel as pieces, made when they are asked for."""
    yield "rows", lambda: _rows(panel, excluded)
    sooner = {f"sooner {name}": values for name, values in panel.sooner.items()}
    outcome = {"churned": panel.churned, "value": panel.value} | sooner
    yield "outcome", lambda: ({"sooner": list(panel.sooner)}, outcome)
    yield "beside", lambda: _beside(panel)
    for family in keys.families:
        yield f"family {family}", partial(_family, panel, family)


def _rows(panel: Panel, excluded: Mapping[str, int]) -> Content:
    ids, rows = _counted(panel.customer_id)
    text = [who.encode("utf-8", "surrogatepass") for who in ids]
    facts = {"excluded": dict(excluded), "sample": None if panel.sample is None else asdict(panel.sample)}
    lengths = np.array([len(one) for one in text], np.int64)
    joined = np.frombuffer(b"".join(text), np.uint8)
    return facts, {"ids": joined, "lengths": lengths, "rows": rows, "as_of": panel.as_of}


def _beside(panel: Panel) -> Content:
    measures = {f"measure {name}": values for name, values in panel.measures.items()}
    arrays, texts = _with_texts(measures, panel.segments)
    return {"measures": list(panel.measures), "segments": list(panel.segments), "texts": texts}, arrays


def _family(panel: Panel, family: str) -> Content:
    numeric = [feature.family for feature in panel.features if feature.kind == "number"]
    # The numbers of a family stand side by side.
    start, count = (numeric.index(family), numeric.count(family)) if family in numeric else (0, 0)
    mine = [feature for feature in panel.features if feature.family == family]
    named = {one.name: panel.categories[one.name] for one in mine if one.kind == "category"}
    arrays, texts = _with_texts({"numbers": panel.numbers[:, start : start + count]}, named)
    return {"features": [one.as_dict() for one in mine], "texts": texts}, arrays


def _fitted_together(found: Mapping[str, Piece], keys: Keys, compute: Compute) -> Gathered | None:
    if "rows" not in found:
        return None
    try:
        return _completed(found, keys, compute)
    except (OSError, LookupError, ValueError, TypeError) as error:
        # Every piece was proved; what remains wrong with them is told by computing all of it.
        _log.warning(
            "the panel cache cannot be read (%s): everything is computed again", type(error).__name__
        )
        return None


def _completed(found: Mapping[str, Piece], keys: Keys, compute: Compute) -> Gathered | None:
    """The kept pieces and what is missing of them as one panel; None where they do not fit together."""
    rows = found["rows"]
    customer_id, as_of = _ids(rows), rows.array("as_of")
    missing = tuple(name for name in keys.families if f"family {name}" not in found)
    part: Panel | None = None
    if missing or "outcome" not in found or "beside" not in found:
        part, _ = compute(missing)
        if not (np.array_equal(part.customer_id, customer_id) and np.array_equal(part.as_of, as_of)):
            return None
        customer_id = part.customer_id
    features = {name: _features(name, found, part) for name in keys.families}
    names = [one.name for mine in features.values() for one in mine]
    if len(set(names)) < len(names):
        return None  # a new family makes what another has made: computing all of them tells which
    kinds = [
        one
        for kind in ("number", "category")
        for mine in features.values()
        for one in mine
        if one.kind == kind
    ]
    count = sum(one.kind == "number" for one in kinds)
    panel = Panel(
        customer_id=customer_id,
        as_of=as_of,
        numbers=np.empty((len(as_of), count), np.float32),
        categories={one.name: _category(one, found, part) for one in kinds[count:]},
        features=tuple(kinds),
        measures={},
        segments={},
        fingerprint="",
        sample=None if rows.facts["sample"] is None else Sample(**rows.facts["sample"]),
        **_outcomes(found, part),
    )
    start = 0
    for name, mine in features.items():
        end = start + sum(one.kind == "number" for one in mine)
        _fill(panel.numbers[:, start:end], name, found, part)
        start = end
    return _with_beside(panel, found, part), dict(rows.facts["excluded"])


def _fill(target: NDArray[np.float32], family: str, found: Mapping[str, Piece], part: Panel | None) -> None:
    if f"family {family}" in found:
        found[f"family {family}"].read_into("numbers", target)
    elif part is not None and target.shape[1]:
        numeric = [feature.family for feature in part.features if feature.kind == "number"]
        start = numeric.index(family)
        target[:] = part.numbers[:, start : start + target.shape[1]]


def _features(family: str, found: Mapping[str, Piece], part: Panel | None) -> list[Description]:
    if f"family {family}" in found:
        return [Description(**one) for one in found[f"family {family}"].facts["features"]]
    return [] if part is None else [one for one in part.features if one.family == family]


def _category(feature: Description, found: Mapping[str, Piece], part: Panel | None) -> Texts:
    piece = found.get(f"family {feature.family}")
    if piece is None and part is not None:
        return part.categories[feature.name]
    return _texts(found[f"family {feature.family}"], feature.name)


def _outcomes(found: Mapping[str, Piece], part: Panel | None) -> dict[str, Any]:
    """``churned``, ``value`` and ``sooner`` of the panel."""
    if "outcome" not in found and part is not None:
        return {"churned": part.churned, "value": part.value, "sooner": part.sooner}
    piece = found["outcome"]
    sooner = {name: piece.array(f"sooner {name}") for name in piece.facts["sooner"]}
    return {"churned": piece.array("churned"), "value": piece.array("value"), "sooner": sooner}


def _with_beside(panel: Panel, found: Mapping[str, Piece], part: Panel | None) -> Panel:
    piece = found.get("beside")
    if piece is None and part is not None:
        return replace(panel, measures=part.measures, segments=part.segments)
    facts = found["beside"].facts
    return replace(
        panel,
        measures={name: found["beside"].array(f"measure {name}") for name in facts["measures"]},
        segments={name: _texts(found["beside"], name) for name in facts["segments"]},
    )


def _counted(customer_id: Texts) -> tuple[list[str], NDArray[np.int64]]:
    """The ids once each, and how many rows each has."""
    other = np.append(True, customer_id[1:] != customer_id[:-1])[: len(customer_id)]
    first = np.flatnonzero(other)
    return customer_id[first].tolist(), np.diff(np.append(first, len(customer_id)))


def _ids(piece: Piece) -> Texts:
    text, end = piece.array("ids").tobytes(), np.cumsum(piece.array("lengths"))
    bounds = zip([0, *end[:-1].tolist()], end.tolist(), strict=True) if len(end) else ()
    ids = [text[start:stop].decode("utf-8", "surrogatepass") for start, stop in bounds]
    return np.repeat(np.array(ids, dtype=object), piece.array("rows"))


def _with_texts(
    arrays: dict[str, NDArray[Any]], columns: Mapping[str, Texts]
) -> tuple[dict[str, NDArray[Any]], dict[str, list[str]]]:
    """Columns of text as codes in the order they are met, -1 where missing, and the texts behind them."""
    texts: dict[str, list[str]] = {}
    for name, values in columns.items():
        place: dict[str | None, int] = {}
        codes = [-1 if value is None else place.setdefault(value, len(place)) for value in values.tolist()]
        arrays = arrays | {f"text {name}": np.array(codes, np.int32)}
        texts[name] = [value for value in place if value is not None]
    return arrays, texts


def _texts(piece: Piece, name: str) -> Texts:
    found: Texts = np.array([*piece.facts["texts"][name], None], dtype=object)[piece.array(f"text {name}")]
    return found
