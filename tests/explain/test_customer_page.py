"""One customer's page: it stands alone, escapes everything, and says the same in both languages."""

import datetime as dt
import html as html_module
from dataclasses import replace

import pytest

from churnlab.explain import customer_page
from churnlab.explain.card import Card
from churnlab.explain.change import Cut, Lever
from churnlab.explain.steps import Step
from churnlab.explain.story import Event, Story
from churnlab.explain.telling import text
from pages import Page
from payloads import PAYLOADS

TAGS = """html head meta title style body header nav ol ul li a main section h1 h2 p div figure figcaption
table thead tbody tr th td span strong small svg g path use defs clippath pattern rect"""
ATTRIBUTES = """lang charset http-equiv content name class aria-label aria-labelledby role tabindex id href
scope viewbox d style transform x y width height clip-path type patternunits fill"""
ALLOWED, ALLOWED_ATTRIBUTES = set(TAGS.split()), set(ATTRIBUTES.split())
EVENTS = (
    Event(dt.date(2017, 1, 2), "contract_start", None, "gold"),
    *(Event(dt.date(2017, month, 5), "order", 10.0 * month) for month in range(1, 9)),
    Event(dt.date(2017, 8, 9), "refund", -12.5),
    Event(dt.date(2017, 9, 1), "contact_in", None, "complaint, web"),
    Event(dt.date(2017, 9, 2), "contact_out", None, "mailing"),
    Event(dt.date(2017, 9, 3), "contact", None, "visit"),
    Event(dt.date(2017, 9, 4), "contract_end", None, "gold"),
)


TOLD = """Customer 00042
62.3% risk of leaving (high) base 25.0%
€820.00 value if kept expected loss €757.20
Orders by month, 2017-01 to 2017-10: 1 1 1 1 1 1 1 1 0 0
Last order 88 days ago; this customer's own gap between orders: 31 days
latest first (12 of 14) day event amount 2017-09-04 contract ended 00042 – 2017-09-03 contact 00042 –
2017-08-09 refund -€12.50 2017-08-05 order €80.00
base: a customer of whom nothing is known 25.0% 00042 +45.0 points 70.0% orders -10.0 points 60.0%
everything else together +2.3 points 62.3% risk of this customer 62.3%
value if kept: €820.00, which is €120.00 above the cut of €700.00; below the cut the strategy would be: Rat
relationship intensity: 53, which is 6.6 below the cut of 60; from the cut on the strategy would be: Retain
risk: the band medium ends at 40%, 22.3 points lower
the silence as usual: last order 21 days ago 88 days 31.2% medium
no promise of what a contact would change
Time line from 2017-01-02 to 2017-11-01: 8 orders, 3 contacts."""


def card(word="00042", **changes):
    """A full card in which every text of the source is ``word``."""
    given = {
        "customer_id": word,
        "as_of": "2017-11-01",
        "model_version": "3",
        "risk": 0.6234,
        "band": "high",
        "strategy": "retain",
        "currency": "EUR",
        "risk_within": {30: 0.8},
        "value_if_retained": 820.0,
        "value_if_churned": 20.0,
        "expected_loss": 757.2,
        "intensity": 53.4,
        "reasons": (("days_since_last_order", word),),
        "steps": (
            Step("days_since_last_order", word, 1.5, 0.25, 0.7),
            Step("orders_90d", "orders", -0.5, 0.7, 0.6),
            Step("", "", 0.1, 0.6, 0.6234),
        ),
        "cuts": (Cut("value", 820.0, 700.0, "rationalise"), Cut("intensity", 53.4, 60.0, "retain")),
        "levers": (Lever("silence", "last order 21 days ago", "88 days", 0.312),),
        "bands": (0.15, 0.40),
        "story": Story(
            dt.date(2017, 11, 1), tuple(replace(one, about=one.about and word) for one in EVENTS), 88.0, 31.0
        ),
    }
    return Card(**{**given, **changes})


def words_of(page):
    return " ".join(html_module.unescape(" ".join(Page(page).text)).split())


