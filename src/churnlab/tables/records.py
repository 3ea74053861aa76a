"""From a block of UTF-8 to records: quickly where all is well, exactly where something is off.

``survey`` looks at a whole block at once and answers only if every record in it is well formed;
then Arrow splits it. ``walk`` goes record by record, sets the broken ones aside and goes on with the
next line, so that one unclosed quote never swallows the file:

    line 7   C1,"unclosed,12.50        -> set aside: unclosed_quote
    line 8   C2,"two                   -> a record, line 8
    line 9   lines",3.10
    line 10  C3,fine,4.00              -> a record, line 10
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]

MAX_FIELD = 1 << 20  # bytes
_RAW = 4_096  # characters of a broken record that are kept
_BROKEN_BYTE = re.compile("[\ud800-\udfff]")


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
        csv.ReadOptions(column_names=names, block_size=max(1 << 20, 2 * found.longest + 2), use_threads=True),
        csv.ParseOptions(delimiter=form.delimiter, quote_char=form.quote, newlines_in_values=True),
        csv.ConvertOptions(
            include_columns=wanted, column_types=dict.fromkeys(wanted, pa.string()), check_utf8=False
        ),
    )
    return [table.column(name) for name in wanted]


@dataclass
class Walk:
    """What ``walk`` met: rows of wanted fields with their lines, records set aside, blank lines."""

    rows: list[list[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    blanks: int = 0
    end: int = 0  # bytes


def walk(block: bytes, form: Form, *, more: bool = False, unfinished: bool = False) -> Walk:
    """The block's records one by one, lines counted from 0.

    ``more``: the file goes on, so a record that is still open at the end is left for the next block.
    ``unfinished``: the file ends without a line end, so its last record may have been cut.
    """
    text = block.decode("utf-8", "surrogateescape")
    met, place, line = Walk(), 0, 0
    while place < len(text):
        end = (text.find(form.newline, place) + 1) or len(text)
        fields, reason = _plain(text[place:end], form), ""
        if fields is None:
            fields, stop, reason = _quoted(text, place, form)
            if reason == "unclosed_quote" and more and len(text) - place <= MAX_FIELD:
                break
            if fields is not None and stop > end and len(fields) != len(form.header):
                fields, reason = None, "unclosed_quote"
            end = stop if fields is not None else end
        raw = text[place:end]
        place, line, first = end, line + raw.count(form.newline), line
        if fields == []:
            met.blanks += 1
            continue
        if not reason:
            reason = _fault(raw, fields or [], form)
        if unfinished and place == len(text):
            reason = "no_final_newline"
        if reason:
            met.rejects.append(_reject(first, raw, reason, form))
        elif fields is not None:
            met.rows.append([fields[n] for n in form.wanted])
            met.lines.append(first)
    met.end = len(text[:place].encode("utf-8", "surrogateescape"))
    return met


def first(text: str, form: Form) -> tuple[list[str] | None, int]:
    """The fields of the first record and where it ends; ``None`` if it is broken."""
    end = (text.find(form.newline) + 1) or len(text)
    fields = _plain(text[:end], form)
    if fields is None:
        fields, end, _ = _quoted(text, 0, form)
    return fields, end


def _plain(line: str, form: Form) -> list[str] | None:
    """The fields of a line without quotes; ``None`` if it has some; empty if it is blank."""
    if form.quote in line:
        return None
    body = line.removesuffix(form.newline)
    if form.newline == "\n":
        body = body.removesuffix("\r")
    return body.split(form.delimiter) if body else []


def _quoted(text: str, place: int, form: Form) -> tuple[list[str] | None, int, str]:
    """(fields, end, reason) of a record with quotes, which may go on over several lines."""
    fields: list[str] = []
    while True:
        found = form.field.match(text, place)
        if not found:
            return None, place, _quote_fault(text, place, form)
        inside, plain, mark = found.groups()
        fields.append(plain if inside is None else inside.replace(form.quote * 2, form.quote))
        place = found.end()
        if mark != form.delimiter:
            return fields, place, ""


def _quote_fault(text: str, place: int, form: Form) -> str:
    """Why no field starts here: its quote closes late or never, has text behind it, or a line breaks."""
    if not text.startswith(form.quote, place):
        return "line_break_in_field"
    quote = re.escape(form.quote)
    inside = re.compile(f"{quote}(?:[^{quote}]++|{quote}{quote})*+").match(text, place)
    goes_on = inside is None or form.newline in inside[0] or inside.end() == len(text)
    return "unclosed_quote" if goes_on else "text_after_quote"


_EXPECTED = {
    "encoding": "text in the declared encoding",
    "line_break_in_field": "line breaks only at line ends and inside quotes",
    "unclosed_quote": "a closing quote",
    "text_after_quote": "a delimiter after a closing quote, a quote in the text doubled",
    "no_final_newline": "a line end after the last record",
    "field_too_long": f"at most {MAX_FIELD} bytes",
    "header_repeated": "a record, not the header",
}


def _fault(raw: str, fields: Sequence[str], form: Form) -> str:
    if not raw.isascii() and _BROKEN_BYTE.search(raw):
        return "encoding"
    if len(fields) != len(form.header):
        return "field_count"
    if len(raw) > MAX_FIELD // 4 and any(len(each.encode()) > MAX_FIELD for each in fields):
        return "field_too_long"
    if form.quote not in raw and ("\r" in raw[:-2] if form.newline == "\n" else "\n" in raw):
        return "line_break_in_field"
    return "header_repeated" if tuple(fields) == form.header else ""


def _reject(line: int, raw: str, reason: str, form: Form) -> Reject:
    expected = _EXPECTED.get(reason, f"{len(form.header)} fields")
    return Reject(line, None, _shown(raw[: _RAW + 2]).rstrip("\r\n")[:_RAW], reason, expected)


def _shown(raw: str) -> str:
    """The text, with bytes that do not decode written as hexadecimal escapes."""
    bytes_ = raw.encode("utf-8", "surrogateescape")
    with suppress(UnicodeDecodeError):  # marked so by the decoder of another encoding
        bytes_ = bytes_.decode("utf-8", "surrogatepass").encode("utf-8", "surrogateescape")
    return bytes_.decode("utf-8", "backslashreplace")
