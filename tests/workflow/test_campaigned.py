"""The chapter about a campaign: by hand, from what a manifest says."""

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from churnlab.explain.exhibits import told
from churnlab.explain.page import Shown
from churnlab.lists.suppression import REASONS
from churnlab.strategy.budget import OUTCOMES
from churnlab.strategy.priority import DECISIONS
from churnlab.workflow import arms, campaigned

SIZE = {
    "control": 430, "treated": 1_581, "expected": [0.25, 0.22], "needed_control": 1_802, "needed": 18_020,
    "detectable": 0.0567, "enough": False,
}  # fmt: skip


def action(name, contacted, control):
    return {
        "action": name, "channel": "email", "evidence": "assumed", "contacted": contacted,
        "control": control, "expected_cost": 2.0 * contacted, "expected_saved_value": 5.0 * contacted,
    }  # fmt: skip


def facts(**changes):
    row = {"measure": "intensity", "arms": ["treated", "control"], "customers": [150, 40]}
    return {
        "name": "spring",
        "arms": {"treated": 140, "control": 40, "explore": 10, "holdout": 25, "none": 85},
        "decisions": {"no_action": 100, "test": 150, "treat": 50},
        "not_selected": {"channel_full": 30, "over_budget": 0, "test_cap": 0},
        "actions": [action("call", 90, 20), action("mail", 60, 20), action("club", 0, 0)],
        "expected_cost": 300.0,
        "expected_saved_value": 750.0,
        "budget": 250.0,
        "size_check": SIZE,
        "strata": [
            {"quadrant": "retain", "risk_band": "high", "selected": 100, "control": 30, "expected": 10.0,
             "off": 6.0, "odd": True},
            {"quadrant": "all", "risk_band": "all", "selected": 180, "control": 40, "expected": 36.0,
             "off": 1.0, "odd": False},
        ],
        "balance": [{**row, "means": [40.0, 41.0], "apart": -0.05, "odd": False}],
        "curve": [{"size": size, "cost": 3.0 * size, "saved": 8.0 * size} for size in (0, 4, 40, 80, 120)],
        **changes,
    }  # fmt: skip


@pytest.fixture
def run(tmp_path):
    labels = {
        "action_id": ["call", "mail", None, "call"],
        "action_label": ["A call", "A letter", None, "A call"],
    }
    pq.write_table(pa.table({**labels, "customer_id": list("abcd")}), tmp_path / "all.parquet")
    return tmp_path


def chapter(run, suppressed=None, **changes):
    said = {"currency": "EUR", "campaign": facts(**changes), "suppressed": suppressed}
    exhibits, pictures = campaigned.campaign(run, said, "en")
    return {each.name: each for each in exhibits}, pictures


def words_of(exhibit, locale="en"):
    return " ".join(told(exhibit, Shown(locale, "EUR")).notes)


def test_without_a_campaign_there_is_no_chapter(run):
    assert campaigned.campaign(run, {"currency": "EUR"}, "en") == ([], {})


def test_actions_arms_and_decisions_by_hand(run):
    told_of, _ = chapter(run)
    assert told_of["actions"].rows == (
        ("A call", "email", 90, 20, 180.0, 450.0, "evidence_assumed"),
        ("A letter", "email", 60, 20, 120.0, 300.0, "evidence_assumed"),
    )
    assert "spring: 150 customers are contacted and 40 left alone" in words_of(told_of["actions"])
    arms = {name: (count, share) for name, count, share, _ in told_of["arms"].rows}
    assert arms["arm_treated"] == (140, pytest.approx(140 / 300))
    assert arms["arm_none"] == (85, pytest.approx(85 / 300))
    assert told_of["decisions"].rows[-1] == ("not_selected_channel_full", 30)


def test_groups_of_few_are_hidden_with_the_one_that_would_give_them_away(run):
    few = {"treated": 140, "control": 40, "explore": 3, "holdout": 25, "none": 92}
    told_of, _ = chapter(run, arms=few, actions=[action("call", 90, 20), action("mail", 4, 20)])
    hidden = {row[0] for row in told_of["arms"].rows if row[1] is None}
    assert hidden == {"arm_explore", "arm_treated"}
    assert all(row[2] is None for row in told_of["arms"].rows if row[0] in hidden)
    assert [row[2:] for row in told_of["actions"].rows] == [(None, 20, None, None, "evidence_assumed")] * 2
    assert words_of(told_of["arms"]).startswith("A dash: fewer than ten customers")


def told_numbers(told_of):
    """Every count in the tables of the chapter, and in the sentence on what is contacted."""
    cells = {cell for each in told_of.values() for row in each.rows for cell in row}
    _, said = told_of["actions"].notes[0]
    return cells | {said[name][1] for name in ("contacted", "control", "cost", "saved")}


