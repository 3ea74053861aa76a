"""Which lists a project has published: ``out/PROJECT/lists/DATE/run=KEY``, the one that CURRENT names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from churnlab.config import Project
from churnlab.lists import commit, manifest
from churnlab.lists.previous import Previous
from churnlab.workflow.opening import out_folder

LOOKED_BACK = 12  # dates with lists


def lists(project: Project, as_of: dt.date | None = None) -> list[Path]:
    """The run of each date, those published last at the end; ``as_of``: of that date alone."""
    folder = out_folder(project) / "lists"
    days = [folder / as_of.isoformat()] if as_of else list(folder.glob("????-??-??"))
    return [run for *_, run in sorted(_runs(days))]


def before(project: Project, as_of: dt.date, only: str | None = None) -> Previous | None:
    """The lists of the last date before ``as_of`` that has any, as far as the next lists need them.

    ``only``: of this customer alone.
    """
    earlier = [run for run in lists(project) if run.parent.name < as_of.isoformat()]
    return Previous.read(max(earlier, key=lambda run: run.parent.name), only) if earlier else None


def earlier(project: Project, as_of: dt.date, most: int = LOOKED_BACK) -> Iterator[dict[str, Any]]:
    """The manifests of the lists of dates before ``as_of``, the last date first, at most ``most`` of them."""
    runs = [run for run in lists(project) if run.parent.name < as_of.isoformat()]
    there = [run for run in runs if (run / manifest.NAME).is_file()]  # old runs may have been removed
    for run in sorted(there, key=lambda each: each.parent.name, reverse=True)[:most]:
        yield manifest.read(run)


def clear_staged(project: Project) -> None:
    """Remove lists of any date that were held back: newer ones are out."""
    for day in (out_folder(project) / "lists").glob(f"????-??-??/{commit.STAGED}"):
        commit.clear_staged(day.parent)


def last_date(project: Project) -> dt.date | None:
    """The date of the lists that were published last, whichever model made them; None: there are none."""
    runs = lists(project)
    return dt.date.fromisoformat(runs[-1].parent.name) if runs else None


def _runs(days: list[Path]) -> Iterator[tuple[int, str, Path]]:
    for day in days:
        run = commit.current(day)
        if run is not None:
            yield (day / commit.CURRENT).stat().st_mtime_ns, day.name, run
