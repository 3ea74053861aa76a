"""Small sources for tests: files are written, staged with a real engine, and their rows handed back."""

from __future__ import annotations

import atexit
import gzip
import shutil
import tempfile
from functools import cache
from pathlib import Path

from churnlab.config import Source
from churnlab.engine import connect
from churnlab.tables.staging import stage

ORDERS = b"id,date,amount\nC1,2025-01-03,12.50\nC2,2025-01-04,3.00\nC3,2025-01-05,7.25\n"
COLUMNS = {"customer_id": "id", "time": "date", "amount": "amount"}
ROWS = [("C1", "2025-01-03", "12.50"), ("C2", "2025-01-04", "3.00"), ("C3", "2025-01-05", "7.25")]


@cache
def engine():
    """One engine for all tests of a process: making one takes a second, staging replaces its table."""
    temp = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, temp, ignore_errors=True)
    return connect("500MB", threads=2, temp=temp)


def source(*files, **keys):
    """A source of orders; keywords are keys of its configuration."""
    keys = {"name": "orders", "columns": COLUMNS, "times": {"format": "iso", "zone": "UTC"}, **keys}
    return Source.model_validate({**keys, "files": files} if files else keys)


def staged(folder, *files, frames=None, data_roots=(), **keys):
    """(what was staged, its rows) of a source whose paths start at ``folder``."""
    con = engine()
    result = stage(
        source(*files, **keys),
        table="transactions",
        con=con,
        root=folder,
        data_roots=data_roots,
        frames=frames or {},
    )
    columns = con.con.sql(f"SELECT * FROM {result.name}").arrow().read_all().columns
    rows = list(zip(*(column.to_pylist() for column in columns), strict=True))
    assert result.read == len(rows) + len(result.rejects), "rows read are not all accounted for"
    return result, rows


def written(folder, content, name="orders.csv"):
    """Write bytes or text (as UTF-8), gzipped where the name says so, and return the name."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    content = content.encode() if isinstance(content, str) else content
    path.write_bytes(gzip.compress(content) if name.endswith(".gz") else content)
    return name


def values(rows):
    """The mapped columns of staged rows, without file and line."""
    return [row[2:] for row in rows]


def lines(rows):
    return [row[1] for row in rows]


def faults(result):
    """(line, reason) of every record set aside."""
    return [(each.line, each.reason) for each in result.rejects]
