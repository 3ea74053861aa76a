"""The season at a scoring date, asked of the tables where they are: the statements are the local ones."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

from churnlab.spark.failures import told
from churnlab.spark.inputs import SparkTables
from churnlab.strategy.season import Season
from churnlab.workflow import seasonality
from churnlab.workflow.asking import Asking
from churnlab.workflow.opening import Opened

ASKED = ("transactions", "interactions")


def of_tables(opening: Opened, tables: SparkTables, extra: Mapping[str, Any], day: dt.date) -> Season | None:
    """The season at ``day``, equal to the local one. ``extra``: what was learned beside the models."""
    if extra["references"] is None:
        return None
    opening.progress("look at the season", None)
    asking = asking_of(tables)
    return seasonality.asked(opening.project, asking.columns, asking.names, extra, day, asking.row)


def asking_of(tables: SparkTables) -> Asking:
    """What answers statements about ``tables``."""
    columns = {name: tables.known.columns(name) for name in ASKED if name in tables.frames}
    frames = {name: tables.frames[name] for name in columns}

    def rows(statement: str) -> list[tuple[Any, ...]]:
        with told():
            return [tuple(row) for row in tables.session.sql(statement, **frames).collect()]

    return Asking(columns, {name: f"{{{name}}}" for name in columns}, rows)
