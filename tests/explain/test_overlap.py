"""Do other trees give the same reasons?"""

import numpy as np
import pytest

from churnlab.explain import overlap
from churnlab.models.churn import judged_churn
from customers import QUICK, drawn, on


def test_a_model_agrees_with_itself_and_less_with_one_of_other_customers():
    panel = drawn()
    known = on(panel, 0, 60)
    judged = judged_churn(panel, known, QUICK)
    some = panel.take(np.arange(len(panel)) < 300)
    ours, theirs = (overlap.codes(model, some) for model in (judged.model, judged.other))
    itself, other = overlap.agreement(ours, ours), overlap.agreement(ours, theirs)
    assert (itself.shared, itself.first) == (1, 1)
    assert 0.2 < other.shared < 1
    assert judged.other.trees.content != judged.model.trees.content
    uncalibrated = judged_churn(panel, known, QUICK.model_copy(update={"calibration": "none"}))
    assert uncalibrated.other is None


def test_rows_without_reasons_count_nowhere():
    none = np.full((2, 3), None, dtype=object)
    assert overlap.agreement(none, none) is None
    some = np.array([["a", None, None], [None, None, None]], dtype=object)
    assert overlap.agreement(some, none) == overlap.Overlap(0, 0)
    assert overlap.agreement(some, some).first == pytest.approx(1)
