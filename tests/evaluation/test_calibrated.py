"""Did the risks come true: slopes against scikit-learn, deciles by hand, verdicts that are not luck."""

import json
from collections import Counter

import numpy as np
import pytest
from scipy.special import expit, logit
from sklearn.linear_model import LogisticRegression

from churnlab.evaluation import calibrated
from churnlab.evaluation.calibrated import decile_ratios, intercept, out_of_time, slope
from churnlab.evaluation.probability import ece


def drawn(seed, rows=2_000, true=lambda odds: odds, shape=(2, 5)):
    """Outcomes, risks whose log odds are ``true`` of the right ones', and whole weights."""
    random = np.random.default_rng(seed)
    risk = random.beta(*shape, rows)
    churned = (random.random(rows) < risk).astype(float)
    return churned, expit(true(logit(risk))), random.integers(0, 3, rows).astype(float)


@pytest.mark.parametrize("seed", range(3))
def test_the_slope_is_that_of_a_logistic_regression(seed):
    churned, risk, weight = drawn(seed, true=lambda odds: 1.4 * odds + 0.3)
    for weights in (None, weight):
        oracle = LogisticRegression(C=np.inf, tol=1e-12, max_iter=10_000)
        oracle.fit(logit(risk)[:, None], churned, sample_weight=weights)
        assert float(slope(churned, risk, weights)) == pytest.approx(oracle.coef_[0, 0], abs=1e-4)


@pytest.mark.parametrize("seed", range(3))
def test_the_intercept_makes_the_sums_equal(seed):
    churned, risk, weight = drawn(seed, true=lambda odds: odds - 0.5)
    for weights in (np.ones(len(risk)), weight):
        moved = expit(logit(risk) + float(intercept(churned, risk, weights)))
        assert weights @ moved == pytest.approx(weights @ churned, rel=1e-9)


@pytest.mark.parametrize("seed", range(8))
def test_risks_far_from_the_truth_are_no_harder(seed):
    random = np.random.default_rng(seed)
    odds = np.clip(random.normal(5, 8, 200), -13, 13)
    churned = (random.random(200) < expit(1 - 0.3 * odds)).astype(float)
    oracle = LogisticRegression(C=np.inf, tol=1e-12, solver="newton-cholesky").fit(odds[:, None], churned)
    assert float(slope(churned, expit(odds))) == pytest.approx(oracle.coef_[0, 0], rel=1e-4)
    moved = expit(odds + float(intercept(churned, expit(odds))))
    assert moved.sum() == pytest.approx(churned.sum(), rel=1e-6)


def test_by_hand():
    # One in two was said, three of four left: log 3 is lacking.
    assert float(intercept([0, 1, 1, 1], [0.5] * 4)) == pytest.approx(np.log(3))
    # Risks of odds 1/4 and 4 where odds of 1/2 and 2 came: half the log odds are true.
    risk = np.repeat([0.2, 0.8], 3)
    assert float(slope([0, 0, 1, 0, 1, 1], risk)) == pytest.approx(0.5)
    assert float(intercept([0, 0, 1, 0, 1, 1], risk)) == pytest.approx(0, abs=1e-9)


@pytest.mark.parametrize("metric", [slope, intercept])
def test_laws_of_every_metric(metric):
    churned, risk, weight = drawn(4, rows=300)
    figure = float(metric(churned, risk, weight))
    order = np.random.default_rng(5).permutation(300)
    assert float(metric(churned[order], risk[order], weight[order])) == pytest.approx(figure, rel=1e-9)
    repeated = [np.repeat(values, weight.astype(int)) for values in (churned, risk)]
    assert float(metric(*repeated)) == pytest.approx(figure, rel=1e-9)
    one_kind = weight * churned
    together = metric(churned, risk, np.stack([weight, np.zeros(300), one_kind, np.ones(300)]))
    alone = [figure, np.nan, np.nan, float(metric(churned, risk))]
    np.testing.assert_allclose(together, alone, rtol=1e-9)
    assert np.isnan(metric([], []))
    with pytest.raises(ValueError, match=r"must lie in 0\.\.1"):
        metric([0, 1], [0.5, 1.5])


def test_no_slope_without_an_end():
    assert np.isnan(slope([0, 0, 1, 1], [0.1, 0.2, 0.8, 0.9]))  # parted
    assert np.isnan(slope([0, 1, 1], [0.5, 0.5, 0.5]))  # equal
    assert np.isnan(intercept([1, 1], [0.2, 0.3]))
    assert float(slope([0, 0, 1, 0, 1, 1], [0, 0, 0, 1, 1, 1])) < 0.06  # 0 and 1 are not infinitely sure


@pytest.mark.parametrize("shape", [(2, 5), (1, 12)])
def test_the_luck_of_true_risks_is_that_of_many_draws(shape):
    random = np.random.default_rng(6)
    risk = random.beta(*shape, 1_409)
    errors = [float(ece(random.random(1_409) < risk, risk)) for _ in range(400)]
    usual, most = calibrated.luck(risk)
    assert usual == pytest.approx(np.mean(errors), abs=0.0015)
    assert most == pytest.approx(np.quantile(errors, 0.95), abs=0.003)


