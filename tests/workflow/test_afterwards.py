"""Chapters that only lists and a backtest can tell."""

import json

import numpy as np
import pyarrow as pa
import pytest

from churnlab.config.strategy import Hysteresis
from churnlab.evaluation.drift import Parts
from churnlab.explain.exhibits import told
from churnlab.explain.page import Shown
from churnlab.strategy.thresholds import Thresholds
from churnlab.workflow import afterwards


def test_who_stays_is_counted_and_a_few_are_not_told():
    def note(apart, locale="en"):
        raw = ["release"] * apart + ["retain"] * (100 - apart)
        places = pa.table({"quadrant": ["retain"] * 100, "quadrant_raw": raw})
        exhibits = list(afterwards.stayed(places, Hysteresis()))
        return [line for each in exhibits for line in told(each, Shown(locale, "EUR")).notes]

    [line] = note(22)
    assert line.startswith("22 of 100 customers keep the strategy of the list before")
    assert "within 10.0% of the value cut or 5 points of intensity" in line
    [french] = note(22, "fr")
    assert french.startswith("Sur 100 clients, 22 gardent la stratégie")
    assert note(0) == note(4) == note(96) == []


def backtest(**changes):
    def figure(origin, task, model, metric, estimate, segment="all"):
        place = {"origin": origin, "task": task, "model": model, "metric": metric}
        return place | {"estimate": estimate, "segment": segment}

    origins = [
        {
            "origin": name, "days": 60, "rows": 900, "calibration": {"verdict": "calibrated"},
            "totals": {"risk_mean": 0.12, "churned_share": 0.10} | money,
        }
        for name, money in (
            ("2017-09-01", {"value_predicted": 110.0, "value_actual": 100.0}), ("2017-11-01", {}),
        )
    ]  # fmt: skip
    figures = [
        figure("2017-09-01", "churn", "boosted", "auroc", 0.9),
        figure("2017-09-01", "churn", "boosted", "auroc", 0.5, "new"),
        figure("2017-09-01", "churn", "recency", "auroc", 0.8),
        figure("2017-11-01", "churn", "boosted", "auroc", 0.85),
    ]
    difference = {
        "where": "2017-11-01", "task": "churn", "metric": "log_loss", "other": "pareto_nbd", "ours": 0.21,
        "theirs": 0.2, "verdict": "worse",
    }  # fmt: skip
    choice = {"task": "churn", "model": "pareto_nbd"}
    told = {"origins": origins, "figures": figures, "differences": [difference], "choices": [choice]}
    return told | changes


def kept(**columns):
    return {name: Parts.of(values).as_dict() for name, values in columns.items()}


def written(folder, told):
    (folder / "backtest.json").write_text(json.dumps(told))
    return afterwards.stability(folder, "en")


def test_our_figures_of_each_origin_are_told(tmp_path):
    (exhibit,), pictures = written(tmp_path, backtest())
    first, last = exhibit.rows
    assert first[:4] == ("2017-09-01", 60, 900, 0.9)
    assert first[5] == pytest.approx(2)
    assert first[7] == pytest.approx(0.1)
    assert first[8] == "calibrated"
    assert last[3:5] == (0.85, None)
    assert last[7] is None
    assert list(pictures) == list(exhibit.pictures)
    said = told(exhibit, Shown("en", "EUR")).notes
    assert "For churn risk the earlier dates choose pareto_nbd" in said[1]
    assert (
        said[2]
        == "2017-11-01, log loss: ours 0.210, the best of the others (pareto_nbd) 0.200: ours is worse."
    )


@pytest.mark.parametrize("text", ["", "{}", "[]", '{"origins": [{}], "figures": []}', "null"])
def test_a_table_that_nobody_can_read_is_no_table(tmp_path, text):
    (tmp_path / "backtest.json").write_text(text)
    assert afterwards.stability(tmp_path, "en") == ([], {})


def test_a_table_of_snapshots_has_no_days_and_is_told_all_the_same(tmp_path):
    told = backtest()
    told["origins"][0]["days"] = None
    (exhibit,), _ = written(tmp_path, told)
    assert exhibit.rows[0][1] is None


def test_a_figure_that_is_no_number_makes_no_picture(tmp_path):
    told = backtest()
    told["figures"][0]["estimate"] = "high"
    assert written(tmp_path, told) == ([], {})


def test_without_a_backtest_there_is_nothing_to_tell(tmp_path):
    assert afterwards.stability(tmp_path, "en") == ([], {})


def counted(then, **scores):
    """What a manifest says of these scores."""
    parts = {name: Parts.from_dict(then[name]).counts(values) for name, values in scores.items()}
    return {"scores": {name: {"counts": counts} for name, counts in parts.items()}}


