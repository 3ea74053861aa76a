"""`review`: the explanation report of the champion, from what training kept and the latest lists."""

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
from churnlab.errors import ConfigError, DataError, IntegrityError
from churnlab.explain import maps, report
from churnlab.explain.canvas import Picture
from churnlab.explain.exhibits import Exhibit
from churnlab.lists import commit
from churnlab.strategy.quadrants import Thresholds
from churnlab.tracking import Champion, Run, Store
from churnlab.workflow import afterwards, published
from churnlab.workflow.interactive import write_look
from churnlab.workflow.opening import Progress, out_folder, silent, writing
from churnlab.workflow.results import Reviewed

Floats = NDArray[np.float64]
EVIDENCE, EVIDENCE_TAG = "evidence.json", "churnlab.evidence_sha256"


def review(
    project: Project,
    as_of: dt.date | None = None,
    *,
    interactive: bool = False,
    with_ids: bool = False,
    progress: Progress = silent,
) -> Reviewed:
    """Write the champion's report to ``out/PROJECT/report.html`` and keep it with its run.

    It shows the lists of ``as_of``, or those that were published last. ``interactive``: write the page of
    single customers beside it, which is kept nowhere else; ``with_ids``: with their ids.
    """
    if with_ids and not interactive:
        raise ConfigError("ids are shown on the interactive page only", mend="ask for both, or for neither")
    store = tracking.open_store(project.tracking, project.project, Path(project.root))
    with writing(project):
        champion = tracking.champion(store)
        reviewed = review_champion(project, store, champion, as_of, progress)
        if not interactive:
            return reviewed
        progress("write the interactive page", None)
        thresholds = _evidence(store, champion)["thresholds"]
        lists = _published(project, champion, as_of)
        look = write_look(project, champion.version, thresholds, lists, with_ids=with_ids)
    return Reviewed(reviewed.report, look)


def review_champion(
    project: Project, store: Store, champion: Champion, as_of: dt.date | None, progress: Progress
) -> Reviewed:
    """The report alone, with the tracking store open already."""
    progress("write the report", None)
    evidence = _evidence(store, champion)
    lists = _published(project, champion, as_of)
    with tracking.run(store, "review", {"model_version": champion.version}) as run:
        page = report.render(_content(project, champion, evidence, lists))
        path = out_folder(project) / "report.html"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, page.encode())
        run.log_text("report.html", page)
    return Reviewed(path)


def _evidence(store: Store, champion: Champion) -> dict[str, Any]:
    run = Run.of(store, champion.run_id)
    try:
        text = run.read_text(EVIDENCE)
        # Its pictures go into a page unescaped, so it has to be what training wrote.
        if hashlib.sha256(text.encode()).hexdigest() != run.tags()[EVIDENCE_TAG]:
            raise ValueError("changed")  # noqa: TRY301
        found: dict[str, Any] = json.loads(text)
    except Exception as error:
        raise IntegrityError(
            f"what training kept of version {champion.version} cannot be read",
            got=type(error).__name__,
            mend="restore the artifact folder, or train again: churnlab train CONFIG",
        ) from error
    return found


def _published(project: Project, champion: Champion, as_of: dt.date | None) -> Path | None:
    """The lists that this champion made: of ``as_of``, or those that CURRENT was pointed to last."""
    found = published.lists(project, as_of)
    mine = [run for run in found if commit.verify(run)["model"] == dict(champion.digests)]
    if as_of and not mine:
        raise DataError(
            f"the champion has made no lists for {as_of}",
            got="none of the lists published for that date are its own" if found else "no lists at all",
            mend=f"make them first: churnlab score CONFIG --as-of {as_of}",
        )
    return mine[-1] if mine else None


def _content(
    project: Project, champion: Champion, evidence: Mapping[str, Any], lists: Path | None
) -> report.ReportContent:
    exhibits = [Exhibit.from_dict(record) for record in evidence.get("exhibits", ())]
    told, drawn = afterwards.stability(out_folder(project) / "backtest", project.locale)
    shown = {**evidence, "pictures": _pictures(evidence) | drawn, "exhibits": [*exhibits, *told]}
    reference = shown.pop("reference", {})
    as_of = "-"
    if lists is not None:
        manifest = commit.verify(lists)
        as_of = str(manifest["as_of"])
        shown["strategies"] = manifest["strategies"]
        scores, cut = _scores(lists), Thresholds.from_dict(evidence["thresholds"])
        shown["exhibits"] += afterwards.moved(reference, scores, as_of)
        shown["exhibits"] += afterwards.sensitivity(cut, scores)
        picture = _map(project, cut, scores)
        if picture is not None:
            shown["pictures"]["map"] = picture
    return report.ReportContent(
        project=project.project,
        model_version=champion.version,
        as_of=as_of,
        currency=project.currency,
        locale=project.locale,
        **shown,
    )


def _pictures(evidence: Mapping[str, Any]) -> dict[str, Picture]:
    # Our own pictures, read back from the run that drew them.
    return {
        name: Picture(kept["name"], kept["alt"], Markup(kept["svg"]))  # noqa: S704
        for name, kept in evidence["pictures"].items()
    }


def _scores(lists: Path) -> dict[str, Floats]:
    """(n,) each, NaN where a customer has none, of everyone in the lists."""
    import pyarrow.parquet as pq

    everyone = pq.read_table(lists / "all.parquet", columns=list(afterwards.READ))
    return {name: everyone[name].to_numpy().astype(np.float64) for name in everyone.column_names}


def _map(project: Project, cut: Thresholds, scores: Mapping[str, Floats]) -> Picture | None:
    if cut.value_if_retained is None or cut.intensity is None:
        return None
    ends = cut.value_if_retained, cut.intensity
    worth, close = scores["value_if_retained"], scores["intensity"]
    return maps.quadrant_map(worth, close, ends, project.currency, project.locale)
