"""Words: the same keys and places in both languages."""

import string

from churnlab.evaluation.scorecard import MEASURES
from churnlab.explain.wording import words


def places(text):
    return sorted(name for _, name, _, _ in string.Formatter().parse(text) if name)


def test_both_languages_say_the_same_things():
    english, french = words("en"), words("fr")
    assert list(english) == list(french)
    for key, text in english.items():
        assert places(text) == places(french[key]), key


def test_every_metric_has_a_name():
    assert {name for measures in MEASURES.values() for name in measures} <= set(words("en"))


def test_french_marks_keep_to_the_word_before_them():
    assert words("fr")["section_calibration"].endswith("dix\u00a0?")
    assert not [text for text in words("fr").values() if " :" in text or " ;" in text]
