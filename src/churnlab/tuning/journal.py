"""Trials on disk as they end: one JSON line an event, no pickle, no port.

A search that was killed, even in the middle of a line, goes on where it stopped. The file is named
after all that a loss depends on, so that other data, folds or settings never resume it.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict
from importlib import metadata
from pathlib import Path
from typing import Any

import numpy as np

from churnlab.config.project import Models, Tuning
from churnlab.folds import Fold
from churnlab.panel import Panel
from churnlab.tuning import dials, judging, search
from churnlab.version import VERSION

_KEPT = 20  # journals of other data, the newest


def key(panel: Panel, folds: Sequence[Fold], models: Models, plan: Tuning) -> str:
    """SHA-256 of everything that a trial's loss depends on; not of how many trials there are."""
    flags = hashlib.sha256()
    for fold in folds:
        flags.update(np.packbits(fold.train).tobytes() + np.packbits(fold.test).tobytes())
    facts = {
        "panel": panel.fingerprint,
        "rows": len(panel),
        "folds": flags.hexdigest(),
        "booster": models.churn.model_dump(mode="json"),
        "seed": models.seed,
        "most_trees": plan.most_trees,
        "dials": {name: asdict(dial) for name, dial in dials.ends(models.churn).items()},
        "rules": [judging.UNIT, judging.PATIENCE, judging.FEWEST, judging.ASKED, *search.SHARES],
        "code": [VERSION, *(metadata.version(name) for name in ("optuna", "xgboost", "numpy"))],
    }
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()


def study(folder: Path | None, name: str) -> Any:
    """The study of that name in ``folder``, begun or resumed; of None: one that is not kept.

    The caller is the only one who writes there. A trial that nobody will finish any more is given up.
    """
    import optuna
    from optuna.trial import TrialState

    optuna.logging.set_verbosity(optuna.logging.ERROR)
    if folder is None:
        return optuna.create_study(direction="minimize")
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / f"{name}.journal"
    mend(path)
    path.touch()
    _tidy(folder)
    storage = optuna.storages.JournalStorage(_backend(path))
    if optuna.get_all_study_names(storage):
        found = optuna.load_study(study_name="tuning", storage=storage)
    else:
        found = optuna.create_study(study_name="tuning", storage=storage, direction="minimize")
    for trial in found.get_trials(deepcopy=False, states=[TrialState.RUNNING, TrialState.WAITING]):
        storage.set_trial_state_values(trial._trial_id, TrialState.FAIL)  # noqa: SLF001 (no public name)
    return found


def mend(path: Path) -> None:
    """Cut a journal after its last whole line: what follows was written by a process that was killed."""
    if not path.exists():
        return
    content = path.read_bytes()
    whole = 0
    for line in content.splitlines(keepends=True):
        if not line.endswith(b"\n") or not _is_record(line):
            break
        whole += len(line)
    if whole < len(content):
        with path.open("r+b") as file:
            file.truncate(whole)


def _is_record(line: bytes) -> bool:
    try:
        return isinstance(json.loads(line), dict)
    except ValueError:
        return False


def _tidy(folder: Path) -> None:
    newest = sorted(folder.glob("*.journal"), key=lambda path: (path.stat().st_mtime, path.name))
    for path in newest[:-_KEPT]:
        path.unlink()


class _Held:
    """The project's own lock is held already; Optuna's would outlive a process that was killed."""

    def acquire(self) -> bool:
        return True

    def release(self) -> None:
        pass


def _backend(path: Path) -> Any:
    from optuna.storages.journal import JournalFileBackend

    return JournalFileBackend(str(path), lock_obj=_Held())
