"""What models said beside what happened: the rows of one origin, or of several together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.evaluation.scorecard import MIN_CUSTOMERS
from churnlab.models.pace import ACTIVE, AGE
from churnlab.panel import Panel
from churnlab.workflow.backtesting.candidates import Answers
from churnlab.workflow.backtesting.origins import Origin

Floats = NDArray[np.float64]
Texts = NDArray[np.object_]
POOLED = "earlier origins"


@dataclass(frozen=True, eq=False)
class Judged:
    """(m,) each: outcomes, NaN where not complete; groups; and what every model said, ours first.

    ``groups``: name -> which group each row belongs to, as text. ``at_stake``, ``interval``: our value at
    stake and the ends of our interval of value; None where no value was asked.
    ``sooner``: days -> our risk of that shorter horizon; of several origins together there is none.
    """

    where: str
    churned: Floats
    value: Floats
    customer_id: Texts
    groups: Mapping[str, Texts]
    risks: Mapping[str, Floats]
    values: Mapping[str, Floats]
    at_stake: Floats | None
    interval: tuple[Floats, Floats] | None
    sooner: Mapping[int, Floats] = field(default_factory=dict)

    @classmethod
    def of(cls, origin: Origin, answers: Answers, new_days: int) -> Judged:
        """The rows of one origin; of value, if enough customers have one."""
        test = origin.panel.take(origin.fold.test)
        valued = bool(answers.values) and _people(test) >= MIN_CUSTOMERS
        return cls(
            origin.name,
            test.churned,
            test.value,
            test.customer_id,
            groups(test, new_days),
            answers.risks,
            answers.values if valued else {},
            answers.at_stake if valued else None,
            (answers.low, answers.high) if valued else None,
            {int(days): risk for days, risk in answers.sooner.items()},
        )

    @property
    def repeaters(self) -> NDArray[np.bool_] | None:
        """(m,) who has bought more than once; None where nobody knows."""
        orders = self.groups.get("orders so far")
        return None if orders is None else orders == "several"


def pooled(parts: Sequence[Judged]) -> Judged | None:
    """All rows of several origins, for the models that answered at each; None of none.

    Value is that of the origins where it was judged: the others' rows have none.
    """
    if not parts:
        return None
    valued = [part for part in parts if part.values]
    values = [
        part.values or dict.fromkeys(valued[0].values, np.zeros(len(part.churned)))
        for part in parts
        if valued
    ]
    return Judged(
        POOLED,
        np.concatenate([part.churned for part in parts]),
        np.concatenate([part.value if part.values else np.full(len(part.churned), np.nan) for part in parts]),
        np.concatenate([part.customer_id for part in parts]),
        _stacked([part.groups for part in parts]),
        _stacked([part.risks for part in parts]),
        _stacked(values) if valued else {},
        None,
        _ends(parts) if valued else None,
    )


def groups(panel: Panel, new_days: int) -> dict[str, Texts]:
    """Segments, and what history tells apart: bought once or several times; new or known for long."""
    found = dict(panel.segments)
    if ACTIVE in panel.names:
        found["orders so far"] = np.where(panel.number(ACTIVE) > 1, "several", "one").astype(object)
    if AGE in panel.names:
        new = panel.number(AGE) <= new_days
        found["first order"] = np.where(new, f"last {new_days} days", "earlier").astype(object)
    return found


def _stacked(parts: Sequence[Mapping[str, NDArray[Any]]]) -> dict[str, NDArray[Any]]:
    names = [name for name in parts[0] if all(name in part for part in parts)]
    return {name: np.concatenate([part[name] for part in parts]) for name in names}


def _ends(parts: Sequence[Judged]) -> tuple[Floats, Floats]:
    ends = [part.interval or (np.zeros(len(part.churned)), np.zeros(len(part.churned))) for part in parts]
    low, high = (np.concatenate([each[side] for each in ends]) for side in (0, 1))
    return low, high


def _people(rows: Panel) -> int:
    """How many customers have a value."""
    return len(set(rows.customer_id[np.isfinite(rows.value)].tolist()))
