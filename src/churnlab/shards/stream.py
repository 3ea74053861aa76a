"""From tables to shards: one pass that partitions the rows by customer, then shard after shard.

Which customers share a shard changes nothing that is computed: a customer never needs another.
"""

from __future__ import annotations

import math
import tempfile
import threading
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import numpy as np

from churnlab.shards.partition import Column, Parts
from churnlab.shards.reading import Part, Reader
from churnlab.shards.rows import of_rows
from churnlab.shards.shard import EVENT_TABLES, Shard

if TYPE_CHECKING:
    from churnlab.tables import Tables

T = TypeVar("T")

MOST_PARTS = 60_000  # part numbers have 16 bits
ROOM = 8  # an eighth of the memory may hold rows that wait for their shard


@dataclass(frozen=True)
class Limits:
    """How much is held at once. ``memory``: bytes of the whole run; ``shard_events``: rows of one shard.

    ``threads``: shards worked on at a time. ``compiled``: whether rows are put in order by compiled code.
    """

    memory: int = 2 * 10**9
    shard_events: int = 250_000
    threads: int = 1
    compiled: bool = False


def each(tables: Tables, zone: str, limits: Limits, only: str | None = None) -> Iterator[Shard]:
    """All customers with transactions, in shards of whole customers; ``only``: one of them by id.

    What a customer's rows are does not depend on the shard, on the order of the input, or on threads.
    ``zone``: the business zone, for the local parts of each event's time.
    """
    return mapped(lambda shard: shard, tables, zone, limits, only)


def mapped(
    work: Callable[[Shard], T],
    tables: Tables,
    zone: str,
    limits: Limits,
    only: str | None = None,
    told: Callable[[float], object] = float,
) -> Iterator[T]:
    """What ``work`` makes of each shard, in their order; no more than ``threads`` shards are held at once.

    ``told`` hears which share of the shards is done.
    """
    names = [name for name in (*EVENT_TABLES, "customers") if tables.has(name)]
    rows = sum(_rows(tables, name) for name in names)
    count = 1 if only is not None else min(max(1, math.ceil(rows / limits.shard_events)), MOST_PARTS)
    reader = Reader(tables, count, rows, only, limits.compiled)
    folder = Path(tempfile.gettempdir())
    with Parts(count, limits.memory // ROOM, folder, compiled=limits.compiled) as parts:
        _deal(reader, names, parts, limits.threads)
        ranks = dict(reader.sorted_texts())
        texts = {place: found for place, (_, found) in ranks.items()}

        def one(number: int) -> T | None:
            rows = parts.part(number)
            for (table, name), (rank, _) in ranks.items():
                rows[table][name] = rank[np.asarray(rows[table][name])]
            if not len(rows["transactions"]["customer_id"]):
                return None
            return work(of_rows(rows, texts, zone, compiled=limits.compiled))

        for number, made in enumerate(_in_turn(one, count, limits.threads), start=1):
            told(number / count)
            if made is not None:
                yield made


def _rows(tables: Tables, name: str) -> int:
    # The engine itself: through Ibis a single number would import pandas.
    sql = tables.con.compile(tables.table(name).count())
    with tables.con.con.cursor() as cursor:
        return int(cursor.execute(str(sql)).fetchone()[0])


def _deal(reader: Reader, names: Sequence[str], parts: Parts, threads: int) -> None:
    """Read every table once, each in a thread of its own where there are several."""
    ended = threading.Event()

    def deal(name: str, chunks: Iterator[tuple[dict[str, Column], Part]]) -> None:
        for columns, part in chunks:
            if ended.is_set():
                return
            parts.add(name, columns, part)

    asked = [(name, reader.chunks(name)) for name in names]
    if threads == 1:
        for name, chunks in asked:
            deal(name, chunks)
    else:
        with ThreadPoolExecutor(threads) as pool:
            try:
                for done in as_completed([pool.submit(deal, name, chunks) for name, chunks in asked]):
                    done.result()
            finally:
                ended.set()  # what stops one thread is told before the others have read their tables
    _give_back()


def _give_back() -> None:
    """Let go of what Arrow keeps for its next batch."""
    import pyarrow as pa

    pa.default_memory_pool().release_unused()


def _in_turn(one: Callable[[int], T], count: int, threads: int) -> Iterator[T]:
    """``one`` of 0, 1, ..., a few at a time, in order."""
    if threads == 1 or count == 1:
        yield from map(one, range(count))
        return
    numbers = iter(range(count))
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[Future[T]] = deque(pool.submit(one, number) for number in islice(numbers, threads))
        try:
            while waiting:
                made = waiting.popleft().result()
                waiting.extend(pool.submit(one, number) for number in islice(numbers, 1))
                yield made
                del made
        finally:
            pool.shutdown(cancel_futures=True)
