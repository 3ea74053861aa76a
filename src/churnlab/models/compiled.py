"""Margins and contributions as machine code: the bits of ``shapley``, a hundred times as fast.

Imported only where there are rows enough, since loading compiled code takes half a second. All of it is
in one file, however long: compiled code is kept on disk until its own file changes, and would outlive a
change of loops that lie in another.

Rows are taken ``ROWS`` at a time, and a walk round the trees does one small loop over them at every
visit of a node. All that a walk remembers lies in one array, a run of ``ROWS`` numbers for each thing.
Two habits keep the loops quick. Positions are unsigned, since a signed one may mean "from the end" and
no loop over those becomes vector code. And what is the same for all rows is handed to a loop as numbers,
since a list that it reads might change under its hands.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numba import float32, njit, uint64

from churnlab.models.forest import DOWN, TURN, UP, Forest
from churnlab.models.shapley import Moments

ROWS = 256  # what a walk remembers of so many rows stays in the nearest caches
R = np.uint64(ROWS)
R2, R3 = np.uint64(2 * ROWS), np.uint64(3 * ROWS)
MOMENTS = 3
ZERO = np.float32(0)


class Nodes(NamedTuple):
    """A forest, as ``Forest`` has it; ``levels``: the greatest depth plus one."""

    visits: Any
    roots: Any
    feature: Any
    threshold: Any
    missing_left: Any
    left: Any
    right: Any
    leaf: Any
    is_left: Any
    depth: Any
    earlier: Any
    earlier_left: Any
    levels: int


class Weights(NamedTuple):
    """A forest at three moments, as ``Moments`` has it."""

    weight: Any
    left_met: Any
    left_unmet: Any
    left_out: Any
    right_met: Any
    right_unmet: Any
    right_out: Any
    again: Any
    met: Any
    unmet: Any


def nodes(forest: Forest) -> Nodes:
    """A forest as compiled code takes it."""
    known = {name: getattr(forest, name) for name in Nodes._fields if name != "levels"}
    return Nodes(**known, levels=int(forest.depth.max(initial=-1)) + 1)


def weights(moments: Moments) -> Weights:
    """Three moments as compiled code takes them."""
    return Weights(**{name: getattr(moments, name) for name in Weights._fields})


@njit(cache=True, nogil=True)
def margins(nodes: Any, start: Any, matrix: Any, into: Any) -> None:
    """Into ``into``, (n,): ``start`` and the leaves of each row of ``matrix``, tree after tree."""
    rows, columns = matrix.shape
    values = np.zeros(columns * ROWS, np.float32)
    kept = np.zeros((2 * nodes.levels + 4) * ROWS, np.float32)
    for begin in range(0, rows, ROWS):
        _turn(matrix, begin, values)
        _fill(kept, uint64(0), start)
        _add_trees(nodes, values, kept)
        for row in range(min(ROWS, rows - begin)):
            into[begin + row] = kept[row]


@njit(cache=True, nogil=True)
def contributions(nodes: Any, weights: Any, matrix: Any, owners: Any, into: Any) -> None:
    """Add to ``into``, (n, owners), what each column of ``matrix`` contributes at three moments."""
    rows, columns = matrix.shape
    count = into.shape[1]
    values, found = np.zeros(columns * ROWS, np.float32), np.zeros(count * ROWS, np.float32)
    kept = np.zeros((nodes.levels + 1) * 11 * ROWS, np.float32)
    for moment in range(MOMENTS):
        _fill(kept, uint64(moment) * R, weights.weight[moment])
    for begin in range(0, rows, ROWS):
        _turn(matrix, begin, values)
        _turn(into, begin, found)
        _explain_trees(nodes, weights, owners, values, kept, found)
        for row in range(min(ROWS, rows - begin)):
            for owner in range(count):
                into[begin + row, owner] = found[owner * ROWS + row]


@njit(cache=True, nogil=True)
def _add_trees(nodes: Any, values: Any, kept: Any) -> None:
    """Add each tree's leaves to the first run of ``kept``, from the leaves upwards."""
    # The sums; then, per level, the leaf reached left and right of the node above.
    lefts = R
    rights = lefts + uint64(nodes.levels + 1) * R
    visit = 0
    for root in nodes.roots:
        if root < 0:
            _add_leaf(kept, nodes.leaf[-1 - root])
        while root >= 0:
            node, stage = nodes.visits[visit, 0], nodes.visits[visit, 1]
            visit += 1
            if stage != UP:
                continue
            level = uint64(nodes.depth[node]) * R
            asked = uint64(nodes.feature[node]) * R, nodes.threshold[node], nodes.missing_left[node]
            one, other = lefts + level + R, rights + level + R
            into = (lefts if nodes.is_left[node] else rights) + level
            left, right = nodes.left[node], nodes.right[node]
            if left < 0 and right < 0:
                _choose_leaf(values, asked, nodes.leaf[-1 - left], nodes.leaf[-1 - right], kept, into)
            else:
                if left < 0:
                    _fill(kept, one, nodes.leaf[-1 - left])
                if right < 0:
                    _fill(kept, other, nodes.leaf[-1 - right])
                _choose(values, asked, one, other, kept, into)
            if node == root:
                _add(kept, rights)
                break


