"""What is fitted says the same without the library that fitted it."""

import subprocess
import sys

import numpy as np
import pytest

from churnlab.models.btyd import FAMILIES, GammaGamma, KnownPurchases, KnownSpend, RepeatPurchases

WEEKS = [[0, 0, 30], [0, 0, 12], [1, 2, 30], [2, 9, 38], [6, 29, 35], [3, 30, 31], [0, 0, 38]]
SPENT = [[0, 0.0], [1, 10.0], [3, 25.0], [2, -4.0], [7, 12.5], [50, 11.0]]


@pytest.mark.parametrize("family", FAMILIES)
def test_purchases_to_the_bit(family):
    model = RepeatPurchases(family, unit="weeks", penalty=0.1).fit(WEEKS)
    known, asked = KnownPurchases.from_dict(model.as_dict()), np.array(WEEKS, np.float64)
    assert known.log_likelihood == model.log_likelihood_
    for horizon, start in ((13, 0), (4.5, 2), (np.arange(7.0), 1)):
        assert (
            known.buys(asked, horizon, start=start).tobytes()
            == model.buys(WEEKS, horizon, start=start).tobytes()
        )
        told = model.expected(WEEKS, horizon, start=start)
        assert known.expected(asked, horizon, start=start).tobytes() == told.tobytes()


def test_spend_to_the_bit():
    model = GammaGamma(worthless="ignore", penalty=0.1).fit(SPENT)
    known = KnownSpend.from_dict(model.as_dict())
    assert known.expected(np.array(SPENT)).tobytes() == model.expected(SPENT).tobytes()


def test_they_do_not_load_scikit_learn():
    code = "import sys; from churnlab.models.btyd import KnownPurchases; sys.exit('sklearn' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_a_name_that_is_not_there():
    from churnlab.models import btyd

    with pytest.raises(AttributeError, match="no attribute 'ParetoGGG'"):
        _ = btyd.ParetoGGG
