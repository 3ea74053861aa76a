"""A project in states that cost much to reach: each is made once, and every test finds it as it was left."""

import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest

STORE = "mlflow.db"


class Kept:
    """A folder that goes back to a state by its name.

    Its place stays the same, since a tracking store remembers where its files are.
    """

    def __init__(self, folder, store):
        self.root, self._states = folder / "project", folder / "states"
        self.root.mkdir()
        shutil.copy(store, self.root / STORE)
        self._save("empty")

    def at(self, state, make, after="empty"):
        """The folder in ``state``, which ``make(folder)`` made of the state ``after`` the first time."""
        self._restore(state if (self._states / state).exists() else after)
        if not (self._states / state).exists():
            with pytest.MonkeyPatch.context() as patch:
                for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID"):
                    patch.delenv(name, raising=False)
                make(self.root)
            self._save(state)
        return self.root

    def _save(self, state):
        shutil.copytree(self.root, self._states / state, symlinks=True)

    def _restore(self, state):
        for path in self.root.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            elif path.name != STORE:
                path.unlink()
        shutil.copytree(
            self._states / state,
            self.root,
            symlinks=True,
            dirs_exist_ok=True,
            ignore=shutil.ignore_patterns(f"{STORE}*"),
        )
        _copy_rows(self._states / state / STORE, self.root / STORE)


def _copy_rows(source: Path, target: Path):
    """Through SQLite, which tells the connections that are open to the store; a copied file would not."""
    with (
        contextlib.closing(sqlite3.connect(source)) as before,
        contextlib.closing(sqlite3.connect(target)) as now,
    ):
        before.backup(now)
