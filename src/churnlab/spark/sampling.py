"""A panel within a row budget: customers are drawn before their rows travel.

1  the rows of each customer are counted, without a feature     -> the limit, as panel.sample has it
2  whoever stands beyond it is not dealt to a shard; features are made of the others only
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from churnlab.panel.sample import limit
from churnlab.spark import work
from churnlab.spark.failures import told
from churnlab.spark.inputs import SparkTables
from churnlab.spark.parcels import unpacked_rows
from churnlab.spark.question import Question
from churnlab.spark.shuffle import answers, raise_first


def drawn(
    tables: SparkTables, question: Question, shards: int, most: int
) -> tuple[SparkTables, Mapping[str, int]]:
    """The tables of those who are kept; and of all customers, who was left out by reason."""

    def answer(group: Any) -> work.Answer:
        return work.counted_rows(question, group, most)

    with told("the Spark job failed: there is no panel"):
        found = sorted(answers(tables, shards, answer).collect(), key=lambda row: row.shard)
    notes = [json.loads(row.note) for row in found]
    raise_first(notes)
    counted = [unpacked_rows(row.rows) for row in found]
    place = np.concatenate([part["place"].to_numpy() for part in counted])
    rows = np.concatenate([part["rows"].to_numpy() for part in counted])
    excluded: Counter[str] = Counter()
    for note in notes:
        excluded.update(note["excluded"])
    beyond = limit(place, rows, most)
    kept = tables if beyond is None else replace(tables, sample=(question.project.models.seed, beyond))
    return kept, {reason: number for reason, number in excluded.items() if number}
