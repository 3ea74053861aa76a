"""One origin of a backtest as it is told: who learned, who was judged, whether the risks came true."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np

from churnlab.evaluation.calibrated import OutOfTime
from churnlab.evaluation.rows import without_nan
from churnlab.evaluation.sooner import Sooner
from churnlab.workflow.results import Section


@dataclass(frozen=True)
class At:
    """``totals``: what came and what was expected; ``sooner``: of each shorter horizon asked for as well."""

    origin: str
    is_last: bool
    days: int | None
    value_days: int | None
    learned_rows: int
    rows: int
    totals: Mapping[str, float | None]
    calibration: OutOfTime
    sooner: tuple[Sooner, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        plain = asdict(self)
        plain["sooner"] = [without_nan(asdict(each)) for each in self.sooner]
        return {**plain, "calibration": self.calibration.as_dict()}

    def metrics(self) -> dict[str, float]:
        """Of the shorter horizons, for the run of this origin."""
        return {name: figure for each in self.sooner for name, figure in each.metrics().items()}


def shorter(origins: Sequence[At]) -> Iterator[Section]:
    """The table of the shorter horizons; none where nobody asks for them."""
    rows = [
        (
            f"{at.origin} *" if at.is_last else at.origin,
            str(each.days),
            f"{each.rows:,}",
            *(_shown(share, ".1%") for share in (each.churned, each.predicted)),
            *(
                _shown(figure, ".3f")
                for figure in (each.auroc, each.log_loss, each.naive, each.even, each.ece)
            ),
        )
        for at in origins
        for each in at.sooner
    ]
    if rows:
        yield {
            "title": "Risks of shorter horizons: did they come true?",
            "columns": (
                *("origin", "days", "rows", "left", "risk", "AUROC", "log loss"),
                *("naive", "even", "ECE"),
            ),
            "rows": rows,
            "lines": [
                "  naive: log loss of the share that left in training, said of everybody",
                "  even: log loss of the risk of the whole horizon, spread evenly over its days",
            ],
        }


def _shown(figure: float, form: str) -> str:
    return "-" if np.isnan(figure) else format(figure, form)
