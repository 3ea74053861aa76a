"""Who is kept off the lists, and what may be done for the others: right by hand, and by a plain walk."""

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from actions_made import action
from churnlab.config.suppression import Suppression
from churnlab.lists import screen
from churnlab.lists.screen import Screen, packed, unpacked
from churnlab.lists.suppression import Permissions
from churnlab.strategy.moments import Moments
from refusing import ZONE, facts, instant
from scored_people import scored, texts

MAIL = action("mail", channel="email")
CALL = action("call", channel="phone", quadrants=("retain",))
FIX = action("fix", channel="phone", kind="service", consent_purpose="service", moments=("complaint_open",))
ACTIONS = (MAIL, CALL, FIX)
AGREED = [(who, channel, "marketing", 1, None) for who in "abcdef" for channel in ("email", "phone")]
# High and low value, close and not: retain, rationalise, win_back, release.
PLACES = {"retain": (900, 90), "rationalise": (9, 90), "win_back": (900, 9), "release": (9, 9)}


def people(*quadrants, ids="abcdefgh", moments=None, **changes):
    """Customers of these quadrants, all of them in saturation."""
    n = len(quadrants)
    value, close = zip(*(PLACES[name] for name in quadrants), strict=True)
    if moments is not None:
        due = np.full(n, "NaT", dtype="datetime64[D]")
        changes["moments"] = Moments(texts(moments), due, texts(moments))
    return scored(list(ids[:n]), value=value, intensity=close, phase=texts(["saturation"] * n), **changes)


def sifted(block, actions=ACTIONS, *, plan=None, **known):
    desk = Screen(Permissions(facts(**known), plan or Suppression()), actions, ZONE)
    kept, bits = desk.sift(block)
    return desk, kept, bits


def check_by_hand():
    block = people("retain", "retain", "win_back", "release", "retain")
    desk, kept, bits = sifted(
        block,
        consents=[("a", "email", "marketing", 1, None), ("b", "phone", "marketing", 1, None)],
        objections=[("d", None, instant(2025, 6, 1))],
    )
    told = {row["customer_id"]: row["reasons"] for row in desk.excluded.to_pylist()}
    # c could get a letter only, and e a letter or a call: neither has agreed. d may get nothing, and objects.
    assert told == {"c": "no_consent", "d": "objection", "e": "no_consent"}, "kept off"
    assert kept.customer_id.tolist() == ["a", "b"], "listed"
    # What fits is asked elsewhere: fix is service, and nobody has withdrawn it.
    assert unpacked(bits, 3).tolist() == [[True, False, True], [False, True, True]], "allowed"


def test_by_hand():
    check_by_hand()


