"""A campaign over whole lists: laws 6 and 8 to 11, every row by a plain walk, and what the manifest says."""

import hashlib
import hmac
import json
from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions_made import SALT, action, campaign, measured, some_actions
from churnlab.config.campaign import PHASES
from churnlab.errors import IntegrityError
from churnlab.lists import control, deciding, order, spool
from churnlab.lists.screen import Screen
from churnlab.workflow.contacted import Told
from decided_lists import World, files, made, rows
from refusing import instant

RECENT = instant(2025, 6, 20)
CHANNELS = ("email", "phone", "post")


@st.composite
def worlds(draw, most=16):
    """Everything that decides, edges of budget and capacity among it; ties in value are common."""
    n = draw(st.integers(2, most))

    def each(*values):
        return draw(st.lists(st.sampled_from(values), min_size=n, max_size=n))

    risk = (np.array(draw(st.permutations(range(n)))) + 1) / (n + 1)
    moments = each(None, None, "complaint_open", "value_drop", "complaint_open+value_drop")
    people = made(
        n, each(0.0, 20.0, 900.0, 900.01), each(9.0, 90.0, np.nan), risk, each(*PHASES, None), moments
    )
    known = {"consents": [], "objections": [], "marks": [], "contacts": []}
    for who in people.customer_id.tolist():
        for channel in CHANNELS:
            given_, withdrawn = draw(
                st.sampled_from([(None, None), (1, None), (1, None), (1, 2), (3, 2), (2, 2)])
            )
            if given_:
                known["consents"].append((who, channel, "marketing", given_, withdrawn))
        what = draw(st.sampled_from(["", "", "", "no", "phone", "dead", "tired"]))
        if what in {"no", "phone"}:
            known["objections"].append((who, None if what == "no" else "phone", RECENT))
        if what == "dead":
            known["marks"].append((who, "deceased"))
        if what == "tired":
            known["contacts"].append((who, None, RECENT, 1))
    actions, shares = draw(some_actions()), st.sampled_from([0.0, 0.1, 0.5])
    asked = campaign(
        *actions,
        budget=draw(st.none() | st.sampled_from([0, 4, 12.34, 30.5])),
        capacity={each_.channel: draw(st.integers(0, 3)) for each_ in actions if draw(st.booleans())},
        control=draw(shares),
        holdout=draw(shares),
        explore=draw(shares),
        test_budget={"customers": draw(st.none() | st.integers(0, 4)), "control": draw(shares)},
        alternatives=draw(st.booleans()),
    )
    return World(people, known, asked)


def draw_of(purpose, name, client, word=0):
    key = hmac.new(SALT.encode(), f"{purpose}\0{name}".encode(), hashlib.sha256).digest()
    whole = hmac.new(key, client.encode(), hashlib.sha256).digest()
    return int.from_bytes(whole[8 * word : 8 * word + 8], "big") % 10_000


def closed(world, client, offer):
    """Whether something speaks against this offer to this client; None where against any contact at all."""
    known = world.known
    no = [channel for who, channel, _ in known["objections"] if who == client]
    if None in no or any(who == client for who, _ in known["marks"]):
        return None
    said = [row[3:] for row in known["consents"] if row[:2] == (client, offer.channel)]
    agreed = any(withdrawn is None or given_ > withdrawn for given_, withdrawn in said)
    if offer.kind == "service":
        return offer.channel in no or bool(said and not agreed)
    tired = any(who == client for who, *_ in known["contacts"])
    return offer.channel in no or not agreed or tired


def fitting(world, place, *, explore=False):
    """The actions of the catalogue that come into question for one customer, in its order."""
    people = world.people
    quadrant, phase = people.quadrant[place], people.phase[place]
    complaint = "complaint_open" in (people.moments.codes[place] or "")
    return [
        each
        for each in world.campaign.actions
        if quadrant in each.quadrants
        and phase in each.phases
        and (each.kind == "service" or not complaint)
        and (explore or not each.explore_only)
        and not (explore and quadrant == "rationalise" and each.channel == "phone")
    ]


