"""What stands first in a report: loosened bounds, simpler models that do as well, a window that is worn."""

import json

import pytest

from churnlab.config import Gate
from churnlab.evaluation.bounds import Check
from churnlab.evaluation.gate import Verdict
from churnlab.explain.translated import sentence
from churnlab.workflow import minding
from french import ENGLISH


def test_bounds_as_they_are_by_default_are_no_news():
    assert list(minding.loosened(Gate())) == []
    stricter = {"max_ece": 0.01, "max_loss": 0, "min_positives": 100, "slice_rows": 50}
    assert list(minding.loosened(Gate(**stricter))) == []


@pytest.mark.parametrize("name", [*minding.LOOSER_ABOVE, *minding.LOOSER_BELOW])
def test_every_loosened_bound_is_named(name):
    default = Gate.model_fields[name].default
    asked = 1 if name in minding.LOOSER_BELOW else default + (1 if isinstance(default, int) else 0.5)
    (note,) = minding.loosened(Gate(**{name: asked}))
    assert note == f"the gate was loosened: gate.{name} is {asked:g}, by default {default:g}"


def test_every_bound_is_looked_at():
    numbers = {name for name, field in Gate.model_fields.items() if type(field.default) in (int, float)}
    assert numbers - {"bootstrap"} == {*minding.LOOSER_ABOVE, *minding.LOOSER_BELOW}


def verdict(low, high):
    names = {"low": low, "high": high, "difference": (low + high) / 2}
    figures = {f"average_precision.{end}": value for end, value in names.items()}
    checks = (
        Check("ece", passed=True, said="0.010"),
        Check("baseline pace", True, "-", figures, blocks=False),
    )
    return Verdict("first", "-", checks)


def test_a_baseline_within_the_interval_is_named():
    assert list(minding.tied(verdict(0.001, 0.04))) == []
    assert list(minding.tied(Verdict("first", "-", ()))) == []
    (note,) = minding.tied(verdict(-0.01, 0.03))
    assert note == (
        "pace, a simple baseline, may rank as well as the model: average precision +0.010 [-0.010, +0.030]"
    )
    assert list(minding.tied(verdict(0.0, 0.03)))  # an interval that ends at zero holds it


def test_a_challenger_of_the_backtest_that_does_as_well_is_named(tmp_path):
    path = tmp_path / "backtest.json"
    assert list(minding.matched(path)) == []
    path.write_text("[]")
    assert list(minding.matched(path)) == []
    row = {"other": "mbg_nbd", "ours": 0.412, "theirs": 0.409}
    said = [("log_loss", "worse"), ("gini", "alike"), ("auroc", "alike"), ("log_loss", "alike")]
    rows = [{**row, "metric": metric, "verdict": word} for metric, word in said]
    path.write_text(json.dumps({"differences": rows}))
    start = "the backtest does not show the model to be better than mbg_nbd: "
    assert list(minding.matched(path)) == [
        start + "log loss 0.412, mbg_nbd 0.409",
        start + "normalised Gini 0.412, mbg_nbd 0.409",
    ]
    path.write_text(json.dumps({"differences": [{**row, "metric": "log_loss", "verdict": "better"}]}))
    assert list(minding.matched(path)) == []


def test_more_than_three_looks_are_told():
    assert list(minding.worn({})) == []
    assert list(minding.worn({"date": "2017-11-01", "looks": 3})) == []
    (note,) = minding.worn({"date": "2017-11-01", "looks": 4})
    assert note.startswith("the test date 2017-11-01 has been looked at 4 times")


def test_all_of_it_is_said_in_french(tmp_path):
    path = tmp_path / "backtest.json"
    row = {"other": "mbg_nbd", "ours": 0.412, "theirs": 0.409, "verdict": "alike"}
    path.write_text(json.dumps({"differences": [{**row, "metric": each} for each in ("log_loss", "gini")]}))
    notes = [
        *minding.loosened(Gate(max_ece=0.5)), *minding.tied(verdict(-0.01, 0.03)), *minding.matched(path),
        *minding.worn({"date": "2017-11-01", "looks": 4}),
    ]  # fmt: skip
    assert len(notes) == 5
    for note in notes:
        told = sentence(note, "fr")
        assert told != note
        assert not ENGLISH.search(told), told
