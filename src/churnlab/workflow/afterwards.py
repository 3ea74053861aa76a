"""Chapters of the report that only lists and a backtest can tell: dates of the past, drift, other cuts."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.config.strategy import Hysteresis
from churnlab.evaluation import drift
from churnlab.evaluation.drift import Parts
from churnlab.evaluation.rows import is_hidden
from churnlab.explain import origins
from churnlab.explain.canvas import Picture
from churnlab.explain.exhibits import Cell, Exhibit, Note, Row
from churnlab.explain.wording import Locale
from churnlab.strategy.quadrants import Strategy, assign
from churnlab.strategy.thresholds import Thresholds
from churnlab.workflow.fitting import CHURN, VALUE

Floats = NDArray[np.float64]
READ = ("churn_risk", "value_if_retained", "intensity")  # of a list
VALUE_STEP, INTENSITY_STEP = 0.2, 10.0
MOVED: Mapping[str, tuple[float, float]] = {  # name -> times the value cut, points more of intensity
    "moved_none": (1.0, 0.0),
    "moved_value_down": (1 - VALUE_STEP, 0.0),
    "moved_value_up": (1 + VALUE_STEP, 0.0),
    "moved_intensity_down": (1.0, -INTENSITY_STEP),
    "moved_intensity_up": (1.0, INTENSITY_STEP),
}
NO_BACKTEST = Exhibit("stability", "stability", notes=(("stability_none", {}),))
_FIGURES = (("churn", CHURN, "auroc"), ("churn", CHURN, "log_loss"), ("value", VALUE, "gini"))


def stability(folder: Path, locale: Locale) -> tuple[list[Exhibit], dict[str, Picture]]:
    """What the backtest in ``folder`` says, the one that was run last; nothing where there is none."""
    path = folder / "backtest.json"
    if not path.is_file():
        return [], {}
    try:
        told = json.loads(path.read_text(encoding="utf-8"))
        rows = tuple(_origin(at, told["figures"]) for at in told["origins"])
        names = [str(at["origin"]) for at in told["origins"]]
        figures = {CHURN: [row[3] for row in rows]}
        notes = _notes(told)
        picture = origins.by_origin("origins", names, figures, "origin_auroc", locale)
    except (ValueError, KeyError, TypeError):  # another version wrote it, or somebody
        return [], {}
    columns = (
        ("origin_date", "text"), ("days", "count"), ("rows", "count"), ("auroc", "score"),
        ("log_loss", "score"), ("risk_off", "decimal"), ("gini", "score"), ("value_off", "percent"),
        ("calibration_verdict", "word"),
    )  # fmt: skip
    exhibit = Exhibit("stability", "stability", columns, rows, notes, (picture.name,))
    return [exhibit], {picture.name: picture}


def _notes(told: Mapping[str, Any]) -> tuple[Note, ...]:
    """What the backtest chose, and how our models stood beside the best of the others."""
    chosen: list[Note] = [
        ("choice_said", {"task": ("word", f"task_{choice['task']}"), "model": ("text", str(choice["model"]))})
        for choice in told["choices"]
    ]
    beside: list[Note] = [
        (
            "difference_said",
            {
                "where": ("sentence", str(each["where"])),
                "metric": ("word", str(each["metric"])),
                "ours": ("score", float(each["ours"])),
                "other": ("text", str(each["other"])),
                "theirs": ("score", float(each["theirs"])),
                "verdict": ("word", f"difference_{each['verdict']}"),
            },
        )
        for each in told["differences"]
        if each["metric"] in {"log_loss", "gini"}
    ]
    return (("stability_said", {}), *chosen, *beside)


def _origin(at: Mapping[str, Any], figures: list[Mapping[str, Any]]) -> tuple[Any, ...]:
    """One row; the origin's name may hold what is no date."""
    found = {
        (figure["task"], figure["model"], figure["metric"]): figure["estimate"]
        for figure in figures
        if figure["origin"] == at["origin"] and figure["segment"] == "all"
    }
    auroc, loss, gini = (found.get(place) for place in _FIGURES)
    totals = at["totals"]
    said, left = totals.get("risk_mean"), totals.get("churned_share")
    risk_off = None if said is None or left is None else 100 * (said - left)
    predicted, actual = totals.get("value_predicted"), totals.get("value_actual")
    value_off = predicted / actual - 1 if predicted is not None and actual else None
    verdict = str(at["calibration"]["verdict"])
    return (
        str(at["origin"]), at["days"], int(at["rows"]), auroc, loss, risk_off, gini, value_off, verdict
    )  # fmt: skip


