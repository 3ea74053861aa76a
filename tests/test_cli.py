"""The command line: quick to answer, mistakes told in words, exit codes a scheduler understands."""

import json
import runpy
import shlex
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

from churnlab import cli, errors

ROOT = Path(__file__).parents[1]
HEAVY = {"pandas", "numpy", "sklearn", "xgboost", "mlflow", "shap", "optuna", "ibis", "duckdb", "matplotlib"}


def called(capfd, *arguments):
    with pytest.raises(SystemExit) as left:
        cli.main(list(arguments))
    out, err = capfd.readouterr()
    return left.value.code, out, err


def test_help_lists_every_command(capfd):
    code, out, _ = called(capfd, "--help")
    assert code == 0
    for command in (
        "validate",
        "diagnose",
        "features",
        "train",
        "score",
        "deliver",
        "ledger",
        "review",
        "sign",
        "explain",
        "run",
        "schema",
    ):
        assert f"\n  {command} " in out


def test_starting_imports_nothing_heavy():
    code = "import sys, churnlab.cli; print(sorted(set(sys.modules) & set(sys.argv[1:])))"
    ran = subprocess.run([sys.executable, "-c", code, *HEAVY], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bogus"], "No such command 'bogus'"),
        (["train"], "Missing argument 'CONFIG'"),
        (["train", "x.yaml", "--bogus", "1"], "No such option: --bogus"),
        (["train", "none.yaml"], "none.yaml: no such file"),
        (["score", "x.yaml"], "score needs --as-of"),
        (["score", "x.yaml", "--as-of", "2025-01-31", "--by", "Ann"], "--by and --reason are of an approval"),
        (["score", "x.yaml", "--as-of", "2025-01-31", "--approve", "cost"], "an approval needs --by"),
        (
            [
                "score",
                "x.yaml",
                "--as-of",
                "2025-01-31",
                "--approve",
                "suppression",
                "--by",
                "A",
                "--reason",
                "r",
            ],
            "no approval lets that pass",
        ),
        (
            ["score", str(ROOT / "configs" / "complete_journey.yaml"), "--as-of", "31/12/2025"],
            "--as-of 31/12/2025: not a date",
        ),
        (["explain", "x.yaml"], "Missing option '--customer'"),
        (["sign", "x.yaml", "--verdict", "approved"], "Missing option '--reviewer'"),
    ],
)
def test_a_users_mistake_is_exit_2_in_words(capfd, arguments, words):
    code, out, err = called(capfd, *arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert "Traceback" not in err
    assert len(err.strip().splitlines()) <= 3


def test_every_deliberate_error_leaves_with_its_code(capfd, monkeypatch):
    codes = {
        errors.ConfigError: 2,
        errors.DataError: 3,
        errors.GateError: 4,
        errors.IntegrityError: 5,
        errors.LockedError: 6,
        errors.MachineError: 7,
        KeyboardInterrupt: 130,
    }
    for kind, expected in codes.items():

        def fails(kind=kind):
            raise kind("what happened")

        monkeypatch.setattr("churnlab.config.schema", fails)
        code, out, err = called(capfd, "schema")
        assert (code, out) == (expected, ""), kind
        assert "Traceback" not in err


def test_a_bug_of_ours_is_one_line_and_a_file(capfd, monkeypatch):
    def fails():
        raise ZeroDivisionError("customer 00042")

    monkeypatch.setattr("churnlab.config.schema", fails)
    code, _, err = called(capfd, "schema")
    assert code == 1
    assert "this is a bug in churnlab: ZeroDivisionError" in err
    assert "00042" not in err  # what an exception says may be a customer's
    kept = Path(err.split("details in ")[1].split(" (")[0])
    assert "customer 00042" in kept.read_text(encoding="utf-8")
    kept.unlink()


def test_a_full_disk_is_the_machines_fault(capfd, monkeypatch):
    def fails():
        raise OSError(28, "No space left on device", "out/list.csv")

    monkeypatch.setattr("churnlab.config.schema", fails)
    code, _, err = called(capfd, "schema")
    assert code == 7
    assert "out/list.csv: No space left on device" in err
    assert "mend: free some space" in err


def test_the_schema_is_a_json_document(capfd):
    code, out, _ = called(capfd, "schema")
    assert code == 0
    assert json.loads(out)["title"] == "churnlab project"


@pytest.mark.parametrize("job", ["train", "score", "deliver", "review", "run", "backtest"])
def test_jobs_hold_no_logic_and_pass_everything_on(job, tmp_path):
    script = ROOT / "pipelines" / f"{job}.py"
    assert len(script.read_text(encoding="utf-8").splitlines()) <= 60
    when = ["--as-of", "2025-01-31"] if job in {"score", "deliver", "run"} else []
    arguments = [str(tmp_path / "none.yaml"), *when, "--overrides", "churn.horizon_days=60"]
    ran = subprocess.run(
        [sys.executable, str(script), *arguments], capture_output=True, text=True, check=False
    )
    assert (ran.returncode, "none.yaml: no such file" in ran.stderr) == (2, True)
    bogus = subprocess.run(
        [sys.executable, str(script), *arguments, "--bogus", "1"], capture_output=True, check=False
    )
    assert bogus.returncode == 2


def asked(script, arguments, monkeypatch):
    """What a job asks of the command line."""
    heard = []
    monkeypatch.setattr("churnlab.cli.main", heard.extend)
    monkeypatch.setattr(sys, "argv", [str(script), *arguments])
    runpy.run_path(str(script))
    return heard


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ([], ["--format=html"]),
        (["--run", "3", "--format", "md"], ["--run=3", "--format=md"]),
        (
            ["--interactive", "--as-of", "2025-01-31"],
            ["--as-of=2025-01-31", "--format=html", "--interactive"],
        ),
        (["--interactive=yes", "--with-ids=yes"], ["--format=html", "--interactive", "--with-ids"]),
        (["--interactive=no", "--with-ids"], ["--format=html", "--with-ids"]),
        (["--overrides", "a=1 b=2"], ["--format=html", "--set", "a=1", "--set", "b=2"]),
    ],
)
def test_the_review_job_passes_what_it_is_given(given, wanted, monkeypatch):
    script = ROOT / "pipelines" / "review.py"
    for words in (["shop.yaml", *given], [*given, "shop.yaml"]):
        assert asked(script, words, monkeypatch) == ["review", "shop.yaml", *wanted]


