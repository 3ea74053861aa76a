"""`backtest`: fit at every origin what is not known yet, then compare, draw and record."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from churnlab import tracking
from churnlab.config import Project
from churnlab.durable import on_disk, write_whole
from churnlab.errors import DataError
from churnlab.evaluation.calibrated import out_of_time
from churnlab.evaluation.scorecard import MIN_CUSTOMERS, Scorecard
from churnlab.panel import Panel
from churnlab.tracking import Run, Store
from churnlab.workflow import fitting, looks, sooner
from churnlab.workflow.backtesting import candidates, drawing, figures, judged, kept, offers
from churnlab.workflow.backtesting.answer import Backtested
from churnlab.workflow.backtesting.at import At
from churnlab.workflow.backtesting.candidates import Answers
from churnlab.workflow.backtesting.judged import Judged
from churnlab.workflow.backtesting.origins import Origin, origins
from churnlab.workflow.fitting import CHURN
from churnlab.workflow.opening import Frames, Opened, Progress, opened, settings, silent, writing
from churnlab.workflow.panels import training_panel

LEAST_WITHIN = 0.75  # of rows, within an interval that leaves out a tenth on either side
Gathered = tuple[Panel, Mapping[str, int]]


def backtest(project: Project, frames: Frames | None = None, *, progress: Progress = silent) -> Backtested:
    """Judge every model and baseline at dates of the past, each as it would have been then.

    What a candidate says at an origin is kept as soon as it is known: interrupted and run again, it goes
    on. The answer is the same. Nothing is registered and no list is made.
    Raises ``DataError`` where there is too little to learn from at the test date.
    """
    store = tracking.open_store(project.tracking, project.project, Path(project.root))
    with writing(project), opened(project, frames, progress) as opening:
        return backtest_opened(opening, store)


def backtest_opened(
    opening: Opened, store: Store, gather: Callable[[Opened], Gathered] = training_panel
) -> Backtested:
    """The same for a project that is open already. ``gather``: makes the panel."""
    with tracking.run(store, "backtest") as run:
        run.log_settings(settings(opening.project))
        panel, excluded = gather(opening)
        asked = origins(opening, panel)
        answers, resumed, notes = _answered(opening, asked)
        notes += _of_rows(panel, excluded)
        opening.progress("compare", None)
        told = [origin for origin in asked if origin.name in answers]
        new_days = opening.project.backtest.new_days
        rows = [Judged.of(origin, answers[origin.name], new_days) for origin in told]
        return _compared(opening, store, run, told, rows, resumed, notes)


def _answered(opening: Opened, asked: Sequence[Origin]) -> tuple[dict[str, Answers], int, list[str]]:
    """Origin -> what the candidates say there, how many of them were known before, and what to mention."""
    folder, last = opening.out / "backtest" / "answers", asked[-1]
    found: dict[str, Answers] = {}
    resumed, notes = 0, []
    panels = {id(each.panel): each.panel for each in asked}
    digests = {place: kept.digest(panel) for place, panel in panels.items()}  # most origins share one
    for place, origin in enumerate(asked, 1):
        opening.progress(f"fit at origin {place} of {len(asked)}, {origin.name}", None)
        name = kept.key(opening, origin, last, digests[id(origin.panel)])
        before = kept.load(folder, name)
        if before is not None:
            found[origin.name], resumed = before, resumed + 1
            continue
        try:
            _require_enough(origin)
            found[origin.name] = candidates.asked(opening, origin, last, kept.parts(folder, name))
        except DataError as error:
            if origin.is_last:
                raise
            notes.append(f"{origin.name} is left out: {error.what} ({error.got})")
            continue
        kept.save(folder, name, found[origin.name])
    return found, resumed, notes


def _require_enough(origin: Origin) -> None:
    """Refuse an origin whose figures would speak of people one could name."""
    customers = len(set(origin.panel.customer_id[origin.fold.test].tolist()))
    if customers < MIN_CUSTOMERS:
        raise DataError(
            "too few customers to judge by",
            got=f"{customers}, at least {MIN_CUSTOMERS} needed",
            mend="add customers, or choose another evaluation.test_as_of",
        )


def _of_rows(panel: Panel, excluded: Mapping[str, int]) -> list[str]:
    """Who was not asked about, and whether the rows are a sample."""
    told = [f"not asked about: {number:,} x {reason}" for reason, number in excluded.items()]
    return told if panel.sample is None else [*told, panel.sample.note]


def _compared(
    opening: Opened,
    store: Store,
    run: Run,
    asked: Sequence[Origin],
    rows: Sequence[Judged],
    resumed: int,
    notes: Sequence[str],
) -> Backtested:
    project = opening.project
    times, seed = project.evaluation.bootstrap, project.models.seed
    earlier = judged.pooled(rows[:-1])
    wholes = [each for each in (earlier, rows[-1]) if each is not None]
    cards = {each.where: figures.scorecard(each, seed) for each in (*rows, *([earlier] if earlier else []))}
    terms = project.backtest.offer
    made = [] if terms is None else [offers.campaign(rows[-1], terms, times=times, seed=seed)]
    campaigns = tuple(each for each in made if each is not None)
    folder = opening.out / "backtest"
    campaign = campaigns[0] if campaigns else None
    drawn = drawing.drawn(rows, cards, campaign, project.currency, project.locale)
    looks.record(run, asked[-1].name)
    answer = Backtested(
        origins=tuple(_at(opening, origin, each) for origin, each in zip(asked, rows, strict=True)),
        cards=cards,
        differences=tuple(
            each for whole in wholes for each in figures.differences(whole, times=times, seed=seed)
        ),
        choices=tuple(figures.choices(rows[:-1], rows[-1])),
        coverage={each.where: groups for each in wholes if (groups := figures.covered(each))},
        campaigns=campaigns,
        trials=looks.trials(store),
        looks=looks.count(store, asked[-1].name),
        resumed=resumed,
        notes=(*notes, *_notes(opening, asked, rows)),
        run_id=run.run_id,
        table=folder / "backtest.json",
        pictures=tuple(folder / f"{each.name}.svg" for each in drawn),
    )
    answer = replace(answer, notes=(*answer.notes, *_of_intervals(answer)))
    opening.progress("write the backtest", None)
    text = json.dumps(answer.figures(), ensure_ascii=False, indent=1, sort_keys=True, allow_nan=False) + "\n"
    files = {each.name: each.file() for each in drawn}
    _written(answer, text, files)
    _recorded(run, answer, text, files)
    return answer


def _of_intervals(answer: Backtested) -> Iterator[str]:
    """Where intervals of value look surer than they are."""
    for where, groups in answer.coverage.items():
        everyone = next((group for group in groups if group.group == "all"), None)
        if everyone is not None and everyone.within < LEAST_WITHIN:
            share = f"{everyone.within:.0%}"
            yield (
                f"the intervals of value held for {share} of the rows of {where}, not for 80 %: "
                "value_p10 and value_p90 look surer than they are"
            )


def _written(answer: Backtested, text: str, pictures: Mapping[str, str]) -> None:
    """The pictures, and the table last: whoever finds it finds the pictures that belong to it."""
    folder = answer.table.parent
    with on_disk(folder):
        folder.mkdir(parents=True, exist_ok=True)
        answer.table.unlink(missing_ok=True)
        for old in folder.glob("*.svg"):
            old.unlink()
        for name, picture in pictures.items():
            write_whole(folder / f"{name}.svg", picture.encode())
        write_whole(answer.table, text.encode())


def _recorded(run: Run, answer: Backtested, text: str, pictures: Mapping[str, str]) -> None:
    """Into the tracking store: the table, the pictures, and a run below this one for each origin."""
    run.log_metrics(answer.metrics())
    run.log_text("backtest.json", text)
    for name, picture in pictures.items():
        run.log_text(f"pictures/{name}.svg", picture)
    for at in answer.origins:
        facts: dict[str, Any] = {"origin": at.origin, "days": at.days, "rows": at.rows}
        metrics = _finite(answer.cards[at.origin]) | at.metrics()
        run.log_nested(f"origin {at.origin}", facts, metrics, {"churnlab.origin": at.origin})


def _finite(card: Scorecard) -> dict[str, float]:
    return {name: value for name, value in card.metrics().items() if np.isfinite(value)}


def _at(opening: Opened, origin: Origin, rows: Judged) -> At:
    known, risk = np.isfinite(rows.churned), rows.risks[CHURN]
    leaving = opening.project.churn.kind == "contractual"
    days = origin.days or opening.project.churn.horizon_days
    return At(
        origin=origin.name,
        is_last=origin.is_last,
        days=origin.days,
        value_days=origin.value_days if rows.values else None,
        learned_rows=int(origin.fold.train.sum()),
        rows=int(origin.fold.test.sum()),
        totals=figures.totals(rows),
        calibration=out_of_time(rows.churned[known], risk[known]),
        sooner=sooner.told(origin.panel, origin.fold, risk, rows.sooner, days=days, leaving=leaving),
    )


def _notes(opening: Opened, asked: Sequence[Origin], rows: Sequence[Judged]) -> Iterator[str]:
    last = asked[-1]
    if len(asked) == 1:
        yield "no date is settled before the test date: there is one origin, and no choice"
    elif asked[0].days != last.days:
        yield (
            f"the earlier origins are judged by {asked[0].days} days, as far as outcomes were settled; "
            f"the last by the whole horizon of {last.days}"
        )
    without = [each.where for each in rows if not each.values]
    if fitting.basis_of(opening) is None:
        yield "no amounts: value is not judged"
    elif without:
        yield (
            f"value is not judged at {', '.join(without)}: no value window of {opening.value_days} days was "
            "over in time, or too few customers brought anything"
        )
    if opening.project.tuning.n_trials:
        yield "the dials are those configured: a search of `train` has looked at the earlier origins"