@njit(cache=True, nogil=True)
def _explain_trees(nodes: Any, weights: Any, owners: Any, values: Any, kept: Any, found: Any) -> None:
    """Add to ``found`` what each node contributes, once round all trees."""
    # One long function: a function for each of the three visits took half as long again (measured).
    # Per level: the reach of a node and the mean leaf left and right of the node above, at each moment;
    # the answers of a node; whether the conditions above on its feature are met.
    levels = uint64(nodes.levels + 1)
    lefts, rights = levels * R3, levels * (R3 + R3)
    answers, forces = levels * (R3 + R3 + R3), levels * (R3 + R3 + R3 + R)
    for visit in range(len(nodes.visits)):
        node, stage = nodes.visits[visit, 0], nodes.visits[visit, 1]
        level = uint64(nodes.depth[node])
        reach, answer, force = level * R3, answers + level * R, forces + level * R
        again = nodes.earlier[node] >= 0
        if stage == DOWN:
            asked = uint64(nodes.feature[node]) * R, nodes.threshold[node], nodes.missing_left[node]
            if nodes.left[node] < 0 and nodes.right[node] < 0 and not again:
                continue  # asked when it is needed, at once
            _ask(values, asked, kept, answer)
            if again:
                above = nodes.earlier[node]
                at = uint64(nodes.depth[above]) * R
                wanted = float32(1.0 if nodes.earlier_left[node] else 0.0)
                _meet(kept, answers + at, wanted, forces + at, nodes.earlier[above] >= 0, force)
            if nodes.left[node] >= 0:
                met, unmet = _three(weights.left_met, node), _three(weights.left_unmet, node)
                if again:
                    _step_again(met, unmet, weights.left_out[node], kept, reach, answer, force)
                else:
                    _step(met, unmet, kept, reach, answer)
        elif stage == TURN:
            if nodes.right[node] >= 0:
                met, unmet = _three(weights.right_met, node), _three(weights.right_unmet, node)
                if again:
                    _step_again(met, unmet, weights.right_out[node], kept, reach, answer, force)
                else:
                    _step(met, unmet, kept, reach, answer)
        else:
            one, other = lefts + reach + R3, rights + reach + R3
            into = (lefts if nodes.is_left[node] else rights) + reach
            owner = uint64(owners[nodes.feature[node]]) * R
            met, unmet = _three(weights.left_met, node), _three(weights.left_unmet, node)
            gain, loss = weights.met[node], weights.unmet[node]
            left, right = nodes.left[node], nodes.right[node]
            if left < 0 and right < 0 and not again:
                leaves = nodes.leaf[-1 - left], nodes.leaf[-1 - right]
                asked = uint64(nodes.feature[node]) * R, nodes.threshold[node], nodes.missing_left[node]
                _rise_from_leaves(
                    met, unmet, gain, loss, leaves, values, asked, kept, reach, into, found, owner
                )
                continue
            if left < 0:
                _fill_all(kept, one, nodes.leaf[-1 - left])
            if right < 0:
                _fill_all(kept, other, nodes.leaf[-1 - right])
            if again:
                more, out = _three(weights.again, node), weights.left_out[node]
                _rise_again(
                    met,
                    unmet,
                    gain,
                    loss,
                    more,
                    out,
                    kept,
                    reach,
                    answer,
                    force,
                    one,
                    other,
                    into,
                    found,
                    owner,
                )
            else:
                _rise(met, unmet, gain, loss, kept, reach, answer, one, other, into, found, owner)


