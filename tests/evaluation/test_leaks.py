"""A feature that knows the answer is named; one that merely helps is not."""

import numpy as np
import pytest

from churnlab.evaluation.leaks import suspected_leaks

ROWS = 400


@pytest.fixture
def world():
    random = np.random.default_rng(7)
    churned = (random.random(ROWS) < 0.3).astype(float)
    honest = churned + random.normal(0, 1, ROWS)
    return churned, honest, random


def found(churned, columns, categories=None, importance=None):
    numbers = np.column_stack(list(columns.values())).astype(np.float32)
    leaks = suspected_leaks(numbers, list(columns), categories or {}, churned, importance or {})
    return [(leak.feature, leak.sign) for leak in leaks]


def test_an_honest_feature_passes(world):
    churned, honest, _ = world
    assert found(churned, {"honest": honest}) == []


@pytest.mark.parametrize("sign", [1, -1])
def test_a_feature_made_from_the_answer_is_caught_either_way_round(world, sign):
    churned, honest, random = world
    leak = sign * churned + random.normal(0, 0.3, ROWS)
    assert found(churned, {"honest": honest, "status_today": leak}) == [("status_today", "auroc")]


def test_being_missing_may_be_the_tell_tale(world):
    churned, honest, random = world
    closed_at = np.where(churned == 1, random.random(ROWS), np.nan)
    assert found(churned, {"honest": honest, "closed_at": closed_at}) == [("closed_at", "auroc")]
    assert found(churned, {"nothing": np.full(ROWS, np.nan)}) == []


def test_a_category_that_knows_is_caught_and_an_id_is_not(world):
    churned, honest, _ = world
    status = np.where(churned == 1, "closed", "open").astype(object)
    number = np.array([f"id {row}" for row in range(ROWS)], dtype=object)
    missing = np.where(churned == 1, None, "here").astype(object)
    categories = {"status": status, "number": number, "missing": missing}
    assert found(churned, {"honest": honest}, categories) == [("status", "auroc"), ("missing", "auroc")]


def test_most_of_the_importance_is_suspect_unless_there_is_no_other_feature(world):
    churned, honest, _ = world
    shares = {"honest": 0.85, "other": 0.15}
    assert found(churned, {"honest": honest}, importance=shares) == [("honest", "importance")]
    assert found(churned, {"honest": honest}, importance={"honest": 0.8, "other": 0.2}) == []
    assert found(churned, {"honest": honest}, importance={"honest": 1.0}) == []


def test_few_rows_prove_nothing_and_incomplete_ones_do_not_count(world):
    churned, _, _ = world
    few = np.append(np.ones(29), np.zeros(300))
    assert found(few, {"perfect": few}) == []
    half = churned.copy()
    half[: ROWS // 2] = np.nan
    assert found(half, {"known_later": np.nan_to_num(half)}) == [("known_later", "auroc")]
