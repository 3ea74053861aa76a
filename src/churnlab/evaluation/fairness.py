"""Does a model treat the groups of customers alike? Three questions of each group, none a verdict.

chosen     which share would be chosen (the risk is high), and how many times that of everyone
caught     which share of those who left had been chosen (the true positive rate)
right      how many left for one who was expected to

A difference is no proof of injustice: groups may differ in what they do. One outside the bounds has to be
looked at by somebody who knows them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.evaluation.rows import Floats, ratio, without_nan
from churnlab.evaluation.scorecard import MIN_POSITIVES

LEAST_ROWS = 200  # below, the shares of a group are luck
CHOSEN = (0.8, 1.25)  # times the share of everyone: the four fifths rule, both ways
CAUGHT = 0.10  # share of leavers: less or more than that of everyone
RIGHT = (0.8, 1.25)  # observed to expected


@dataclass(frozen=True)
class Treated:
    """One group; NaN and ``insufficient`` where it is too small. ``n``: rows; ``left``: those that left."""

    attribute: str
    group: str
    n: int
    left: int
    chosen: float
    times: float
    caught: float
    right: float
    insufficient: bool = False

    def flags(self, caught_of_all: float) -> tuple[str, ...]:
        """Which of ``chosen``, ``caught`` and ``right`` lie outside the bounds."""
        if self.insufficient:
            return ()
        # Asked so that NaN, where nobody is chosen at all, is no flag.
        off = {
            "chosen": self.times < CHOSEN[0] or self.times > CHOSEN[1],
            "caught": abs(self.caught - caught_of_all) > CAUGHT,
            "right": self.right < RIGHT[0] or self.right > RIGHT[1],
        }
        return tuple(name for name, outside in off.items() if outside)

    def as_dict(self) -> dict[str, Any]:
        """Plain values; None where there is no number."""
        return without_nan(asdict(self))


def treated(
    churned: Floats, risk: Floats, cut: float, segments: Mapping[str, NDArray[np.object_]]
) -> tuple[Treated, ...]:
    """Everyone first, then each value of each attribute. ``cut``: from which risk on one is chosen."""
    known = np.isfinite(churned)
    of_all = float(np.mean(risk[known] >= cut)) if known.any() else float("nan")
    found = [_of("", "", churned[known], risk[known], cut, of_all)]
    for name, members, group in _groups(segments, known):
        found.append(_of(name, group, churned[members], risk[members], cut, of_all))
    return tuple(found)


def _groups(
    segments: Mapping[str, NDArray[np.object_]], known: NDArray[np.bool_]
) -> Iterator[tuple[str, NDArray[np.bool_], str]]:
    for name, values in segments.items():
        here = [value for value in values[known] if value is not None]
        for group in sorted({str(value) for value in here}):
            yield name, known & (values == group), group
        missing = known & np.array([value is None for value in values], dtype=bool)
        if missing.any():
            yield name, missing, "(none)"


def _of(attribute: str, group: str, churned: Floats, risk: Floats, cut: float, of_all: float) -> Treated:
    n, left = len(churned), int(churned.sum())
    if group and (n < LEAST_ROWS or min(left, n - left) < MIN_POSITIVES):
        return Treated(attribute, group, n, left, *(float("nan"),) * 4, insufficient=True)
    chosen = risk >= cut
    share = float(chosen.mean()) if n else float("nan")
    caught = float(ratio(chosen[churned == 1].sum(), left))
    return Treated(
        attribute, group, n, left, share, float(ratio(share, of_all)), caught, float(ratio(left, risk.sum()))
    )
