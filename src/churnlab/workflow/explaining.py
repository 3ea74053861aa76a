"""`explain`: one customer in words, by the champion."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import numpy as np

from churnlab import tracking
from churnlab.config import Project
from churnlab.errors import DataError, did_you_mean
from churnlab.explain.card import Card
from churnlab.models import files
from churnlab.panel import Panel
from churnlab.tracking import Champion
from churnlab.workflow import published, terms
from churnlab.workflow.opening import Frames, Opened, Progress, opened, scoring_date, silent
from churnlab.workflow.panels import scoring_blocks
from churnlab.workflow.results import Explained
from churnlab.workflow.scoring import Placed, place

_CLOSE = 1_000  # ids


def explain_customer(
    project: Project,
    customer: str,
    as_of: dt.date | None = None,
    frames: Frames | None = None,
    *,
    progress: Progress = silent,
) -> Explained:
    """Scores, strategy and reasons of one customer, as lists of ``as_of`` would show them.

    ``as_of`` None: the date of the lists published last, or before any the day the data is complete until.
    """
    store = tracking.open_store(project.tracking, project.project, Path(project.root), later=True)
    champion = tracking.champion(store)
    models = files.load(champion.folder, champion.digests)
    terms.check(project, models.extra["terms"])
    with opened(project, frames, progress) as opening:
        day = scoring_date(opening, as_of or published.last_date(project))
        one = _found(opening, day, customer)
        card = _card(project, champion, day, place(one, models, project))
    return Explained(card.as_dict(), tuple(card.text().splitlines()))


def _card(project: Project, champion: Champion, day: dt.date, placed: Placed) -> Card:
    """What is said of the only customer in ``placed``."""
    people, attributions = placed.customers, placed.attributions
    worth = people.worth
    return Card(
        customer_id=str(people.customer_id[0]),
        as_of=day.isoformat(),
        model_version=champion.version,
        risk=float(people.churn_risk[0]),
        band=str(people.risk_band[0]),
        strategy=str(people.quadrant[0]),
        currency=project.currency,
        locale=project.locale,
        kind=project.churn.kind,
        risk_within={days: float(risk[0]) for days, risk in people.sooner.items()},
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


def _found(opening: Opened, day: dt.date, customer: str) -> Panel:
    """The one row of ``customer``."""
    left_out: set[str] = set()
    for panel, reasons in scoring_blocks(opening, day, customer):
        left_out |= {reason for reason, rows in reasons.items() if rows}
        row = np.flatnonzero(panel.customer_id == customer)
        if len(row):
            return panel.take(row)
    what = f"the customer asked for is not among those scored on {day}"
    if left_out:
        got = f"a customer who is left out: {', '.join(sorted(left_out))}"
        raise DataError(what, got, "choose another --as-of")
    raise DataError(
        what,
        got="an id that no customer with a past before that day has",
        mend="check the id (text, exactly as in the source), or choose a later --as-of"
        + _meant(opening, customer),
    )


def _meant(opening: Opened, customer: str) -> str:
    """The id that comes closest. It is said to whoever asked for a customer, and kept nowhere."""
    table = opening.tables.table("transactions" if opening.has_histories else "snapshot")
    known = table.select("customer_id").distinct()
    # There may be millions: the engine chooses some that are close, and the best of those is looked for here.
    distance = known.customer_id.levenshtein(customer)
    close = known.order_by([distance, known.customer_id]).limit(_CLOSE)
    return did_you_mean(customer, opening.tables.con.to_pyarrow(close)["customer_id"].to_pylist())
