"""Words for channels and purposes, and whose last word was yes."""

import numpy as np
import pyarrow as pa

from churnlab.lists.answers import Answers, Words
from churnlab.lists.matching import NEVER, Index

WORDS = Words.of({"email": ("E-Mail",), "phone": ()}, ["pigeon"])


def test_declared_words_are_all_that_mean_something_and_else_those_agreed_in():
    assert WORDS.used == {"email", "phone"}
    assert Words.of({}, ["Email ", "email"]).with_asked(["fax"]).used == {"email", "fax"}
    assert WORDS.name(" e-mail") == "email"
    assert WORDS.name("fax") == "fax"


def test_a_column_of_words_has_one_code_for_each_meaning():
    codes, names = WORDS.named(pa.array(["E-MAIL", "email", None, "fax", " Fax", "phone"]))
    assert [names[code] if code >= 0 else None for code in codes] == [
        "email", "email", None, "fax", "fax", "phone"
    ]  # fmt: skip
    assert WORDS.known(names)[codes].tolist() == [True, True, False, False, False, True]


def test_a_no_counts_in_its_word_and_in_a_strange_one_a_yes_in_its_word_only():
    yes, no = WORDS.asking("E-mail").rows(pa.array(["email", "phone", "fax", "e-mail", None]))
    assert yes.tolist() == [True, False, False, True, False]
    assert no.tolist() == [True, False, True, True, True]


def test_the_last_answers_of_each_and_nothing_of_nobody():
    consents = pa.table(
        {
            "channel": ["email", "email", "fax", "phone"],
            "purpose": ["m", "m", "m", "m"],
            "given": pa.array([5, 9, 7, 8], pa.int64()),
            "withdrawn": pa.array([None, 3, 6, 4], pa.int64()),
        }
    )
    # Rows are of a, a, b, b where somebody agrees; a and b are one person where somebody refuses.
    exact, loose = np.array([0, 0, 1, 1]), np.array([0, 0, 0, 0])
    answers = Answers(consents, Index.of(pa.array(["a", "b"])), exact, loose, 1)
    purpose = Words.of({}, []).with_asked(["m"]).asking("m")
    given, withdrawn = answers.last(WORDS.asking("email"), purpose)
    assert given.tolist() == [9, NEVER, NEVER]
    assert withdrawn.tolist() == [6, NEVER], "refused by fax: nobody knows what that means"
    again = answers.last(WORDS.asking("e-mail"), purpose)
    assert again[0] is given
