"""Actions: what fits whom by hand, and the best one against a search customer by customer."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions_made import action, bits, people, some_actions, some_people
from churnlab import config
from churnlab.config.campaign import MOMENTS, QUADRANTS
from churnlab.strategy.actions import CALLS, NONE, People, candidates, choose, fits, moment_bits
from churnlab.strategy.priority import DECISIONS, Priority


def fitting(who, *actions, **asked):
    table, combination = fits(actions, who, **asked)
    return [[actions[place].action_id for place in np.flatnonzero(row)] for row in table[combination]]


def built_in(**who):
    return fitting(people(**who), *config.built_in())[0]


def test_lists_left_empty_mean_any():
    anyone = action("any", quadrants=(), phases=())
    for quadrant in QUADRANTS:
        assert fitting(people(quadrant=quadrant, phase=None), anyone) == [["any"]]
    assert fitting(people(quadrant="unclassified"), anyone) == [[]]
    assert fitting(people(quadrant=None), anyone) == [[]]


def test_quadrant_phase_and_moment_must_all_fit():
    call = action("call", quadrants=("retain",), phases=("decline",), moments=("contract_end", "value_drop"))
    assert fitting(people(quadrant="retain", phase="decline", moments=bits("value_drop")), call) == [["call"]]
    assert fitting(people(quadrant="win_back", phase="decline", moments=bits("value_drop")), call) == [[]]
    assert fitting(people(quadrant="retain", phase="growth", moments=bits("value_drop")), call) == [[]]
    assert fitting(people(quadrant="retain", phase=None, moments=bits("value_drop")), call) == [[]]
    assert fitting(people(quadrant="retain", phase="decline", moments=bits("price_rise")), call) == [[]]
    assert fitting(people(quadrant="retain", phase="decline"), call) == [[]]


def test_what_comes_into_question_for_whom():
    two = (action("call", quadrants=("retain",)), action("mail", quadrants=("retain", "win_back")))
    asked = candidates(two, people(3, quadrant=["retain", "win_back", "release"]))
    assert asked.tolist() == [[True, True], [False, True], [False, False]]


def test_while_a_complaint_is_open_only_service_is_allowed():
    both = (action("offer"), action("repair", kind="service"))
    assert fitting(people(), *both) == [["offer", "repair"]]
    assert fitting(people(moments=bits("complaint_open", "contract_end")), *both) == [["repair"]]


def test_where_an_overlay_fits_nothing_else_does():
    both = (action("offer"), action("welcome", phases=("start",), overlay=True))
    assert fitting(people(phase="start"), *both) == [["welcome"]]
    assert fitting(people(phase="growth"), *both) == [["offer"]]


def test_the_built_in_actions_are_those_of_each_strategy():
    assert built_in(quadrant="retain", phase="growth") == [
        "named_adviser",
        "club_invitation",
        "missing_family",
    ]
    assert "renewal_talk" in built_in(quadrant="retain", phase="growth", moments=bits("contract_end"))
    assert "personal_call" in built_in(quadrant="retain", phase="decline")
    assert built_in(quadrant="rationalise", phase=None) == ["basket_threshold", "trade_up", "self_service"]
    assert built_in(quadrant="win_back", phase="decline") == ["personal_offer", "win_back_call"]
    assert built_in(quadrant="win_back", phase="decline", moments=bits("complaint_open")) == [
        "service_repair"
    ]
    assert built_in(quadrant="release", phase="decline") == ["own_channels"]
    for quadrant in QUADRANTS:
        assert built_in(quadrant=quadrant, phase="start") == ["welcome"]
        late = built_in(quadrant=quadrant, phase="start", moments=bits("first_repeat_late"))
        assert late == ["welcome", "second_purchase"]


def test_to_explore_there_are_more_actions_and_no_calls_where_effort_is_rationalised():
    two = (action("call"), action("message", channel="email", explore_only=True))
    assert fitting(people(quadrant="rationalise"), *two) == [["call"]]
    assert fitting(people(quadrant="rationalise"), *two, explore=True) == [["message"]]
    assert fitting(people(quadrant="retain"), *two, explore=True) == [["call", "message"]]


def test_the_best_by_hand():
    # 1000 x .5 x .1 = 50 less 8; 1000 x .5 x .05 = 25 less nothing; 60 less 8 is not allowed.
    three = (
        action("mail", channel="email", save_rate=0.05),
        action("call", contact_cost=8),
        action("visit", contact_cost=8, save_rate=0.12),
    )
    allowed = np.array([[True, True, False], [True, False, False], [False, False, False]])
    found = choose(three, people(3), allowed)
    assert found.action.tolist() == [1, 0, NONE]
    assert found.saved[:2].tolist() == [42, 25]
    assert found.cost[:2].tolist() == [8, 0]
    assert np.isnan(found.saved[2])
    assert [DECISIONS[code] for code in found.decision] == ["test", "test", "no_action"]
    assert choose(three, people()).action.tolist() == [2]


def test_of_equal_actions_the_first_of_the_catalogue_is_taken():
    twins = (action("a"), action("b", channel="email"))
    assert choose(twins, people(5)).action.tolist() == [0] * 5
    assert choose(twins[::-1], people(5)).action.tolist() == [0] * 5


def test_what_does_not_pay_is_kept_and_not_done():
    found = choose((action(contact_cost=900),), people())
    assert (found.action[0], found.saved[0], DECISIONS[found.decision[0]]) == (0, -850, "no_action")


def test_who_has_no_risk_or_value_gets_nothing():
    found = choose((action(),), people(3, risk=[0.5, np.nan, 0.5], stake=[np.nan, 9.0, 9.0]))
    assert found.action.tolist() == [NONE, NONE, 0]


def test_permissions_must_be_of_every_customer_and_action():
    with pytest.raises(ValueError, match=r"allowed must be of shape \(2, 1\)"):
        choose((action(),), people(2), np.ones((2, 2), dtype=bool))


def test_moments_as_text():
    assert moment_bits(["value_drop+contract_end", "", None]).tolist() == [
        bits("value_drop", "contract_end"),
        0,
        0,
    ]
    assert moment_bits(pa.chunked_array([["opt_out"], ["opt_out"]])).tolist() == [bits("opt_out")] * 2
    assert [moment_bits([each])[0] for each in MOMENTS] == [1 << place for place in range(len(MOMENTS))]
    with pytest.raises(ValueError, match="unknown moment 'value_dorp'; did you mean 'value_drop'"):
        moment_bits(["value_dorp"])


def test_texts_may_be_arrow():
    two = people(3, quadrant="win_back")
    arrow = People(
        pa.array(two.quadrant).dictionary_encode(), pa.array(two.phase), two.moments, two.risk, two.stake
    )
    assert fitting(arrow, action()) == fitting(two, action())
    assert fitting(arrow.take(np.array([0])), action()) == [["call"]]


def one_by_one(actions, who, row, allowed, *, explore):
    """The best action of one customer, searched as the rules are written."""
    best = (NONE, None)
    quadrant, phase, moments = who.quadrant[row], who.phase[row], int(who.moments[row])
    here = [
        (place, each)
        for place, each in enumerate(actions)
        if quadrant in QUADRANTS
        and quadrant in (each.quadrants or QUADRANTS)
        and (not each.phases or phase in each.phases)
        and (not each.moments or any(moments & bits(moment) for moment in each.moments))
        and (each.kind == "service" or not moments & bits("complaint_open"))
        and (explore or not each.explore_only)
        and not (explore and quadrant == "rationalise" and each.channel in CALLS)
    ]
    for place, each in here:
        if allowed[row, place]:
            saved = Priority.of(each, [who.risk[row]], [who.stake[row]]).saved[0]
            if best[1] is None or saved > best[1]:
                best = (place, saved)
    return best


@settings(max_examples=200)
@given(some_actions(), some_people(), st.randoms(use_true_random=False), st.booleans())
def test_it_is_the_best_of_those_that_fit_and_are_allowed(actions, who, random, explore):
    allowed = np.array([[random.random() < 0.8 for _ in actions] for _ in range(len(who))])
    found = choose(actions, who, allowed, explore=explore)
    for row in range(len(who)):
        place, saved = one_by_one(actions, who, row, allowed, explore=explore)
        assert found.action[row] == place
        assert saved is None or found.saved[row] == saved


@settings(max_examples=200)
@given(some_actions(), some_people(), st.randoms(use_true_random=False))
def test_the_order_of_the_rows_does_not_matter(actions, who, random):
    order = np.array(random.sample(range(len(who)), len(who)))
    found, shuffled = choose(actions, who), choose(actions, who.take(order))
    np.testing.assert_equal(vars(shuffled), vars(found.take(order)))
