"""Numbers of pages: as readers of the language write them, money with the decimals of its currency."""

import math
import re
import runpy
from pathlib import Path

import numpy as np
import pytest

from churnlab.explain import customer_page
from churnlab.explain.page import Shown
from churnlab.explain.pictures import marked, money
from churnlab.explain.report import ReportContent, render
from churnlab.features.words import shown, spoken
from pages import Page

CARD = runpy.run_path(str(Path(__file__).parent / "test_customer_page.py"))["card"]
# ISO 4217: the yen has no decimals, the euro two, the Kuwaiti dinar three.
DECIMALS = {"JPY": 0, "EUR": 2, "KWD": 3}


def words_of(page):
    return " ".join(" ".join(Page(page).text).split())


BY_HAND = [  # amount in major units; as a table shows it: in full below a hundred
    (0, "0", "0", "0"), (12.3456, "12", "12.35", "12.346"), (-0.4, "0", "-0.40", "-0.400"),
    (99.4, "99", "99.40", "99.400"), (1234.56, "1,235", "1,235", "1,235"), (None, "–", "–", "–"),
    (math.nan, "–", "–", "–"),
]  # fmt: skip


@pytest.mark.parametrize(("amount", "yen", "euro", "dinar"), BY_HAND)
def test_money_by_hand(amount, yen, euro, dinar):
    assert [Shown("en", currency).money(amount) for currency in DECIMALS] == [yen, euro, dinar]


def test_in_french_and_beside_an_axis():
    assert Shown("fr", "KWD").money(12.3456) == "12,346"
    assert Shown("fr", "KWD").money(1234.5) == "1\u202f234"
    assert [marked(0.5, currency, "en") for currency in DECIMALS] == ["0", "0.50", "0.500"]
    assert [marked(3, currency, "en") for currency in DECIMALS] == ["3", "3", "3"]


@pytest.mark.parametrize(("currency", "decimals"), DECIMALS.items())
def test_errors_in_money_have_its_decimals_and_others_their_own(currency, decimals):
    say = Shown("en", currency)
    for metric in ("rmse", "mae"):
        assert len(say.figure({"metric": metric, "estimate": 12.3456}).partition(".")[2]) == decimals
    assert say.figure({"metric": "gini", "estimate": 0.87654}) == "0.877"


@pytest.mark.parametrize(("currency", "decimals"), DECIMALS.items())
def test_what_is_spoken_is_what_is_shown(currency, decimals):
    for amount in (0.12345, 12.3456, 912.3, 4_321.75):
        said = spoken(amount, "currency", "en", currency)
        found = re.search(r"[\d,]+(?:\.(\d+))?$", said)
        assert len(found[1] or "") == (0 if amount >= 1_000 else decimals), said
        rounded = float(shown(np.array([amount]), "currency", currency)[0])
        assert spoken(rounded, "currency", "en", currency) == said


@pytest.mark.parametrize(
    ("currency", "told"),
    [
        ("JPY", "¥820 value if kept expected loss ¥757"),
        ("KWD", "KWD 820.000 value if kept expected loss KWD 757.200"),
    ],
)
def test_the_page_of_a_customer(currency, told):
    page = words_of(customer_page.render(CARD(currency=currency)))
    assert told in page
    assert ("¥80" if currency == "JPY" else "KWD 80.000") in page


@pytest.mark.parametrize(("currency", "told"), [("JPY", "36 34 1.08"), ("KWD", "36.500 33.750 1.08")])
def test_the_report(currency, told):
    deciles = [{"decile": 1, "n": 40, "predicted": 36.5, "actual": 33.75}]
    page = words_of(render(ReportContent("p", "1", "-", currency, {}, deciles=deciles)))
    # 36.5 yen are 36 to Python, which rounds halves to the even side.
    assert told in page
    assert money(36.5, currency, "fr") == ("36" if currency == "JPY" else "36,500")