@njit(cache=True, nogil=True)
def _three(values: Any, node: int) -> tuple[Any, Any, Any]:
    return values[node, 0], values[node, 1], values[node, 2]


@njit(cache=True, nogil=True)
def _turn(matrix: Any, begin: int, values: Any) -> None:
    """A block of rows, column by column; beyond the last row whatever was there."""
    for row in range(min(ROWS, len(matrix) - begin)):
        for column in range(matrix.shape[1]):
            values[column * ROWS + row] = matrix[begin + row, column]


@njit(cache=True, nogil=True)
def _ask(values: Any, asked: Any, kept: Any, answer: Any) -> None:
    """1 where a row goes left, 0 where it goes right."""
    column, threshold, missing_left = asked
    for row in range(R):
        left = _goes_left(values[column + row], threshold, missing_left)
        kept[answer + row] = float32(1) if left else float32(0)


@njit(cache=True, nogil=True)
def _goes_left(value: Any, threshold: Any, missing_left: Any) -> Any:
    return (value < threshold) | (missing_left & (value != value))  # noqa: PLR0124


@njit(cache=True, nogil=True)
def _meet(kept: Any, answer: Any, wanted: Any, force: Any, earlier: bool, into: Any) -> None:
    """1 where the answer above is the wanted one, and the conditions above that are met too."""
    if earlier:
        for row in range(R):
            before = kept[force + row]
            kept[into + row] = before if kept[answer + row] == wanted else float32(0)
    else:
        for row in range(R):
            kept[into + row] = float32(1) if kept[answer + row] == wanted else float32(0)


@njit(cache=True, nogil=True)
def _step(met: Any, unmet: Any, kept: Any, reach: Any, answer: Any) -> None:
    """The reach of a node, a level down on one of its sides."""
    (met0, met1, met2), (unmet0, unmet1, unmet2) = met, unmet
    for row in range(R):
        left, at = kept[answer + row] != 0, reach + row
        kept[at + R3] = kept[at] * (met0 if left else unmet0)
        kept[at + R3 + R] = kept[at + R] * (met1 if left else unmet1)
        kept[at + R3 + R2] = kept[at + R2] * (met2 if left else unmet2)


@njit(cache=True, nogil=True)
def _step_again(met: Any, unmet: Any, outside: Any, kept: Any, reach: Any, answer: Any, force: Any) -> None:
    """The same where the feature was asked for above."""
    (met0, met1, met2), (unmet0, unmet1, unmet2) = met, unmet
    for row in range(R):
        left, inside, at = kept[answer + row] != 0, kept[force + row] != 0, reach + row
        kept[at + R3] = kept[at] * ((met0 if left else unmet0) if inside else outside)
        kept[at + R3 + R] = kept[at + R] * ((met1 if left else unmet1) if inside else outside)
        kept[at + R3 + R2] = kept[at + R2] * ((met2 if left else unmet2) if inside else outside)


@njit(cache=True, nogil=True)
def _rise(
    met: Any,
    unmet: Any,
    gain: Any,
    loss: Any,
    kept: Any,
    reach: Any,
    answer: Any,
    one: Any,
    other: Any,
    into: Any,
    found: Any,
    owner: Any,
) -> None:
    """What the node contributes, and the mean leaf below it."""
    (met0, met1, met2), (unmet0, unmet1, unmet2) = met, unmet
    for row in range(R):
        left = kept[answer + row] != 0
        base0, base1, base2 = kept[other + row], kept[other + R + row], kept[other + R2 + row]
        apart0 = kept[one + row] - base0
        apart1 = kept[one + R + row] - base1
        apart2 = kept[one + R2 + row] - base2
        given = kept[reach + row] * apart0 + kept[reach + R + row] * apart1 + kept[reach + R2 + row] * apart2
        kept[into + row] = base0 + (met0 if left else unmet0) * apart0
        kept[into + R + row] = base1 + (met1 if left else unmet1) * apart1
        kept[into + R2 + row] = base2 + (met2 if left else unmet2) * apart2
        found[owner + row] += given * (gain if left else loss)


