"""The four strategies: the worked example, both sides of every edge, how cuts are learned, mutants."""

import json
import operator

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from pydantic import ValidationError

from churnlab.config.project import StrategyPlan, Threshold
from churnlab.strategy import quadrants
from churnlab.strategy.quadrants import Strategy, Thresholds, assign, learn_thresholds, risk_band

NAN = float("nan")
CUT = Thresholds(value_if_retained=300, intensity=50)
CODES = {"retain", "rationalise", "win_back", "release", "unclassified"}


def place(value, intensity, cut=CUT):
    return assign(np.array([value], dtype=float), np.array([intensity], dtype=float), cut)[0]


def plan(mode, at, intensity=50):
    return StrategyPlan(value=Threshold(mode=mode, at=at), intensity=Threshold(mode="fixed", at=intensity))


def learned(values, mode, at):
    values = np.array(values, dtype=float)
    return learn_thresholds(values, np.full(len(values), 50.0), plan(mode, at))


def check_edges():
    """The example of domain.md section 5, then both sides of both cuts, then the missing axes."""
    assert place(820, 72.0) == "retain", "Amel"
    assert place(140, 73.6) == "rationalise", "Chloé"
    assert place(640, 30.3) == "win_back", "Bruno"
    assert place(60, 15.2) == "release", "Denis"
    assert place(300, 50) == "retain", "a score equal to its cut is high"
    assert place(299.999999, 50) == "rationalise", "just below the value cut"
    assert place(300, 49.999999) == "win_back", "just below the intensity cut"
    assert place(299.999999, 49.999999) == "release", "just below both"
    assert place(NAN, 90) == place(900, NAN) == place(NAN, NAN) == "unclassified", "a missing axis"
    assert place(float("inf"), 90) == "unclassified", "no number"


def test_edges():
    check_edges()


MUTANTS = {
    "above, not at": lambda scores, cut: scores > cut,
    "whole numbers": lambda scores, cut: np.rint(scores) >= cut,
    "the other side": lambda scores, cut: scores <= cut,
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_of_the_comparison_is_caught(monkeypatch, name):
    def side(scores, cut, customers):
        return ~np.isfinite(scores), MUTANTS[name](scores, cut)

    monkeypatch.setattr(quadrants, "_side", side)
    with pytest.raises(AssertionError, match=r"cut|Amel|below"):
        check_edges()


def test_the_mutant_that_takes_missing_for_low_is_caught(monkeypatch):
    def side(scores, cut, customers):
        return np.zeros(customers, dtype=bool), operator.ge(scores, cut)

    monkeypatch.setattr(quadrants, "_side", side)
    with pytest.raises(AssertionError, match="a missing axis"):
        check_edges()


@given(
    st.lists(
        st.tuples(
            st.sampled_from([NAN, 299.999999, 300.0, -1.0, 1e9]) | st.floats(-1e6, 1e6),
            st.sampled_from([NAN, 49.999999, 50.0, 0.0, 100.0]) | st.floats(0, 100),
        ),
        min_size=1,
        max_size=12,
    )
)
def test_everyone_has_exactly_one_strategy_whoever_else_is_there(rows):
    value, intensity = (np.array(column) for column in zip(*rows, strict=True))
    codes = assign(value, intensity, CUT)
    assert set(codes) <= CODES
    assert codes.tolist() == [place(*row) for row in rows]
    assert [code == "unclassified" for code in codes] == [np.isnan(row).any() for row in rows]
    assert all(type(code) is str for code in codes)


def test_a_whole_axis_missing():
    some = np.array([900.0, 1.0])
    assert assign(None, some, CUT).tolist() == ["unclassified"] * 2
    assert assign(some, None, CUT).tolist() == ["unclassified"] * 2
    # No cut was learned: NaN or None must not read as "everything is low".
    no_cut = Thresholds(value_if_retained=None, intensity=50)
    assert assign(some, some, no_cut).tolist() == ["unclassified"] * 2
    with pytest.raises(ValueError, match="one axis at least"):
        assign(None, None, CUT)


def test_margin_share_is_the_smallest_set_that_covers_it():
    # 50 + 30 = 80 of 100: exactly the share, so two customers are enough. The loss-maker counts for nothing.
    assert learned([20, 50, 30, -400], "margin_share", 0.8).value_if_retained == 30
    assert learned([20, 50, 30, -400], "margin_share", 0.81).value_if_retained == 20
    assert learned([20, 50, 30, NAN], "margin_share", 0.5).value_if_retained == 50


@given(st.lists(st.integers(-50, 200), min_size=1, max_size=12), st.sampled_from([0.1, 0.5, 0.8, 1.0]))
@example([1, 1, 1], 1.0)
def test_margin_share_by_trying_every_cut(values, share):
    cut = learned(values, "margin_share", share).value_if_retained
    positive = [value for value in values if value > 0]
    if not positive:
        assert cut is None
        return
    enough = [c for c in positive if sum(v for v in positive if v >= c) >= share * sum(positive) - 1e-9]
    assert cut == max(enough)


def test_quantile_and_fixed():
    assert learned([1, 2, 3, 4, NAN], "quantile", 0.5).value_if_retained == 2.5
    assert learned([1, 2, 3], "fixed", 7).value_if_retained == 7
    assert learned([1, 2, 3], "fixed", 7).value_learned == "fixed at 7"


@given(st.lists(st.floats(-1e4, 1e4), min_size=1, max_size=30), st.randoms(use_true_random=False))
def test_cuts_do_not_depend_on_the_order_of_customers(values, random):
    shuffled = random.sample(values, len(values))
    for mode in ("quantile", "margin_share"):
        assert learned(values, mode, 0.7) == learned(shuffled, mode, 0.7)


def test_an_axis_nobody_has():
    cut = learn_thresholds(None, np.full(3, NAN), plan("margin_share", 0.8))
    assert (cut.value_if_retained, cut.intensity) == (None, None)
    assert cut.value_learned == cut.intensity_learned == "no customer has this axis"
    assert learned([-1, 0], "margin_share", 0.8).value_learned == "none of 2 customers has a value above zero"


def test_thresholds_survive_json():
    for cut in (learned([20, 50.123456, 30], "margin_share", 0.8), Thresholds(None, 50.0)):
        assert Thresholds.from_dict(json.loads(json.dumps(cut.as_dict()))) == cut


def test_risk_bands_on_both_sides_of_each_bound():
    risk = np.array([0, 0.149999, 0.15, 0.399999, 0.40, 1, NAN])
    bands = risk_band(risk, (0.15, 0.40)).tolist()
    assert bands == ["low", "low", "medium", "medium", "high", "high", "unclassified"]


def test_every_strategy_has_a_label_in_both_languages():
    french = ["Fidélisation", "Rationalisation", "Reconquête", "Abandon", "non classé"]
    assert [strategy.label("fr") for strategy in Strategy] == french
    assert len({strategy.label("en") for strategy in Strategy}) == 5
    assert {str(strategy) for strategy in Strategy} == CODES


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"value": {"mode": "margin_share", "at": 80}}, "at must be above 0 and at most 1"),
        ({"value": {"mode": "quantile", "at": 0}}, "at must be above 0 and at most 1"),
        ({"intensity": {"mode": "margin_share", "at": 0.8}}, "intensity has no margin"),
        ({"risk_bands": (0.4, 0.15)}, "two rising risks"),
        ({"risk_bands": (0.15, 40)}, "two rising risks"),
        ({"value": {"mode": "fixed", "at": float("nan")}}, "finite number"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused(change, words):
    with pytest.raises(ValidationError, match=words):
        StrategyPlan.model_validate(change)
