"""Chapters of the report, measured at training: the gate, tenths of risk, intervals, groups, effects."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from churnlab.config import Project
from churnlab.evaluation import fairness
from churnlab.evaluation.bounds import Check
from churnlab.evaluation.fairness import Treated
from churnlab.evaluation.gate import Verdict
from churnlab.evaluation.profit import empc
from churnlab.evaluation.rows import is_hidden
from churnlab.evaluation.scorecard import MIN_CUSTOMERS, MIN_POSITIVES
from churnlab.evaluation.tenths import risk_tenths
from churnlab.explain import effects, overlap
from churnlab.explain.attributions import Attributions
from churnlab.explain.canvas import Picture
from churnlab.explain.effects import Effect
from churnlab.explain.exhibits import Cell, Exhibit, Note, Row
from churnlab.explain.wording import words
from churnlab.features.words import NOUNS
from churnlab.panel import Panel
from churnlab.workflow.covering import Held
from churnlab.workflow.fitting import CHURN, Fitted

Floats = NDArray[np.float64]
DRAWN = 4  # features with a picture of their own
ASKED = 12  # features whose interactions are looked for
ASKED_ROWS = 1_000  # whose reasons are compared with those of other trees


@dataclass(frozen=True)
class Chapters:
    """``pictures``: by name. ``exhibits``: in the order they are told."""

    exhibits: tuple[Exhibit, ...]
    pictures: dict[str, Picture]

    def __add__(self, more: Iterable[Exhibit]) -> Chapters:
        return Chapters((*self.exhibits, *more), self.pictures)


def made(
    project: Project, test: Panel, fitted: Fitted, attributions: Attributions, verdict: Verdict
) -> Chapters:
    """Everything about the rows ``test``, which ``attributions`` explain row by row."""
    pictures: dict[str, Picture] = {}
    risk = fitted.risks[CHURN]
    exhibits = [
        *_gate(verdict),
        *_tenths(test.churned, risk),
        *_profit(project, test, fitted),
        *([] if fitted.held is None else [_covered(fitted.held)]),
        *_effects(project, test, attributions, pictures),
        *_alike(test, fitted),
        *_fairness(project, test, risk),
    ]
    return Chapters(tuple(exhibits), pictures)


def _gate(verdict: Verdict) -> Iterator[Exhibit]:
    rows = tuple((check.name, _mark(check), check.asked or None, check.said) for check in verdict.checks)
    notes: list[Note] = [_outcome(verdict)]
    if verdict.champion is not None:
        notes.append(("gate_beside", {"version": ("text", verdict.champion)}))
    columns = (("check", "check"), ("passed", "word"), ("asked", "sentence"), ("found", "sentence"))
    yield Exhibit("champion", "gate", columns, rows, tuple(notes))


def _outcome(verdict: Verdict) -> Note:
    """What became of it, and which checks decided; what each found stands in the table."""
    failed = [check.name for check in verdict.checks if check.blocks and not check.passed]
    if failed and not verdict.promoted:
        checks = ("checks", ", ".join(failed))
        return "gate_failed", {"outcome": ("word", verdict.outcome), "checks": checks}
    return "gate_decided", {"outcome": ("word", verdict.outcome)}


def _mark(check: Check) -> str:
    if check.passed is None:
        return "gate_not_made"
    return "gate_ok" if check.passed else "gate_fails" if check.blocks else "gate_named"


def _tenths(churned: Floats, risk: Floats) -> Iterator[Exhibit]:
    rows = risk_tenths(churned, risk)
    if not rows or rows[-1]["n"] < MIN_CUSTOMERS:
        return
    columns = (
        ("tenth", "count"), ("rows", "count"), ("mean_predicted", "percent"), ("observed", "percent"),
        ("lift", "decimal"), ("reached_share", "percent"),
    )  # fmt: skip
    values = {"times": ("decimal", rows[0]["lift"]), "reached": ("percent", rows[2]["reached"])}
    told = tuple(
        (row["tenth"], row["n"], row["predicted"], row["observed"], row["lift"], row["reached"])
        for row in rows
    )
    yield Exhibit("churn", "lift", columns, told, (("lift_said", values),))


def _profit(project: Project, test: Panel, fitted: Fitted) -> Iterator[Exhibit]:
    """Expected maximum profit of every model, where an offer is stated."""
    offer, known = project.backtest.offer, np.isfinite(test.churned)
    if offer is None or fitted.value is None or len(np.unique(test.churned[known])) < 2:
        return
    worth = float((fitted.value.if_retained(test) - fitted.value.if_churned(test)).mean())
    incentive, contact = offer.incentive_cost, offer.contact_cost
    if worth <= incentive:
        return
    found = {
        name: float(empc(test.churned[known], risk[known], clv=worth, incentive=incentive, contact=contact))
        for name, risk in fitted.risks.items()
    }
    said = {"incentive": ("money", incentive), "contact": ("money", contact)}
    rows = tuple(sorted(found.items(), key=lambda each: (-each[1], each[0])))
    yield Exhibit("churn", "profit", (("model", "text"), ("empc", "money")), rows, (("empc_said", said),))


def _covered(held: Held) -> Exhibit:
    rows = tuple((each.group, each.n, each.below, each.within, each.above) for each in held.groups)
    notes: list[Note] = [("total_said", {"ratio": ("decimal", held.ratio)})]
    if held.usual is not None:
        low, high = held.usual
        notes.append(("total_usual", {"low": ("decimal", low), "high": ("decimal", high)}))
    columns = (
        ("group", "word"), ("rows", "count"), ("below", "percent"), ("within", "percent"),
        ("above", "percent"),
    )  # fmt: skip
    return Exhibit("value", "coverage", columns, rows, tuple(notes))


def _effects(
    project: Project, test: Panel, attributions: Attributions, pictures: dict[str, Picture]
) -> Iterator[Exhibit]:
    families = tuple((share.name, share.share) for share in attributions.by_family())
    yield Exhibit("drivers", "families", (("family", "family"), ("share", "percent")), families)
    found = _numeric(test, attributions)
    if not found:
        return
    units = {feature.name: feature.unit for feature in attributions.features}
    swarm = effects.beeswarm(found, project.locale)
    pictures[swarm.name] = swarm
    yield Exhibit("drivers", "beeswarm", pictures=(swarm.name,))
    drawn = []
    for place, effect in enumerate(found[:DRAWN]):
        picture = effects.dependence(effect, _unit(units[effect.name], project), project.locale, place)
        if picture is not None:
            pictures[picture.name] = picture
            drawn.append(picture.name)
    if drawn:
        yield Exhibit("drivers", "dependence", notes=(("dependence_said", {}),), pictures=tuple(drawn))
    pairs = tuple(effects.together(found[:ASKED]))
    if not pairs:
        return
    columns = (
        ("feature", "code"), ("with", "code"), ("interaction_size", "decimal"),
        ("interaction_share", "percent"),
    )  # fmt: skip
    yield Exhibit("drivers", "interactions", columns, pairs, (("interactions_said", {}),))


def _unit(unit: str, project: Project) -> str:
    """What the values of a feature are counted in, for an axis."""
    say = words(project.locale)
    if f"unit_{unit}" in say:
        return say[f"unit_{unit}"].format(currency=project.currency)
    return NOUNS[unit][3] if project.locale == "fr" and unit in NOUNS else unit


def _numeric(test: Panel, attributions: Attributions) -> list[Effect]:
    """The numeric features that the model used, the strongest first."""
    place = {feature.name: number for number, feature in enumerate(attributions.features)}
    numeric = {feature.name for feature in test.features if feature.kind == "number"}
    found = []
    for share in attributions.by_feature():
        if share.mean <= 0 or (share.name not in numeric and share.name not in test.measures):
            continue
        value = test.measures[share.name] if share.name not in numeric else test.number(share.name)
        contribution = attributions.contributions[:, place[share.name]].astype(np.float64)
        found.append(Effect(share.name, np.asarray(value, np.float64), contribution))
    return found


def _alike(test: Panel, fitted: Fitted) -> Iterator[Exhibit]:
    """Whether trees grown on other customers would give the same reasons."""
    if fitted.other is None or len(test) < MIN_CUSTOMERS:
        return
    some = test.take(np.unique(np.linspace(0, len(test) - 1, ASKED_ROWS).astype(np.int64)))
    ours, theirs = (overlap.codes(model, some) for model in (fitted.churn, fitted.other))
    found = overlap.agreement(ours, theirs)
    if found is None:
        return
    values: dict[str, tuple[str, Cell]] = {
        "rows": ("count", len(some)), "shared": ("percent", found.shared),
        "first": ("percent", found.first),
    }  # fmt: skip
    yield Exhibit("drivers", "overlap", notes=(("overlap_said", values),))


def _fairness(project: Project, test: Panel, risk: Floats) -> Iterator[Exhibit]:
    segments = {name: test.segments[name] for name in project.evaluation.segments}
    if not segments:
        return
    cut = project.strategy.risk_bands[1]
    groups = fairness.treated(test.churned, risk, cut, segments)
    columns = (
        ("attribute", "text"), ("group", "group"), ("rows", "count"), ("left_count", "count"),
        ("chosen", "percent"), ("times", "decimal"), ("caught", "percent"), ("right", "decimal"),
        ("look", "words"),
    )  # fmt: skip
    bounds = {
        "low": ("decimal", fairness.CHOSEN[0]), "high": ("decimal", fairness.CHOSEN[1]),
        "caught": ("count", 100 * fairness.CAUGHT), "right_low": ("decimal", fairness.RIGHT[0]),
        "right_high": ("decimal", fairness.RIGHT[1]), "rows": ("count", fairness.LEAST_ROWS),
        "positives": ("count", MIN_POSITIVES),
    }  # fmt: skip
    yield Exhibit(
        "fairness",
        "fairness",
        columns,
        _rows(groups, words(project.locale)["everyone"]),
        (("fairness_said", bounds),),
    )


def _rows(groups: Sequence[Treated], everyone: str) -> tuple[Row, ...]:
    caught = groups[0].caught
    rows: list[Row] = []
    for each in groups:
        told = each.as_dict()
        others = [other.n for other in groups if other.attribute == each.attribute]
        counts = (None, None) if each.attribute and is_hidden(each.n, others) else (each.n, each.left)
        shares = (told[name] for name in ("chosen", "times", "caught", "right"))
        look = "too_few" if each.insufficient else ", ".join(each.flags(caught))
        rows.append((each.attribute or everyone, each.group, *counts, *shares, look))
    return tuple(rows)
