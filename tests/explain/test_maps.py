"""The strategy map shows groups and nobody; the timeline shows the real dates."""

from datetime import date

import numpy as np
import pytest

from churnlab.explain.maps import Dates, cells, quadrant_map, timeline

CUT = (300.0, 50.0)


def population(count, seed=0):
    random = np.random.default_rng(seed)
    return random.gamma(1.2, 400, count), random.random(count) * 100


@pytest.mark.parametrize("count", [0, 5, 60, 700, 20_000])
def test_no_cell_is_small_and_everyone_is_accounted_for(count):
    value, intensity = population(count)
    drawn, hidden = cells(value, intensity, CUT)
    assert all(cell.customers >= 10 for cell in drawn)
    assert sum(cell.customers for cell in drawn) + hidden == count
    if count >= 700:
        assert hidden <= 0.1 * count


def test_cells_do_not_reach_across_a_threshold():
    value, intensity = population(5_000)
    intensity[:50], value[:50] = CUT[1], CUT[0]  # exactly at both cuts is high, high
    drawn, _ = cells(value, intensity, CUT)
    for cell in drawn:
        high = (cell.value >= CUT[0], cell.intensity >= CUT[1])
        assert cell.strategy == {
            (True, True): "retain", (True, False): "win_back", (False, True): "rationalise",
            (False, False): "release",
        }[high]  # fmt: skip
    high_value, close = value >= CUT[0], intensity >= CUT[1]
    for strategy, members in {"retain": high_value & close, "release": ~high_value & ~close}.items():
        shown = sum(cell.customers for cell in drawn if cell.strategy == strategy)
        assert 0.9 * members.sum() <= shown <= members.sum()


def test_one_customer_more_or_less_is_not_seen_in_the_axis():
    value, intensity = population(2_000)
    value[0] = 1e9
    richest = value.copy()
    richest[0] = 5e7
    assert quadrant_map(value, intensity, CUT, "EUR").svg == quadrant_map(richest, intensity, CUT, "EUR").svg


def test_who_has_no_place_is_left_out():
    value, intensity = population(500)
    value[:100], intensity[100:150] = np.nan, np.nan
    drawn, hidden = cells(value, intensity, CUT)
    assert sum(cell.customers for cell in drawn) + hidden == 350


@pytest.mark.parametrize(
    ("values", "cut"),
    [
        (np.full(50, 10.0), (10.0, 50.0)),
        (np.full(50, 0.0), (0.0, 0.0)),
        (np.linspace(-500, 50, 50), (20.0, 100.0)),
        (np.linspace(0, 0.01, 50), (0.001, 50.0)),
    ],
)
def test_odd_populations_are_drawn(values, cut):
    intensity = np.linspace(0, 100, 50)
    drawn, hidden = cells(values, intensity, cut)
    assert sum(cell.customers for cell in drawn) + hidden == 50
    assert quadrant_map(values, intensity, cut, "EUR", "fr").svg.endswith("</svg>")


def test_the_map_stays_below_sixty_kilobytes_and_says_what_it_hides():
    value, intensity = population(50_000)
    picture = quadrant_map(value, intensity, CUT, "EUR")
    assert len(picture.svg) < 60_000
    drawn, hidden = cells(value, intensity, CUT)
    assert f"; {hidden} in smaller groups are not drawn" in picture.alt
    assert f"(the largest: {max(cell.customers for cell in drawn)})" in picture.alt


def dates(**changes):
    asked = {
        "observation_days": 90,
        "gap_days": 7,
        "horizon_days": 60,
        "settlement_days": 0,
        "train": (date(2017, 4, 1), date(2017, 5, 1)),
        "test": (date(2017, 10, 1),),
    }
    return Dates(**{**asked, **changes})


def test_the_timeline_in_words():
    assert timeline(dates()).alt == ("training: 2 snapshots from 2017-04-01 to 2017-05-01. test: 2017-10-01.")
    assert timeline(dates(gap_days=0)).svg != timeline(dates()).svg
    assert timeline(dates(), "fr").alt.startswith("apprentissage\u00a0: 2 observations")


def test_the_past_of_a_timeline_is_a_window_and_no_condition(monkeypatch):
    """The longest window is no history that a customer must have."""
    legends = []
    monkeypatch.setattr(
        "matplotlib.figure.Figure.legend",
        lambda _, handles, **__: legends.append([handle.get_label() for handle in handles]),
    )
    timeline(dates())
    timeline(dates(), "fr")
    english, french = legends
    assert english[1:3] == ["past, in windows of up to 90 days", "gap, 7 days"]
    assert french[1] == "passé, par fenêtres de 90 jours au plus"
