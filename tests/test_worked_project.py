"""The whole project of docs/campaigns.md runs as the page says, and prints what it says."""

import contextlib
import io
import re
import shlex
import shutil
import subprocess

import pytest

import worked_project
from churnlab import cli


@pytest.fixture(scope="module")
def walked(tmp_path_factory, migrated_store):
    """The folder of the project, and what every command of the page printed."""
    folder, printed = tmp_path_factory.mktemp("summer"), []
    shutil.copy(migrated_store, folder / "mlflow.db")
    worked_project.write(folder)
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID"):
            patch.delenv(name, raising=False)
        patch.setenv("COLUMNS", "140")
        patch.chdir(folder)
        for command, _ in worked_project.steps():
            printed.append(_run(command, patch))
    return folder, printed


def _run(command, patch):
    verb, *arguments = shlex.split(command)
    if verb == "export":
        patch.setenv(*arguments[0].split("=", 1))
    elif verb == "churnlab":
        return _called(arguments)
    elif verb != "cp":  # the copy is made with its changes already
        return subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=True).stdout
    return ""


def _called(arguments):
    out = io.StringIO()
    with contextlib.redirect_stdout(out), pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert left.value.code == 0, out.getvalue()
    return out.getvalue()


@pytest.mark.slow
def test_every_command_prints_what_the_page_says(walked):
    for (command, told), printed in zip(worked_project.steps(), walked[1], strict=True):
        said = iter(printed.splitlines())
        for line in told:
            assert any(worked_project.same(each, line) for each in said), f"$ {command} prints no: {line}"


@pytest.mark.slow
def test_what_the_page_says_of_the_figures(walked):
    folder, printed = walked
    scored = printed[
        [command for command, _ in worked_project.steps()].index(
            "churnlab score configs/summer.yaml --as-of 2025-07-01"
        )
    ]
    spent, budget = re.search(r"expected cost ([\d.]+) of ([\d,.]+)", scored).groups()
    assert float(spent) < 0.1 * float(budget.replace(",", "")), "hardly touched"
    files = [path.name for path in sorted((folder / "out" / "summer" / "outbox").rglob("*.csv"))]
    assert len(files) == 4
