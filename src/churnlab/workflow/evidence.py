"""What a reviewer must see of a training, gathered once and kept with the model as plain values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.evaluation.gate import Verdict
from churnlab.evaluation.money import decile_table
from churnlab.evaluation.probability import calibration_table
from churnlab.evaluation.scorecard import Scorecard
from churnlab.explain import maps, pictures
from churnlab.explain.attributions import Attributions, Share
from churnlab.explain.canvas import Picture
from churnlab.explain.wording import words
from churnlab.folds import Fold
from churnlab.panel import Panel
from churnlab.workflow import minding
from churnlab.workflow.chapters import Chapters
from churnlab.workflow.drifting import RECORD
from churnlab.workflow.fitting import CHURN, VALUE, Fitted
from churnlab.workflow.opening import Opened
from churnlab.workflow.results import plain_count

Floats = NDArray[np.float64]


def gathered(
    opening: Opened,
    panel: Panel,
    fitted: Fitted,
    scorecard: Scorecard,
    attributions: Attributions,
    exclusions: Mapping[str, int],
    extra: Mapping[str, Any],
    lineage: Mapping[str, str],
    chapters: Chapters,
    verdict: Verdict,
) -> dict[str, Any]:
    """The content of the report as far as training knows it; pictures as ``{"name", "alt", "svg"}``."""
    fold, risks, values = fitted.fold, fitted.risks, fitted.values
    project = opening.project
    test = panel.take(fold.test)
    calibration = calibration_table(test.churned, risks[CHURN])
    known = np.isfinite(test.value)
    deciles = decile_table(test.value[known], values[VALUE][known]) if values else []
    features, dimensions = attributions.by_feature(), attributions.by_dimension()
    drawn = _drawn(opening, fitted, test, calibration, deciles, features, dimensions)
    return {
        "models": {"churn": CHURN} | ({"value": VALUE} if values else {}),
        "scorecard": scorecard.to_records(),
        "sources": [plain_count(count) for count in opening.tables.counts],
        "watermarks": {
            table: opening.calendar.date(mark).isoformat()
            for table, mark in opening.tables.watermarks.items()
        },
        "churn_rule": _churn_rule(opening),
        "label": ""
        if opening.has_histories
        else f"label supplied: {project.churn.positive_label} means churned",
        "value_rule": _value_rule(opening, extra["value_basis"]),
        "folds": [
            _fold_row(opening, panel, name, flags) for name, flags in _parts(fold).items() if flags.any()
        ],
        "exclusions": dict(exclusions),
        "calibration": [dict(row) for row in calibration],
        "deciles": [dict(row) for row in deciles],
        "drivers": _drivers(attributions, features[:20]),
        "dimensions": [{"name": share.name, "share": share.share} for share in dimensions],
        "thresholds": dict(extra["thresholds"]),
        "pictures": {name: kept(picture) for name, picture in (drawn | chapters.pictures).items()},
        "reference": extra[RECORD].get("scores", {}),
        "inputs_then": extra[RECORD].get("inputs", {}),
        "exhibits": [exhibit.as_dict() for exhibit in chapters.exhibits],
        "notes": [*fitted.notes, *minding.loosened(project.gate), *minding.tied(verdict)],
        "lineage": dict(lineage),
        "population": _population(opening),
    }


def _drivers(attributions: Attributions, shares: Sequence[Share]) -> list[dict[str, Any]]:
    """What drives the model, each feature with its description."""
    described = {feature.name: feature for feature in attributions.features}
    return [
        {
            "name": share.name,
            "meaning": described[share.name].meaning,
            "meaning_fr": described[share.name].meaning_fr,
            "family": described[share.name].family,
            "dimension": described[share.name].dimension,
            "share": share.share,
        }
        for share in shares
    ]


def _drawn(
    opening: Opened,
    fitted: Fitted,
    test: Panel,
    calibration: Sequence[Mapping[str, float]],
    deciles: Sequence[Mapping[str, float]],
    features: Sequence[Share],
    dimensions: Sequence[Share],
) -> dict[str, Picture]:
    """The pictures by name; those that need what the project has not are left out."""
    locale = opening.project.locale
    say = words(locale)
    named = [replace(each, name=say.get(each.name, each.name)) for each in dimensions]
    drawn = {
        "gain": pictures.gain(test.churned, fitted.risks, locale),
        "calibration": pictures.calibration(calibration, locale),
        "drivers": pictures.drivers(features, "drivers", say["drivers_title"], locale),
        "dimensions": pictures.drivers(named, "dimensions", say["dimensions_title"], locale),
    }
    if deciles:
        drawn["deciles"] = pictures.value_deciles(deciles, opening.project.currency, locale)
    if opening.has_histories:
        drawn["timeline"] = maps.timeline(_dates(opening, fitted.fold), locale)
    return drawn


def kept(picture: Picture) -> dict[str, str]:
    """A picture as plain values."""
    return {"name": picture.name, "alt": picture.alt, "svg": str(picture.svg)}


def fold_rows(opening: Opened, panel: Panel, fold: Fold) -> list[dict[str, Any]]:
    """Dates, rows, customers and churned share of each part that has rows."""
    return [_fold_row(opening, panel, name, flags) for name, flags in _parts(fold).items() if flags.any()]


def _parts(fold: Fold) -> dict[str, NDArray[np.bool_]]:
    return {"train": fold.train, "test": fold.test}


def _fold_row(opening: Opened, panel: Panel, name: str, flags: NDArray[np.bool_]) -> dict[str, Any]:
    dates = [opening.calendar.date(int(as_of)).isoformat() for as_of in np.unique(panel.as_of[flags])]
    if not opening.has_histories:
        shown = "-"
    else:
        shown = dates[0] if len(dates) == 1 else f"{len(dates)} dates, {dates[0]} to {dates[-1]}"
    share = float(np.mean(panel.churned[flags]))
    return {
        "fold": name,
        "dates": shown,
        "rows": int(flags.sum()),
        "customers": len(np.unique(panel.customer_id[flags].astype(str))),
        "churned_share": share if np.isfinite(share) else None,
    }


def _dates(opening: Opened, fold: Fold) -> maps.Dates:
    def days(instants: tuple[int, ...]) -> tuple[Any, ...]:
        return tuple(opening.calendar.date(instant) for instant in instants)

    churn = opening.project.churn
    return maps.Dates(
        max(opening.project.features.windows),
        churn.gap_days,
        churn.horizon_days,
        churn.settlement_days,
        days(fold.train_as_of),
        days(fold.test_as_of),
    )


def _churn_rule(opening: Opened) -> dict[str, Any]:
    if not opening.has_histories:
        return {}
    churn = opening.project.churn
    rule = churn.model_dump(include={"horizon_days", "gap_days", "settlement_days"})
    if churn.kind == "contractual":
        rule |= {"wording": "contract_rule", "grace_days": churn.contract.grace_days}
    elif churn.kind == "win_back":
        rule |= {"wording": "win_back_rule"}
    elif churn.kind == "partial":
        rule |= {"wording": "partial_rule", "kept": f"{100 * (1 - churn.decline):g}"}
    elif churn.horizon == "adaptive":
        rule |= {"wording": "adaptive_rule"}
    return rule


def _population(opening: Opened) -> dict[str, Any]:
    """Who is asked about, as ``history.eligible`` decides it."""
    plan, kind = opening.project.snapshots, opening.project.churn.kind
    if not opening.has_histories:
        return {"kind": "supplied"}
    if kind == "contractual":
        return {"kind": "contract"}
    return {
        "kind": "win_back" if kind == "win_back" else "orders",
        "orders": plan.min_orders,
        "lost_after_days": plan.lost_after_days,
    }


def _value_rule(opening: Opened, basis: str | None) -> dict[str, Any]:
    if basis is None:
        return {}
    rate = opening.project.value.discount_rate_annual
    return {"days": opening.value_days, "rate": 100 * rate, "basis": basis}