@pytest.mark.parametrize("payload", PAYLOADS)
def test_no_text_becomes_markup_or_moves_a_cursor(payload):
    page = Page(customer_page.render(card(payload)))
    assert {tag for tag, _ in page.elements} <= ALLOWED
    for tag, attributes in page.elements:
        assert set(attributes) <= ALLOWED_ATTRIBUTES
        assert attributes.get("href", "#").startswith("#")
        assert tag not in {"script", "img", "link", "iframe"}
    shown = "".join(page.text)
    assert not [one for one in shown if not one.isprintable() and one not in "\n\u00a0\u202f"]
    if payload.isprintable() and len(payload) < 400:
        assert shown.count(payload) >= 8  # as text: title, heading, reason, step, events
    said = text(card(payload))
    assert all(letter.isprintable() for line in said.splitlines() for letter in line)
    assert len(said.splitlines()) == len(text(card()).splitlines())


def test_it_stands_alone_and_says_what_it_holds():
    page = customer_page.render(card())
    elements = Page(page).elements
    assert [tag for tag, _ in elements][:4] == ["html", "head", "meta", "meta"]
    assert elements[3][1]["content"].startswith("default-src 'none'")
    assert "http:" not in page
    assert "https:" not in page
    assert "holds personal data" in words_of(page)
    assert customer_page.render(card()) == page


def test_by_hand():
    shown = words_of(customer_page.render(card()))
    for told in TOLD.splitlines():
        assert told in shown, told


def test_what_is_net_and_what_is_usual_is_said():
    shown = words_of(customer_page.render(card()))
    assert "Amounts are net: what was given back under the same order is taken off it" in shown
    assert shown.count("usual among the customers") == 2  # beside the reasons, and beside other values
    # Of the customer's own habits the word is never used.
    assert "usual gap" not in shown
    assert "usual between" not in shown
    without = [replace(one, amount=None) for one in EVENTS if one.kind != "refund"]
    story = Story(dt.date(2017, 11, 1), tuple(without), 88.0, 31.0)
    assert "Amounts are net" not in words_of(customer_page.render(card(story=story)))


def test_a_terminal_shows_the_same():
    lines = text(card()).splitlines()
    assert lines[1] == "Risk of leaving: 62% (high), from a base of 25%"
    assert "Orders by month, 2017-01 to 2017-10: 1 1 1 1 1 1 1 1 0 0" in lines
    assert "  1. 00042 (+45.0 points)" in lines
    assert "  everything else together: -7.7 points" in lines
    assert "  the silence as usual: last order 21 days ago (today: 88 days): risk 31.2%, medium" in lines
    assert card().as_dict()["base_risk"] == 0.25
    assert card().as_dict()["story"]["events"][1] == {
        "day": "2017-01-05", "kind": "order", "amount": 10.0, "about": "",
    }  # fmt: skip


def test_in_french():
    page = customer_page.render(card(locale="fr"))
    shown = words_of(page)
    assert 'lang="fr"' in page
    assert "Client 00042" in shown
    assert "contient des données personnelles" in shown
    assert "+45,0 points" in shown
    english = {"Orders", "base:", "points lower", "cut", "Page"}
    assert not [one for one in english if one in shown]


@pytest.mark.parametrize(
    "changes",
    [
        {"story": None, "steps": (), "cuts": (), "levers": (), "bands": None, "reasons": ()},
        {"story": Story(dt.date(2017, 11, 1), ())},
        {"story": Story(dt.date(2017, 11, 1), EVENTS[:2], 300.0)},
        {"value_if_retained": None, "intensity": None, "strategy": "unclassified", "cuts": ()},
        {"band": "low", "risk": 0.1},
        {"band": "medium", "risk": 0.2},
        {"story": Story(dt.date(2027, 11, 1), EVENTS, 3700.0, 31.0)},
    ],
)
@pytest.mark.parametrize("locale", ["en", "fr"])
def test_whatever_is_missing_it_renders(changes, locale):
    shown = words_of(customer_page.render(card(locale=locale, **changes)))
    assert "nan" not in shown.split()
    assert "None" not in shown


def test_links_and_headings_lead_somewhere():
    page = Page(customer_page.render(card()))
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for name in ("href", "aria-labelledby"):
        found = {attributes[name].lstrip("#") for _, attributes in page.elements if name in attributes}
        assert found <= set(ids)
    labels = [attributes["aria-label"] for tag, attributes in page.elements if tag == "svg"]
    assert len(labels) == 2
    assert all(len(label) > 40 for label in labels)
