"""`explain`: one customer in words, by the champion."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import numpy as np

from churnlab import tracking
from churnlab.config import Project
from churnlab.errors import DataError
from churnlab.explain.card import Card
from churnlab.models import files
from churnlab.panel import Panel
from churnlab.workflow.opening import Frames, Opened, Progress, opened, scoring_date, silent
from churnlab.workflow.panels import scoring_blocks
from churnlab.workflow.results import Explained
from churnlab.workflow.scoring import place


def explain_customer(
    project: Project,
    customer: str,
    as_of: dt.date | None = None,
    frames: Frames | None = None,
    *,
    progress: Progress = silent,
) -> Explained:
    """Scores, strategy and reasons of one customer, as lists of ``as_of`` would show them."""
    store = tracking.open_store(project.tracking, project.project, Path(project.root), later=True)
    champion = tracking.champion(store)
    models = files.load(champion.folder, champion.digests)
    with opened(project, frames, progress) as opening:
        day = scoring_date(opening, as_of)
        one = _found(opening, day, customer)
        placed = place(one, models, project)
        people, attributions = placed.customers, placed.attributions
        worth = people.worth
        card = Card(
            customer_id=customer,
            as_of=day.isoformat(),
            model_version=champion.version,
            risk=float(people.churn_risk[0]),
            band=str(people.risk_band[0]),
            strategy=str(people.quadrant[0]),
            currency=project.currency,
            locale=project.locale,
            value_if_retained=None if worth is None else float(worth.if_retained[0]),
            value_if_churned=None if worth is None else float(worth.if_churned[0]),
            expected_loss=None if worth is None else float(worth.expected_loss[0]),
            intensity=None if math.isnan(people.intensity[0]) else float(people.intensity[0]),
            reasons=[
                (code, text)
                for code, text in zip(people.reason_codes[0], people.reason_texts[0], strict=True)
                if code is not None
            ],
            base=attributions.base,
            margin=float(attributions.margin[0]),
            contributions={
                feature.name: float(part)
                for feature, part in zip(attributions.features, attributions.contributions[0], strict=True)
            },
        )
    return Explained(card.as_dict(), tuple(card.text().splitlines()))


def _found(opening: Opened, day: dt.date, customer: str) -> Panel:
    """The one row of ``customer``."""
    left_out: set[str] = set()
    for panel, reasons in scoring_blocks(opening, day, customer):
        left_out |= {reason for reason, rows in reasons.items() if rows}
        row = np.flatnonzero(panel.customer_id == customer)
        if len(row):
            return panel.take(row)
    raise DataError(
        f"the customer asked for is not among those scored on {day}",
        got=f"a customer who is left out: {', '.join(sorted(left_out))}"
        if left_out
        else "an id that no customer with a past before that day has",
        mend="check the id (text, exactly as in the source), or choose a later --as-of",
    )
