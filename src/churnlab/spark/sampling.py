"""A panel within a row budget: customers are drawn before their rows travel.

1  the rows of each customer are counted, without a feature     -> the limit, as panel.sample has it
2  whoever stands beyond it is not dealt to a shard; features are made of the others only
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import replace
from typing import Any

import numpy as np

from churnlab.errors import ConfigError
from churnlab.panel.sample import Sample, limit
from churnlab.spark import work
from churnlab.spark.failures import told
from churnlab.spark.inputs import SparkTables
from churnlab.spark.parcels import unpacked_rows
from churnlab.spark.question import Question
from churnlab.spark.shuffle import answers, raise_first


def drawn(
    tables: SparkTables, question: Question, shards: int
) -> tuple[SparkTables, Sample | None, dict[str, int]]:
    """The tables of those who are kept, how many that is, and who of all customers does not count."""
    most, seed = question.project.models.row_budget, question.project.models.seed
    if _surely_fits(tables, len(question.as_ofs), most):
        return tables, None, {}

    def answer(group: Any) -> work.Answer:
        return work.counted_rows(question, group, most)

    with told("the Spark job failed: there is no panel"):
        found = sorted(answers(tables, shards, answer).collect(), key=lambda row: row.shard)
    notes = [json.loads(row.note) for row in found]
    raise_first(notes)
    counted = [unpacked_rows(row.rows) for row in found]
    place = np.concatenate([part["place"].to_numpy() for part in counted])
    rows = np.concatenate([part["rows"].to_numpy() for part in counted])
    beyond = limit(place, rows, most)
    if beyond is None:
        return tables, None, {}
    kept = place < np.uint64(beyond)
    if not kept.any():
        raise ConfigError(
            "models.row_budget is less than the rows of one customer",
            got=f"{most:,}",
            mend="raise it, or choose fewer snapshot dates",
        )
    everyone = [sum(note[name] for note in notes) for name in ("rows", "customers")]
    sample = Sample(int(rows[kept].sum()), everyone[0], int(kept.sum()), everyone[1])
    excluded: Counter[str] = Counter()
    for note in notes:
        excluded.update(note["excluded"])
    return replace(tables, sample=(seed, beyond)), sample, dict(excluded)


def _surely_fits(tables: SparkTables, dates: int, most: int) -> bool:
    """Whether everybody at every date is within the budget, so that nothing need be counted."""
    if tables.rows * dates <= most:
        return True
    with told("the Spark job failed: there is no panel"):
        return bool(tables.frames["transactions"].select("customer_id").distinct().count() * dates <= most)