def moved(then: Mapping[str, Any], counted: Mapping[str, Any] | None, day: str) -> Iterator[Exhibit]:
    """How far the scores of ``day`` lie from those of the test rows; of too few, nothing.

    ``counted``: what the manifest says of everybody who was scored, listed or not.
    """
    rows = []
    for name, kept in then.items():
        counts = ((counted or {}).get("scores") or {}).get(name, {}).get("counts", ())
        if sum(counts[:-1]) >= drift.ENOUGH:
            index = Parts.from_dict(kept).psi(counts)
            rows.append((name, index, drift.reading(index)))
    if rows:
        columns = (("score", "word"), ("psi", "decimal"), ("reading", "word"))
        yield Exhibit("stability", "drift", columns, tuple(rows), (("drift_said", _bounds(day)),))


def inputs(
    then: Mapping[str, Any], counted: Mapping[str, Any] | None, meanings: Mapping[str, str], day: str
) -> Exhibit:
    """How far the main inputs of customers of ``day`` lie from those of the test rows, the furthest first.

    ``then``: what training kept of each, empty where it kept nothing. ``counted``: what the manifest of
    the lists says under ``drift``, None where it says nothing.
    """
    if not then or counted is None:
        return Exhibit("stability", "inputs", notes=(("inputs_unknown", {}),))
    if counted["customers"] < drift.ENOUGH:
        return Exhibit("stability", "inputs", notes=(("inputs_few", {"least": ("count", drift.ENOUGH)}),))
    rows: list[Row] = []
    for name, kept in then.items():
        parts, seen = Parts.from_dict(kept), counted["inputs"][name]["counts"]
        index, missing = parts.psi(seen), seen[-1] / counted["customers"]
        rows.append((name, meanings[name], index, parts.shares[-1], missing, drift.reading(index)))
    rows.sort(key=lambda row: (-float(row[2] or 0), str(row[0])))
    columns = (
        ("feature", "code"), ("meaning", "text"), ("psi", "decimal"), ("missing_then", "percent"),
        ("missing_now", "percent"), ("reading", "word"),
    )  # fmt: skip
    return Exhibit("stability", "inputs", columns, tuple(rows), (("inputs_said", _bounds(day)),))


def _bounds(day: str) -> dict[str, tuple[str, Cell]]:
    return {
        "day": ("text", day),
        "some": ("decimal", drift.SOMEWHAT),
        "much": ("decimal", drift.MUCH),
    }


def stayed(places: Any, give: Hysteresis) -> Iterator[Exhibit]:
    """How many the list before keeps where they were, though their scores lie across a cut.

    ``places``: ``quadrant`` and ``quadrant_raw`` of a list, Arrow. Of few, and of none, nothing.
    """
    import pyarrow.compute as pc

    apart = pc.sum(pc.not_equal(places["quadrant"], places["quadrant_raw"])).as_py() or 0
    if not is_hidden(apart, [apart, places.num_rows - apart]) and apart:
        values: dict[str, tuple[str, Cell]] = {
            "customers": ("count", apart),
            "everybody": ("count", places.num_rows),
            "value": ("percent", give.value),
            "points": ("count" if give.intensity == int(give.intensity) else "decimal", give.intensity),
        }
        yield Exhibit("strategy", "stayed", notes=(("stayed_said", values),))


def sensitivity(cut: Thresholds, scores: Mapping[str, Floats]) -> Iterator[Exhibit]:
    """Customers of each strategy if the cuts lay elsewhere; nothing where an axis is missing, or where
    groups have cuts of their own.
    """
    if cut.value_if_retained is None or cut.intensity is None or cut.groups:
        return
    value, near = scores["value_if_retained"], scores["intensity"]
    now = assign(value, near, cut)
    strategies = [each for each in Strategy if (now == str(each)).any() or each != Strategy.UNCLASSIFIED]
    rows: list[Row] = []
    for name, (times, more) in MOVED.items():
        other = replace(cut, value_if_retained=times * cut.value_if_retained, intensity=cut.intensity + more)
        placed = assign(value, near, other)
        counts = [int((placed == str(each)).sum()) for each in strategies]
        told = (None if is_hidden(count, counts) else count for count in counts)
        rows.append((name, *told, float((placed != now).mean())))
    columns = (
        ("cut_moved", "word"),
        *((str(each), "count") for each in strategies),
        ("changed", "percent"),
    )
    yield Exhibit("strategy", "sensitivity", columns, tuple(rows), (("sensitivity_said", {}),))
