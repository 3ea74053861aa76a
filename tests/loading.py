"""Tables loaded from small files written on the spot, the way a project's sources are."""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq

from churnlab import tables
from churnlab.config.meanings import TABLES
from churnlab.config.sources import Sources

QUARANTINE = "quarantine.parquet"


@functools.cache
def engine() -> Any:
    """One DuckDB for all tests: loading replaces what an earlier load left."""
    con = ibis.duckdb.connect(threads=2)
    con.con.execute("SET TimeZone = 'UTC'")
    return con


def source(folder: Path, content: Any, *, table: str = "transactions", **declared: Any) -> dict[str, Any]:
    """A declared source over ``content``: text (CSV), an Arrow table (Parquet), or {file: either}.

    Columns named like a meaning of ``table`` are mapped to it; the rest is declared by keyword.
    """
    name = declared.setdefault("name", table)
    files = content if isinstance(content, dict) else {f"{name}{_suffix(content)}": content}
    for file, part in files.items():
        _write(folder / file, part)
    header = _header(next(iter(files.values())))
    mapped = {column: column for column in header if column in TABLES[table]}
    columns = mapped | declared.pop("columns", {})
    if any(TABLES[table][meaning][0] == "time" for meaning in columns):
        declared.setdefault("times", {"format": "iso", "zone": "Europe/Paris"})
    return {"files": sorted(files), "columns": columns, **declared}


def loaded(folder: Path, content: Any = None, **declared: Any) -> tables.Tables:
    """One source loaded alone; ``zone`` and ``currency`` are the project's."""
    zone, currency = declared.pop("zone", "Europe/Paris"), declared.pop("currency", "EUR")
    table = declared.get("table", "transactions")
    return project(folder, {table: [source(folder, content, **declared)]}, zone=zone, currency=currency)


def project(
    folder: Path,
    sources: dict[str, list[dict[str, Any]]],
    *,
    zone: str = "Europe/Paris",
    currency: str = "EUR",
    remarks: bool = True,
) -> tables.Tables:
    """Several sources loaded together; rows set aside go to QUARANTINE in ``folder``."""
    if not {"transactions", "snapshot"} & set(sources):
        sources = {"transactions": [source(folder, "customer_id,time\nz,2025-01-01\n")], **sources}
    return tables.load(
        Sources.model_validate(sources),
        root=folder,
        data_roots=(),
        zone=zone,
        currency=currency,
        con=engine(),
        frames={},
        quarantine=folder / QUARANTINE,
        remarks=remarks,
    )


def rows(loaded: tables.Tables, table: str = "transactions") -> list[dict[str, Any]]:
    """The accepted rows, in an order of their own."""
    columns = loaded.columns(table)
    return loaded.con.to_pyarrow(loaded.table(table).order_by(*columns)).to_pylist()


def column(loaded: tables.Tables, name: str, table: str = "transactions") -> list[Any]:
    """One column of the accepted rows, sorted."""
    return sorted(row[name] for row in rows(loaded, table))


def quarantined(folder: Path) -> list[dict[str, Any]]:
    """The rows of the quarantine file."""
    return pq.read_table(folder / QUARANTINE).to_pylist()


def reasons(folder: Path) -> dict[int | None, str]:
    """line -> reason of the quarantine file."""
    return {row["line"]: row["reason"] for row in quarantined(folder)}


def _suffix(content: Any) -> str:
    return ".parquet" if isinstance(content, pa.Table) else ".csv"


def _write(path: Path, content: Any) -> None:
    if isinstance(content, pa.Table):
        pq.write_table(content, path)
    else:
        path.write_text(content, encoding="utf-8", newline="")


def _header(content: Any) -> list[str]:
    return content.column_names if isinstance(content, pa.Table) else content.split("\n")[0].split(",")
