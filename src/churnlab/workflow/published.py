"""Which lists a project has published: ``out/PROJECT/lists/DATE/run=KEY``, the one that CURRENT names."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from churnlab.config import Project
from churnlab.lists import commit, manifest
from churnlab.lists.columns import EVERY, schema
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


def run_before(project: Project, run: Path) -> Path | None:
    """The run of the last date before that of ``run`` that has any."""
    found = [each for each in lists(project) if each.parent.name < run.parent.name]
    return max(found, key=lambda each: each.parent.name, default=None)


def currency(run: Path) -> str:
    """ISO 4217, of every amount in a run. Raises IntegrityError where its manifest was changed."""
    return str(manifest.read(run)["currency"])


def rows(run: Path, columns: Sequence[str], *, excluded: bool = True) -> Any:
    """These columns of everybody in a run, as an Arrow table; nulls where a file has no such column.

    ``excluded``: those kept off the lists among them.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    whole = ["all.parquet", *(["excluded.parquet"] if excluded else [])]
    paths = [run / name for name in whole if (run / name).is_file()]
    kinds, parts = schema(EVERY), []
    for path in paths or sorted(run.glob("quadrant=*/*.parquet")):
        file = pq.ParquetFile(path)
        there = file.read(columns=[name for name in columns if name in file.schema_arrow.names])
        found = {name: there[name] for name in there.column_names}
        if not paths:  # partitioned lists have the strategy in the name of the folder
            code = path.parent.name.removeprefix("quadrant=")
            found.setdefault("quadrant", pa.array([code] * there.num_rows, pa.string()))
        many = file.metadata.num_rows
        parts.append(
            pa.table(
                {
                    name: found[name].cast(kinds.field(name).type)
                    if name in found
                    else pa.nulls(many, kinds.field(name).type)
                    for name in columns
                }
            )
        )
    return pa.concat_tables(parts)


def _runs(days: list[Path]) -> Iterator[tuple[int, str, Path]]:
    for day in days:
        run = commit.current(day)
        if run is not None:
            yield (day / commit.CURRENT).stat().st_mtime_ns, day.name, run
