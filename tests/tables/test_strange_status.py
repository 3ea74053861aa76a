"""A status that nobody declared: found by its words and its line, and nothing personal is repeated."""

import pytest

from churnlab.config.suppression import Suppression
from churnlab.tables import strange_status
from worlds import world


def error(words, holders=1, **plan):
    """Of ``words``, which ``holders`` customers have each."""
    said = [
        {"customer_id": f"{who}", "time": 1, "channel": "e", "purpose": "p", "status": word}
        for word in words
        for who in range(holders)
    ]
    return strange_status.error(world({"consents": said}), words, words, Suppression(**plan))


def test_a_mistyped_word_is_told_with_those_that_are_known():
    told = error(["confirmad"], given=("confirmed",), withdrawn=("no",))
    assert told.what == (
        "no list: 1 row of consents with a status that is neither given nor withdrawn, "
        "which is none of 'confirmed', 'no'"
    )
    assert (told.exit_code, told.got.startswith("'confirmad' (consents")) == (4, True)
    two = error(["Given", "withdrawm"])
    assert two.what.startswith("no list: 2 rows of consents")
    assert two.got.startswith("'Given', 'withdrawm' (first in consents")


def test_a_word_that_ten_customers_have_is_told():
    assert error(["not yet", "peut-être"], 10).got.startswith("'not yet', 'peut-être' (first in consents")
    assert error(["not yet", "peut-être"], 9).got.startswith("2 texts (first in consents")
    # One customer may have many rows.
    rows = [{"customer_id": "a", "time": time, "channel": "e", "purpose": "p", "status": "Martin"}
            for time in range(20)]  # fmt: skip
    told = strange_status.error(world({"consents": rows}), ["Martin"], ["Martin"], Suppression())
    assert told.got.startswith("1 text (first in consents")


@pytest.mark.parametrize("plan", [{}, {"given": ("yes", "oui"), "withdrawn": ("no", "non")}])
@pytest.mark.parametrize(
    "names", [["Gwen"], ["Martin", "Yves", "Noa"], ["Ann Lee"], ["Olivia"], ["given", "Martin"], ["Nora"]]
)
def test_names_are_not_repeated(names, plan):
    told = error(names, 2, **plan)
    assert told.got.startswith("1 text (" if len(names) == 1 else f"{len(names)} texts (")
    assert not [name for name in names if name != "given" and name in str(told)]


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["ann@example.org"], "1 text ("),
        (["client-0042"], "1 text ("),
        (["a", "b", "c", "d"], "4 texts ("),
        (["x" * 21], "1 text ("),
        (["yes "], "1 text ("),
        (["\x1b[2J"], "1 text ("),
    ],
)
def test_what_may_be_personal_is_not_repeated(words, told):
    assert error(words).got.startswith(told)
    assert error(words, 20).got.startswith(told), "even where many have it"