def test_the_score_job_passes_a_dry_run_on(monkeypatch):
    script = ROOT / "pipelines" / "score.py"
    plain = ["score", "shop.yaml", "--as-of", "2025-01-31"]
    for given, wanted in (([], []), (["--dry-run=no"], []), (["--dry-run"], ["--dry-run"])):
        for words in ([*plain[1:], *given], [*given, *plain[1:]]):
            assert asked(script, words, monkeypatch) == [*plain, *wanted]
    assert asked(script, [*plain[1:], "--dry-run=yes"], monkeypatch)[-1] == "--dry-run"


@pytest.mark.parametrize("name", ["score", "review"])
@pytest.mark.parametrize("wrong", ["--dry-run=maybe", "--with-ids=maybe", "--dry", "--with"])
def test_no_other_word_is_taken_for_a_flag(name, wrong, monkeypatch, capsys):
    with pytest.raises(SystemExit, match="2"):
        asked(ROOT / "pipelines" / f"{name}.py", ["shop.yaml", "--as-of", "2025-01-31", wrong], monkeypatch)
    assert wrong.partition("=")[0] in capsys.readouterr().err


def entry_points():
    return yaml.safe_load((ROOT / "MLproject").read_text(encoding="utf-8"))["entry_points"]


@pytest.mark.parametrize("name", entry_points())
def test_an_entry_point_passes_every_parameter_to_its_job(name, monkeypatch):
    """As MLflow writes the command: each parameter quoted, an empty one too."""
    entry = entry_points()[name]
    given = {each: f"a-{each}" for each in entry["parameters"]}
    given |= {each: "yes" for each in ("interactive", "with_ids", "dry_run") if each in given}
    python, script, *arguments = shlex.split(
        entry["command"].format(**{each: shlex.quote(value) for each, value in given.items()})
    )
    assert python == "python"
    heard = " ".join(asked(ROOT / script, arguments, monkeypatch))
    assert heard.startswith("run " if name == "main" else f"{name} ")
    for each, value in given.items():
        assert (f"--{each.replace('_', '-')}" if value == "yes" else value) in heard
    defaults = {each: about.get("default", "2025-01-31") for each, about in entry["parameters"].items()}
    words = shlex.split(entry["command"].format(**{k: shlex.quote(v) for k, v in defaults.items()}))[2:]
    heard = asked(ROOT / script, words, monkeypatch)
    assert "" not in heard
    options = [word for word in heard if word.startswith("--") and "=" not in word]
    assert options == (["--as-of"] if name == "score" else [])
