"""Opens the files of a source, each by what it is: delimited text, gzipped text or Parquet."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from churnlab.config.sources import CsvFormat
from churnlab.tables.columnar import ParquetFile
from churnlab.tables.decode import container
from churnlab.tables.delivery import Delivery
from churnlab.tables.landing import Part
from churnlab.tables.locate import Input, find
from churnlab.tables.text_files import TextFile


def opened(
    files: Sequence[str],
    csv: CsvFormat,
    *,
    root: Path,
    data_roots: Sequence[str],
    tolerated: Callable[[int], int],
    delivery: Delivery | None = None,
) -> tuple[list[Part], Mapping[str, str]]:
    """The files with their columns known, and label -> SHA-256; no row has been read yet.

    ``tolerated``: rows read -> how many of them may fail to decode. ``delivery``: what the files must be.
    """
    listed = frozenset() if delivery is None else frozenset(path.name for path in delivery.listed)
    inputs = find(files, root=root, data_roots=data_roots, listed=listed)
    if delivery is not None:
        delivery.check(inputs)  # the digest first: a damaged file must not reach a parser
    parts = [_part(file, csv, tolerated) for file in inputs]
    return parts, {file.label: file.sha256 for file in inputs}


def _part(file: Input, csv: CsvFormat, tolerated: Callable[[int], int]) -> Part:
    kind = container(file)
    return ParquetFile.of(file) if kind == "Parquet" else TextFile.of(file, kind, csv, tolerated)