MUTANTS = {
    "nobody is thought of": ("candidates", lambda actions, block: np.zeros((len(block), len(actions)), bool)),
    "all actions are thought of": (
        "candidates",
        lambda actions, block: np.ones((len(block), len(actions)), bool),
    ),
    "everything is allowed": ("packed", lambda allowed: packed(np.ones_like(allowed))),
    "bits the other way": ("packed", lambda allowed: packed(allowed[:, ::-1])),
    "no channel": ("contacts", lambda actions: screen.contacts_of_mail(actions)),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(monkeypatch, name):
    right = screen.contacts
    monkeypatch.setattr(
        screen, "contacts_of_mail", lambda actions: right([MAIL] * len(actions)), raising=False
    )
    monkeypatch.setattr(screen, *MUTANTS[name])
    with pytest.raises(AssertionError, match=r"kept off|listed|allowed"):
        check_by_hand()


def test_who_no_action_fits_is_listed_without_consent_and_not_with_an_objection():
    desk, kept, bits = sifted(people("release", "release"), (CALL,), objections=[("b", None, None)])
    assert kept.customer_id.tolist() == ["a"]
    assert bits.tolist() == [0]
    assert desk.excluded["reasons"].to_pylist() == ["objection"]


def test_without_a_campaign_who_has_agreed_to_nothing_is_kept_off_as_well():
    desk, kept, bits = sifted(
        people("retain", "retain", "retain", "retain"),
        (),
        consents=AGREED[:6],
        plan=Suppression(channels={"phone": ()}),
        objections=[("a", "phone", None), ("b", None, None)],
        marks=[("c", "deceased")],
    )
    assert kept.customer_id.tolist() == ["a"], "a may still be written to"
    assert bits.tolist() == [0]
    told = desk.excluded.select(["customer_id", "reasons"]).to_pylist()
    assert [tuple(row.values()) for row in told] == [
        ("b", "objection"),
        ("c", "deceased"),
        ("d", "no_consent"),
    ]


def test_where_nobody_is_suppressed_everything_is_allowed():
    desk = Screen(None, ACTIONS, ZONE)
    block = people("retain", "release")
    kept, bits = desk.sift(block)
    assert kept is block
    assert bits.tolist() == [7, 7]
    assert desk.excluded.num_rows == 0


def test_an_open_complaint_leaves_the_service_that_fits_it():
    moments = ["complaint_open+rhythm_slip", "complaint_open", "rhythm_slip"]
    _, kept, _ = sifted(people("retain", "retain", "retain", moments=moments))
    # Nobody has agreed to anything; service needs no consent, and only a and b can get it.
    assert kept.customer_id.tolist() == ["a", "b"]
    assert screen.people(kept).moments.tolist() == [12, 8]


def test_without_histories_or_value_there_is_no_phase_no_moment_and_no_stake():
    block = scored(["a", "b"], valued=False)
    who = screen.people(block)
    assert (who.phase.tolist(), who.moments.tolist()) == ([None, None], [0, 0])
    assert np.isnan(who.stake).all()


def test_each_action_asks_as_it_is_written():
    asked = screen.contacts([action("x", cooldown_days=7, yearly_cap=2, kind="service", channel="app")])
    assert [vars(each) for each in asked] == [
        {
            "channel": "app",
            "purpose": "marketing",
            "kind": "service",
            "action": "x",
            "cooldown_days": 7,
            "yearly_cap": 2,
        }
    ]


def test_blocks_in_any_cut_keep_the_same_off():
    block = people(*["retain", "win_back", "release", "rationalise"] * 2)
    known = {"consents": AGREED[:6], "objections": [("e", None, None)]}
    whole, _, bits = sifted(block, **known)
    desk = Screen(Permissions(facts(**known), Suppression()), ACTIONS, ZONE)
    parts = [desk.sift(piece)[1] for piece in reversed(list(block.pieces(3)))]
    assert desk.excluded.equals(whole.excluded)
    assert np.concatenate(parts[::-1]).tolist() == bits.tolist()
    assert 0 < whole.excluded.num_rows < 8


@given(st.integers(0, screen.MOST), st.data())
def test_bits_are_the_flags_they_were(actions, data):
    flags = st.lists(st.booleans(), min_size=actions, max_size=actions)
    given_ = np.array(data.draw(st.lists(flags, min_size=1, max_size=5)), dtype=bool)
    bits = packed(given_)
    assert bits.tolist() == [sum(1 << place for place in np.flatnonzero(row).tolist()) for row in given_]
    assert unpacked(bits, actions).tolist() == given_.tolist()
    assert unpacked(pa.array(bits).to_numpy(), actions).tolist() == given_.tolist()


def test_more_actions_than_there_are_bits_are_refused():
    many = [action(f"a{number}") for number in range(screen.MOST + 1)]
    Screen(None, many[:-1], ZONE)
    with pytest.raises(ValueError, match="at most 63 actions; got 64"):
        Screen(None, many, ZONE)


def test_an_action_that_nobody_has_agreed_to_is_told_whatever_block_its_customers_are_in():
    consents = [("b", "email", "marketing", 1, None)]
    desk = Screen(Permissions(facts(consents=consents), Suppression()), ACTIONS, ZONE)
    desk.sift(people("retain", ids="a"))
    assert [each.action_id for each in desk.unheard] == ["mail", "call"], "fix is service"
    desk.sift(people("retain", ids="b"))
    assert [each.action_id for each in desk.unheard] == ["call"]
    assert Screen(None, ACTIONS, ZONE).unheard == []
