"""Margins with XGBoost's bits, contributions that are Shapley values, on every path the same."""

import itertools
import json
import logging
import math
import sys
from dataclasses import fields, replace
from functools import cache

import numpy as np
import pytest
import xgboost

from churnlab.errors import IntegrityError
from churnlab.models import shapley, trees
from churnlab.models.forest import Forest
from churnlab.models.shapley import Moments
from churnlab.models.trees import Trees

COLUMNS = 9
CLOSE = {"rtol": 0, "atol": 1e-5}


def drawn(rows, seed, missing=0.2):
    """Numbers, counts with many ties, gaps, a column that is constant and one that is always missing."""
    chance = np.random.default_rng(seed)
    matrix = chance.normal(size=(rows, COLUMNS))
    matrix[:, 3:5] = np.floor(np.exp(matrix[:, 3:5]))
    matrix[chance.random(matrix.shape) < missing] = np.nan
    matrix[:, 7], matrix[:, 8] = 4.0, np.nan
    return matrix.astype(np.float32)


def fitted(
    rows, depth, seed=0, *, objective="binary:logistic", missing=0.2, rounds=12, weights=False, **more
):
    """An ensemble by XGBoost itself, with dials that churnlab would not turn."""
    chance = np.random.default_rng(seed + 1)
    matrix = drawn(rows, seed, missing)
    score = np.nan_to_num(matrix[:, 0]) * np.nan_to_num(matrix[:, 3]) - np.isnan(matrix[:, 1])
    target = (score + chance.normal(size=rows) > 0).astype(float)
    weight = chance.exponential(size=rows) if weights else None
    dials = {"objective": objective, "max_depth": depth, "learning_rate": 0.4, "nthread": 1, "verbosity": 0}
    dials |= {"colsample_bytree": 0.7, "seed": seed, "min_child_weight": 0.1, "tree_method": "hist"} | more
    data = xgboost.DMatrix(matrix, label=np.exp(score) if "tweedie" in objective else target, weight=weight)
    return Trees(bytes(xgboost.train(dials, data, rounds).save_raw("json"))), matrix


CASES = {
    **{f"depth {depth}": {"rows": 400, "depth": depth, "seed": depth} for depth in range(1, 9)},
    "depth 12": {"rows": 900, "depth": 12, "rounds": 4, "colsample_bytree": 1.0},
    "hardly a number": {"rows": 300, "depth": 5, "missing": 0.9},
    "no gaps": {"rows": 300, "depth": 6, "missing": 0.0},
    "few rows": {"rows": 7, "depth": 3},
    "weights": {"rows": 300, "depth": 6, "weights": True},
    "amounts": {"rows": 300, "depth": 4, "objective": "reg:tweedie"},
    "leaf by leaf": {"rows": 500, "depth": 0, "max_leaves": 17, "grow_policy": "lossguide"},
    "nothing to split": {"rows": 50, "depth": 3, "min_child_weight": 1e9},
}


@cache
def case(name):
    made, matrix = fitted(**CASES[name])
    return made, np.vstack([matrix[:200], drawn(100, 99, missing=0.4)])


def against_xgboost(made, matrix):
    oracle = xgboost.Booster({"nthread": 1}, model_file=bytearray(made.content))
    data = xgboost.DMatrix(matrix)
    margin = oracle.predict(data, output_margin=True)
    wanted = oracle.predict(data, pred_contribs=True).astype(np.float64)
    found, base = made.contributions(matrix, compiled=False)
    np.testing.assert_array_equal(made.margin(matrix, compiled=False), margin, "margins")
    np.testing.assert_allclose(found, wanted[:, :-1], err_msg="contributions", **CLOSE)
    np.testing.assert_allclose(base, wanted[0, -1], err_msg="base", **CLOSE)
    np.testing.assert_allclose(base + found.sum(axis=1, dtype=float), margin, atol=2e-5, err_msg="sums")


@pytest.mark.parametrize("name", CASES)
def test_equal_to_xgboost(name):
    against_xgboost(*case(name))


@pytest.mark.parametrize("name", CASES)
def test_compiled_code_gives_the_same_bits(name):
    made, matrix = case(name)
    matrix = np.resize(matrix, (700, COLUMNS))  # two blocks of compiled code, and a part of one
    slow, quick = (made.contributions(matrix, compiled=compiled) for compiled in (False, True))
    assert slow[0].tobytes() == quick[0].tobytes()
    assert slow[1] == quick[1]
    margins = [made.margin(matrix, compiled=compiled) for compiled in (False, True)]
    assert margins[0].tobytes() == margins[1].tobytes()


