"""The rows that were set aside, kept for reading: a Parquet file that only its owner may open."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from churnlab.durable import create, failpoint, flush, on_disk, sync_folder
from churnlab.tables import asked
from churnlab.tables.checked import expected, meaning_of
from churnlab.tables.counts import Example
from churnlab.tables.records import Reject

STORED = "churnlab_quarantine"
COLUMNS = ("source", "line", "column", "raw", "reason", "expected")
_LONGEST = 1_000  # characters kept of a raw value


def start(con: Any) -> None:
    """An empty quarantine in the engine."""
    import ibis

    kinds = dict.fromkeys(COLUMNS, "string") | {"line": "int64"}
    con.create_table(STORED, schema=ibis.schema(kinds), temp=True, overwrite=True)


def add_rejects(con: Any, place: str, rejects: Iterable[Reject]) -> dict[str, int]:
    """Records the reader could not make a row of. Returns reason -> rows."""
    import pyarrow as pa

    rows = [
        (f"{place}:{r.file}" if r.file else place, r.line, r.column, r.raw[:_LONGEST], r.reason, r.expected)
        for r in rejects
    ]
    if not rows:
        return {}
    kinds = [pa.int64() if name == "line" else pa.string() for name in COLUMNS]
    arrays = [pa.array(values, kind) for values, kind in zip(zip(*rows, strict=True), kinds, strict=True)]
    con.insert(STORED, pa.table(dict(zip(COLUMNS, arrays, strict=True))))
    reasons = [row[4] for row in rows]
    return {reason: reasons.count(reason) for reason in sorted(set(reasons))}


def add_rows(
    con: Any, place: str, bad: Any, reasons: Iterable[str], raw: Mapping[str, tuple[str, Any]]
) -> None:
    """Rows whose columns broke a rule.

    ``bad``: a table with ``source_file``, ``line``, ``reason`` and the source's own columns;
    ``raw``: meaning -> (name of the source's column, its text in ``bad``).
    """
    import ibis

    about = {reason: raw[meaning_of(reason)] for reason in reasons}
    if not about:
        return
    columns = [(bad.reason == reason, ibis.literal(label)) for reason, (label, _) in about.items()]
    texts = [(bad.reason == reason, text) for reason, (_, text) in about.items()]
    wanted = [(bad.reason == reason, ibis.literal(expected(reason))) for reason in about]
    text = ibis.cases(*texts, else_=ibis.null("string"))
    rows = bad.select(
        source=ibis.literal(f"{place}:") + bad.source_file,
        line=bad.line,
        column=ibis.cases(*columns, else_=ibis.null("string")),
        raw=text.left(_LONGEST),
        reason=bad.reason,
        expected=ibis.cases(*wanted, else_=ibis.null("string")),
    )
    con.insert(STORED, rows)


def first_example(con: Any, place: str, reason: str, shown: Iterable[str]) -> Example | None:
    """The first row of a source set aside for ``reason``; its value only of a column in ``shown``."""
    rows = con.table(STORED)
    mine = rows.filter((rows.source == place) | rows.source.startswith(f"{place}:"))
    ordered = mine.filter(mine.reason == reason).order_by("source", "line", "column").limit(1)
    found = asked.records(con, ordered)
    if not found:
        return None
    row = found[0]
    file = row["source"].removeprefix(place).removeprefix(":") or place
    raw = row["raw"] if row["column"] in set(shown) else None
    return Example(file, row["line"], row["column"] or "-", raw)


def write(con: Any, path: Path) -> None:
    """Write the quarantine, ordered, readable by its owner only; an earlier file is replaced whole."""
    write_private(con.table(STORED).order_by(*COLUMNS), path)


def write_private(rows: Any, path: Path) -> None:
    """An Ibis table as Parquet with mode 0600: written beside, synced, then renamed."""
    import pyarrow.parquet as pq

    beside = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    reader = rows.to_pyarrow_batches()
    with on_disk(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with create(beside, private=True) as file:
                with pq.ParquetWriter(file, reader.schema, compression="zstd") as writer:
                    for batch in _rebatched(reader, 100_000):
                        writer.write_batch(batch)
                failpoint("load.quarantine")
                flush(file)
            beside.replace(path)
        finally:
            beside.unlink(missing_ok=True)
        sync_folder(path.parent)


def _rebatched(reader: Any, rows: int) -> Iterator[Any]:
    """Batches of a fixed size, so that the file's bytes do not hang on the engine's chunks."""
    import pyarrow as pa

    held: list[Any] = []
    for batch in reader:
        held.append(batch)
        if sum(part.num_rows for part in held) >= rows:
            whole = pa.Table.from_batches(held).combine_chunks()
            yield whole.slice(0, rows).to_batches()[0]
            held = whole.slice(rows).to_batches()
    if held:
        yield from pa.Table.from_batches(held).combine_chunks().to_batches()


def labels(columns: Sequence[str]) -> str:
    """The source columns of a product as one label.

    >>> labels(["quantity", "unit_price"])
    'quantity x unit_price'
    """
    return " x ".join(columns)
