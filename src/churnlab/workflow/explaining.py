"""`explain`: one customer by the champion, in words and as a page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import numpy as np

from churnlab import tracking
from churnlab.config import Project
from churnlab.durable import write_whole
from churnlab.errors import ConfigError, DataError, did_you_mean
from churnlab.explain import customer_page, telling
from churnlab.explain.card import Card
from churnlab.explain.story import Story
from churnlab.history import History
from churnlab.models import files
from churnlab.models.files import Models
from churnlab.panel import Panel
from churnlab.strategy.moment_measures import complaint_since
from churnlab.strategy.thresholds import Thresholds
from churnlab.tables.money import exponent
from churnlab.workflow import carding, one_listed, phasing, published, seasonality, terms
from churnlab.workflow.opening import Frames, Opened, Progress, opened, scoring_date, silent
from churnlab.workflow.panels import scoring_pasts
from churnlab.workflow.placing import Around
from churnlab.workflow.results import Explained
from churnlab.workflow.second_life import SecondLife

_CLOSE = 1_000  # ids
# Reason for being left out -> whose configuration has an answer.
_OF_OTHERS = {
    "already_lost": "the configuration of those who are lost already (churn.kind: win_back)",
    "not_lost": "the configuration of those who are not lost yet",
}


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
    with opened(project, frames, progress, remarks=False) as opening:
        day = scoring_date(opening, as_of or published.last_date(project))
        card = _card(opening, champion.version, models, day, customer)
    card = replace(card, campaign=one_listed.campaign_of(project, day, customer))
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


def _card(opening: Opened, version: str, models: Models, day: dt.date, customer: str) -> Card:
    """What is said of ``customer`` at ``day``, by the project of those lost already where they are."""
    project, date = opening.project, day.isoformat()
    one, past, left_out = _found(opening, day, customer, models)
    second = SecondLife.of(project, models) if one is None and left_out else None
    if second is not None:
        its = replace(opening, project=second.project)
        one, past, there = _found(its, day, customer, second.models)
        left_out |= there
    if one is None:
        raise _not_scored(opening, day, customer, left_out, both=second is not None)
    season = seasonality.of_tables(opening, models.extra, day)
    around = Around(published.before(project, day, only=customer), season)
    if second is None:
        return _with_past(carding.card(project, version, date, models, one, around), past, project)
    cut = Thresholds.from_dict(models.extra["thresholds"])
    return _with_past(carding.lost(second, project, cut, date, one, around), past, second.project)


def _with_past(card: Card, past: History | None, project: Project) -> Card:
    """``project``: the one that scored."""
    if past is None:
        return card
    waits = complaint_since(past, project.strategy.moments)
    since = None if waits is None else waits.isoformat()
    return replace(card, story=Story.of(past, exponent(project.currency)), complaint_since=since)


def _found(
    opening: Opened, day: dt.date, customer: str, models: Models
) -> tuple[Panel | None, History | None, set[str]]:
    """The one row of ``customer``, and the past behind it; or None, and why they are left out."""
    left_out: set[str] = set()
    measures = phasing.measured(opening.project, models.extra)
    for panel, reasons, past in scoring_pasts(opening, day, customer, measures):
        left_out |= {reason for reason, rows in reasons.items() if rows}
        row = np.flatnonzero(panel.customer_id == customer)
        if len(row):
            return panel.take(row), past, set()
    return None, None, left_out


def _not_scored(
    opening: Opened, day: dt.date, customer: str, left_out: Collection[str], *, both: bool
) -> DataError:
    """``both``: whether the project of those lost already was asked as well."""
    what = f"the customer asked for is not among those scored on {day}"
    if left_out:
        got = f"a customer who is left out: {', '.join(sorted(left_out))}"
        others = [] if both else [who for reason, who in _OF_OTHERS.items() if reason in left_out]
        return DataError(what, got, ", or ".join(["choose another --as-of", *others]))
    return DataError(
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
