"""Lists as files, all in one pass: a CSV and a lossless Parquet for each strategy, and for everybody.

The list of everybody is the strategies' lists one after the other, so a batch is turned into text
once and written to two files. Everything about the bytes is fixed: column order, quoting, line
ends, decimals, codec, row groups. The same rows give the same bytes, however they come in batches.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO, Literal

from churnlab.durable import failpoint
from churnlab.lists import cells
from churnlab.lists.columns import Added, schema
from churnlab.lists.commit import Listed, Together
from churnlab.lists.spool import Ranked

ROW_GROUP = 100_000
NEWLINES = {"lf": "\n", "crlf": "\r\n"}
ALL = "all"


def together(ranked: Ranked, newline: Literal["lf", "crlf"] = "lf") -> Together:
    """Name -> file: a CSV and a Parquet for each strategy, and for everybody (``all``)."""
    added = ranked.stamp.added
    described = "\n".join(f"{field.name} {field.type}" for field in schema(added))
    sizes = {**ranked.sizes, ALL: sum(ranked.sizes.values())}
    files = {
        f"{name}.{kind}": Listed(size, described)
        for name, size in sizes.items()
        for kind in ("csv", "parquet")
    }

    def write(opened: Mapping[str, BinaryIO]) -> None:
        end = NEWLINES[newline]
        with _list(ALL, opened, end, added) as everybody:
            for name in ranked.sizes:
                with _list(name, opened, end, added) as mine:
                    for table in ranked.batches(name):
                        text = cells.lines(table, end, ranked.stamp.exponent, added)
                        for each in (mine, everybody):
                            each.add(table, text)

    return Together(write, files)


@contextlib.contextmanager
def _list(name: str, opened: Mapping[str, BinaryIO], end: str, added: Added) -> Iterator[_List]:
    csv = opened[f"{name}.csv"]
    csv.write(cells.header(end, added))
    with row_groups(opened[f"{name}.parquet"], schema(added)) as parquet:
        yield _List(csv, parquet)
        failpoint(f"list.{name}")


@dataclass(frozen=True)
class _List:
    csv: BinaryIO
    parquet: RowGroups

    def add(self, table: Any, text: memoryview) -> None:
        self.csv.write(text)
        self.parquet.add(table)


@contextlib.contextmanager
def row_groups(file: BinaryIO, columns: Any = None) -> Iterator[RowGroups]:
    """A list as Parquet, ids and texts untouched: ``add`` rows in list order. ``columns`` None: all."""
    import pyarrow.parquet as pq

    wanted = columns or schema()
    writer = pq.ParquetWriter(file, wanted, version="2.6", compression="zstd", compression_level=3)
    try:
        groups = RowGroups(writer, wanted)
        yield groups
        groups.finish()
    except BaseException:
        # Closed now, while the file is open: the writer would else complain when it is collected.
        with contextlib.suppress(OSError):
            writer.close()
        raise
    writer.close()


class RowGroups:
    """Rows gathered until a row group is full: its bounds follow from the rows alone."""

    def __init__(self, writer: Any, columns: Any) -> None:
        self._writer, self._columns = writer, columns
        self._waiting: list[Any] = []
        self._rows = self._written = 0

    def add(self, table: Any) -> None:
        """Take the next rows."""
        self._waiting.append(table)
        self._rows += table.num_rows
        while self._rows >= ROW_GROUP:
            self._write(ROW_GROUP)

    def finish(self) -> None:
        """Write what is left; a list of nobody has one empty row group."""
        if self._rows or not self._written:
            self._write(self._rows)

    def _write(self, rows: int) -> None:
        import pyarrow as pa

        whole = pa.concat_tables(self._waiting or [self._columns.empty_table()])
        self._writer.write_table(whole.slice(0, rows).combine_chunks(), row_group_size=ROW_GROUP)
        self._waiting = [whole.slice(rows)]
        self._rows -= rows
        self._written += 1
