"""Did the risks of shorter horizons come true? Beside two that ask for no model of their own."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from churnlab.evaluation.probability import ece, log_loss
from churnlab.evaluation.ranking import auroc

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Sooner:
    """One horizon of ``days`` at the test date: log losses in nats, NaN where there is nothing to ask.

    ``churned``, ``predicted``: share that left, and the mean risk. ``naive``: the log loss of the share
    that left in training, said of everybody; ``even``: that of the risk of the whole horizon, as if its
    hazard were the same on all days.
    """

    days: int
    rows: int
    churned: float
    predicted: float
    log_loss: float
    naive: float
    even: float
    ece: float
    auroc: float

    @classmethod
    def of(cls, days: int, churned: Floats, risk: Floats, even: Floats, share: float) -> Self:
        """``churned``: (n,) labels, NaN where missing; ``risk``, ``even``: (n,); ``share``: in training."""
        known = np.isfinite(churned)
        told, said = churned[known], risk[known]
        if not len(told):
            return cls(days, 0, *[np.nan] * 7)
        naive = np.nan if np.isnan(share) else float(log_loss(told, np.full(len(told), share)))
        return cls(
            days,
            len(told),
            float(told.mean()),
            float(said.mean()),
            float(log_loss(told, said)),
            naive,
            float(log_loss(told, even[known])),
            float(ece(told, said)),
            float(auroc(told, said)),
        )

    def metrics(self) -> dict[str, float]:
        """The figures by name, for a run; those there are."""
        figures = {name: figure for name, figure in asdict(self).items() if name != "days"}
        return {f"churn_{self.days}d.{name}": float(f) for name, f in figures.items() if not np.isnan(f)}

    @property
    def note(self) -> str:
        """The same in a sentence."""
        if not self.rows:
            return f"within {self.days} days: no outcome at the test date is known"
        naive = "" if np.isnan(self.naive) else f"{self.naive:.3f} of the share in training, "
        return (
            f"within {self.days} days: {self.churned:.1%} churned, {self.predicted:.1%} predicted; log loss "
            f"{self.log_loss:.3f}, beside {naive}{self.even:.3f} of churn_risk spread evenly; "
            f"calibration error {self.ece:.3f}"
        )
