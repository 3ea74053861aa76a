"""Shorter horizons beside the horizon: what may be asked, what it means, and that silence changes nothing."""

from datetime import date

import pytest
from pydantic import ValidationError

import shops
from churnlab import config
from churnlab.config.churn import AdaptiveRule, Churn, ContractRule
from churnlab.errors import ConfigError
from churnlab.workflow import terms

OWN = {"horizon": "adaptive", "adaptive": AdaptiveRule(population_gap_days=30)}
REFUSED = {
    "as long": ({"also_days": (30, 90)}, r"must be shorter than horizon_days \(90\), and 90 is not"),
    "longer": ({"also_days": (120,)}, r"must be shorter than horizon_days \(90\), and 120 is not"),
    "falling": ({"also_days": (60, 30)}, r"must be rising whole numbers of days.*not \[60, 30\]"),
    "twice": ({"also_days": (30, 30)}, r"must be rising whole numbers of days"),
    "nothing": ({"also_days": (0, 30)}, r"must be rising whole numbers of days"),
    "own horizons": ({"also_days": (30,), **OWN}, "needs one horizon for all, and horizon is adaptive"),
}


@pytest.mark.parametrize(("asked", "words"), REFUSED.values(), ids=REFUSED)
def test_horizons_that_cannot_be_meant_are_refused(asked, words):
    with pytest.raises(ValidationError, match=words):
        Churn(horizon_days=90, **asked)


def test_a_table_of_people_with_a_label_has_one_horizon(tmp_path):
    (tmp_path / "shop.yaml").write_text(shops.supplied(), encoding="utf-8")
    with pytest.raises(ConfigError, match="a snapshot table supplies one label only"):
        config.load(tmp_path / "shop.yaml", ["churn.also_days=[30]"])


def test_a_part_of_the_window_is_answered_as_late_as_the_whole():
    # 7 + 90 + 30 + 20 days until all is known: of the first 30 days, too.
    rule = ContractRule(grace_days=30)
    whole = Churn(
        kind="contractual", horizon_days=90, gap_days=7, settlement_days=20, contract=rule, also_days=(30, 60)
    )
    first = whole.within(30)
    assert (first.horizon_days, first.gap_days, first.also_days) == (30, 7, ())
    assert first.tail_days == whole.tail_days == 147


def test_what_nobody_asks_for_is_in_no_fingerprint():
    plain = Churn(horizon_days=90)
    assert "also_days" not in plain.meaning()
    assert Churn(horizon_days=90, also_days=(30, 60)).meaning() == plain.meaning() | {"also_days": [30, 60]}


def test_horizons_that_were_not_learned_are_another_question_for_lists_but_not_for_the_gate(tmp_path):
    text = shops.CONFIG + "churn: {horizon_days: 90, also_days: [30, 60]}\n"
    (tmp_path / "shop.yaml").write_text(text, encoding="utf-8")
    asked = config.load(tmp_path / "shop.yaml")
    trained = terms.of(asked)
    fewer, none, other = (
        config.load(tmp_path / "shop.yaml", [f"churn.also_days={days}"])
        for days in ("[30]", "[]", "[30, 45]")
    )
    for learned in (asked, fewer, none):
        assert terms.differences(learned, trained) == []
    assert terms.differences(other, trained) == ["churn.also_days: trained [30, 60], now [30, 45]"]
    assert terms.differences(fewer, terms.of(none)) == ["churn.also_days: trained None, now [30]"]
    assert terms.differences(other, trained, added=True) == []
    assert asked.sources.transactions[0].complete_until == date(2025, 5, 1)
