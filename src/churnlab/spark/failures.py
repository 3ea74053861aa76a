"""What goes wrong on a cluster, in three lines: errors of ours as they are, Spark's without their stack."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from churnlab import errors
from churnlab.errors import ChurnlabError, MachineError

BUG = "churnlab worker failed"  # followed by the kind of the error and where it was, never by its text
_BUG = re.compile(rf"{BUG}: (\w+), ([\w.<>-]+ line \d+)")


def as_record(error: ChurnlabError) -> dict[str, str | None]:
    """An error of ours as plain values: it travels to the driver as a row, not as a failed task."""
    return {"kind": type(error).__name__, "what": error.what, "got": error.got, "mend": error.mend}


def from_record(record: Mapping[str, Any]) -> ChurnlabError:
    """The error that ``as_record`` was asked for."""
    kind: type[ChurnlabError] = getattr(errors, record["kind"])
    return kind(record["what"], record["got"], record["mend"])


def nameless(error: Exception) -> RuntimeError:
    """The kind and the place of an error that nobody meant: its text could hold a customer's id."""
    line = error.__traceback__
    while line is not None and line.tb_next is not None:
        line = line.tb_next
    place = f"{Path(line.tb_frame.f_code.co_filename).name} line {line.tb_lineno}" if line else "somewhere"
    return RuntimeError(f"{BUG}: {type(error).__name__}, {place}")


@contextmanager
def told(
    what: str = "the Spark job failed: nothing was published", mend: str | None = None
) -> Iterator[None]:
    """Turn whatever Spark raises into ``MachineError``: three lines instead of two stacks."""
    from py4j.protocol import Py4JError
    from pyspark.errors import PySparkException

    try:
        yield
    except (PySparkException, Py4JError, ConnectionError) as error:
        raise MachineError(what, got=_cause(error), mend=mend or _mend(str(error))) from None
    except RuntimeError as error:
        if type(error) is not RuntimeError:
            raise
        raise MachineError(what, got=_cause(error), mend=mend or _mend(str(error))) from None


def _cause(error: Exception) -> str:
    """The shortest true name of a failure: Spark's text may quote rows, so none of it is shown."""
    text = str(error)
    if found := _BUG.search(text):
        return f"{found[1]} in a worker, {found[2]}"
    for sign, meaning in _SIGNS.items():
        if sign in text:
            return meaning
    condition = getattr(error, "getCondition", lambda: None)()
    return str(condition or type(error).__name__)


_SIGNS = {
    "OutOfMemoryError": "an executor ran out of memory",
    "Python worker exited unexpectedly": "a Python worker was killed, again after each retry",
    "exceeded memory": "an executor was killed for its memory",
    "ExecutorLostFailure": "an executor was lost, again after each retry",
    "spark.driver.maxResultSize": "the answer is larger than spark.driver.maxResultSize",
    "No space left on device": "no space left on a disk of the cluster",
    "Java gateway process exited": "Java does not start",
    "JAVA_GATEWAY_EXITED": "Java does not start",
    "PATH_NOT_FOUND": "a file that the job reads is not there",
    "FileNotFoundException": "a file that the job reads is not there",
    "FAILED_READ_FILE": "a file that the job reads is damaged or not there",
    "cancelled": "the job was cancelled",
}


def _mend(text: str) -> str:
    if _BUG.search(text):
        return "report it with the configuration; an own family fails like this on a small History, too"
    if "maxResultSize" in text:
        return "lower the row budget of the panel, or raise spark.driver.maxResultSize"
    if "emory" in text or "exited unexpectedly" in text or "ExecutorLost" in text:
        return "more shards make each smaller; or raise spark.executor.memoryOverhead, then run again"
    return "look at the log of the cluster, then run again: what was there before is intact"
