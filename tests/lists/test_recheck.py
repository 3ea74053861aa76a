"""Who is refused by now: with the action of each row, in any spelling; and the bytes looked at once more."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from actions_made import action
from churnlab.config.suppression import Suppression
from churnlab.errors import GateError
from churnlab.lists import parts
from churnlab.lists.recheck import Recheck
from churnlab.lists.suppression import Permissions
from deliveries import laid_out
from refusing import facts, instant

MAY, JUNE = instant(2025, 5, 1), instant(2025, 6, 1)
CALL, MAIL = action("call"), action("mail", channel="email")
AGREED = [(who, how, "marketing", MAY, None) for who in "abc" for how in ("email", "phone")]
KNOWN = {
    "objections": [(" A", None, MAY), ("b", "phone", MAY)],
    "consents": [*AGREED, ("d", "email", "marketing", MAY, JUNE), ("d", "phone", "marketing", MAY, None)],
    "aliases": [("c", "c2")],
    "marks": [("dead", "deceased")],
}


def recheck(*actions, drawn=True, **known):
    return Recheck(Permissions(facts(**known), Suppression()), actions, drawn, {}, lambda: None)


def refused(tmp_path, asking, ids, actions=None):
    named = {} if actions is None else {"action_id": pa.array(actions, pa.string())}
    pq.write_table(pa.table({"customer_id": ids, **named}), tmp_path / "list.parquet")
    return asking.refused(tmp_path / "list.parquet").to_pylist()


def test_by_hand(tmp_path):
    asking = recheck(CALL, MAIL, **KNOWN)
    ids = ["a", "b", "c", "d", "e", "f", "dead"]
    # e and f have agreed to nothing: only f is to be written to.
    actions = ["mail", "mail", "mail", "mail", None, "mail", None]
    assert refused(tmp_path, asking, ids, actions) == ["a", "d", "f", "dead"]
    calls = ["call" if each == "mail" else each for each in actions]
    assert refused(tmp_path, asking, ids, calls) == ["a", "b", "f", "dead"]
    # No action is due: what stops everything. d may still be called.
    assert refused(tmp_path, recheck(CALL, **KNOWN), ids, [None] * 7) == ["a", "dead"]


@pytest.mark.parametrize("actions", [(), (CALL, MAIL)])
@pytest.mark.parametrize("rows", [None, [None] * 8])
def test_lists_without_a_campaign_are_for_marketing(tmp_path, actions, rows):
    asking = recheck(
        *actions,
        drawn=False,
        consents=[
            *AGREED,
            ("d", "email", "marketing", MAY, JUNE),
            ("d", "phone", "marketing", MAY, JUNE),
            ("g", "email", "marketing", MAY, JUNE),
            ("g", "phone", "marketing", MAY, None),
        ],
        objections=[(" A", None, MAY), ("b", "phone", MAY), ("h", "email", MAY)],
        marks=[("dead", "deceased")],
    )
    ids = ["a", "b", "c", "d", "e", "g", "h", "dead"]
    # d has withdrawn both, e and h have agreed to nothing; b and g may have one of the two still.
    assert refused(tmp_path, asking, ids, rows) == ["a", "d", "e", "h", "dead"]


def test_other_spellings_and_aliases_of_who_is_refused_are_refused(tmp_path):
    known = {**KNOWN, "objections": [("C2", None, MAY)]}
    for drawn in (True, False):
        asking = recheck(drawn=drawn, **known)
        assert refused(tmp_path, asking, ["C ", "c2", "b", "c"]) == ["C ", "c2", "c"]
    # "B" has not agreed: nor is "b" written to, who may be the same person.
    assert refused(tmp_path, recheck(MAIL, **known), ["B", "b"], ["mail", "mail"]) == ["B", "b"]


def test_nobody_on_a_list(tmp_path):
    assert refused(tmp_path, recheck(MAIL, **KNOWN), pa.array([], pa.string()), []) == []


def test_an_action_that_is_gone_stops_the_list(tmp_path):
    with pytest.raises(GateError, match="actions that the campaign no longer has") as caught:
        refused(tmp_path, recheck(MAIL, **KNOWN), ["a", "b"], ["call", "mail"])
    assert "got: 1 of 2 rows" in str(caught.value)


LAYOUTS = {
    "generic": {},
    "semicolons": {"delimiter": ";", "encoding": "cp1252", "newline": "crlf", "id": "Kunde"},
    "marked": {"bom": True},
    "salesforce": {"profile": "salesforce", "id": "Number__c"},
    "hubspot": {"profile": "hubspot"},
    "adobe_campaign": {"profile": "adobe_campaign"},
    "split": {"split_by": "segment"},
}


@pytest.mark.parametrize("name", LAYOUTS)
def test_whoever_slips_through_is_found_in_the_bytes_of_every_layout(tmp_path, name):
    ids = ["\u00e9t\u00e9", "b", 'x"1', "c"]
    table = pa.table({"customer_id": ids, "segment": ["s", "s", "t", None]})
    source = tmp_path / "list.parquet"
    pq.write_table(table, source)
    how = laid_out(table, **LAYOUTS[name])
    asking = recheck(objections=[("E\u0301TE\u0301", None, MAY)])
    ours = asking.refused(source)
    assert ours.to_pylist() == ["\u00e9t\u00e9"]
    for number, (kept, found) in enumerate(((ours, False), (None, True))):
        stage = tmp_path / f"stage{number}"
        stage.mkdir()
        parts.write(source, stage, "shop", how, kept)
        (stage / "delivery.json").write_bytes(b"{}")
        if found:
            with pytest.raises(GateError, match="suppressed customers stand in"):
                asking.look(stage, how, ours)
        else:
            asking.look(stage, how, ours)
    one = tmp_path / "stage0"
    with pytest.raises(GateError, match="suppressed customers stand in"):
        asking.look(one, how, pa.array(['x"1']))
    with pytest.raises(GateError, match="suppressed customers stand in"):
        recheck(objections=[("B", None, MAY)]).look(one, how, pa.array([], pa.string()))