def check_who_is_kept_off(world, found):
    """Everybody is on a list or kept off, once; and kept off is who the sources say must be."""
    listed = [row["customer_id"] for row in rows(found)]
    out = [row["customer_id"] for row in rows(found, "excluded")]
    assert sorted(listed + out) == world.people.customer_id.tolist(), "each once"
    wrong = []
    for place, client in enumerate(world.people.customer_id.tolist()):
        against = [closed(world, client, each) for each in fitting(world, place)]
        wholly = closed(world, client, world.campaign.actions[0]) is None
        if (client in out) != (wholly or bool(against and all(against))):
            wrong.append(client)
    assert wrong == [], "kept off"


# Law 6: exactly one quadrant and one phase, and each list holds its own.
def check_one_place(world, found):
    stands = dict(
        zip(
            world.people.customer_id, zip(world.people.quadrant, world.people.phase, strict=True), strict=True
        )
    )
    everybody = rows(found)
    assert all((row["quadrant"], row["phase"]) == stands[row["customer_id"]] for row in everybody), (
        "one place"
    )
    parts = [row for name in order.PLACES for row in rows(found, name)]
    assert parts == everybody, "one place"
    assert all(row["quadrant"] == name for name in order.PLACES for row in rows(found, name)), "one place"


# Law 10: no suppressed, control or held out customer is contacted, nor in any arm by another's draw.
def check_arms(world, found):
    asked = world.campaign
    offers = {each.action_id: each for each in asked.actions}
    places = {client: place for place, client in enumerate(world.people.customer_id.tolist())}
    for row in rows(found):
        client, arm = row["customer_id"], row["arm"]
        place = places[client]
        open_ = any(closed(world, client, each) is False for each in asked.actions)
        held = draw_of("holdout", asked.epoch, client) < round(asked.holdout * 10_000)
        assert (arm == "holdout") == (held and open_), "holdout"
        assert (row["action_id"] is not None) == (arm in {"treated", "control", "explore"}), "named where due"
        if row["action_id"] is not None:
            offer = offers[row["action_id"]]
            assert closed(world, client, offer) is False, "allowed"
            assert offer in fitting(world, place, explore=arm == "explore"), "fits"
            told = (row["action_channel"], row["action_label"], row["owner"], row["uplift_source"])
            assert told == (offer.channel, offer.label.en, offer.owner, offer.evidence), "named"
        share = {"treat": asked.control, "test": asked.test_budget.control}.get(row["decision"])
        if arm in {"treated", "control"}:
            drawn = draw_of("campaign", asked.name, client) < round(share * 10_000)
            assert (arm == "control") == drawn, "control"
        if arm == "explore":
            assert draw_of("campaign", asked.name, client, 1) < round(asked.explore * 10_000), "explore"


# Law 11: what the lists themselves say is paid is within the budget, the channels and the cap of tests.
def check_limits(world, found):
    asked = world.campaign
    contacted = [row for row in rows(found) if row["arm"] in {"treated", "explore"}]
    spent = sum(Fraction(str(row["expected_cost"])) for row in contacted)
    assert asked.budget is None or spent <= Fraction(str(asked.budget)), "budget"
    for channel, room in asked.capacity.items():
        assert sum(row["action_channel"] == channel for row in contacted) <= room, "capacity"
    tests = sum(row["decision"] == "test" and row["arm"] == "treated" for row in contacted)
    assert asked.test_budget.customers is None or tests <= asked.test_budget.customers, "cap of tests"
    return spent


def check_order(found):
    for name in order.PLACES:
        mine = rows(found, name)
        turns = [{"treated": 0, "control": 0, "explore": 1}.get(row["arm"], 2) for row in mine]
        assert turns == sorted(turns), "contacted first"
        assert [row["rank_in_list"] for row in mine] == list(range(1, len(mine) + 1))
        rest = [row["expected_loss"] for row, turn in zip(mine, turns, strict=True) if turn == 2]
        assert rest == sorted(rest, reverse=True), "contacted first"