@pytest.mark.parametrize("compiled", [False, True])
def test_other_rows_and_their_order_change_no_bit(compiled, monkeypatch):
    made, matrix = case("depth 6")
    monkeypatch.setattr(shapley, "AT_ONCE", 5_000)  # several pieces in numpy too
    whole, _ = made.contributions(matrix, compiled=compiled)
    margin = made.margin(matrix, compiled=compiled)
    order = np.random.default_rng(0).permutation(len(matrix))
    assert made.contributions(matrix[order], compiled=compiled)[0].tobytes() == whole[order].tobytes()
    assert made.margin(matrix[order], compiled=compiled).tobytes() == margin[order].tobytes()
    for row in (0, 17, 255, 256, 299):
        alone = matrix[row : row + 1]
        assert made.contributions(alone, compiled=compiled)[0].tobytes() == whole[row].tobytes()
        assert made.margin(alone, compiled=compiled).tobytes() == margin[row].tobytes()


def expected(tree, row, known, node=0):
    """The mean leaf when only the features ``known`` are, the others following the training weight."""
    left, right = tree["left_children"][node], tree["right_children"][node]
    if left == -1:
        return tree["split_conditions"][node]
    feature, value = tree["split_indices"][node], row[tree["split_indices"][node]]
    threshold = float(np.float32(tree["split_conditions"][node]))
    if feature in known:
        goes_left = bool(tree["default_left"][node]) if math.isnan(value) else value < threshold
        return expected(tree, row, known, left if goes_left else right)
    weights = [tree["sum_hessian"][child] for child in (left, right)]
    parts = [expected(tree, row, known, child) for child in (left, right)]
    return sum(weight * part for weight, part in zip(weights, parts, strict=True)) / sum(weights)


def by_definition(tree, row):
    """Shapley's sum over all sets of the other features."""
    parts = []
    for feature in range(COLUMNS):
        others = [each for each in range(COLUMNS) if each != feature]
        total = 0.0
        for size in range(COLUMNS):
            share = math.factorial(size) * math.factorial(COLUMNS - size - 1) / math.factorial(COLUMNS)
            for some in itertools.combinations(others, size):
                total += share * (expected(tree, row, {*some, feature}) - expected(tree, row, set(some)))
        parts.append(total)
    return parts


@pytest.mark.parametrize("depth", [2, 5])
def test_contributions_are_shapleys_by_definition(depth):
    made, matrix = fitted(200, depth, seed=4, rounds=2, missing=0.3)
    file = json.loads(made.content)["learner"]["gradient_booster"]["model"]["trees"]
    wanted = [sum(np.array(by_definition(tree, row)) for tree in file) for row in matrix[:4].tolist()]
    np.testing.assert_allclose(made.contributions(matrix[:4])[0], wanted, rtol=0, atol=1e-6)


def changed(**columns):
    def change(made):
        other = Trees(made.content)
        forest = Forest.parsed(made.content)
        other.__dict__["_forest"] = replace(
            forest, **{name: make(getattr(forest, name)) for name, make in columns.items()}
        )
        return other

    return change


def at_one_moment(made):
    other = Trees(made.content)
    moment = Moments._at(made._forest, np.array([0.5]), np.array([1.0]))
    other.__dict__["_moments"] = (moment,)
    return other


