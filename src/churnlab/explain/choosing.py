"""Which features speak for a row: contributions netted per group of near-duplicates, the strongest first.

orders_30d and orders_90d say nearly the same, and trees split the credit between them by luck. So
they are one group: their net contribution decides, and the member that carries most of it speaks.
"""

from __future__ import annotations

import importlib
import importlib.util
import logging
import sys
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.int32]

LEAST = 1e-6  # log odds; less is rounding, no reason
NOBODY = -1
PAYS, PAYS_LOADED = 200_000, 1_000  # rows: half a second and some milliseconds of numpy's time
_COMPILED = "churnlab.explain.compiled"


def speakers(
    contributions: NDArray[np.floating],
    groups: Sequence[Sequence[int]],
    places: int,
    *,
    compiled: bool | None = None,
) -> Codes:
    """(n, places): 2 x the column that speaks, + 1 where it raises the risk; ``NOBODY`` where none is left.

    First what raises the risk, largest first; then what lowers it, until there are ``places``. Ties go
    to the first. ``groups``: the columns of each. ``compiled`` or numpy (None: where it pays), the same.
    """
    code = _compiled_code(len(contributions), compiled)
    if code is None:
        return _speakers(contributions, groups, places)
    found = np.empty((len(contributions), places), np.int32)
    begins = np.cumsum([0, *(len(columns) for columns in groups)])
    columns = np.array([column for one in groups for column in one], np.int64)
    code.speakers(contributions, begins, columns, LEAST, found)
    return found


def _speakers(contributions: NDArray[np.floating], groups: Sequence[Sequence[int]], places: int) -> Codes:
    rows = len(contributions)
    found = np.full((rows, places), NOBODY, np.int32)
    net = np.zeros((rows, len(groups)))
    for group, columns in enumerate(groups):
        for column in columns:  # one after the other: numpy adds several in an order of its own
            net[:, group] += contributions[:, column]
    place = np.zeros(rows, np.intp)
    for raises, strength in ((1, net), (0, -net)):
        for _ in range(min(places, len(groups))):
            group = strength.argmax(axis=1)  # the first of equals
            left = np.flatnonzero((place < places) & (strength[np.arange(rows), group] > LEAST))
            for number in np.unique(group[left]):
                own = left[group[left] == number]
                members = np.array(groups[number])
                loudest = (contributions[np.ix_(own, members)] * (1 if raises else -1)).argmax(axis=1)
                found[own, place[own]] = 2 * members[loudest] + raises
            strength[left, group[left]] = 0.0
            place[left] += 1
    return found


def _compiled_code(rows: int, compiled: bool | None) -> Any | None:
    if compiled is None:
        compiled = rows >= (PAYS_LOADED if _COMPILED in sys.modules else PAYS)
    if not compiled or importlib.util.find_spec("numba") is None:
        return None
    try:
        return importlib.import_module(_COMPILED)
    except (ImportError, RuntimeError) as error:  # RuntimeError: there is no folder to keep it in
        logging.getLogger(__name__).warning("no compiled code, numpy is slower: %s", error)
        return None
