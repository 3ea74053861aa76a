"""Arrays in one file that is proved whole before it is read: a part of a panel, kept for the next run.

    churnlab piece 1          what it is
    length of the header      8 bytes
    header                    JSON: key, facts, and name, type and shape of each array
    arrays                    their plain numbers, row after row
    SHA-256                   of all that stands before it

Nothing in it is code. A file that is cut, changed, of another key or of another kind is None, not an error.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.durable import create, failpoint

_MAGIC = b"churnlab piece 1\n"
_BYTES = 1 << 24  # read or written at a time
_TYPES = ("<f4", "<f8", "<i8", "<i4", "|u1")
_MOST_HEADER = 1 << 30
_number = itertools.count()


@dataclass(eq=False)
class Piece:
    """A file that was whole when it was opened, and stays so while it is: its name may get another file."""

    facts: Mapping[str, Any]
    _file: BinaryIO
    _places: Mapping[str, tuple[int, np.dtype[Any], tuple[int, ...]]]

    @classmethod
    def opened(cls, path: Path, key: str) -> Self | None:
        """The piece at ``path``, or None where there is none, or not a whole one made for ``key``."""
        try:
            file = path.open("rb")
        except OSError:
            return None
        try:
            found = _proved(file, key)
        except (OSError, ValueError, KeyError, TypeError, RecursionError):
            found = None
        if found is None:
            file.close()
            return None
        return cls(found[0], file, found[1])

    def shape(self, name: str) -> tuple[int, ...]:
        """Of an array; KeyError where there is none of that name."""
        return self._places[name][2]

    def array(self, name: str) -> NDArray[Any]:
        """An array by name."""
        _, kind, shape = self._places[name]
        found = np.empty(shape, kind)
        self.read_into(name, found)
        return found

    def read_into(self, name: str, target: NDArray[Any]) -> None:
        """Fill ``target`` with an array, some rows at a time: it may be some columns of something wider."""
        offset, kind, shape = self._places[name]
        self._file.seek(offset)
        width = kind.itemsize * int(np.prod(shape[1:], dtype=np.int64))
        for start, end in _steps(shape[0], width):
            rows = np.frombuffer(_exactly(self._file, (end - start) * width), kind)
            target[start:end] = rows.reshape(end - start, *shape[1:])

    def close(self) -> None:
        """Let the file go."""
        self._file.close()


def write(path: Path, key: str, facts: Mapping[str, Any], arrays: Mapping[str, NDArray[Any]]) -> int:
    """Write a piece that only this user may read, whole or not at all; its size in bytes."""
    header = json.dumps({"key": key, "facts": facts, "arrays": _told(arrays)}).encode()
    temporary = path.with_name(f".{path.name}.{os.getpid()}.{next(_number)}.tmp")
    told = hashlib.sha256()
    try:
        # Not forced to the disk: what a power cut takes away, the digest misses.
        with create(temporary, private=True) as file:
            start = (_MAGIC, len(header).to_bytes(8, "little"), header)
            for part in itertools.chain(start, _contents(arrays)):
                file.write(part)
                told.update(part)
            failpoint("piece.write")
            file.write(told.digest())
            size = file.tell()
        failpoint("piece.rename")
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    return size


def _told(arrays: Mapping[str, NDArray[Any]]) -> list[dict[str, Any]]:
    return [
        {"name": name, "type": values.dtype.newbyteorder("<").str, "shape": list(values.shape)}
        for name, values in arrays.items()
    ]


def _contents(arrays: Mapping[str, NDArray[Any]]) -> Iterator[bytes]:
    for values in arrays.values():
        little = values.dtype.newbyteorder("<")
        width = values.itemsize * int(np.prod(values.shape[1:], dtype=np.int64))
        for start, end in _steps(len(values), width):
            yield np.ascontiguousarray(values[start:end], dtype=little).tobytes()


def _steps(rows: int, width: int) -> Iterator[tuple[int, int]]:
    step = max(1, _BYTES // max(width, 1))
    for start in range(0, rows, step):
        yield start, min(start + step, rows)


def _proved(
    file: BinaryIO, key: str
) -> tuple[Mapping[str, Any], dict[str, tuple[int, np.dtype[Any], tuple[int, ...]]]] | None:
    size = os.fstat(file.fileno()).st_size
    told = hashlib.sha256()
    start = file.read(len(_MAGIC) + 8)
    length = int.from_bytes(start[len(_MAGIC) :], "little")
    if start[: len(_MAGIC)] != _MAGIC or length > min(size, _MOST_HEADER):
        return None
    text = file.read(length)
    told.update(start + text)
    left = size - file.tell() - told.digest_size
    while left > 0 and (part := file.read(min(left, _BYTES))):
        told.update(part)
        left -= len(part)
    if left or file.read() != told.digest():
        return None
    header = json.loads(text)
    places, offset = {}, len(start) + length
    for one in header["arrays"]:
        if one["type"] not in _TYPES:
            return None
        kind, shape = np.dtype(one["type"]), tuple(int(edge) for edge in one["shape"])
        places[one["name"]] = (offset, kind, shape)
        offset += kind.itemsize * int(np.prod(shape, dtype=np.int64))
    whole = offset + told.digest_size == size and header["key"] == key
    return (header["facts"], places) if whole else None


def _exactly(file: BinaryIO, size: int) -> bytes:
    found = file.read(size)
    if len(found) != size:
        raise OSError("a file became shorter while it was read")
    return found