MUTANTS = {
    "missing values go right": changed(missing_left=np.zeros_like),
    "missing values go the other way": changed(missing_left=np.logical_not),
    "both sides weigh the same": changed(share=lambda share: np.full_like(share, 0.5)),
    "a feature asked twice counts as two": changed(
        earlier=lambda earlier: np.full_like(earlier, -1), kept=np.ones_like
    ),
    "the side taken earlier is mistaken": changed(earlier_left=np.logical_not),
    "the first tree is left out": changed(roots=lambda roots: roots[1:]),
    "too few moments": at_one_moment,
    "no start": changed(start=lambda _: np.float32(0)),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(name):
    made, matrix = case("depth 8")
    against_xgboost(made, matrix)
    with pytest.raises(AssertionError, match=r"margins|contributions|base|sums"):
        against_xgboost(MUTANTS[name](made), matrix)


def test_columns_of_one_owner_are_added_up():
    made, matrix = case("depth 6")
    parts, base = made.contributions(matrix)
    owners = np.array([0, 0, 1, 3, 3, 1, 0, 3, 3])
    for compiled in (False, True):
        found, same = made.contributions(matrix, owners, 5, compiled=compiled)
        assert (found.shape, same) == ((len(matrix), 5), base)
        for owner in range(5):
            np.testing.assert_allclose(found[:, owner], parts[:, owners == owner].sum(axis=1), atol=1e-5)
    with pytest.raises(ValueError, match="needs an owner below"):
        made.contributions(matrix, owners, 3)


def test_no_rows_and_wrong_columns():
    made, matrix = case("depth 3")
    for compiled in (False, True):
        assert made.contributions(matrix[:0], compiled=compiled)[0].shape == (0, COLUMNS)
        assert made.margin(matrix[:0], compiled=compiled).shape == (0,)
    for ask in (made.margin, made.contributions):
        with pytest.raises(ValueError, match="a matrix of 9 columns is needed"):
            ask(matrix[:, :8])


@pytest.mark.parametrize("base_score", [0.02, 0.5, 0.731, 0.9999])
def test_base_scores_of_old_and_new_files(base_score):
    """XGBoost writes "[5E-1]" since 3.1; files that say "5E-1" are still about."""
    made, matrix = fitted(100, 2, base_score=base_score)
    against_xgboost(made, matrix)
    file = json.loads(made.content)
    score = file["learner"]["learner_model_param"]
    score["base_score"] = score["base_score"].strip("[]")
    old = Trees(json.dumps(file).encode())
    assert old.margin(matrix).tobytes() == made.margin(matrix).tobytes()


def broken(change):
    file = json.loads(case("depth 3")[0].content)
    change(file["learner"], file["learner"]["gradient_booster"]["model"]["trees"][0])
    return Trees(json.dumps(file).encode())


BROKEN = {
    "splits by category": lambda _, tree: tree.update(split_type=[1] * len(tree["split_type"])),
    "plain boosted trees": lambda learner, _: learner["gradient_booster"].update(name="dart"),
    "one output": lambda learner, _: learner["learner_model_param"].update(num_class="3"),
    "runs in a circle": lambda _, tree: tree["left_children"].__setitem__(0, 0),
    "a column that does not exist": lambda _, tree: tree["split_indices"].__setitem__(0, COLUMNS),
    "the objective rank": lambda learner, _: learner["objective"].update(name="rank:ndcg"),
    "no probability": lambda learner, _: learner["learner_model_param"].update(base_score="[1E0]"),
    "weight is not a number": lambda _, tree: tree["sum_hessian"].__setitem__(1, float("nan")),
    "leaf is not a finite": lambda _, tree: tree.update(split_conditions=[float("nan")] * 99),
    "KeyError": lambda _, tree: tree.pop("sum_hessian"),
    "IndexError": lambda _, tree: tree.update(default_left=[]),
}  # fmt: skip


@pytest.mark.parametrize("told", BROKEN)
def test_a_file_that_is_none_is_refused_before_it_is_used(told):
    with pytest.raises(IntegrityError, match=told):
        broken(BROKEN[told]).require_readable()


def test_compiled_code_is_taken_where_it_pays_and_missed_without_harm(monkeypatch, caplog):
    made, matrix = case("depth 6")
    wanted, _ = made.contributions(matrix, compiled=False)
    monkeypatch.delitem(sys.modules, trees._COMPILED, raising=False)
    assert made._code(10, None) is None
    monkeypatch.setattr(trees, "PAYS", 1)
    assert made._code(10, None).__name__ == trees._COMPILED

    def no_folder(name):
        raise RuntimeError("no locator available")

    monkeypatch.setattr(trees.importlib, "import_module", no_folder)
    with caplog.at_level(logging.WARNING):
        assert made.contributions(matrix)[0].tobytes() == wanted.tobytes()
    assert "no compiled code" in caplog.text
    monkeypatch.setattr(trees.importlib.util, "find_spec", lambda name: None)
    assert made._code(10, True) is None


def test_every_array_of_a_forest_fits_its_nodes():
    forest = Forest.parsed(case("depth 8")[0].content)
    of_nodes = {each.name for each in fields(forest)} - {
        "columns",
        "start",
        "widest",
        "roots",
        "leaf",
        "visits",
    }
    assert {len(getattr(forest, name)) for name in of_nodes} == {len(forest)}
    assert sorted(forest.visits.tolist()) == [
        [node, visit] for node in range(len(forest)) for visit in range(3)
    ]
    assert len(forest.leaf) == len(forest) + len(forest.roots)


def test_deep_trees_are_weighed_at_as_many_moments_as_they_need():
    assert [len(case(name)[0]._moments) for name in ("depth 1", "depth 6", "depth 12")] == [1, 1, 2]
    assert case("depth 12")[0]._forest.widest > 6
