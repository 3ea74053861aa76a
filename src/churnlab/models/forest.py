r"""The trees of an XGBoost file as flat arrays: what margins and reasons are computed from.

A node asks whether a row goes left. Nodes are numbered tree after tree, parents first:

         0: x3 < 1.5              node    0    1    2
        /           \            left    1   -1   -3     what is not negative is a node,
    1: x0 < 7     2: x3 < 9       right   2   -2   -4     -1 - k is leaf k
     /     \       /     \
  leaf 0 leaf 1  leaf 2 leaf 3
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int32]
Singles = NDArray[np.float32]
Floats = NDArray[np.float64]
Flags = NDArray[np.bool_]

DEEPEST = 64  # levels: a damaged file may describe a way without end
DOWN, TURN, UP = 0, 1, 2  # a visit of a node: before its left side, between its sides, after both


@dataclass(frozen=True, eq=False)
class Forest:
    """(nodes,) each unless said. ``columns``: of the matrix. ``start``: what every margin starts from.

    ``roots``: (trees,), written as children are. ``leaf``: (leaves,). ``visits``: (3 x nodes, 2) node
    and visit, in the order of a walk round each tree. ``feature``, ``threshold``, ``missing_left``:
    left where x < threshold, or where x is NaN and the flag is set. ``share``: of the training weight
    at the node, how much went left. ``parent``: -1 at a root; ``is_left``: of its parent. ``depth``:
    0 at a root. ``earlier``: the nearest node above that asks for the same feature, -1 where none
    does; ``earlier_left``: on which side of it this node is; ``kept``: the share of the training
    weight that all conditions above on this feature let through. ``widest``: the most different
    features that a way from a root to a leaf asks for.
    """

    columns: int
    start: np.float32
    widest: int
    roots: Ints
    leaf: Singles
    visits: Ints
    feature: Ints
    threshold: Singles
    missing_left: Flags
    left: Ints
    right: Ints
    share: Floats
    parent: Ints
    is_left: Flags
    depth: Ints
    earlier: Ints
    earlier_left: Flags
    kept: Floats

    def __len__(self) -> int:
        return len(self.feature)

    @classmethod
    def parsed(cls, content: bytes) -> Self:
        """The forest of an XGBoost JSON file; ``ValueError`` for whatever is none."""
        try:
            learner = json.loads(content)["learner"]
            booster, model = learner["gradient_booster"], learner["learner_model_param"]
            _require(booster["name"] == "gbtree", "only plain boosted trees are read")
            one = int(model["num_class"]) <= 1 and int(model.get("num_target", "1")) == 1
            _require(one, "one output is expected")
            walk = _Walk(int(model["num_feature"]))
            for tree in booster["model"]["trees"]:
                walk.round(tree)
            return cls(
                columns=walk.columns,
                start=_start(learner["objective"]["name"], model["base_score"]),
                widest=walk.widest,
                **walk.arrays(),
            )
        except (KeyError, TypeError, IndexError, AttributeError, ArithmeticError, RecursionError) as error:
            raise ValueError(type(error).__name__) from error


@dataclass
class _Walk:
    """Round each tree, node by node; every list becomes an array of the forest."""

    columns: int
    widest: int = 0
    roots: list[int] = field(default_factory=list)
    leaf: list[float] = field(default_factory=list)
    visits: list[tuple[int, int]] = field(default_factory=list)
    feature: list[int] = field(default_factory=list)
    threshold: list[float] = field(default_factory=list)
    missing_left: list[bool] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    right: list[int] = field(default_factory=list)
    share: list[float] = field(default_factory=list)
    parent: list[int] = field(default_factory=list)
    is_left: list[bool] = field(default_factory=list)
    depth: list[int] = field(default_factory=list)
    earlier: list[int] = field(default_factory=list)
    earlier_left: list[bool] = field(default_factory=list)
    kept: list[float] = field(default_factory=list)

    def round(self, tree: Mapping[str, Any]) -> None:
        """Add one tree of the file."""
        _require(not any(tree["split_type"]), "splits by category are not read: use a column per value")
        self.roots.append(self._at(tree, 0, {}, parent=-1, is_left=False, depth=0))

    def arrays(self) -> dict[str, NDArray[Any]]:
        """All lists, in the types that the forest has them in."""
        single, flags = {"leaf", "threshold"}, {"missing_left", "is_left", "earlier_left"}
        double = {"share", "kept"}
        made: dict[str, NDArray[Any]] = {}
        for name in (each.name for each in fields(self) if each.name not in {"columns", "widest"}):
            kind = np.float32 if name in single else np.bool_ if name in flags else np.int32
            made[name] = np.array(getattr(self, name), np.float64 if name in double else kind)
        made["visits"] = made["visits"].reshape(-1, 2)
        _require(bool(np.isfinite(made["leaf"]).all()), "a leaf is not a finite number")
        return made

    def _at(
        self,
        tree: Mapping[str, Any],
        number: int,
        above: Mapping[int, tuple[int, bool, float]],
        *,
        parent: int,
        is_left: bool,
        depth: int,
    ) -> int:
        """Node ``number`` of the file and all below it; what its parent calls it.

        ``above``: feature -> the nearest node that asks for it, the side taken, and the share kept.
        """
        left, right = tree["left_children"][number], tree["right_children"][number]
        if left < 0:
            self.leaf.append(tree["split_conditions"][number])
            self.widest = max(self.widest, len(above))
            return -len(self.leaf)
        feature = tree["split_indices"][number]
        _require(number < left and number < right and depth < DEEPEST, "a tree runs in a circle")
        _require(0 <= feature < self.columns, "a split asks for a column that does not exist")
        share = _share(tree["sum_hessian"][left], tree["sum_hessian"][right])
        earlier, earlier_left, kept = above.get(feature, (-1, False, 1.0))
        node = len(self.feature)
        self.feature.append(feature)
        self.threshold.append(tree["split_conditions"][number])
        self.missing_left.append(bool(tree["default_left"][number]))
        self.share.append(share)
        self.parent.append(parent)
        self.is_left.append(is_left)
        self.depth.append(depth)
        self.earlier.append(earlier)
        self.earlier_left.append(earlier_left)
        self.kept.append(kept)
        self.left.append(0)
        self.right.append(0)
        for visit, sides, child, part in (
            (DOWN, self.left, left, share),
            (TURN, self.right, right, 1.0 - share),
        ):
            self.visits.append((node, visit))
            on_left = visit == DOWN
            below = {**above, feature: (node, on_left, kept * part)}
            sides[node] = self._at(tree, child, below, parent=node, is_left=on_left, depth=depth + 1)
        self.visits.append((node, UP))
        return node


def _share(left: float, right: float) -> float:
    _require(0.0 <= left < math.inf and 0.0 <= right < math.inf, "a training weight is not a number")
    # Rows that weigh nothing say nothing of how others would go.
    return left / (left + right) if left + right > 0 else 0.5


def _start(objective: str, base_score: str) -> np.float32:
    """The margin of no tree at all, rounded as XGBoost rounds: single precision at every step."""
    value = json.loads(base_score)  # "[5E-1]" since XGBoost 3.1, "5E-1" before
    score = np.float32(value[0] if isinstance(value, list) else value)
    if objective == "binary:logistic":
        _require(bool(0.0 < score < 1.0), "the base score is no probability")
        return np.float32(-math.log(np.float32(1.0) / score - np.float32(1.0)))
    if objective == "reg:squarederror":
        _require(math.isfinite(score), "the base score is not finite")
        return np.float32(score)
    _require(objective == "reg:tweedie", f"the objective {objective} is not known")
    _require(bool(0.0 < score < math.inf), "the base score is no amount")
    return np.float32(math.log(score))


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise ValueError(what)
