"""The training panel, made by Spark and gathered on the driver; or left where it is, as a DataFrame."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from churnlab import panel as panels
from churnlab import shards as shards_of
from churnlab import snapshots
from churnlab.config import Project
from churnlab.panel import Ahead, Panel, answered
from churnlab.snapshots import Calendar
from churnlab.spark import rows, sampling, seasons, work
from churnlab.spark.failures import told
from churnlab.spark.inputs import SparkTables
from churnlab.spark.parcels import unpacked_rows
from churnlab.spark.question import Question
from churnlab.spark.shuffle import answers, raise_first, shards_for
from churnlab.workflow.opening import Opened, Progress, silent
from churnlab.workflow.panels import questions

KEYS = ("customer_id", "as_of", "churned", "value")
_SHOWN = (rows.SOONER, rows.NUMBER, rows.CATEGORY)


def panel(
    tables: SparkTables, project: Project, *, shards: int | None = None
) -> tuple[Panel, Mapping[str, int]]:
    """The panel that ``train`` learns from, equal to the local one to the bit; who was left out, by reason.

    ``shards``: None: as many as make each about 250,000 events. Beyond ``models.row_budget`` rows whole
    customers are drawn, the same as locally. What is kept comes to the driver:
    ``spark.driver.maxResultSize`` has to let it.
    """
    parts = shards or shards_for(tables)
    opening, asked = _asked(tables, project, parts)
    everyone = questions(opening, asked.as_ofs)
    kept, sample, of_all = sampling.drawn(tables, asked, parts)
    made, excluded = panels.gathered(_blocks(_answers(kept, asked, parts)), everyone)
    ahead = Ahead(project.churn, project.value, opening.watermark)
    # Who does not count was told of all customers before a sample of them was drawn.
    left_out = excluded if sample is None else of_all
    return panels.finished(replace(made, sample=sample), left_out, everyone, ahead, opening.digests)


def panel_frame(tables: SparkTables, project: Project, *, shards: int | None = None) -> Any:
    """The same rows as a Spark DataFrame, in no particular order: nothing comes to the driver.

    Columns: ``customer_id``, ``as_of``, ``churned``, ``value``, the labels of shorter windows where
    ``churn.also_days`` asks, and one a feature, numbers as floats.
    Errors of ours are told when its rows are read, as errors of the job.
    """
    parts = shards or shards_for(tables)
    _, asked = _asked(tables, project, parts)
    schema = _schema(asked)
    names = {field.name: _plain(field.name) for field in schema}
    types = {"string": "string", "int64": "bigint", "double": "double", "float": "float"}
    ddl = ", ".join(f"`{names[field.name]}` {types[str(field.type)]}" for field in schema)

    def unpacked(batches: Any) -> Any:
        return work.features_frame(batches, names)

    return _answers(tables, asked, parts).mapInArrow(unpacked, ddl)


def opened(project: Project, tables: SparkTables, progress: Progress = silent) -> Opened:
    """The project as the local verbs see it once its sources are read; its rows stay in Spark."""
    return Opened(project, tables.known, Calendar(project.time_zone, project.calendar), progress)


def training_dates(opening: Opened, tables: SparkTables) -> list[int]:
    """The instants at which customers are looked at for training, as ``workflow.panels`` has them."""
    from pyspark.sql import functions

    with told():
        first = tables.frames["transactions"].agg(functions.min("time")).first()[0]
    plan, churn = opening.project.snapshots, opening.project.churn
    bounds = first, opening.watermark
    return snapshots.dates(plan, opening.calendar, *bounds, churn.tail_days, churn.compared_days)


def _asked(tables: SparkTables, project: Project, shards: int) -> tuple[Opened, Question]:
    opening = opened(project, tables)
    question = Question.of(opening, tables, training_dates(opening, tables), opening.watermark)
    return opening, seasons.known(tables, question, shards)


def _answers(tables: SparkTables, question: Question, shards: int) -> Any:
    def answer(group: Any) -> work.Answer:
        return work.panel_rows(question, group)

    return answers(tables, shards, answer)


def _blocks(frame: Any) -> Iterator[tuple[Panel, Mapping[str, int]]]:
    with told("the Spark job failed: there is no panel"):
        found = sorted(frame.collect(), key=lambda row: row.shard)
    raise_first(json.loads(row.note) for row in found)
    for row in found:
        yield rows.as_panel(unpacked_rows(row.rows)), json.loads(row.note)["excluded"]


def _schema(question: Question) -> Any:
    """Which features there are depends on the columns only, so a shard of nobody knows them."""
    nobody = {table: schema.empty_table() for table, schema in question.schemas.items()}
    shard = shards_of.of_arrow(nobody, question.attributes, question.project.time_zone)
    empty, _ = answered(shard, replace(question.questions, compiled=False), question.ahead)
    made = rows.as_rows(empty)
    return made.select([name for name in made.column_names if name in KEYS or name.startswith(_SHOWN)]).schema


def _plain(name: str) -> str:
    for beginning in _SHOWN:
        name = name.removeprefix(beginning)
    return name
