"""The list before: where every customer stood, and since when, so that nobody moves for nothing.

Customers are found by a hash of their id, and the id itself then says whether it is the same one: a
list of ten million needs about 25 bytes for each beside the ids.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.durable import digest
from churnlab.errors import IntegrityError
from churnlab.lists import manifest

Texts = NDArray[np.object_]
Days = NDArray[np.datetime64]

FILES = ("all.parquet", "excluded.parquet")  # who was listed, and who was kept off the lists


@dataclass(frozen=True, eq=False)
class Before:
    """Where some customers stood: (n,) each, None or NaT for who was not there.

    ``quadrant``, ``phase``: codes. ``since``: the date from which they stood in that quadrant.
    """

    quadrant: Texts
    since: Days
    phase: Texts


@dataclass(frozen=True, eq=False)
class Previous:
    """Everyone in the lists of a date. ``digest``: of the manifest; ``table``: what was kept of them.

    ``drawn_with``: (epoch, mark of the salt) of their campaign, None without one.
    """

    as_of: dt.date
    digest: str
    table: Any
    drawn_with: tuple[str, str] | None = None

    @classmethod
    def read(cls, run: Path, only: str | None = None) -> Self:
        """The published run in folder ``run``; ``only``: the rows of this customer.

        Raises IntegrityError where its files were changed.
        """
        import pyarrow as pa

        said = manifest.read(run)
        as_of = dt.date.fromisoformat(said["as_of"])
        parts = [
            _kept(run / name, said["files"][name], as_of, only) for name in FILES if name in said["files"]
        ]
        epoch, mark = said.get("campaign", {}).get("epoch"), said["inputs"].get("campaign.salt")
        drawn_with = None if epoch is None or mark is None else (str(epoch), str(mark))
        return cls(as_of, str(said["sha256"]), pa.concat_tables(parts).combine_chunks(), drawn_with)

    def of(self, ids: Texts) -> Before:
        """Where the customers ``ids`` stood."""
        rows = self._rows(ids)
        known = rows >= 0
        since = np.full(len(ids), np.datetime64("NaT"), dtype="datetime64[D]")
        since[known] = self._since[rows[known]]
        texts = {}
        for name in ("quadrant", "phase"):
            texts[name] = np.full(len(ids), None, dtype=object)
            codes, names = self._codes[name]
            texts[name][known] = names[codes[rows[known]]]
        return Before(texts["quadrant"], since, texts["phase"])

    @cached_property
    def _since(self) -> Days:
        return np.asarray(self.table["quadrant_since"].to_numpy())

    @cached_property
    def _codes(self) -> dict[str, tuple[NDArray[Any], Texts]]:
        """Name -> the place of each row's text, and the texts; the last one is None."""
        found = {}
        for name in ("quadrant", "phase"):
            encoded = self.table[name].combine_chunks()
            texts = np.array([*encoded.dictionary.to_pylist(), None], dtype=object)
            found[name] = (encoded.indices.fill_null(len(texts) - 1).to_numpy(), texts)
        return found

    @cached_property
    def _marks(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        marks = _hashes(self.table["customer_id"].to_pylist())
        order = np.argsort(marks, kind="stable")
        return marks[order], order

    def _rows(self, ids: Texts) -> NDArray[np.int64]:
        """(n,) the row of each id, -1 for who is not there."""
        marks, order = self._marks
        if not len(marks):
            return np.full(len(ids), -1)
        wanted = _hashes(ids.tolist())
        place = np.minimum(np.searchsorted(marks, wanted), len(marks) - 1)
        found = np.flatnonzero(marks[place] == wanted)
        rows = np.full(len(ids), -1)
        rows[found] = order[place[found]]
        known = self.table["customer_id"].take(rows[found]).to_pylist()
        for position, one in zip(found.tolist(), known, strict=True):
            if one != ids[position]:
                rows[position] = self._among_equals(int(place[position]), ids[position])
        return rows

    def _among_equals(self, place: int, one: str) -> int:
        """The row of an id whose hash another id has too."""
        marks, order = self._marks
        for other in range(place, len(marks)):
            if marks[other] != marks[place]:
                break
            if self.table["customer_id"][int(order[other])].as_py() == one:
                return int(order[other])
        return -1


def _hashes(ids: list[Any]) -> NDArray[np.int64]:
    # It differs from one process to the next, and is never kept.
    return np.fromiter(map(hash, ids), dtype=np.int64, count=len(ids))


def _kept(path: Path, said: dict[str, Any], as_of: dt.date, only: str | None) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    if not path.is_file() or digest(path) != said["sha256"]:
        raise IntegrityError(
            f"{path}: the list before is not what was published",
            got="no file" if not path.is_file() else "other bytes than the manifest says",
            mend="move that run's folder away: quadrants then follow from the list before it",
        )
    there = set(pq.read_schema(path).names)
    wanted = [name for name in ("customer_id", "quadrant", "quadrant_since", "phase") if name in there]
    filters = None if only is None else [("customer_id", "==", only)]
    table = pq.read_table(path, columns=wanted, filters=filters)
    known = table["quadrant_since"] if "quadrant_since" in there else pa.nulls(table.num_rows, pa.date32())
    since = known.fill_null(pa.scalar(as_of, pa.date32()))
    phase = table["phase"] if "phase" in there else pa.nulls(table.num_rows, pa.string())
    return pa.table(
        {
            "customer_id": table["customer_id"].cast(pa.string()),
            "quadrant": table["quadrant"].cast(pa.string()).dictionary_encode(),
            "quadrant_since": since,
            "phase": phase.cast(pa.string()).dictionary_encode(),
        }
    ).unify_dictionaries()
