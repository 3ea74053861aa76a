"""Whole batches of text cleared at a glance, by the least and the greatest of their bytes.

The rules on texts are regular expressions, a tenth of a second a million values and column. Nearly
all batches hold nothing that any rule could object to, and their bytes show it a hundred times as
fast. A batch that is not cleared is not at fault: the rules look at each of its rows.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.config.meanings import TABLES

LONGEST = 256  # characters of an id
IDS = frozenset(name for table in TABLES.values() for name, (kind, _) in table.items() if kind == "id")

Bytes = NDArray[np.uint8]


def is_plain(texts: Any, name: str) -> bool:
    """Whether an Arrow array of text needs no closer look.

    An id: all are there, and are 1 to 256 visible ASCII characters. Other texts: those that are there
    have no control characters but tab and line breaks.
    """
    return _visible(texts) if name in IDS else not _has_control(_bytes(texts))


def _bytes(texts: Any) -> Bytes:
    """The bytes of all values, one after the other; those of missing values may be among them."""
    if not len(texts):
        return np.empty(0, np.uint8)
    ends = _ends(texts)
    return np.frombuffer(texts.buffers()[2] or b"", np.uint8)[ends[0] : ends[-1]]


def _ends(texts: Any) -> NDArray[np.int32]:
    """Where each value ends in the bytes, with the start of the first in front."""
    return np.frombuffer(texts.buffers()[1], np.int32)[texts.offset : texts.offset + len(texts) + 1]


def _visible(texts: Any) -> bool:
    bytes_ = _bytes(texts)
    if not len(bytes_) or texts.null_count or bytes_.min() <= ord(" ") or bytes_.max() > ord("~"):
        return False
    sizes = np.diff(_ends(texts))
    return bool(sizes.min() > 0 and sizes.max() <= LONGEST)


def _has_control(bytes_: Bytes) -> bool:
    if not len(bytes_):
        return False
    low, high = int(bytes_.min()), int(bytes_.max())
    if low < ord(" ") and _any_below_space(bytes_):
        return True
    if high < 0x7F:
        return False
    if bool((bytes_ == 0x7F).any()):
        return True
    # U+0080 to U+009F are the byte C2 and one from 80 to 9F.
    after = np.flatnonzero(bytes_[:-1] == 0xC2) + 1
    return bool((bytes_[after] < 0xA0).any())


def _any_below_space(bytes_: Bytes) -> bool:
    """A control character below the space that is neither a tab, a line feed nor a carriage return."""
    below = bytes_[bytes_ < ord(" ")]
    return bool((~np.isin(below, [0x09, 0x0A, 0x0D])).any())
