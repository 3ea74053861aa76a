"""`review`: the report of a version, or its model card, from what training kept and the latest lists."""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from markupsafe import Markup
from numpy.typing import NDArray

from churnlab import tracking
from churnlab.config import Project
from churnlab.durable import write_whole
from churnlab.errors import ConfigError, DataError, IntegrityError, did_you_mean
from churnlab.explain import maps, model_card, report
from churnlab.explain.canvas import Picture
from churnlab.explain.exhibits import Exhibit
from churnlab.lists import commit
from churnlab.strategy.thresholds import Thresholds
from churnlab.tables.money import exponent
from churnlab.tracking import EVIDENCE, EVIDENCE_TAG, Champion, Run, SignOff, Store
from churnlab.workflow import afterwards, finding, lives, looks, minding, published, relating, used
from churnlab.workflow.interactive import write_look
from churnlab.workflow.opening import Progress, out_folder, silent, writing
from churnlab.workflow.results import Reviewed

Floats = NDArray[np.float64]
_AT_RISK = [("population", "==", "at_risk")]
FORMATS = {"html": "report", "md": "model-card"}


def review(
    project: Project,
    as_of: dt.date | None = None,
    run: str | None = None,
    format: str = "html",  # noqa: A002 - what people call it
    *,
    interactive: bool = False,
    with_ids: bool = False,
    progress: Progress = silent,
) -> Reviewed:
    """Write the report of a version to ``out/PROJECT/`` and keep it with a run of its own.

    ``run``: the number of a version, or the id of the run that trained it; None: the champion. It shows
    the lists of ``as_of``, or those that this version made last. ``format``: ``html`` for the report,
    ``md`` for the model card, which becomes the version's description in the registry too.
    ``interactive``: write the page of single customers beside it, which is kept nowhere else;
    ``with_ids``: with their ids.

    Raises ``DataError`` (exit 3) where there is no such version, ``IntegrityError`` (exit 5) where what
    training kept of it cannot be read, or is not what was kept.
    """
    if format not in FORMATS:
        raise ConfigError(
            f"--format {format}: no such format{did_you_mean(format, FORMATS)}",
            mend="html for the report, md for the model card",
        )
    if with_ids and not interactive:
        raise ConfigError("ids are shown on the interactive page only", mend="ask for both, or for neither")
    store = tracking.open_store(project.tracking, project.project, Path(project.root))
    with writing(project):
        if run is None:
            version = tracking.champion(store)
        else:
            named = finding.found(store, tracking.versions(store), run)
            version = tracking.fetched(store, named.version)
        reviewed = review_version(project, store, version, as_of, progress, format)
        if not interactive:
            return reviewed
        progress("write the interactive page", None)
        thresholds = evidence_of(store, version)["thresholds"]
        lists = _published(project, version, as_of)
        look = write_look(project, version.version, thresholds, lists, with_ids=with_ids)
    return Reviewed(reviewed.report, look)


def review_version(
    project: Project,
    store: Store,
    version: Champion,
    as_of: dt.date | None,
    progress: Progress,
    format: str = "html",  # noqa: A002
) -> Reviewed:
    """The report alone, with the tracking store open already."""
    progress("write the report", None)
    evidence = evidence_of(store, version)
    lists = _published(project, version, as_of)
    content = _content(project, store, version, evidence, lists)
    path = file_of(project, version.version, content.champion, format)
    path.parent.mkdir(parents=True, exist_ok=True)
    with tracking.run(store, "review", {"model_version": version.version}) as run:
        if format == "html":
            page = report.render(content)
            write_whole(path, page.encode())
            tracking.keep_report(run, version.version, path.name, page)
        else:
            page = model_card.render(content)
            write_whole(path, page.encode())
            run.log_text("model-card.md", page)
            rest = f"The whole card is the artifact `model-card.md` of the run `{run.run_id}`."
            tracking.describe(store, version.version, page, rest)
    return Reviewed(path)


def file_of(project: Project, version: str, champion: str | None, format: str = "html") -> Path:  # noqa: A002
    """Where the report of ``version`` is written; that of the champion (``champion`` None) has no number."""
    number = "" if champion is None else f"-{version}"
    return out_folder(project) / f"{FORMATS[format]}{number}.{format}"


def evidence_of(store: Store, version: Champion) -> dict[str, Any]:
    """What training kept of ``version``; ``IntegrityError`` unless it is what was kept."""
    run = Run.of(store, version.run_id)
    try:
        text = run.read_text(EVIDENCE)
        # Its pictures go into a page unescaped, so it has to be what training wrote.
        if hashlib.sha256(text.encode()).hexdigest() != run.tags()[EVIDENCE_TAG]:
            raise ValueError("changed")  # noqa: TRY301
        found: dict[str, Any] = json.loads(text)
    except Exception as error:
        raise IntegrityError(
            f"what training kept of version {version.version} cannot be read",
            got=type(error).__name__,
            mend="restore the artifact folder, or train again: churnlab train CONFIG",
        ) from error
    return found


