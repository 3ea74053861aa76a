"""From log odds to probabilities that come true, learned on rows the trees have not seen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Method = Literal["sigmoid", "isotonic", "none"]


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
        """Fit on held-out ``margin`` and ``churned``, (n,); too little of it keeps the margin."""
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
        from sklearn.linear_model import LogisticRegression

        # Hardly any penalty: two numbers from hundreds of rows need none.
        line = LogisticRegression(C=1e6).fit(margin[:, None], churned)
        slope, shift = float(line.coef_[0, 0]), float(line.intercept_[0])
        # A falling line would turn the order round; then only the level is trusted.
        return cls("sigmoid", slope, shift) if slope > 0 else cls("none")

    def risk(self, margin: Floats) -> Floats:
        """(n,) probabilities, 0 to 1."""
        if self.method == "isotonic":
            return np.interp(margin, self.knots, self.levels)
        return np.asarray(1 / (1 + np.exp(-(self.slope * margin + self.shift))), dtype=np.float64)

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
