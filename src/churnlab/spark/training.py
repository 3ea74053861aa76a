"""`train` on Spark: the panel is made there, the models are fitted on the driver as always."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from churnlab import tracking
from churnlab.config import Project
from churnlab.panel import Panel
from churnlab.spark.inputs import SparkTables
from churnlab.spark.panels import opened, panel
from churnlab.workflow.opening import Opened, Progress, silent, writing
from churnlab.workflow.results import Trained
from churnlab.workflow.training import train_opened


def train(
    tables: SparkTables, project: Project, *, shards: int | None = None, progress: Progress = silent
) -> Trained:
    """Fit, calibrate, evaluate and register, as the local verb does, on a panel that Spark made.

    The same rows give the same models to the byte. ``models.row_budget`` bounds what comes to the driver.
    """
    store = tracking.open_store(project.tracking, project.project, Path(project.root))

    def gather(_: Opened) -> tuple[Panel, Mapping[str, int]]:
        progress("make features on Spark", None)
        return panel(tables, project, shards=shards)

    with writing(project):
        return train_opened(opened(project, tables, progress), store, gather)
