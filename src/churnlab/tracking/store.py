"""Where runs and models are kept: a SQLite file beside the project unless told otherwise."""

from __future__ import annotations

import logging
import os
import socket
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from churnlab.config import Tracking
from churnlab.errors import ConfigError, MachineError


@dataclass(frozen=True, eq=False)
class Store:
    """The tracking store of one project. MLflow is loaded, and the store opened, when first asked."""

    uri: str
    project: str
    artifacts: str | None
    root: Path

    @property
    def client(self) -> Any:
        """MLflow's client of the open store."""
        return self._open[0]

    @property
    def experiment_id(self) -> str:
        """The project's experiment, created where it is new."""
        return self._open[1]

    @property
    def is_open(self) -> bool:
        """Whether MLflow has been asked for anything."""
        return "_open" in self.__dict__

    @cached_property
    def _open(self) -> tuple[Any, str]:
        mlflow = _quiet_mlflow()
        _point(mlflow, self.uri)
        try:
            client = mlflow.MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)
            experiment_id = _experiment(client, self)
            _close_dead_runs(client, experiment_id)
        except ConfigError:
            raise
        except Exception as error:
            raise MachineError(
                f"the tracking store cannot be used: {self.uri.split('@')[-1]}",
                got=_kind(error),
                mend="check tracking.uri, free the database, or make its folder writable",
            ) from error
        return client, experiment_id


def open_store(tracking: Tracking, project: str, root: Path, *, later: bool = False) -> Store:
    """Connect, create the project's experiment where it is new, and close what a dead run left open.

    ``later``: not before something is asked of it. Raises ``MachineError`` (exit 7) where the store
    cannot be reached, ``ConfigError`` for a remote address without authentication.
    """
    uri = tracking.uri or os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{root / 'mlflow.db'}"
    _refuse_open_http(uri)
    store = Store(uri, project, tracking.artifacts, root)
    if not later:
        _ = store.client
    return store


def use(store: Store) -> Any:
    """MLflow with ``store`` as the one its module-level functions speak to."""
    mlflow = _quiet_mlflow()
    _point(mlflow, store.uri)
    return mlflow


def _point(mlflow: Any, uri: str) -> None:
    given = os.environ.get("MLFLOW_TRACKING_URI")
    mlflow.set_tracking_uri(uri)
    mlflow.set_registry_uri(uri)
    # MLflow leaves the address in the environment, where the next project would take it for yours.
    if given is None:
        os.environ.pop("MLFLOW_TRACKING_URI", None)
    else:
        os.environ["MLFLOW_TRACKING_URI"] = given


def _quiet_mlflow() -> Any:
    # Set before the import: MLflow reads them once. No telemetry, no pickles, no progress bars.
    os.environ["MLFLOW_DISABLE_TELEMETRY"] = "true"
    os.environ["MLFLOW_ALLOW_PICKLE_DESERIALIZATION"] = "false"
    os.environ["MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR"] = "false"
    os.environ.setdefault("GIT_PYTHON_REFRESH", "quiet")
    import mlflow

    for name in ("mlflow", "alembic", "sqlalchemy"):
        logging.getLogger(name).setLevel(logging.ERROR)
    return mlflow


def _refuse_open_http(uri: str) -> None:
    parts = urlsplit(uri)
    local = parts.hostname in {"localhost", "127.0.0.1", "::1"}
    secured = parts.username or os.environ.get("MLFLOW_TRACKING_TOKEN")
    secured = secured or os.environ.get("MLFLOW_TRACKING_USERNAME")
    if parts.scheme == "http" and not local and not secured:
        raise ConfigError(
            "tracking.uri: plain http to another host without authentication",
            got=f"http://{parts.hostname}",
            mend="use https, or set MLFLOW_TRACKING_USERNAME and MLFLOW_TRACKING_PASSWORD",
        )


def _experiment(client: Any, store: Store) -> str:
    found = client.get_experiment_by_name(store.project)
    if found is not None:
        if found.lifecycle_stage == "deleted":
            raise ConfigError(
                f"the experiment {store.project} was deleted in the tracking store",
                mend=f"mlflow experiments restore -x {found.experiment_id}, or rename the project",
            )
        return str(found.experiment_id)
    location = store.artifacts
    if location is None and store.uri.startswith("sqlite:"):
        # Beside the database, wherever the command is started from.
        location = (store.root / "mlartifacts").as_uri()
    return str(client.create_experiment(store.project, artifact_location=location))


def _close_dead_runs(client: Any, experiment_id: str) -> None:
    """A run of this machine that is RUNNING without its process was killed: say so."""
    running = client.search_runs([experiment_id], filter_string="attributes.status = 'RUNNING'")
    for each in running:
        tags = each.data.tags
        here = tags.get("churnlab.host") == socket.gethostname()
        if here and not _alive(int(tags.get("churnlab.pid", "0"))):
            client.set_terminated(each.info.run_id, status="KILLED")


def _alive(pid: int) -> bool:
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def _kind(error: Exception) -> str:
    # Only its kind: the text of a connection error repeats the address, password and all.
    return type(error).__name__
