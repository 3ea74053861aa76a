"""The registry gate at work: the champion, verified, is asked about the rows that judge the challenger."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab import tracking
from churnlab.errors import IntegrityError
from churnlab.evaluation import gate
from churnlab.evaluation.bounds import Scores, Window
from churnlab.evaluation.gate import Rival, Verdict
from churnlab.evaluation.leaks import Leak
from churnlab.features.feature import Description
from churnlab.folds import Fold
from churnlab.models import files
from churnlab.models.files import Models
from churnlab.models.value import ValueModel
from churnlab.panel import Panel
from churnlab.tracking import Store
from churnlab.workflow import terms
from churnlab.workflow.fitting import CHURN, VALUE, Fitted
from churnlab.workflow.opening import Opened

Floats = NDArray[np.float64]


def judged(
    opening: Opened,
    store: Store,
    panel: Panel,
    fitted: Fitted,
    challenger: Models,
    leaks: Sequence[Leak],
) -> Verdict:
    """What the gate says of ``challenger``, of whom ``fitted`` knows the scores of the test rows."""
    project, test = opening.project, panel.take(fitted.fold.test)
    value = fitted.values.get(VALUE)
    if value is None and challenger.value is not None:
        value = _expected(challenger.value, test, fitted.risks[CHURN])
    return gate.judge(
        Window(test.churned, test.value, test.customer_id, test.segments, project.models.seed),
        Scores(fitted.risks[CHURN], value),
        rival(opening, store, test, challenger),
        {name: risk for name, risk in fitted.risks.items() if name != CHURN},
        leaks,
        project.evaluation.accepted_leaks,
        project.gate,
    )


def rival(opening: Opened, store: Store, test: Panel, challenger: Models) -> Rival | None:
    """The champion's scores of ``test``, or why there are none; None where there is no champion."""
    version = tracking.alias(store)
    if version is None:
        return None
    try:
        champion = tracking.champion(store)
        models = files.load(champion.folder, champion.digests)
    except IntegrityError as error:
        # A model that cannot be trusted is no measure of another one, and makes no lists either.
        return Rival(version, why=f"it cannot be trusted ({error.what})")
    same = not terms.differences(opening.project, models.extra["terms"])
    stands = Rival(
        version, usable=True, answers=same and _kinds(models.churn.inputs) == _kinds(test.features)
    )
    other = _otherwise(opening, test, models, challenger)
    if other:
        return replace(stands, why=f"it answers another question ({'; '.join(other[:3])})")
    rows = _narrowed(test, models.churn.inputs)
    risk = models.churn.risk(rows)
    value = None if models.value is None else _expected(models.value, rows, risk)
    seen = _seen(challenger.extra["learned"], models.extra.get("learned"))
    return replace(stands, scores=Scores(risk, value), seen=seen)


def learned_from(opening: Opened, panel: Panel, fold: Fold) -> dict[str, Any]:
    """What a later training must know to tell whether this model has seen the rows it is judged by.

    ``tested``: the test date; ``until``: the day before which every outcome learned from was over.
    ``held_out``: of a snapshot table, a digest of all the customers who were not learned from.
    """
    if not opening.has_histories:
        ids = "\n".join(sorted(panel.customer_id[fold.test].tolist()))
        return {"tested": None, "until": None, "held_out": hashlib.sha256(ids.encode()).hexdigest()}
    churn, calendar, test = opening.project.churn, opening.calendar, min(fold.test_as_of)
    learned = panel.learned_days or churn.horizon_days
    # A value over the churn horizon is learned as far as that is; one of its own as far as it looks.
    valued = learned if opening.value_days == churn.horizon_days else opening.value_days
    longest = churn.gap_days + max(learned, valued)
    last = int(calendar.ahead(np.array([max(fold.train_as_of)]), longest)[0])
    return {
        "tested": calendar.date(test).isoformat(),
        "until": calendar.date(min(last, test)).isoformat(),
        "held_out": None,
    }


def _expected(model: ValueModel, rows: Panel, risk: Floats) -> Floats:
    """The value to expect of each row, whether the customer stays or not."""
    return np.asarray((1 - risk) * model.if_retained(rows) + risk * model.if_churned(rows), dtype=np.float64)


def _otherwise(opening: Opened, test: Panel, champion: Models, challenger: Models) -> list[str]:
    """In what the champion's question is not the one that is asked now; features may have been added."""
    other = terms.differences(opening.project, champion.extra["terms"], added=True)
    before, now = champion.extra["value_basis"], challenger.extra["value_basis"]
    if None not in {before, now} and before != now:
        other.append(f"value: trained on {before}, now {now}")
    gone = sorted({*_kinds(champion.churn.inputs)} - {*_kinds(test.features)})
    if gone:
        other.append(f"features no longer there: {', '.join(name for name, _ in gone[:3])}")
    return other


def _kinds(features: tuple[Description, ...]) -> list[tuple[str, str]]:
    return [(feature.name, feature.kind) for feature in features]


def _narrowed(rows: Panel, features: tuple[Description, ...]) -> Panel:
    """The same rows with ``features`` alone, in their order."""
    place = {name: column for column, name in enumerate(_numeric(rows.features))}
    return replace(
        rows,
        features=features,
        numbers=rows.numbers[:, [place[name] for name in _numeric(features)]],
        categories={each.name: rows.categories[each.name] for each in features if each.kind == "category"},
    )


def _numeric(features: tuple[Description, ...]) -> list[str]:
    return [feature.name for feature in features if feature.kind == "number"]


def _seen(mine: Mapping[str, Any], theirs: Mapping[str, Any] | None) -> str | None:
    """Whether the champion has learned from outcomes of the challenger's window, in a sentence."""
    if theirs is None:
        return "whether the champion has seen part of the window is not recorded"
    if mine["tested"] is None:
        if mine["held_out"] == theirs["held_out"]:
            return None
        return (
            "the champion has seen part of the window: other customers were held out when it was trained, "
            "so it looks better than it is"
        )
    if theirs["until"] is not None and theirs["until"] <= mine["tested"]:
        return None
    return (
        f"the champion has seen part of the window: it has learned from outcomes until {theirs['until']}, "
        f"the window begins on {mine['tested']}, so it looks better than it is"
    )
