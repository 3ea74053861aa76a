"""Reasons: the strongest, netted, in words, and never what must not be said."""

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.explain.reasons import LOWERS, PROTECTED, plain, strongest
from churnlab.features.feature import Description
from churnlab.features.words import sentence
from told import FEATURES, REFERENCE, category, number, panel

NAN = float("nan")
USUAL_FR = "\u00a0; habituel ici\u00a0: "


def reasons(contributions, numbers=(74, 10, 0, 1), **options):
    rows = np.atleast_2d(np.array(contributions, np.float32))
    return strongest(panel([numbers] * len(rows)), rows, FEATURES, REFERENCE, **options)


def test_the_three_strongest_in_words():
    found = reasons([0.9, 0.3, 0.5, 0.1, 0.2, 0])
    assert found.codes.tolist() == [["days_since_last_order", "orders_30d", "spend_90d"]]
    assert found.texts.tolist() == [
        [
            "last order 74 days ago; usual here: 21 days",
            "0 orders in the last 30 days; usual here: 2 orders",
            "€10.00 spent in the last 90 days; usual here: €1,234",
        ]
    ]


def test_in_french():
    found = reasons([0.9, 0.3, -0.5, 0, 0, 0], locale="fr")
    assert found.texts.tolist() == [
        [
            "dernière commande il y a 74 jours\u00a0; habituel ici\u00a0: 21 jours",
            "10,00\u00a0€ dépensés sur les 90 derniers jours\u00a0; habituel ici\u00a0: 1\u202f234\u00a0€",
            f"en faveur du maintien\u00a0: 0 commande sur les 30 derniers jours{USUAL_FR}2 commandes",
        ]
    ]


def test_near_duplicates_speak_once_with_their_net_weight():
    # orders: 1.0 - .8 = .2 together, less than the club's .3, and orders_30d carries it.
    found = reasons([0, 0, 1.0, -0.8, 0.3, 0])
    assert found.codes.tolist() == [["club", "orders_30d", None]]
    # Net below zero: it lowers, and the member that lowers most speaks.
    found = reasons([0, 0, 0.8, -1.0, 0.3, 0])
    assert found.codes.tolist() == [["club", LOWERS + "orders_90d", None]]
    # Exactly nothing together is no reason at all.
    assert reasons([0, 0, 0.5, -0.5, 0, 0]).codes.tolist() == [[None] * 3]


def test_few_that_raise_are_followed_by_the_strongest_that_lower():
    found = reasons([0.2, -0.9, -0.4, 0, -0.1, 0])
    assert found.codes.tolist() == [["days_since_last_order", "lowers:spend_90d", "lowers:orders_30d"]]
    assert found.texts[0, 0].startswith("last order")
    assert found.texts[0, 1].startswith("in favour of staying: €10.00 spent")
    # Three that raise leave no room for those that lower, however strong.
    assert reasons([0.2, 0.1, 0.1, 0, -9, 0]).codes[0].tolist() == [
        "days_since_last_order",
        "spend_90d",
        "orders_30d",
    ]


def test_what_is_missing_is_said_and_never_shown_as_a_number():
    found = reasons([0.9, 0.3, 0, 0, 0, 0], numbers=(NAN, NAN, 0, 1))
    assert found.texts[0, 0] == "no value on record: count of days_since_last_order"
    found = reasons([0.9, 0, 0, 0, 0, 0], numbers=(NAN, NAN, 0, 1), locale="fr")
    assert found.texts[0, 0] == "aucune donnée\u00a0: dernière commande il y a …"
    rows = panel([(1, 1, 1, 1)], clubs=[None])
    found = strongest(rows, np.array([[0, 0, 0, 0, 1.0, 0]]), FEATURES, {})
    assert found.texts[0, 0] == "no value on record: club of the customer"


def test_of_a_missing_ratio_only_what_stands_before_it_is_said():
    words = ("gap {value} the usual one", "dernier intervalle : {value} la moyenne du client")
    features = (number("gap_last_to_mean", "rhythm", "ratio", words, None), *FEATURES[1:])
    rows = panel([(NAN, 10, 0, 1)], features=features)
    found = strongest(rows, np.array([[1.0, 0, 0, 0, 0, 0]]), features, {}, locale="fr")
    assert found.texts[0, 0] == "aucune donnée\u00a0: dernier intervalle"


def test_an_unknown_reference_is_left_out():
    found = strongest(panel([(74, 10, 0, 1)]), np.array([[1.0, 0, 0, 0, 0, 0]]), FEATURES, {})
    assert found.texts[0, 0] == "last order 74 days ago"


def test_a_feature_whose_table_is_absent_today_counts_as_missing():
    extra = number("tickets_30d", "service", "requests")
    found = strongest(panel([(1, 1, 1, 1)]), np.array([[1.0]]), [extra], {"tickets_30d": 1.0})
    assert found.texts[0, 0] == "no value on record: count of tickets_30d"


def test_protected_attributes_are_never_shown():
    found = reasons([0.1, 0, 0, 0, 0, 5.0])
    assert found.codes.tolist() == [["days_since_last_order", None, None]]
    assert not [text for text in found.texts.ravel() if text and "gender" in text]
    assert reasons([0, 0, 0, 0, 1.0, 0], never=frozenset({"club"})).codes[0, 0] is None


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("age", False), ("age_group", False), ("SeniorCitizen", False), ("marital_status", False),
        ("household_comp", False), ("home_ownership", True), ("package", True), ("average_basket", True),
    ],
)  # fmt: skip
def test_an_attribute_is_judged_by_the_words_of_its_name(name, shown):
    feature = category(name)
    rows = panel([(1, 1, 1, 1)])
    found = strongest(rows, np.array([[1.0]]), [feature], {})
    assert (found.codes[0, 0] == name) is shown


