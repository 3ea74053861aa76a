"""The review: one HTML file that a person reads before a model may be used.

It stands alone: no script, no address outside itself, every text escaped, pictures inline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from churnlab.explain import purpose
from churnlab.explain.canvas import Picture
from churnlab.explain.exhibits import NUMBERS, Exhibit, told
from churnlab.explain.page import Shown, absent, environment
from churnlab.explain.pictures import LEAST
from churnlab.explain.translated import group, translated
from churnlab.explain.wording import words

Locale = Literal["en", "fr"]

CHURN = ("auroc", "average_precision", "lift_10", "log_loss", "brier", "ece")
VALUE = ("gini", "decile_mape", "bias", "rmse", "spearman", "mae")
# The chapters, by what a reviewer of models asks in turn: how it was made, whether it holds, what it is
# used for, and who answers for it.
PARTS: Mapping[str, Sequence[str]] = {
    "development": ("purpose", "reading", "data", "label", "drivers"),
    "validation": ("churn", "calibration", "value", "stability", "champion", "fairness"),
    "use": ("strategy", "money", "campaign", "movements", "followed", "worked", "limits"),
    "governance": ("sign", "lineage"),
}
OPTIONAL = frozenset({"money", "campaign", "movements", "followed", "worked"})  # only with something in them
PER_SEGMENT = {"churn": ("auroc", "average_precision", "ece"), "value": ("gini", "bias")}


@dataclass(frozen=True)
class ReportContent:
    """Everything the report says, as plain values. No customer id belongs anywhere in it.

    ``project``, ``model_version``, ``as_of``: shown in the heading; ``as_of`` is a date as text.
    ``currency``: ISO 4217. ``models``: task (``churn``, ``value``) -> name of the model in use.
    ``scorecard``: ``Scorecard.to_records()`` of both tasks; empty: not measured.
    ``sources``: dicts of ``table, source, read, accepted, quarantined, duplicates, out_of_period`` and
    ``reasons`` (reason -> rows). ``watermarks``: table -> last complete date, as text.
    ``churn_rule``: ``horizon_days, gap_days, settlement_days``, or empty where ``label`` says it all;
    ``wording`` and ``grace_days`` where another sentence than that of orders tells it.
    ``label``: how a supplied label came about, or what else there is to say of the label.
    ``value_rule``: ``days, rate`` (% a year) and ``basis``; empty: no value.
    ``folds``: dicts of ``fold`` (train, test), ``dates`` (text), ``rows``, ``customers``,
    ``churned_share`` (0 to 1, or None). ``exclusions``: reason -> customers or rows left out.
    ``calibration``: ``probability.calibration_table``. ``deciles``: ``money.decile_table``.
    ``drivers``: dicts of ``name, meaning, meaning_fr, family, dimension, share`` (0 to 1), largest first.
    ``dimensions``: dicts of ``name, share``. ``strategies``: the dicts of ``strategy.summary``.
    ``thresholds``: ``Thresholds.as_dict()``; empty: nobody is placed.
    ``pictures``: by name, of timeline, gain, calibration, deciles, drivers, dimensions, map; any may
    be absent. ``notes``: what a reviewer must know first (suspected leaks, a missing axis), as text.
    ``exhibits``: further tables and pictures, each with the chapter it belongs to.
    ``limits``: limits of this project, beside those of every model. ``lineage``: item -> digest or text.
    ``purpose``: the project's words for what the model decides; empty: ours. ``population``: ``kind``
    (orders, win_back, contract, supplied), ``orders``, ``lost_after_days``; empty: not kept.
    ``refused_uses``: None: ours. ``champion``: None: this version is; else the one that is, or an empty
    text where there is none. ``looks``: ``date``, ``looks``, ``trials``, as far as they are known.
    ``sign_offs``: dicts of ``reviewer, at, verdict, comment, void`` (None: it counts; else why not) and
    the digests ``report, evidence, model``, oldest first.
    """

    project: str
    model_version: str
    as_of: str
    currency: str
    models: Mapping[str, str]
    locale: Locale = "en"
    scorecard: Sequence[Mapping[str, Any]] = ()
    sources: Sequence[Mapping[str, Any]] = ()
    watermarks: Mapping[str, str] = field(default_factory=dict)
    churn_rule: Mapping[str, Any] = field(default_factory=dict)
    label: str = ""
    value_rule: Mapping[str, Any] = field(default_factory=dict)
    folds: Sequence[Mapping[str, Any]] = ()
    exclusions: Mapping[str, int] = field(default_factory=dict)
    calibration: Sequence[Mapping[str, float]] = ()
    deciles: Sequence[Mapping[str, float]] = ()
    drivers: Sequence[Mapping[str, Any]] = ()
    dimensions: Sequence[Mapping[str, Any]] = ()
    strategies: Sequence[Mapping[str, Any]] = ()
    thresholds: Mapping[str, Any] = field(default_factory=dict)
    pictures: Mapping[str, Picture] = field(default_factory=dict)
    notes: Sequence[str] = ()
    limits: Sequence[str] = ()
    lineage: Mapping[str, str] = field(default_factory=dict)
    exhibits: Sequence[Exhibit] = ()
    purpose: str = ""
    population: Mapping[str, Any] = field(default_factory=dict)
    refused_uses: Sequence[str] | None = None
    champion: str | None = None
    looks: Mapping[str, Any] = field(default_factory=dict)
    sign_offs: Sequence[Mapping[str, Any]] = ()


def render(report: ReportContent) -> str:
    """The whole page as text; the same content, the same bytes."""
    report, shown = translated(report), Shown(report.locale, report.currency)
    template = environment(shown).get_template("report.html.j2")
    return template.render(
        report=report,
        **given(report),
        facts=_facts(report, shown),
        exhibits=[told(exhibit, shown) for exhibit in report.exhibits],
        parts=_shown_parts(report),
        numbers=NUMBERS,
    )


def _shown_parts(report: ReportContent) -> dict[str, list[str]]:
    """The chapters of each part that this report has."""
    told = {exhibit.chapter for exhibit in report.exhibits}
    return {
        part: [chapter for chapter in chapters if chapter not in OPTIONAL or chapter in told]
        for part, chapters in PARTS.items()
    }


def given(report: ReportContent) -> dict[str, Any]:
    """What every page about ``report`` is made of, beside the report itself."""
    return {
        "say": words(report.locale),
        "purpose": purpose,
        "scores": {"churn": _table(report, "churn", CHURN), "value": _table(report, "value", VALUE)},
        "segments": {task: _segments(report, task) for task in PER_SEGMENT},
        "dashes": {task: _dashes(_segments(report, task), shown) for task, shown in PER_SEGMENT.items()},
        "metrics": {"churn": CHURN, "value": VALUE},
        "per_segment": PER_SEGMENT,
        "least": LEAST,
    }


def _table(report: ReportContent, task: str, metrics: Sequence[str]) -> dict[str, Any]:
    """Models in the order of the scorecard, each with its row of figures over everyone."""
    rows: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in report.scorecard:
        if row["task"] == task and row["segment"] == "all":
            rows.setdefault(row["model"], {})[row["metric"]] = row
    reasons = {row["reason"] for figures in rows.values() for row in figures.values() if row["reason"]}
    return {
        "rows": {name: figures for name, figures in rows.items() if set(metrics) <= set(figures)},
        "in_use": report.models.get(task),
        "reasons": sorted(reasons),
    }


def _segments(report: ReportContent, task: str) -> dict[str, dict[str, Mapping[str, Any]]]:
    rows: dict[str, dict[str, Mapping[str, Any]]] = {}
    for row in report.scorecard:
        if row["task"] == task and row["segment"] != "all" and row["model"] == report.models.get(task):
            rows.setdefault(group(row["segment"], report.locale), {})[row["metric"]] = row
    return rows


def _dashes(
    segments: Mapping[str, Mapping[str, Mapping[str, Any]]], shown: Sequence[str]
) -> list[str] | None:
    """Why there are dashes in a table of segments; None where there are none."""
    missing = [figures[name] for figures in segments.values() for name in shown if name in figures]
    missing = [row for row in missing if absent(row["estimate"])]
    return sorted({row["reason"] for row in missing if row["reason"]}) if missing else None


def _facts(report: ReportContent, shown: Shown) -> list[tuple[str, str, str]]:
    """The few figures at the top: number, what it is, and what stands beside it."""
    say, facts = words(report.locale), []
    whole = next((row for row in report.strategies if row["strategy"] == "all"), None)
    if whole is not None:
        facts.append((shown.count(whole["customers"]), say["fact_customers"], ""))
        if whole["value_if_retained"] is not None:
            days = report.value_rule.get("days")
            named = "fact_value" if days is None else "fact_value_days"
            name = say[named].format(currency=report.currency, days=days)
            facts.append((shown.money(whole["value_if_retained"]), name, ""))
    tested = next((row for row in report.folds if row["fold"] == "test"), None)
    if tested is not None and tested["churned_share"] is not None:
        facts.append((shown.percent(tested["churned_share"]), say["fact_churn_rate"], ""))
    for task, metric in (("churn", "auroc"), ("value", "gini")):
        figures = {name: row[metric] for name, row in _table(report, task, (metric,))["rows"].items()}
        own = figures.pop(report.models.get(task, ""), None)
        if own is None or absent(own["estimate"]):
            continue
        others = [row for row in figures.values() if not absent(row["estimate"])]
        best = max(others, key=lambda row: row["estimate"], default=None)
        beside = "" if best is None else say["fact_beside"].format(figure=shown.figure(best))
        facts.append((shown.figure(own), say[f"fact_{metric}"], beside))
    return facts
