"""Where runs and models are kept: a SQLite file beside the project unless told otherwise."""

from __future__ import annotations

import logging
import os
import socket
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from churnlab.config import Tracking
from churnlab.errors import ConfigError, MachineError


@dataclass(frozen=True)
class Store:
    """An open tracking store and the experiment of one project."""

    client: Any
    uri: str
    experiment_id: str
    project: str


def open_store(tracking: Tracking, project: str, root: Path) -> Store:
    """Connect, create the project's experiment where it is new, and close what a dead run left open.

    Raises ``MachineError`` (exit 7) where the store cannot be reached, ``ConfigError`` for a remote
    address without authentication.
    """
    mlflow = _quiet_mlflow()
    uri = tracking.uri or os.environ.get("MLFLOW_TRACKING_URI") or f"sqlite:///{root / 'mlflow.db'}"
    _refuse_open_http(uri)
    _point(mlflow, uri)
    try:
        client = mlflow.MlflowClient(tracking_uri=uri, registry_uri=uri)
        experiment_id = _experiment(client, project, tracking.artifacts, root, uri)
        _close_dead_runs(client, experiment_id)
    except ConfigError:
        raise
    except Exception as error:
        raise MachineError(
            f"the tracking store cannot be used: {uri.split('@')[-1]}",
            got=_kind(error),
            mend="check tracking.uri, free the database, or make its folder writable",
        ) from error
    return Store(client, uri, experiment_id, project)


def use(store: Store) -> Any:
    """MLflow with ``store`` as the one its module-level functions speak to."""
    import mlflow

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


def _experiment(client: Any, project: str, artifacts: str | None, root: Path, uri: str) -> str:
    found = client.get_experiment_by_name(project)
    if found is not None:
        if found.lifecycle_stage == "deleted":
            raise ConfigError(
                f"the experiment {project} was deleted in the tracking store",
                mend=f"mlflow experiments restore -x {found.experiment_id}, or rename the project",
            )
        return str(found.experiment_id)
    location = artifacts
    if location is None and uri.startswith("sqlite:"):
        # Beside the database, wherever the command is started from.
        location = (root / "mlartifacts").as_uri()
    return str(client.create_experiment(project, artifact_location=location))


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
