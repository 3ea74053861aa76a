"""A campaign over three customers, worked by hand; over none, without value, and without a campaign."""

import contextlib
import datetime as dt
import json
from dataclasses import replace

import numpy as np
import pytest

from actions_made import action, campaign, measured
from churnlab.errors import IntegrityError
from churnlab.lists import deciding
from churnlab.lists.commit import publish
from churnlab.lists.screen import Screen
from churnlab.lists.spool import Contacting
from churnlab.lists.suppression import Permissions
from churnlab.workflow import contacting
from churnlab.workflow.contacted import Told
from decided_lists import PLAN, World, files, made, rows
from refusing import ZONE, facts
from scored_people import FACTS, STAMP, ranked, scored


def three():
    """Two who may be phoned, one who may be written to only; calls cost 4, and there is money for one."""
    people = made(3, [900.0, 900.0, 900.0], [90.0, 90.0, 90.0], [0.5, 0.6, 0.7], ["growth"] * 3, [None] * 3)
    agreed = [("c00", "phone"), ("c01", "phone"), ("c02", "email")]
    known = {"consents": [(who, channel, "marketing", 1, None) for who, channel in agreed]}
    call = measured("call", contact_cost=4)
    letter = action("letter", channel="email", contact_cost=1, label={"en": "Letter", "fr": "Lettre"})
    return World(people, known, campaign(call, letter, budget=5.5))


def test_by_hand():
    # At stake 810: the calls save .6 x .1 x 810 - 4 = 44.60 and 36.50, the letter 55.70 but only as a test.
    # Money runs out, so saved value per cost decides among the calls: c01 first; then 1.50 is left, and
    # the letter for 1 fits while the call for c00 does not.
    found, everybody = files(three())
    said = {row["customer_id"]: row for row in rows(found)}
    names = ("decision", "arm", "action_id", "expected_saved_value", "expected_cost", "rank_in_list")
    told = {client: tuple(row[name] for name in names) for client, row in said.items()}
    assert told == {
        "c01": ("treat", "treated", "call", 44.6, 4, 1),
        "c02": ("test", "treated", "letter", 55.7, 1, 2),
        "c00": ("treat", None, None, 36.5, 4, 3),
    }
    told = everybody.decided.facts
    assert (told["expected_cost"], told["expected_saved_value"], told["budget"]) == (5.0, 100.3, 5.5)
    assert told["not_selected"] == {"channel_full": 0, "over_budget": 1, "test_cap": 0}
    assert told["decisions"] == {"no_action": 0, "test": 1, "treat": 2}
    assert told["arms"] == {"treated": 2, "control": 0, "explore": 0, "holdout": 0, "none": 1}
    assert [(row["action"], row["contacted"], row["expected_cost"]) for row in told["actions"]] == [
        ("call", 1, 4.0),
        ("letter", 1, 1.0),
    ]
    # From nobody to all three: money by list size, treat before test.
    assert told["curve"][0] == {"size": 0, "cost": 0.0, "saved": 0.0}
    assert told["curve"][-1] == {"size": 3, "cost": 9.0, "saved": 136.8}


def test_labels_of_actions_are_in_the_language_of_the_project():
    with ranked(three().people, stamp=replace(STAMP, locale="fr"), contacting=three().desk()) as everybody:
        [table] = everybody.batches("retain")
    assert dict(zip(table["action_id"].to_pylist(), table["action_label"].to_pylist(), strict=True)) == {
        "call": "call",
        "letter": "Lettre",
        None: None,
    }


def test_without_value_nobody_gets_an_action_and_lists_are_made():
    world = three()
    world.people = scored(["c00", "c01", "c02"], [0.5, 0.6, 0.7], valued=False)
    found, everybody = files(world)
    assert {(row["decision"], row["arm"], row["expected_cost"]) for row in rows(found)} == {
        ("no_action", None, None)
    }
    json.dumps(Told.of(everybody).as_facts(), allow_nan=False)


def test_everybody_kept_off_is_lists_of_nobody():
    world = three()
    world.known = {"objections": [(who, None, None) for who in ("C00 ", "c01", "c02")]}
    found, everybody = files(world)
    assert rows(found) == []
    assert len(rows(found, "excluded")) == 3
    assert found["all.csv"].count(b"\n") == 1
    assert Told.of(everybody).as_facts()["suppressed"]["first_reason"] == {"objection": 3}


def test_a_project_without_a_campaign_keeps_off_and_decides_nothing():
    world = three()
    known = {**world.known, "objections": [("c01", None, None)]}
    desk = Contacting(Screen(Permissions(facts(**known), PLAN), (), ZONE))
    with ranked(world.people, contacting=desk) as everybody:
        [table] = everybody.batches("retain")
        assert everybody.decided is None
    assert table["customer_id"].to_pylist() == ["c02", "c00"], "by expected loss"
    for name in ("action_id", "decision", "arm", "expected_cost"):
        assert table[name].null_count == 2
    assert Told.of(everybody).as_facts() == {
        "suppressed": {"first_reason": {"objection": 1}, "any_reason": {"objection": 1}}
    }


def test_an_action_that_nobody_allowed_is_no_list(monkeypatch):
    plan = deciding.plan.plan

    def careless(ids, people, asked, salt, allowed, **more):
        return plan(ids, people, asked, salt, np.ones_like(allowed), **more)

    monkeypatch.setattr(deciding.plan, "plan", careless)
    with pytest.raises(IntegrityError, match="an action that a customer has not allowed\ngot: ") as caught:
        files(three())
    assert "c0" not in str(caught.value)


def test_a_published_run_holds_them_all(tmp_path):
    with contextlib.ExitStack() as stack:
        everybody = stack.enter_context(ranked(three().people, contacting=three().desk()))
        told = replace(FACTS, as_of=dt.date(2025, 2, 1), **Told.of(everybody).as_facts())
        run = publish(tmp_path, "a" * 64, contacting.passes(everybody, "crlf"), told)
    assert run.manifest["campaign"]["arms"]["treated"] == 2
    assert {"excluded.csv", "excluded.parquet", "all.csv"} <= set(run.manifest["files"])
    assert (run.path / "excluded.csv").read_bytes().endswith(b"\r\n")
    for name in run.manifest["files"]:
        assert (run.path / name).stat().st_mode & 0o777 == 0o600
