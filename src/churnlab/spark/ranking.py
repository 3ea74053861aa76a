"""Scored rows to lists: ranked by Spark over all customers, written as one folder a strategy.

scored/   one row a shard, as the tasks answered: written once, read as often as needed
   | unpacked, ranked inside each strategy, all columns of a list
lists/quadrant=retain/part-...parquet   rows in list order
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from churnlab.lists.build import LATER, Stamp, rows_schema
from churnlab.lists.columns import NAMES, schema
from churnlab.spark import work
from churnlab.strategy.quadrants import Strategy

PARTITION = "quadrant"
FILE_ROWS = 5_000_000  # of a list: larger ones are several files
_TYPES = {"string": "string", "double": "double", "int64": "bigint", "date32[day]": "date"}


def ddl(arrow: Any) -> str:
    """An Arrow schema in Spark's words."""
    return ", ".join(f"{field.name} {_TYPES[str(field.type)]}" for field in arrow)


def write(scored: Any, stamp: Stamp, folder: Path, *, valued: bool) -> None:
    """Write the lists under ``folder``. ``scored``: the answers of ``work.scored_rows``."""
    rows = scored.select("rows").mapInArrow(work.listed, ddl(rows_schema()))
    complete = _complete(rows, stamp, valued=valued)
    # A window leaves its rows together and in order: each task writes whole lists, as they are.
    written = complete.write.partitionBy(PARTITION).option("maxRecordsPerFile", FILE_ROWS)
    written.option("compression", "zstd").parquet(folder.resolve().as_uri())


def _complete(rows: Any, stamp: Stamp, *, valued: bool) -> Any:
    """All columns of a list. Ranks as ``lists.order`` says: Spark compares text by its UTF-8 bytes."""
    from pyspark.sql import Window, functions

    priority = ["expected_loss", "value_if_retained"] if valued else ["churn_risk"]
    keys = [functions.desc(name) for name in priority] + [functions.asc("customer_id")]
    rank = functions.row_number().over(Window.partitionBy(PARTITION).orderBy(*keys))
    labels = functions.create_map(
        *[functions.lit(text) for code in Strategy for text in (str(code), code.label(stamp.locale))]
    )
    later = {
        "run_id": functions.lit(stamp.run_id),
        "model_version": functions.lit(stamp.model_version),
        "scored_at": functions.lit(stamp.scored_at),
        "valid_until": functions.lit(stamp.valid_until),
        "value_basis": functions.lit(stamp.value_basis if valued else None),
        "currency": functions.lit(stamp.currency),
        "quadrant_label": labels[functions.col(PARTITION)],
        "rank_in_list": rank,
    }
    types = {field.name: _TYPES[str(field.type)] for field in schema()}
    return rows.select(
        *[
            (later[name] if name in LATER else functions.col(name)).cast(types[name]).alias(name)
            for name in NAMES
        ]
    )
