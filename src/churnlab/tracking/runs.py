"""One MLflow run per verb: what was asked, of which data, with what result."""

from __future__ import annotations

import math
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from churnlab.errors import ChurnlabError
from churnlab.tracking.store import Store, use

_LONGEST_PARAM = 500
_GIVEN = "MLFLOW_RUN_ID"  # the run that `mlflow run` has opened


@dataclass(eq=False)
class Run:
    """A run, begun when it is first asked for anything. ``ended``: nothing is left to be told of it."""

    store: Store
    begin: Callable[[], str]
    ended: bool = False

    @classmethod
    def of(cls, store: Store, run_id: str) -> Run:
        """A run that was begun earlier."""
        return cls(store, lambda: run_id)

    @cached_property
    def run_id(self) -> str:
        """MLflow's id of it."""
        return self.begin()

    def log_settings(self, settings: Mapping[str, Any]) -> None:
        """Log nested settings as flat parameters with the prefix ``cfg.``; secrets are names only."""
        from mlflow.entities import Param

        known = self.store.client.get_run(self.run_id).data.params
        params = [
            Param(key, str(value)[:_LONGEST_PARAM])
            for key, value in _flat("cfg", settings)
            if key not in known
        ]
        for start in range(0, len(params), 100):
            self.store.client.log_batch(self.run_id, params=params[start : start + 100])

    def log_metrics(self, metrics: Mapping[str, float]) -> None:
        """Log numbers; one that is not finite is left out, since MLflow would store another number."""
        from mlflow.entities import Metric

        # Step and time 0: the run's own start is recorded by MLflow, the measures have no clock.
        finite = [Metric(key, float(value), 0, 0) for key, value in metrics.items() if math.isfinite(value)]
        for start in range(0, len(finite), 500):
            self.store.client.log_batch(self.run_id, metrics=finite[start : start + 500])

    def log_text(self, name: str, text: str) -> None:
        """Keep a text (JSON, YAML, SVG, HTML) as the artifact ``name``."""
        self.store.client.log_text(self.run_id, text, name)

    def log_nested(
        self, name: str, settings: Mapping[str, Any], metrics: Mapping[str, float], tags: Mapping[str, str]
    ) -> str:
        """Add a run below this one, finished as soon as it is written; its id."""
        client = self.store.client
        facts = {"mlflow.parentRunId": self.run_id, "mlflow.source.name": "churnlab", **tags}
        made = client.create_run(self.store.experiment_id, run_name=name, tags=facts)
        nested = Run.of(self.store, made.info.run_id)
        nested.log_settings(settings)
        nested.log_metrics(metrics)
        client.set_terminated(nested.run_id, status="FINISHED")
        return nested.run_id

    def end(self, metrics: Mapping[str, float], settings: Mapping[str, Any]) -> tuple[str, ...]:
        """Record the last of a run whose lists are out already, and that it is finished.

        A note instead of an error where the store fails: what is published stays so, whoever keeps books.
        """
        self.ended = True
        try:
            self.log_metrics(metrics)
            self.log_settings(settings)
            self.finish()
        except Exception as error:  # noqa: BLE001 - whatever a tracker says: the lists are out
            failed = f"the tracking store failed ({type(error).__name__})"
            return (f"the lists are published, but untracked: {failed} as the run ended",)
        return ()

    def finish(self) -> None:
        """Record that it ended as it should."""
        if self.run_id != os.environ.get(_GIVEN):  # that one is MLflow's to end
            self.store.client.set_terminated(self.run_id, status="FINISHED")

    def read_text(self, name: str) -> str:
        """An artifact of this run as text."""
        return str(use(self.store).artifacts.load_text(f"{self.artifact_uri}/{name}"))

    def tags(self) -> dict[str, str]:
        """The run's tags."""
        return dict(self.store.client.get_run(self.run_id).data.tags)

    @property
    def artifact_uri(self) -> str:
        """Where the run's artifacts are."""
        return str(self.store.client.get_run(self.run_id).info.artifact_uri)

    def tag(self, tags: Mapping[str, str]) -> None:
        """Add short texts that runs can be searched by."""
        for key, value in tags.items():
            self.store.client.set_tag(self.run_id, key, value)


@contextmanager
def run(store: Store, step: str, tags: Mapping[str, str] | None = None) -> Iterator[Run]:
    """Open a run for one verb; it ends FINISHED, FAILED with its error, or KILLED when interrupted.

    Inside ``mlflow run`` the run that MLflow has opened already is the one that is used. Where the store
    is not open yet, the run is recorded with its first entry or at its end, as begun now.
    """
    given, began = os.environ.get(_GIVEN), int(time.time() * 1000)

    def begin() -> str:
        if given and _resumable(store, given):
            run_id = given
        else:
            run_id = store.client.create_run(store.experiment_id, began, run_name=step).info.run_id
        facts = {
            "churnlab.step": step,
            "churnlab.host": socket.gethostname(),
            "churnlab.pid": str(os.getpid()),
            "mlflow.source.name": "churnlab",
            **(tags or {}),
        }
        for key, value in facts.items():
            store.client.set_tag(run_id, key, value)
        return run_id

    opened = Run(store, begin)
    if store.is_open:
        _ = opened.run_id
    try:
        yield opened
    except BaseException as error:
        with suppress(Exception):  # whatever the store says to it, the first error is the one to tell
            _stopped(opened, error)
        raise
    if not opened.ended:
        opened.finish()


def tagged(store: Store, key: str, value: str | None = None) -> list[dict[str, str]]:
    """The settings of every run of the project with the tag ``key``, and with ``value`` if one is given."""
    wanted = "LIKE '%'" if value is None else f"= '{value}'"
    found: list[dict[str, str]] = []
    token = None
    while True:
        page = store.client.search_runs(
            [store.experiment_id], f"tags.`{key}` {wanted}", max_results=1_000, page_token=token
        )
        found += [dict(each.data.params) for each in page]
        token = page.token
        if not token:
            return found


def _stopped(run: Run, error: BaseException) -> None:
    if isinstance(error, ChurnlabError):
        run.tag({"churnlab.error": error.what[:_LONGEST_PARAM]})
    interrupted = isinstance(error, KeyboardInterrupt | SystemExit)
    run.store.client.set_terminated(run.run_id, status="KILLED" if interrupted else "FAILED")


def _resumable(store: Store, run_id: str) -> bool:
    from mlflow.exceptions import MlflowException

    try:
        return bool(store.client.get_run(run_id).info.status == "RUNNING")
    except MlflowException:
        return False


def _flat(prefix: str, value: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping):
        for key, inner in value.items():
            yield from _flat(f"{prefix}.{key}", inner)
    elif isinstance(value, list | tuple) and value and isinstance(value[0], Mapping):
        for position, inner in enumerate(value):
            yield from _flat(f"{prefix}.{position}", inner)
    else:
        yield prefix, value
