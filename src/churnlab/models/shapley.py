"""Exact contributions of features to margins (path-dependent Shapley values), and margins themselves.

Going down a tree, a feature that is not known follows the training weight: left with ``share``. What a
feature contributes is the mean, over all orders in which features become known, of what knowing it
changes (Lundberg et al., 2020). Let every feature become known at a moment t, drawn evenly from 0 to 1.
Then the mean over orders is a mean over t, and at each t a row goes left at a node with weight

    h(t) = share (1 - t) + [it goes left] t

and right with 1 - h(t), independently of all other features. With reach(t) the product of these
weights from the root down to the node, and below(t) the mean leaf of each side,

    contribution of the node's feature += ([it goes left] - share) x mean over t of
                                          reach(t) x (below_left(t) - below_right(t))

which is a polynomial in t of a degree below the number of features on the way: a few Gauss-Legendre
points give its mean exactly. Where a feature is asked for again further down, h(t) and the
contribution account for the weight ``kept`` by its earlier conditions; a row that failed one of them
follows the training weight whatever happens. Three points for trees of depth six, a few
multiplications per node and point: no table per model, no limit of depth.

Each step is a single rounded operation in float32, in one order: numpy here and compiled code beside
it give the same bits, whatever the other rows are.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from churnlab.models.forest import UP, Flags, Floats, Forest, Ints, Singles

TOGETHER = 3  # moments: what trees of depth six need
AT_ONCE = 2**20  # rows x nodes that numpy works on at a time
ZERO = np.float32(0)

Levels = list[NDArray[np.intp]]


@dataclass(frozen=True, eq=False)
class Moments:
    """A forest at three moments t: (nodes, 3) each, unless said.

    ``weight``: (3,). ``left_met``: h(t) of a row that goes left, ``left_unmet`` of one that goes
    right, ``left_out`` (nodes,) of one that failed an earlier condition; ``right_...``: 1 - h(t).
    ``again``: what the earlier conditions on the feature make of a contribution, 1 without any.
    ``met``, ``unmet``: (nodes,) [goes left] - share.
    """

    forest: Forest
    weight: Singles
    left_met: Singles
    left_unmet: Singles
    left_out: Singles
    right_met: Singles
    right_unmet: Singles
    right_out: Singles
    again: Singles
    met: Singles
    unmet: Singles

    @classmethod
    def of(cls, forest: Forest) -> tuple[Self, ...]:
        """As many threes as the forest needs: exact for ways of six features, twelve, and so on."""
        threes = max(1, -(-forest.widest // (2 * TOGETHER)))
        points, weights = np.polynomial.legendre.leggauss(threes * TOGETHER)
        t, weight = (points + 1) / 2, weights / 2
        each = [slice(begin, begin + TOGETHER) for begin in range(0, len(t), TOGETHER)]
        return tuple(cls._at(forest, t[some], weight[some]) for some in each)

    @classmethod
    def _at(cls, forest: Forest, t: Floats, weight: Floats) -> Self:
        kept, share = forest.kept[:, None], forest.share[:, None]
        known = kept * (1 - t) + t  # the weight of the conditions met so far
        return cls(
            forest,
            _single(weight),
            left_met=_single((kept * share * (1 - t) + t) / known),
            left_unmet=_single(kept * share * (1 - t) / known),
            left_out=_single(forest.share),
            right_met=_single(kept * (1 - share) * (1 - t) / known),
            right_unmet=_single((kept * (1 - share) * (1 - t) + t) / known),
            right_out=_single(1 - forest.share),
            again=_single(kept / known**2),
            met=_single(1 - forest.share),
            unmet=_single(-forest.share),
        )


def margins(forest: Forest, matrix: Singles) -> Singles:
    """(n,) the sum of the leaves of each row, added in XGBoost's order: the same bits as its own."""
    made = np.empty(len(matrix), np.float32)
    size = max(1, AT_ONCE // max(1, len(forest.roots)))
    for begin in range(0, len(matrix), size):
        made[begin : begin + size] = _margins(forest, matrix[begin : begin + size])
    return made


def contributions(moments: tuple[Moments, ...], matrix: Singles, owners: Ints, count: int) -> Singles:
    """(n, count): what each column of ``matrix`` contributes, added up per owner of columns."""
    made = np.zeros((len(matrix), count), np.float32)
    size = max(1, AT_ONCE // max(1, len(moments[0].forest)))
    for begin in range(0, len(matrix), size):
        for three in moments:
            _contribute(three, matrix[begin : begin + size], owners, made[begin : begin + size])
    return made


def _margins(forest: Forest, matrix: Singles) -> Singles:
    at = np.broadcast_to(forest.roots, (len(matrix), len(forest.roots))).copy()
    rows, trees = np.nonzero(at >= 0)
    while len(rows):
        node = at[rows, trees]
        left = _goes_left(
            matrix[rows, forest.feature[node]], forest.threshold[node], forest.missing_left[node]
        )
        at[rows, trees] = np.where(left, forest.left[node], forest.right[node])
        going = at[rows, trees] >= 0
        rows, trees = rows[going], trees[going]
    steps = np.empty((len(matrix), 1 + len(forest.roots)), np.float32)
    steps[:, 0], steps[:, 1:] = forest.start, forest.leaf[-1 - at]
    # Unlike a sum, which numpy adds in pairs, this adds tree after tree.
    return np.add.accumulate(steps, axis=1)[:, -1]


def _goes_left(values: Singles, threshold: Singles, missing_left: Flags) -> Flags:
    return np.where(missing_left, ~(values >= threshold), values < threshold)


def _contribute(moments: Moments, matrix: Singles, owners: Ints, into: Singles) -> None:
    # Inside, the nodes come first: what is taken together then lies together.
    forest = moments.forest
    levels = [np.flatnonzero(forest.depth == depth) for depth in range(int(forest.depth.max(initial=-1)) + 1)]
    values = matrix.T[forest.feature]
    left = _goes_left(values, forest.threshold[:, None], forest.missing_left[:, None])
    in_force = _in_force(forest, left, levels)
    reach = _reach(moments, left, in_force, levels)
    found = _going_up(moments, left, in_force, reach, levels)
    order = forest.visits[forest.visits[:, 1] == UP, 0]
    cell = np.arange(len(matrix)) * into.shape[1] + owners[forest.feature[order]][:, None]
    # One by one, in this order, which neither a sum nor a count of numpy's would keep to.
    np.add.at(into.reshape(-1), cell.reshape(-1), found[order].reshape(-1))


def _in_force(forest: Forest, left: Flags, levels: Levels) -> Flags:
    """(nodes, n) whether the row met all conditions on the node's feature above the node."""
    met = np.ones_like(left)
    for nodes in levels:
        again = nodes[forest.earlier[nodes] >= 0]
        above = forest.earlier[again]
        met[again] = met[above] & (left[above] == forest.earlier_left[again][:, None])
    return met


def _reach(moments: Moments, left: Flags, in_force: Flags, levels: Levels) -> Singles:
    """(moments, nodes, n) weight of each moment times that of the way down to the node."""
    forest, reach = moments.forest, np.empty((len(moments.weight), *left.shape), np.float32)
    for depth, nodes in enumerate(levels):
        parent, side = forest.parent[nodes], forest.is_left[nodes]
        goes, known = left[parent], in_force[parent]
        out = np.where(side, moments.left_out[parent], moments.right_out[parent])
        for moment, weight in enumerate(moments.weight):
            if depth == 0:
                reach[moment, nodes] = weight
                continue
            met = np.where(side, moments.left_met[parent, moment], moments.right_met[parent, moment])
            unmet = np.where(side, moments.left_unmet[parent, moment], moments.right_unmet[parent, moment])
            step = np.where(known, np.where(goes, met[:, None], unmet[:, None]), out[:, None])
            reach[moment, nodes] = reach[moment, parent] * step
    return reach


def _going_up(moments: Moments, left: Flags, in_force: Flags, reach: Singles, levels: Levels) -> Singles:
    """(nodes, n) contributions, from the mean leaves below each node, leaves first."""
    forest, found, below = moments.forest, np.zeros(left.shape, np.float32), np.empty(left.shape, np.float32)
    for moment, weight in enumerate(reach):
        met, unmet, again = (
            values[:, moment, None] for values in (moments.left_met, moments.left_unmet, moments.again)
        )
        for nodes in reversed(levels):
            one, other = (_side(forest, children[nodes], below) for children in (forest.left, forest.right))
            apart = one - other
            found[nodes] += weight[nodes] * apart * again[nodes]
            step = np.where(left[nodes], met[nodes], unmet[nodes])
            step = np.where(in_force[nodes], step, moments.left_out[nodes][:, None])
            below[nodes] = other + step * apart
    return np.where(in_force, found * np.where(left, moments.met[:, None], moments.unmet[:, None]), ZERO)


def _side(forest: Forest, children: Ints, below: Singles) -> Singles:
    """(nodes, n) the mean leaf on one side of some nodes."""
    values = forest.leaf[np.maximum(-1 - children, 0)]
    return np.where((children >= 0)[:, None], below[np.maximum(children, 0)], values[:, None])


def base(forest: Forest) -> float:
    """The mean margin of the training rows, as the weights of the nodes have it."""
    mean = np.zeros(len(forest))
    for node in range(len(forest) - 1, -1, -1):  # children have higher numbers
        one, other = (
            float(mean[child] if child >= 0 else forest.leaf[-1 - child])
            for child in (forest.left[node], forest.right[node])
        )
        mean[node] = other + forest.share[node] * (one - other)
    trees = [float(mean[root] if root >= 0 else forest.leaf[-1 - root]) for root in forest.roots]
    return float(forest.start) + sum(trees)


def _single(values: Floats) -> Singles:
    return np.ascontiguousarray(values, dtype=np.float32)
