"""Contributions: refused unless they add up, and shared out by hand."""

import numpy as np
import pytest

from churnlab.errors import IntegrityError
from churnlab.explain.attributions import Attributions
from churnlab.features.feature import Description

FEATURES = tuple(
    Description(name, family, "number", "orders", name, dimension, None, "{value}", "{value}")
    for name, family, dimension in (
        ("orders_30d", "frequency", "economic"),
        ("orders_90d", "frequency", "economic"),
        ("silence", "recency", "informational"),
    )
)
CONTRIBUTIONS = np.array([[1.0, -1.0, 0.5], [3.0, -1.0, -0.5]])
MARGIN = -2 + CONTRIBUTIONS.sum(axis=1)


def made(contributions=CONTRIBUTIONS, margin=MARGIN, base=-2.0):
    return Attributions.of(margin, base, contributions, FEATURES)


def test_shares_by_hand():
    # Mean absolute contributions: 2, 1 and .5 of 3.5 together.
    shares = made().by_feature()
    assert [(share.name, share.mean) for share in shares] == [
        ("orders_30d", 2),
        ("orders_90d", 1),
        ("silence", 0.5),
    ]
    assert shares[0].share == pytest.approx(2 / 3.5)
    # orders_30d and orders_90d nearly cancel out in each row; both were used all the same.
    assert [(share.name, share.share) for share in made().by_family()] == [
        ("frequency", pytest.approx(3 / 3.5)),
        ("recency", pytest.approx(0.5 / 3.5)),
    ]
    assert [share.name for share in made().by_dimension()] == ["economic", "informational"]
    assert sum(share.share for share in made().by_dimension()) == pytest.approx(1)


@pytest.mark.parametrize("off", [2e-4, -2e-4, np.nan])
def test_contributions_that_do_not_add_up_explain_nothing(off):
    with pytest.raises(IntegrityError, match="do not add up") as error:
        made(margin=MARGIN + np.array([0, off]))
    assert error.value.exit_code == 5
    assert "1 of 2 rows" in str(error.value)
    made(margin=MARGIN + 5e-5)


def test_another_number_of_features_is_refused():
    with pytest.raises(IntegrityError, match="do not fit"):
        made(contributions=CONTRIBUTIONS[:, :2])


def test_a_model_that_uses_nothing_has_shares_of_zero():
    flat = made(contributions=np.zeros((2, 3)), margin=np.full(2, -2.0))
    assert [share.share for share in flat.by_feature()] == [0, 0, 0]
    assert [share.name for share in flat.by_feature()] == ["orders_30d", "orders_90d", "silence"]
