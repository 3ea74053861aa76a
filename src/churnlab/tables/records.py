"""Blocks of delimited text in which all is well: found out at once, and split at once.

``survey`` looks at a whole block at once and answers only if every record in it is well formed;
then ``columns`` lets Arrow split it. Where it does not answer, ``walk`` looks closer.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

MAX_FIELD = 1 << 20  # bytes


@dataclass(frozen=True)
class Reject:
    """A record that has no usable structure, and why."""

    line: int | None
    column: str | None
    raw: str
    reason: str
    expected: str
    file: str = ""  # label of the file, empty where there is none


@dataclass(frozen=True)
class Form:
    """How the records of one file are written: its header, and the marks between fields."""

    header: tuple[str, ...]
    wanted: tuple[int, ...]  # positions in the header
    delimiter: str
    quote: str
    newline: str

    @cached_property
    def field(self) -> re.Pattern[str]:
        """One field and the mark that ends it: quoted in group 1, plain in group 2."""
        delimiter, quote = re.escape(self.delimiter), re.escape(self.quote)
        line_end = "\r" if self.newline == "\r" else "\r?\n"
        # Possessive: a quoted field has one reading, so there is nothing to go back and retry.
        return re.compile(
            rf"(?:{quote}((?:[^{quote}]++|{quote}{quote})*+){quote}|((?!{quote})[^{delimiter}\r\n]*+))"
            rf"({delimiter}|{line_end}|\Z)"
        )


@dataclass(frozen=True)
class Survey:
    """A block in which all records are well formed."""

    end: int  # bytes; what lies beyond is a record that goes on in the next block
    lines: Ints  # of each record's first line, 0 = the block's first
    blanks: int
    longest: int  # bytes of the longest record


def survey(block: bytes, form: Form) -> Survey | None:
    """The block's records, or ``None`` if any of them needs a closer look."""
    odd = form.newline == "\r" and b"\n" in block
    if odd or not (form.delimiter + form.quote).isascii() or not _is_utf8(block):
        return None
    bytes_ = np.frombuffer(block, dtype=np.uint8)
    newlines = np.flatnonzero(bytes_ == ord(form.newline))
    delimiters = np.flatnonzero(bytes_ == ord(form.delimiter))
    quotes = np.flatnonzero(bytes_ == ord(form.quote)) if form.quote.encode() in block else _NONE
    ends = newlines
    if len(quotes):
        ends = newlines[_outside(quotes, newlines)]
        delimiters = delimiters[_outside(quotes, delimiters)]
    if not len(ends):
        return Survey(0, _NONE, 0, 0)
    end = int(ends[-1]) + 1
    if not _quotes_in_place(bytes_, quotes[: int(np.searchsorted(quotes, end))], form):
        return None
    starts = np.append(0, ends[:-1] + 1)
    sizes = ends - starts
    if form.newline == "\n" and b"\r" in block:
        if not _returns_in_place(bytes_, quotes, end):
            return None
        sizes = sizes - ((sizes > 0) & (bytes_[ends - 1] == _RETURN))
    filled = sizes > 0
    fields = np.diff(np.searchsorted(delimiters, np.append(0, ends))) + 1
    longest = int(sizes.max())
    if longest > MAX_FIELD or np.any(fields[filled] != len(form.header)):
        return None
    lines = np.searchsorted(newlines, starts[filled])
    return Survey(end, lines, int(len(sizes) - len(lines)), longest)


_NONE: Ints = np.array([], dtype=np.int64)
_RETURN = ord("\r")


def _is_utf8(block: bytes) -> bool:
    if block.isascii():
        return True
    try:
        block.decode()
    except UnicodeDecodeError:
        return False
    return True


def _outside(quotes: Ints, places: Ints) -> npt.NDArray[np.bool_]:
    """Which places have an even number of quotes before them: outside every quoted field."""
    outside: npt.NDArray[np.bool_] = np.searchsorted(quotes, places) % 2 == 0
    return outside


def _quotes_in_place(bytes_: npt.NDArray[np.uint8], quotes: Ints, form: Form) -> bool:
    """Every odd quote opens a field, every even one closes it; two in a row are one in the text."""
    opening, closing = quotes[::2], quotes[1::2]
    marks = [ord(form.delimiter), ord(form.newline), ord(form.quote)]
    before = bytes_[opening[opening > 0] - 1]
    after = bytes_[closing + 1]  # the block ends with a newline, so there always is one
    ends = [*marks, _RETURN]
    return bool(np.isin(before, marks).all() and np.isin(after, ends).all())


def _returns_in_place(bytes_: npt.NDArray[np.uint8], quotes: Ints, end: int) -> bool:
    """Outside quotes, every carriage return belongs to a line end."""
    returns = np.flatnonzero(bytes_[:end] == _RETURN)
    returns = returns[_outside(quotes, returns)] if len(quotes) else returns
    return bool((bytes_[returns + 1] == ord("\n")).all())


def columns(block: bytes, found: Survey, form: Form) -> list[Any]:
    """The wanted columns of a surveyed block, as Arrow text."""
    import pyarrow as pa
    from pyarrow import csv

    names = [str(n) for n in range(len(form.header))]
    wanted = [names[n] for n in form.wanted]
    table = csv.read_csv(
        pa.BufferReader(pa.py_buffer(block).slice(0, found.end)),
        csv.ReadOptions(column_names=names, block_size=found.end + 1, use_threads=True),
        csv.ParseOptions(delimiter=form.delimiter, quote_char=form.quote, newlines_in_values=True),
        csv.ConvertOptions(
            include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string()), check_utf8=False
        ),
    )
    return [table.column(name).combine_chunks() for name in wanted]
