"""Who speaks for a row: by definition, on both paths, with ties and next to nothing."""

import logging
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.explain import choosing
from churnlab.explain.choosing import NOBODY, speakers

GROUPS = ((0,), (1, 4), (2, 3, 6), (7,))  # nobody asks for column 5
UP, DOWN = 1, 0


def code(column, raises):
    return 2 * column + raises


def test_by_hand():
    # Net per group: .5, .4 - .1 = .3, -.2 - .1 + .05 = -.25, 0.
    row = [[0.5, 0.4, -0.2, -0.1, -0.1, 9.0, 0.05, 0.0]]
    for compiled in (False, True):
        found = speakers(np.array(row, np.float32), GROUPS, 3, compiled=compiled)
        assert found.tolist() == [[code(0, UP), code(1, UP), code(2, DOWN)]]
        found = speakers(np.array(row, np.float32), GROUPS, 5, compiled=compiled)
        assert found.tolist() == [[code(0, UP), code(1, UP), code(2, DOWN), NOBODY, NOBODY]]


def by_definition(row, places):
    net = [sum(row[column] for column in group) for group in GROUPS]
    order = range(len(GROUPS))
    raising = sorted((group for group in order if net[group] > choosing.LEAST), key=lambda group: -net[group])
    lowering = sorted(
        (group for group in order if -net[group] > choosing.LEAST), key=lambda group: net[group]
    )
    found = [code(max(GROUPS[group], key=lambda column: row[column]), UP) for group in raising]
    found += [code(min(GROUPS[group], key=lambda column: row[column]), DOWN) for group in lowering]
    return (found + [NOBODY] * places)[:places]


# Quarters add up without rounding, so that ties are ties.
rows_of_quarters = st.lists(st.lists(st.integers(-3, 3), min_size=8, max_size=8), min_size=1, max_size=6)


@given(rows_of_quarters, st.integers(1, 5))
def test_equal_to_its_definition_on_both_paths(rows, places):
    contributions = np.array(rows, np.float32) / 4
    wanted = [by_definition(row, places) for row in contributions.tolist()]
    for compiled in (False, True):
        assert speakers(contributions, GROUPS, places, compiled=compiled).tolist() == wanted


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_both_paths_choose_alike_where_sums_are_rounded(kind):
    chance = np.random.default_rng(0)
    contributions = np.exp(chance.normal(size=(2_000, 8)) * 9).astype(kind) * chance.choice(
        [-1, 1], (2_000, 8)
    )
    contributions[::3, 4] = -contributions[::3, 1]  # nothing together
    contributions[::4] *= kind(1e-7)
    slow, quick = (speakers(contributions.astype(kind), GROUPS, 3, compiled=each) for each in (False, True))
    np.testing.assert_array_equal(slow, quick)
    assert {NOBODY, code(1, UP), code(1, DOWN)} < set(slow.ravel().tolist())


def test_nobody_and_nothing():
    for compiled in (False, True):
        assert speakers(np.empty((0, 8)), GROUPS, 3, compiled=compiled).shape == (0, 3)
        assert (speakers(np.ones((2, 8)), (), 3, compiled=compiled) == NOBODY).all()
        tiny = np.full((1, 8), choosing.LEAST / 4, np.float64)
        assert (speakers(tiny, GROUPS, 3, compiled=compiled) == NOBODY).all()


def test_compiled_code_is_taken_where_it_pays_and_missed_without_harm(monkeypatch, caplog):
    monkeypatch.delitem(sys.modules, choosing._COMPILED, raising=False)
    assert choosing._compiled_code(choosing.PAYS - 1, None) is None
    assert choosing._compiled_code(choosing.PAYS, None).__name__ == choosing._COMPILED

    def no_folder(name):
        raise RuntimeError("no locator available")

    monkeypatch.setattr(choosing.importlib, "import_module", no_folder)
    with caplog.at_level(logging.WARNING):
        found = speakers(np.ones((1, 8)), GROUPS, 1, compiled=True)
    assert found.tolist() == [[code(2, UP)]]
    assert "no compiled code" in caplog.text
    monkeypatch.setattr(choosing.importlib.util, "find_spec", lambda name: None)
    assert choosing._compiled_code(10, True) is None
