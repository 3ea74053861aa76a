"""One contact a parent: the best account, ties by value and id, never two; held out altogether, or not."""

import hashlib
import hmac

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions_made import SALT, action, campaign, measured, people, some_actions, some_people
from churnlab.errors import IntegrityError
from churnlab.lists import plan as planning
from churnlab.lists.control import ARMS, CONTROL, EXPLORE, HOLDOUT, TREATED
from churnlab.lists.plan import plan
from churnlab.strategy.priority import DECISIONS, NO_ACTION

shares = st.sampled_from([0.0, 0.1, 0.3, 0.5])


def texts(parents):
    """Ids of parents that are numbers here."""
    return [f"p{number}" for number in parents]


def told(ids, who, asked, parent, allowed=None):
    """id -> (arm, decision, whether it was kept for another)."""
    made = plan(ids, who, asked, SALT, allowed, parent=None if parent is None else texts(parent))
    columns = zip(made.arm, made.choice.decision, made.kept, strict=True)
    return {
        one: (ARMS[arm], DECISIONS[code], bool(kept))
        for one, (arm, code, kept) in zip(ids, columns, strict=True)
    }


def test_only_the_account_that_saves_most_is_contacted():
    who = people(4, stake=[500.0, 900.0, 700.0, 100.0])
    found = told(["a", "b", "c", "d"], who, campaign(measured()), [0, 0, 0, 1])
    assert found == {
        "a": ("", "no_action", True),
        "b": ("treated", "treat", False),
        "c": ("", "no_action", True),
        "d": ("treated", "treat", False),
    }


def test_ties_go_by_value_then_by_id():
    # Both save 50; the first has less at stake and more risk.
    who = people(2, risk=[1.0, 0.5], stake=[500.0, 1_000.0])
    assert told(["a", "b"], who, campaign(measured()), [3, 3])["b"][0] == "treated"
    twins = people(3, stake=500.0)
    assert told(["b", "a", "c"], twins, campaign(measured()), [3, 3, 3])["a"][0] == "treated"


def test_it_is_decided_before_the_budget():
    # 2 a contact, 4 in all: without the rule both accounts of the first parent would take it.
    who = people(3, stake=[900.0, 800.0, 100.0])
    asked = campaign(measured(contact_cost=2), budget=4)
    assert told(["a", "b", "c"], who, asked, None)["b"][0] == "treated"
    assert {one: arm for one, (arm, *_) in told(["a", "b", "c"], who, asked, [0, 0, 1]).items()} == {
        "a": "treated", "b": "", "c": "treated",
    }  # fmt: skip


def test_whoever_may_not_be_contacted_stands_in_nobodys_way():
    who = people(2, stake=[900.0, 100.0])
    found = told(["a", "b"], who, campaign(measured()), [0, 0], np.array([[False], [True]]))
    assert found == {"a": ("", "no_action", False), "b": ("treated", "treat", False)}


def test_a_parent_left_alone_is_left_alone_altogether():
    ids = [f"c{place}" for place in range(400)]
    parent = np.arange(400) // 2
    asked = campaign(measured(), control=0.5, explore=0.5)
    made = plan(ids, people(400), asked, SALT, parent=texts(parent))
    alone = np.isin(parent, parent[made.arm == CONTROL])
    assert 60 < (made.arm == CONTROL).sum() < 140
    assert {*made.arm[alone].tolist()} == {CONTROL, 0}, "none of their other accounts is explored"


def held_by_hand(parent, asked):
    """Whether a parent is held out: HMAC(HMAC(salt, epoch), its id), as the standard has it."""
    key = hmac.new(SALT.encode(), f"holdout\0{asked.epoch}".encode(), hashlib.sha256).digest()
    draw = int.from_bytes(hmac.new(key, parent.encode(), hashlib.sha256).digest()[:8], "big")
    return draw % 10_000 < round(asked.holdout * 10_000)