def check_deciles():
    # 1000 rows in ten groups of one risk each, from .05 to .95; of the 100 in each, so many left:
    risk = np.repeat(np.arange(10) / 10 + 0.05, 100)
    left = (5, 14, 30, 44, 45, 55, 40, 75, 85, 95)
    churned = np.concatenate([np.arange(100) < count for count in left]).astype(float)
    rows = list(decile_ratios(churned, risk))
    assert [row["observed"] for row in rows] == pytest.approx(left), "not by hand"
    assert [row["expected"] for row in rows] == pytest.approx([5, 15, 25, 35, 45, 55, 65, 75, 85, 95]), (
        "not by hand"
    )
    assert [row["ratio"] for row in rows][1:4] == pytest.approx([14 / 15, 1.2, 44 / 35]), "not by hand"
    # 44 is above 1.25 x 35 = 43.75, by less than luck, 2.81 x sqrt(100 x .35 x .65). 40 is below
    # .8 x 65 = 52, but 2.81 x sqrt(100 x .65 x .35) + 1.6 = 15 would bring it there.
    verdicts = ["holds", "holds", "holds", "unsure", "holds", "holds", "unsure", "holds", "holds", "holds"]
    assert [row["verdict"] for row in rows] == verdicts, "not by hand"
    churned[600 + 36 : 700] = 0  # 36: below 52 - 15
    assert [row["verdict"] for row in decile_ratios(churned, risk)][6] == "off", "not by hand"


def test_deciles_by_hand():
    check_deciles()


def test_equal_risks_are_spread_over_deciles():
    churned = np.tile([1.0, 0.0, 0.0, 0.0], 30)
    for row in decile_ratios(churned, np.full(120, 0.25)):
        assert (row["observed"], row["expected"]) == (pytest.approx(3), pytest.approx(3))


def verdicts(rows, times=60, **drawing):
    found = [out_of_time(*drawn(seed, rows, **drawing)[:2]).verdict for seed in range(times)]
    return Counter(found)


@pytest.mark.parametrize(("rows", "shape"), [(600, (2, 5)), (3_000, (1, 15)), (2_000, (0.3, 3))])
def test_true_risks_are_hardly_ever_called_wrong(rows, shape):
    assert verdicts(rows, shape=shape)["miscalibrated"] <= 4  # of 60, and each has eleven chances


def test_true_risks_of_many_rows_are_called_true_and_wrong_ones_wrong():
    assert verdicts(20_000, times=20)["calibrated"] >= 18
    assert verdicts(20_000, times=20, true=lambda odds: odds + 0.4) == {"miscalibrated": 20}
    assert verdicts(20_000, times=20, true=lambda odds: 1.6 * odds) == {"miscalibrated": 20}


def test_what_a_reader_is_told():
    churned, risk, _ = drawn(0, 20_000, true=lambda odds: 1.6 * odds + 0.5)
    found = out_of_time(churned, risk)
    assert found.verdict == "miscalibrated"
    assert found.reasons[0].startswith("calibration error 0.")
    assert any(reason.startswith("decile 1: ") and reason.endswith(" expected") for reason in found.reasons)
    assert found.slope == pytest.approx(1 / 1.6, abs=0.05)
    assert found.ratio == pytest.approx(churned.sum() / risk.sum())
    assert found.ece == pytest.approx(float(ece(churned, risk)))
    assert found.ece_by_luck < 0.01
    plain = found.as_dict()
    assert json.loads(json.dumps(plain, allow_nan=False))["deciles"][0]["decile"] == 1


def test_too_few_say_nothing():
    churned = np.append(np.ones(29), np.zeros(500))
    found = out_of_time(churned, np.full(529, 0.05))
    assert found.verdict == "insufficient"
    assert found.reasons == ("fewer than 30 churned, or fewer than 30 stayed",)
    assert found.as_dict()["slope"] is None
    assert found.deciles == ()


def test_nobody_left_of_those_who_were_sure_to_stay():
    # Half have risk 0 and stay, in whole deciles: 0 of 0 is no ratio, and nothing to complain of.
    risk = np.append(np.zeros(500), np.full(500, 0.5))
    found = out_of_time(np.append(np.zeros(500), np.arange(500) % 2), risk)
    assert found.verdict == "calibrated"
    assert found.as_dict()["deciles"][0] == {
        "decile": 1,
        "expected": 0,
        "observed": 0,
        "ratio": None,
        "verdict": "holds",
    }
    assert found.deciles[0]["decile"] == 1


MUTANTS = {"LOW": 0.5, "HIGH": 1.27, "LUCK": 1.5, "SKEW": 9.0, "DECILES": np.arange(1, 6) / 5}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(monkeypatch, name):
    monkeypatch.setattr(calibrated, name, MUTANTS[name])
    with pytest.raises(AssertionError, match="not by hand"):
        check_deciles()
