"""Phases: the examples of the definitions, every rule at its edge, laws over drawn customers and worlds."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.config.lifecycle import Lifecycle
from churnlab.strategy import intensity, repeats
from churnlab.strategy.lifecycle import Phase, measures, phases
from churnlab.testing import DAY, worlds
from laws import assert_same, often, with_a_future
from pasts import past

RULES = Lifecycle()
G_POP = 60.0
AS_OF = 20_000 * DAY
# Eleven purchases at a gap of 60 days, 1.5 gaps ago; 6 events after 7.
AMEL = {
    "purchases": 11, "gap_count": 10, "own_gap_median": 60, "days_since_purchase": 90, "customer_days": 700,
    "events_recent": 6, "events_before": 7, "new_bought": 0, "notice": 0,
    "contract_running": np.nan, "contract_over_days": np.nan, "contract_days": np.nan,
}  # fmt: skip
CHLOE = {**AMEL, "days_since_purchase": 36, "events_recent": 9, "events_before": 6}
BRUNO = {**AMEL, "purchases": 9, "gap_count": 8, "days_since_purchase": 192}
DENIS = {**AMEL, "purchases": 2, "gap_count": 1, "own_gap_median": 0, "days_since_purchase": 202.5}


def phase(person, **how):
    """``person``: measures of one customer."""
    asked = {"g_pop": G_POP, "horizon_days": 90, **how}
    table = {name: np.array([float(value)]) for name, value in person.items()}
    return str(phases(table, RULES, **asked)[0])


def was(code):
    return np.array([code], dtype=object)


def test_the_examples_of_the_definitions():
    assert phase(AMEL) == "saturation"  # x 1.5, ln(7/8) = -0.13
    assert phase(CHLOE) == "growth"  # x 0.6, ln(10/7) = +0.36
    assert phase(CHLOE, season=1.3) == "saturation", "a high season: +0.09"
    assert phase(BRUNO) == "decline"  # x 3.2
    assert phase(DENIS) == "lost"  # g = (0 + 3 x 60) / 4 = 45: x 4.5, silent for longer than the horizon


def test_lost_needs_the_gaps_and_the_horizon():
    edge = {**AMEL, "days_since_purchase": 240}  # x = 4
    assert phase(edge) == "lost"
    assert phase({**edge, "days_since_purchase": 239.9}) == "decline"
    assert phase(edge, horizon_days=241) == "decline", "not silent for the horizon"
    assert phase(edge, horizon_days=240) == "lost"


def test_decline_by_silence_by_trend_or_by_notice():
    assert phase({**AMEL, "days_since_purchase": 120}) == "decline"
    assert phase({**AMEL, "days_since_purchase": 119.9}) == "saturation"
    fewer = {**AMEL, "events_recent": 3, "events_before": 5}  # ln(4/6) = -0.41
    assert phase(fewer) == "decline"
    assert phase({**fewer, "events_recent": 0, "events_before": 2}) == "saturation", (
        "of 2 events none is a trend"
    )
    assert phase({**fewer, "events_recent": 4, "events_before": 6}) == "saturation"  # ln(5/7) = -0.34
    assert phase(fewer, season=0.5) == "growth", "all bought half as much: +0.29"
    assert phase({**AMEL, "notice": 1}) == "decline"


def test_a_decline_ends_below_both_limits_only():
    slow = {**AMEL, "events_recent": 7}  # ln(8/8) = 0
    for days, trend_is_fine, stays in ((90, True, True), (89.9, True, False), (89.9, False, True)):
        events = {} if trend_is_fine else {"events_recent": 5, "events_before": 7}  # ln(6/8) = -0.29
        person = {**slow, **events, "days_since_purchase": days}
        assert (phase(person, previous=was("decline")) == "decline") == stays
        assert phase(person, previous=was("saturation")) == "saturation", "it never entered"
        assert phase(person, previous=was(None)) == "saturation"
    assert phase(DENIS, previous=was("decline")) == "lost", "lost is asked first"


def test_start_and_exploration():
    once = {**CHLOE, "purchases": 1, "gap_count": 0, "own_gap_median": np.nan, "customer_days": 36}
    assert phase(once) == "start"
    assert phase({**once, "purchases": 2}) == "exploration"
    assert phase({**CHLOE, "purchases": 3}) == "exploration"
    assert phase({**CHLOE, "customer_days": 239.9}) == "exploration"
    assert phase({**CHLOE, "customer_days": 240}) == "growth"
    assert phase({**once, "days_since_purchase": 130}) == "decline", "decline is asked before start"


def test_growth_by_trend_or_by_something_new():
    assert phase({**AMEL, "new_bought": 1}) == "growth"
    assert phase({**AMEL, "events_recent": 8}) == "saturation"  # ln(9/8) = 0.118
    assert phase({**AMEL, "events_recent": 7, "events_before": 6}) == "saturation"  # ln(8/7) = 0.134
    assert phase({**AMEL, "events_recent": 6, "events_before": 5}) == "growth"  # ln(7/6) = 0.154


def test_contracts_decide_where_churn_is_contractual():
    runs = {**AMEL, "contract_running": 1, "contract_days": 500}
    over = {**runs, "contract_running": 0, "contract_over_days": 30}
    contractual = {"kind": "contractual", "grace_days": 30}
    assert phase(over, **contractual) == "lost"
    assert phase({**over, "contract_over_days": 29.9}, **contractual) == "saturation", "in grace"
    assert phase(over) == "saturation", "elsewhere a contract that is over is not the relationship"
    assert phase({**runs, "days_since_purchase": 400}, **contractual) == "decline", "silent under contract"
    assert phase({**runs, "contract_days": 59}, **contractual) == "start"
    assert phase({**runs, "purchases": 1, "contract_days": 60}, **contractual) == "exploration"


def test_whoever_is_asked_to_come_back_is_lost():
    assert phase(CHLOE, kind="win_back") == "lost"


def test_where_nobody_has_a_rhythm_silence_says_nothing():
    assert phase({**AMEL, "days_since_purchase": 900}, g_pop=None) == "saturation"


def test_labels_in_both_languages():
    assert [each.label("fr") for each in Phase] == [
        "perdu", "déclin", "démarrage", "exploration", "croissance", "saturation",
    ]  # fmt: skip
    assert Phase.START.label("en") == "start"


counts = st.integers(0, 12)
people = st.fixed_dictionaries(
    {
        "purchases": st.integers(1, 12),
        "gap_count": counts,
        "own_gap_median": st.sampled_from((np.nan, 0.0, 7.0, 60.0)),
        "days_since_purchase": st.sampled_from((0.1, 10.0, 60.0, 89.9, 90.0, 120.0, 240.0, 500.0)),
        "customer_days": st.sampled_from((1.0, 100.0, 240.0, 900.0)),
        "events_recent": counts,
        "events_before": counts,
        "new_bought": st.integers(0, 1),
        "notice": st.integers(0, 1),
        "contract_running": st.sampled_from((np.nan, 0.0, 1.0)),
        "contract_over_days": st.sampled_from((np.nan, 29.0, 31.0)),
        "contract_days": st.sampled_from((np.nan, 10.0, 100.0)),
    }
)
CODES = [str(each) for each in Phase]


# Law 6: exactly one phase.
@often
@given(
    st.lists(st.tuples(people, st.sampled_from([None, *CODES])), min_size=1, max_size=5),
    st.sampled_from((None, 30.0, G_POP)),
    st.sampled_from((0.6, 1.0, 1.5)),
    st.sampled_from(("non_contractual", "contractual", "partial", "win_back")),
)
def test_everybody_has_one_phase_and_it_is_ones_own(drawn, g_pop, season, kind):
    table = {name: np.array([float(person[name]) for person, _ in drawn]) for name in AMEL}
    previous = np.array([before for _, before in drawn], dtype=object)
    asked = {"g_pop": g_pop, "horizon_days": 90, "season": season, "kind": kind}
    together = phases(table, RULES, previous=previous, **asked)
    assert set(together) <= set(CODES)
    for place, (person, before) in enumerate(drawn):
        assert phase(person, previous=was(before), **asked) == together[place]
        if before != "decline":
            assert phase(person, **asked) == together[place], "only a decline is remembered"


@given(st.sampled_from((89.0, 95.0, 119.0)), st.lists(st.integers(6, 8), min_size=1, max_size=6))
def test_who_swings_inside_the_band_never_moves(days, swings):
    # Silence between 1.5 and 2 gaps, trend between -0.20 and 0.14: whatever was, stays.
    calm = {**AMEL, "customer_days": 900, "days_since_purchase": days}
    for before in ("decline", "saturation"):
        now = before
        for recent in swings:
            now = phase({**calm, "events_recent": recent, "events_before": 7}, previous=was(now))
        inside = days >= 90 or before == "saturation"
        assert now == (before if inside else "saturation")


def test_measures_by_hand():
    # Orders 400, 340, 280, 220 and 40 days ago: gaps 60, 60, 60, 180, the middle one 60, so g = 60 and the
    # windows are 180 days: the last holds the order of 40, the one before those of 220, 280 and 340.
    orders = [
        {"customer": 0, "time": AS_OF - ago * DAY, "amount": 100, "family": family, "channel": "web"}
        for ago, family in ((400, "pens"), (340, "pens"), (280, "cups"), (220, "pens"), (40, "lamps"))
    ]
    contacts = [
        {"customer": 0, "time": AS_OF - 180 * DAY, "type": "question", "direction": "inbound"},
        {"customer": 0, "time": AS_OF - 180 * DAY - 1, "type": "question", "direction": "inbound"},
        {"customer": 0, "time": AS_OF - 3 * DAY, "type": "notice", "direction": "outbound"},
    ]
    seen = past([(0, AS_OF)], transactions=orders, interactions=contacts)
    found = {name: float(values[0]) for name, values in measures(seen, RULES, G_POP).items()}
    contract = ("contract_running", "contract_over_days", "contract_days")
    assert all(np.isnan(found.pop(name)) for name in contract)
    assert found == {
        "purchases": 5, "days_since_purchase": 40, "events_recent": 2, "events_before": 4,
        "new_bought": 1, "notice": 1,
    }  # fmt: skip


def test_at_first_nothing_is_new():
    orders = [
        {"customer": 0, "time": AS_OF - ago * DAY, "amount": 100, "family": family}
        for ago, family in ((50, "pens"), (40, "cups"))
    ]
    seen = past([(0, AS_OF)], transactions=orders)
    assert measures(seen, RULES, G_POP)["new_bought"].tolist() == [0]


def test_a_notice_counts_until_the_next_contract_or_else_order():
    def notice(ago_order, ago_notice, ago_contract=None):
        tables = {
            "transactions": [{"customer": 0, "time": AS_OF - ago_order * DAY, "amount": 1}],
            "interactions": [{"customer": 0, "time": AS_OF - ago_notice * DAY, "type": "notice"}],
        }
        if ago_contract is not None:
            tables["contracts"] = [{"customer": 0, "time": AS_OF - ago_contract * DAY, "end": None}]
        return measures(past([(0, AS_OF)], **tables), RULES, G_POP)["notice"].tolist() == [1]

    assert notice(30, 20)
    assert not notice(20, 30)
    assert notice(5, 20, ago_contract=100), "a payment under contract takes no notice back"
    assert not notice(50, 20, ago_contract=10)


def all_measures(world, *, compiled=False):
    seen = world.history(compiled=compiled)
    return {**intensity.measures(seen), **repeats.measures(seen), **measures(seen, RULES, 20.0)}


@pytest.mark.parametrize("compiled", [False, True])
@given(world=worlds())
def test_the_future_changes_no_measure(compiled, world):
    known, later = with_a_future(world)
    assert_same(all_measures(later, compiled=compiled), all_measures(known), "what comes later shows")


@given(worlds())
def test_measures_are_each_customers_own(world):
    together, asked = all_measures(world), len(world.asked)
    for place, customer in enumerate(world.customers):
        own = {name: values[place * asked : (place + 1) * asked] for name, values in together.items()}
        assert_same(all_measures(world.only(customer)), own, "other customers show")


@pytest.mark.parametrize(
    "mutant",
    [
        {"lost_gaps": 4.6}, {"decline_gaps": 3.3}, {"growth_trend": 0.4}, {"explored_purchases": 1},
    ],
)  # fmt: skip
def test_other_limits_give_other_phases(mutant):
    rules = Lifecycle(**mutant)
    everyone = [AMEL, CHLOE, BRUNO, DENIS, {**CHLOE, "purchases": 3}]
    table = {name: np.array([float(person[name]) for person in everyone]) for name in AMEL}
    asked = {"g_pop": G_POP, "horizon_days": 90}
    assert phases(table, rules, **asked).tolist() != phases(table, RULES, **asked).tolist()
