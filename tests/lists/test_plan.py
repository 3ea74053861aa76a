"""A campaign planned: the laws of arms and money, the order of operations, alternatives and exploring."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions_made import SALT, action, bits, campaign, measured, people, some_actions, some_people
from churnlab.config.campaign import Campaign
from churnlab.lists import control
from churnlab.lists.control import ARMS, CONTROL, EXPLORE, HOLDOUT, TREATED
from churnlab.lists.plan import limits_of, plan, sized
from churnlab.strategy.actions import NONE
from churnlab.strategy.budget import OUTCOMES, Limits
from churnlab.strategy.priority import DECISIONS

shares = st.sampled_from([0.0, 0.1, 0.3, 0.5])


@st.composite
def worlds(draw):
    """Customers, what is allowed, and a campaign with limits of every kind."""
    actions, who = draw(some_actions()), draw(some_people())
    allowed = np.array(
        draw(
            st.lists(
                st.lists(st.integers(0, 3).map(bool), min_size=len(actions), max_size=len(actions)),
                min_size=len(who),
                max_size=len(who),
            )
        ),
        dtype=bool,
    )
    capacity = {each.channel: draw(st.integers(0, 6)) for each in actions if draw(st.booleans())}
    asked = campaign(
        *actions,
        budget=draw(st.none() | st.sampled_from([0, 4, 12.34, 30.5, 100])),
        capacity=capacity,
        control=draw(shares),
        holdout=draw(shares),
        explore=draw(shares),
        test_budget={"customers": draw(st.none() | st.integers(0, 5)), "control": draw(shares)},
        alternatives=draw(st.booleans()),
    )
    return [f"c{place}" for place in range(len(who))], who, asked, allowed


def told(world, rows=None):
    """What is planned for each customer, by id."""
    ids, who, asked, allowed = world
    rows = np.arange(len(ids)) if rows is None else np.asarray(rows)
    made = plan([ids[row] for row in rows], who.take(rows), asked, SALT, allowed[rows])
    columns = (made.arm, made.choice.action, made.choice.saved, made.choice.cost, made.outcome, made.rank)
    return {ids[row]: tuple(column[place] for column in columns) for place, row in enumerate(rows)}, made


# Law 9: re-running or re-ordering rows never moves anyone.
@settings(max_examples=200)
@given(worlds(), st.randoms(use_true_random=False))
def test_re_running_and_re_ordering_moves_nobody(world, random):
    first, made = told(world)
    again, other = told(world, random.sample(range(len(world[0])), len(world[0])))
    np.testing.assert_equal(again, first)
    assert made.left == other.left


# Law 9: whoever else is there, those who are listed twice are in the same arm.
@settings(max_examples=200)
@given(worlds(), st.randoms(use_true_random=False))
def test_others_who_come_and_go_change_no_arm(world, random):
    n = len(world[0])
    first, _ = told(world)
    fewer, _ = told(world, sorted(random.sample(range(n), random.randint(1, n))))
    listed, share = (TREATED, CONTROL), world[2].control == world[2].test_budget.control
    for customer, (arm, *_) in fewer.items():
        if arm in listed and first[customer][0] in listed and share:
            assert arm == first[customer][0]
        assert (arm == HOLDOUT) == (first[customer][0] == HOLDOUT)


# Law 10: no suppressed or control id appears as treated.
@settings(max_examples=300)
@given(worlds())
def test_suppressed_control_and_holdout_are_never_contacted(world):
    ids, who, asked, allowed = world
    _, made = told(world)
    done = np.flatnonzero(made.contacted)
    # Done is an action that is allowed, for a person who is neither held out nor suppressed altogether.
    assert allowed[done, made.choice.action[done]].all()
    held = control.drawn(control.holdout_draws(ids, SALT, asked.epoch), asked.holdout)
    assert not made.contacted[held].any()
    # Suppressed people never enter the control group either, nor the holdout.
    suppressed = ~allowed.any(axis=1)
    assert (made.arm[suppressed] == 0).all()
    drawn = control.drawn(control.campaign_draws(ids, SALT, asked.name)[0], made.share)
    assert not (drawn & (made.arm == TREATED)).any()
    assert (drawn[made.arm == CONTROL]).all()
    complaint = who.moments & bits("complaint_open") > 0
    assert all(
        asked.actions[place].kind == "service" for place in made.choice.action[made.contacted & complaint]
    )


# Law 11: the sum of expected cost is within the budget, in whole minor units.
@settings(max_examples=300)
@given(worlds())
def test_no_limit_is_exceeded_whoever_is_contacted(world):
    asked = world[2]
    _, made = told(world)
    limits = limits_of(asked)
    spent = made.spent()
    assert limits.budget is None or spent <= limits.budget
    assert limits.budget is None or made.left.budget == limits.budget - spent
    done = [asked.actions[place].channel for place in made.choice.action[made.contacted]]
    for channel, room in asked.capacity.items():
        assert done.count(channel) <= room
        assert made.left.channels[channel] == room - done.count(channel)
    tests = (made.arm == TREATED) & (made.choice.decision == DECISIONS.index("test"))
    assert limits.tests is None or tests.sum() <= limits.tests


@settings(max_examples=200)
@given(worlds())
def test_only_what_pays_is_listed_and_ranks_have_no_gap(world):
    _, made = told(world)
    listed = (made.arm == TREATED) | (made.arm == CONTROL)
    assert (made.choice.saved[listed] > 0).all()
    assert (world[1].stake[listed] > 0).all()
    assert sorted(made.rank[made.rank > 0].tolist()) == list(range(1, int(listed.sum()) + 1))
    assert ((made.rank > 0) == listed).all()
    assert all(OUTCOMES[code] == "" for code in made.outcome[listed])


def test_order_of_operations_by_hand():
    # One to be called of five; the best is suppressed, the next cannot be called, the last is not worth it.
    who = people(5, stake=[5_000.0, 4_000.0, 3_000.0, 2_000.0, 50.0])
    allowed = np.array([[False], [False], [True], [True], [True]])
    made = plan(list("abcde"), who, campaign(action(contact_cost=10), capacity={"phone": 1}), SALT, allowed)
    assert [ARMS[code] for code in made.arm] == ["", "", "treated", "", ""]
    assert [OUTCOMES[code] for code in made.outcome] == ["", "", "", "channel_full", ""]
    assert made.choice.action.tolist() == [NONE, NONE, 0, 0, 0]
    assert made.rank.tolist() == [0, 0, 1, 0, 0]
    assert made.spent() == 1_000


def test_where_a_channel_is_full_the_next_best_action_is_taken():
    # Calls save 50, 40, 30, mails 25, 20, 15: one call, and the others are written to.
    who = people(3, stake=[1_000.0, 800.0, 600.0])
    both = (action("call"), action("mail", channel="email", save_rate=0.05))
    made = plan(list("abc"), who, campaign(*both, capacity={"phone": 1}), SALT)
    assert made.choice.action.tolist() == [0, 1, 1]
    assert made.choice.saved.tolist() == [50, 20, 15]
    assert made.rank.tolist() == [1, 2, 3]
    alone = plan(list("abc"), who, campaign(*both, capacity={"phone": 1}, alternatives=False), SALT)
    assert [ARMS[code] for code in alone.arm] == ["treated", "", ""]
    full = plan(list("abc"), who, campaign(*both, capacity={"phone": 1, "email": 1}), SALT)
    assert [ARMS[code] for code in full.arm] == ["treated", "treated", ""]


def test_what_is_proven_comes_before_what_is_not():
    who = people(2, stake=[1_000.0, 900.0], quadrant=["retain", "win_back"])
    both = (action("guess", quadrants=("retain",)), measured(quadrants=("win_back",)))
    made = plan(["a", "b"], who, campaign(*both, capacity={"phone": 1}), SALT)
    assert made.arm.tolist() == [0, TREATED]
    assert [DECISIONS[code] for code in made.choice.decision] == ["test", "treat"]


def test_by_cost_only_where_money_runs_out():
    # 100 saved for 40, or 30 saved for 10: fifty pay for the first and the second, forty for one of them.
    two = (
        action("visit", quadrants=("retain",), contact_cost=40, save_rate=0.14),
        action("call", quadrants=("win_back",), contact_cost=10, save_rate=0.04),
    )
    who = people(2, quadrant=["retain", "win_back"], risk=1.0)
    first = plan(["a", "b"], who, campaign(*two, budget=50), SALT)
    assert (first.choice.saved.tolist(), first.rank.tolist()) == ([100, 30], [1, 2])
    short = plan(["a", "b"], who, campaign(*two, budget=40), SALT)
    assert [ARMS[code] for code in short.arm] == ["", "treated"]
    assert short.rank.tolist() == [0, 1]


def test_a_control_group_costs_nothing_and_reaches_as_far_down_as_the_treated():
    n = 10_000
    who = people(n, stake=np.arange(n, 0, -1.0) + 100)
    asked = campaign(
        action(contact_cost=1), budget=4_000, control=0.2, test_budget={"customers": None, "control": 0.2}
    )
    made = plan([f"c{place}" for place in range(n)], who, asked, SALT)
    treated, alone = (np.flatnonzero(made.arm == code) for code in (TREATED, CONTROL))
    assert len(treated) == 4_000
    assert made.spent() == 400_000
    assert len(alone) == pytest.approx(1_000, rel=0.1)
    assert alone.max() < treated.max()
    assert np.median(alone) == pytest.approx(np.median(treated), rel=0.1)


def test_explored_are_a_random_share_of_those_not_selected():
    n = 20_000
    who = people(n, risk=np.where(np.arange(n) < 10_000, 0.5, 0.01), stake=np.arange(n) + 100.0)
    asked = campaign(action(contact_cost=30), budget=10_000, explore=0.02)
    made = plan([f"c{place}" for place in range(n)], who, asked, SALT)
    explored = np.flatnonzero(made.arm == EXPLORE)
    # A fiftieth of the money is kept for them: 200 / 30 contacts, and what was left over.
    assert 6 <= len(explored) <= 8
    free = plan(
        [f"c{place}" for place in range(n)], who, campaign(action(contact_cost=30), explore=0.02), SALT
    )
    explored = np.flatnonzero(free.arm == EXPLORE)
    others = np.flatnonzero((free.arm != EXPLORE) & (free.rank == 0))
    assert len(explored) == pytest.approx(0.02 * (len(others) + len(explored)), rel=0.2)
    assert np.mean(explored) == pytest.approx(np.mean(others), rel=0.05)
    assert (free.choice.saved[explored] <= 0).all()


def test_an_action_to_explore_with_is_never_chosen_otherwise():
    who = people(2_000, quadrant="release")
    both = (
        action("own", quadrants=("release",), channel="app", save_rate=0),
        action(
            "ask", quadrants=("release",), channel="email", contact_cost=1, save_rate=0.5, explore_only=True
        ),
    )
    made = plan([f"c{place}" for place in range(2_000)], who, campaign(*both, explore=0.1), SALT)
    assert set(made.arm.tolist()) == {0, EXPLORE}
    assert set(made.choice.action[made.arm == EXPLORE].tolist()) == {1}
    assert set(made.choice.action[made.arm == 0].tolist()) == {0}


def test_limits_are_whole_minor_units():
    asked = campaign(budget=12.345, capacity={"phone": 3})
    assert limits_of(asked) == Limits(1_234, {"phone": 3}, None, None)
    assert limits_of(campaign(budget=0.29)).budget == 29  # not 28.999...
    assert limits_of(campaign(budget=7), exponent=0).budget == 7
    assert limits_of(campaign(test_budget={"customers": 5, "cost": 1.5})) == Limits(None, {}, 5, 150)


def test_the_size_check_of_a_plan():
    n = 4_000
    asked = campaign(action(save_rate=0.12, backfire=0.01), test_budget={"customers": None, "control": 0.1})
    made = plan([f"c{place}" for place in range(n)], people(n, risk=0.25), asked, SALT)
    found = sized(made, asked.actions, np.full(n, 0.25))
    assert found.control + found.treated == n
    # .25 x .12 kept, .75 x .01 driven away.
    assert found.expected == pytest.approx((0.25, 0.25 - 0.03 + 0.0075))
    assert not found.enough


def test_a_wrong_order_of_operations_is_noticed(monkeypatch):
    """Control taken off after the cut: the money is spent on fewer than it pays for."""
    from churnlab.strategy import budget

    real, n = budget.select, 5_000

    def cut_first(order, channel, place, cost, alone, decision, limits):
        return real(order, channel, place, cost, np.zeros_like(alone), decision, limits)

    asked = campaign(action(contact_cost=1), budget=1_000, test_budget={"customers": None, "control": 0.5})
    ids, who = [f"c{place}" for place in range(n)], people(n)
    assert plan(ids, who, asked, SALT).spent() == 100_000
    monkeypatch.setattr(budget, "select", cut_first)
    assert plan(ids, who, asked, SALT).spent() < 60_000


def test_a_campaign_that_was_not_loaded_has_no_actions():
    asked = Campaign(name="autumn", salt="${env:SALT}", epoch="2026")
    with pytest.raises(ValueError, match="a campaign gets its actions when the configuration is loaded"):
        plan(["a"], people(), asked, SALT)
