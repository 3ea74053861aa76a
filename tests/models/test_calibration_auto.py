"""The method that ``auto`` takes: the true one of many rows, a simpler one of few, by other customers."""

import hashlib
import json

import numpy as np
import pytest
from pydantic import ValidationError
from scipy.special import expit, log_expit
from sklearn.calibration import _SigmoidCalibration

from churnlab.config.project import Booster, Models
from churnlab.models import calibration
from churnlab.models.calibration import Calibration
from churnlab.models.churn import ChurnModel, fit_churn
from customers import QUICK, on
from customers import drawn as people

TRUTHS = {
    "none": expit,
    "temperature": lambda margin: expit(0.6 * margin),
    "sigmoid": lambda margin: expit(0.8 * margin - 0.7),
    "beta": lambda margin: expit(0.3 * log_expit(margin) - 1.6 * log_expit(-margin) - 0.4),
    # Three plateaus: no smooth curve comes near.
    "isotonic": lambda margin: np.select([margin < -1.5, margin < 1], [0.05, 0.3], 0.85),
}


def drawn(truth, rows, seed=0):
    random = np.random.default_rng(seed)
    margin = random.normal(-0.5, 2, rows)
    return margin, (random.random(rows) < truth(margin)).astype(float), ids(rows)


def ids(rows, each=1):
    return np.array([f"c{row // each:06}" for row in range(rows)], dtype=object)


@pytest.mark.parametrize("name", TRUTHS)
def test_of_many_rows_the_true_method_is_taken(name):
    margin, churned, customer = drawn(TRUTHS[name], 12_000)
    learned = Calibration.learn(margin, churned, "auto", customer)
    assert learned == Calibration.learn(margin, churned, name)
    assert Calibration.learn(margin, churned, "auto").method == name  # by the order of rows, without ids


@pytest.mark.parametrize("name", TRUTHS)
def test_it_is_never_much_worse_than_the_best(name):
    learn, judge = drawn(TRUTHS[name], 6_000, seed=1), drawn(TRUTHS[name], 30_000, seed=2)

    def loss(method):
        risk = np.clip(Calibration.learn(*learn[:2], method, learn[2]).risk(judge[0]), 1e-6, 1 - 1e-6)
        return -np.log(np.where(judge[1] == 1, risk, 1 - risk)).mean()

    assert loss("auto") <= min(loss(method) for method in TRUTHS) + 0.002


def test_of_few_rows_a_simpler_one_is_taken():
    margin, churned, customer = drawn(lambda margin: expit(0.9 * margin - 0.1), 150)
    assert Calibration.learn(margin, churned, "auto", customer) == Calibration("none")
    few = np.append(np.ones(9), np.zeros(91))
    assert Calibration.learn(np.linspace(-9, 9, 100), few, "auto") == Calibration("none")
    assert Calibration.learn(np.empty(0), np.empty(0), "auto") == Calibration("none")


def test_steps_need_a_thousand_rows_of_each_outcome():
    # Plateaus, of which 900 rows are on the losing side: nothing but steps fits, and they are not tried.
    margin, churned, customer = drawn(TRUTHS["isotonic"], 2_600)
    assert (churned == 1).sum() < 1_000
    assert Calibration.learn(margin, churned, "auto", customer).method != "isotonic"
    margin, churned, customer = drawn(TRUTHS["isotonic"], 5_200)
    assert (churned == 1).sum() > 1_000
    assert Calibration.learn(margin, churned, "auto", customer).method == "isotonic"


def check_customers(customer_known=True):
    """Each customer is there eight times, with the same margin and the same outcome."""
    margin, churned, _ = drawn(expit, 1_500, seed=3)
    order = np.random.default_rng(4).permutation(12_000)
    margin, churned, customer = (np.repeat(margin, 8), np.repeat(churned, 8), ids(12_000, each=8))
    learned = Calibration.learn(
        margin[order], churned[order], "auto", customer[order] if customer_known else None
    )
    assert learned.method == "none", "it learned its judges by heart"


def test_nobody_is_judged_by_his_or_her_own_rows():
    check_customers()
    with pytest.raises(AssertionError, match="by heart"):
        check_customers(customer_known=False)


def check_choice(seed):
    """The rule in plain Python, with scikit-learn's sigmoid, where no other method is in the race."""
    margin, churned, customer = drawn(lambda margin: expit(margin - 0.25), 1_000, seed=seed)
    gain = {}
    for part in range(5):
        inside = [
            int.from_bytes(hashlib.sha256(f"calibration/{who}".encode()).digest()[:4], "big") % 5 == part
            for who in customer
        ]
        out = np.array(inside)
        oracle = _SigmoidCalibration().fit(margin[~out], churned[~out])
        for row in np.flatnonzero(out):
            pair = expit(margin[row]), oracle.predict(margin[row : row + 1])[0]
            plain, fitted = (np.log(risk if churned[row] else 1 - risk) for risk in pair)
            gain[row] = fitted - plain
    gains = np.array(list(gain.values()))
    clear = bool(gains.sum() > 2 * np.sqrt(len(gains)) * gains.std())
    with pytest.MonkeyPatch.context() as race:
        race.setattr(calibration, "_ORDER", ("none", "sigmoid"))
        method = Calibration.learn(margin, churned, "auto", customer).method
    assert method == ("sigmoid" if clear else "none"), "not the rule"
    return clear


def test_the_choice_is_that_of_the_rule_in_plain_python():
    assert {check_choice(seed) for seed in range(10)} == {True, False}


def test_the_order_of_rows_changes_nothing():
    margin, churned, customer = drawn(TRUTHS["beta"], 4_000)
    order = np.random.default_rng(5).permutation(4_000)
    once = Calibration.learn(margin, churned, "auto", customer)
    assert Calibration.learn(margin[order], churned[order], "auto", customer[order]) == once


def test_where_others_stand_is_decided_by_the_id_alone():
    everyone = ids(500)
    parts = dict(zip(everyone, calibration._dealt(everyone), strict=True))
    some = everyone[100:200]
    assert [parts[who] for who in some] == calibration._dealt(some).tolist()
    assert np.bincount(calibration._dealt(everyone)).min() > 70


LOSS = calibration._loss
MUTANTS = {
    "_clearly": lambda worse: bool(worse.sum() > 0),  # every gain is believed
    "DOUBT": 4,  # nearly none is
    "_loss": lambda margin, churned, part, method: LOSS(
        margin, churned, 0 * part, method
    ),  # no judge has learned
}


def check_all():
    for seed in range(10):
        check_choice(seed)


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(monkeypatch, name):
    monkeypatch.setattr(calibration, name, MUTANTS[name])
    with pytest.raises(AssertionError, match="not the rule"):
        check_all()


def test_a_model_can_ask_for_it():
    panel = people(400)
    model = fit_churn(panel, on(panel, 0, 30), QUICK.model_copy(update={"calibration": "auto"}))
    again = ChurnModel.from_dict(json.loads(json.dumps(model.as_dict())), model.trees)
    assert model.calibration.method in TRUTHS
    assert again.risk(panel).tobytes() == model.risk(panel).tobytes()


def test_no_row_can_be_weighted_by_class():
    for name in ("scale_pos_weight", "class_weight"):
        with pytest.raises(ValidationError, match="Extra inputs are not permitted"):
            Booster(**{name: 3})
    assert not [
        name for model in (Booster, Models) for name in model.model_fields if name.endswith("class_weight")
    ]
