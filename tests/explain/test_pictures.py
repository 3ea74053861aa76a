"""The review's pictures: their words tell the truth, and small groups are not drawn."""

import numpy as np
import pytest

from churnlab.evaluation.money import decile_table
from churnlab.evaluation.probability import calibration_table
from churnlab.explain.attributions import Share
from churnlab.explain.pictures import calibration, drivers, gain, thousands, value_deciles


def test_calibration_says_its_largest_gap_and_hides_small_bins():
    table = [
        {"low": 0.1, "high": 0.2, "n": 50, "predicted": 0.15, "observed": 0.19},
        {"low": 0.5, "high": 0.6, "n": 9, "predicted": 0.55, "observed": 1.0},
    ]
    assert calibration(table).alt == (
        "Predicted risk against the share that left, in 1 group; the largest difference is 4 points."
    )
    assert "le plus grand écart est de 4 points" in calibration(table, "fr").alt


def test_gain_says_what_the_first_tenth_holds():
    churned, risk = np.zeros(100), np.arange(100.0)
    churned[[99, 95, 20, 10]] = 1
    picture = gain(churned, {"model": risk, "prior": np.ones(100)})
    assert "the first tenth of customers holds 50% of them" in picture.alt
    incomplete = np.append(churned, np.nan)
    assert gain(incomplete, {"model": np.append(risk, 1e9), "prior": np.ones(101)}).svg == picture.svg


def test_deciles_say_both_ends_and_need_ten_customers_each():
    value = np.repeat(np.arange(10.0), 10) * 100
    picture = value_deciles(decile_table(value, value * 2), "EUR")
    assert picture.alt == (
        "Mean predicted and actual value: 0 and 0 EUR in the lowest tenth, 1,800 and 900 in the highest."
    )
    few = value_deciles(decile_table(value[::2], value[::2]), "EUR")
    assert "0 and 0 EUR in the lowest tenth, 0 and 0 in the highest" in few.alt


def test_drivers_lead_with_the_largest():
    shares = [Share("silence", 0.625, 1.0), Share("orders", 0.375, 0.6)]
    assert drivers(shares, "d", "Drivers").alt == "Drivers. silence 62%, orders 38%."
    many = drivers([Share(f"f{place}", 0.02, 1) for place in range(40)], "d", "Drivers", top=5)
    assert len(many.svg) < len(
        drivers([Share(f"f{place}", 0.02, 1) for place in range(40)], "d", "Drivers").svg
    )


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_every_picture_is_small_and_drawn_of_nothing_too(locale):
    nothing = np.empty(0)
    for picture in (
        calibration([], locale),
        gain(nothing, {}, locale),
        gain(np.zeros(20), {"model": np.zeros(20)}, locale),
        drivers([], "d", "Drivers", locale),
        drivers([Share("a", 0.0, 0.0)], "d", "Drivers", locale),
        value_deciles([], "EUR", locale),
        calibration(calibration_table([0, 1] * 50, np.linspace(0, 1, 100)), locale),
    ):
        assert picture.svg.endswith("</svg>")
        assert len(picture.svg) < 60_000


def test_thousands():
    assert [thousands(value, "en") for value in (1234567.4, -1234.5, -0.3)] == ["1,234,567", "-1,234", "0"]
    assert thousands(1234.0, "fr") == "1\u202f234"
