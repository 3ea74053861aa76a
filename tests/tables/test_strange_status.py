"""A status that nobody declared: found by its words and its line, and nothing personal is repeated."""

import pytest

from churnlab.config.suppression import Suppression
from churnlab.tables import strange_status
from worlds import world


def error(words, **plan):
    said = [{"customer_id": "a", "time": 1, "channel": "e", "purpose": "p", "status": word} for word in words]
    return strange_status.error(world({"consents": said}), words, words, Suppression(**plan))


def test_a_plain_word_is_told_with_those_that_are_known():
    told = error(["maybe"], given=("yes",), withdrawn=("no",))
    assert told.what == (
        "no list: 1 row of consents with a status that is neither given nor withdrawn, "
        "which is none of 'yes', 'no'"
    )
    assert (told.exit_code, told.got.startswith("'maybe' (consents")) == (4, True)
    two = error(["not yet", "peut-être"])
    assert two.what.startswith("no list: 2 rows of consents")
    assert two.got.startswith("'not yet', 'peut-être' (first in consents")


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
