"""The notebooks run from the first cell to the last, and keep no output in the repository."""

import shutil
from pathlib import Path

import nbformat
import pytest

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
@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs(path, tracked, monkeypatch):
    from nbclient import NotebookClient

    shutil.copytree(ROOT / "configs", tracked / "configs")
    config = tracked / "configs" / "synthetic.yaml"
    config.write_text(
        config.read_text(encoding="utf-8").replace("customers: 3000", "customers: 800"), encoding="utf-8"
    )
    monkeypatch.setenv("CHURNLAB_NOTEBOOK_CONFIG", str(config))
    notebook = nbformat.read(path, as_version=4)
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tracked)}}).execute()
    table = notebook.cells[-2].outputs[0].data["text/plain"]
    assert ENDS[path.stem] in table
