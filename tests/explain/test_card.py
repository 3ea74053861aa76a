"""One customer in words: complete, safe for a terminal, plain for a machine."""

import json
from dataclasses import replace

import numpy as np
import pytest

from churnlab.explain.card import Card
from churnlab.explain.change import Held
from churnlab.explain.telling import text

CARD = Card(
    customer_id="00042",
    as_of="2017-11-01",
    model_version="3",
    risk=0.6234,
    band="high",
    strategy="win_back",
    currency="EUR",
    value_if_retained=1234.5,
    value_if_churned=20.0,
    expected_loss=757.2,
    intensity=31.4,
    reasons=(("days_since_last_order", "last order 74 days ago; usual here: 21 days"),),
    base=-1.0,
    margin=0.5,
    contributions={"days_since_last_order": 1.2, "orders_90d": 0.3},
)


def test_by_hand():
    assert text(CARD).splitlines() == [
        "00042",
        "Risk of leaving: 62% (high)",
        "Value if kept: €1,234; if they leave: €20.00; expected loss: €757.20",
        "Relationship intensity: 31 of 100",
        "Strategy: Win back",
        "What raises the risk most, and where little does, what lowers it:",
        "  1. last order 74 days ago; usual here: 21 days",
        "As of 2017-11-01, model 3. Reasons say what the model used; they are no causes.",
    ]


def test_in_french_without_value_or_reasons():
    card = Card("a", "2017-11-01", "3", 0.1, "low", "unclassified", "EUR", locale="fr")
    said = text(card)
    assert "Risque de départ\u00a0: 10\u00a0% (faible)" in said
    assert "Stratégie\u00a0: Non classé" in said
    assert "Valeur" not in said
    assert "Intensité de la relation\u00a0: inconnue sur 100" in said


def test_who_stays_by_the_list_before_is_told_so_by_hand():
    stays = replace(
        CARD,
        strategy="retain",
        strategy_by_scores="release",
        strategy_since="2017-03-01",
        held=(Held("value", 290.0, 300.0, 0.10), Held("intensity", 49.96, 50.0, 5.0)),
    )
    assert text(stays).splitlines()[5] == (
        "By today's scores alone it would be Release: value if kept €290.00 is below the cut of €300.00, but "
        "within the 10% that keep a customer where they were; relationship intensity 49.96 is below the cut "
        "of 50, but within the 5 points that keep a customer where they were; Retain since 2017-03-01"
    )
    entered = replace(stays, held=(Held("intensity", 52.5, 50.0, 5.0),), locale="fr")
    assert text(entered).splitlines()[5].replace("\u00a0", " ") == (
        "Les scores du jour seuls diraient Abandon : intensité de la relation 52,5 : atteint le seuil de 50, "
        "mais à moins de 5 points, ce qui laisse un client où il était ; Fidélisation depuis le 2017-03-01"
    )
    assert "scores alone" not in text(CARD)


def test_an_open_complaint_is_told_with_its_day():
    late = replace(
        CARD,
        critical_moment="complaint_open",
        critical_due="2017-11-01",
        critical_all=("complaint_open", "rhythm_slip"),
        complaint_since="2017-01-12",
    )
    told = text(late).splitlines()
    assert "Calls for attention: complaint open since 2017-01-12, by 2017-11-01" in told
    assert "Also: later than usual" in told
    french = text(replace(late, locale="fr"))
    assert "réclamation en cours depuis le 2017-01-12, d'ici le 2017-11-01" in french


def test_shorter_horizons_say_what_leaving_is():
    orders = replace(CARD, risk_within={30: 0.801, 60: 0.7})
    assert text(orders).splitlines()[1:4] == [
        "Risk of leaving: 62% (high)",
        "  No order in the first 30 days: 80%",
        "  No order in the first 60 days: 70%",
    ]
    ends = replace(CARD, risk_within={30: 0.4}, kind="contractual")
    assert text(ends).splitlines()[2] == "  Gone in the first 30 days: 40%"
    french = text(replace(orders, locale="fr"))
    assert "  Sans commande les 30 premiers jours\u00a0: 80\u00a0%" in french
    assert "  Départ dans les 30 premiers jours\u00a0: 40\u00a0%" in text(replace(ends, locale="fr"))
    record = json.loads(json.dumps(orders.as_dict(), sort_keys=True))
    assert record["risk_within"] == {"30": 0.801, "60": 0.7}
    assert CARD.as_dict()["risk_within"] == {}


def test_for_machines():
    record = json.loads(json.dumps(CARD.as_dict(), allow_nan=False))
    assert record["reasons"] == [
        {"code": "days_since_last_order", "text": "last order 74 days ago; usual here: 21 days"}
    ]
    assert record["base"] + sum(record["contributions"].values()) == pytest.approx(record["margin"], abs=1e-4)
    unknown = Card("a", "2017-11-01", "3", 0.1, "low", "unclassified", "EUR", intensity=np.nan)
    assert json.loads(json.dumps(unknown.as_dict(), allow_nan=False))["intensity"] is None
    assert "nan" not in text(unknown)


def test_nothing_in_it_moves_the_cursor():
    evil = "\x1b[2J\x07 evil\nsecond line\u202e"
    card = Card(evil, "2017-11-01", evil, 0.1, "low", "retain", "EUR", reasons=(("f", evil),))
    said = text(card)
    assert len(said.splitlines()) == 7
    assert all(letter.isprintable() for line in said.splitlines() for letter in line)
