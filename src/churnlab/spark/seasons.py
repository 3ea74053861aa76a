"""How all customers together did at each date, where churn is a decline: a job of its own before the panel.

Each shard sends its totals, whole numbers that the driver adds up: equal to the local ones to the unit.
"""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from churnlab.labels import Season
from churnlab.panel import seasons as counting
from churnlab.spark import work
from churnlab.spark.failures import told
from churnlab.spark.inputs import SparkTables
from churnlab.spark.question import Question
from churnlab.spark.shuffle import answers, raise_first


def known(tables: SparkTables, question: Question, shards: int) -> Question:
    """``question`` with the seasons of all its dates; as it is where churn is no decline."""
    if question.project.churn.kind != "partial":
        return question

    def answer(group: Any) -> work.Answer:
        return work.season_totals(question, group)

    with told("the Spark job failed: there is no panel"):
        found = sorted(answers(tables, shards, answer).collect(), key=lambda row: row.shard)
    notes = [json.loads(row.note) for row in found]
    raise_first(notes)
    parts = [[{date: Season(*both) for date, *both in note["seasons"]}] for note in notes]
    return replace(question, seasons=counting.total(parts, [question.project.churn.horizon_days])[0])
