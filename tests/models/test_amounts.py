"""Four ways to learn amounts: what each must get right whatever the trees do, and what none may do."""

from dataclasses import replace

import numpy as np
import pytest

from churnlab.config.project import AMOUNTS
from churnlab.models.amounts import ON_PACE, Amounts
from customers import QUICK, drawn, on

PROMISED = ("offset", "feature")


def asked(kind):
    return QUICK.model_copy(update={"amount": kind})


def stayers(panel, *days):
    return np.flatnonzero(on(panel, *days) & (panel.churned == 0))


@pytest.fixture(scope="module")
def panel():
    return drawn(500)


@pytest.fixture(scope="module")
def promise(panel):
    """(n,) what the rows bring on average, by construction, but for a factor."""
    return 3 * (10 + panel.number("spend_90d"))


@pytest.mark.parametrize("kind", AMOUNTS)
def test_a_known_truth_is_found_up_to_a_factor(panel, promise, kind):
    rows, later = stayers(panel, 0, 30), stayers(panel, 60)
    model = Amounts.learn(panel, rows, promise[rows] if kind in ON_PACE else None, asked(kind))
    said = model.of(panel, promise[later] if kind in ON_PACE else None, later)
    assert np.corrcoef(np.log(said), np.log(promise[later]))[0, 1] > 0.9


def test_from_an_exact_promise_on_there_is_nothing_to_learn(panel, promise):
    exact = replace(panel, value=np.where(panel.churned == 0, promise / 3, 0.0))
    rows, later = stayers(panel, 0, 30), stayers(panel, 60)
    said = Amounts.learn(exact, rows, promise[rows], asked("offset")).of(exact, promise[later], later)
    factor = said / promise[later]
    assert factor == pytest.approx(np.full(len(later), factor.mean()), rel=1e-3)


def test_an_offset_is_only_ever_a_factor_of_each_rows_own(panel, promise):
    """Doubling one customer's promise doubles the answer for that customer, and for no other."""
    rows = stayers(panel, 0)
    model = Amounts.learn(panel, rows, promise[rows], asked("offset"))
    more = promise[rows].copy()
    more[7] *= 2
    ratio = model.of(panel, more, rows) / model.of(panel, promise[rows], rows)
    assert ratio[7] == pytest.approx(2)
    assert np.delete(ratio, 7).tolist() == [1.0] * (len(rows) - 1)


def test_auto_reads_the_pace_where_there_is_one(panel, promise):
    rows = stayers(panel, 0, 30)
    for promised, kind in ((promise[rows], "feature"), (None, "tweedie")):
        auto, named = (Amounts.learn(panel, rows, promised, asked(name)) for name in ("auto", kind))
        assert auto.kind == kind
        assert auto.trees.content == named.trees.content


@pytest.mark.parametrize("kind", PROMISED)
def test_a_missing_promise_is_refused(panel, kind):
    with pytest.raises(ValueError, match="what the pace promises"):
        Amounts.learn(panel, stayers(panel, 0), None, asked(kind))


@pytest.mark.parametrize("kind", AMOUNTS)
def test_what_is_kept_gives_the_same_answers(panel, promise, kind):
    rows = stayers(panel, 0, 30)
    promised = promise[rows] if kind in ON_PACE else None
    model = Amounts.learn(panel, rows, promised, asked(kind))
    again = Amounts.from_dict(model.as_dict(), model.trees)
    assert again.of(panel, promised, rows).tolist() == model.of(panel, promised, rows).tolist()


def test_margins_of_logarithms_are_xgboosts_own(panel):
    import xgboost

    rows = stayers(panel, 0, 30)
    model = Amounts.learn(panel, rows, None, asked("lognormal"))
    booster = xgboost.Booster(model_file=bytearray(model.trees.content))
    matrix = model.recipe.rows(panel, rows).make(0, len(rows))
    theirs = booster.predict(xgboost.DMatrix(matrix), output_margin=True)
    assert model.trees.margin(matrix).astype(np.float32).tolist() == theirs.tolist()
