"""Worked customers of the report: of each strategy one in its middle and the one with the most to lose.

They are rows of the test date, without any id: what would be said of them stands in full, so that a
reviewer can follow one case from the data to the list.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray

from churnlab.config import Project
from churnlab.evaluation.scorecard import MIN_CUSTOMERS
from churnlab.explain.card import Card
from churnlab.explain.exhibits import Exhibit, Note, Row
from churnlab.explain.telling import Telling
from churnlab.lists.scored import ScoredCustomers
from churnlab.models.files import Models
from churnlab.panel import Panel
from churnlab.strategy.quadrants import Strategy
from churnlab.workflow import carding
from churnlab.workflow.placing import place

Floats = NDArray[np.float64]
MOST = 5_000  # rows that are looked through


def customers(project: Project, test: Panel, models: Models, day: str) -> Iterator[Exhibit]:
    """One chapter after the other; nothing of a strategy with fewer than ten customers."""
    every = test.take(np.unique(np.linspace(0, len(test) - 1, min(MOST, len(test))).astype(np.int64)))
    people = place(every, models, project).customers
    for strategy in Strategy:
        members = np.flatnonzero(people.quadrant == str(strategy))
        if strategy == Strategy.UNCLASSIFIED or len(members) < MIN_CUSTOMERS:
            continue
        for name, row in (("typical", _middle(people, members)), ("extreme", _largest(people, members))):
            card = carding.card(project, "", day, models, every.take(np.array([row])))
            yield _exhibit(f"worked_{name}", str(strategy), card)


def _middle(people: ScoredCustomers, members: NDArray[np.intp]) -> int:
    """Whoever is nearest to the middle ranks of risk, value and intensity; the first of equals."""
    scores = [people.churn_risk, people.intensity]
    if people.worth is not None:
        scores.append(people.worth.if_retained)
    ranks = [np.argsort(np.argsort(score[members], kind="stable")) for score in scores]
    off = sum(np.abs(rank - (len(members) - 1) / 2) for rank in ranks)
    return int(members[np.argmin(off)])


def _largest(people: ScoredCustomers, members: NDArray[np.intp]) -> int:
    """Whoever has the largest expected loss, or risk where there is no value; the first of equals."""
    score = people.churn_risk if people.worth is None else people.worth.expected_loss
    return int(members[np.argmax(score[members])])


def _exhibit(name: str, strategy: str, card: Card) -> Exhibit:
    tell = Telling(card)
    rows: list[Row] = [
        (tell.step(step), step.before, step.after, tell.points(step.points)) for step in card.steps
    ]
    lines = [tell.risk(), *([] if card.value_if_retained is None else [tell.value()]), *tell.changes()]
    notes: list[Note] = [("worked_line", {"line": ("text", line)}) for line in lines]
    columns = (
        ("card_step", "text"), ("worked_before", "percent"), ("card_step_risk", "percent"),
        ("card_step_points", "text"),
    )  # fmt: skip
    return Exhibit("worked", name, columns, tuple(rows), tuple(notes), subject=strategy)
