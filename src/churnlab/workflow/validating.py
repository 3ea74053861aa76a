"""`validate`: read and check every source, and write what was found."""

from __future__ import annotations

from dataclasses import replace

from churnlab.config import Project
from churnlab.durable import write_whole
from churnlab.tables import Tables
from churnlab.workflow import suppressing
from churnlab.workflow.opening import Frames, Opened, Progress, opened, silent, writing
from churnlab.workflow.results import Validated


def validate(project: Project, frames: Frames | None = None, *, progress: Progress = silent) -> Validated:
    """Read and check every source; write the quarantine and the data report."""
    with writing(project), opened(project, frames, progress, keep=True) as opening:
        return validate_opened(opening)


def validate_opened(opening: Opened) -> Validated:
    """The same for a project that is open already."""
    from churnlab.tables import report

    tables = _with_refusals(opening)
    opening.progress("write the data report", None)
    path = opening.out / "data" / "report.html"
    page = report.page(tables, opening.project.project, opening.project.time_zone, opening.project.currency)
    write_whole(path, page.encode())
    quarantine = opening.out / "data" / "quarantine.parquet"
    return Validated(
        tables.counts,
        tables.notes,
        path,
        quarantine if quarantine.exists() else None,
    )


def _with_refusals(opening: Opened) -> Tables:
    """The tables, and beside their counts those of who must not be contacted: no row of these is shown."""
    if opening.project.suppressing is None:
        return opening.tables
    read = suppressing.loaded(opening)
    return replace(
        opening.tables,
        counts=(*opening.tables.counts, *read.counts),
        digests={**opening.tables.digests, **read.digests},
        notes=(*opening.tables.notes, *read.notes),
    )
