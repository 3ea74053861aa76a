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

from churnlab import tracking
from churnlab.config import Project
from churnlab.durable import write_whole
from churnlab.errors import ConfigError, DataError, IntegrityError
from churnlab.explain import maps, report
from churnlab.explain.canvas import Picture
from churnlab.lists import commit
from churnlab.tracking import Champion, Run, Store
from churnlab.workflow import published
from churnlab.workflow.interactive import write_look
from churnlab.workflow.opening import Progress, out_folder, silent, writing
from churnlab.workflow.results import Reviewed

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
    shown = {**evidence, "pictures": _pictures(evidence)}
    as_of = "-"
    if lists is not None:
        manifest = commit.verify(lists)
        as_of = str(manifest["as_of"])
        shown["strategies"] = manifest["strategies"]
        drawn = _map(project, evidence["thresholds"], lists)
        if drawn is not None:
            shown["pictures"]["map"] = drawn
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


def _map(project: Project, thresholds: Mapping[str, Any], lists: Path) -> Picture | None:
    import pyarrow.parquet as pq

    value, near = thresholds["value_if_retained"], thresholds["intensity"]
    if value is None or near is None:
        return None
    everyone = pq.read_table(lists / "all.parquet", columns=["value_if_retained", "intensity"])
    worth, close = (everyone[name].to_numpy().astype(np.float64) for name in everyone.column_names)
    return maps.quadrant_map(worth, close, (value, near), project.currency, project.locale)
