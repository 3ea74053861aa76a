"""The churn model: finds a known truth, adds up, and only its own training rows decide it."""

import hashlib
from dataclasses import replace

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from churnlab.errors import DataError
from churnlab.models import boosted, churn
from churnlab.models.calibration import Calibration
from churnlab.models.churn import fit_churn
from churnlab.models.parts import held_out
from customers import QUICK, drawn, on, truth


@pytest.fixture(scope="module")
def panel():
    return drawn(500)


@pytest.fixture(scope="module")
def model(panel):
    return fit_churn(panel, on(panel, 0, 30), QUICK)


def test_a_known_truth_is_found(model, panel):
    test = panel.take(on(panel, 60))
    risk = model.risk(test)
    silence, orders = test.number("days_since_last_order"), test.number("orders_90d")
    true = truth(silence, orders, test.categories["city"])
    assert np.corrcoef(risk, true)[0, 1] > 0.9
    assert roc_auc_score(test.churned, risk) > roc_auc_score(test.churned, true) - 0.04
    assert risk.mean() == pytest.approx(true.mean(), abs=0.04)


def test_risks_have_six_decimals_and_follow_from_the_margin(model, panel):
    risk = model.risk(panel)
    margin = model.explained(panel).margin
    line = model.calibration
    assert (risk == np.round(risk, 6)).all()
    np.testing.assert_allclose(risk, 1 / (1 + np.exp(-(line.slope * margin + line.shift))), atol=5.1e-7)


def test_a_row_alone_is_scored_and_explained_as_among_others(model, panel):
    risk, told = model.risk(panel), model.explained(panel)
    assert told.risk.tobytes() == risk.tobytes()
    for row in (0, 1, 700, len(panel) - 1):
        one = panel.take(np.array([row]))
        alone = model.explained(one)
        assert model.risk(one).tobytes() == risk[row].tobytes()
        assert (alone.margin.tobytes(), alone.base) == (told.margin[row].tobytes(), told.base)
        assert alone.contributions.tobytes() == told.contributions[row].tobytes()


def test_contributions_add_up_to_the_margin_feature_by_feature(model, panel):
    told = model.explained(panel)
    margin, base, contributions = told.margin, told.base, told.contributions
    assert contributions.shape == (len(panel), len(model.features))
    np.testing.assert_allclose(base + contributions.sum(axis=1), margin, atol=1e-4)
    # What is not read contributes nothing; the columns of the city are summed into the city.
    names = [feature.name for feature in model.features]
    unread = [names.index(name) for name in model.dropped]
    assert names == list(panel.names)
    assert (contributions[:, unread] == 0).all()
    assert (contributions[:, names.index("city")] != 0).any()
    parts, _ = model.trees.contributions(model.recipe.matrix(panel))
    city = [column.startswith("city=") for column in model.recipe.columns]
    np.testing.assert_allclose(contributions[:, names.index("city")], parts[:, city].sum(axis=1), atol=1e-6)


def test_only_training_rows_decide(panel, model):
    """What happens at the test date, and which customers stand beside, changes no byte."""
    other = drawn(500, seed=9)
    late = on(panel, 60)
    mixed = replace(
        panel,
        numbers=np.where(late[:, None], other.numbers, panel.numbers),
        churned=np.where(late, np.nan, panel.churned),
    )
    again = fit_churn(mixed, on(panel, 0, 30), QUICK)
    assert again.trees.content == model.trees.content
    assert again.calibration == model.calibration


def test_the_calibration_is_learned_on_rows_the_trees_have_not_seen(panel, model, monkeypatch):
    plain = QUICK.model_copy(update={"calibration": "none"})
    known = panel.take(on(panel, 0, 30))
    ids = known.customer_id
    keys = {who: hashlib.sha256(f"{QUICK.seed}/{who}".encode()).digest() for who in ids}
    # A customer stands aside on both dates at once.
    part = np.array([sorted(set(keys.values())).index(keys[who]) % 3 for who in ids])
    margin = np.empty(1000)
    for each in range(3):
        rest = fit_churn(known, part != each, plain)
        margin[part == each] = rest.explained(known.take(part == each)).margin
    assert model.calibration == Calibration.learn(margin, known.churned, "sigmoid")


def test_the_last_fit_learns_from_every_known_row(panel, model):
    wide = fit_churn(panel, on(panel, 0, 30, 60), QUICK)
    assert wide.trees.content != model.trees.content
    matrix = wide.recipe.matrix(panel)
    oracle = boosted.fit(
        matrix, panel.churned, QUICK.churn, "binary:logistic", seed=QUICK.seed, threads=QUICK.threads
    )
    assert wide.trees.content == oracle.content


