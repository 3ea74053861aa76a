"""Delimited text: the header is checked, every field stays the text it is, broken lines are set aside.

What concerns the whole file (its header, delimiter, encoding) is a ``DataError``; what concerns a
line is a ``Reject``, and the next line is read.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from churnlab.config.sources import CsvFormat
from churnlab.errors import ConfigError, DataError, did_you_mean
from churnlab.tables import decode, records
from churnlab.tables.arrays import numbers, texts
from churnlab.tables.locate import Input
from churnlab.tables.records import Form, Reject
from churnlab.tables.walk import Walk, first, walk

MAX_COLUMNS = 2_000
_SLICE = 1 << 19  # bytes looked at closely at a time
MAX_REJECTS = 100_000  # kept in memory; beyond it the file is not what was declared
# UTF-8 read as latin-1 and saved as UTF-8 again: HÃ©lÃ¨ne, â‚¬.
_MOJIBAKE = ("Ã".encode() + b"\xc2", "Â".encode() + b"\xc2", "â€".encode(), "â‚".encode())


@dataclass
class TextFile:
    """One delimited file: its columns at once, its rows on demand, and what was met on the way."""

    file: Input
    kind: str  # text or gzip
    csv: CsvFormat
    columns: tuple[str, ...]
    tolerated: Callable[[int], int]  # rows read -> how many of them may fail to decode
    rejects: list[Reject] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    _header_size: int = 0  # bytes
    _accepted: int = 0
    _blanks: int = 0
    _garbled: int = 0
    _bad_at: int | None = None  # offset of the first byte that does not decode

    @classmethod
    def of(cls, file: Input, kind: str, csv: CsvFormat, tolerated: Callable[[int], int]) -> TextFile:
        """Read the header; ``DataError`` where there is none, or a doubtful one."""
        _check_marks(csv)
        decoder = decode.Decoder(file.label, decode.codec(csv.encoding), _newline(csv).encode())
        with decode.plain(file, kind) as source:
            block = next(decoder.blocks(source), b"")
        columns, size = _header(block, csv, file.label)
        if any("\ud800" <= char <= "\udfff" for name in columns for char in name):
            raise _undecodable(file.label, csv, decoder.bad_at, 1, "a header that does not decode")
        return cls(file, kind, csv, columns, tolerated, _header_size=size)

    @property
    def label(self) -> str:
        return self.file.label

    def types(self, wanted: Sequence[str]) -> list[Any]:
        """The Arrow types of columns: all text."""
        import pyarrow as pa

        for name in wanted:
            if name not in self.columns:
                raise missing(name, self.columns, self.label, self.csv.delimiter)
        return [pa.string()] * len(wanted)

    def batches(self, wanted: Sequence[str]) -> Iterator[tuple[Any, list[Any]]]:
        """(lines, wanted columns) of block after block, as Arrow arrays; rejects gather meanwhile."""
        positions = tuple(self.columns.index(name) for name in wanted)
        form = Form(self.columns, positions, self.csv.delimiter, self.csv.quote, _newline(self.csv))
        decoder = decode.Decoder(self.label, decode.codec(self.csv.encoding), form.newline.encode())
        with decode.plain(self.file, self.kind) as source:
            for lines, arrays in self._read(decoder.blocks(source), form):
                self._accepted += len(lines)
                yield lines, [_with_nulls(each, self.csv.nulls) for each in arrays]
                if len(self.rejects) > MAX_REJECTS:
                    break
        self._bad_at = decoder.bad_at
        self._judge()

    def _read(self, blocks: Iterator[bytes], form: Form) -> Iterator[tuple[Any, list[Any]]]:
        newline = form.newline.encode()
        carry, line = b"", 1
        for number, piece in enumerate(blocks):
            block = carry + piece
            if number == 0:
                line += block.count(newline, 0, self._header_size)
                block = block[self._header_size :]
            self._garbled += _garbled_lines(piece, newline)
            place = 0
            for end, lines, arrays in self._parse(block[: block.rfind(newline) + 1], form, line):
                line += block.count(newline, place, place + end)
                place += end
                yield lines, arrays
            carry = block[place:]
        if carry:
            met = walk(carry, form, unfinished=not carry.endswith(newline))
            yield self._walked(met, form, line)[1:]

    def _parse(self, block: bytes, form: Form, line: int) -> Iterator[tuple[int, Any, list[Any]]]:
        """(bytes used, lines, wanted columns) of a block of whole lines, by slices if something is off."""
        whole = self._surveyed(block, form, line)
        if whole:
            yield whole
            return
        newline = form.newline.encode()
        place = stop = 0
        while stop < len(block):
            stop = (block.find(newline, stop + _SLICE) + 1) or len(block)
            slice_ = block[place:stop]
            part = self._surveyed(slice_, form, line)
            part = part or self._walked(walk(slice_, form, more=True), form, line)
            place += part[0]
            line += slice_.count(newline, 0, part[0])
            yield part

    def _surveyed(self, block: bytes, form: Form, line: int) -> tuple[int, Any, list[Any]] | None:

        found = records.survey(block, form)
        if not found or len(block) - found.end > records.MAX_FIELD:  # a quote that does not close
            return None
        arrays = records.columns(block, found, form) if len(found.lines) else _no_rows(form)
        if _repeats_header(arrays, form):
            return None
        self._blanks += found.blanks
        return found.end, numbers(found.lines + line), arrays

    def _walked(self, met: Walk, form: Form, line: int) -> tuple[int, Any, list[Any]]:
        import pyarrow as pa

        self._blanks += met.blanks
        for each in met.rejects:
            self.rejects.append(replace(each, line=line + (each.line or 0), file=self.label))
        columns = list(zip(*met.rows, strict=True)) or [()] * len(form.wanted)
        lines = pa.array([each + line for each in met.lines], pa.int64())
        return met.end, lines, [pa.array(each, pa.string()) for each in columns]

    def _judge(self) -> None:
        """File-level faults that only show once the lines are known, and what is worth a note."""
        label, read = self.file.label, self._accepted + len(self.rejects)
        if not self._accepted and self.rejects:
            _check_field_count(self.rejects, self.columns, self.csv, label)
        broken = [each for each in self.rejects if each.reason == "encoding"]
        if len(broken) > self.tolerated(read):
            told = f"{len(broken):,} of {read:,} lines do not decode"
            raise _undecodable(label, self.csv, self._bad_at, broken[0].line, told)
        if len(self.rejects) > MAX_REJECTS:
            raise DataError(
                f"{label}: more than {MAX_REJECTS:,} broken lines",
                got=f"line {self.rejects[0].line}: {self.rejects[0].reason}",
                mend="check csv.delimiter, csv.quote and csv.newline",
            )
        if self._blanks:
            self.notes.append(f"{label}: {self._blanks:,} blank lines, not counted as records")
        if any(each.reason == "no_final_newline" for each in self.rejects):
            self.notes.append(f"{label}: no line end after the last record: it may be cut, and is set aside")
        if self._garbled:
            share = self._garbled / max(read, 1)
            self.notes.append(
                f"{label}: {self._garbled:,} lines ({share:.1%}) look like UTF-8 read as latin-1 (Ã©)"
            )


def _undecodable(label: str, csv: CsvFormat, at: int | None, line: int | None, got: str) -> DataError:
    hint = "latin-1 or cp1252" if decode.codec(csv.encoding) == "utf-8" else "utf-8"
    return DataError(
        f"{label}: not {csv.encoding} at byte {at}, line {line}",
        got=got,
        mend=f"declare csv.encoding, perhaps {hint}, or save the file as {csv.encoding}",
    )


def _check_marks(csv: CsvFormat) -> None:
    if csv.delimiter == csv.quote or {csv.delimiter, csv.quote} & {"\r", "\n", "\0"}:
        raise ConfigError(
            "csv: delimiter and quote must differ, and neither may be a line break",
            got=f"{csv.delimiter!r} and {csv.quote!r}",
            mend="declare them as they are in the file",
        )


def _header(block: bytes, csv: CsvFormat, label: str) -> tuple[tuple[str, ...], int]:
    """The column names and how many bytes they take."""
    newline = _newline(csv)
    other = "\r" if newline == "\n" else "\n"
    text = block[: 2 * records.MAX_FIELD].decode("utf-8", "surrogateescape")
    line, _, rest = text.partition(newline)
    if other in (line.removesuffix("\r") if newline == "\n" else line + rest[:1]):
        raise DataError(
            f"{label}: lines do not end as declared",
            got=f"csv.newline: {csv.newline}",
            mend=f"declare csv.newline: {'cr' if csv.newline == 'lf' else 'lf'}",
        )
    names, end = first(text, Form((), (), csv.delimiter, csv.quote, newline))
    if names is None or not any(names):
        raise DataError(
            f"{label}: line 1 is not a header", got="a blank or broken line", mend="name the columns there"
        )
    _check_names(names, label)
    return tuple(names), len(text[:end].encode("utf-8", "surrogateescape"))


def _newline(csv: CsvFormat) -> str:
    return "\r" if csv.newline == "cr" else "\n"


def _check_names(names: Sequence[str], label: str) -> None:
    if len(names) > MAX_COLUMNS:
        raise DataError(
            f"{label}: {len(names):,} columns, at most {MAX_COLUMNS:,} are read",
            mend="deliver the needed columns only",
        )
    repeated = [name for n, name in enumerate(names) if name and name in names[:n]]
    if repeated:
        raise DataError(
            f"{label}: two columns are named {shown([repeated[0]])}", mend="give each column its own name"
        )


def shown(names: Sequence[str]) -> str:
    """Column names for a message; what looks like data in a file without header is masked."""
    masked = [
        "***" if "@" in name or sum(map(str.isdigit, name)) > 4 or name.strip().isdigit() else name
        for name in names
    ]
    return ", ".join(repr(name[:60])[1:-1] for name in masked[:40]) + (", ..." if len(masked) > 40 else "")


def missing(name: str, names: Sequence[str], label: str, delimiter: str | None = None) -> DataError:
    """The error for a wanted column that is not there."""
    if len(names) == 1:
        others = [mark for mark in ",;\t|" if mark != delimiter and mark in names[0]]
        hint = f"declare csv.delimiter: {others[0]!r}" if others else "check csv.delimiter"
        return DataError(
            f"{label}: no column {name!r}: 1 column found, the delimiter is {delimiter!r}",
            got=shown(names[0].split(others[0]) if others else names),
            mend=hint,
        )
    return DataError(
        f"{label}: no column {name!r}{did_you_mean(name, names)}",
        got=f"the columns {shown(names)}",
        mend="map the column by the name it has in the file",
    )


def _check_field_count(rejects: Sequence[Reject], header: Sequence[str], csv: CsvFormat, label: str) -> None:
    """A file in which every row disagrees with its header is not one of broken rows."""
    counts = {each.raw.count(csv.delimiter) + 1 for each in rejects if each.reason == "field_count"}
    if counts and all(each.reason in {"field_count", "no_final_newline"} for each in rejects):
        found = f"{min(counts)} fields" if len(counts) == 1 else "other numbers of fields"
        raise DataError(
            f"{label}: no row has as many fields as the header, {len(header)}",
            got=f"{found} from line {rejects[0].line} on",
            mend="name every column in the header, check csv.delimiter and csv.quote",
        )


def _repeats_header(arrays: Sequence[Any], form: Form) -> bool:
    """Whether some row may be the header line again: its first wanted column holds that column's name."""
    import pyarrow.compute as pc

    if not arrays or not len(arrays[0]):
        return False
    return bool(pc.any(pc.equal(arrays[0], form.header[form.wanted[0]])).as_py())


def _with_nulls(array: Any, nulls: Sequence[str]) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    longest = max((len(text.encode()) for text in nulls), default=-1)
    if longest < (pc.min(pc.binary_length(array)).as_py() or 0):
        return array
    absent = pc.is_in(array, texts(nulls))
    return pc.if_else(absent, pa.scalar(None, pa.string()), array)


def _no_rows(form: Form) -> list[Any]:
    import pyarrow as pa

    return [pa.array([], pa.string()) for _ in form.wanted]


def _garbled_lines(block: bytes, newline: bytes) -> int:
    if block.isascii() or not any(mark in block for mark in _MOJIBAKE):
        return 0
    return sum(any(mark in line for mark in _MOJIBAKE) for line in block.split(newline))
