"""churnlab: shards of whole customers, every feature as float32 blocks, which are then let go."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np

from benchmarks.answers import Answers, finish
from benchmarks.peers.asked import Asked, asked

MEMORY, THREADS, ZONE = "1GB", 2, "UTC"


@contextmanager
def opened(question: Asked) -> Iterator[Any]:
    """The files of the world as checked tables."""
    from churnlab import engine
    from churnlab.tables.tables import Tables

    folder = question.transactions.parent
    with engine.session(MEMORY, THREADS, [folder]) as con:
        stored = {}
        for name in ("transactions", "interactions"):
            con.con.execute(f"CREATE VIEW {name} AS SELECT * FROM '{folder / name}.parquet'")
            columns = [row[0] for row in con.con.execute(f"DESCRIBE {name}").fetchall()]
            stored[name] = (name, tuple(columns))
        yield Tables(con, (), {}, {}, {}, (), stored)


def blocks(question: Asked) -> Iterator[Any]:
    """Panels without outcomes, shard by shard."""
    from churnlab import shards, snapshots
    from churnlab.config.project import Engine, FeaturePlan, SnapshotPlan
    from churnlab.features.catalogue import FAMILIES
    from churnlab.history import History
    from churnlab.panel import rows
    from churnlab.snapshots import Calendar

    calendar = Calendar(ZONE, "fixed")
    plan = FeaturePlan(engagement_types=("review", "open"), service_types=("complaint", "ticket"))
    with opened(question) as tables:
        people = snapshots.at(tables, question.dates, SnapshotPlan(), calendar)
        for shard in shards.each(tables, people, ZONE, Engine().shard_events):
            past = History.of(shard, calendar, plan)
            yield rows.described(shard, past, FAMILIES, lambda past: {}, (), 2)


def main() -> None:
    question = asked()
    answers, features = Answers(question.customers), 0
    for panel in blocks(question):
        features = panel.numbers.shape[1]
        if sys.argv[4:] != ["unchecked"]:
            for number, date in enumerate(question.dates):
                at = np.flatnonzero(panel.as_of == date)
                answers.add(number, panel.customer_id[at], _columns(panel, at))
    finish(answers, question.out, features=features)


def _columns(panel: Any, at: np.ndarray) -> Iterator[tuple[str, np.ndarray]]:
    """Money back in minor units, as the other sides give it."""
    for place, about in enumerate(panel.features):
        values = panel.numbers[at, place]
        yield about.name, values * 100 if about.unit == "currency" else values


if __name__ == "__main__":
    main()