def check_told(world, found, everybody):
    """What the manifest says is what the files hold, and it names nobody."""
    told = Told.of(everybody).as_facts()
    text = json.dumps(told, allow_nan=False)
    assert not any(client in text for client in world.people.customer_id), "nobody is named"
    assert SALT not in text
    listed, out = rows(found), rows(found, "excluded")
    if out:
        assert sum(told["suppressed"]["first_reason"].values()) == len(out), "suppressed"
    else:
        assert "suppressed" not in told
    arms = [row["arm"] or "none" for row in listed]
    assert told["campaign"]["arms"] == {name: arms.count(name) for name in told["campaign"]["arms"]}, "arms"
    decisions = [row["decision"] for row in listed]
    assert told["campaign"]["decisions"] == {
        name: decisions.count(name) for name in ("no_action", "test", "treat")
    }
    waiting = [row for row in listed if row["arm"] is None and row["decision"] != "no_action"]
    assert sum(told["campaign"]["not_selected"].values()) == len(waiting), "why not"
    assert told["campaign"]["expected_cost"] == float(check_limits(world, found)), "cost"


def check_laws(world):
    found, everybody = files(world)
    check_who_is_kept_off(world, found)
    check_one_place(world, found)
    check_arms(world, found)
    check_limits(world, found)
    check_order(found)
    check_told(world, found, everybody)


test_laws_6_10_and_11_hold_over_whole_lists = settings(max_examples=200)(given(worlds())(check_laws))


# Laws 8 and 9: the same customers in other blocks and another order are the same bytes and the same facts.
@settings(max_examples=200)
@given(worlds(), st.randoms(use_true_random=False))
def test_law_8_and_9_no_cut_and_no_order_changes_a_byte(world, random):
    first, one = files(world)
    n = len(world.people)
    shuffled = np.array(random.sample(range(n), n))
    cuts = sorted(random.sample(range(n + 1), random.randint(0, min(4, n))))
    with pytest.MonkeyPatch.context() as patch:
        for name in ("RUN", "CHUNK", "BATCH"):
            patch.setattr(spool, name, random.choice([1, 2, 5, 100]))
        again, other = files(world, *map(world.people.take, np.split(shuffled, cuts)))
    assert again == first
    assert other.decided.facts == one.decided.facts
    assert Told.of(other).as_facts() == Told.of(one).as_facts()
    assert other.totals == one.totals


# The walk: customer by customer, without limits

FREE = {"budget": None, "capacity": {}, "control": 0.5, "holdout": 0.1, "explore": 0.5}


def walked(world, place):
    """What the lists must say of one customer, where nothing is limited."""
    client, asked, people = world.people.customer_id[place], world.campaign, world.people
    risk, stake = float(np.round(people.churn_risk[place], 6)), float(people.worth.at_stake[place])
    held = draw_of("holdout", asked.epoch, client) < 1_000
    open_ = any(closed(world, client, each) is False for each in asked.actions)

    def best(explore):
        found = None
        for each in fitting(world, place, explore=explore):
            if not held and closed(world, client, each) is False:
                kept, t = risk * each.save_rate, each.take_up_stayers
                pays = each.incentive_cost * (kept + (1 - risk) * t) + each.contact_cost
                saved = stake * (kept - (1 - risk) * each.backfire) - pays
                if found is None or round(saved, 2) > found[0]:
                    found = round(saved, 2), each
        return found

    chosen = None if np.isnan(people.intensity[place]) else best(explore=False)
    if chosen is not None and chosen[0] > 0 and stake > 0:
        share = 0.5 if draw_of("campaign", asked.name, client) < 5_000 else 0
        return "control" if share else "treated", chosen[1].action_id
    explored = draw_of("campaign", asked.name, client, 1) < 5_000
    found = best(explore=True) if explored else None
    if found is not None:
        return "explore", found[1].action_id
    return ("holdout" if held and open_ else None), None


