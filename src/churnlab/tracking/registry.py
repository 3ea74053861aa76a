"""Models in the registry: registered as code without pickle, fetched as verified plain files."""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from churnlab.errors import IntegrityError, MachineError
from churnlab.features.feature import Description
from churnlab.lists.columns import risk_within
from churnlab.tracking import local
from churnlab.tracking.local import Record
from churnlab.tracking.runs import Run
from churnlab.tracking.store import Store, use

ALIAS = "champion"
MARK = "churnlab.champion"  # the version that the recorded changes of the alias lead to
FOLDER = "model"  # MLflow keeps an artifact under the name of the folder it comes from
_DIGEST = "sha256."


@dataclass(frozen=True)
class Champion:
    """The registered model in use: its files, and the digests that the registry recorded for them."""

    version: str
    run_id: str
    folder: Path
    digests: Mapping[str, str]


def register(
    run: Run,
    folder: Path,
    digests: Mapping[str, str],
    features: Sequence[Description],
    tags: Mapping[str, str] | None = None,
    also_days: Sequence[int] = (),
) -> str:
    """Register the files in ``folder`` (named ``FOLDER``) as a new version; return it. No list uses it yet.

    The digests become tags of the version, so that scoring can tell the files that were registered
    from any others. MLflow's own loaders work too: the version holds ``scorer.py``, not a pickle.
    ``also_days``: the shorter horizons that it answers for.
    """
    mlflow = use(run.store)
    name = run.store.project
    signature, example = _signature(features, also_days)
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
    recorded = {_DIGEST + file: digest for file, digest in digests.items()}
    for key, value in (recorded | {"churnlab.run": run.run_id} | dict(tags or {})).items():
        run.store.client.set_model_version_tag(name, version, key, value)
    return version


def champion(store: Store) -> Champion:
    """The version behind the alias ``champion``, as local files with their recorded digests.

    Raises ``IntegrityError`` (exit 5) where there is none, or one older than the recorded champion:
    without a trusted model, no score.
    """
    found = None if store.is_open else local.record(store.uri, store.project, ALIAS)
    return _champion(store, found or _asked(store))


def alias(store: Store) -> str | None:
    """The version that has the alias ``champion``, as MLflow names it now; None where there is none.

    Raises ``MachineError`` (exit 7) where the registry cannot be asked: that is not the same as none.
    """
    model = _model(store)
    version = None if model is None else model.aliases.get(ALIAS)
    return None if version is None else str(version)


def fetched(store: Store, version: str) -> Champion:
    """The files of any version, with their recorded digests; ``IntegrityError`` where it has none."""
    return _verified(store, _downloaded(store, version))


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
    if found.mark is not None and int(found.version) < int(found.mark):
        raise IntegrityError(
            f"the alias {ALIAS} of {store.project} was put back without a record",
            got=f"it names version {found.version}; the recorded champion is version {found.mark}",
            mend=f"give it to version {found.mark} again, or train; the way back is churnlab rollback",
        )
    return _verified(store, found)


def _verified(store: Store, found: Record) -> Champion:
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
    model = _model(store)
    version = None if model is None else model.aliases.get(ALIAS)
    if model is None or version is None:
        raise IntegrityError(
            f"no model of {store.project} has the alias {ALIAS}",
            mend="train one: churnlab train CONFIG; those that were refused: churnlab models CONFIG",
        )
    return replace(_downloaded(store, str(version)), mark=model.tags.get(MARK))


def _downloaded(store: Store, version: str) -> Record:
    mlflow = use(store)
    from mlflow.exceptions import MlflowException

    try:
        found = store.client.get_model_version(store.project, version)
        folder = mlflow.artifacts.download_artifacts(f"models:/{store.project}/{version}")
    except (MlflowException, OSError) as error:
        raise IntegrityError(
            f"the files of version {version} of {store.project} cannot be fetched",
            got=type(error).__name__,
            mend="restore the artifact folder, or train again: churnlab train CONFIG",
        ) from error
    return Record(str(found.version), found.run_id, found.tags, Path(folder))


def _model(store: Store) -> Any:
    """The registered model of the project; None where there is none."""
    use(store)
    from mlflow.exceptions import MlflowException

    try:
        return store.client.get_registered_model(store.project)
    except MlflowException as error:
        if error.error_code == "RESOURCE_DOES_NOT_EXIST":
            return None
        raise MachineError(
            f"the registry cannot be asked for {store.project}",
            got=error.error_code,
            mend="check tracking.uri and run it again: nothing was changed",
        ) from error


def _signature(features: Sequence[Description], also_days: Sequence[int]) -> tuple[Any, Any]:
    import pandas as pd
    from mlflow.models import ModelSignature
    from mlflow.types import ColSpec, Schema

    columns = [
        ColSpec("double" if feature.kind == "number" else "string", feature.name, required=False)
        for feature in features
    ]
    told = ("churn_risk", *map(risk_within, also_days), "value_if_retained")
    outputs = Schema([ColSpec("double", name) for name in told])
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
