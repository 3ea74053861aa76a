"""Are the right customers at the top? Metrics that see only the order of the scores.

Rows of equal score have no order among themselves. They are taken as one block, and whatever depends
on their order takes its expected value over all orders: nothing is drawn, and shuffling the rows
changes nothing.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from churnlab.evaluation.rows import Floats, binary, checked, ratio


def auroc(actual: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> Floats:
    """How often a positive row scores above a negative one, a tie counting half. NaN: only one kind.

    >>> float(auroc([0, 0, 1, 1], [0.1, 0.4, 0.35, 0.8]))
    0.75
    """
    outcome, scored, counts = checked(actual, score, weight)
    binary(outcome)
    count, positive = _blocks(outcome, scored, counts)
    negative = count - positive
    above = np.cumsum(positive, axis=-1) - positive  # positives in better blocks
    won = (negative * (above + positive / 2)).sum(axis=-1)
    return ratio(won, positive.sum(axis=-1) * negative.sum(axis=-1))


def average_precision(actual: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> Floats:
    """Precision averaged over the positives, each block of equal scores being one threshold."""
    outcome, scored, counts = checked(actual, score, weight)
    binary(outcome)
    count, positive = _blocks(outcome, scored, counts)
    precision = ratio(np.cumsum(positive, axis=-1), np.cumsum(count, axis=-1))
    # A resample may leave out the best blocks: no row yet, no precision, and nothing to add.
    found = np.where(positive > 0, precision * positive, 0).sum(axis=-1)
    return ratio(found, positive.sum(axis=-1))


def lift(actual: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None, share: float = 0.1) -> Floats:
    """How many times as many positives the best-scored ``share`` of rows holds as any rows would.

    The cut may fall inside a row or a block of equal scores; the part of it that is inside counts.
    """
    outcome, scored, counts = checked(actual, score, weight)
    held = gained(outcome, scored, counts, (share,))[..., 0]
    return ratio(held, share * (counts * outcome).sum(axis=-1))


def gini(actual: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> Floats:
    """Normalised Gini: 1 for the order of the actual values, 0 for chance, -1 for the worst order.

    As in Wang, Liu & Miao (2019, arXiv:1912.07753), but with the area under the gain curve taken
    exactly, where their sum of steps gives 1/n too much, so that chance is 0 in small groups too.
    For 0/1 outcomes it is ``2 * auroc - 1``. NaN where the actual values are equal or sum to <= 0.
    """
    outcome, scored, counts = checked(actual, score, weight)
    return ratio(_gini(outcome, scored, counts), _gini(outcome, outcome, counts))


def spearman(actual: ArrayLike, score: ArrayLike, weight: ArrayLike | None = None) -> Floats:
    """Correlation of the ranks, equal values sharing their mean rank. NaN where one is constant."""
    outcome, scored, counts = checked(actual, score, weight)
    middle = (counts.sum(axis=-1, keepdims=True) + 1) / 2
    left, right = _ranks(outcome, counts) - middle, _ranks(scored, counts) - middle
    shared = (counts * left * right).sum(axis=-1)
    spread = (counts * left**2).sum(axis=-1) * (counts * right**2).sum(axis=-1)
    return ratio(shared, np.sqrt(spread))


def gained(actual: Floats, score: Floats, weight: Floats, shares: ArrayLike) -> Floats:
    """The sum of ``actual`` over the best-scored share of rows, for each share: (..., shares)."""
    count, total = _blocks(actual, score, weight)
    start = np.zeros((*count.shape[:-1], 1))
    rows = np.concatenate([start, np.cumsum(count, axis=-1)], axis=-1)
    sums = np.concatenate([start, np.cumsum(total, axis=-1)], axis=-1)
    # Straight lines between the ends of blocks: within a block every order is as likely.
    cuts = rows[..., -1:] * np.asarray(shares, np.float64)
    flat = (
        cuts.reshape(-1, cuts.shape[-1]),
        rows.reshape(-1, rows.shape[-1]),
        sums.reshape(-1, sums.shape[-1]),
    )
    return np.array([np.interp(*curve) for curve in zip(*flat, strict=True)]).reshape(cuts.shape)


def _blocks(actual: Floats, score: Floats, weight: Floats) -> tuple[Floats, Floats]:
    # Rows and their actual total per block of equal scores, best first: (..., blocks).
    if not len(actual):
        return np.zeros(weight.shape), np.zeros(weight.shape)
    order = np.lexsort((actual, -score))  # actual too: sums of money then add up in one order
    best_first = score[order]
    starts = np.flatnonzero(np.append(True, best_first[1:] != best_first[:-1]))
    counts = weight[..., order]
    totals = counts * actual[order]
    return np.add.reduceat(counts, starts, axis=-1), np.add.reduceat(totals, starts, axis=-1)


def _gini(actual: Floats, score: Floats, weight: Floats) -> Floats:
    count, total = _blocks(actual, score, weight)
    everything = total.sum(axis=-1)
    area = (count * (np.cumsum(total, axis=-1) - total / 2)).sum(axis=-1)
    raw = 2 * ratio(area, count.sum(axis=-1) * everything) - 1
    # An area within rounding of one half is exactly one half: equal values have no order.
    return np.where(everything > 0, np.where(np.abs(raw) < 1e-12, 0.0, raw), np.nan)


def _ranks(values: Floats, weight: Floats) -> Floats:
    _, block = np.unique(values, return_inverse=True)
    order = np.argsort(block, kind="stable")
    starts = np.flatnonzero(np.append(True, np.diff(block[order]) > 0))[: len(order)]
    count = np.add.reduceat(weight[..., order], starts, axis=-1)
    before = np.cumsum(count, axis=-1) - count
    return (before + (count + 1) / 2)[..., block]
