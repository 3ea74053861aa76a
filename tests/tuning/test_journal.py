"""The journal: torn lines are cut, nothing is unpickled, and other data never resumes it."""

import json
from dataclasses import replace

import pytest

from churnlab.config.project import Tuning
from churnlab.folds import Fold
from churnlab.tuning import journal, tune
from customers import QUICK, drawn, on

PANEL = drawn(120)
FOLDS = [Fold(on(PANEL, 0), on(PANEL, 30), (0,), (30,))]
PLAN = Tuning(n_trials=2, most_trees=20)


def test_a_journal_is_json_lines_with_no_customer_in_it(tmp_path):
    tune(PANEL, FOLDS, QUICK, PLAN, folder=tmp_path)
    (path,) = tmp_path.iterdir()  # no lock is left beside it
    assert path.name == f"{journal.key(PANEL, FOLDS, QUICK, PLAN)}.journal"
    text = path.read_text(encoding="utf-8")
    assert all(isinstance(json.loads(line), dict) for line in text.splitlines())
    assert "00001" not in text


@pytest.mark.parametrize("torn", [b'{"op_code":5,"wor', b"\0\0\0\0\n", b'{"op_code":5}', b"[]\n", b"\xff\n"])
def test_whatever_a_kill_left_behind_the_last_whole_line_is_cut(tmp_path, torn):
    whole = tune(PANEL, FOLDS, QUICK, PLAN, folder=tmp_path)
    (path,) = tmp_path.iterdir()
    content = path.read_bytes()
    path.write_bytes(content + torn)
    assert tune(PANEL, FOLDS, QUICK, PLAN, folder=tmp_path).trials == whole.trials
    assert path.read_bytes() == content


@pytest.mark.parametrize("share", [0, 0.1, 0.35, 0.6, 0.85, 0.99])
def test_a_journal_that_was_cut_anywhere_ends_the_same(tmp_path, share):
    whole = tune(PANEL, FOLDS, QUICK, PLAN, folder=tmp_path)
    (path,) = tmp_path.iterdir()
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert tune(PANEL, FOLDS, QUICK, PLAN, folder=tmp_path).trials == whole.trials


def test_only_the_same_search_resumes_it():
    booster = QUICK.churn.model_copy(update={"depth": 4})
    keys = {
        journal.key(*asked)
        for asked in (
            (PANEL, FOLDS, QUICK, PLAN),
            (replace(PANEL, fingerprint="other"), FOLDS, QUICK, PLAN),
            (PANEL, FOLDS * 2, QUICK, PLAN),
            (PANEL, [replace(FOLDS[0], train=on(PANEL, 60))], QUICK, PLAN),
            (PANEL, [replace(FOLDS[0], test=on(PANEL, 60))], QUICK, PLAN),
            (PANEL, FOLDS, QUICK.model_copy(update={"churn": booster}), PLAN),
            (PANEL, FOLDS, QUICK.model_copy(update={"seed": 1}), PLAN),
            (PANEL, FOLDS, QUICK, PLAN.model_copy(update={"most_trees": 21})),
        )
    }
    assert len(keys) == 8
    same = (QUICK.model_copy(update={"threads": 2}), PLAN.model_copy(update={"n_trials": 30}))
    assert journal.key(PANEL, FOLDS, *same) in keys


def test_only_the_newest_journals_are_kept(tmp_path):
    for number in range(25):
        (tmp_path / f"{number:02}.journal").touch()
    journal.study(tmp_path, "mine")
    assert len(list(tmp_path.iterdir())) == 20
    assert (tmp_path / "mine.journal").exists()