def test_a_parent_is_held_out_with_all_its_accounts():
    ids, asked = [f"c{place}" for place in range(600)], campaign(measured(), holdout=0.2, explore=0.5)
    parent = texts(np.arange(600) // 3)
    made = plan(ids, people(600), asked, SALT, parent=parent)
    by_hand = [held_by_hand(each, asked) for each in parent]
    assert ((made.arm == HOLDOUT) == by_hand).all()
    assert 20 < sum(by_hand) / 3 < 60
    # Everybody else is served: one of each parent.
    assert made.contacted.sum() == len({*parent}) - sum(by_hand) / 3


def test_an_account_of_no_parent_is_held_out_as_ever():
    ids, asked = [f"c{place}" for place in range(600)], campaign(measured(), holdout=0.2)
    together = [*texts(np.arange(300) // 3), *ids[300:]]
    arms = [plan(ids, people(600), asked, SALT, parent=each).arm for each in (None, together)]
    np.testing.assert_array_equal(arms[0][300:], arms[1][300:])


def test_an_account_that_nothing_is_allowed_for_holds_its_parent_out_no_less():
    asked = campaign(measured(), holdout=0.5)
    held = next(each for each in texts(range(99)) if held_by_hand(each, asked))
    made = plan(["a", "b"], people(2), asked, SALT, np.array([[False], [True]]), parent=[held] * 2)
    assert made.arm.tolist() == [0, HOLDOUT]


@settings(max_examples=200)
@given(st.data())
def test_whom_a_parent_has_beside_changes_no_holdout(data):
    ids, who, asked, _, parent = data.draw(worlds())
    made = plan(ids, who, asked, SALT, parent=texts(parent))
    rows = sorted(data.draw(st.sets(st.integers(0, len(ids) - 1), min_size=1)))
    there = [ids[row] for row in rows]
    fewer = plan(there, who.take(np.array(rows)), asked, SALT, parent=texts(parent[rows]))
    np.testing.assert_array_equal(fewer.arm == HOLDOUT, made.arm[rows] == HOLDOUT)


@st.composite
def worlds(draw):
    actions, who = draw(some_actions()), draw(some_people())
    n = len(who)
    flags = st.lists(st.integers(0, 3).map(bool), min_size=len(actions), max_size=len(actions))
    allowed = np.array(draw(st.lists(flags, min_size=n, max_size=n)), dtype=bool)
    capacity = {each.channel: draw(st.integers(0, 6)) for each in actions if draw(st.booleans())}
    asked = campaign(
        *actions,
        budget=draw(st.none() | st.sampled_from([0, 12.34, 100])),
        capacity=capacity,
        control=draw(shares),
        holdout=draw(shares),
        explore=draw(shares),
        alternatives=draw(st.booleans()),
    )
    parent = draw(st.lists(st.integers(0, max(n // 2, 1)), min_size=n, max_size=n))
    return [f"c{place}" for place in range(n)], who, asked, allowed, np.array(parent)


@settings(max_examples=200)
@given(worlds(), st.randoms(use_true_random=False))
def test_never_two_of_a_parent_and_no_order_of_rows_matters(world, random):
    ids, who, asked, allowed, parent = world
    made = plan(ids, who, asked, SALT, allowed, parent=texts(parent))
    drawn = parent[np.isin(made.arm, (TREATED, CONTROL, EXPLORE))]
    assert len(drawn) == len(np.unique(drawn))
    held = parent[made.arm == HOLDOUT]
    assert not np.isin(held, drawn).any(), "the decision maker of whoever is held out is left alone"
    assert not (made.kept & made.contacted).any()
    assert (made.choice.decision[made.kept] == NO_ACTION).all()
    rows = np.array(random.sample(range(len(ids)), len(ids)))
    there = [ids[row] for row in rows]
    other = plan(there, who.take(rows), asked, SALT, allowed[rows], parent=texts(parent[rows]))
    np.testing.assert_array_equal(other.arm, made.arm[rows])
    np.testing.assert_array_equal(other.kept, made.kept[rows])


@settings(max_examples=50)
@given(worlds())
def test_parents_of_one_account_change_nothing(world):
    ids, who, asked, allowed, _ = world
    free = plan(ids, who, asked, SALT, allowed)
    alone = plan(ids, who, asked, SALT, allowed, parent=ids)
    for name in ("arm", "outcome", "rank", "kept"):
        np.testing.assert_array_equal(getattr(alone, name), getattr(free, name))
    np.testing.assert_array_equal(alone.choice.action, free.choice.action)


def test_two_of_a_parent_stop_the_lists(monkeypatch):
    nobody = lambda _, choice: np.zeros(len(choice.decision), dtype=bool)
    monkeypatch.setattr(planning._Selecting, "keep_one", nobody)
    with pytest.raises(IntegrityError, match=r"several accounts of one parent\ngot: 1 accounts too many"):
        plan(["a", "b"], people(2), campaign(action()), SALT, parent=["p", "p"])
