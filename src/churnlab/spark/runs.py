"""Scored rows on their way from tasks to lists: each task leaves its rows sorted, the driver merges them.

    task      rows of a shard, in list order  -> 00012.arrow, in the folder of the lists
                                              -> a note: how many rows and bytes, and their checksum
    driver    keys of all rows, sorted        -> of each run the next few rows, put in order -> a list

Files are mapped, not read: of a customer about 50 bytes are in the driver's memory, and the rest is
the system's to forget. Order and number of the runs change nothing, as in ``lists.spool``.
"""

from __future__ import annotations

import contextlib
import os
import tempfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.durable import on_disk
from churnlab.errors import IntegrityError, MachineError
from churnlab.lists import order
from churnlab.lists.build import rows_schema
from churnlab.lists.columns import NOTHING, Added

Note = dict[str, str | int]  # what the driver must know of a run


def write(rows: Any, folder: Path, number: int, *, valued: bool) -> Note:
    """Leave rows of ``lists.build.rows`` in list order. ``number``: of their shard.

    A task that is tried again, or twice at once, leaves the same bytes under the same name.
    """
    import pyarrow as pa

    ordered = rows.take(order.positions(order.keys(rows, valued=valued))).combine_chunks()
    sink = pa.BufferOutputStream()
    with pa.ipc.new_file(sink, ordered.schema) as writer:
        writer.write_table(ordered)
    content = sink.getvalue()
    name = f"{number:05}.arrow"
    with on_disk(folder):
        _put(folder, name, content)
    return {"name": name, "rows": ordered.num_rows, "bytes": content.size, "check": zlib.crc32(content)}


def _put(folder: Path, name: str, content: Any) -> None:
    descriptor, path = tempfile.mkstemp(dir=folder, prefix=f".{name}-")
    try:
        with os.fdopen(descriptor, "wb") as file:
            file.write(content)
        Path(path).replace(folder / name)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(path).unlink()
        raise


class Runs:
    """Rows of all runs, by their place in ``keys``: the first run's first, each run in list order."""

    def __init__(self, tables: Sequence[Any]) -> None:
        self._tables = tables
        sizes = [table.num_rows for table in tables]
        self._starts = np.cumsum([0, *sizes])

    def keys(self, *, valued: bool) -> Any:
        """What decides where each row stands, as ``lists.order`` has it."""
        import pyarrow as pa

        return pa.concat_tables([order.keys(table, valued=valued) for table in self._tables])

    def columns(self, names: Sequence[str]) -> Any:
        """These columns of all rows, as one table."""
        import pyarrow as pa

        return pa.concat_tables([table.select(list(names)) for table in self._tables])

    def rows(self, wanted: NDArray[np.int64]) -> Any:
        """These rows in this order, as one table. What is next to each other in the lists lies next
        to each other in every run.
        """
        import pyarrow as pa

        inside = np.sort(wanted)
        edges = np.searchsorted(inside, self._starts)
        parts = []
        for number in np.flatnonzero(np.diff(edges)).tolist():
            low, high = edges[number : number + 2]
            if inside[high - 1] - inside[low] != high - 1 - low:
                raise IntegrityError(
                    "the rows of a task are not in the order of the lists",
                    mend="use the same version of churnlab on driver and workers",
                )
            parts.append(self._tables[number].slice(inside[low] - self._starts[number], high - low))
        return pa.concat_tables(parts).combine_chunks().take(np.searchsorted(inside, wanted))


def opened(folder: Path, notes: Sequence[Mapping[str, Any]], added: Added = NOTHING) -> Runs:
    """The runs that ``notes`` tell of. Raises where one is missing, or not as its task left it.

    ``added``: the columns that rows have beside those of every list.
    """
    columns = rows_schema(added)
    return Runs([_mapped(folder, note, columns) for note in notes])


def _mapped(folder: Path, note: Mapping[str, Any], columns: Any) -> Any:
    import pyarrow as pa

    path = folder / str(note["name"])
    if not path.is_file():
        raise MachineError(
            "what a task has written is not there",
            got=f"no {note['name']} in {folder}",
            mend="set lists.folder to one that driver and workers share",
        )
    with on_disk(path), pa.memory_map(str(path)) as file:  # stays mapped as long as rows of it are used
        content = file.read_buffer()
    if content.size != note["bytes"] or zlib.crc32(content) != note["check"]:
        raise IntegrityError(
            f"{path}: rows that wait there to be written to the lists have changed",
            got="other bytes than were written",
            mend="check that disk and run again: the lists published before are intact",
        )
    rows = pa.ipc.open_file(content).read_all()
    if not rows.schema.equals(columns) or rows.num_rows != note["rows"]:
        raise IntegrityError(
            "a task wrote other columns or rows than the lists have",
            got=f"{rows.num_rows:,} rows of {rows.num_columns} columns",
            mend="use the same version of churnlab on driver and workers",
        )
    return rows
