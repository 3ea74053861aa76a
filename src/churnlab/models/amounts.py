"""What a customer who stays will bring: trees on amounts, in one of four ways.

tweedie    trees with a log link on the amounts as they are, so that big spenders are learned in
           proportion (Jørgensen, 1987)
lognormal  trees on the logarithm of the amounts: few large ones count less
offset     as tweedie, starting from what the pace of purchases promises each customer: the trees learn
           by how much it is wrong
feature    as tweedie, with that promise as one more column

``auto`` is feature where there is a pace, else tweedie: over the earlier origins of three data sets it
ordered customers best of the four in the mean, while offset was least off by tenths of them.

All are learned on customers who stayed, the churn model being the other part; what they lack in total
is taken out afterwards, so a constant factor means nothing here.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.config.project import Amount, Models
from churnlab.models import boosted
from churnlab.models.boosted import Rows, Trees
from churnlab.models.recipe import Recipe
from churnlab.panel import Panel

Floats = NDArray[np.float64]
Positions = NDArray[np.int64]

ON_PACE: tuple[Amount, ...] = ("offset", "feature")  # those that read a promise
_LEAST = 0.01  # major units: the logarithm needs something


@dataclass(frozen=True)
class Amounts:
    """``of``: (n,) amounts, up to a constant factor."""

    kind: Amount
    recipe: Recipe
    trees: Trees

    @classmethod
    def learn(
        cls,
        panel: Panel,
        rows: Positions,
        promised: Floats | None,
        models: Models,
        *,
        reference: bool = True,
    ) -> Self:
        """Fit on the values at the positions ``rows``.

        ``promised``: (k,) what the pace says of the same rows, None: there is no pace. ``reference``:
        whether the usual values of the features will be asked for.
        """
        recipe = Recipe.learn(panel, rows, reference=reference)
        # A log link has no negative amounts: refunds beyond purchases count as nothing, and are counted.
        target = np.maximum(panel.value[rows], 0)
        matrix, kind = recipe.rows(panel, rows), kind_of(models.amount, promised=promised is not None)
        offset = None
        if kind == "feature":
            matrix = _beside(matrix, _log(promised))
        elif kind == "offset":
            offset = _log(promised)
        elif kind == "lognormal":
            target = _log(target)
        trees = boosted.fit(
            matrix,
            target,
            models.value,
            "reg:squarederror" if kind == "lognormal" else "reg:tweedie",
            seed=models.seed,
            threads=models.threads,
            offset=offset,
        )
        return cls(kind, recipe, trees)

    @property
    def reads_promise(self) -> bool:
        """Whether ``promised`` must be given."""
        return self.kind in ON_PACE

    def of(self, panel: Panel, promised: Floats | None = None, rows: Positions | None = None) -> Floats:
        """(n,) amounts of all rows, or of those at the positions ``rows``, to which ``promised`` belongs."""
        matrix = self.recipe.rows(panel, rows)
        if self.kind == "feature":
            matrix = _beside(matrix, _log(promised))
        margin = self.trees.margins(matrix)
        if self.kind == "offset":
            margin = margin + _log(promised)
        return np.asarray(np.exp(margin), dtype=np.float64)

    def as_dict(self) -> dict[str, Any]:
        """All but the trees, for JSON."""
        return {"kind": self.kind, "recipe": self.recipe.as_dict()}

    @classmethod
    def from_dict(cls, record: Mapping[str, Any], trees: Trees) -> Self:
        """The amounts that ``as_dict`` was asked for, with their trees."""
        return cls(record["kind"], Recipe.from_dict(record["recipe"]), trees)


def kind_of(asked: Literal["auto"] | Amount, *, promised: bool) -> Amount:
    """The way that is meant; ``promised``: whether there is a pace to read."""
    if asked == "auto":
        return "feature" if promised else "tweedie"
    return asked


def _log(amount: Floats | None) -> Floats:
    if amount is None:
        raise ValueError("this kind of amounts reads what the pace promises")
    return np.log(np.maximum(amount, _LEAST))


def _beside(rows: Rows, column: Floats) -> Rows:
    """The same rows with one more column."""
    count, width = rows.shape

    def make(start: int, end: int) -> NDArray[np.float32]:
        return np.hstack([rows.make(start, end), column[start:end, None].astype(np.float32)])

    return Rows((count, width + 1), make)
