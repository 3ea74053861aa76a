"""The notebooks run from the first cell to the last, and keep no output in the repository."""

import shutil
from pathlib import Path

import nbformat
import pytest

from executed import executed, last_table

ROOT = Path(__file__).parents[1]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))
ENDS = {
    "iterate": "with evenings",
    "explore": "log_loss",
    "review": "retain",
}  # what the table of the last cell of code says


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_keeps_no_output(path):
    cells = nbformat.read(path, as_version=4).cells
    assert all(
        not cell.outputs and cell.execution_count is None for cell in cells if cell.cell_type == "code"
    )


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Jupyter's own messaging, in this process only
@pytest.mark.parametrize("name", ENDS)
def test_a_notebook_runs(name, tracked, monkeypatch):
    shutil.copytree(ROOT / "configs", tracked / "configs")
    config = tracked / "configs" / "synthetic.yaml"
    # A small world and few trees: what runs is every cell, not a model worth reading.
    fewer = config.read_text(encoding="utf-8").replace("customers: 3000", "customers: 500")
    config.write_text(fewer + "models: {churn: {trees: 40}, value: {trees: 40}}\n", encoding="utf-8")
    monkeypatch.setenv("CHURNLAB_NOTEBOOK_CONFIG", str(config))
    assert ENDS[name] in last_table(executed(ROOT / "notebooks" / f"{name}.ipynb", tracked))


def test_every_notebook_is_run():
    """campaign goes on from lists that test_worked_project.py has already, and is run there."""
    assert {path.stem for path in NOTEBOOKS} == {*ENDS, "campaign"}
