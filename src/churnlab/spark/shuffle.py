"""From tables to one answer a shard: the only place that says how Spark groups customers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any

from churnlab.spark import work
from churnlab.spark.failures import from_record
from churnlab.spark.inputs import SparkTables
from churnlab.spark.parcels import SCHEMA, SHARD

SHARD_EVENTS = 250_000  # what the processor's caches like best, and a small part of a worker's memory
LEAST_SHARDS = 2  # for each task at once, so that one slow shard does not keep the others waiting


def shards_for(tables: SparkTables, shard_events: int | None = None) -> int:
    """How many shards make each about ``shard_events`` events."""
    wanted = -(-tables.rows // (shard_events or SHARD_EVENTS))
    return max(1, wanted)


def answers(tables: SparkTables, shards: int, answer: Callable[[Any], work.Answer]) -> Any:
    """A Spark DataFrame of one row a shard (``work.ANSWER``); nothing has run yet.

    ``answer`` is sent to the workers with all that it holds.
    """

    def of_group(group: Any) -> Any:
        return work.answered(group, answer)

    parcels = reduce(lambda one, other: one.unionAll(other), _parcels(tables, shards))
    # A number of partitions of our own: Spark would merge small ones into one task.
    return parcels.repartition(shards, "shard").groupBy("shard").applyInArrow(of_group, work.ANSWER)


def _parcels(tables: SparkTables, shards: int) -> Iterator[Any]:
    from pyspark.sql import functions

    where = functions.expr(f"cast(pmod(xxhash64(customer_id), {shards}) as int)").alias(SHARD)
    for table, columns in tables.columns.items():
        yield tables.frames[table].select(where, *columns).mapInArrow(_dealing(table), SCHEMA)


def _dealing(table: str) -> Callable[[Any], Any]:
    def deal(batches: Any) -> Any:
        return work.dealt(batches, table)

    return deal


def raise_first(notes: Any) -> None:
    """Raise the error of the first shard that has one. ``notes``: of all shards, in order of their number."""
    for note in notes:
        if note.get("error"):
            raise from_record(note["error"])
