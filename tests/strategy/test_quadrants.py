"""The four strategies: the worked example, both sides of every edge, how cuts are learned, mutants."""

import operator

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from churnlab.config.strategy import Hysteresis, StrategyPlan
from churnlab.strategy import quadrants
from churnlab.strategy.quadrants import Strategy, assign, risk_band
from churnlab.strategy.thresholds import Thresholds
from laws import often

NAN = float("nan")
CUT = Thresholds(value_if_retained=300, intensity=50)
CODES = {"retain", "rationalise", "win_back", "release", "unclassified"}


def place(value, intensity, cut=CUT):
    return assign(np.array([value], dtype=float), np.array([intensity], dtype=float), cut)[0]


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
    def side(scores, cut):
        return ~np.isfinite(scores), MUTANTS[name](scores, cut)

    monkeypatch.setattr(quadrants, "_side", side)
    with pytest.raises(AssertionError, match=r"cut|Amel|below"):
        check_edges()


def test_the_mutant_that_takes_missing_for_low_is_caught(monkeypatch):
    def side(scores, cut):
        return np.zeros(len(scores), dtype=bool), operator.ge(scores, cut)

    monkeypatch.setattr(quadrants, "_side", side)
    with pytest.raises(AssertionError, match="a missing axis"):
        check_edges()


# Law 6: exactly one quadrant.
@often
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
        ({"intensity": {"mode": "fixed", "at": 500}}, "on its scale of 0 to 100"),
        ({"risk_bands": (0.4, 0.15)}, "two rising risks"),
        ({"risk_bands": (0.15, 40)}, "two rising risks"),
        ({"value": {"mode": "fixed", "at": float("nan")}}, "finite number"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused(change, words):
    with pytest.raises(ValidationError, match=words):
        StrategyPlan.model_validate(change)


GIVE = Hysteresis()  # a tenth of the value cut, five points of intensity


def moved(value, intensity, was, cut=CUT, give=GIVE):
    now = np.array([value], dtype=float), np.array([intensity], dtype=float)
    return assign(*now, cut, previous=np.array([was], dtype=object), give=give)[0]


def test_who_was_high_stays_until_clearly_below_and_who_was_low_until_clearly_above():
    assert moved(290, 72, "retain") == "retain", "Amel at 290 next month needs less than 270"
    assert moved(270, 72, "retain") == "retain", "exactly the end of the band"
    assert moved(269.999999, 72, "retain") == "rationalise"
    assert moved(330, 72, "rationalise") == "rationalise", "exactly the end of the band"
    assert moved(330.000001, 72, "rationalise") == "retain"
    assert moved(900, 45, "retain") == "retain"
    assert moved(900, 44.999999, "retain") == "win_back"
    assert moved(900, 55, "win_back") == "win_back"
    assert moved(900, 55.000001, "win_back") == "retain"
    assert moved(290, 47, "release") == "release", "low on both axes, inside neither band"
    assert moved(310, 52, "release") == "release", "low on both axes before"


@pytest.mark.parametrize("was", [None, "unclassified"])
def test_who_had_no_place_before_is_placed_by_the_cut_itself(was):
    assert moved(300, 50, was) == "retain"
    assert moved(299.999999, 50, was) == "rationalise"


def test_a_cut_below_zero_has_its_band_around_it_too():
    cut = Thresholds(value_if_retained=-100, intensity=50)
    assert moved(-105, 90, "retain", cut) == "retain"
    assert moved(-110.000001, 90, "retain", cut) == "rationalise"
    assert moved(-95, 90, "rationalise", cut) == "rationalise"


def test_without_a_band_the_cut_itself_decides_as_on_the_first_list():
    for was in sorted(CODES):
        assert moved(300, 50, was, give=Hysteresis(value=0, intensity=0)) == "retain"
        assert moved(299.999999, 49.999999, was, give=Hysteresis(value=0, intensity=0)) == "release"


@settings(max_examples=300)
@given(
    st.sampled_from(["retain", "rationalise", "win_back", "release"]),
    st.lists(st.tuples(st.floats(270, 330), st.floats(45, 55)), min_size=1, max_size=12),
)
def test_a_customer_who_oscillates_inside_the_band_never_changes_quadrant(first, path):
    """Law 7 of the definitions."""
    now = first
    for value, intensity in path:
        now = moved(value, intensity, now)
    assert now == first


@settings(max_examples=300)
@given(st.sampled_from(sorted(CODES)), st.floats(-1e3, 1e3), st.floats(0, 100))
def test_beyond_the_band_where_a_customer_came_from_makes_no_difference(was, value, intensity):
    if not 270 <= value <= 330 and not 45 <= intensity <= 55:
        assert moved(value, intensity, was) == place(value, intensity)


def test_groups_have_cuts_of_their_own():
    cut = Thresholds(300, 50, groups={"B2B": Thresholds(5_000, 50)})
    groups = np.array(["B2B", "B2C", None, "B2B"], dtype=object)
    value, near = np.array([900.0, 900.0, 900.0, 5_000.0]), np.full(4, 80.0)
    assert assign(value, near, cut, groups=groups).tolist() == ["rationalise", "retain", "retain", "retain"]
    assert assign(value, near, cut).tolist() == ["retain"] * 4, "nobody's group is known"
