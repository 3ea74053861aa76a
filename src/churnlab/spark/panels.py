"""The training panel, made by Spark and gathered on the driver; or left where it is, as a DataFrame."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from churnlab import panel as panels
from churnlab import snapshots
from churnlab.config import Project
from churnlab.panel import Ahead, Panel
from churnlab.snapshots import Calendar
from churnlab.spark import work
from churnlab.spark.failures import told
from churnlab.spark.inputs import SparkTables
from churnlab.spark.parcels import unpacked_rows
from churnlab.spark.question import Question
from churnlab.spark.rows import as_panel
from churnlab.spark.shuffle import answers, raise_first, shards_for
from churnlab.workflow.opening import Opened, Progress, silent
from churnlab.workflow.panels import questions


def panel(
    tables: SparkTables, project: Project, *, shards: int | None = None
) -> tuple[Panel, Mapping[str, int]]:
    """The panel that ``train`` learns from, equal to the local one to the bit; who was left out, by reason.

    ``shards``: None: as many as make each about 250,000 events. The whole panel comes to the driver:
    set ``spark.driver.maxResultSize`` for it, or a row budget.
    """
    opening = opened(project, tables)
    as_ofs = training_dates(opening, tables)
    question = Question.of(opening, tables, as_ofs, opening.watermark)

    def answer(group: Any) -> work.Answer:
        return work.panel_rows(question, group)

    ahead = Ahead(project.churn, project.value, opening.watermark)
    blocks = _blocks(answers(tables, shards or shards_for(tables), answer))
    return panels.build(blocks, questions(opening, as_ofs), ahead, opening.digests)


def opened(project: Project, tables: SparkTables, progress: Progress = silent) -> Opened:
    """The project as the local verbs see it once its sources are read; its rows stay in Spark."""
    return Opened(project, tables.known, Calendar(project.time_zone, project.calendar), progress)


def training_dates(opening: Opened, tables: SparkTables) -> list[int]:
    """The instants at which customers are looked at for training, as ``workflow.panels`` has them."""
    from pyspark.sql import functions

    with told():
        first = tables.frames["transactions"].agg(functions.min("time")).first()[0]
    churn = opening.project.churn
    tail = churn.gap_days + churn.horizon_days + churn.settlement_days
    return snapshots.dates(opening.project.snapshots, opening.calendar, first, opening.watermark, tail)


def _blocks(frame: Any) -> Iterator[tuple[Panel, Mapping[str, int]]]:
    with told("the Spark job failed: there is no panel"):
        rows = sorted(frame.collect(), key=lambda row: row.shard)
    raise_first(json.loads(row.note) for row in rows)
    for row in rows:
        yield as_panel(unpacked_rows(row.rows)), json.loads(row.note)["excluded"]
