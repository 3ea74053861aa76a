"""Risk by tenths: how many of those that the model ranks highest do leave, and how many times the usual."""

from __future__ import annotations

from typing import TypedDict

import numpy as np

from churnlab.evaluation.rows import Floats


class Tenth(TypedDict):
    """``tenth`` 1: the highest risks. ``lift``: the share that left to that of everyone, None of nobody."""

    tenth: int
    n: int
    predicted: float
    observed: float
    lift: float | None
    reached: float | None


def risk_tenths(churned: Floats, risk: Floats) -> list[Tenth]:
    """Rows of known outcome, the highest risks first, in ten parts as equal as can be.

    ``reached``: the share of all who left that lies in this part and those before it.

    >>> churned, risk = np.repeat([1.0, 0.0], [10, 90]), np.linspace(1, 0, 100)
    >>> first = risk_tenths(churned, risk)[0]
    >>> first["observed"], first["lift"], first["reached"]
    (1.0, 10.0, 1.0)
    """
    known = np.isfinite(churned)
    order = np.argsort(-risk[known], kind="stable")
    left, said = churned[known][order], risk[known][order]
    whole, found, before = float(left.sum()), [], 0.0
    parts = np.array_split(np.arange(len(left)), 10)
    for number, part in enumerate((part for part in parts if len(part)), 1):
        before += float(left[part].sum())
        share = float(left[part].mean())
        found.append(
            Tenth(
                tenth=number,
                n=len(part),
                predicted=float(said[part].mean()),
                observed=share,
                lift=share * len(left) / whole if whole else None,
                reached=before / whole if whole else None,
            )
        )
    return found