def test_what_the_arms_hide_no_sentence_and_no_other_table_tells(run):
    # 304 contacted beside 300 treated would say that four were explored.
    few = {"treated": 300, "control": 40, "explore": 4, "holdout": 20, "none": 500}
    odd = {"quadrant": "all", "risk_band": "all", "selected": 340, "control": 40, "expected": 68.0,
           "off": -5.0, "odd": True}  # fmt: skip
    told_of, _ = chapter(run, arms=few, actions=[action("call", 304, 40)], strata=[odd], expected_cost=608.0)
    assert {row[0]: row[1] for row in told_of["arms"].rows} == {
        "arm_treated": None, "arm_explore": None, "arm_control": 40, "arm_holdout": 20, "arm_none": 500,
    }  # fmt: skip
    assert "304 customers are contacted" in words_of(told_of["actions"])
    assert not told_numbers(told_of) & {300, 4, 340, 344}


@pytest.mark.parametrize(
    ("counts", "secret"),
    [
        # Few are contacted at all: neither they nor what they cost.
        ({"treated": 4, "control": 40, "explore": 0, "holdout": 25, "none": 500}, {4, 8.0, 20.0, 500}),
        # Few are left alone: neither in a table nor below it.
        ({"treated": 300, "control": 4, "explore": 0, "holdout": 25, "none": 500}, {4, 304, 500}),
    ],
)
def test_an_arm_of_few_is_told_nowhere(run, counts, secret):
    contacted = counts["treated"] + counts["explore"]
    changes = {"expected_cost": 2.0 * contacted, "expected_saved_value": 5.0 * contacted}
    actions = [action("call", contacted, counts["control"])]
    told_of, pictures = chapter(run, arms=counts, actions=actions, strata=[], balance=[], **changes)
    assert not told_numbers(told_of) & secret
    assert ("budget" in told_of) == bool(pictures) == (contacted >= 10)
    assert dict(told_of["decisions"].rows)["not_selected_channel_full"] is None
    for locale, dash in (("en", "– customers are contacted"), ("fr", "– clients")):
        assert (dash in words_of(told_of["actions"], locale)) == (contacted < 10)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "from 25.0% to 22.0%, by 3.00 points; only a fall of 5.67 points shows"),
        ({}, "would take 18,020 customers, 1,802 of them as control"),
        ({"enough": True, "detectable": 0.02}, "from 2.00 points on it shows, so this will"),
        ({"needed": None}, "so nothing will be proven"),
        ({"detectable": None}, "there are too few customers treated or left alone"),
    ],
)
def test_the_size_check_in_words(run, changes, said):
    told_of, _ = chapter(run, size_check={**SIZE, **changes})
    assert said in words_of(told_of["size"])


def test_balance_and_odd_strata(run):
    told_of, _ = chapter(run)
    assert told_of["means"].rows == (("arm_treated", 40.0), ("arm_control", 41.0))
    assert told_of["balance"].rows == (("intensity", -0.05, "balance_luck"),)
    assert told_of["strata"].rows == (("retain", "band_high", 100, 30, 10.0),)
    even, _ = chapter(run, strata=[{**row, "odd": False} for row in facts()["strata"]], balance=[])
    assert not even["strata"].rows
    assert "in none of 2 groups" in words_of(even["strata"])
    assert "balance" not in even


def test_the_budget_and_its_curve(run):
    told_of, pictures = chapter(run)
    assert list(pictures) == ["budget"]
    assert "All that would pay costs more than the budget of 250" in words_of(told_of["budget"])
    enough, other = chapter(run, budget=400.0)
    assert "would pay for everybody thought of" in words_of(enough["budget"])
    assert other["budget"].svg != pictures["budget"].svg
    assert "No budget was set" in words_of(chapter(run, budget=None)[0]["budget"])
    few, none = chapter(run, curve=[{"size": size, "cost": 1.0, "saved": 2.0} for size in (0, 6, 12)])
    assert "budget" not in few
    assert none == {}


def test_who_is_kept_off_and_why(run):
    counts = {
        "first_reason": {"objection": 26, "no_consent": 512},
        "any_reason": {"objection": 26, "no_consent": 520, "open_complaint": 7},
    }
    told_of, _ = chapter(run, counts)
    assert told_of["kept_off"].rows == (
        ("kept_off_objection", 26, None), ("kept_off_no_consent", 512, 520),
        ("kept_off_open_complaint", 0, None),
    )  # fmt: skip
    assert "538 customers were kept off" in words_of(told_of["kept_off"])
    assert "kept_off" not in chapter(run)[0]


def test_every_code_has_a_word_in_both_languages():
    codes = [f"kept_off_{name}" for name in REASONS] + [f"decision_{name}" for name in DECISIONS]
    codes += [f"not_selected_{name}" for name in OUTCOMES if name]
    codes += [f"arm_{name}{end}" for name in arms.ARMS for end in ("", "_said")]
    from churnlab.explain.wording import words

    for locale in ("en", "fr"):
        assert not [code for code in codes if code not in words(locale)]


def test_every_sentence_fills_in_both_languages(run):
    told_of, _ = chapter(run, {"first_reason": {"minor": 30}, "any_reason": {"minor": 30}})
    for exhibit in told_of.values():
        for locale in ("en", "fr"):
            assert "{" not in words_of(exhibit, locale)
