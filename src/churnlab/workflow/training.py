"""`train`: a panel, models beside baselines, one look at the test date, a registered version, a verdict.

Every version is registered, so that it can be looked at; the gate decides whether it is the champion.
"""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab import tracking
from churnlab.config import Project
from churnlab.evaluation import leaks
from churnlab.evaluation.gate import Verdict
from churnlab.evaluation.leaks import Leak
from churnlab.evaluation.scorecard import Scorecard, score_churn, score_value
from churnlab.explain.attributions import Attributions
from churnlab.models import files
from churnlab.models.blend import NAME
from churnlab.models.files import Models
from churnlab.panel import Panel
from churnlab.strategy import intensity
from churnlab.strategy.intensity import References
from churnlab.strategy.repeats import Repeat
from churnlab.strategy.thresholds import learn_thresholds
from churnlab.strategy.worth import Worth
from churnlab.tables.money import exponent
from churnlab.tracking import EVIDENCE, EVIDENCE_TAG, Run, Store
from churnlab.version import VERSION
from churnlab.workflow import chapters, cutting, drifting, evidence, looks, terms, trials, verdicts, worked
from churnlab.workflow.cautions import few_customers
from churnlab.workflow.cutting import Cuts
from churnlab.workflow.fitting import Fitted, fit
from churnlab.workflow.judging import judged, learned_from
from churnlab.workflow.looks import HELD_OUT
from churnlab.workflow.opening import (
    Frames,
    Opened,
    Progress,
    opened,
    settings,
    settings_digest,
    silent,
    writing,
)
from churnlab.workflow.panels import training_panel
from churnlab.workflow.results import Trained

Floats = NDArray[np.float64]


def train(project: Project, frames: Frames | None = None, *, progress: Progress = silent) -> Trained:
    """Fit, calibrate, evaluate beside baselines, register; the new version is champion if the gate says so.

    Raises ``NotPromotedError`` (exit 4) where no list can be made afterwards, or a leak is suspected.
    """
    store = tracking.open_store(project.tracking, project.project, Path(project.root))
    with writing(project), opened(project, frames, progress, keep=True, remarks=False) as opening:
        return train_opened(opening, store)


Gathered = tuple[Panel, Mapping[str, int]]


def train_opened(
    opening: Opened, store: Store, gather: Callable[[Opened], Gathered] = training_panel
) -> Trained:
    """The same for a project that is open already. ``gather``: makes the panel, and says who is left out."""
    project, progress = opening.project, opening.progress
    with tracking.run(store, "train") as run:
        run.log_settings(settings(project))
        panel, excluded = gather(opening)
        progress("fit models", None)
        fitted = fit(opening, panel, trials.teller(run))
        trials.record(run, fitted.tuned)
        test = panel.take(fitted.fold.test)
        progress("evaluate", None)
        card = _scorecard(project, test, fitted)
        told = fitted.churn.explained(test)
        explained = Attributions.of(told.margin, told.base, told.contributions, fitted.churn.features)
        then = drifting.learned(opening, told.panel, fitted, explained)
        extra = _extra(opening, store, panel, fitted) | {drifting.RECORD: then}
        models = Models(fitted.churn, fitted.value, extra, fitted.hazard)
        verdict = judged(opening, store, panel, fitted, models, _leaks(test, explained))
        kept = evidence.gathered(
            opening,
            panel,
            fitted,
            card,
            explained,
            excluded,
            models.extra,
            _lineage(opening, panel),
            chapters.made(project, told.panel, fitted, explained, verdict)
            + worked.customers(project, told.panel, models, _tested(opening, fitted)),
            verdict,
        )
        progress("register", None)
        held = {} if fitted.held is None else fitted.held.metrics()
        # Everything else first: whatever fails must leave the champion as it was.
        run.log_metrics(card.metrics() | _sampled(panel) | held | _sooner(fitted))
        version = _register(run, models, kept, project, verdict)
        if verdict.promoted:
            tracking.move(
                store, version, before=verdict.champion, reason=f"{verdict.outcome}: {verdict.reason}"
            )
        about = _about(opening, panel, fitted, excluded) | {
            "looks": _looked(opening, store, run, fitted),
            "cuts": Cuts.told(models.extra),
        }
        notes = (*fitted.notes, *few_customers(opening, panel, fitted.fold, models.extra))
        trained = Trained(version, run.run_id, about, card, notes, verdict, fitted.held)
    verdicts.require_champion(trained)
    return trained


def _tested(opening: Opened, fitted: Fitted) -> str:
    """The test date, or that rows were held out."""
    dates = fitted.fold.test_as_of
    return str(opening.calendar.date(min(dates))) if dates else HELD_OUT


def _looked(opening: Opened, store: Store, run: Run, fitted: Fitted) -> str:
    """Count this look at the test rows; how many there were."""
    name = _tested(opening, fitted)
    looks.record(run, name)
    return f"{looks.count(store, name)} at the test rows so far, this one included"


def _sooner(fitted: Fitted) -> dict[str, float]:
    return {name: figure for each in fitted.sooner for name, figure in each.metrics().items()}


