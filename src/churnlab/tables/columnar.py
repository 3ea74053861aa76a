"""Parquet: typed columns, read from the checked file itself rather than by its name.

DuckDB reads Parquet faster, but by path and without page checksums; this way the engine needs no
access to any folder of inputs, and a flipped bit is noticed where the writer left checksums.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from churnlab.errors import DataError
from churnlab.tables import arrays
from churnlab.tables.decode import MAX_RATIO
from churnlab.tables.locate import Input
from churnlab.tables.records import Reject
from churnlab.tables.text_files import MAX_COLUMNS, missing, shown

_BATCH = 131_072  # rows
_SLACK = 1 << 20


@dataclass
class ParquetFile:
    """One Parquet file: its columns at once, its rows on demand."""

    file: Input
    columns: tuple[str, ...]
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, file: Input) -> ParquetFile:
        """Read the footer; ``DataError`` where it is damaged, too wide, or unpacks out of proportion."""
        with _opened(file) as parquet:
            names = tuple(parquet.schema_arrow.names)
            sizes = [
                parquet.metadata.row_group(n).total_byte_size for n in range(parquet.metadata.num_row_groups)
            ]
        if len(names) > MAX_COLUMNS:
            raise DataError(
                f"{file.label}: {len(names):,} columns, at most {MAX_COLUMNS:,} are read",
                mend="deliver the needed columns only",
            )
        if sum(sizes) > _SLACK + MAX_RATIO * file.size:
            raise DataError(
                f"{file.label}: unpacks to more than {MAX_RATIO} times its size",
                mend="deliver it less compressed, if it is what it should be",
            )
        repeated = [name for n, name in enumerate(names) if name in names[:n]]
        if repeated:
            raise DataError(
                f"{file.label}: two columns are named {shown(repeated[:1])}",
                mend="give each column its own name",
            )
        return cls(file, names)

    @property
    def label(self) -> str:
        return self.file.label

    def types(self, wanted: Sequence[str]) -> list[Any]:
        """The Arrow types of columns; ``DataError`` where one does not hold plain values."""
        with _opened(self.file) as parquet:
            schema = parquet.schema_arrow
        for name in wanted:
            if name not in self.columns:
                raise missing(name, self.columns, self.label)
        return [plain_type(schema.field(name).type, name, self.label) for name in wanted]

    def batches(self, wanted: Sequence[str]) -> Iterator[tuple[Any, list[Any]]]:
        """(row numbers from 1, wanted columns) of batch after batch, as Arrow arrays."""
        import numpy as np

        row = 1
        with _opened(self.file) as parquet:
            for batch in parquet.iter_batches(batch_size=_BATCH, columns=list(wanted)):
                batch.validate(full=True)  # text that is not UTF-8 would go on as it is
                lines = arrays.numbers(np.arange(row, row + len(batch)))
                yield lines, [batch.column(name) for name in wanted]
                row += len(batch)
        with self.file.opened() as stream:
            if hashlib.file_digest(stream, "sha256").hexdigest() != self.file.sha256:
                raise self.file.changed()


def plain_type(type_: Any, name: str, label: str) -> Any:
    """The type a column lands with; ``DataError`` for nested and binary ones."""
    import pyarrow as pa

    if pa.types.is_dictionary(type_):
        type_ = type_.value_type
    if pa.types.is_large_string(type_) or pa.types.is_string_view(type_):
        return pa.string()
    if pa.types.is_nested(type_) or pa.types.is_binary(type_) or pa.types.is_large_binary(type_):
        raise DataError(
            f"{label}: column {name!r} does not hold plain values",
            got=str(type_)[:80],
            mend="write it as text, numbers or times at the source, or map another column",
        )
    return type_


@contextmanager
def _opened(file: Input) -> Iterator[Any]:
    import pyarrow as pa
    import pyarrow.parquet as pq

    with file.opened() as stream:
        try:
            with pq.ParquetFile(
                stream,
                page_checksum_verification=True,
                coerce_int96_timestamp_unit="us",
                pre_buffer=False,  # it would hold whole row groups as they are in the file
            ) as parquet:
                yield parquet
        except (pa.ArrowException, OSError, ValueError) as error:
            # The text of the error may quote values.
            raise DataError(
                f"{file.label}: cannot be read as Parquet, it may be cut or damaged",
                got=type(error).__name__,
                mend="deliver the file again",
            ) from None
