"""Rows that wait in a file to be written to lists: where each chunk lies, and how it is read back."""

from __future__ import annotations

import zlib
from dataclasses import dataclass
from os import pread
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from churnlab.durable import failpoint, on_disk
from churnlab.errors import IntegrityError


@dataclass(frozen=True)
class Chunk:
    """Where some rows, one after the other, lie in the file."""

    offset: int
    length: int
    check: int


class Reader:
    """Reads rows back. ``starts``: (chunks + 1,) the first row of each chunk, and the end.

    ``columns``: their Arrow schema.
    """

    def __init__(
        self, folder: Path, file: BinaryIO, chunks: list[Chunk], starts: NDArray[np.int64], columns: Any
    ) -> None:
        self._folder, self._file, self._chunks, self._starts = folder, file, chunks, starts
        self._columns = columns
        self._open: dict[int, Any] = {}  # chunks that are used in part: at most one a run

    def rows(self, wanted: NDArray[np.int64]) -> Any:
        """These rows in this order, as one table.

        What is next to each other in a list lies next to each other in every run, but for those whom a
        campaign gives a turn: they lie anywhere.
        """
        import pyarrow as pa

        inside = np.sort(wanted)
        numbers = np.searchsorted(self._starts, inside, side="right") - 1
        slices, still_open = [], {}
        for number in np.unique(numbers).tolist():
            start, stop = self._starts[number : number + 2]
            low, high = np.searchsorted(inside, (start, stop))
            batch = self._open.get(number) or self._read(number)
            places = inside[low:high] - start
            together = places[-1] - places[0] == high - low - 1
            slices.append(batch.slice(places[0], high - low) if together else batch.take(pa.array(places)))
            if together and inside[high - 1] + 1 < stop:
                still_open[number] = batch
        self._open = still_open
        table = pa.Table.from_batches(slices).combine_chunks()
        return table.take(np.searchsorted(inside, wanted))

    def _read(self, number: int) -> Any:
        import pyarrow as pa

        chunk = self._chunks[number]
        with on_disk(self._folder):
            failpoint("spool.merge")
            content = pread(self._file.fileno(), chunk.length, chunk.offset)
        if len(content) != chunk.length or zlib.crc32(content) != chunk.check:
            raise IntegrityError(
                f"{self._folder}: rows that wait there to be written to the lists have changed",
                got=f"{len(content):,} of {chunk.length:,} bytes"
                if len(content) != chunk.length
                else "other bytes than were written",
                mend="check that disk and run again: the lists published before are intact",
            )
        return pa.ipc.read_record_batch(content, self._columns)
