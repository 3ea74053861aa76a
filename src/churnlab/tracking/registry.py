"""Models in the registry: registered as code without pickle, fetched as verified plain files."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from churnlab.errors import IntegrityError
from churnlab.features.feature import Description
from churnlab.tracking import local
from churnlab.tracking.local import Record
from churnlab.tracking.runs import Run
from churnlab.tracking.store import Store, use

ALIAS = "champion"
FOLDER = "model"  # MLflow keeps an artifact under the name of the folder it comes from
_DIGEST = "sha256."


@dataclass(frozen=True)
class Champion:
    """The registered model in use: its files, and the digests that the registry recorded for them."""

    version: str
    run_id: str
    folder: Path
    digests: Mapping[str, str]


def register(run: Run, folder: Path, digests: Mapping[str, str], features: Sequence[Description]) -> str:
    """Register the files in ``folder`` (named ``FOLDER``) as a new version, the champion; return it.

    The digests become tags of the version, so that scoring can tell the files that were registered
    from any others. MLflow's own loaders work too: the version holds ``scorer.py``, not a pickle.
    """
    mlflow = use(run.store)
    name = run.store.project
    signature, example = _signature(features)
    with _attached(run), _hushed():
        info = mlflow.pyfunc.log_model(
            name="model",
            python_model=str(Path(__file__).with_name("scorer.py")),
            artifacts={FOLDER: str(folder)},
            signature=signature,
            input_example=example,
            pip_requirements=["churnlab"],
            registered_model_name=name,
        )
    version = str(info.registered_model_version)
    for file, digest in digests.items():
        run.store.client.set_model_version_tag(name, version, _DIGEST + file, digest)
    run.store.client.set_model_version_tag(name, version, "churnlab.run", run.run_id)
    run.store.client.set_registered_model_alias(name, ALIAS, version)
    return version


def champion(store: Store) -> Champion:
    """The version behind the alias ``champion``, as local files with their recorded digests.

    Raises ``IntegrityError`` (exit 5) where there is none: without a trusted model, no score.
    """
    found = None if store.is_open else local.record(store.uri, store.project, ALIAS)
    return _champion(store, found or _asked(store))


def confirm(store: Store, used: Champion) -> None:
    """Raise ``IntegrityError`` (exit 5) unless MLflow names the files of ``used`` as the champion's."""
    now = _champion(store, _asked(store))
    if (now.version, dict(now.digests)) != (used.version, dict(used.digests)):
        raise IntegrityError(
            f"{store.project} has another champion than the one that scored",
            got=f"scored by version {used.version}; version {now.version} has the alias {ALIAS} now",
            mend="score again",
        )


def _champion(store: Store, found: Record) -> Champion:
    digests = {
        key.removeprefix(_DIGEST): value for key, value in found.tags.items() if key.startswith(_DIGEST)
    }
    if not digests:
        raise IntegrityError(
            f"version {found.version} of {store.project} was registered without digests",
            mend="train again: churnlab train CONFIG",
        )
    run_id = found.tags.get("churnlab.run", found.run_id)
    return Champion(found.version, run_id, found.folder / "artifacts" / FOLDER, digests)


def _asked(store: Store) -> Record:
    """The record of the alias as MLflow gives it; its files are fetched where they are elsewhere."""
    mlflow = use(store)
    from mlflow.exceptions import MlflowException

    try:
        version = store.client.get_model_version_by_alias(store.project, ALIAS)
    except MlflowException as error:
        raise IntegrityError(
            f"no model of {store.project} has the alias {ALIAS}",
            mend="train one first: churnlab train CONFIG",
        ) from error
    try:
        folder = mlflow.artifacts.download_artifacts(f"models:/{store.project}/{version.version}")
    except (MlflowException, OSError) as error:
        raise IntegrityError(
            f"the files of version {version.version} of {store.project} cannot be fetched",
            got=type(error).__name__,
            mend="restore the artifact folder, or train again: churnlab train CONFIG",
        ) from error
    return Record(str(version.version), version.run_id, version.tags, Path(folder))


def _signature(features: Sequence[Description]) -> tuple[Any, Any]:
    import pandas as pd
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    columns = [
        ColSpec("double" if feature.kind == "number" else "string", feature.name, required=False)
        for feature in features
    ]
    outputs = Schema([ColSpec("double", "churn_risk"), ColSpec("double", "value_if_retained")])
    # An invented customer: a real one would put personal data into the registry.
    invented = {feature.name: [1.0] if feature.kind == "number" else ["example"] for feature in features}
    return ModelSignature(inputs=Schema(columns), outputs=outputs), pd.DataFrame(invented)


@contextlib.contextmanager
def _attached(run: Run) -> Any:
    """MLflow logs models to its active run: make it ours, and leave its status alone."""
    import mlflow

    active = mlflow.active_run()
    if active is not None and active.info.run_id == run.run_id:
        yield
        return
    with mlflow.start_run(run_id=run.run_id, nested=active is not None):
        yield
    # Leaving the block marks the run finished; the verb that owns it is still at work.
    run.store.client.update_run(run.run_id, status="RUNNING")


@contextlib.contextmanager
def _hushed() -> Any:
    """MLflow prints 'Successfully registered' on stdout, which belongs to machines."""
    import io

    logging.getLogger("mlflow").setLevel(logging.ERROR)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        yield
