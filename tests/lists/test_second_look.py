"""Who may get the action their row names, asked of permissions row by row."""

import pyarrow as pa
import pytest

from actions_made import action
from churnlab.config.suppression import Suppression
from churnlab.lists import second_look
from churnlab.lists.suppression import Permissions
from refusing import facts, instant

MAY, JUNE = instant(2025, 5, 1), instant(2025, 6, 1)
CALL, MAIL = action("call"), action("mail", channel="email")
KNOWN = {
    "objections": [(" A", None, MAY), ("b", "phone", MAY)],
    "consents": [
        *((who, how, "marketing", MAY, None) for who in "abc" for how in ("email", "phone")),
        ("d", "email", "marketing", MAY, JUNE),
        ("d", "phone", "marketing", MAY, None),
    ],
}
# a objects to everything, b to calls; d has withdrawn letters; e, and C in capitals, have agreed to nothing.
MAY_GET = {("b", "mail"), ("c", "mail"), ("c", "call"), ("d", "call")}
ASKED = [(who, name) for who in "abcdeC" for name in ("mail", "call", "gone")]


@pytest.mark.parametrize("batch", [1, 4, 65_536])
def test_by_hand(monkeypatch, batch):
    monkeypatch.setattr(second_look, "BATCH", batch)
    allows = second_look.actions_allowed(Permissions(facts(**KNOWN), Suppression()), (CALL, MAIL))
    ids, named = (pa.array(column) for column in zip(*ASKED, strict=True))
    assert {pair for pair, yes in zip(ASKED, allows(ids, named), strict=True) if yes} == MAY_GET
    assert allows(ids[:0], named[:0]).tolist() == []
