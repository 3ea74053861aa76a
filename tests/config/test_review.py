"""What a report says of a model's use: texts of one line, neither empty nor endless."""

import pytest

from churnlab import config
from churnlab.errors import ConfigError

SHOP = {
    "project": "shop",
    "time_zone": "UTC",
    "sources": {
        "transactions": [
            {
                "name": "orders",
                "frame": "orders",
                "times": {"format": "native", "zone": "UTC"},
                "columns": {"customer_id": "who", "time": "at", "amount": "amount"},
            }
        ]
    },
    "churn": {"horizon_days": 60},
}


def review(**given):
    return config.from_mapping({**SHOP, "review": given}).review


def test_left_out_there_is_nothing_of_ones_own():
    found = config.from_mapping(SHOP).review
    assert (found.purpose, found.limits, found.refused_uses) == (None, (), None)


def test_texts_are_one_line_each():
    found = review(purpose="Whom to\n  call", limits=[" no  shops "], refused_uses=["credit"])
    assert found.purpose == "Whom to call"
    assert found.limits == ("no shops",)
    assert found.refused_uses == ("credit",)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"purpose": "  "}, r"review\.purpose: a text here has 1 to 1,000 characters, not 0"),
        ({"limits": ["fine", "x" * 1_001]}, r"review\.limits: a text here has .* not 1,001"),
        ({"refused_uses": [""]}, r"review\.refused_uses: a text here has .* not 0"),
        ({"refused_uses": "credit"}, r"review\.refused_uses: must be a list .*write \[credit\]"),
        ({"purpos": "x"}, r"review\.purpos: unknown key; did you mean 'purpose'"),
    ],
)
def test_what_cannot_be_shown_is_refused_by_its_place(given, told):
    with pytest.raises(ConfigError, match=told):
        review(**given)
