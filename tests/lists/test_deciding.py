"""A campaign over whole lists: laws 6 and 8 to 11, every row by a plain walk, and what the manifest says."""

import contextlib
import datetime as dt
import hashlib
import hmac
import io
import json
from dataclasses import dataclass, replace
from fractions import Fraction

import numpy as np
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions_made import SALT, action, campaign, measured, some_actions
from churnlab.config.campaign import PHASES
from churnlab.config.suppression import Suppression
from churnlab.errors import IntegrityError
from churnlab.lists import control, deciding, order, spool
from churnlab.lists.commit import publish
from churnlab.lists.screen import Screen
from churnlab.lists.spool import Contacting
from churnlab.lists.suppression import Permissions
from churnlab.strategy.moments import Moments
from churnlab.workflow import contacting
from churnlab.workflow.contacted import Told
from refusing import ZONE, facts, instant
from scored_people import FACTS, STAMP, ranked, scored, texts

PLAN = Suppression(channels={"email": (), "phone": (), "post": ()}, purposes={"marketing": ()})
RECENT = instant(2025, 6, 20)
CHANNELS = ("email", "phone", "post")


@dataclass
class World:
    """Customers, what is known of who must not be contacted, and a campaign."""

    people: object
    known: dict
    campaign: object

    def desk(self):
        permissions = Permissions(facts(**self.known), PLAN)
        return Contacting(Screen(permissions, self.campaign.actions, ZONE), self.campaign, SALT)


def made(n, value, close, risk, phase, moments):
    due = np.full(n, "NaT", dtype="datetime64[D]")
    found = Moments(texts(moments), due, texts(moments))
    ids = [f"c{place:02d}" for place in range(n)]
    return scored(ids, risk, value, close, phase=texts(phase), moments=found)


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


def files(world, *blocks):
    """(name -> bytes of every file beside the manifest, everybody in list order as ranked)."""
    with ranked(*(blocks or [world.people]), formula_policy="escape", contacting=world.desk()) as everybody:
        found = {}
        for together in contacting.passes(everybody, "lf"):
            open_ = {name: io.BytesIO() for name in together.files}
            together.write(open_)
            found |= {name: file.getvalue() for name, file in open_.items()}
    return found, everybody


def rows(found, name="all"):
    return pq.read_table(io.BytesIO(found[f"{name}.parquet"])).to_pylist()


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


# By hand


def three():
    """Two who may be phoned, one who may be written to only; calls cost 4, and there is money for one."""
    people = made(3, [900.0, 900.0, 900.0], [90.0, 90.0, 90.0], [0.5, 0.6, 0.7], ["growth"] * 3, [None] * 3)
    agreed = [("c00", "phone"), ("c01", "phone"), ("c02", "email")]
    known = {"consents": [(who, channel, "marketing", 1, None) for who, channel in agreed]}
    call = measured("call", contact_cost=4)
    letter = action("letter", channel="email", contact_cost=1, label={"en": "Letter", "fr": "Lettre"})
    return World(people, known, campaign(call, letter, budget=5.5))


def test_by_hand():
    # At stake 810: the calls save .6 x .1 x 810 - 4 = 44.60 and 36.50, the letter 55.70 but only as a test.
    # Money runs out, so saved value per cost decides among the calls: c01 first; then 1.50 is left, and
    # the letter for 1 fits while the call for c00 does not.
    found, everybody = files(three())
    said = {row["customer_id"]: row for row in rows(found)}
    names = ("decision", "arm", "action_id", "expected_saved_value", "expected_cost", "rank_in_list")
    told = {client: tuple(row[name] for name in names) for client, row in said.items()}
    assert told == {
        "c01": ("treat", "treated", "call", 44.6, 4, 1),
        "c02": ("test", "treated", "letter", 55.7, 1, 2),
        "c00": ("treat", None, None, 36.5, 4, 3),
    }
    told = everybody.decided.facts
    assert (told["expected_cost"], told["expected_saved_value"], told["budget"]) == (5.0, 100.3, 5.5)
    assert told["not_selected"] == {"channel_full": 0, "over_budget": 1, "test_cap": 0}
    assert told["decisions"] == {"no_action": 0, "test": 1, "treat": 2}
    assert told["arms"] == {"treated": 2, "control": 0, "explore": 0, "holdout": 0, "none": 1}
    assert [(row["action"], row["contacted"], row["expected_cost"]) for row in told["actions"]] == [
        ("call", 1, 4.0),
        ("letter", 1, 1.0),
    ]
    # From nobody to all three: money by list size, treat before test.
    assert told["curve"][0] == {"size": 0, "cost": 0.0, "saved": 0.0}
    assert told["curve"][-1] == {"size": 3, "cost": 9.0, "saved": 136.8}