def test_scores_that_moved_are_told_beside_those_that_did_not():
    draw = np.random.default_rng(1)
    risk, value = draw.beta(1, 4, 5_000), draw.gamma(2, 50, 5_000)
    then = kept(churn_risk=risk, value_if_retained=value)
    now = counted(then, churn_risk=risk, value_if_retained=2 * value)
    (exhibit,) = afterwards.moved(then, now, "2018-01-01")
    assert [(row[0], row[2]) for row in exhibit.rows] == [
        ("churn_risk", "steady"), ("value_if_retained", "other"),
    ]  # fmt: skip
    nobody = np.full(900, np.nan)
    unknown = counted(then, churn_risk=nobody, value_if_retained=nobody)
    assert list(afterwards.moved(then, unknown, "2018-01-01")) == []
    assert list(afterwards.moved(then, None, "2018-01-01")) == [], "lists of an earlier version"


def test_customers_near_a_cut_change_with_it_by_hand():
    value, near = (np.repeat(each, 100) for each in ([90.0, 110, 200, np.nan], [80.0, 45, 20, 9]))
    scores = {"value_if_retained": value, "intensity": near}
    (exhibit,) = afterwards.sensitivity(Thresholds(100.0, 50.0), scores)
    rows = {name: tuple(rest) for name, *rest in exhibit.rows}
    assert [name for name, _ in exhibit.columns][1:-1] == [
        "retain", "rationalise", "win_back", "release", "unclassified",
    ]  # fmt: skip
    assert rows["moved_none"] == (0, 100, 200, 0, 100, 0.0)
    assert rows["moved_value_down"] == (100, 0, 200, 0, 100, 0.25)
    assert rows["moved_value_up"] == (0, 100, 100, 100, 100, 0.25)
    assert rows["moved_intensity_down"] == (100, 100, 100, 0, 100, 0.25)
    assert rows["moved_intensity_up"] == (0, 100, 200, 0, 100, 0.0)
    assert list(afterwards.sensitivity(Thresholds(None, 50.0), scores)) == []
    by_group = Thresholds(100.0, 50.0, groups={"B2B": Thresholds(900.0, 50.0)})
    assert list(afterwards.sensitivity(by_group, scores)) == [], "one cut would place some elsewhere"


def test_a_strategy_of_few_is_hidden_with_the_one_that_would_give_it_away():
    value = np.array([200.0] * 5 + [50.0] * 30 + [20.0] * 500)
    near = np.array([80.0] * 35 + [10.0] * 500)
    scores = {"value_if_retained": value, "intensity": near}
    (exhibit,) = afterwards.sensitivity(Thresholds(100.0, 50.0), scores)
    assert exhibit.rows[0][1:5] == (None, None, 0, 500)


def test_of_a_small_list_no_drift_is_told_since_luck_would_look_like_it():
    draw = np.random.default_rng(1)
    then = kept(churn_risk=draw.beta(1, 4, 5_000))
    few = counted(then, churn_risk=draw.beta(1, 4, 499))
    assert list(afterwards.moved(then, few, "2018-01-01")) == []


MEANINGS = {"silence": "Days since the last order", "town": "Where they live"}


def seen(then, customers=1_000, **counts):
    return {"customers": customers, "inputs": {name: {"counts": counts[name]} for name in then}}


def test_inputs_that_moved_are_told_first_with_their_meaning_by_hand():
    town = np.array(["Oslo"] * 600 + ["Bergen"] * 300 + [None] * 100, dtype=object)
    then = kept(town=town, silence=np.arange(1_000, dtype=np.float32))
    now = seen(then, silence=[80] * 10 + [200], town=[600, 300, 0, 100])
    exhibit = afterwards.inputs(then, now, MEANINGS, "2018-01-01")
    first, second = exhibit.rows
    # Ten parts of .1 that are .08 now, and from none (which counts as 1 in 10,000) to .2 unknown.
    index = 10 * (0.08 - 0.1) * np.log(0.8) + (0.2 - 1e-4) * np.log(0.2 / 1e-4)
    assert first == ("silence", MEANINGS["silence"], pytest.approx(index), 0.0, 0.2, "other")
    assert second == ("town", MEANINGS["town"], pytest.approx(0), 0.1, 0.1, "steady")
    for locale, wanted in (("en", "Days since the last order"), ("fr", "autre population")):
        shown = told(exhibit, Shown(locale, "EUR"))
        assert wanted in " ".join(text for row in shown.rows for _, text in row)
        assert "2018-01-01" in shown.notes[0]


def test_what_is_not_known_of_the_inputs_is_said():
    then = kept(silence=np.arange(1_000, dtype=np.float32))
    few = seen(then, customers=499, silence=[49] * 10 + [9])
    for exhibit, wanted in (
        (afterwards.inputs({}, few, {}, "2018-01-01"), "is not known: nothing was kept"),
        (afterwards.inputs(then, None, {}, "2018-01-01"), "is not known: nothing was kept"),
        (afterwards.inputs(then, few, MEANINGS, "2018-01-01"), "fewer than 500 customers"),
    ):
        assert not exhibit.rows
        assert wanted in told(exhibit, Shown("en", "EUR")).notes[0]
        assert "{" not in told(exhibit, Shown("fr", "EUR")).notes[0]
