"""Values as a marketer says them: units, plurals, French spacing, and never a zero for a gap."""

import numpy as np
import pytest

from churnlab.features.feature import Feature
from churnlab.features.sentences import said
from churnlab.features.words import NOUNS, sentence, shown, spoken

NAN = float("nan")

SPOKEN = [
    # value, unit, English, French (no-break spaces: U+00A0 before signs, U+202F between thousands)
    (1, "days", "1 day", "1 jour"),
    (0, "days", "0 days", "0 jour"),  # French counts zero and one and a half as singular
    (1.5, "days", "1.5 days", "1,5 jour"),
    (2, "days", "2 days", "2 jours"),
    (9.96, "days", "10 days", "10 jours"),  # below ten a decimal is kept, none where it says nothing
    (74.4, "days", "74 days", "74 jours"),
    (0.04, "orders", "0 orders", "0 commande"),
    (1.04, "orders", "1 order", "1 commande"),  # what is shown decides the plural
    (12_345, "orders", "12,345 orders", "12\u202f345 commandes"),
    (2, "channels", "2 channels", "2 canaux"),
    (1, "months", "1 month", "1 mois"),
    (-0.04, "days", "0 days", "0 jour"),  # never "-0"
    (-5, "days", "-5 days", "-5 jours"),
    (12.5, "currency", "€12.50", "12,50\u00a0€"),
    (999.999, "currency", "€1,000", "1\u202f000\u00a0€"),
    (1234.5, "currency", "€1,234", "1\u202f234\u00a0€"),
    (-3.2, "currency", "-€3.20", "-3,20\u00a0€"),
    (-0.001, "currency", "€0.00", "0,00\u00a0€"),
    (0.453, "share", "45%", "45\u00a0%"),
    (0.004, "share", "0.4%", "0,4\u00a0%"),
    (1, "share", "100%", "100\u00a0%"),
    (1.44, "ratio", "1.4 times", "1,4 fois"),
    (0.042, "ratio", "0.04 times", "0,04 fois"),
    (1.0, "ratio", "1 times", "1 fois"),
    (-0.5, "number", "-0.5", "-0,5"),
    (0.001, "number", "0", "0"),
    (0.7, "trend", "sharply up", "en forte hausse"),
    (0.2, "trend", "up", "en hausse"),
    (0.0, "trend", "steady", "stable"),
    (-0.14, "trend", "steady", "stable"),
    (-0.15, "trend", "down", "en baisse"),
    (-0.7, "trend", "sharply down", "en forte baisse"),
    (3.14, "number", "3.1", "3,1"),
    (3, "parsecs", "3 parsecs", "3 parsecs"),  # a unit of somebody's own family
    ("gold {card}", "text", "gold {card}", "gold {card}"),
    (NAN, "days", "not applicable", "sans objet"),
    (None, "text", "not applicable", "sans objet"),
    (NAN, "trend", "not applicable", "sans objet"),
]


@pytest.mark.parametrize(("value", "unit", "english", "french"), SPOKEN)
def test_by_hand(value, unit, english, french):
    assert spoken(value, unit, "en", "EUR") == english
    assert spoken(value, unit, "fr", "EUR") == french


@pytest.mark.parametrize(
    ("currency", "english", "french"),
    [
        ("USD", "$12.50", "12,50\u00a0$"),
        ("CHF", "CHF 12.50", "12,50\u00a0CHF"),
        ("JPY", "¥12", "12\u00a0¥"),  # no cents in yen (12.5 rounds to even)
    ],
)
def test_currencies(currency, english, french):
    assert spoken(12.5, "currency", "en", currency) == english
    assert spoken(12.5, "currency", "fr", currency) == french


@pytest.mark.parametrize("number", [np.int64(3), np.float32(3), np.float64(3)])
def test_numpy_numbers_read_like_python_numbers(number):
    assert spoken(number, "orders", "en", "EUR") == "3 orders"


