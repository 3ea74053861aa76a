"""What happens inside a task: whole customers in, rows of a panel or of a list out.

    parcels -> shards.of_arrow -> panel.answered -> rows, and a note to the driver

An error of ours becomes a note, so that Spark does not try a hopeless task again and the driver
tells it in its own words. Anything else fails the task, and Spark tries it again elsewhere.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from churnlab import shards
from churnlab.errors import ChurnlabError
from churnlab.panel import Panel, seasons
from churnlab.shards import Shard
from churnlab.shards.columns import WIDE
from churnlab.spark import failures, parcels
from churnlab.spark.inputs import Piece
from churnlab.spark.parcels import Deal
from churnlab.spark.question import Question

ANSWER = "shard int, note string, rows binary"
Answer = tuple[Any, dict[str, Any]]  # Arrow rows or None, and what the driver must know


def dealt(batches: Iterable[Any], table: str, deal: Deal) -> Iterator[Any]:
    """``parcels.dealt``, its refusals sent as parcels, too."""
    try:
        yield from parcels.dealt(batches, table, deal)
    except ChurnlabError as error:
        yield parcels.refusal(failures.as_record(error))
    except Exception as error:  # noqa: BLE001 - told by its kind and place only
        raise failures.nameless(error) from None


def read(numbers: Iterable[Any], pieces: Sequence[Piece], columns: Mapping[str, str]) -> Iterator[Any]:
    """The rows of the pieces whose numbers a task was given, straight from their files."""
    import pyarrow.parquet as pq

    narrow = [name for name, kind in columns.items() if kind == "string" and name not in WIDE]
    for batch in numbers:
        for number in batch.column(0).to_pylist():
            piece = pieces[number]
            with pq.ParquetFile(piece.path, read_dictionary=narrow) as file:
                groups = range(piece.first, piece.end)
                yield from file.read_row_groups(groups, columns=list(columns), use_threads=False).to_batches()


def answered(group: Any, answer: Callable[[Any], Answer]) -> Any:
    """One row for one group of parcels: ``answer``'s rows and note."""
    import pyarrow as pa

    number = group["shard"][0].as_py()
    try:
        refused = parcels.refusals(group)
        rows, note = (None, {"error": refused[0]}) if refused else answer(group)
    except ChurnlabError as error:
        rows, note = None, {"error": failures.as_record(error)}
    except Exception as error:  # noqa: BLE001 - told by its kind and place only
        raise failures.nameless(error) from None
    content = None if rows is None else parcels.packed_rows(rows)
    return pa.table(
        {
            "shard": pa.array([number], pa.int32()),
            "note": pa.array([json.dumps(note)]),
            "rows": pa.array([content], pa.binary()),
        }
    )


def shard_of(question: Question, group: Any) -> Shard:
    """Whole customers, as the local path has them."""
    rows = parcels.gathered(group, question.schemas)
    zone = question.project.time_zone
    return shards.of_arrow(rows, question.attributes, zone, compiled=question.compiled)


def panel_of(question: Question, group: Any) -> tuple[Panel, Mapping[str, int]]:
    """The panel of one shard, and who was left out of it, by reason."""
    from churnlab.panel import answered

    return answered(shard_of(question, group), question.questions, question.ahead)


def panel_rows(question: Question, group: Any) -> Answer:
    """The rows of a panel: features, and what happened next where that is asked."""
    from churnlab.spark.rows import as_rows

    part, excluded = panel_of(question, group)
    return as_rows(part), {"excluded": dict(excluded), "rows": len(part)}


def season_totals(question: Question, group: Any) -> Answer:
    """What the customers of one shard brought before and after each date: a note, and no rows."""
    asked, days = question.questions, question.project.churn.horizon_days
    if question.ahead is None:
        raise AssertionError("asked without what happened next")
    found = seasons.counted(shard_of(question, group), asked, question.ahead, [days])[0]
    return None, {"seasons": [[date, each.before, each.after] for date, each in found.items()]}


def scored_rows(question: Question, group: Any) -> Answer:
    """The rows of the lists, not yet ranked, and what gate, totals and cautions have seen of them."""
    from churnlab.lists import build
    from churnlab.spark.tally import Tally
    from churnlab.workflow.placing import Around, place

    part, excluded = panel_of(question, group)
    tally = Tally.of(question.opening, question.trained)
    tally.excluded.update(excluded)
    rows = None
    if len(part):
        tally.cautions.look(part)
        placed = place(part, question.trained, question.project, Around(season=question.season))
        customers = placed.customers
        tally.drift.look(placed.panel, customers)
        if tally.gate.admits(customers):
            tally.sums.add(customers.quadrant, customers.churn_risk, customers.worth)
            rows = build.rows(customers, question.exponent)
    return rows, tally.note()


def scored_run(question: Question, group: Any, folder: Path) -> Answer:
    """``scored_rows``, left in ``folder``, which driver and workers share: only the note travels."""
    from churnlab.spark import runs

    rows, note = scored_rows(question, group)
    if rows is None:
        return None, note | {"run": None}
    number, valued = group["shard"][0].as_py(), bool(note["sums"]["valued"])
    return None, note | {"run": runs.write(rows, folder, number, valued=valued)}


def counted_rows(question: Question, group: Any, most: int) -> Answer:
    """Where each customer stands among those drawn into a sample, and how many rows he or she has.

    Whoever cannot be among the first ``most`` rows of this shard cannot be among those of all.
    """
    import pyarrow as pa

    from churnlab.panel import answered
    from churnlab.panel.sample import limit, places

    asked = replace(question.questions, families={}, measures=lambda _: {}, segments=())
    # Whose outcome answers another question is left out before anybody is drawn, as locally.
    ahead = question.ahead if asked.kind in {"contractual", "partial"} else None
    part, excluded = answered(shard_of(question, group), asked, ahead)
    ids, rows = np.unique(part.customer_id.astype(str), return_counts=True)
    place = places(ids, question.project.models.seed)
    beyond = limit(place, rows, most)
    kept = np.ones(len(ids), dtype=np.bool_) if beyond is None else place <= np.uint64(beyond)
    note = {"excluded": dict(excluded), "rows": len(part), "customers": len(ids)}
    return pa.table({"place": place[kept], "rows": rows[kept]}), note


def features_frame(batches: Iterable[Any], names: Mapping[str, str]) -> Iterator[Any]:
    """The rows of a panel behind the answers of ``panel_rows``. ``names``: their columns -> new names."""
    import pyarrow as pa

    for batch in batches:
        for content in batch.column("rows"):
            if content.is_valid:
                rows = parcels.unpacked_rows(content.as_buffer()).select(list(names))
                plain = pa.Table.from_arrays(rows.columns, names=list(names.values()))
                yield from plain.to_batches()
