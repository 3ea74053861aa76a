"""One pass over the tables: every row goes to the part that its customer's id hashes to.

    table, in any order         chunk in memory, rows by part          what does not fit, on disk
    ----------------------      ---------------------------------      --------------------------
    00042 ...                   part 0 | part 1 | ... | part p         all columns of part 0, then
    00017 ...            --->   00017    00042                   --->  those of part 1, ..., in a
    00042 ...                   00017    00042                         file that has no name

A part is a slice of each chunk. The files are private and nameless: nobody can lose or change them,
and they go with the process, however it ends.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from itertools import chain, pairwise
from pathlib import Path
from typing import IO, Any, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.durable import on_disk
from churnlab.errors import MachineError
from churnlab.shards.columns import Bytes, kernels

Ints = NDArray[np.int64]
Column = NDArray[Any] | Bytes


Field = tuple[str, bool]  # a column, and whether it is the letters of its texts or one value a row


@dataclass(frozen=True, eq=False)
class _Chunk:
    """Some rows of a table, by part: those of part p are ``edges[field][p]:edges[field][p + 1]``."""

    fields: Mapping[Field, NDArray[Any]]
    edges: Mapping[Field, Ints]

    @classmethod
    def of(cls, columns: Mapping[str, Column], bounds: Ints) -> Self:
        """Columns whose rows stand part by part."""
        fields: dict[Field, NDArray[Any]] = {}
        edges: dict[Field, Ints] = {}
        for name, values in columns.items():
            edges[name, False] = bounds
            if isinstance(values, Bytes):
                fields[name, False], fields[name, True] = narrowed(values.sizes), values.data
                edges[name, True] = values.start[bounds].astype(np.int64)
            else:
                fields[name, False] = values
        return cls(fields, edges)

    @property
    def size(self) -> int:
        return sum(values.nbytes for values in self.fields.values())

    def part(self, number: int) -> dict[Field, NDArray[Any]]:
        return {
            field: values[self.edges[field][number] : self.edges[field][number + 1]]
            for field, values in self.fields.items()
        }


@dataclass(frozen=True, eq=False)
class _Spilled:
    """The same on disk, part after part: where in the file each part begins, and what its bytes are."""

    file: IO[bytes]
    place: Ints
    kinds: Mapping[Field, np.dtype[Any]]
    edges: Mapping[Field, Ints]

    def part(self, number: int) -> dict[Field, NDArray[Any]]:
        data, begin, found = self._read(int(self.place[number]), int(self.place[number + 1])), 0, {}
        for field, kind in self.kinds.items():
            rows = int(self.edges[field][number + 1] - self.edges[field][number])
            found[field] = np.frombuffer(data, kind, rows, begin)
            begin += rows * kind.itemsize
        return found

    def _read(self, begin: int, end: int) -> bytes:
        data = os.pread(self.file.fileno(), end - begin, begin)
        while len(data) < end - begin:
            more = os.pread(self.file.fileno(), end - begin - len(data), begin + len(data))
            if not more:
                raise MachineError(
                    "a temporary file of this run is shorter than what was written to it",
                    got=f"{len(data)} of {end - begin} bytes",
                    mend="check the disk that TMPDIR names, and run again",
                )
            data += more
        return data


class Parts(AbstractContextManager["Parts"]):
    """The rows of all tables by part, within ``room`` bytes of memory; the rest lies in ``folder``."""

    def __init__(self, count: int, room: int, folder: Path, *, compiled: bool) -> None:
        self.count, self._room, self._folder, self._compiled = count, room, folder, compiled
        self._lock = threading.Lock()  # one thread reads each table
        self._chunks: dict[str, list[_Chunk | _Spilled]] = {}
        self._file: IO[bytes] | None = None
        self._end = 0

    def __exit__(self, *_: object) -> None:
        self._chunks.clear()
        if self._file is not None:
            self._file.close()

    def add(self, table: str, columns: Mapping[str, Column], part: NDArray[np.uint16]) -> None:
        """Take some rows of a table; ``part``: which part each belongs to."""
        rows, bounds = _dealt(part, self.count, compiled=self._compiled)
        taken = {
            name: values.take(rows) if isinstance(values, Bytes) else narrowed(values)[rows]
            for name, values in columns.items()
        }
        chunk = _Chunk.of(taken, bounds)
        with self._lock:
            fits = chunk.size <= self._room
            self._room -= chunk.size if fits else 0
            self._chunks.setdefault(table, []).append(chunk if fits else self._spill(chunk))

    def part(self, number: int) -> dict[str, dict[str, Column]]:
        """Table -> column -> the values of one part."""
        with on_disk(self._folder):
            return {
                table: _stacked([chunk.part(number) for chunk in chunks])
                for table, chunks in self._chunks.items()
            }

    def _spill(self, chunk: _Chunk) -> _Spilled:
        # Wide values first: then each lies where a processor likes to read it.
        order = sorted(chunk.fields, key=lambda field: -chunk.fields[field].itemsize)
        kinds = {field: chunk.fields[field].dtype for field in order}
        letters = [memoryview(np.ascontiguousarray(chunk.fields[field]).view(np.uint8)) for field in order]  # type: ignore[arg-type]  # its stub knows no buffer
        edges = np.stack([chunk.edges[field] * kinds[field].itemsize for field in order])
        slices = [
            [values[begin:end] for begin, end in pairwise(of.tolist())]
            for values, of in zip(letters, edges, strict=True)
        ]
        place = self._end + edges.sum(axis=0)
        with on_disk(self._folder):
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115 - closed on exit
            self._write(self._file, b"".join(chain.from_iterable(zip(*slices, strict=True))))
        return _Spilled(self._file, place, kinds, {field: chunk.edges[field] for field in order})

    def _write(self, file: IO[bytes], data: bytes) -> None:
        left = memoryview(data)
        while left:
            written = os.pwrite(file.fileno(), left, self._end)
            left = left[written:]
            self._end += written


def _dealt(part: NDArray[np.uint16], count: int, *, compiled: bool) -> tuple[Ints, Ints]:
    """The rows part by part, each in its order; and where each part begins."""
    if compiled:
        rows, bounds = kernels().dealt(part, count)
        return rows, bounds
    rows = np.argsort(part, kind="stable")  # of 16 bits: a radix sort
    return rows, np.searchsorted(part[rows], np.arange(count + 1, dtype=np.uint32)).astype(np.int64)


def narrowed(values: NDArray[Any]) -> NDArray[Any]:
    """Whole numbers in as few bytes as they need: half of a chunk, and of what is written to disk."""
    if values.dtype.kind != "i" or not len(values):
        return values
    low, high = int(values.min()), int(values.max())
    kinds = (
        kind
        for kind in (np.int8, np.int16, np.int32)
        if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max
    )
    return values.astype(next(kinds, values.dtype), copy=False)


def _stacked(parts: Sequence[Mapping[Field, NDArray[Any]]]) -> dict[str, Column]:
    whole = {field: np.concatenate([part[field] for part in parts]) for field in parts[0]}
    return {
        name: Bytes.of_sizes(values, whole[name, True]) if (name, True) in whole else values
        for (name, letters), values in whole.items()
        if not letters
    }