def test_the_calendar_is_no_reason_and_age_of_a_contract_is():
    month = number("month_sine", "season", "number")
    contract = number("contract_age_days", "contract", "days")
    found = strongest(panel([(1, 1, 1, 1)]), np.array([[3.0, 1.0]]), [month, contract], {})
    assert found.codes.tolist() == [["contract_age_days", None, None]]
    assert "age" in PROTECTED


def test_text_of_customers_is_one_short_line():
    rows = panel([(1, 1, 1, 1)], clubs=["gold\n<b>\u202eevil " + "x" * 300])
    text = strongest(rows, np.array([[0, 0, 0, 0, 1.0, 0]]), FEATURES, {}).texts[0, 0]
    assert text.startswith("club: gold <b> evil xxx")
    assert len(text) < 100
    assert "\n" not in text
    assert "\u202e" not in text
    assert plain("1\u202f234\u00a0€") == "1\u202f234\u00a0€"


def naive(row):
    """The definition in plain Python: net per group, three that raise, else those that lower."""
    groups = {"silence": [0], "spend": [1], "orders": [2, 3], "club": [4]}
    net = {name: sum(row[at] for at in columns) for name, columns in groups.items()}
    order = list(groups)
    raising = sorted((n for n in order if net[n] > 1e-6), key=lambda n: -net[n])
    lowering = sorted((n for n in order if net[n] < -1e-6), key=lambda n: net[n])
    said = [max(groups[n], key=lambda at: row[at]) for n in raising]
    said += [min(groups[n], key=lambda at: row[at]) for n in lowering]
    codes = [("" if at in said[: len(raising)] else LOWERS) + FEATURES[at].name for at in said]
    return (codes + [None] * 3)[:3]


@given(st.lists(st.lists(st.integers(-6, 6), min_size=6, max_size=6), min_size=1, max_size=8))
def test_equals_its_definition_whatever_the_other_rows(rows):
    together = reasons(np.array(rows) / 4)
    assert together.codes.tolist() == [naive([one / 4 for one in row]) for row in rows]
    alone = [reasons(np.array(row) / 4).texts[0].tolist() for row in rows]
    assert together.texts.tolist() == alone


@pytest.mark.parametrize("locale", ["en", "fr"])
@pytest.mark.parametrize("compiled", [False, True])
def test_many_rows_say_what_each_says_alone(locale, compiled):
    """Sentences are shared by all rows of which the same is shown; each is right for its own row."""
    chance = np.random.default_rng(1)
    numbers = np.round(chance.lognormal(3, 2, (400, 4)), 1)
    numbers[chance.random(numbers.shape) < 0.1] = NAN
    clubs = chance.choice(np.array(["gold", "a  b\n", " : odd ;", None], dtype=object), 400).tolist()
    rows = panel(numbers, clubs)
    contributions = chance.normal(size=(400, 6)).astype(np.float32)
    found = strongest(rows, contributions, FEATURES, REFERENCE, locale=locale, compiled=compiled)
    values = dict(zip(rows.names, [*rows.numbers.astype(float).T, *rows.categories.values()], strict=True))
    for row, (codes, texts) in enumerate(zip(found.codes, found.texts, strict=True)):
        for code, text in zip(codes, texts, strict=True):
            feature = next(one for one in FEATURES if one.name == code.removeprefix(LOWERS))
            value = values[feature.name][row]
            if value is None or (feature.kind == "number" and np.isnan(value)):
                assert re.match(r"(in favour of staying: |en faveur.*: )?(no value|aucune donn)", text)
                continue
            own = plain(value) if isinstance(value, str) else value
            wanted = plain(sentence(feature, own, REFERENCE.get(feature.name), locale, "EUR"), 800)
            assert text.endswith(wanted)
            assert (text == wanted) is not code.startswith(LOWERS)


@pytest.mark.parametrize(
    ("en", "unit"),
    [
        ("{value:>9} far; usual here: {reference}", "days"),
        ("{value} far", "parsecs  of\ttext"),
        ("{value} and  {value}\nagain", "days"),
        ("⟦⟧ {value}", "days"),
    ],
)
def test_sentences_of_other_peoples_features_are_made_with_care(en, unit):
    feature = Description("orders_30d", "own", "number", unit, "Mine", "economic", None, en, en)
    found = strongest(panel([(1, 1, 1234.5, 1)]), np.array([[1.0]]), [feature], {"orders_30d": 2.0})
    wanted = plain(sentence(feature, 1234.5, 2.0, "en", "EUR"), 800)
    assert found.texts.tolist() == [[wanted, None, None]]


def test_no_sentence_claims_a_cause():
    texts = [
        text for locale in ("en", "fr") for text in reasons([1, 1, -1, 0, 1, 0], locale=locale).texts.ravel()
    ]
    assert not [text for text in texts if re.search(r"because|due to|parce|car |à cause", text)]


def test_nobody_and_nothing():
    empty = strongest(panel(np.empty((0, 4))), np.empty((0, 6)), FEATURES, {})
    assert empty.codes.shape == (0, 3)
    assert strongest(panel([(1, 1, 1, 1)]), np.empty((1, 0)), (), {}).codes.tolist() == [[None] * 3]
