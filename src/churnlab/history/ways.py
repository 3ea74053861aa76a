"""Two ways to the same answers, to the bit: plain numpy, and compiled walks over the rows.

Loading compiled code takes half a second, and compiling it the first time some more, so plain numpy
is quicker for small work; it is also what the compiled way is held against. The caller decides.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from numpy.typing import NDArray

from churnlab.history import cuts, orders, slices
from churnlab.history.units import Flags, Floats, Ints

Values = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Way:
    """What walks over rows. The plain functions say what each means."""

    # Where tables are cut: see cuts.
    reached: Callable[[Ints, Ints], Ints]
    cut: Callable[[Ints, Ints, Ints, Ints, Ints, Ints, Ints], Ints]
    bounds: Callable[[Ints, int], Ints]
    positions: Callable[[Flags], tuple[Ints, Ints]]
    # Lines that are one order: see orders.
    grouped: Callable[[Ints, Ints], tuple[Ints, Ints, Ints]]
    totals: Callable[[Ints, Ints], Ints]
    known_totals: Callable[[Floats, Ints], Floats]
    group_extremes: Callable[[Ints, Ints], tuple[Ints, Ints]]
    # Measures of row ranges: see slices.
    difference: Callable[[Ints, Ints, Ints], Ints]
    summed: Callable[[Floats, Ints, Ints], Floats]
    largest: Callable[[Values, Ints, Ints], Floats]
    smallest: Callable[[Values, Ints, Ints], Floats]
    spread: Callable[[Values, Ints, Ints], Floats]
    median: Callable[[Ints, Ints, Ints], Floats]
    mean_gap: Callable[[Ints, Ints, Ints, int], Floats]
    taken: Callable[[Values, Ints, Ints, Ints], Floats]
    changes: Callable[[Values, Ints], Ints]
    changed: Callable[[Ints, Ints, Ints], Ints]
    following: Callable[[Ints, Ints], tuple[Ints, Ints]]
    distinct: Callable[[Ints, Ints, Ints], Ints]
    # Different values of windows that share their end, in one walk: numpy has nothing like it.
    nested: Callable[[Ints, Ints, Ints], Ints] | None


def way(*, compiled: bool) -> Way:
    """Compiled code where it is asked for and numba is installed, else plain numpy."""
    return _compiled() if compiled and importlib.util.find_spec("numba") else PLAIN


PLAIN = Way(
    reached=cuts.reached,
    cut=cuts.cut,
    bounds=cuts.bounds,
    positions=cuts.positions,
    grouped=orders.grouped,
    totals=orders.totals,
    known_totals=orders.known_totals,
    group_extremes=orders.group_extremes,
    difference=slices.difference,
    summed=slices.summed,
    largest=slices.largest,
    smallest=slices.smallest,
    spread=slices.spread,
    median=slices.median,
    mean_gap=slices.mean_gap,
    taken=slices.taken,
    changes=slices.changes,
    changed=slices.changed,
    following=slices.following,
    distinct=slices.distinct,
    nested=None,
)


@lru_cache(maxsize=1)
def _compiled() -> Way:
    from churnlab.history import compiled, compiled_measures

    return Way(
        reached=compiled.reached,
        cut=compiled.cut,
        bounds=compiled.bounds,
        positions=compiled.positions,
        grouped=compiled.grouped,
        totals=compiled.totals,
        known_totals=compiled.known_totals,
        group_extremes=compiled.group_extremes,
        difference=compiled_measures.difference,
        summed=compiled_measures.summed,
        largest=compiled_measures.largest,
        smallest=compiled_measures.smallest,
        spread=compiled_measures.spread,
        median=compiled_measures.median,
        mean_gap=compiled_measures.mean_gap,
        taken=compiled_measures.taken,
        changes=compiled_measures.changes,
        changed=compiled_measures.changed,
        following=compiled_measures.following,
        distinct=compiled_measures.distinct,
        nested=compiled_measures.nested,
    )
