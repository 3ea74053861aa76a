"""Words: the same keys and places in both languages."""

import re
import string

from churnlab.evaluation.scorecard import MEASURES
from churnlab.explain.wording import words


def places(text):
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_both_languages_say_the_same_things():
    english, french = words("en"), words("fr")
    assert list(english) == list(french)
    for key, text in english.items():
        assert places(text) == places(french[key]), key


def test_words_follow_the_number_before_them():
    for locale, none, one, many in (
        ("en", "that start at the snapshot. Nothing", "start 1 day after", "60 days that start 7 days after"),
        ("fr", "commencent à la date", "commencent 1 jour après", "60 jours qui commencent 7 jours après"),
    ):
        rule = words(locale)["churn_rule"]
        assert none in rule.format(horizon=60, gap=0, settlement=0)
        assert one in rule.format(horizon=60, gap=1, settlement=1)
        assert many in rule.format(horizon=60, gap=7, settlement=14)
    assert words("en")["purpose_orders"].format(orders=1).endswith("with at least one order before the date.")
    assert words("fr")["purpose_orders"].format(orders=2).endswith("au moins 2 commandes avant la date.")
    assert words("fr")["observation"].format(days=0).endswith("0 jour au plus")


def test_no_text_keeps_a_choice_once_it_is_filled():
    for locale in ("en", "fr"):
        for key, text in words(locale).items():
            if (
                key.startswith("look_") or key == "reading_3"
            ):  # filled by a script, with whole pages; with ten
                continue
            filled = text.format(**dict.fromkeys(places(text), 1.0 if "{gap:" in text else 1))
            assert not re.search(r"\[\w+: ", filled), key
            assert not re.search(
                r"(?<![\d,.])1 (days|customers|orders|groups|jours|clients|commandes)\b", filled
            ), key


def test_every_metric_has_a_name():
    assert {name for measures in MEASURES.values() for name in measures} <= set(words("en"))


def test_french_marks_keep_to_the_word_before_them():
    assert words("fr")["section_calibration"].endswith("dix\u00a0?")
    assert not [text for text in words("fr").values() if " :" in text or " ;" in text]
