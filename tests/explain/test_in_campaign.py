"""What the lists say of one customer's campaign: in words of both languages, and only what may be told."""

from dataclasses import replace

import pytest

from churnlab.explain.card import Card
from churnlab.explain.in_campaign import InCampaign
from churnlab.explain.telling import text
from churnlab.lists.suppression import REASONS

ROW = {
    "arm": "treated",
    "decision": "test",
    "action_label": "A call",
    "action_channel": "phone",
    "expected_saved_value": 12.5,
    "expected_cost": 4.0,
    "value_at_stake": 300.0,
}


ANOTHER = "another account of the same parent comes first, and at most one of them is contacted"


def said(told, locale="en"):
    card = Card("00042", "2025-05-01", "3", 0.6, "high", "retain", "EUR", locale=locale, campaign=told)
    return [
        line.replace("\u00a0", " ") for line in text(card).splitlines() if "amp" in line or "list" in line
    ]


def listed(**changes):
    return InCampaign.listed({**ROW, **changes}, "spring", "3")


def test_who_is_selected_is_told_the_action_and_what_it_saves():
    [english], [french] = said(listed()), said(listed(), "fr")
    assert english == (
        "Campaign spring: selected for A call (phone); test: it should pay, which is not sure; "
        "expected to save €12.50, its cost of €4.00 taken off"
    )
    assert french == (
        "Campagne spring : retenu pour A call (phone) ; tester : devrait être rentable, sans certitude ; "
        "gain attendu 12,50 €, coût de 4,00 € déduit"
    )


@pytest.mark.parametrize("arm", ["control", "holdout"])
def test_of_who_is_compared_with_no_action_is_told(arm):
    told = listed(arm=arm)
    assert said(told) == ["Campaign spring: kept as comparison, so no contact"]
    assert told == InCampaign("comparison", "spring", "3")


@pytest.mark.parametrize(
    ("decision", "saved", "stake", "why"),
    [
        ("no_action", -0.01, 300.0, "no action that is allowed is expected to pay"),
        ("no_action", 0.0, 300.0, "no action that is allowed is expected to pay"),
        ("no_action", None, 300.0, "no action that is allowed is expected to pay"),
        # Nobody without value at stake is contacted, whatever the formula says.
        ("no_action", 12.5, 0.0, "no action that is allowed is expected to pay"),
        ("no_action", 12.5, None, "no action that is allowed is expected to pay"),
        ("no_action", 0.01, 300.0, ANOTHER),
        ("test", 12.5, 300.0, "a contact should pay, but budget, channel or tests were full"),
    ],
)
def test_who_is_not_selected_is_told_why(decision, saved, stake, why):
    told = listed(arm=None, decision=decision, expected_saved_value=saved, value_at_stake=stake)
    assert said(told) == [f"Campaign spring: not selected: {why}"]
    assert told.for_another == (why == ANOTHER)


def test_an_account_left_for_another_is_told_in_french():
    [line] = said(listed(arm=None, decision="no_action"), "fr")
    assert line == (
        "Campagne spring : non retenu : un autre compte de la même société mère passe avant, "
        "et un seul au plus est contacté"
    )


def test_who_was_drawn_to_learn_was_not_selected():
    [line] = said(listed(arm="explore"))
    assert line == (
        "Campaign spring: not selected, and contacted at random to learn: A call (phone), "
        "at an expected cost of €4.00"
    )


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_every_reason_has_its_word(locale):
    told = InCampaign.excluded({"reasons": "+".join(REASONS), "details": "; ".join(REASONS)}, None, "3")
    assert [reason for reason, _ in told.kept_off] == list(REASONS)
    assert all(detail == "" for _, detail in told.kept_off)
    [line] = said(told, locale)
    assert not {word for word in line.split() if "_" in word}


def test_what_is_known_beside_a_reason_stands_beside_it():
    row = {
        "reasons": "objection+no_consent+cooldown",
        "details": "objection: 2025-03-02; no_consent: email/news, phone/news; cooldown: 2025-04-20",
    }
    [line] = said(InCampaign.excluded(row, "spring", "3"))
    assert line == (
        "Kept off the lists of 2025-05-01: objection (2025-03-02), "
        "no consent (email/news, phone/news), contacted lately (2025-04-20)"
    )


def test_lists_of_another_model_are_named():
    assert said(replace(listed(), model_version="2"))[1:] == [
        "The lists of 2025-05-01 are of model 2, and what they say of the campaign follows from that one."
    ]


def test_who_is_kept_off_is_so_whatever_a_model_says():
    assert len(said(InCampaign.excluded({"reasons": "minor", "details": "minor"}, None, "2"))) == 1


def test_no_text_of_a_source_moves_the_cursor():
    evil = InCampaign.excluded({"reasons": "no_consent", "details": "no_consent: \x1b[2J\nx"}, None, "\x07")
    assert all(line.isprintable() for line in said(evil))


def test_for_machines():
    card = Card("a", "2025-05-01", "3", 0.1, "low", "retain", "EUR", campaign=listed())
    assert card.as_dict()["campaign"]["action"] == "A call"
    out = InCampaign.excluded({"reasons": "minor", "details": "minor"}, None, "3")
    told = replace(card, campaign=out).as_dict()["campaign"]
    assert (told["state"], told["kept_off"]) == ("kept_off", [{"reason": "minor", "detail": ""}])
    assert replace(card, campaign=None).as_dict()["campaign"] is None
