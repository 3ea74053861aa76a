import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(autouse=True)
def benchmarks_folder(monkeypatch):
    """`import benchmarks` finds the folder of that name at the root, and leaves nothing behind."""
    monkeypatch.syspath_prepend(ROOT)
    yield
    for name in [name for name in sys.modules if name.split(".")[0] == "benchmarks"]:
        del sys.modules[name]


@pytest.fixture(scope="session")
def worlds_folder(tmp_path_factory):
    return tmp_path_factory.mktemp("worlds")