def _published(project: Project, version: Champion, as_of: dt.date | None) -> Path | None:
    """The lists that this version made: of ``as_of``, or those that CURRENT was pointed to last."""
    found = published.lists(project, as_of)
    mine = [run for run in found if commit.verify(run)["model"] == dict(version.digests)]
    if as_of and not mine:
        raise DataError(
            f"version {version.version} has made no lists for {as_of}",
            got="none of the lists published for that date are its own" if found else "no lists of that date",
            mend=f"the champion makes them: churnlab score CONFIG --as-of {as_of}",
        )
    return mine[-1] if mine else None


def _content(
    project: Project, store: Store, version: Champion, evidence: Mapping[str, Any], lists: Path | None
) -> report.ReportContent:
    exhibits = [Exhibit.from_dict(record) for record in evidence.get("exhibits", ())]
    told, drawn = afterwards.stability(out_folder(project) / "backtest", project.locale)
    told = told or [afterwards.NO_BACKTEST]
    shown = {**evidence, "pictures": _pictures(evidence) | drawn, "exhibits": [*exhibits, *told]}
    reference, then = shown.pop("reference", {}), shown.pop("inputs_then", {})
    shown["limits"] = [*evidence.get("limits", ()), *project.review.limits]
    as_of = "-"
    if lists is not None:
        manifest = commit.verify(lists)
        as_of = str(manifest["as_of"])
        shown["strategies"] = manifest["strategies"]
        scores, cut = _scores(lists), Thresholds.from_dict(evidence["thresholds"])
        shown["exhibits"] += afterwards.moved(reference, manifest.get("drift"), as_of)
        meanings = _meanings(evidence, project.locale)
        shown["exhibits"].append(afterwards.inputs(then, manifest.get("drift"), meanings, as_of))
        shown["exhibits"] += afterwards.stayed(_places(lists), project.strategy.hysteresis)
        shown["exhibits"] += lives.phases(lists, manifest)
        shown["exhibits"] += relating.relation(lists, exponent(project.currency))
        shown["exhibits"] += afterwards.sensitivity(cut, scores)
        more, pictures = used.chapters(project, lists, manifest)
        shown["exhibits"] += more
        shown["pictures"] |= pictures
        picture = _map(project, cut, scores)
        if picture is not None:
            shown["pictures"]["map"] = picture
    champion, counted = tracking.alias(store), _looks(store, version)
    backtest = out_folder(project) / "backtest" / "backtest.json"
    shown["notes"] = [*evidence.get("notes", ()), *minding.matched(backtest), *minding.worn(counted)]
    return report.ReportContent(
        project=project.project,
        model_version=version.version,
        as_of=as_of,
        currency=project.currency,
        locale=project.locale,
        purpose=project.review.purpose or "",
        refused_uses=project.review.refused_uses,
        champion=None if champion == version.version else champion or "",
        looks=counted,
        sign_offs=[_plain(each) for each in tracking.sign_offs(store, version.version)],
        **shown,
    )


def _meanings(evidence: Mapping[str, Any], locale: str) -> dict[str, str]:
    """Feature -> what it means, in the project's language where that was kept."""
    told = "meaning_fr" if locale == "fr" else "meaning"
    return {driver["name"]: driver.get(told) or driver["meaning"] for driver in evidence["drivers"]}


def _looks(store: Store, version: Champion) -> dict[str, Any]:
    """How often the test date was looked at, and how many settings were tried, as far as it was counted."""
    tested = looks.tested(Run.of(store, version.run_id))
    counted = {} if tested is None else {"date": tested, "looks": looks.count(store, tested)}
    return {**counted, "trials": looks.trials(store)}


def _plain(signed: SignOff) -> dict[str, Any]:
    """A sign-off as a page shows it: digests by their beginnings, that of all the model's files as one."""
    model = hashlib.sha256(json.dumps(dict(signed.model), sort_keys=True).encode()).hexdigest()
    digests = {"report": signed.report, "evidence": signed.evidence, "model": model}
    return signed.as_dict() | {name: sha256[:16] or "-" for name, sha256 in digests.items()}


def _pictures(evidence: Mapping[str, Any]) -> dict[str, Picture]:
    # Our own pictures, read back from the run that drew them.
    return {
        name: Picture(kept["name"], kept["alt"], Markup(kept["svg"]))  # noqa: S704
        for name, kept in evidence["pictures"].items()
    }


def _scores(lists: Path) -> dict[str, Floats]:
    """(n,) each, NaN where a customer has none, of everyone in the lists who can still be lost."""
    import pyarrow.parquet as pq

    everyone = pq.read_table(lists / "all.parquet", columns=list(afterwards.READ), filters=_AT_RISK)
    return {name: everyone[name].to_numpy().astype(np.float64) for name in everyone.column_names}


def _places(lists: Path) -> Any:
    import pyarrow.parquet as pq

    return pq.read_table(lists / "all.parquet", columns=["quadrant", "quadrant_raw"], filters=_AT_RISK)


def _map(project: Project, cut: Thresholds, scores: Mapping[str, Floats]) -> Picture | None:
    if cut.value_if_retained is None or cut.intensity is None or cut.groups:
        return None  # a picture of one pair of cuts would place some customers elsewhere than the lists do
    ends = cut.value_if_retained, cut.intensity
    worth, close = scores["value_if_retained"], scores["intensity"]
    return maps.quadrant_map(worth, close, ends, project.currency, project.locale)
