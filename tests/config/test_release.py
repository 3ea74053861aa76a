"""Bounds of the release gate: what is told comes before what stops."""

import pytest
from pydantic import ValidationError

from churnlab.config.release import Release


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"size_warn": (0.4, 1.5)}, "size_block holds size_warn"),
        ({"size_block": (0.5, 1.4)}, "size_block holds size_warn"),
        ({"size_block": (0, 0.9), "size_warn": (0, 0.9)}, "size_block and size_warn hold 1"),
        ({"share_block": 0.04}, "share_warn is above share_block"),
        ({"psi_block": 0.01}, "psi_warn is above psi_block"),
        ({"psi_least": 199}, "greater than or equal to 200"),
        ({"sizes": {"retain": (9, 3)}}, r"sizes\.retain must be two rising numbers"),
        ({"sizes": {"vip": (1, 3)}}, "Input should be 'retain'"),
        ({"overlap_warn": 1.5}, "less than or equal to 1"),
    ],
)
def test_bounds_that_cannot_be(given, told):
    with pytest.raises(ValidationError, match=told):
        Release(**given)


def test_what_stops_may_be_what_is_told():
    assert Release(share_block=0.05, psi_block=0.05, size_block=(0.75, 1.5)).share_warn == 0.05
