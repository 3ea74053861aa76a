"""The chapter of the report about phases: how many customers of each strategy are where, and their value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from churnlab.evaluation.rows import is_hidden
from churnlab.explain.exhibits import Exhibit, Note, Row
from churnlab.strategy.lifecycle import Phase
from churnlab.strategy.quadrants import Strategy

READ = ("quadrant", "phase", "value_if_retained")


def phases(lists: Path, manifest: Mapping[str, Any]) -> Iterator[Exhibit]:
    """Of published lists; nothing of lists that have no phases."""
    import pyarrow.parquet as pq

    with pq.ParquetFile(lists / "all.parquet") as file:
        if not set(READ) <= set(file.schema_arrow.names):
            return
        everyone = file.read(columns=list(READ))
    phase, valued = everyone["phase"], everyone["value_if_retained"].null_count < len(everyone)
    if phase.null_count == len(everyone):
        return
    value = np.nan_to_num(everyone["value_if_retained"].to_numpy().astype(np.float64))
    quadrant, codes = (_codes(everyone[name]) for name in ("quadrant", "phase"))
    columns = (("strategy", "word"), *((f"phase_{each}", "count") for each in Phase))
    rows = tuple(_rows(quadrant, codes))
    yield Exhibit("strategy", "phases", columns, rows, tuple(_notes(manifest)))
    if valued:
        columns = (("strategy", "word"), *((f"phase_{each}", "money") for each in Phase))
        yield Exhibit("strategy", "phases_value", columns, tuple(_rows(quadrant, codes, value)))


def _codes(column: Any) -> Any:
    return np.asarray(column.to_numpy(zero_copy_only=False), dtype=object)


def _rows(quadrant: Any, phase: Any, value: Any | None = None) -> Iterator[Row]:
    """Customers, or their value, of each strategy that anybody is in; of very few none is told."""
    for strategy in Strategy:
        members = quadrant == str(strategy)
        if not members.any():
            continue
        there = [members & (phase == str(each)) for each in Phase]
        counts = [int(some.sum()) for some in there]
        told = counts if value is None else [round(float(value[some].sum()), 2) for some in there]
        yield (
            str(strategy),
            *(None if is_hidden(count, counts) else cell for count, cell in zip(counts, told, strict=True)),
        )


def _notes(manifest: Mapping[str, Any]) -> Iterator[Note]:
    yield ("phases_said", {})
    season = manifest.get("season")
    if season is not None:
        ratios = {name: ("decimal", float(season[name]["ratio"])) for name in ("events", "value")}
        yield ("phases_season", ratios)
