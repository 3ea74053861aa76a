"""The stability index: by hand, and on populations that did and did not move."""

import numpy as np
import pytest

from churnlab.evaluation import drift


def test_index_by_hand():
    # (.6 - .5) ln(.6 / .5) + (.4 - .5) ln(.4 / .5)
    assert drift.psi([0.5, 0.5], [0.6, 0.4]) == pytest.approx(0.1 * np.log(1.2) - 0.1 * np.log(0.8))
    assert drift.psi([0.2, 0.8], [0.2, 0.8]) == 0
    assert np.isfinite(drift.psi([0.5, 0.5], [1.0, 0.0]))
    with pytest.raises(ValueError, match="same parts"):
        drift.psi([1.0], [0.5, 0.5])


def test_the_same_population_is_steady_and_a_shifted_one_is_not():
    draw = np.random.default_rng(1)
    then = draw.gamma(2, 50, 20_000)
    ends = drift.edges(then)
    assert len(ends) == 9
    assert drift.shares(then, ends)[:-1] == pytest.approx([0.1] * 10, abs=0.001)
    known = drift.shares(then, ends)
    indexes = [
        drift.psi(known, drift.shares(times * draw.gamma(2, 50, 20_000), ends)) for times in (1.0, 1.3, 2.0)
    ]
    assert [drift.reading(index) for index in indexes] == ["steady", "moved", "other"]


def test_values_that_become_unknown_are_drift_too():
    then = np.linspace(0, 1, 1_000)
    ends = drift.edges(then)
    now = np.where(np.arange(1_000) % 2, np.nan, then)
    assert drift.shares(now, ends)[-1] == 0.5
    assert drift.psi(drift.shares(then, ends), drift.shares(now, ends)) > drift.MUCH


def test_a_constant_and_nothing_at_all_have_shares():
    assert drift.edges(np.full(5, np.nan)) == []
    assert drift.shares(np.full(4, 2.0), drift.edges(np.full(9, 2.0))) == [0.0, 1.0, 0.0]
    assert drift.shares(np.empty(0), []) == [0.0, 0.0]
