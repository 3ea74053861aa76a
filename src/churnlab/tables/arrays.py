"""Between Arrow and numpy by their bytes: `pa.array`, `pa.scalar` and `to_numpy` import pandas first.

That is half a second, for whoever explains one customer without needing pandas at all.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

_NAMES = {"double": "float64", "float": "float32"}  # Arrow's -> numpy's, where they differ


def numbers(whole: NDArray[np.integer[Any]]) -> Any:
    """(n,) whole numbers as an Arrow array of the same width, without a copy.

    >>> numbers(np.array([7, 8], dtype=np.int32)).type, numbers(np.arange(2)).to_pylist()
    (DataType(int32), [0, 1])
    """
    import pyarrow as pa

    whole = np.ascontiguousarray(whole)
    kind = getattr(pa, str(whole.dtype))()
    return pa.Array.from_buffers(kind, len(whole), [None, pa.py_buffer(whole)])


def texts(some: Sequence[str]) -> Any:
    """Texts as an Arrow array.

    >>> texts(["é", ""]).to_pylist()
    ['é', '']
    """
    import pyarrow as pa

    content = [text.encode() for text in some]
    ends = np.cumsum([0, *map(len, content)], dtype=np.int32)
    buffers = [None, pa.py_buffer(ends), pa.py_buffer(b"".join(content))]
    return pa.Array.from_buffers(pa.string(), len(content), buffers)


def repeated(value: int | str | bool, size: int) -> Any:
    """``size`` times the same: int32, text or flag.

    >>> repeated("web", 2).to_pylist(), repeated(True, 1).to_pylist(), repeated(3, 2).to_pylist()
    (['web', 'web'], [True], [3, 3])
    """
    import pyarrow as pa

    if isinstance(value, bool):
        flag = pa.Array.from_buffers(pa.bool_(), 1, [None, pa.py_buffer(bytes([value]))])
        return pa.repeat(flag[0], size)
    one = texts([value]) if isinstance(value, str) else numbers(np.array([value], dtype=np.int32))
    return pa.repeat(one[0], size)


def values(column: Any, missing: float | None = None) -> NDArray[Any]:
    """An Arrow column of numbers as numpy's, read-only where it need not be copied; ``missing``: for null.

    >>> import pyarrow as pa
    >>> values(pa.chunked_array([pa.array([1, None]), pa.array([3])]), -1).tolist()
    [1, -1, 3]
    """
    import pyarrow as pa

    kind = np.dtype(_NAMES.get(str(column.type), str(column.type)))
    if isinstance(column, pa.ChunkedArray):
        parts = [values(chunk, missing) for chunk in column.chunks]
        return parts[0] if len(parts) == 1 else np.concatenate([np.empty(0, kind), *parts])
    content = column.buffers()[1]
    if content is None:
        return np.full(len(column), missing or 0, kind)
    found = np.frombuffer(content, kind)[column.offset : column.offset + len(column)]
    if not column.null_count:
        return found
    if missing is None:
        raise ValueError("null has no number of its own: say which one stands for it")
    return np.where(flags(column.is_null()), kind.type(missing), found)


def flags(column: Any) -> NDArray[np.bool_]:
    """An Arrow array of true and false, without a null, as numpy's.

    >>> import pyarrow as pa
    >>> flags(pa.array([True, False, True])[1:]).tolist()
    [False, True]
    """
    if not len(column):
        return np.zeros(0, np.bool_)
    bits = np.unpackbits(np.frombuffer(column.buffers()[1], np.uint8), bitorder="little")
    return bits[column.offset : column.offset + len(column)].astype(np.bool_)
