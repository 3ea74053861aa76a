"""What became of everybody: it adds up or there is no list, and it is told in numbers, never by name."""

import dataclasses
import re

import pyarrow as pa
import pytest

from churnlab.errors import GateError
from churnlab.lists import audit
from churnlab.workflow.contacted import Told

FACTS = {
    "name": "autumn",
    "arms": {"treated": 1_200, "control": 300, "explore": 7, "holdout": 90, "none": 5_000},
    "expected_cost": 1_234.5,
    "budget": 2_000.0,
    "not_selected": {"channel_full": 0, "over_budget": 12, "test_cap": 3},
    "size_check": {"detectable": 0.04, "expected": (0.25, 0.22), "enough": False, "needed": 18_020},
    "strata": [
        {"quadrant": "retain", "risk_band": "high", "odd": True},
        {"quadrant": "all", "risk_band": "all", "odd": False},
    ],
    "balance": [{"measure": "churn_risk", "odd": True}, {"measure": "intensity", "odd": False}],
    "actions": [
        {
            "action": "call",
            "contacted": 1_207,
            "control": 300,
            "expected_cost": 1_234.5,
            "expected_saved_value": 9_876.4,
            "evidence": "measured spring",
        },
        {
            "action": "letter",
            "contacted": 0,
            "control": 0,
            "expected_cost": 0.0,
            "expected_saved_value": 0.0,
            "evidence": "assumed",
        },
    ],
}


@dataclasses.dataclass
class Everybody:
    """What ``Told`` reads of those who were ranked."""

    sizes: dict
    eligible: int
    excluded: object = None
    decided: object = None
    rolled: object = None


@dataclasses.dataclass
class Decided:
    facts: dict


def kept_off(*reasons):
    """An audit of as many customers."""
    empty = {name: [None] * len(reasons) for name in audit.COLUMNS}
    ids = [f"who-{place}" for place in range(len(reasons))]
    return pa.table({**empty, "customer_id": ids, "reasons": list(reasons)}, schema=audit.schema())


OUT = kept_off("objection", "objection+no_consent", "no_consent")


def lines(told):
    return next(page["lines"] for page in told.sections("EUR") if page["title"] == "Arms")


def test_by_hand():
    told = Told.of(Everybody({"retain": 4, "release": 3}, 10, OUT, Decided(FACTS)))
    assert told.suppressed == {"objection": 2, "no_consent": 1}
    assert told.any_reason == {"objection": 2, "no_consent": 2}
    assert told.as_facts() == {
        "suppressed": {"first_reason": {"objection": 2, "no_consent": 1}, "any_reason": told.any_reason},
        "campaign": FACTS,
    }
    who, arms, out = told.sections("EUR")
    assert who["title"] == "Campaign autumn: who is contacted, money in EUR"
    assert who["rows"] == [("call", "1,207", "300", "1,234", "9,876", "measured spring")], (
        "and no idle action"
    )
    assert out["title"] == "Kept off the lists: 3 customers, each counted under the first reason"
    assert out["rows"] == [("objection", "2", "2"), ("no_consent", "1", "2")]
    assert arms["lines"] == [
        "  1,200 treated, 300 control, 7 explore, 90 holdout, 5,000 not selected",
        "  expected cost 1,234.50 of 2,000.00",
        "  12 x over_budget",
        "  3 x test_cap",
        (
            "  a fall of churn by 4.0 points or more will show; 3.0 are expected, and will not be proven: "
            "that would take 18,020 customers"
        ),
        "  control and treated differ more than luck explains: retain high, churn_risk",
    ]


@pytest.mark.parametrize("eligible", [9, 11])
def test_customers_who_do_not_add_up_are_no_list(eligible):
    with pytest.raises(
        GateError, match=re.escape("7 on lists + 3 suppressed + 0 not selected = 10")
    ) as caught:
        Told.of(Everybody({"retain": 4, "release": 3}, eligible, OUT))
    assert caught.value.exit_code == 4
    assert "who-" not in str(caught.value)


def test_where_nobody_was_looked_at_nothing_is_told():
    told = Told.of(Everybody({"retain": 7}, 7))
    assert told.as_facts() == {}
    assert list(told.sections("EUR")) == []
    nobody = Told.of(Everybody({"retain": 7}, 7, kept_off()))
    assert nobody.as_facts() == {}, "looked at, and nobody was kept off"


SIZES = {
    "no effect will show": {"detectable": None, "expected": (0, 0), "enough": False, "needed": None},
    "a fall of churn by 2.0 points or more will show; 3.0 are expected": {
        "detectable": 0.02,
        "expected": (0.25, 0.22),
        "enough": True,
        "needed": 900,
    },
    "by 5.0 points or more will show; 0.0 are expected, and will not be proven": {
        "detectable": 0.05,
        "expected": (0.25, 0.25),
        "enough": False,
        "needed": None,
    },
}


@pytest.mark.parametrize("words", SIZES)
def test_what_the_groups_can_show_is_said(words):
    told = Told({}, {}, {**FACTS, "size_check": SIZES[words], "budget": None})
    assert any(words in line for line in lines(told))
    assert "  expected cost 1,234.50" in lines(told), "and no budget where there is none"
    assert not any("would take" in line for line in lines(told))


@pytest.mark.parametrize(
    ("nested", "told"), [(0, []), (1_234, ["1,234 accounts name a parent that names another"])]
)
def test_parents_are_told_and_how_many_name_another(nested, told):
    facts = {
        "accounts": 9_000,
        "parents": 3_000,
        "with_several": 20,
        "accounts_of_several": 60,
        "nested": nested,
    }
    [section] = Told({}, {}, None, facts).sections("EUR")
    first, *more = section["lines"]
    assert first == "  9,000 accounts of 3,000 parents; 20 of these have several, 60 accounts"
    assert len(more) == len(told)
    assert all(words in line for words, line in zip(told, more, strict=True))
    assert Told({}, {}, None, facts).as_facts() == {"parents": facts}
