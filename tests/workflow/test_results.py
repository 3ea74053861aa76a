"""What verbs print: tables that say why a cell is empty."""

import numpy as np
import pytest

from churnlab.evaluation.scorecard import ALL, Figure, score_churn, score_value
from churnlab.workflow.backtesting.answer import _table
from churnlab.workflow.results import Trained, shown

ROWS = 400
WHO = np.array([f"{number:03d}" for number in range(ROWS)], dtype=object)
NOTHING = "a tenth of these customers brought nothing, and no error is a percentage of nothing"
NO_DECILES = f"  - under decile MAPE %: {NOTHING}"


def value_card(nothing):
    """Customers worth their number, but for the first of them, who brought ``nothing``."""
    worth = np.where(np.arange(ROWS) < nothing, 0.0, np.arange(ROWS) + 1.0)
    return score_value(worth, {"ours": np.arange(ROWS) + 1.0}, WHO, {}, bootstrap=0, seed=0)


def lines(card, task):
    """Below the table of ``train``, and below that of ``backtest``."""
    figures = [figure for figure in card.figures if figure.segment == ALL]
    trained = Trained._table(task, "", figures)["lines"]
    backtested = next(_table(card, task, ""))["lines"]
    return trained[1:], list(backtested)


def test_the_cells_of_a_column_have_one_precision():
    def figure(estimate, metric="rmse"):
        return Figure("churn", "m", metric, ALL, estimate, 0.7, 0.9, 10, 5)

    assert shown([figure(1234.5), figure(2.25), figure(np.nan)]) == ["1,234.5", "2.2", "-"]
    assert shown([figure(0.25), figure(9.0)]) == ["0.250", "9.000"]
    assert shown([figure(0.81, "auroc")], interval=True) == ["0.810 [0.700, 0.900]"]
    assert shown([figure(0.81, "auroc")]) == ["0.810"]


@pytest.mark.parametrize(("nothing", "told"), [(ROWS // 10, [NO_DECILES]), (ROWS // 10 - 1, [])])
def test_a_decile_error_that_is_not_there_is_explained(nothing, told):
    assert lines(value_card(nothing), "value") == (told, told)


def test_other_dashes_have_their_reason_too():
    churned = (np.arange(ROWS) % 3 == 0).astype(float)
    scores = {"ours": np.full(ROWS, 1 / 3), "recency": np.arange(ROWS) * 1.0}
    card = score_churn(churned, scores, WHO, {}, bootstrap=0, seed=0)
    why = "  - under log loss, Brier, ECE: ranks only: its scores are no probabilities"
    assert lines(card, "churn") == ([why], [why])
