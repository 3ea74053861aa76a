"""`explain`: one customer by the champion, in words and as a page."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace
from pathlib import Path
from typing import Literal

import numpy as np

from churnlab import tracking
from churnlab.config import Project
from churnlab.durable import write_whole
from churnlab.errors import ConfigError, DataError, did_you_mean
from churnlab.explain import change, customer_page, steps, telling
from churnlab.explain.card import Card
from churnlab.explain.change import Cut
from churnlab.explain.steps import Step
from churnlab.explain.story import Story
from churnlab.history import History
from churnlab.lists.scored import ScoredCustomers
from churnlab.models import files
from churnlab.models.churn import ChurnModel
from churnlab.models.files import Models
from churnlab.panel import Panel
from churnlab.strategy import quadrants
from churnlab.strategy.quadrants import Strategy, Thresholds
from churnlab.tables.money import exponent
from churnlab.tracking import Champion
from churnlab.workflow import published, terms
from churnlab.workflow.opening import Frames, Opened, Progress, opened, scoring_date, silent
from churnlab.workflow.panels import scoring_pasts
from churnlab.workflow.results import Explained
from churnlab.workflow.scoring import Placed, place

AXES: tuple[Literal["value", "intensity"], ...] = ("value", "intensity")
ACROSS = 10.0**-quadrants.DECIMALS  # the least by which a score is below a cut
_CLOSE = 1_000  # ids


def explain_customer(
    project: Project,
    customer: str,
    as_of: dt.date | None = None,
    frames: Frames | None = None,
    *,
    html: Path | None = None,
    progress: Progress = silent,
) -> Explained:
    """Scores, strategy and reasons of one customer, as lists of ``as_of`` would show them.

    ``as_of`` None: the date of the lists published last, or before any the day the data is complete until.
    ``html``: where to write the same as a page, for its owner alone.
    """
    _require_folder(html)
    store = tracking.open_store(project.tracking, project.project, Path(project.root), later=True)
    champion = tracking.champion(store)
    models = files.load(champion.folder, champion.digests)
    terms.check(project, models.extra["terms"])
    with opened(project, frames, progress) as opening:
        day = scoring_date(opening, as_of or published.last_date(project))
        one, past = _found(opening, day, customer)
        card = _card(project, champion, day, models, one)
    if past is not None:
        card = replace(card, story=Story.of(past, exponent(project.currency)))
    if html is not None:
        progress("write the page", None)
        write_whole(html, customer_page.render(card).encode(), private=True)
    return Explained(card.as_dict(), tuple(telling.text(card).splitlines()), html)


def _require_folder(html: Path | None) -> None:
    # Said before minutes of reading, not after.
    if html is not None and (html.is_dir() or not html.absolute().parent.is_dir()):
        raise ConfigError(
            f"{html} cannot be written: it must name a file in a folder that exists",
            mend="create the folder, or name another file, such as customer.html",
        )


def _card(project: Project, champion: Champion, day: dt.date, models: Models, one: Panel) -> Card:
    """What is said of the only customer in ``one``."""
    placed = place(one, models, project)
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
        steps=_steps(project, models.churn, one, placed),
        cuts=_cuts(people, Thresholds.from_dict(models.extra["thresholds"])),
        levers=change.levers(
            one,
            models.churn.reference,
            frozenset(models.churn.recipe.numbers),
            models.churn.risk,
            locale=project.locale,
            currency=project.currency,
        ),
        bands=project.strategy.risk_bands,
    )


def _steps(project: Project, churn: ChurnModel, one: Panel, placed: Placed) -> tuple[Step, ...]:
    return steps.steps(
        placed.panel,
        placed.attributions,
        churn.reference,
        lambda margins: churn.risk_at(margins, one),
        first=[code for code in placed.customers.reason_codes[0] if code is not None],
        locale=project.locale,
        currency=project.currency,
    )


def _cuts(people: ScoredCustomers, thresholds: Thresholds) -> tuple[Cut, ...]:
    """How far both axes are from their cuts, and the strategy across each; none where an axis is missing."""
    cuts = thresholds.value_if_retained, thresholds.intensity
    if people.worth is None or None in cuts or str(people.quadrant[0]) == Strategy.UNCLASSIFIED:
        return ()
    scores = np.array([people.worth.if_retained[0], people.intensity[0]])
    found = []
    for side, axis in enumerate(AXES):
        cut = float(cuts[side] or 0)
        across = scores.copy()
        across[side] = cut if scores[side] < cut else cut - ACROSS
        strategy = quadrants.assign(across[:1], across[1:], thresholds)
        found.append(Cut(axis, float(scores[side]), cut, str(strategy[0])))
    return tuple(found)


def _found(opening: Opened, day: dt.date, customer: str) -> tuple[Panel, History | None]:
    """The one row of ``customer``, and the past behind it."""
    left_out: set[str] = set()
    for panel, reasons, past in scoring_pasts(opening, day, customer):
        left_out |= {reason for reason, rows in reasons.items() if rows}
        row = np.flatnonzero(panel.customer_id == customer)
        if len(row):
            return panel.take(row), past
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
