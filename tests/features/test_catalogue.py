"""Laws that every family and every feature obeys, and proof that the checks would notice."""

import datetime as dt
import math
import re
from collections import Counter
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given, settings

from churnlab.config import FeaturePlan
from churnlab.errors import ConfigError
from churnlab.features.catalogue import FAMILIES, compute, select
from churnlab.features.sentences import USUAL
from churnlab.features.words import NO_BREAK, NOUNS, sentence
from churnlab.history import Window
from churnlab.snapshots import Calendar
from churnlab.testing import World, check_family, event, worlds
from feature_definitions import PLAN, check_definition
from pasts import DAY, past

NOW = 1_000 * DAY
SPOKEN_UNITS = {*NOUNS, "currency", "share", "ratio", "trend", "text", "number"}


def shopper(customer=0, scale=1, shift=0):
    """Lines and contacts in the shape of Complete Journey."""
    lines = [
        {
            "customer": customer,
            "time": NOW - day * DAY - shift,
            "amount": scale * (100 + 7 * day),
            "discount": scale * day,
            "quantity": float(1 + day % 3),
            "order_id": str(day),
            "product": f"p{day % 5}",
            "family": f"f{day % 3}",
            "category": f"c{day % 4}",
            "brand": f"b{day % 2}",
            "store": "s",
        }
        for day in range(1, 400, 9)
    ]
    contacts = [
        {
            "customer": customer,
            "time": NOW - day * DAY - shift,
            "campaign": str(day),
            **dict(zip(("type", "direction"), kind, strict=True)),
        }
        for day in (5, 45, 100)
        for kind in (("coupon_redemption", "inbound"), ("mailing", "outbound"))
    ]
    return lines, contacts


def complete_journey(plan=None, scale=1, shift=0):
    """Every feature of a customer in the shape of Complete Journey: (family, feature)."""
    lines, contacts = shopper(scale=scale, shift=shift)
    size = [{"customer": 0, "household_size": "2"}]
    history = past(
        [(0, NOW - shift)],
        plan,
        attributes=size,
        kinds={"household_size": "category"},
        transactions=lines,
        interactions=contacts,
    )
    return compute(history, FAMILIES)


def everything():
    """Every feature that any family can make."""
    both = [
        {
            "customer": 0,
            "time": NOW - day * DAY,
            "type": "review",
            "direction": way,
            "campaign": "c",
            "channel": "web",
            "score": 3.0,
            "resolved_at": NOW,
        }
        for day, way in ((5, "inbound"), (3, "outbound"))
    ]
    lines = [{**line, "margin": 50, "channel": "web"} for line in shopper()[0]]
    contract = [{"customer": 0, "time": NOW - 90 * DAY, "end": None, "amount": 100, "type": "basic"}]
    history = past(
        [(0, NOW)],
        FeaturePlan(engagement_types=("review {of} the shop",)),
        attributes=[{"customer": 0, "city": "Lille", "age": 31}],
        kinds={"city": "category", "age": "number"},
        transactions=lines,
        interactions=both,
        contracts=contract,
        campaigns=[{"customer": 0, "time": NOW - DAY, "campaign": "spring", "arm": "treated"}],
    )
    return compute(history, FAMILIES)


EVERYTHING = everything()
ALL = pytest.mark.parametrize(
    ("family", "feature"), [pytest.param(*one, id=one[1].name) for one in EVERYTHING]
)


def test_complete_journey_has_at_least_120_features():
    made = complete_journey()
    alive = [feature for family, feature in made if family != "service"]  # it has no calls for help
    assert 120 <= len(alive) <= 190
    assert {family for family, _ in made} == set(FAMILIES) - {"contract"}


def test_names_are_unique_and_plain():
    names = [feature.name for _, feature in EVERYTHING]
    assert [name for name, times in Counter(names).items() if times > 1] == []
    assert all(re.fullmatch(r"[a-z][a-z0-9]*(_[a-z0-9]+)*", name) for name in names)


@ALL
@pytest.mark.parametrize("locale", ["en", "fr"])
def test_sentences_can_be_said(family, feature, locale):
    described = feature.described(family)
    for value in ("text",) if described.kind == "category" else (0, 1, 2.5, -3.7, 1234.5, math.nan):
        told = sentence(described, value, value, locale, "EUR")
        assert not re.search(r"{value}|{reference}|\{period|nan|\binf\b|None", told), told
        alone = sentence(described, value, None, locale, "EUR")
        assert told.startswith(alone), "without a usual value the rest stays as it is"
        assert alone[0].islower() or alone[0].isdigit() or alone[0] in "-€", "a part of a sentence"


