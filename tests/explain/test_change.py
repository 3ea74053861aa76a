"""What would change a place: the cuts by hand, and only behaviour that somebody can work on."""

from dataclasses import replace

import numpy as np

from churnlab.explain.change import Cut, levers
from churnlab.features.feature import Description
from churnlab.features.sentences import said
from told import FEATURES, REFERENCE, panel

ROW = panel([[74, 80, 0, 1]])
READ = frozenset(feature.name for feature in FEATURES)


def risk(row):
    """Silence raises it by a hundredth a day, an order in 90 days lowers it by a tenth, a club by half."""
    silence, orders = row.number("days_since_last_order"), row.number("orders_90d")
    return silence / 100 - orders / 10 - (row.categories["club"] == "yes") / 2


def test_equal_to_the_cut_is_high():
    assert Cut("value", 700.0, 700.0, "rationalise").is_high
    assert not Cut("value", 699.99, 700.0, "retain").is_high


def test_by_hand():
    found = levers(ROW, REFERENCE | {"orders_90d": 3.0}, READ, risk)
    assert [(lever.code, lever.text, lever.own) for lever in found] == [
        ("silence", "last order 21 days ago", "74 days"),
        ("orders", "3 orders in the last 90 days", "1 order"),
        ("spend", "€1,234 spent in the last 90 days", "€80.00"),
    ]
    np.testing.assert_allclose(
        [lever.risk for lever in found], [0.21 - 0.1, 0.74 - 0.3, 0.74 - 0.1], atol=1e-6
    )
    assert ROW.numbers.tolist() == [[74, 80, 0, 1]]  # the row itself stays


def test_who_somebody_is_is_never_offered():
    # Neither attribute is a lever, although the model reads both and the club would change the risk most.
    found = levers(ROW, REFERENCE, READ, risk)
    assert {lever.code for lever in found} <= {"silence", "orders", "spend"}
    assert not [lever for lever in found if "club" in lever.text or "gender" in lever.text]


def test_what_the_model_does_not_read_is_not_offered():
    assert [one.code for one in levers(ROW, REFERENCE, frozenset({"spend_90d"}), risk)] == ["spend"]


def test_what_is_usual_already_is_not_offered():
    usual = panel([[21, 80, 2, 1]])
    assert [one.code for one in levers(usual, REFERENCE, READ, risk)] == ["spend"]


def test_a_shorter_silence_ends_the_span_later_and_a_lifetime_stays():
    def one(name, family):
        return Description(
            name, family, "number", "days", name, "economic", None, **said("{value}", "{value}")
        )

    features = (
        FEATURES[0], one("tenure_days", "tenure"), one("active_span_days", "tenure"),
        one("orders_ever", "frequency"), *FEATURES[4:],
    )  # fmt: skip
    seen = []

    def asked(row):
        seen.append(row.numbers[0].tolist())
        return np.zeros(1)

    usual = {
        "days_since_last_order": 21.0,
        "tenure_days": 300.0,
        "active_span_days": 200.0,
        "orders_ever": 9.0,
    }
    row = replace(panel([[74, 100, 26, 2]]), features=features)
    levers(row, usual, frozenset(usual), asked)
    assert seen == [[21, 100, 79, 2]]
    levers(replace(row, numbers=np.array([[74, 10, 0, 2]], np.float32)), usual, frozenset(usual), asked)
    assert seen[1] == [21, 10, 0, 2]


def test_in_french():
    found = levers(ROW, REFERENCE, READ, risk, locale="fr")
    assert (found[0].text, found[0].own) == ("dernière commande il y a 21 jours", "74 jours")
