"""The parameters that the literature reports for CDNOW, a sample of one in ten and the whole cohort.

Fader, Hardie & Lee (2005) for BG/NBD and Pareto/NBD, Batislam et al. (2007) for MBG/NBD, Fader & Hardie
(2013) for Gamma-Gamma. Digits beyond the printed ones are those of other implementations.
"""

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from churnlab.models.btyd import GammaGamma, RepeatPurchases

SAMPLE = {
    "bg_nbd": ({"r": 0.2426, "alpha": 4.4136, "a": 0.7929, "b": 2.4259}, -9582.43),
    "mbg_nbd": ({"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614}, -9582.1),
    "pareto_nbd": ({"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}, -9595.0),
}


@pytest.mark.parametrize("family", SAMPLE)
def test_the_sample(cdnow, family):
    model = RepeatPurchases(family, unit="weeks").fit(cdnow["sample"].histories)
    parameters, likelihood = SAMPLE[family]
    for name, value in parameters.items():
        assert model.parameters_[name] == pytest.approx(value, abs=6e-4), name
    assert model.log_likelihood_ == pytest.approx(likelihood, abs=0.06)


def test_the_whole_cohort(cdnow):
    model = RepeatPurchases("bg_nbd", unit="weeks").fit(cdnow["full"].histories)
    wanted = {"r": 0.2516, "alpha": 4.789, "a": 0.7234, "b": 2.161}
    assert model.parameters_ == pytest.approx(wanted, abs=6e-4)
    assert model.log_likelihood_ == pytest.approx(-95368.44, abs=0.01)


def test_one_customer_of_the_literature():
    """ "Counting your customers" the easy way: customer 1 of the sample makes 1.226 purchases in 39 weeks."""
    parameters = {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}
    record = {"family": "bg_nbd", "unit": "weeks", "penalty": 0.0, "log_likelihood": 0.0}
    model = RepeatPurchases.from_dict({**record, "parameters": parameters})
    assert model.expected([[2, 30.43, 38.86]], horizon=39)[0] == pytest.approx(1.226, abs=6e-4)


def test_values_of_the_sample(cdnow):
    """946 customers with repeat purchases; the mean value of a purchase is about 35 dollars."""
    sample = cdnow["sample"]
    assert (sample.histories[:, 0] > 0).sum() == 946
    model = GammaGamma().fit(sample.values)
    wanted = {"p": 6.25, "q": 3.744, "v": 15.44}
    assert model.parameters_ == pytest.approx(wanted, abs=6e-3)
    assert model.population_mean_ == pytest.approx(35.17, abs=0.02)


def test_days_give_the_same_answers_as_weeks(cdnow):
    weeks = cdnow["sample"].histories
    days = weeks * [1, 7, 7]
    for family in SAMPLE:
        by_week = RepeatPurchases(family, unit="weeks").fit(weeks)
        by_day = RepeatPurchases(family, unit="days").fit(days)
        assert by_day.parameters_["alpha"] == pytest.approx(7 * by_week.parameters_["alpha"], rel=1e-6)
        ours, theirs = by_day.buys(days, 273, start=14), by_week.buys(weeks, 39, start=2)
        np.testing.assert_allclose(ours, theirs, rtol=1e-5)


@pytest.mark.parametrize("family", SAMPLE)
def test_who_bought_later_was_foreseen(cdnow, family):
    """29.94 % bought again. P(alive) of BG/NBD ranks them worse than a coin: it is no churn score."""
    cohort = cdnow["full"]
    model = RepeatPurchases(family, unit="weeks").fit(cohort.histories)
    buys, again = model.buys(cohort.histories, 39), cohort.later > 0
    assert again.mean() == pytest.approx(0.2994, abs=5e-5)
    assert roc_auc_score(again, buys) > 0.745
    if family == "bg_nbd":
        assert roc_auc_score(again, model.alive(cohort.histories)) < 0.35
