"""Who must not be contacted on the day of a delivery: read anew, and no more of the project than that.

objections, consents, aliases, and customers for their marks; transactions only where ids look strange
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from churnlab.config import Project
from churnlab.errors import GateError
from churnlab.lists.recheck import Recheck
from churnlab.tables import facts, refusals
from churnlab.workflow import suppressing
from churnlab.workflow.opening import Frames, Opened, Progress, opened

PEOPLE = ("customers", "snapshot")
Rechecking = Callable[[], Recheck | None]


@contextmanager
def rechecking(
    project: Project,
    run: Path,
    manifest: Mapping[str, Any],
    day: dt.date,
    frames: Frames | None,
    progress: Progress,
) -> Iterator[Rechecking]:
    """What reads, once it is asked, who of the published ``run`` may be contacted on ``day``.

    It answers None in a project that suppresses nobody, and raises ``GateError`` (exit 4) where anything
    about the sources leaves a doubt, nobody had asked when the lists were made, or nobody asks any more.
    """
    with ExitStack() as still_open:
        yield lambda: _recheck(project, run, manifest, day, frames or {}, progress, still_open)


def _recheck(
    project: Project,
    run: Path,
    manifest: Mapping[str, Any],
    day: dt.date,
    frames: Frames,
    progress: Progress,
    still_open: ExitStack,
) -> Recheck | None:
    asked = "suppression" in manifest
    if project.suppressing is None and not asked:
        return None
    if project.suppressing is None:
        raise GateError(
            "no delivery: the configuration no longer says who must not be contacted",
            got=f"{run.name} of {manifest['as_of']}, made when it did",
            mend="put sources.objections and sources.consents back, or say why there is no need of one in "
            "suppression.not_required",
        )
    if not asked:
        raise GateError(
            "no delivery: when these lists were made, nobody asked who must not be contacted",
            got=f"{run.name} of {manifest['as_of']}, whose manifest has no suppression",
            mend="churnlab score again, and deliver its lists",
        )
    with refusals.no_list():
        opening = still_open.enter_context(opened(project, frames, progress, remarks=False, wanted=PEOPLE))
    known = [lambda: _listed(opening, run, manifest)]
    if project.sources.transactions:
        known.append(lambda: _buyers(opening))
    found = suppressing.read(opening, day, known, keep=False, remarks=False)
    if found is None:
        return None
    told = found.told()
    campaign = project.campaign
    return Recheck(
        found.permissions,
        () if campaign is None else campaign.actions or (),
        bool(manifest.get("campaign")),
        {"dated": told["dated"], "inputs": dict(found.digests)},
        lambda: suppressing.confirm(opening, found),
    )


def _listed(opening: Opened, run: Path, manifest: Mapping[str, Any]) -> Any:
    """Everybody whom the run scored, and whom the small tables know."""
    import pyarrow as pa
    import pyarrow.compute as pc
    import pyarrow.parquet as pq

    files = [name for name in ("all.parquet", "excluded.parquet") if name in manifest["files"]]
    parts = [pq.read_table(run / name, columns=["customer_id"])["customer_id"] for name in files]
    if opening.tables.stored:
        parts.append(pa.chunked_array([facts.known_ids(opening.tables)]))
    chunks = [chunk.cast(pa.string()) for part in parts for chunk in part.chunks]
    return pc.unique(pa.chunked_array(chunks, pa.string()))


def _buyers(opening: Opened) -> Any:
    """Everybody who ever bought: also those who were never scored may have objected."""
    return facts.known_ids(opening.read(("transactions",)))
