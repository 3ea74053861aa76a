"""From a file's bytes to blocks of UTF-8 that end where a line ends, in bounded memory.

    file -> hash -> gunzip, with a limit -> decode -> blocks of whole lines

A byte that does not decode is kept as a sequence that is never valid UTF-8, so that the record that
holds it can be set aside while the rest of the file is read.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import io
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from typing import Protocol

from churnlab.errors import ConfigError, DataError
from churnlab.tables.locate import Input

BLOCK = 8 << 20  # bytes read at a time; the price of one exact second look at a block that is off
MAX_LINE = 16 << 20
MAX_RATIO = 200  # uncompressed to compressed bytes; text rarely exceeds 30
_SLACK = 1 << 20  # below this many bytes no ratio is too high

_MAGIC = {
    b"\x1f\x8b": "gzip",
    b"PAR1": "Parquet",
    b"PK\x03\x04": "zip or Excel",
    b"(\xb5/\xfd": "zstd",
    b"BZh": "bzip2",
    b"\xfd7zXZ": "xz",
    b"SQLite format 3": "SQLite",
    b"\xd0\xcf\x11\xe0": "old Excel",
    b"%PDF": "PDF",
}
_SUFFIXES = {".gz": "gzip", ".parquet": "Parquet", ".pq": "Parquet", ".parq": "Parquet"}


def container(file: Input) -> str:
    """``text``, ``gzip`` or ``Parquet``: what the first bytes say, where the name agrees."""
    with file.opened() as stream:
        magic = _magic(stream.read(16))
    suffix = file.path.suffix.lower()
    named = _SUFFIXES.get(suffix, "text") if suffix else magic
    if magic != named or magic not in {"text", "gzip", "Parquet"}:
        raise DataError(
            f"{file.label}: the content is {magic}, the name says {named}",
            mend="rename it as what it is, or deliver text, gzipped text or Parquet",
        )
    return magic


def _magic(head: bytes) -> str:
    return next((kind for magic, kind in _MAGIC.items() if head.startswith(magic)), "text")


class Bytes(Protocol):
    """Something that bytes are read from."""

    def read(self, size: int, /) -> bytes: ...


class _Hashed(io.RawIOBase):
    """A stream that remembers the SHA-256 of all that was read from it."""

    def __init__(self, stream: BufferedReader) -> None:
        self._stream, self.hash, self.count = stream, hashlib.sha256(), 0

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1) -> bytes:
        chunk = self._stream.read(size)
        self.hash.update(chunk)
        self.count += len(chunk)
        return chunk


@contextmanager
def plain(file: Input, kind: str) -> Iterator[Bytes]:
    """The file's own bytes, unpacked where it is gzip.

    At the end of what was read to its end, the bytes that were parsed are proved to be those whose
    SHA-256 was taken before.
    """
    with file.opened() as stream:
        hashed = _Hashed(stream)
        yield _Unpacked(hashed, file.label) if kind == "gzip" else hashed
        if hashed.count == file.size and hashed.hash.hexdigest() != file.sha256:
            raise file.changed()


class _Unpacked:
    """gzip, one or more members, refused once it grows beyond ``MAX_RATIO``."""

    def __init__(self, packed: _Hashed, label: str) -> None:
        self._packed, self._label, self._count = packed, label, 0
        self._stream = gzip.GzipFile(fileobj=packed)

    def read(self, size: int, /) -> bytes:
        try:
            chunk: bytes = self._stream.read(size)
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise DataError(
                f"{self._label}: the gzip data is cut short or damaged",
                got=type(error).__name__,
                mend="deliver the file again",
            ) from None
        self._count += len(chunk)
        if self._count > _SLACK + MAX_RATIO * self._packed.count:
            raise DataError(
                f"{self._label}: unpacks to more than {MAX_RATIO} times its size",
                mend="deliver it less compressed, if it is what it should be",
            )
        return chunk


@dataclass
class Decoder:
    """Turns blocks of one encoding into UTF-8, and remembers where that first failed."""

    label: str
    encoding: str
    newline: bytes
    bad_at: int | None = None  # offset of the first byte that does not decode
    _offset: int = 0

    def blocks(self, source: Bytes) -> Iterator[bytes]:
        """UTF-8 blocks; each but the last ends with a line end. The byte order mark is left out."""
        wide = _is_wide(self.encoding)
        pieces = self._wide(source) if wide else _until_newline(_chunks(source), self.newline, self.label)
        pieces = _until_newline(pieces, self.newline, self.label) if wide else map(self._utf8, pieces)
        for number, block in enumerate(pieces):
            if number == 0:
                self._check_head(block)
                yield block.removeprefix(codecs.BOM_UTF8)
            else:
                yield block

    def _utf8(self, block: bytes) -> bytes:
        try:
            text = block.decode(self.encoding)
            return block if self.encoding == "utf-8" else text.encode()
        except UnicodeDecodeError as error:
            if self.bad_at is None:
                self.bad_at = self._offset + error.start
        finally:
            self._offset += len(block)
        if self.encoding == "utf-8":
            return block
        # Lone surrogates: three bytes each that no UTF-8 decoder accepts, whatever their neighbours.
        return block.decode(self.encoding, "surrogateescape").encode("utf-8", "surrogatepass")

    def _wide(self, source: Bytes) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(self.encoding)()
        try:
            for chunk in _chunks(source):
                yield decoder.decode(chunk).encode()
            yield decoder.decode(b"", final=True).encode()
        except UnicodeError:
            raise DataError(
                f"{self.label}: not {self.encoding}", mend="declare csv.encoding as it is"
            ) from None

    def _check_head(self, block: bytes) -> None:
        if block.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            raise DataError(
                f"{self.label}: not {self.encoding} at byte 0",
                got="a UTF-16 byte order mark",
                mend="declare csv.encoding: utf-16",
            )
        if _magic(block) != "text":
            raise DataError(f"{self.label}: packed twice", got=_magic(block), mend="unpack it once")


def codec(encoding: str) -> str:
    """The standard name of an encoding; ``ConfigError`` where text cannot be read by lines with it."""
    try:
        name = codecs.lookup(encoding).name
        name = {"utf-8-sig": "utf-8", "ascii": "ascii"}.get(name, name)
        ascii_ = bytes(range(128))
        if _is_wide(name) or ascii_.decode(name) == ascii_.decode("ascii"):
            return name
    except (LookupError, UnicodeError, TypeError, AssertionError):
        pass
    raise ConfigError(
        f"csv.encoding: {encoding!r} cannot be read", mend="use utf-8, latin-1, cp1252, utf-16, or convert"
    )


def _is_wide(encoding: str) -> bool:
    return encoding.startswith(("utf-16", "utf-32"))


def _chunks(source: Bytes) -> Iterator[bytes]:
    while chunk := source.read(BLOCK):
        yield chunk


def _until_newline(chunks: Iterator[bytes], newline: bytes, label: str) -> Iterator[bytes]:
    carry = b""
    for chunk in chunks:
        start, end = chunk.find(newline), chunk.rfind(newline) + 1
        if len(carry) + (start if end else len(chunk)) > MAX_LINE:
            raise DataError(
                f"{label}: a line is longer than {MAX_LINE >> 20} MiB",
                mend="check csv.newline and that the file is delimited text",
            )
        if end:
            yield carry + chunk[:end]
        carry = chunk[end:] if end else carry + chunk
    if carry:
        yield carry
