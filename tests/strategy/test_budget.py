"""Budget: against a walk from the best customer down, and the laws of money, order and chance."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from churnlab.strategy import budget
from churnlab.strategy.budget import OUTCOMES, BudgetCurve, Limits, minor, money_runs_out, ranked, select
from churnlab.strategy.priority import NO_ACTION, TEST, TREAT

CHANNELS = ("phone", "email")


def walk(order, place, cost, control, decision, limits):
    """The rule as it is told: one customer after another; who is left alone uses nothing."""
    room = {name: (limits.channels or {}).get(name, 10**9) for name in CHANNELS}
    money = 10**15 if limits.budget is None else limits.budget
    tests = 10**9 if limits.tests is None else limits.tests
    test_money = 10**15 if limits.test_cost is None else limits.test_cost
    listed = set()
    for row in order:
        channel, test = CHANNELS[place[row]], decision[row] == TEST
        fits = room[channel] > 0 and cost[row] <= money
        if test:
            fits = fits and tests > 0 and cost[row] <= test_money
        if fits:
            listed.add(int(row))
            if not control[row]:
                room[channel] -= 1
                money -= cost[row]
                tests -= test
                test_money -= cost[row] * test
    return listed, (room, money, tests, test_money)


limits = st.builds(
    Limits,
    budget=st.none() | st.integers(0, 60),
    channels=st.dictionaries(st.sampled_from(CHANNELS), st.integers(0, 8)),
    tests=st.none() | st.integers(0, 8),
    test_cost=st.none() | st.integers(0, 30),
)


@st.composite
def queues(draw):
    """Customers in list order, treat before test, with costs, channels and arms."""
    n = draw(st.integers(0, 25))

    def each(values):
        return np.array(draw(st.lists(values, min_size=n, max_size=n)), np.int64)

    decision = np.sort(each(st.sampled_from([TEST, TREAT])))[::-1].astype(np.int8)
    rows = np.array(draw(st.permutations(range(n))), np.int64)
    shuffled = np.empty(n, np.int8)
    shuffled[rows] = decision
    return rows, each(st.integers(0, 1)), each(st.integers(0, 12)), each(st.integers(0, 1)) > 0, shuffled


@settings(max_examples=400)
@given(queues(), limits)
def test_it_is_the_walk(queue, given_limits):
    order, place, cost, control, decision = queue
    made = select(order, CHANNELS, place, cost, control, decision, given_limits)
    listed, (room, money, tests, test_money) = walk(order, place, cost, control, decision, given_limits)
    assert {int(row) for row in order if OUTCOMES[made.outcome[row]] == ""} == listed
    assert made.left.channels == {name: room[name] for name in given_limits.channels}
    for left, expected, limit in (
        (made.left.budget, money, given_limits.budget),
        (made.left.tests, tests, given_limits.tests),
        (made.left.test_cost, test_money, given_limits.test_cost),
    ):
        assert left == (None if limit is None else expected)


# Law 11: the expected cost of the treated is within the budget, and every limit holds.
@settings(max_examples=200)
@given(queues(), limits)
def test_no_limit_is_exceeded(queue, given_limits):
    order, place, cost, control, decision = queue
    made = select(order, CHANNELS, place, cost, control, decision, given_limits)
    treated = np.zeros(len(cost), dtype=bool)
    treated[order] = (made.outcome[order] == 0) & ~control[order]
    assert given_limits.budget is None or cost[treated].sum() <= given_limits.budget
    for code, name in enumerate(CHANNELS):
        assert (treated & (place == code)).sum() <= given_limits.channels.get(name, len(cost))
    tests = treated & (decision == TEST)
    assert given_limits.tests is None or tests.sum() <= given_limits.tests
    assert given_limits.test_cost is None or cost[tests].sum() <= given_limits.test_cost


@settings(max_examples=300)
@given(queues(), limits, st.randoms(use_true_random=False))
def test_being_on_the_list_does_not_depend_on_ones_own_arm(queue, given_limits, random):
    order, place, cost, control, decision = queue
    if len(order):
        row = random.choice(order.tolist())
        other = control.copy()
        other[row] = not other[row]
        one, two = (
            select(order, CHANNELS, place, cost, arm, decision, given_limits).outcome[row]
            for arm in (control, other)
        )
        assert one == two


def test_the_example_of_the_module():
    cost = np.array([4, 4, 4, 4, 2])
    control = np.array([False, True, False, False, False])
    asked = (np.arange(5), ["post"], np.zeros(5, np.int64), cost)
    made = select(*asked, control, np.full(5, TREAT, np.int8), Limits(10))
    assert [OUTCOMES[code] for code in made.outcome] == ["", "", "", "over_budget", ""]
    assert made.left.budget == 0


def test_why_candidates_are_not_on_the_list():
    place, cost = np.array([0, 0, 1, 1, 1, 1]), np.array([1, 1, 9, 1, 1, 1])
    decision = np.array([TREAT, TREAT, TREAT, TREAT, TEST, TEST], np.int8)
    asked = (np.arange(6), CHANNELS, place, cost, np.zeros(6, dtype=bool), decision)
    made = select(*asked, Limits(5, {"phone": 1}, tests=1))
    assert [OUTCOMES[code] for code in made.outcome] == [
        "",
        "channel_full",
        "over_budget",
        "",
        "",
        "test_cap",
    ]
    assert made.left == Limits(2, {"phone": 0}, 0, None)
    dear = select(*asked, Limits(5, {"phone": 1}, test_cost=0))
    assert [OUTCOMES[code] for code in dear.outcome][-2:] == ["test_cap", "test_cap"]


def test_control_is_as_good_as_treated_all_the_way_down():
    # Half are left alone: they must be spread over the list, and not begin where money ends.
    n = 20_000
    control = np.random.default_rng(1).random(n) < 0.5
    asked = (np.arange(n), ["post"], np.zeros(n, np.int64), np.full(n, 3))
    made = select(*asked, control, np.full(n, TREAT, np.int8), Limits(12_000))
    listed = made.outcome == 0
    treated = np.flatnonzero(listed & ~control)
    assert len(treated) == 4_000
    assert listed[: treated[-1] + 1].all()
    assert not listed[treated[-1] + 1 :].any()
    ranks = [np.flatnonzero(listed & arm).mean() for arm in (control, ~control)]
    assert ranks[0] == pytest.approx(ranks[1], rel=0.03)


def columns(n):
    values = st.lists(st.sampled_from([0.5, 1.0, 4.0, 7.25]), min_size=n, max_size=n)
    codes = st.lists(st.sampled_from([NO_ACTION, TEST, TREAT]), min_size=n, max_size=n)
    costs = st.lists(st.sampled_from([0.0, 0.5, 2.0]), min_size=n, max_size=n)
    return st.tuples(codes, values, costs, values)


@settings(max_examples=200)
@given(st.integers(0, 15).flatmap(columns), st.booleans(), st.randoms(use_true_random=False))
def test_the_order_is_that_of_a_plain_sort_whatever_the_order_of_the_rows(made, by_cost, random):
    n = len(made[0])
    ids = [f"{'é' if place % 2 else 'z'}{place}" for place in range(n)]

    def key(row):
        decision, saved, cost, stake = (column[row] for column in made)
        first = saved if not by_cost else saved / cost if cost else float("inf")
        free = saved if by_cost and not cost else 0
        return -decision, -first, -free, -stake, ids[row].encode()

    expected = [ids[row] for row in sorted(range(n), key=key) if made[0][row] != NO_ACTION]
    for rows in (list(range(n)), random.sample(range(n), n)):
        decision, *money = (np.array([column[row] for row in rows]) for column in made)
        named = pa.array([ids[row] for row in rows], pa.string())
        order = ranked(named, decision.astype(np.int8), *money, by_cost=by_cost)
        assert [named[int(row)].as_py() for row in order] == expected


def test_saved_value_per_cost_where_money_runs_out():
    # 30 for 10, 12 for 2, 5 for nothing: by value, and by value per cost.
    saved, cost, stake = np.array([30.0, 12.0, 5.0]), np.array([10.0, 2.0, 0.0]), np.full(3, 100.0)
    asked = (["a", "b", "c"], np.full(3, TREAT, np.int8), saved, cost, stake)
    assert ranked(*asked, by_cost=False).tolist() == [0, 1, 2]
    assert ranked(*asked, by_cost=True).tolist() == [2, 1, 0]
    order, same = np.arange(3), (["post"], np.zeros(3, np.int64), minor(cost, 2), np.full(3, TREAT, np.int8))
    assert money_runs_out(order, *same, Limits(1_199))
    assert not money_runs_out(order, *same, Limits(1_200))
    assert not money_runs_out(order, *same, Limits())


@settings(max_examples=200)
@given(limits, st.sampled_from([0.0, 0.01, 0.1, 0.5]))
def test_what_is_set_aside_and_what_is_kept_are_the_whole(given_limits, share):
    kept, aside = given_limits.set_aside(share)
    assert kept.joined(aside) == given_limits
    assert aside.budget is None or aside.budget <= share * given_limits.budget
    assert kept.tests == given_limits.tests


def test_channels_without_room():
    assert Limits(5, {"phone": 0, "email": 1}).full() == {"phone"}
    with pytest.raises(ValueError, match="a limit must be 0 or more; got -1"):
        Limits(None, {"phone": -1})


def test_money_is_whole_and_exact():
    assert minor(np.array([0.1 + 0.2, np.nan, 1.005e13]), 2).tolist() == [30, 0, 1_005_000_000_000_000]
    with pytest.raises(ValueError, match="beyond 64 bits"):
        minor(np.array([1e18]), 2)
    asked = (np.arange(1), ["post"], np.zeros(1, np.int64))
    for wrong in (budget.LARGEST + 1, -1):
        with pytest.raises(ValueError, match="a contact costs 0 to"):
            select(*asked, np.array([wrong]), np.zeros(1, dtype=bool), np.full(1, TREAT, np.int8), Limits(9))


def test_the_curve_rises_to_the_last_who_pays():
    saved, cost = np.array([10.0, 30.0, 20.0]), np.array([1.0, 2.0, 4.0])
    curve = BudgetCurve.of(np.array([1, 2, 0]), saved, cost)
    assert curve.size.tolist() == [0, 1, 2, 3]
    assert curve.saved.tolist() == [0, 30, 50, 60]
    assert curve.cost.tolist() == [0, 2, 6, 7]


def test_nobody_to_choose_from():
    nobody = np.empty(0)
    order = ranked([], nobody.astype(np.int8), nobody, nobody, nobody, by_cost=True)
    asked = (order, ["post"], nobody.astype(np.int64), nobody.astype(np.int64))
    made = select(*asked, nobody.astype(bool), nobody.astype(np.int8), Limits(7))
    assert made.left == Limits(7, {}, None, None)
    assert BudgetCurve.of(order, nobody, nobody).saved.tolist() == [0]