def _sampled(panel: Panel) -> dict[str, float]:
    return {} if panel.sample is None else {"sample_share_of_customers": panel.sample.share}


def _scorecard(project: Project, test: Panel, fitted: Fitted) -> Scorecard:
    names = project.evaluation.segments
    segments = {name: test.segments[name] for name in names}
    how = {"bootstrap": project.evaluation.bootstrap, "seed": project.models.seed}
    card = score_churn(test.churned, fitted.risks, test.customer_id, segments, **how)
    if fitted.values:
        card += score_value(test.value, fitted.values, test.customer_id, segments, **how)
    return card


def _leaks(test: Panel, explained: Attributions) -> Sequence[Leak]:
    """Features that alone predict nearly everything: they were, most likely, made from the answer."""
    # The pace is made of features that stand here themselves, and of no column.
    importance = {share.name: share.share for share in explained.by_feature() if share.name != NAME}
    numeric = [feature.name for feature in test.features if feature.kind == "number"]
    return leaks.suspected_leaks(test.numbers, numeric, test.categories, test.churned, importance)


def _extra(opening: Opened, store: Store, panel: Panel, fitted: Fitted) -> dict[str, Any]:
    """What scoring needs beside the models, learned on training rows and frozen with them."""
    project = opening.project
    learned = fitted.fold.train
    learned_on = panel.take(learned & (panel.as_of == panel.as_of[learned].max()))
    references = References.learn(learned_on.measures) if opening.has_histories else None
    repeat = Repeat.learn(learned_on.measures, _longest_silence(project)) if opening.has_histories else None
    near = None if references is None else intensity.score(learned_on.measures, references).values
    value = None
    if fitted.value is not None:
        risk = fitted.churn.risk(learned_on)
        retained, churned = fitted.value.if_retained(learned_on), fitted.value.if_churned(learned_on)
        value = Worth.of(risk, retained, churned, exponent(project.currency)).if_retained
    groups = learned_on.segments.get(project.strategy.by or "")
    learned_cuts = learn_thresholds(value, near, project.strategy, groups)
    basis = fitted.basis if fitted.value is not None else None
    return {
        "references": None if references is None else references.as_dict(),
        "repeat": None if repeat is None else repeat.as_dict(),
        **cutting.settled(project, store, learned_cuts, basis).as_extra(),
        "value_basis": basis,
        "terms": terms.of(project),
        "learned": learned_from(opening, panel, fitted.fold),
    }


def _longest_silence(project: Project) -> int | None:
    """Days of silence after which customers are not learned from any more; None: they all are."""
    return None if project.churn.kind in ("contractual", "win_back") else project.snapshots.lost_after_days


def _lineage(opening: Opened, panel: Panel) -> dict[str, str]:
    return {
        "panel": panel.fingerprint,
        "configuration": settings_digest(opening.project),
        "churnlab": VERSION,
        **{f"input {label}": digest for label, digest in opening.digests.items()},
    }


def _register(run: Run, models: Models, kept: Mapping[str, Any], project: Project, verdict: Verdict) -> str:
    """Keep evidence and verdict with the run, and the models in the registry."""
    text = json.dumps(kept, ensure_ascii=False, sort_keys=True, allow_nan=False)
    run.log_text(EVIDENCE, text)
    run.log_text("config.json", json.dumps(settings(project), ensure_ascii=False, indent=1))
    run.log_text("scorecard.json", json.dumps(kept["scorecard"], ensure_ascii=False, indent=1))
    run.log_text("gate.json", json.dumps(verdict.as_dict(), ensure_ascii=False, indent=1, allow_nan=False))
    for name, picture in kept["pictures"].items():
        run.log_text(f"pictures/{name}.svg", _file(picture))
    tagged = verdicts.tags(verdict)
    run.tag({EVIDENCE_TAG: hashlib.sha256(text.encode()).hexdigest(), **_short(kept), **tagged})
    with tempfile.TemporaryDirectory(prefix="churnlab-") as temporary:
        folder = Path(temporary) / tracking.FOLDER
        folder.mkdir()
        digests = files.save(folder, models)
        return tracking.register(run, folder, digests, models.churn.inputs, tagged, models.also_days)


def _file(picture: Mapping[str, str]) -> str:
    return picture["svg"].replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)


def _short(kept: Mapping[str, Any]) -> dict[str, str]:
    folds = {f"churnlab.{row['fold']}_dates": row["dates"] for row in kept["folds"]}
    return {"churnlab.fingerprint": kept["lineage"]["panel"], **folds}


def _about(opening: Opened, panel: Panel, fitted: Fitted, excluded: Mapping[str, int]) -> dict[str, Any]:
    folds = evidence.fold_rows(opening, panel, fitted.fold)
    about: dict[str, Any] = {
        "features": f"{len(panel.features)}, of which {len(fitted.churn.dropped)} constant and left out",
        **{
            row["fold"]: f"{row['dates']}: {row['rows']:,} rows of {row['customers']:,} customers"
            + (f", {row['churned_share']:.1%} churned" if row["churned_share"] is not None else "")
            for row in folds
        },
    }
    if excluded:
        about["left_out"] = ", ".join(f"{number:,} x {reason}" for reason, number in excluded.items())
    return about
