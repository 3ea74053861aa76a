"""Actions, people and campaigns for tests: short to write, and drawn by hypothesis."""

import numpy as np
from hypothesis import strategies as st

from churnlab.config.campaign import MOMENTS, PHASES, QUADRANTS, Action, Campaign
from churnlab.strategy.actions import People

SALT = "a salt only of tests"


def action(action_id="call", **given):
    """A call that saves one in ten for nothing, to be made dearer."""
    effect = {} if {"save_rate", "abs_reduction"} & {*given} else {"save_rate": 0.1}
    terms = {
        "label": {"en": action_id, "fr": action_id},
        "quadrants": ("retain", "rationalise", "win_back"),
        "phases": PHASES,
        "channel": "phone",
        "contact_cost": 0,
        "yearly_cap": 2,
        "customer_benefit": "help",
        "consent_purpose": "marketing",
        "owner": "sales",
    }
    return Action(action_id=action_id, **{**terms, **effect, **given})


def measured(action_id="proven", **given):
    """An action whose effect is known to be above nothing."""
    return action(action_id, evidence="measured run_1", uplift_low=0.05, **given)


def people(n=1, *, quadrant="retain", phase="saturation", moments=0, risk=0.5, stake=1_000.0):
    """``n`` customers: each value one for all, or one for each."""
    texts = (np.broadcast_to(np.array(each, dtype=object), n) for each in (quadrant, phase))
    numbers = (np.broadcast_to(np.asarray(each, np.float64), n) for each in (risk, stake))
    return People(*texts, np.broadcast_to(np.asarray(moments, np.int64), n), *numbers)


def campaign(*actions, **given):
    """Nobody is left alone and nothing is limited, unless said."""
    free = {
        "control": 0,
        "holdout": 0,
        "explore": 0,
        "test_budget": {"customers": None, "control": 0},
        "alternatives": True,
    }
    asked = {"name": "autumn", "salt": "${env:SALT}", "epoch": "2026", **free, **given}
    return Campaign(actions=actions or (action(),), **asked)


def bits(*moments):
    """Moments as bits."""
    return sum(1 << MOMENTS.index(moment) for moment in moments)


shares = st.integers(0, 1_000).map(lambda n: n / 1_000)


@st.composite
def some_actions(draw, most=4):
    """One to ``most`` actions of any kind that a catalogue may hold."""
    made = []
    for number in range(draw(st.integers(1, most))):
        low = draw(st.booleans())
        made.append(
            action(
                f"action_{number}",
                save_rate=draw(st.sampled_from([0.05, 0.1, 0.3])),
                uplift_low=0.04 if low else None,
                evidence="measured run_1" if low and draw(st.booleans()) else "assumed",
                channel=draw(st.sampled_from(["phone", "email", "post"])),
                contact_cost=draw(st.sampled_from([0, 0.5, 4, 12.34])),
                incentive_cost=draw(st.sampled_from([0, 15])),
                take_up_stayers=0.35,
                backfire=draw(st.sampled_from([0, 0.01])),
                kind=draw(st.sampled_from(["marketing", "service"])),
                explore_only=draw(st.integers(0, 5)) == 0,
            )
        )
    return tuple(made)


@st.composite
def some_people(draw, most=30):
    """Customers of all sorts, with equal ones among them."""
    n = draw(st.integers(1, most))

    def each(values):
        return draw(st.lists(values, min_size=n, max_size=n))

    return People(
        np.array(each(st.sampled_from([*QUADRANTS, "unclassified"])), dtype=object),
        np.array(each(st.sampled_from([*PHASES, None])), dtype=object),
        np.array(each(st.sampled_from([0, bits("complaint_open"), bits("value_drop")])), np.int64),
        np.array(each(st.sampled_from([0.05, 0.3, 0.31, 0.9, 1.0]))),
        np.array(each(st.sampled_from([-5.0, 0.0, 60.0, 900.0, 900.01, 3_000.0]))),
    )
