"""The matrix: every column has an owner, nothing is read that was not learned, and schemas must match."""

import json
from dataclasses import replace

import numpy as np
import pytest

from churnlab.errors import IntegrityError
from churnlab.features.feature import Description
from churnlab.models.recipe import MOST, Recipe
from customers import NUMBERS, described, drawn


def with_city(panel, values):
    return replace(panel, categories={"city": np.array(values, dtype=object)})


def test_by_hand():
    panel = with_city(drawn(2, dates=(0, 30)), ["b", "a", None, "a"])
    recipe = Recipe.learn(panel)
    kept = ("days_since_last_order", "orders_90d", "spend_90d", "noise")
    assert recipe.columns == (*kept, "city=a", "city=b", "city=(other)", "city=(none)")
    later = with_city(panel, ["b", "c", "a", None])
    matrix = recipe.matrix(later)
    assert matrix.dtype == np.float32
    np.testing.assert_array_equal(matrix[:, :4], panel.numbers[:, :4])
    assert matrix[:, 4:].tolist() == [[0, 1, 0, 0], [0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 0, 1]]
    # Numbers own themselves; the four columns of the city belong to feature 7, the last.
    assert recipe.owners.tolist() == [0, 1, 2, 3, 7, 7, 7, 7]


def test_what_never_varies_is_left_out_and_listed():
    panel = with_city(drawn(50), ["Lyon"] * 150)
    assert Recipe.learn(panel).dropped == ("flat", "empty", "month_sine", "city")
    # Sometimes missing is a difference, even where all known values are equal.
    panel.numbers[::2, NUMBERS.index("flat")] = np.nan
    assert "flat" not in Recipe.learn(panel).dropped
    some = with_city(panel, ["Lyon", None] * 75)
    assert Recipe.learn(some).categories == {"city": ("Lyon",)}


@pytest.mark.parametrize(("dates", "read"), [((0, 30, 364), False), ((0, 30, 365), True), ((0,), False)])
def test_the_season_is_read_once_a_year_has_been_seen(dates, read):
    assert ("month_sine" in Recipe.learn(drawn(20, dates=dates)).numbers) is read


def test_a_number_that_some_customers_share_on_a_date_is_no_season():
    panel = drawn(20)
    column = NUMBERS.index("month_sine")
    panel.numbers[:, column] = np.nan
    assert "month_sine" in Recipe.learn(panel).dropped
    panel.numbers[5, column] = 1.0  # missing for all others on that date
    assert "month_sine" in Recipe.learn(panel).numbers


@pytest.mark.parametrize("first", [1, 2, 7, 150])
@pytest.mark.parametrize("some", [False, True])
def test_what_the_first_rows_show_is_what_all_rows_would(monkeypatch, first, some):
    panel = drawn(50)
    for column, row in enumerate((0, 3, 40, 149)):  # one row that is missing, another that is not like others
        panel.numbers[:, column] = column
        panel.numbers[row, column] = np.nan if column % 2 else 9
    rows = np.arange(1, 150, 2) if some else None
    kept = {
        name
        for name, values in zip(NUMBERS, panel.numbers[slice(None) if rows is None else rows].T, strict=True)
        if name != "month_sine" and len({str(value) for value in values.tolist()}) > 1
    }
    monkeypatch.setattr("churnlab.models.recipe._FIRST", first)
    assert set(Recipe.learn(panel, rows).numbers) == kept


def test_without_a_reference_the_matrix_is_the_same():
    panel = with_city(drawn(40), ["Lyon", "Nice", None] * 40)
    whole, bare = Recipe.learn(panel), Recipe.learn(panel, reference=False)
    assert bare == replace(whole, reference={})
    assert bare.matrix(panel).tobytes() == whole.matrix(panel).tobytes()


def test_the_hundred_most_frequent_have_a_column_and_ties_go_by_name():
    names = [f"n{number:03}" for number in range(MOST + 5)]
    values = [*names, *names[-3:]]  # the last three come twice, all others once
    panel = with_city(drawn(len(values), dates=(0,)), values[::-1])
    kept = Recipe.learn(panel).categories["city"]
    assert kept == (*names[-3:], *names[: MOST - 3])


