"""Pictures of money: the same bytes twice, figures in their words, in both languages."""

import pytest

from churnlab.explain import money_pictures

ROWS = [
    {"strategy": name, "value_if_retained": value, "value_at_stake": value / 2, "expected_loss": value / 10}
    for name, value in (("retain", 12_000.0), ("release", 300.0))
]
CURVE = [
    {"size": size, "cost": 2.0 * size, "saved": saved}
    for size, saved in ((0, 0.0), (50, 400.0), (100, 500.0))
]


def drawn(locale):
    return (
        money_pictures.by_strategy(ROWS, "EUR", locale),
        money_pictures.lorenz([(0.0, 0.0), (0.5, 0.1), (1.0, 1.0)], 0.4, 0.62, locale),
        money_pictures.budget(CURVE, (70, 380.0), 150.0, "EUR", locale),
    )


@pytest.mark.parametrize("locale", ["en", "fr"])
def test_the_same_figures_give_the_same_bytes(locale):
    assert drawn(locale) == drawn(locale)
    assert [each.name for each in drawn(locale)] == ["money", "lorenz", "budget"]


def test_the_figures_are_said_in_words():
    strategies, lorenz, budget = (each.alt for each in drawn("en"))
    assert "Retain: value if kept 12,000, expected loss 1,200; Release: value if kept 300" in strategies
    assert "Gini 0.40. The best 20% of customers hold 62%" in lorenz
    assert "all 100 customers thought of are expected to save 500 and to cost 200" in budget
    assert "contacts 70" in budget
    assert "Gini 0,40" in drawn("fr")[1].alt


def test_where_the_budget_ends_is_drawn_only_where_it_does():
    short, enough, none = (
        money_pictures.budget(CURVE, (70, 380.0), limit, "EUR").svg for limit in (150.0, 200.0, None)
    )
    assert enough == none
    assert short != enough
    assert money_pictures.reach([0, 50, 100], [0.0, 100.0, 200.0], 150.0) == 75
