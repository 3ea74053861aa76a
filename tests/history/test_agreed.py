"""Ends that were agreed beforehand: in the days asked for, and not where another contract goes on."""

import numpy as np
import pytest

from churnlab.history.agreed import days_to_end
from pasts import DAY, past

AS_OF = 20_000 * DAY


def ends(*contracts, nearest=30, furthest=60, types=(), of_types=False):
    rows = [
        {
            "customer": 0,
            "time": AS_OF - 300 * DAY,
            "end": None if end is None else AS_OF + int(end * DAY),
            **more,
        }
        for end, more in contracts
    ]
    seen = past([(0, AS_OF)], transactions=[{"customer": 0, "time": 0, "amount": 1}], contracts=rows)
    return float(days_to_end(seen, nearest, furthest, types, of_types=of_types)[0])


@pytest.mark.parametrize(
    ("days", "there"), [(29.999, False), (30, True), (45.5, True), (59.999, True), (60, False), (-40, False)]
)
def test_only_between_the_edges(days, there):
    assert ends((days, {})) == pytest.approx(days if there else np.nan, nan_ok=True)


def test_an_end_that_another_contract_outlasts_is_none():
    assert np.isnan(ends((40, {}), (400, {})))
    assert np.isnan(ends((40, {}), (None, {}))), "one without an end outlasts all"
    assert ends((40, {"type": "phone"}), (400, {"type": "internet"})) == 40, "another product is no renewal"
    assert np.isnan(ends((40, {"type": "phone"}), (400, {"type": "phone"})))
    assert ends((40, {}), (35, {})) == 40, "the one that ends first is outlasted by the other"
    assert ends((40, {"type": "phone"}), (35, {"type": "internet"})) == 35


def test_a_contract_that_is_not_known_yet_is_none():
    late = {"time": AS_OF - DAY, "recorded_at": AS_OF}
    assert np.isnan(ends((40, late)))
    assert ends((40, {"type": "a"}), (400, {"type": "a", **late})) == 40, "its renewal is not known yet"


def test_promotions_are_apart():
    both = (40, {"type": "promo"}), (50, {"type": "phone"})
    assert ends(*both, types=("promo",), of_types=True) == 40
    assert ends(*both, types=("promo",)) == 50
    assert np.isnan(ends(both[1], types=("promo",), of_types=True))


def test_without_contracts_or_ends_nobody_has_one():
    seen = past([(0, AS_OF)], transactions=[{"customer": 0, "time": 0, "amount": 1}])
    assert np.isnan(days_to_end(seen, 30, 60, (), of_types=False)).all()
