"""How far what customers bring lies from what is expected of them: quantiles that hold for who may leave.

A customer leaves with the risk p, and then brings what those who left brought; or stays, and brings
some multiple of what is expected of those who stay. Both are learned from customers whom the trees
that judge them never saw, on all dates, so they hold as often as they say; the multiples by bands of
expected value, since small buyers scatter more. What comes out is a quantile of the mixture:

    P(value <= v) = p x P(left brings <= v) + (1 - p) x P(multiple <= v / expected)

Of somebody who leaves more likely than not, the middle is 0; of 95 % risk even the upper end is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Quantiles = tuple[float, ...]

LEVELS = np.round(np.linspace(0, 1, 101), 2)
BANDS = 5  # of expected value
FEW = 100  # rows: a band of fewer has the multiples of all
DIGITS = 6
NOTHING: Quantiles = (0.0,) * len(LEVELS)
HALVINGS = 60


@dataclass(frozen=True)
class Spread:
    """``edges``: where the bands of expected value begin.

    ``multiples``: for each band the quantiles at ``LEVELS`` of actual against expected value.
    ``left``: the same of what those who left brought; empty: nothing. ``relative``: against the expected
    value, where to leave is to fade.
    """

    edges: tuple[float, ...]
    multiples: tuple[Quantiles, ...]
    left: Quantiles = ()
    relative: bool = False

    @classmethod
    def learn(cls, expected: Floats, actual: Floats, left: Floats, *, relative: bool = False) -> Self:
        """``expected``, ``actual``: (n,) of those who stayed; ``left``: (m,) what the others brought.

        ``relative``: ``left`` are multiples of what they would have brought.
        """
        edges = np.unique(np.quantile(expected, np.linspace(0, 1, BANDS + 1)[1:-1]))
        band, ratio = np.searchsorted(edges, expected, side="right"), actual / expected
        every = _quantiles(ratio)
        found = [ratio[band == each] for each in range(len(edges) + 1)]
        return cls(
            tuple(float(edge) for edge in edges),
            tuple(_quantiles(some) if len(some) >= FEW else every for some in found),
            _quantiles(np.maximum(left, 0)) if (left > 0).any() else (),
            relative,
        )

    def quantile(self, level: float | Floats, risk: Floats, expected: Floats) -> Floats:
        """(n,) what a customer brings less than in ``level`` of all cases, staying or not.

        ``level``: one for all, or (n,) each customer's own.

        >>> even = Spread((), (tuple(2 * LEVELS),))
        >>> even.quantile(0.9, np.array([0.0, 0.5, 0.95]), np.array([100.0, 100.0, 100.0])).round().tolist()
        [180.0, 160.0, 0.0]
        """
        within = np.divide(level - risk, 1 - risk, out=np.zeros_like(risk), where=risk < 1)
        upper = self._of_staying(np.clip(within, 0, 1), expected)
        alone = np.where(risk >= level, 0.0, upper)
        return self._between(level, risk, expected) if self.left else alone

    def _of_staying(self, levels: Floats, expected: Floats) -> Floats:
        answer, band = np.empty_like(expected), self._band(expected)
        for number, multiples in enumerate(self.multiples):
            here = band == number
            answer[here] = np.interp(levels[here], LEVELS, multiples) * expected[here]
        return answer

    def _between(self, level: float | Floats, risk: Floats, expected: Floats) -> Floats:
        """Where those who left bring something, too: halved until it is narrow enough."""
        low = np.zeros_like(expected)
        most = self.left[-1] * (expected if self.relative else np.ones_like(expected))
        high = np.maximum(self._of_staying(np.ones_like(risk), expected), most)
        for _ in range(HALVINGS):
            middle = (low + high) / 2
            short = self._share(middle, risk, expected, _reached) < level
            low, high = np.where(short, middle, low), np.where(short, high, middle)
        return high

    def places(self, value: Floats, risk: Floats, expected: Floats) -> tuple[Floats, Floats]:
        """(n,) each: the share of a customer's distribution below ``value``, and the share up to it.

        They differ where many bring the same, which is mostly nothing.

        >>> even = Spread((), (tuple(2 * LEVELS),))
        >>> ends = even.places(np.array([0.0, 50]), np.full(2, 0.4), np.full(2, 100.0))
        >>> [end.round(2).tolist() for end in ends]
        [[0.0, 0.55], [0.4, 0.55]]
        """
        return self._share(value, risk, expected, _below), self._share(value, risk, expected, _reached)

    def _share(
        self, value: Floats, risk: Floats, expected: Floats, share: Callable[[Floats, Quantiles], Floats]
    ) -> Floats:
        band, staying = self._band(expected), np.empty_like(expected)
        for number, multiples in enumerate(self.multiples):
            here = band == number
            staying[here] = share(value[here] / expected[here], multiples)
        leaving = share(value / expected if self.relative else value, self.left or NOTHING)
        return np.asarray(risk * leaving + (1 - risk) * staying, dtype=np.float64)

    def _band(self, expected: Floats) -> NDArray[np.intp]:
        return np.searchsorted(self.edges, expected, side="right")

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        multiples = [list(band) for band in self.multiples]
        relative = {"relative": True} if self.relative else {}
        return {"edges": list(self.edges), "multiples": multiples, "left": list(self.left)} | relative

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """The spread that ``as_dict`` was asked for."""
        multiples, relative = record["multiples"], record.get("relative", False)
        return cls(
            tuple(record["edges"]), tuple(tuple(band) for band in multiples), tuple(record["left"]), relative
        )


def _quantiles(values: Floats) -> Quantiles:
    return tuple(float(f"{value:.{DIGITS}g}") for value in np.quantile(values, LEVELS))


def _reached(values: Floats, quantiles: Quantiles) -> Floats:
    """The share of the distribution at or below each value; of equal quantiles, the highest level."""
    knots, last = np.unique(np.array(quantiles)[::-1], return_index=True)
    return np.interp(values, knots, LEVELS[::-1][last], left=0.0, right=1.0)


def _below(values: Floats, quantiles: Quantiles) -> Floats:
    """The share of the distribution below each value; of equal quantiles, the lowest level."""
    knots, first = np.unique(np.array(quantiles), return_index=True)
    return np.interp(values, knots, LEVELS[first], left=0.0, right=1.0)