@ALL
def test_sentences_name_no_cause(family, feature):
    for text in (feature.en, feature.fr, feature.meaning):
        assert not re.search(r"\b(because|car|parce que|puisque|due to|causes?)\b", text, re.IGNORECASE)


# What every customer in a list has, so that their sentences may read more freely.
NEVER_MISSING = {
    *("days_since_last_order", "first_order_value", "last_order_value", "tenure_days"),
    *("orders_per_month", "spend_per_month"),
}


@ALL
def test_what_stands_before_a_value_that_can_be_missing_is_a_phrase(family, feature):
    # Where there is no value, the French reason is what stands before it; the English one the meaning.
    if feature.empty == 0 or feature.name in NEVER_MISSING:
        return
    compared = feature.unit in {"ratio", "share"}  # "2 times the usual gap" goes on behind the value
    assert feature.en.removesuffix(USUAL["en"]).endswith(": {value}") or compared
    french = feature.fr.removesuffix(USUAL["fr"])
    assert french.endswith(": {value}") or (compared and " : {value} " in french)


RATIOS = {
    "silence_ratio": (
        "silent for 2.3 times the gap expected of this customer between orders",
        "silence : 2,3 fois l'intervalle attendu pour ce client entre commandes",
    ),
    "gap_last_to_mean": (
        "latest gap between orders 2.3 times the customer's average one",
        "dernier intervalle entre commandes : 2,3 fois la moyenne du client",
    ),
    "average_order_change_90d": (
        "average order of the last 90 days 2.3 times that of the 90 before",
        "commande moyenne des 90 derniers jours : 2,3 fois celle des 90 jours d'avant",
    ),
    "pace_30d": (
        "orders in the last 30 days at 2.3 times the customer's own pace",
        "commandes sur les 30 derniers jours : 2,3 fois le rythme propre du client",
    ),
    "spend_now_share_90d": (
        "230% of the spend of the last 180 days came in the last 90",
        "dépenses des 90 derniers jours : 230 % de celles des 180 derniers",
    ),
}


@pytest.mark.parametrize("name", RATIOS)
def test_a_ratio_says_what_it_compares(name):
    described = next(feature.described(family) for family, feature in EVERYTHING if feature.name == name)
    told = [sentence(described, 2.3, None, locale, "EUR") for locale in ("en", "fr")]
    assert tuple(text.replace(NO_BREAK, " ") for text in told) == RATIOS[name]


@ALL
def test_a_ratio_is_never_set_against_something_unnamed(family, feature):
    assert "against" not in feature.en
    assert "rapporté" not in feature.fr


@ALL
def test_features_are_described(family, feature):
    described = feature.described(family)
    assert feature.unit in SPOKEN_UNITS
    assert feature.meaning[0].isupper()
    assert not feature.meaning.endswith(".")
    assert "{value}" in feature.en
    assert "{value}" in feature.fr
    assert described.kind == ("category" if feature.values.dtype == object else "number")
    counted = feature.values.dtype.kind == "i"
    assert described.empty == (0 if counted or described.empty == 0 else None), "a count of nothing is 0"


@ALL
def test_the_meaning_is_told_in_french_too(family, feature):
    # A kind of contact has the name that the project gave it.
    french = re.sub(
        r"review \{of\} the shop", "Avis", feature.described(family).meaning_fr, flags=re.IGNORECASE
    )
    assert french[0].isupper()
    assert not french.endswith(".")
    assert "{" not in french
    assert not re.search(r"\b(the|of|with|is|are|days|orders|customer|last)\b", french), french


@ALL
def test_a_window_is_in_the_name_and_the_meaning(family, feature):
    for days in re.findall(r"_(\d+)d$", feature.name):
        assert days in feature.meaning
        assert days in feature.meaning_fr


def test_windows_are_the_plan_s():
    names = [feature.name for _, feature in complete_journey(FeaturePlan(windows=(14, 60)))]
    used = {int(days) for name in names for days in re.findall(r"_(\d+)d$", name)}
    assert used == {14, 60, 84}, "and twelve weeks"


def test_one_short_window_is_enough():
    names = {feature.name for _, feature in complete_journey(FeaturePlan(windows=(7,)))}
    assert {"orders_7d", "orders_trend_7d", "products_7d", "average_order_7d"} <= names


