"""From tables to one answer a shard: the only place that says how Spark groups customers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import reduce
from typing import Any

from churnlab.spark import work
from churnlab.spark.failures import from_record
from churnlab.spark.inputs import Piece, SparkTables
from churnlab.spark.parcels import SCHEMA, Deal

SHARD_EVENTS = 250_000  # what the processor's caches like best, and a small part of a worker's memory


def shards_for(tables: SparkTables) -> int:
    """How many shards make each about ``SHARD_EVENTS`` events."""
    return max(1, -(-tables.rows // SHARD_EVENTS))


def answers(tables: SparkTables, shards: int, answer: Callable[[Any], work.Answer]) -> Any:
    """A Spark DataFrame of one row a shard (``work.ANSWER``); nothing has run yet.

    ``answer`` is sent to the workers with all that it holds.
    """

    def of_group(group: Any) -> Any:
        return work.answered(group, answer)

    parcels = reduce(lambda one, other: one.unionAll(other), _parcels(tables, Deal(shards, *tables.sample)))
    # A number of partitions of our own: Spark would merge small ones into one task.
    return parcels.repartition(shards, "shard").groupBy("shard").applyInArrow(of_group, work.ANSWER)


def _parcels(tables: SparkTables, deal: Deal) -> Iterator[Any]:
    for table, columns in tables.columns.items():
        pieces = tables.pieces.get(table)
        if pieces is None:
            yield tables.frames[table].select(*columns).mapInArrow(_dealing(table, deal), SCHEMA)
        elif pieces:
            # Rows that Spark need not touch: each task reads its piece of a file, and deals it.
            numbers = tables.session.range(0, len(pieces), 1, len(pieces))
            yield numbers.mapInArrow(_reading(table, deal, pieces, columns), SCHEMA)


def _dealing(table: str, deal: Deal) -> Callable[[Any], Any]:
    def of_rows(batches: Any) -> Any:
        return work.dealt(batches, table, deal)

    return of_rows


def _reading(
    table: str, deal: Deal, pieces: tuple[Piece, ...], columns: Mapping[str, str]
) -> Callable[[Any], Any]:
    def of_pieces(numbers: Any) -> Any:
        return work.dealt(work.read(numbers, pieces, columns), table, deal)

    return of_pieces


def raise_first(notes: Iterable[Mapping[str, Any]]) -> None:
    """Raise the error of the first shard that has one. ``notes``: of all shards, in order of their number."""
    for note in notes:
        if note.get("error"):
            raise from_record(note["error"])
