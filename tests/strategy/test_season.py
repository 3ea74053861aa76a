"""The season as a ratio of totals: where it is known, and through JSON."""

import json

import pytest

from churnlab.config.lifecycle import Lifecycle
from churnlab.strategy.season import LEAST, Season, Turn, window


def test_the_ratio_of_totals():
    assert Turn(90, LEAST, recent=130, before=100).ratio == 1.3


@pytest.mark.parametrize("turn", [Turn(90), Turn(90, LEAST - 1, 130, 100), Turn(90, LEAST, 0, 100)])
def test_too_few_are_no_season(turn):
    assert turn.ratio == 1


def test_through_json():
    here = Season(Turn(70, 145, 541, 527), Turn(90, 130, 9, 18))
    record = json.loads(json.dumps(here.as_dict()))
    assert Season.from_dict(record) == here
    assert (record["events"]["ratio"], record["value"]["ratio"]) == (1.026565, 0.5)


@pytest.mark.parametrize(
    ("g_pop", "days"), [(None, 180), (1, 60), (20, 60), (33.4, 100), (60, 180), (200, 180)]
)
def test_a_window_suits_the_middle_customer(g_pop, days):
    assert window(g_pop, Lifecycle()) == days
