"""Scores that stop a list: each fault alone, with counts and without ids."""

import numpy as np
import pytest

from churnlab.errors import GateError
from churnlab.strategy.worth import Worth
from scored_people import listed, scored, texts

IDS = ["secret-1", "secret-2", "secret-3"]
NAN, INF = float("nan"), float("inf")


def with_worth(**amounts):
    whole = dict.fromkeys(("if_retained", "if_churned", "expected", "at_stake", "expected_loss"), np.ones(3))
    return {"worth": Worth(**{**whole, **{name: np.array(values) for name, values in amounts.items()}})}


FAULTS = {
    "no risk": ({"churn_risk": np.array([0.1, NAN, 0.3])}, "churn_risk is missing or infinite\ngot: 1 of 3"),
    "infinite risk": (
        {"churn_risk": np.array([INF, 0.1, -INF])},
        "churn_risk is missing or infinite\ngot: 2 of 3",
    ),
    "risk above 1": (
        {"churn_risk": np.array([1.000001, 0.1, 0.2])},
        "churn_risk is outside 0 to 1\ngot: 1 of 3",
    ),
    "risk below 0": (
        {"churn_risk": np.array([-1e-9, 0.1, 0.2])},
        "churn_risk is outside 0 to 1\ngot: 1 of 3",
    ),
    "one risk for all": ({"churn_risk": np.full(3, 0.5)}, "the same for all 3 customers"),
    "one risk but for noise": (
        {"churn_risk": np.array([0.5, 0.5, 0.5 + 1e-9])},
        "the same for all 3 customers",
    ),
    "id twice": ({"customer_id": texts(["secret-1", "secret-2", "secret-1"])}, "repeats in 1 of 3 rows"),
    "empty id": ({"customer_id": texts(["secret-1", "", "x"])}, "empty or no text in 1 of 3 rows"),
    "id a number": ({"customer_id": texts(["secret-1", 7, None])}, "empty or no text in 2 of 3 rows"),
    "unknown strategy": ({"quadrant": texts(["retain", "keep", "retain"])}, "no known strategy\ngot: 1 of 3"),
    "intensity above 100": ({"intensity": np.array([100.1, 0, NAN])}, "intensity is outside 0 to 100"),
    "infinite intensity": ({"intensity": np.array([INF, 0, NAN])}, "intensity is outside 0 to 100"),
    "no value": (
        with_worth(if_retained=[1.0, NAN, NAN]),
        "value_if_retained is missing or infinite\ngot: 2 of 3",
    ),
    "infinite loss": (with_worth(expected_loss=[INF, 1.0, 1.0]), "expected_loss is missing or infinite"),
    "no lower value": ({"value_p10": np.array([NAN, 1.0, 1.0])}, "value_p10 is missing or infinite"),
    "absurd value": (with_worth(if_retained=[1e17, 1.0, 1.0]), "value_if_retained is too large"),
}


@pytest.mark.parametrize("name", FAULTS)
def test_scores_that_must_not_be_released(name):
    changes, words = FAULTS[name]
    with pytest.raises(GateError, match=words) as caught:
        listed(scored(IDS, **changes))
    assert caught.value.exit_code == 4
    assert "secret" not in str(caught.value)
    assert len(str(caught.value).splitlines()) <= 3


def test_nobody_scored():
    with pytest.raises(GateError, match="nobody was scored"):
        listed(scored([]))


def test_what_is_legal():
    # The bounds themselves, an unknown intensity, a loss-maker; a single customer, whose risk is constant.
    listed(scored(IDS, [0, 1, 0.5], [-5, 0, 1e9], [0, 100, NAN]))
    assert listed(scored(["one"])).num_rows == 1
