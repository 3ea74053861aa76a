"""Blocks of delimited text in which something is off, record by record.

A broken record is set aside and the next line is read, so one unclosed quote never swallows the rest:

    line 7   C1,"unclosed,12.50        -> set aside: unclosed_quote
    line 8   C2,"two                   -> a record, line 8
    line 9   lines",3.10
    line 10  C3,fine,4.00              -> a record, line 10
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from itertools import accumulate
from operator import itemgetter

from churnlab.tables.records import MAX_FIELD, Form, Reject

_RAW = 4_096  # characters of a broken record that are kept
_BROKEN_BYTE = re.compile("[\ud800-\udfff]")


@dataclass
class Walk:
    """What a walk met: the wanted fields of good records, their lines, records set aside, blank lines."""

    rows: list[Sequence[str]] = field(default_factory=list)
    lines: list[int] = field(default_factory=list)
    rejects: list[Reject] = field(default_factory=list)
    blanks: int = 0
    end: int = 0  # bytes


def walk(block: bytes, form: Form, *, more: bool = False, unfinished: bool = False) -> Walk:
    """The block's records one by one, lines counted from 0.

    ``more``: the file goes on, so a record that is still open at the end is left for the next block.
    ``unfinished``: the file ends without a line end, so its last record may have been cut.
    """
    walker = _Walker(block.decode("utf-8", "surrogateescape"), form, more, unfinished)
    return walker.walk()


@dataclass
class _Walker:
    text: str
    form: Form
    more: bool
    unfinished: bool
    place: int = 0  # in the text
    line: int = 0
    met: Walk = field(default_factory=Walk)

    def walk(self) -> Walk:
        smooth = self._is_smooth()
        while self.place < len(self.text):
            if smooth:
                self._stride()
            if self.place == len(self.text) or not self._step():
                break
        self.met.end = len(self.text[: self.place].encode("utf-8", "surrogateescape"))
        return self.met

    def _is_smooth(self) -> bool:
        """Whether the csv module reads the good records of this text as ``_step`` would."""
        text, returns = self.text, self.text.count("\r")
        strays = returns != text.count("\r\n") if self.form.newline == "\n" else "\n" in text
        return not strays and (text.isascii() or not _BROKEN_BYTE.search(text))

    @cached_property
    def _lines(self) -> list[str]:
        return io.StringIO(self.text, newline=self.form.newline).readlines()

    @cached_property
    def _places(self) -> list[int]:
        return [0, *accumulate(map(len, self._lines))]

    def _stride(self) -> None:
        """Take good records as fast as the csv module goes, up to the first that is not."""
        form, start, used = self.form, self.line, 0
        width, header, last = len(form.header), list(form.header), len(self._lines) - self.line
        pick = itemgetter(*form.wanted) if len(form.wanted) > 1 else lambda row: (row[form.wanted[0]],)
        lines = map(self._lines.__getitem__, range(start, len(self._lines)))
        reader = csv.reader(lines, delimiter=form.delimiter, quotechar=form.quote, strict=True)
        with suppress(csv.Error):
            for fields in reader:
                if fields:
                    if len(fields) != width or fields == header or reader.line_num == last:
                        break
                    self.met.rows.append(pick(fields))
                    self.met.lines.append(start + used)
                else:
                    self.met.blanks += 1
                used = reader.line_num
        self.line, self.place = start + used, self._places[start + used]

    def _step(self) -> bool:
        """Take one record and say what is wrong with it; false if it may go on in the next block."""
        text, form, place = self.text, self.form, self.place
        end = (text.find(form.newline, place) + 1) or len(text)
        fields, reason = _plain(text[place:end], form), ""
        if fields is None:
            fields, stop, reason = _quoted(text, place, form)
            if reason == "unclosed_quote" and self.more and len(text) - place <= MAX_FIELD:
                return False
            if fields is not None and stop > end and len(fields) != len(form.header):
                fields, reason = None, "unclosed_quote"
            end = stop if fields is not None else end
        self._take(text[place:end], fields, reason)
        return True

    def _take(self, raw: str, fields: list[str] | None, reason: str) -> None:
        line = self.line
        self.place, self.line = self.place + len(raw), line + raw.count(self.form.newline)
        if fields == []:
            self.met.blanks += 1
            return
        reason = reason or _fault(raw, fields or [], self.form)
        if self.unfinished and self.place == len(self.text):
            reason = "no_final_newline"
        if reason or fields is None:
            self.met.rejects.append(_reject(line, raw, reason, self.form))
        else:
            self.met.rows.append([fields[n] for n in self.form.wanted])
            self.met.lines.append(line)


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
