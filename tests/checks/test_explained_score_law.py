"""Law 14 of docs/laws.md: whatever trees were grown, reasons add up to the score that they explain.

Ensembles, weights and rows are drawn; the score they have to add up to is walked here in plain Python.
"""

import json
import math
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import laws
from churnlab.explain.attributions import Attributions
from churnlab.models import pace, shapley
from churnlab.models.blend import Blend, Horizon
from churnlab.models.calibration import Calibration
from churnlab.models.churn import ChurnModel
from churnlab.models.pace import Pace
from churnlab.models.recipe import Recipe
from churnlab.models.trees import Trees
from customers import described
from told import panel as told

RIGHT = shapley.contributions
NUMBERS = (*pace.READ,)
CITIES = ("Lyon", "Nice")
FEATURES = (
    *(described(name) for name in NUMBERS),
    described("club", "category"),
    described("gender", "category"),
)
RECIPE = Recipe(FEATURES, NUMBERS[1:], {"club": CITIES}, (NUMBERS[0], "gender"), {})
PURCHASES = {
    "family": "bg_nbd",
    "parameters": {"r": 0.6, "alpha": 20.0, "a": 0.8, "b": 2.4},
    "log_likelihood": -1.0,
}
PACE = Pace({"purchases": PURCHASES, "spend": None}, start=7)
BLENDS = {
    "trees alone": None,
    "a share of the pace": Blend(PACE, 0.25, Horizon(7, 90, 90), centre=-0.4),
    "carried on at the pace": Blend(PACE, 0.1, Horizon(7, 90, 60), centre=0.2),
    "carried on, trees alone": Blend(PACE, 0.0, Horizon(7, 90, 30), centre=0.9),
}


def tree(random):
    """One tree as XGBoost writes it, of up to four levels; some sides have no training weight at all."""
    made = {name: [] for name in KEYS}

    def grow(depth):
        node = len(made["left_children"])
        for values in made.values():
            values.append(0)
        if depth == 4 or random.random() < 0.25:
            made["left_children"][node] = made["right_children"][node] = -1
            made["split_conditions"][node] = random.uniform(-2, 2)
            made["sum_hessian"][node] = random.choice((0.0, 0.5, 3.0, 40.0))
            return node
        made["split_indices"][node] = random.randrange(len(RECIPE.columns))
        made["split_conditions"][node] = random.choice((0.5, 3.0, 30.0))
        made["default_left"][node] = random.randrange(2)
        for side in ("left_children", "right_children"):
            made[side][node] = grow(depth + 1)
            made["sum_hessian"][node] += made["sum_hessian"][made[side][node]]
        return node

    grow(0)
    return made


KEYS = (
    "left_children", "right_children", "split_indices", "split_conditions", "default_left", "sum_hessian",
    "split_type",
)  # fmt: skip


def content(trees):
    model = {
        "num_feature": str(len(RECIPE.columns)),
        "num_class": "0",
        "num_target": "1",
        "base_score": "[2E-1]",
    }
    booster = {"name": "gbtree", "model": {"trees": trees}}
    learner = {
        "gradient_booster": booster,
        "learner_model_param": model,
        "objective": {"name": "binary:logistic"},
    }
    return json.dumps({"learner": learner}).encode()


def walked(trees, row):
    """The margin of one row of the matrix: from each root to a leaf."""
    total = math.log(0.2 / 0.8)
    for each in trees:
        node = 0
        while each["left_children"][node] >= 0:
            value = row[each["split_indices"][node]]
            left = each["default_left"][node] if math.isnan(value) else value < each["split_conditions"][node]
            node = each["left_children" if left else "right_children"][node]
        total += each["split_conditions"][node]
    return total


def rows_drawn(random):
    """Customers with and without values, of cities that training knew and one it did not."""
    count = random.randint(1, 6)
    span = [random.choice((0.0, 3.0, 40.0)) for _ in range(count)]
    numbers = [
        (
            random.choice((2, 9)) if days else 1,
            days,
            days + random.choice((0.5, 30.0)),
            random.choice((math.nan, 12.0, 400.0)),
        )
        for days in span
    ]
    clubs = [random.choice((*CITIES, None, "Brest")) for _ in range(count)]
    return told(numbers, clubs, features=FEATURES)


def check_sums(seed, blend):
    random = Random(seed)
    trees, panel = [tree(random) for _ in range(random.randint(0, 5))], rows_drawn(random)
    model = ChurnModel(RECIPE, Trees(content(trees)), Calibration("none"), blend)
    found = model.explained(panel)
    expected = np.array([walked(trees, row) for row in RECIPE.matrix(panel).tolist()])
    if blend is not None:
        asked, learned = (PACE.log_odds(panel, days) for days in (blend.horizon.days, blend.horizon.learned))
        expected = (1 - blend.share) * expected + blend.share * learned + asked - learned
    np.testing.assert_allclose(found.margin, expected, atol=1e-5, err_msg="not the score")
    sums = found.base + found.contributions.sum(axis=1, dtype=float)
    np.testing.assert_allclose(sums, expected, atol=2e-5, err_msg="do not add up")
    Attributions.of(found.margin, found.base, found.contributions, model.features)
    assert found.risk == pytest.approx(1 / (1 + np.exp(-found.margin)), abs=1e-6)
    return found


# Law 14.
@pytest.mark.parametrize("blend", BLENDS.values(), ids=BLENDS)
@laws.often
@given(seed=st.integers(0, 2**32))
def test_reasons_add_up_to_the_score(blend, seed):
    check_sums(seed, blend)


@pytest.mark.parametrize(
    ("place", "wrong"),
    [
        ("base", lambda forest: 0.0),
        ("contributions", lambda moments, matrix, owners, count: np.zeros((len(matrix), count), np.float32)),
        (
            "contributions",
            lambda moments, matrix, owners, count: RIGHT(moments, matrix, owners * 0, count)[:, ::-1] / 2,
        ),
    ],
    ids=["no base", "nothing contributes", "half of it"],
)
def test_reasons_that_do_not_add_up_are_caught(monkeypatch, place, wrong):
    check_sums(1, None)
    monkeypatch.setattr(f"churnlab.models.shapley.{place}", wrong)
    with pytest.raises(AssertionError, match="do not add up"):
        check_sums(1, None)
