"""Rows as the lines of a CSV that no spreadsheet runs as a formula.

No writer of pandas, Polars, DuckDB or Arrow makes text inert. Here whole columns become cells at
once, and what is unusual goes one by one through the few lines that define the format: ``quoted``
and Python's own ``%.2f``. The same rows give the same bytes.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.lists.columns import NOTHING, Added, Column, columns_of

# What a spreadsheet takes for the start of a formula, wide and small variants too, after anything it
# may skip: white space, control characters, marks of no width.
_FORMULA = re.compile(
    r"[\s\x00-\x1f\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2064\ufeff]*"
    r"[=+\-@\t\r\n\0\uff1d\uff0b\uff0d\uff20\ufe66\ufe62\ufe63\ufe6b]"
)
# Text of which nothing above can be true, and that quotes need no care in.
_HARMLESS = r"\A[0-9A-Za-z]"
_PLAIN = _HARMLESS + r'[^"]*\z'
_EXACT = 2**51  # units: below, a float64 is nearer to its own decimal than to any other


def header(end: str, added: Added = NOTHING) -> bytes:
    """The names of the columns. ``end``: what ends a line."""
    return (",".join(column.name for column in columns_of(added)) + end).encode()


@dataclass(frozen=True)
class Dialect:
    """How cells become lines. ``exponent``: decimals of the currency. ``missing``: where no value is."""

    end: str = "\n"
    exponent: int = 2
    delimiter: str = ","
    dates: str = "%Y-%m-%d"
    missing: str = ""


def lines(table: Any, end: str, exponent: int, added: Added = NOTHING) -> memoryview:
    """The rows of a list as it is published: text in quotes, numbers and ISO dates bare, nothing for a
    missing value. ``exponent``: decimals of the currency.
    """
    return written(table, columns_of(added), Dialect(end, exponent))


def written(table: Any, columns: Sequence[Column], dialect: Dialect) -> memoryview:
    """These columns of ``table`` (one chunk a column) as lines of ``dialect``."""
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = [_cells(column, table[column.name].combine_chunks(), dialect) for column in columns]
    if not table.num_rows:
        return memoryview(b"")
    if all(isinstance(cell, pa.Scalar) for cell in cells):  # scalars alone would be joined to a scalar
        cells[0] = pa.repeat(cells[0], table.num_rows)
    filled = {"null_handling": "replace", "null_replacement": dialect.missing}
    *first, last = cells
    last = pc.binary_join_element_wise(last, dialect.end, "", **filled)
    joined = pc.binary_join_element_wise(*first, last, dialect.delimiter, **filled)
    ends = np.frombuffer(joined.buffers()[1], dtype=np.int32)
    return memoryview(joined.buffers()[2])[: int(ends[len(joined)])]


def inert(text: str) -> str:
    """The text, with a leading ``'`` where a spreadsheet would run it.

    >>> inert("=1+1"), inert("  -2"), inert("a=b")
    ("'=1+1", "'  -2", 'a=b')
    """
    return f"'{text}" if _FORMULA.match(text) else text


def formulas(texts: Any) -> int:
    """How many of an Arrow column's texts a spreadsheet would run."""
    import pyarrow.compute as pc

    doubtful = texts.filter(pc.invert(pc.match_substring_regex(texts, _HARMLESS)))
    return sum(_FORMULA.match(text) is not None for text in doubtful.to_pylist())


def _cells(column: Column, values: Any, dialect: Dialect) -> Any:
    """A column's values as text; one text for all where they are all the same text."""
    import pyarrow as pa

    if column.kind == "count":
        return values.cast(pa.string())
    if column.kind in {"score", "money"}:
        return _decimals(values, 6 if column.kind == "score" else dialect.exponent)
    # Each different value is treated once: most columns of a list repeat a few.
    encoded = values.dictionary_encode()
    if column.kind == "date":
        days = encoded.dictionary.to_pylist()
        shown = pa.array([day.strftime(dialect.dates) for day in days], pa.string())
    else:
        shown = _quoted_all(encoded.dictionary.cast(pa.string()))
    if len(shown) == 1 and not values.null_count:
        return shown[0]
    return shown.take(encoded.indices)


def _quoted_all(texts: Any) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    cells = pc.binary_join_element_wise('"', texts, '"', "")
    special = pc.invert(pc.match_substring_regex(texts, _PLAIN))
    treated = [_quoted(inert(text)) for text in texts.filter(special).to_pylist()]
    return pc.replace_with_mask(cells, special, pa.array(treated, pa.string()))


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'


def _decimals(values: Any, decimals: int) -> Any:
    """What ``%.6f`` or ``%.2f`` of each number is, missing where it is missing."""
    import pyarrow as pa
    import pyarrow.compute as pc

    numbers = values.fill_null(0.0).to_numpy(zero_copy_only=False)
    units, exact = _units(numbers, decimals)
    shown = _decimal_array(units, decimals).cast(pa.string())
    if not exact.all():
        rest = [f"%.{decimals}f" % number for number in numbers[~exact].tolist()]
        shown = pc.replace_with_mask(shown, pa.array(~exact), pa.array(rest, pa.string()))
    return pc.if_else(values.is_valid(), shown, None) if values.null_count else shown


def _units(numbers: NDArray[np.float64], decimals: int) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Each number in its last decimal, and where it is that exactly: not for -0.0, NaN or 1e300."""
    with np.errstate(over="ignore", invalid="ignore"):
        units = np.rint(numbers * 10**decimals)
        exact = (np.abs(units) < _EXACT) & (units / 10**decimals == numbers)
    exact &= (units != 0) | ~np.signbit(numbers)
    return np.where(exact, units, 0).astype(np.int64), exact


def _decimal_array(units: NDArray[np.int64], decimals: int) -> Any:
    import pyarrow as pa

    halves = np.empty((len(units), 2), dtype="<i8")
    halves[:, 0], halves[:, 1] = units, units >> 63  # 128 bits: the sign fills the upper half
    return pa.Array.from_buffers(pa.decimal128(18, decimals), len(units), [None, pa.py_buffer(halves)])