@njit(cache=True, nogil=True)
def _rise_again(
    met: Any,
    unmet: Any,
    gain: Any,
    loss: Any,
    again: Any,
    outside: Any,
    kept: Any,
    reach: Any,
    answer: Any,
    force: Any,
    one: Any,
    other: Any,
    into: Any,
    found: Any,
    owner: Any,
) -> None:
    """The same where the feature was asked for above: a row that failed there gives nothing more."""
    (met0, met1, met2), (unmet0, unmet1, unmet2) = met, unmet
    again0, again1, again2 = again
    for row in range(R):
        left, inside = kept[answer + row] != 0, kept[force + row] != 0
        base0, base1, base2 = kept[other + row], kept[other + R + row], kept[other + R2 + row]
        apart0 = kept[one + row] - base0
        apart1 = kept[one + R + row] - base1
        apart2 = kept[one + R2 + row] - base2
        given = (
            kept[reach + row] * apart0 * again0
            + kept[reach + R + row] * apart1 * again1
            + kept[reach + R2 + row] * apart2 * again2
        )
        kept[into + row] = base0 + ((met0 if left else unmet0) if inside else outside) * apart0
        kept[into + R + row] = base1 + ((met1 if left else unmet1) if inside else outside) * apart1
        kept[into + R2 + row] = base2 + ((met2 if left else unmet2) if inside else outside) * apart2
        found[owner + row] += given * (gain if left else loss) if inside else ZERO


@njit(cache=True, nogil=True)
def _rise_from_leaves(
    met: Any,
    unmet: Any,
    gain: Any,
    loss: Any,
    leaves: Any,
    values: Any,
    asked: Any,
    kept: Any,
    reach: Any,
    into: Any,
    found: Any,
    owner: Any,
) -> None:
    """The same with a leaf on either side, which is half of all nodes."""
    column, threshold, missing_left = asked
    other, apart = leaves[1], leaves[0] - leaves[1]
    met0, met1, met2 = other + met[0] * apart, other + met[1] * apart, other + met[2] * apart
    unmet0, unmet1, unmet2 = other + unmet[0] * apart, other + unmet[1] * apart, other + unmet[2] * apart
    for row in range(R):
        left, at = _goes_left(values[column + row], threshold, missing_left), reach + row
        given = kept[at] * apart + kept[at + R] * apart + kept[at + R2] * apart
        kept[into + row] = met0 if left else unmet0
        kept[into + R + row] = met1 if left else unmet1
        kept[into + R2 + row] = met2 if left else unmet2
        found[owner + row] += given * (gain if left else loss)


@njit(cache=True, nogil=True)
def _choose(values: Any, asked: Any, one: Any, other: Any, kept: Any, into: Any) -> None:
    """What was reached on the side that a row goes to."""
    column, threshold, missing_left = asked
    for row in range(R):
        # Both are read whatever the answer: a read that depends on it is no vector code.
        here, there = kept[one + row], kept[other + row]
        kept[into + row] = here if _goes_left(values[column + row], threshold, missing_left) else there


@njit(cache=True, nogil=True)
def _choose_leaf(values: Any, asked: Any, one: Any, other: Any, kept: Any, into: Any) -> None:
    column, threshold, missing_left = asked
    for row in range(R):
        kept[into + row] = one if _goes_left(values[column + row], threshold, missing_left) else other


@njit(cache=True, nogil=True)
def _add(kept: Any, leaves: Any) -> None:
    for row in range(R):
        kept[row] += kept[leaves + row]


@njit(cache=True, nogil=True)
def _add_leaf(kept: Any, leaf: Any) -> None:
    for row in range(R):
        kept[row] += leaf


@njit(cache=True, nogil=True)
def _fill(kept: Any, into: Any, value: Any) -> None:
    for row in range(R):
        kept[into + row] = value


@njit(cache=True, nogil=True)
def _fill_all(kept: Any, into: Any, value: Any) -> None:
    for row in range(R3):
        kept[into + row] = value
