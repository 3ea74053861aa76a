"""The whole project of docs/campaigns.md runs and prints what the page says; then its notebook runs."""

import contextlib
import io
import re
import shlex
import shutil
import subprocess

import pytest

import worked_project
from churnlab import cli
from executed import executed, last_table


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
        yield folder, printed


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


def test_lines_are_alike_where_words_are_the_same_and_numbers_are_near():
    assert worked_project.same(" retain   109    24.3%   0.242", " retain 112 24.9% 0.251")
    for other in (
        "release 109 24.3% 0.242",
        "retain 190 24.3% 0.242",
        "retain 109 24.3%",
        "retain 109 x 0.242",
    ):
        assert not worked_project.same(other, " retain 109 24.3% 0.242")


def said_by(printed, start):
    """What the last command that starts so printed."""
    commands = [command for command, _ in worked_project.steps()]
    return [said for command, said in zip(commands, printed, strict=True) if command.startswith(start)][-1]


@pytest.mark.slow
def test_what_the_page_says_of_the_figures(walked):
    folder, printed = walked
    spent, budget = re.search(
        r"expected cost ([\d.]+) of ([\d,.]+)", said_by(printed, "churnlab score")
    ).groups()
    assert float(spent) < 0.1 * float(budget.replace(",", "")), "hardly touched"
    assert len(list((folder / "out" / "summer" / "outbox").rglob("*.csv"))) == 4


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of Jupyter's own messaging, in this process only
def test_the_notebook_goes_on_from_these_lists(walked, monkeypatch):
    folder, printed = walked
    runs = sorted(folder.glob("out/summer/lists/*/run=*"))
    monkeypatch.setenv("CHURNLAB_NOTEBOOK_CONFIG", str(folder / "configs" / "summer.yaml"))
    notebook = executed(worked_project.ROOT / "notebooks" / "campaign.ipynb", folder)
    assert sorted(folder.glob("out/summer/lists/*/run=*")) == runs, "no list is made anew"
    matrix = [re.findall(r"\d+", line) for line in last_table(notebook).splitlines()[1:]]
    said = said_by(printed, "churnlab compare")
    customers = re.findall(r"^ (?:Retain|Rationalise|Win back|Release) +(\d[\d ]*)$", said, re.MULTILINE)[:4]
    assert matrix == [row.split() for row in customers]
