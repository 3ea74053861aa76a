"""Choosing reasons as machine code: the same as in ``choosing``, to the bit.

Imported only where there are rows enough: loading compiled code takes half a second.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numba import njit


@njit(cache=True, nogil=True)
def speakers(contributions: Any, begins: Any, columns: Any, least: float, into: Any) -> None:
    """Into ``into``, (n, places): 2 x the column that speaks, + 1 where it raises the risk; -1 for none.

    The columns of group g are ``columns[begins[g]:begins[g + 1]]``.
    """
    groups, places = len(begins) - 1, into.shape[1]
    best, which = np.empty((2, places)), np.empty((2, places), np.int64)
    for row in range(len(contributions)):
        best[:] = least
        which[:] = -1
        for group in range(groups):
            net = 0.0
            for at in range(begins[group], begins[group + 1]):
                net += np.float64(contributions[row, columns[at]])
            if net > best[0, places - 1]:
                _insert(best[0], which[0], net, group)
            elif -net > best[1, places - 1]:
                _insert(best[1], which[1], -net, group)
        place = 0
        for side in range(2):
            for number in range(places):
                group = which[side, number]
                if group < 0 or place == places:
                    break
                raises = 1 - side
                into[row, place] = 2 * _loudest(contributions, row, begins, columns, group, raises) + raises
                place += 1
        into[row, place:] = -1


@njit(cache=True, nogil=True)
def _insert(best: Any, which: Any, net: float, group: int) -> None:
    """Keep the strongest in order; the first of equals stays ahead."""
    place = len(best) - 1
    while place > 0 and net > best[place - 1]:
        best[place], which[place] = best[place - 1], which[place - 1]
        place -= 1
    best[place], which[place] = net, group


@njit(cache=True, nogil=True)
def _loudest(contributions: Any, row: int, begins: Any, columns: Any, group: int, raises: int) -> Any:
    """The member of a group that carries most of it."""
    found = columns[begins[group]]
    for at in range(begins[group] + 1, begins[group + 1]):
        column = columns[at]
        if raises:
            if contributions[row, column] > contributions[row, found]:
                found = column
        elif contributions[row, column] < contributions[row, found]:
            found = column
    return found
