"""What many tests share: the folder of public data, and a tracking store that is ready in no time."""

import os
import shutil
from pathlib import Path

import pytest
from hypothesis import settings

from kept import Kept
from postgres import postgres_dsn  # noqa: F401 - a fixture

ROOT = Path(__file__).parents[1]

# Properties have no deadline, since machines are shared; CHURNLAB_PROFILE=long looks harder.
for name, examples in {"quick": 50, "ci": 200, "long": 10_000}.items():
    settings.register_profile(name, max_examples=examples, deadline=None)
settings.load_profile(os.environ.get("CHURNLAB_PROFILE", "quick"))


def data_folder() -> Path:
    return Path(os.environ.get("CHURNLAB_DATA", ROOT / "../shared/data")).resolve()


@pytest.fixture(scope="session")
def public_data():
    """The folder of public data sets; the test is skipped where it is absent."""
    folder = data_folder()
    if not folder.is_dir():
        pytest.skip("CHURNLAB_DATA does not name the folder of public data sets")
    return folder


@pytest.fixture(scope="session")
def migrated_store(tmp_path_factory):
    """A SQLite tracking store with its tables made: creating them takes seconds, a copy none."""
    from churnlab.config import Tracking
    from churnlab.tracking import open_store

    folder = tmp_path_factory.mktemp("store")
    open_store(Tracking(), "template", folder)
    return folder / "mlflow.db"


@pytest.fixture
def tracked(tmp_path, migrated_store, monkeypatch):
    """A folder with a fresh tracking store in it, and no tracking settings from outside."""
    for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID"):
        monkeypatch.delenv(name, raising=False)
    shutil.copy(migrated_store, tmp_path / "mlflow.db")
    return tmp_path


@pytest.fixture(scope="module")
def kept(tmp_path_factory, migrated_store):
    """A project whose trained states are made once for all tests of a file."""
    return Kept(tmp_path_factory.mktemp("kept"), migrated_store)
