"""The files of one list, or of one value of it, cut into parts that a CRM takes.

A part ends at the first row that does not fit any more: where, follows from the rows alone, however
they come in batches.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from churnlab.durable import create, flush
from churnlab.errors import GateError
from churnlab.lists import cells
from churnlab.lists.layout import Layout
from churnlab.lists.write import RowGroups, row_groups


@contextlib.contextmanager
def opened(stage: Path, stem: str, layout: Layout, types: Any) -> Iterator[PartFiles]:
    """Files in ``stage`` that begin with ``stem``; ``types``: the Arrow schema under our own names."""
    files = PartFiles(stage, stem, layout, types)
    with contextlib.ExitStack() as whatever_happens:
        whatever_happens.callback(files.give_up)
        yield files
        files.finish()


class PartFiles:
    """``add`` rows in list order. ``written``: name -> rows, of each file; ``rows``: of all parts."""

    def __init__(self, stage: Path, stem: str, layout: Layout, types: Any) -> None:
        import pyarrow as pa

        self.written: dict[str, int] = {}
        self.rows = 0
        self._stage, self._stem, self._layout = stage, stem, layout
        self._ours = [column.name for column in layout.columns]
        named = zip(layout.headers, self._ours, strict=True)
        self._schema = pa.schema([pa.field(header, types.field(name).type) for header, name in named])
        self._number = 0
        self._begin()

    def add(self, table: Any) -> None:
        """Take the next rows, and begin another part wherever one is full."""
        while table.num_rows:
            taken = self._take(table)
            if not taken:
                self.finish()
                self._begin()
            table = table.slice(taken)

    def finish(self) -> None:
        """End the part that is open; its bytes are on the disk after this."""
        self._parquet.close()
        for kind, file in self._files.items():
            flush(file)
            self.written[self._name(kind)] = self._here
        self._open.close()
        self.rows += self._here

    def give_up(self) -> None:
        """Close what is still open, whole or not."""
        self._parquet.close()
        self._open.close()

    def _begin(self) -> None:
        self._number += 1
        self._here = self._size = 0
        self._open, self._parquet = contextlib.ExitStack(), contextlib.ExitStack()
        kinds = [self._layout.suffix] * self._layout.texts + ["parquet"] * self._layout.parquet
        self._files: dict[str, BinaryIO] = {
            kind: self._open.enter_context(create(self._stage / self._name(kind), private=True))
            for kind in kinds
        }
        if self._layout.texts:
            self._size = self._files[self._layout.suffix].write(self._layout.head())
        self._groups: RowGroups | None = None
        if self._layout.parquet:
            groups = row_groups(self._files["parquet"], self._schema)
            self._groups = self._parquet.enter_context(groups)

    def _name(self, kind: str) -> str:
        return f"{self._stem}_{self._number:03d}.{kind}"

    def _take(self, table: Any) -> int:
        """Write the rows that still fit into this part, from the first on; how many those were."""
        piece = table.slice(0, self._layout.part_rows - self._here)
        text = self._text(piece)
        while piece.num_rows > 1 and not self._fits(text):
            piece = piece.slice(0, piece.num_rows // 2)
            text = self._text(piece)
        if piece.num_rows and not self._fits(text):
            if not self._here:
                raise GateError(
                    "nothing delivered: one row is larger than a file may be",
                    got=f"{len(text):,} bytes",
                    mend="leave its longest columns out, or allow larger files: export.part_mb",
                )
            return 0
        if self._layout.texts:
            self._files[self._layout.suffix].write(text)
        if self._groups is not None:
            self._groups.add(
                piece.select(self._ours).cast(self._as_ours()).rename_columns(self._schema.names)
            )
        self._size += len(text)
        self._here += piece.num_rows
        return int(piece.num_rows)

    def _as_ours(self) -> Any:
        import pyarrow as pa

        return pa.schema([pa.field(name, f.type) for name, f in zip(self._ours, self._schema, strict=True)])

    def _fits(self, text: bytes | memoryview) -> bool:
        most = self._layout.part_bytes
        return most is None or self._size + len(text) <= most

    def _text(self, piece: Any) -> bytes | memoryview:
        if not self._layout.texts:
            return b""
        text = cells.written(piece, self._layout.columns, self._layout.dialect)
        if self._layout.encoding == "utf-8":
            return text
        try:
            return bytes(text).decode().encode(self._layout.encoding)
        except UnicodeEncodeError:
            raise GateError(
                f"nothing delivered: {self._layout.encoding} lacks a character that the list has",
                got=f"among {piece.num_rows:,} rows",
                mend="export.encoding: utf-8",
            ) from None