def test_each_customer_is_judged_by_trees_that_never_saw_them(monkeypatch):
    panel = drawn(200, dates=(0,))
    seen = []
    fit = boosted.fit

    def spied(matrix, target, *args, **kwargs):
        seen.append(len(target))
        return fit(matrix, target, *args, **kwargs)

    monkeypatch.setattr(boosted, "fit", spied)
    everyone = np.ones(200, dtype=bool)
    model = fit_churn(panel, everyone, QUICK)
    assert sorted(seen) == [133, 133, 134, 200]
    assert model.calibration.method == "sigmoid"
    # Noise alone, learned by heart: held out rows show that nothing of it is true.
    noise = replace(panel, churned=np.random.default_rng(5).permutation(panel.churned))
    assert fit_churn(noise, everyone, QUICK).calibration.slope < 0.4


@pytest.mark.parametrize(("enough", "parts"), [(1, 1), (167, 1), (168, 2), (334, 2), (335, 3), (10**9, 3)])
def test_parts_are_judged_until_there_are_customers_enough(panel, model, monkeypatch, enough, parts):
    monkeypatch.setattr(churn, "ENOUGH", enough)
    made = churn.grown(panel, on(panel, 0, 30), QUICK)
    rows = np.flatnonzero(on(panel, 0, 30))
    flags = held_out(panel.customer_id[rows], QUICK.seed)  # 167, 167 and 166 of 500 customers
    assert made.judged.tolist() == rows[np.logical_or.reduce(flags[:parts])].tolist()
    assert made.model.trees.content == model.trees.content
    judged = fit_churn(panel, on(panel, 0, 30), QUICK, trees=made)
    told = panel.churned[made.judged]
    assert judged.calibration == Calibration.learn(made.margin, told, "sigmoid")
    # More parts change nothing of what was said of the first.
    monkeypatch.setattr(churn, "ENOUGH", 10**9)
    whole = churn.grown(panel, on(panel, 0, 30), QUICK)
    assert made.margin.tobytes() == whole.margin[np.isin(whole.judged, made.judged)].tobytes()
    assert (judged.calibration == model.calibration) == (parts == 3)


def test_the_order_of_rows_is_not_left_to_chance(panel):
    every = np.ones(len(panel), dtype=bool)
    for rows in (np.arange(len(panel))[::-1], np.repeat(np.arange(500), 2)):
        wrong = panel.take(rows)
        with pytest.raises(ValueError, match="must be sorted by customer id and as_of"):
            fit_churn(wrong, every[: len(wrong)], QUICK)


def test_ids_sort_by_their_bytes():
    panel = drawn(120, dates=(0,))
    ids = np.array([f"é{n:03}" if n > 80 else f"Z{n:03}" for n in range(120)], dtype=object)
    every = np.ones(120, dtype=bool)
    fit_churn(replace(panel, customer_id=ids), every, QUICK)  # Z before é, as in UTF-8


@pytest.mark.parametrize(
    ("change", "told"),
    [
        (lambda panel: panel.take(panel.customer_id == "00003"), "got: 1 customers, "),
        (lambda panel: panel.take(panel.customer_id < "00099"), "got: 99 customers"),
        (lambda panel: replace(panel, churned=np.zeros(len(panel))), "0 rows that churned, 1500 that stayed"),
        (lambda panel: replace(panel, churned=np.ones(len(panel))), "1500 rows that churned, 0 that stayed"),
    ],
)
def test_too_little_to_train_on(panel, change, told):
    some = change(panel)
    every = np.ones(len(some), dtype=bool)
    needed = "needed 100 customers and 30 of each"
    with pytest.raises(DataError, match=f"(?s)too little to train on.*{told}.*{needed}") as caught:
        fit_churn(some, every, QUICK)
    assert caught.value.exit_code == 3


def test_one_customer_can_be_scored(model, panel):
    one = panel.take(panel.customer_id == "00007")
    assert model.risk(one).tolist() == model.risk(panel)[panel.customer_id == "00007"].tolist()


@pytest.mark.parametrize("new", ["Aix", "Metz", "Zug"])
def test_an_unknown_category_is_no_known_one_wherever_it_sorts(model, panel, new):
    """XGBoost 3.2 scores an unseen category of its own kind as the next known one."""
    cities = np.full(len(panel), new, dtype=object)
    unknown = model.risk(replace(panel, categories={"city": cities}))
    other = model.risk(replace(panel, categories={"city": np.full(len(panel), "Other", dtype=object)}))
    assert unknown.tolist() == other.tolist()
    for known in ("Lyon", "Nice", "Paris"):
        cities = np.full(len(panel), known, dtype=object)
        assert (unknown != model.risk(replace(panel, categories={"city": cities}))).any()


def test_unknown_categories_are_told_and_many_of_them_warned_of(model, panel):
    cities = panel.categories["city"].copy()
    cities[:15] = "Metz"
    few = replace(panel, categories={"city": cities})
    told = "city: 1.0% of customers have a value that training did not know, and count as other"

    def notes(rows):
        return model.notes(model.unseen(rows), len(rows))

    assert notes(panel) == ()
    assert notes(few) == (told,)
    cities[:300] = "Metz"
    assert notes(few) == (f"warning: {told.replace('1.0%', '20.0%')}",)