@pytest.mark.parametrize("unit", NOUNS)
def test_every_noun_has_four_forms(unit):
    forms = NOUNS[unit]
    assert len(forms) == 4
    assert forms[1] == unit or forms[1].endswith(unit), "the unit is the English plural"


def described(en, fr, meaning_fr="", unit="days"):
    feature = Feature("silence", np.zeros(1), unit, "Silence", "informational", en, fr, meaning_fr=meaning_fr)
    return feature.described("recency")


def test_a_sentence_holds_the_value_and_the_usual_one():
    feature = described(**said("last order {value} ago", "dernière commande il y a {value}"))
    assert sentence(feature, 74, 40, "en", "EUR") == "last order 74 days ago; usual here: 40 days"
    french = sentence(feature, 74, 40, "fr", "EUR")
    assert french == "dernière commande il y a 74 jours\u00a0; habituel ici\u00a0: 40 jours"


@pytest.mark.parametrize("reference", [None, NAN])
def test_an_unknown_reference_is_left_out(reference):
    feature = described(**said("last order {value} ago", "dernière commande il y a {value}"))
    assert sentence(feature, 74, reference, "en", "EUR") == "last order 74 days ago"
    assert sentence(feature, 74, reference, "fr", "EUR") == "dernière commande il y a 74 jours"


def test_braces_in_a_value_are_only_braces():
    feature = described(**said("segment: {value}", "segment : {value}"), unit="text")
    assert sentence(feature, "{0.__class__}", None, "en", "EUR") == "segment: {0.__class__}"


def test_the_period_of_a_window():
    assert said("{value} {period}", "{value} {period}", 1, usual=False) == {
        "en": "{value} in the last day",
        "fr": "{value} sur le dernier jour",
        "meaning_fr": "",
    }
    assert said("{value}", "{value}", means="Points du client")["meaning_fr"] == "Points du client"
    assert said("{value} {period}", "{value} {period}", 30)["en"].startswith("{value} in the last 30 days;")


def awkward():
    """Numbers on the edges of what is shown, and either side of them."""
    chance = np.random.default_rng(0)
    edges = np.array([0, 0.005, 0.0095, 0.01, 0.14, 0.995, 1, 1.005, 9.95, 10, 999.995, 1_000, 1_000.5, 1e9])
    edges = np.concatenate([edges, np.log(2) * np.ones(1), chance.integers(0, 4_000, 500) / 8])
    edges = np.concatenate(
        [edges, chance.integers(0, 400_000, 500) / 200, chance.integers(0, 20_000, 500) / 20]
    )
    near = np.concatenate(
        [edges, np.nextafter(edges, -1e9), np.nextafter(edges, 1e9), edges.astype(np.float32)]
    )
    drawn = np.concatenate([chance.normal(size=500), chance.lognormal(5, 3, 500), chance.random(500) / 50])
    return np.concatenate([near, -near, drawn, -drawn, [NAN]])


@pytest.mark.parametrize("currency", ["EUR", "JPY"])
@pytest.mark.parametrize("unit", ["currency", "share", "trend", "ratio", "number", "", "days", "parsecs"])
def test_the_same_words_are_spoken_of_what_is_shown(unit, currency):
    values = awkward()
    seen = shown(values, unit, currency)
    for locale in ("en", "fr"):
        said = [spoken(value, unit, locale, currency) for value in values.tolist()]
        assert [spoken(value, unit, locale, currency) for value in seen.tolist()] == said
    # As few as there are words for, or nothing would be gained.
    assert len(set(seen[~np.isnan(seen)].tolist())) == len(set(said)) - 1
    assert not (np.signbit(seen) & (seen == 0)).any()


def test_a_half_that_binary_cannot_hold_is_rounded_by_its_own_digits():
    """1.115 is a little less than its digits say; times 100 it is more than 111.5."""
    assert shown(np.array([1.115, 2.675, 0.285]), "currency", "EUR").tolist() == [1.11, 2.67, 0.28]
