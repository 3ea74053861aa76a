"""What a report says of the label: each kind of churn has a sentence of its own, in both languages."""

from types import SimpleNamespace

import pytest

from churnlab.config.churn import AdaptiveRule, Churn, ContractRule
from churnlab.explain.wording import words
from churnlab.workflow import evidence

KINDS = {
    "no order in the 90 days": Churn(horizon_days=90, gap_days=7),
    "begins no other within 30 days": Churn(
        kind="contractual", horizon_days=90, contract=ContractRule(grace_days=30)
    ),
    "customers who were lost already": Churn(kind="win_back", horizon_days=90),
    "own rhythm, 90 days at most": Churn(
        horizon="adaptive", horizon_days=90, adaptive=AdaptiveRule(population_gap_days=30)
    ),
    "brings less than 70% of that in the 90 days": Churn(kind="partial", horizon_days=90, decline=0.3),
}


@pytest.mark.parametrize(("said", "churn"), KINDS.items(), ids=KINDS)
def test_a_kind_is_told_in_its_own_words(said, churn):
    opening = SimpleNamespace(project=SimpleNamespace(churn=churn), has_histories=True)
    rule = evidence._churn_rule(opening)
    spans = {"horizon": rule["horizon_days"], "gap": rule["gap_days"], "settlement": rule["settlement_days"]}
    told = {
        locale: words(locale)[rule.get("wording", "churn_rule")].format(
            **spans, grace=rule.get("grace_days"), kept=rule.get("kept")
        )
        for locale in ("en", "fr")
    }
    assert said in told["en"]
    assert "90 jours" in told["fr"]
