"""A Spark of one machine, for tests, trials and a laptop; a cluster brings a session of its own."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from churnlab.errors import MachineError
from churnlab.spark.failures import told

LOOPBACK = "127.0.0.1"
TRIES = 4  # of a task: Spark's own default on a cluster, where a local session would give up at once


@contextmanager
def local(
    threads: int = 2, *, memory: str = "1g", settings: Mapping[str, str] | None = None
) -> Iterator[Any]:
    """A session on this machine with ``threads`` tasks at once, which ends with the context.

    ``memory``: of the Java process; the Python workers come beside it. ``settings``: more of Spark's own.
    Everything listens on the loopback interface only, and there is no web page.
    """
    builder = _library().sql.SparkSession.builder.appName("churnlab").master(f"local[{threads},{TRIES}]")
    for name, value in {**_settings(memory), **(settings or {})}.items():
        builder = builder.config(name, value)
    with told("no Spark session can be started", "install a Java 17 runtime, and look at JAVA_HOME"):
        session = builder.getOrCreate()
    session.sparkContext.setLogLevel("OFF")  # what goes wrong is told by us, in three lines
    try:
        yield session
    finally:
        session.stop()


def submitted() -> Any:
    """The session that `spark-submit` prepared, with the settings of the cluster."""
    library = _library()
    with told("no Spark session can be started", "start this job with spark-submit, or add --local 2"):
        return library.sql.SparkSession.builder.getOrCreate()


def _settings(memory: str) -> dict[str, str]:
    # Workers must be this very Python; Spark reads the variable when the session starts.
    os.environ["PYSPARK_PYTHON"] = os.environ["PYSPARK_DRIVER_PYTHON"] = sys.executable
    os.environ["SPARK_LOCAL_IP"] = LOOPBACK
    return {
        "spark.driver.host": LOOPBACK,
        "spark.driver.bindAddress": LOOPBACK,
        "spark.driver.memory": memory,
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
    }


def _library() -> Any:
    try:
        import pyspark.sql
    except ImportError:
        raise MachineError(
            "Spark is not installed", mend="pip install 'churnlab[spark]', with a Java 17 runtime"
        ) from None
    return pyspark