def numbers(made):
    return {feature.name: feature for _, feature in made if feature.values.dtype != object}


def test_more_money_scales_money_and_nothing_else():
    plain, richer = numbers(complete_journey()), numbers(complete_journey(scale=100))
    for name, feature in plain.items():
        factor = 100 if feature.unit == "currency" else 1
        np.testing.assert_allclose(richer[name].values, factor * feature.values, rtol=1e-12, err_msg=name)


def test_whole_weeks_later_nothing_but_the_season_differs():
    plain, later = numbers(complete_journey()), numbers(complete_journey(shift=-14 * DAY))
    months = {"month_sine", "month_cosine", "active_months_365d", "contact_months_365d", "active_month_share"}
    for name in plain.keys() - months:
        np.testing.assert_array_equal(later[name].values, plain[name].values, err_msg=name)


@pytest.mark.parametrize("family", FAMILIES)
@settings(max_examples=15)
@given(world=worlds())
def test_a_family_sees_the_customer_s_own_past_only(family, world):
    check_family(FAMILIES[family], world)


@settings(max_examples=25)
@given(worlds())
def test_every_value_is_a_number_or_missing(world):
    for _, feature in compute(world.history(PLAN), FAMILIES):
        assert feature.values.shape == (len(world.customers) * len(world.asked),)


def test_an_attribute_may_not_take_a_feature_s_name():
    history = past(
        [(0, NOW)],
        attributes=[{"customer": 0, "orders_30d": 5}],
        kinds={"orders_30d": "number"},
        transactions=shopper()[0],
    )
    with pytest.raises(ConfigError, match=r"profile makes orders_30d, which exists already\n.*frequency"):
        compute(history, FAMILIES)


def test_families_come_in_the_order_asked_for(tmp_path):
    assert list(select(FeaturePlan(families=("season", "recency")), tmp_path)) == ["season", "recency"]


def busy():
    """Customers with a long and full past, at all hours: few mistakes have room to hide in it."""
    random = Random(5)
    calendar = Calendar("Europe/Paris")
    now = calendar.instant(dt.date(2025, 6, 15))
    world = World(calendar, tuple(now - days * DAY for days in (300, 200, 100, 3, 0)), {})

    def one(table):
        time = now - random.randrange(500 * DAY)
        row = {**event(world, table, random), "time": time, "recorded_at": time + random.choice((0, DAY))}
        # Three baskets would hold everything; most orders are of one or two lines.
        return row | ({"order_id": str(random.randrange(200))} if table == "transactions" else {})

    events = {table: tuple(one(table) for _ in range(most)) for table, most in BUSY.items()}
    return replace(world, events=events)


BUSY = {"transactions": 400, "interactions": 90, "contracts": 9, "campaigns": 30}


def test_a_busy_past_matches_its_definition():
    check_definition(busy())


def whole_days(earlier, later):
    return (later - earlier) // DAY


# What is broken on purpose -> how. Each must make some feature differ from its definition.
MUTANTS = {
    "churnlab.features.recency.days_between": whole_days,
    "churnlab.features.tenure.days_between": whole_days,
    "churnlab.features.contacts.days_between": whole_days,
    "churnlab.features.recency.PRIOR_WEIGHT": 2,
    "churnlab.features.recency.qualifying": lambda past: past.orders,
    "churnlab.features.frequency.AGES": (0, 7, 14, 28, 56, 112, 224),
    "churnlab.features.rhythm.RECENT": 4,
    "churnlab.features.trend.log_change": lambda now, before: np.log(now + 1) - np.log(before + 2),
    "churnlab.features.breadth.purchases": lambda past: past.transactions,
    "churnlab.features.engagement.inbound": lambda past: past.interactions,
    "churnlab.features.pressure.outbound": lambda past: past.interactions,
    "churnlab.features.season.SATURDAY": 6,
    "churnlab.features.season.EVENING": 19,
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(monkeypatch, name):
    monkeypatch.setattr(name, MUTANTS[name])
    with pytest.raises(AssertionError, match="is not as defined"):
        check_definition(busy())


def test_a_window_that_starts_late_is_caught(monkeypatch):
    def latest(window, most):
        return Window(window.source, np.maximum(window.start, window.end - most + 1), window.end)

    monkeypatch.setattr(Window, "latest", latest)
    with pytest.raises(AssertionError, match="is not as defined"):
        check_definition(busy())
