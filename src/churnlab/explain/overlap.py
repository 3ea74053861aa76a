"""Would a model that was grown on other customers give the same reasons? How far two sets agree."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from churnlab.explain import reasons
from churnlab.models.churn import ChurnModel
from churnlab.panel import Panel

Codes = NDArray[np.object_]


@dataclass(frozen=True)
class Overlap:
    """``shared``: of the reasons that one gives, the share that the other gives too, in any place.

    ``first``: of the rows, the share whose first reason is the same.
    """

    shared: float
    first: float


def codes(model: ChurnModel, panel: Panel) -> Codes:
    """(n, 3) codes of the reasons that ``model`` gives for the rows, None where there are fewer."""
    told = model.explained(panel)
    return reasons.strongest(told.panel, told.contributions, model.features, model.reference).codes


def agreement(ours: Codes, theirs: Codes) -> Overlap | None:
    """Of the same rows; rows without a reason count nowhere. None where there is none at all.

    >>> ours = np.array([["a", "b", "c"], ["a", None, None]], dtype=object)
    >>> agreement(ours, np.array([["b", "a", "x"], ["a", "y", None]], dtype=object))
    Overlap(shared=0.75, first=0.5)
    """
    given = [[code for code in row if code is not None] for row in ours]
    same = sum(code in set(other) for row, other in zip(given, theirs, strict=True) for code in row)
    some = [place for place, row in enumerate(given) if row]
    first = sum(ours[place, 0] == theirs[place, 0] for place in some)
    return Overlap(same / sum(map(len, given)), first / len(some)) if some else None
