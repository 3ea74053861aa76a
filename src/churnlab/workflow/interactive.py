"""`review --interactive`: the page on which customers of the lists are filtered, sorted and read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from churnlab.config import Project
from churnlab.durable import write_whole
from churnlab.errors import DataError
from churnlab.explain import look
from churnlab.workflow.opening import out_folder

_SOONER = re.compile(r"churn_risk_(\d+)d")


def write_look(
    project: Project, version: str, thresholds: Mapping[str, Any], lists: Path | None, *, with_ids: bool
) -> Path:
    """Write ``out/PROJECT/look.html`` from published lists; ``with_ids``: with the ids of the customers.

    Only this user may read it. Its numbers follow the order of the page and come from no id: an id that
    is not asked for is not even read.
    """
    if lists is None:
        raise DataError(
            "there is nothing to look at: the champion has made no lists",
            got="no published lists of this model",
            mend="make them first: churnlab score CONFIG --as-of DATE",
        )
    rows, hidden = _first(lists / "all.parquet", look.MOST, with_ids=with_ids)
    page = look.render(
        look.LookContent(
            project=project.project,
            model_version=version,
            as_of=lists.parent.name,
            currency=project.currency,
            rows=rows,
            cut=(thresholds["value_if_retained"], thresholds["intensity"]),
            give=(project.strategy.hysteresis.value, project.strategy.hysteresis.intensity),
            also_days=_also_days(rows.column_names),
            hidden=hidden,
            locale=project.locale,
            with_ids=with_ids,
        )
    )
    path = out_folder(project) / "look.html"
    write_whole(path, page.encode(), private=True)
    return path


def _first(path: Path, most: int, *, with_ids: bool) -> tuple[Any, int]:
    """The customers with the highest expected loss (risk, without value), that first, and how many are left.

    Texts are read group by group and only those of the customers shown are kept: lists may be long.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        first = _order(file)[:most]
        names = [*look.columns_needed(with_ids=with_ids), *filter(_SOONER.fullmatch, file.schema_arrow.names)]
        wanted, start, parts = np.sort(first), 0, [file.schema_arrow.empty_table().select(names)]
        for batch in file.iter_batches(columns=names):
            low, high = np.searchsorted(wanted, [start, start + len(batch)])
            parts.append(pa.table(batch.take(pa.array(wanted[low:high] - start))).select(names))
            start += len(batch)
    kept = pa.concat_tables(parts).combine_chunks()
    return kept.take(pa.array(np.searchsorted(wanted, first))), start - len(first)


def _order(file: Any) -> NDArray[np.int64]:
    """The places of a list's rows, the most at stake first; ties stay as they are in the list."""
    stakes = file.read(columns=["expected_loss", "churn_risk"])
    known = stakes["expected_loss"].null_count < len(stakes)
    by = stakes["expected_loss" if known else "churn_risk"].to_numpy()
    return np.argsort(np.where(np.isnan(by), np.inf, -by), kind="stable")


def _also_days(names: list[str]) -> tuple[int, ...]:
    return tuple(int(found[1]) for found in map(_SOONER.fullmatch, names) if found)