@pytest.mark.parametrize("new", ["A before all", "Metz between", "Zug after all", "", "None", "(none)"])
def test_an_unknown_category_counts_as_other_wherever_it_sorts(new):
    panel = drawn(100)
    recipe = Recipe.learn(panel)
    changed = with_city(panel, [new] * len(panel))
    columns = dict(zip(recipe.columns, recipe.matrix(changed).T, strict=True))
    assert columns["city=(other)"].all()
    assert not columns["city=(none)"].any()
    assert recipe.unseen(changed) == {"city": len(panel)}
    assert recipe.unseen(panel) == {}
    assert recipe.unseen(with_city(panel, [None] * len(panel))) == {}


def test_the_reference_is_the_median_or_the_most_frequent():
    panel = with_city(drawn(3, dates=(0,)), ["Nice", None, "Nice"])
    panel.numbers[:, 0] = [7, np.nan, 2]
    reference = Recipe.learn(panel).reference
    assert (reference["days_since_last_order"], reference["city"]) == (4.5, "Nice")
    assert "empty" not in reference


def test_json_gives_the_same_recipe():
    panel = drawn(30)
    recipe = Recipe.learn(panel)
    again = Recipe.from_dict(json.loads(json.dumps(recipe.as_dict(), allow_nan=False)))
    assert again == recipe
    assert again.schema_hash == recipe.schema_hash
    assert again.matrix(panel).tobytes() == recipe.matrix(panel).tobytes()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda features: (*features[:-2], features[-1]), "missing: month_sine"),
        (lambda features: (described("age"), *features[1:]), "missing: days_since_last_order; new: age"),
        (lambda features: (features[1], features[0], *features[2:]), "another order or of another kind"),
        (lambda features: (described("noise", "category"), *features[1:]), "missing: days_since_last_order"),
    ],
)
def test_other_features_than_in_training_are_refused(change, told):
    panel = drawn(10)
    recipe = Recipe.learn(panel)
    other = replace(panel, features=change(panel.features))
    with pytest.raises(IntegrityError, match=f"(?s)not those that the model.*{told}") as caught:
        recipe.matrix(other)
    assert caught.value.exit_code == 5
    assert "a table, column or family that was added or taken away" in str(caught.value)
    assert Recipe.learn(panel).schema_hash != replace(recipe, features=other.features).schema_hash


def test_some_rows_are_learned_from_and_read_as_if_they_were_a_panel_of_their_own():
    panel = drawn(60)
    chosen = np.sort(np.random.default_rng(3).choice(180, 90, replace=False))
    chosen = chosen[panel.as_of[chosen] > 0]
    alone = panel.take(chosen)
    assert Recipe.learn(panel, chosen) == Recipe.learn(alone)
    recipe = Recipe.learn(panel)
    rows, whole = recipe.rows(panel, chosen), recipe.matrix(alone)
    assert rows.shape == whole.shape
    blocks = [rows.make(start, min(start + 7, len(chosen))) for start in range(0, len(chosen), 7)]
    assert np.concatenate(blocks).tobytes() == whole.tobytes()


def test_more_columns_than_are_read_at_once():
    panel = drawn(30)
    numbers = np.concatenate([panel.numbers] * 3, axis=1)
    names = [f"f{column}" for column in range(numbers.shape[1])]
    wide = replace(
        panel, numbers=numbers, features=(*(described(name) for name in names), described("city", "category"))
    )
    narrow, found = Recipe.learn(panel), Recipe.learn(wide)
    kept = [name in narrow.numbers for name in NUMBERS] * 3
    assert found.numbers == tuple(name for name, keep in zip(names, kept, strict=True) if keep)
    np.testing.assert_array_equal(found.matrix(wide)[:, : sum(kept)], numbers[:, kept])
    known = panel.numbers[:, 3][~np.isnan(panel.numbers[:, 3])]
    assert found.reference["f17"] == float(np.median(known))  # the noise of the third copy


def test_a_recipe_read_back_has_its_columns_in_the_order_of_training():
    """JSON objects are written with sorted keys: columns must not follow that order."""
    names = ("zone", "area")
    features = tuple(
        Description(name, "profile", "category", "text", name, "informational", None, "{value}", "{value}")
        for name in names
    )
    recipe = Recipe(features, (), {"zone": ("n", "s"), "area": ("x",)}, (), {})
    again = Recipe.from_dict(json.loads(json.dumps(recipe.as_dict(), sort_keys=True)))
    assert again.columns == recipe.columns
    assert again.columns[0] == "zone=n"