def check_walk(world):
    free = FREE | {"test_budget": {"customers": None, "control": 0.5}}
    world = replace(world, campaign=campaign(*world.campaign.actions, **free))
    found, _ = files(world)
    places = {client: place for place, client in enumerate(world.people.customer_id.tolist())}
    said = {row["customer_id"]: (row["arm"], row["action_id"]) for row in rows(found)}
    assert said == {client: walked(world, places[client]) for client in said}, "as walked"


test_every_row_is_what_a_plain_walk_says = settings(max_examples=100)(given(worlds())(check_walk))


# Mutants


def crowd():
    """Enough customers of every sort that each mutant has a victim."""
    n = 60
    close = [90.0 if place % 2 else 9.0 for place in range(n)]
    value = [900.0 if place % 3 else 20.0 for place in range(n)]
    people = made(n, value, close, (np.arange(n) * 37 % 60 + 1) / 61, ["growth"] * n, [None] * n)
    agreed = [(who, channel) for who in people.customer_id for channel in ("phone", "email")]
    agreed = [pair for pair in agreed if pair[1] == "email" or pair[0][-1] not in "256"]
    known = {
        "consents": [(who, channel, "marketing", 1, None) for who, channel in agreed if who[-1] not in "37"],
        "objections": [("c11", None, RECENT), ("c12", "phone", RECENT)],
        "marks": [],
        "contacts": [],
    }
    call = measured("call", contact_cost=4, backfire=0.0)
    letter = action("letter", channel="email", contact_cost=0.5, save_rate=0.05)
    shares = {
        "control": 0.3,
        "holdout": 0.1,
        "explore": 0.3,
        "test_budget": {"customers": 20, "control": 0.3},
    }
    return World(people, known, campaign(call, letter, budget=40, capacity={"phone": 6}, **shares))


def turned(keys, ranks):
    return TURNS(keys, np.where(ranks % 2, ranks, 0))


PLANNED, TURNS = deciding.plan.plan, order.with_turns


def everybody_treated(*args, **more):
    planned = PLANNED(*args, **more)
    planned.arm[planned.arm == control.CONTROL] = control.TREATED
    return planned


def no_limit(ids, people, asked, *args, **more):
    return PLANNED(ids, people, asked.model_copy(update={"budget": None, "capacity": {}}), *args, **more)


def by_place(ids, *args, **more):
    return PLANNED([f"x{place}" for place in range(len(ids))], *args, **more)


MUTANTS = {
    "control is treated": ("deciding.plan.plan", everybody_treated),
    "no limits": ("deciding.plan.plan", no_limit),
    "arms by place, not by id": ("deciding.plan.plan", by_place),
    "half of them have no turn": ("spool.order.with_turns", turned),
    "everything is allowed": ("deciding.screen.unpacked", lambda bits, n: np.ones((len(bits), n), bool)),
    "bits of others": ("deciding.screen.unpacked", lambda bits, n: UNPACKED(np.roll(bits, 1), n)),
    "actions one further": (
        "deciding._of_actions",
        lambda actions, place, say: NAMED(actions, place - 1, say),
    ),
    "nobody is kept off": (
        "screen.Screen.sift",
        lambda self, block: SIFTED(replace(self, permissions=None), block),
    ),
    "excluded twice": ("screen.Screen.excluded", property(lambda self: EXCLUDED(self).slice(1))),
}
NAMED, UNPACKED = deciding._of_actions, deciding.screen.unpacked
SIFTED, EXCLUDED = Screen.sift, Screen.excluded.fget


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(monkeypatch, name):
    check_laws(crowd())
    place, mutant = MUTANTS[name]
    monkeypatch.setattr(f"churnlab.lists.{place}", mutant)
    with pytest.raises((AssertionError, IntegrityError)):
        check_laws(crowd())
