"""From log odds to probabilities that come true, learned on rows the trees have not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from churnlab.models import logistic

Floats = NDArray[np.float64]
Method = Literal["sigmoid", "isotonic", "none"]
FAINT = 0.05  # the least slope: the order is kept, and hardly any of the spread


@dataclass(frozen=True)
class Calibration:
    """``sigmoid``: 1 / (1 + exp(-(slope x margin + shift))). ``isotonic``: steps between knots.

    >>> Calibration("sigmoid", slope=1.0, shift=0.0).risk(np.array([0.0]))
    array([0.5])
    """

    method: Method
    slope: float = 1.0
    shift: float = 0.0
    knots: tuple[float, ...] = ()
    levels: tuple[float, ...] = ()

    @classmethod
    def learn(cls, margin: Floats, churned: Floats, method: Method) -> Self:
        """Fit on held-out ``margin`` and ``churned``, (n,); too little of it keeps the margin.

        The sigmoid is Platt's (1999), with targets drawn in from 0 and 1 by a row each, as he advises.
        """
        if method == "none" or min((churned == 1).sum(), (churned == 0).sum()) < 10:
            return cls("none")
        if method == "isotonic":
            from sklearn.isotonic import IsotonicRegression

            steps = IsotonicRegression(y_min=0.0, y_max=1.0, out_of_bounds="clip").fit(margin, churned)
            return cls(
                "isotonic",
                knots=tuple(float(x) for x in steps.X_thresholds_),
                levels=tuple(float(y) for y in steps.y_thresholds_),
            )
        slope, shift = _platt(margin, churned)
        if slope < FAINT:
            # A falling line would turn the order round. The rows say that it means next to nothing.
            slope, shift = FAINT, _level(FAINT * margin, churned)
        return cls("sigmoid", slope, shift)

    def risk(self, margin: Floats) -> Floats:
        """(n,) probabilities, 0 to 1."""
        if self.method == "isotonic":
            return np.interp(margin, self.knots, self.levels)
        return logistic.probability(self.slope * margin + self.shift)

    def as_dict(self) -> dict[str, Any]:
        """Plain values, for JSON."""
        return {
            "method": self.method,
            "slope": self.slope,
            "shift": self.shift,
            "knots": list(self.knots),
            "levels": list(self.levels),
        }

    @classmethod
    def from_dict(cls, record: Mapping[str, Any]) -> Self:
        """The calibration that ``as_dict`` was asked for."""
        knots, levels = tuple(record["knots"]), tuple(record["levels"])
        return cls(record["method"], record["slope"], record["shift"], knots, levels)


def _platt(margin: Floats, churned: Floats) -> tuple[float, float]:
    """Slope and shift of the sigmoid of least log loss."""
    left = float((churned == 1).sum())
    target = np.where(churned == 1, (left + 1) / (left + 2), 1 / (len(churned) - left + 2))
    slope, shift = logistic.fit(np.stack([margin, np.ones_like(margin)], axis=1), target, penalty=0.0)
    return float(slope), float(shift)


def _level(margin: Floats, churned: Floats) -> float:
    """The shift that makes the mean risk the share that left."""
    from scipy.optimize import brentq

    far = 50 + float(np.abs(margin).max())
    return float(
        brentq(lambda shift: logistic.probability(margin + shift).mean() - churned.mean(), -far, far)
    )
