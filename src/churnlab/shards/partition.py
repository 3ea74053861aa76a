"""One pass over the tables: every row goes to the part that its customer's id hashes to.

    table, in any order         chunk in memory, rows by part          what does not fit, on disk
    ----------------------      ---------------------------------      --------------------------
    00042 ...                   part 0 | part 1 | ... | part p         the same bytes, one after
    00017 ...            --->   00017    00042                   --->  the other, in a file that
    00042 ...                   00017    00042                         has no name

A part is a slice of each chunk. The files are private and nameless: nobody can lose or change them,
and they go with the process, however it ends.
"""

from __future__ import annotations

import os
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from churnlab.durable import on_disk
from churnlab.errors import MachineError
from churnlab.shards.columns import Bytes, joined, kernels

Ints = NDArray[np.int64]
Column = NDArray[Any] | Bytes


@dataclass(frozen=True, eq=False)
class _Chunk:
    """Some rows of a table, by part: those of part p are ``bounds[p]:bounds[p + 1]``."""

    columns: Mapping[str, Column]
    bounds: Ints

    @property
    def size(self) -> int:
        return sum(values.nbytes for values in self.columns.values())

    def part(self, number: int) -> dict[str, Column]:
        begin, end = self.bounds[number], self.bounds[number + 1]
        return {name: _slice(values, begin, end) for name, values in self.columns.items()}


def _slice(values: Column, begin: int, end: int) -> Column:
    return values.slice(begin, end) if isinstance(values, Bytes) else values[begin:end]


@dataclass(frozen=True, eq=False)
class _Spilled:
    """The same on disk: where in the file each column begins, and what it holds."""

    file: IO[bytes]
    columns: Mapping[str, tuple[int, ...]]
    kinds: Mapping[str, np.dtype[Any] | None]
    bounds: Ints

    def part(self, number: int) -> dict[str, Column]:
        return {
            name: self._read(name, int(self.bounds[number]), int(self.bounds[number + 1]))
            for name in self.columns
        }

    def _read(self, name: str, begin: int, end: int) -> Column:
        places, kind = self.columns[name], self.kinds[name]
        if kind is not None:
            return self._array(places[0], kind, begin, end)
        start = self._array(places[0], np.dtype(np.int32), begin, end + 1)
        data = self._array(places[1], np.dtype(np.uint8), int(start[0]), int(start[-1]))
        missing = self._array(places[2], np.dtype(np.bool_), begin, end) if len(places) > 2 else None
        return Bytes(start - start[0], data, missing)

    def _array(self, place: int, kind: np.dtype[Any], begin: int, end: int) -> NDArray[Any]:
        values = np.empty(end - begin, kind)
        wanted = memoryview(values.view(np.uint8))  # type: ignore[arg-type]  # its stub knows no buffer
        at, got = place + begin * kind.itemsize, 0
        while got < len(wanted):
            read = os.preadv(self.file.fileno(), [wanted[got:]], at + got)
            if not read:
                raise MachineError(
                    "a temporary file of this run is shorter than what was written to it",
                    got=f"{got} of {len(wanted)} bytes",
                    mend="check the disk that TMPDIR names, and run again",
                )
            got += read
        return values


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
        chunk = _Chunk(taken, bounds)
        with self._lock:
            fits = chunk.size <= self._room
            self._room -= chunk.size if fits else 0
            self._chunks.setdefault(table, []).append(chunk if fits else self._spill(chunk))

    def part(self, number: int) -> dict[str, dict[str, Column]]:
        """Table -> column -> the values of one part."""
        return {
            table: _stacked([chunk.part(number) for chunk in chunks])
            for table, chunks in self._chunks.items()
        }

    def _spill(self, chunk: _Chunk) -> _Spilled:
        with on_disk(self._folder):
            if self._file is None:
                self._file = tempfile.TemporaryFile(dir=self._folder, buffering=0)  # noqa: SIM115 - closed on exit
            places = {name: tuple(self._written(values)) for name, values in chunk.columns.items()}
        kinds = {name: None if isinstance(v, Bytes) else v.dtype for name, v in chunk.columns.items()}
        return _Spilled(self._file, places, kinds, chunk.bounds)

    def _written(self, values: Column) -> Iterator[int]:
        pieces: Sequence[Any] = [values]
        if isinstance(values, Bytes):
            pieces = [
                values.start.astype(np.int32, copy=False),  # a chunk's texts are far below 2 GiB
                values.data,
                *([] if values.missing is None else [values.missing]),
            ]
        for piece in pieces:
            yield self._end
            left = memoryview(np.ascontiguousarray(piece).view(np.uint8))  # type: ignore[arg-type]
            while left:
                written = os.pwrite(self._file.fileno(), left, self._end)  # type: ignore[union-attr]
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


def _stacked(parts: Sequence[Mapping[str, Column]]) -> dict[str, Column]:
    found: dict[str, Column] = {}
    for name in parts[0]:
        values = [part[name] for part in parts]
        found[name] = joined(values) if isinstance(values[0], Bytes) else np.concatenate(values)  # type: ignore[arg-type]
    return found