def test_labels_of_actions_are_in_the_language_of_the_project():
    with ranked(three().people, stamp=replace(STAMP, locale="fr"), contacting=three().desk()) as everybody:
        [table] = everybody.batches("retain")
    assert dict(zip(table["action_id"].to_pylist(), table["action_label"].to_pylist(), strict=True)) == {
        "call": "call",
        "letter": "Lettre",
        None: None,
    }


def test_without_value_nobody_gets_an_action_and_lists_are_made():
    world = three()
    world.people = scored(["c00", "c01", "c02"], [0.5, 0.6, 0.7], valued=False)
    found, everybody = files(world)
    assert {(row["decision"], row["arm"], row["expected_cost"]) for row in rows(found)} == {
        ("no_action", None, None)
    }
    json.dumps(Told.of(everybody).as_facts(), allow_nan=False)


def test_everybody_kept_off_is_lists_of_nobody():
    world = three()
    world.known = {"objections": [(who, None, None) for who in ("C00 ", "c01", "c02")]}
    found, everybody = files(world)
    assert rows(found) == []
    assert len(rows(found, "excluded")) == 3
    assert found["all.csv"].count(b"\n") == 1
    assert Told.of(everybody).as_facts()["suppressed"]["first_reason"] == {"objection": 3}


def test_a_project_without_a_campaign_keeps_off_and_decides_nothing():
    world = three()
    known = {**world.known, "objections": [("c01", None, None)]}
    desk = Contacting(Screen(Permissions(facts(**known), PLAN), (), ZONE))
    with ranked(world.people, contacting=desk) as everybody:
        [table] = everybody.batches("retain")
        assert everybody.decided is None
    assert table["customer_id"].to_pylist() == ["c02", "c00"], "by expected loss"
    for name in ("action_id", "decision", "arm", "expected_cost"):
        assert table[name].null_count == 2
    assert Told.of(everybody).as_facts() == {
        "suppressed": {"first_reason": {"objection": 1}, "any_reason": {"objection": 1}}
    }


def test_an_action_that_nobody_allowed_is_no_list(monkeypatch):
    plan = deciding.plan.plan

    def careless(ids, people, asked, salt, allowed, **more):
        return plan(ids, people, asked, salt, np.ones_like(allowed), **more)

    monkeypatch.setattr(deciding.plan, "plan", careless)
    with pytest.raises(IntegrityError, match="an action that a customer has not allowed\ngot: ") as caught:
        files(three())
    assert "c0" not in str(caught.value)


def test_a_published_run_holds_them_all(tmp_path):
    with contextlib.ExitStack() as stack:
        everybody = stack.enter_context(ranked(three().people, contacting=three().desk()))
        told = replace(FACTS, as_of=dt.date(2025, 2, 1), **Told.of(everybody).as_facts())
        run = publish(tmp_path, "a" * 64, contacting.passes(everybody, "crlf"), told)
    assert run.manifest["campaign"]["arms"]["treated"] == 2
    assert {"excluded.csv", "excluded.parquet", "all.csv"} <= set(run.manifest["files"])
    assert (run.path / "excluded.csv").read_bytes().endswith(b"\r\n")
    for name in run.manifest["files"]:
        assert (run.path / name).stat().st_mode & 0o777 == 0o600


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
