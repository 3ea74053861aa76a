"""Lists as files: a CSV that no spreadsheet runs as a formula, and a lossless Parquet beside it.

The CSV is written here, cell by cell, because no writer of pandas, Polars, DuckDB or Arrow makes
text inert. Everything about the bytes is fixed: column order, quoting, line ends, decimals, codec,
row groups. The same table gives the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date
from functools import partial
from typing import Any, BinaryIO, Literal

import numpy as np

from churnlab.config.project import Lists
from churnlab.errors import GateError
from churnlab.lists.build import by_strategy
from churnlab.lists.columns import COLUMNS, Column
from churnlab.lists.commit import Output

BATCH = 50_000  # rows turned into text at once
ROW_GROUP = 100_000
NEWLINES = {"lf": "\n", "crlf": "\r\n"}

# What a spreadsheet takes for the start of a formula, wide and small variants too, after anything it
# may skip: white space, control characters, marks of no width.
_FORMULA = re.compile(
    r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]*"
    r"[=+\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b]"
)


def outputs(table: Any, lists: Lists, exponent: int) -> dict[str, Output]:
    """Name -> file: a CSV and a Parquet for each strategy, and for everybody (``all``).

    ``table``: as ``build`` made it. Raises GateError where an id would have to be altered.
    """
    if lists.formula_policy == "refuse":
        _refuse_formulas(table)
    schema = "\n".join(f"{field.name} {field.type}" for field in table.schema)
    files = {}
    for name, part in by_strategy(table).items():
        csv = partial(
            write_csv, part, newline=lists.newline, formula_policy=lists.formula_policy, exponent=exponent
        )
        files[f"{name}.csv"] = Output(csv, part.num_rows, schema)
        files[f"{name}.parquet"] = Output(partial(write_parquet, part), part.num_rows, schema)
    return files


def write_csv(
    table: Any,
    file: BinaryIO,
    *,
    newline: Literal["lf", "crlf"] = "lf",
    formula_policy: Literal["refuse", "escape"] = "refuse",
    exponent: int = 2,
) -> None:
    """Write a list as UTF-8 CSV: text in quotes, numbers and ISO dates bare, nothing for a missing value.

    Text that a spreadsheet would run gets a leading ``'``; numbers stay numbers. An id is never
    altered unless ``formula_policy`` is ``escape``. ``exponent``: decimals of the currency.
    """
    if formula_policy == "refuse":
        _refuse_formulas(table)
    end = NEWLINES[newline]
    file.write((",".join(column.name for column in COLUMNS) + end).encode())
    writers = [_cells(column, exponent) for column in COLUMNS]
    for batch in table.to_batches(max_chunksize=BATCH):
        cells = [write(batch.column(column.name)) for write, column in zip(writers, COLUMNS, strict=True)]
        file.write("".join([",".join(row) + end for row in zip(*cells, strict=True)]).encode())


def write_parquet(table: Any, file: BinaryIO) -> None:
    """Write a list as Parquet, ids and texts untouched, the same bytes however the table was chunked."""
    import pyarrow.parquet as pq

    plain = table.replace_schema_metadata(None).combine_chunks()
    pq.write_table(
        plain, file, version="2.6", compression="zstd", compression_level=3, row_group_size=ROW_GROUP
    )


def inert(text: str) -> str:
    """The text, with a leading ``'`` where a spreadsheet would run it.

    >>> inert("=1+1"), inert("  -2"), inert("a=b")
    ("'=1+1", "'  -2", 'a=b')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def _cells(column: Column, exponent: int) -> Callable[[Any], list[str]]:
    """How a column's values become cells."""
    if column.kind in {"id", "text"}:
        return partial(_once_each, lambda text: _quoted(inert(text)))
    if column.kind == "date":
        return partial(_once_each, date.isoformat)
    show = {"score": "%.6f", "money": f"%.{exponent}f", "count": "%d"}[column.kind]
    return lambda values: ["" if value is None else show % value for value in values.to_pylist()]


def _once_each(show: Callable[[Any], str], values: Any) -> list[str]:
    # Each different value is treated once: most columns of a list repeat a few.
    encoded = values.dictionary_encode()
    shown = [*map(show, encoded.dictionary.to_pylist()), ""]
    rows = encoded.indices.fill_null(len(shown) - 1).to_numpy(zero_copy_only=False)
    cells: list[str] = np.array(shown, dtype=object)[rows].tolist()
    return cells


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _refuse_formulas(table: Any) -> None:
    """An altered id is another customer: stop, unless the project asks for it."""
    ids = table["customer_id"].to_pylist()
    formulas = sum(_FORMULA.match(one) is not None for one in ids)
    if formulas:
        raise GateError(
            "customer_id: a spreadsheet would run ids that start with = + - @ or a control character",
            got=f"{formulas:,} of {len(ids):,} ids",
            mend="set lists.formula_policy: escape (a leading ' in the CSV, none in the Parquet)",
        )
