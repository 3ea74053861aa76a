"""Each family on a customer small enough to count on one's fingers."""

import math

import numpy as np
import pytest

from churnlab.config import FeaturePlan
from churnlab.features.catalogue import FAMILIES
from pasts import DAY, past, values

NOW = 1_000 * DAY  # 1972-09-27, a Wednesday, at midnight
HOUR = DAY // 24
NAN = float("nan")


def ago(days, **columns):
    return {"customer": 0, "time": NOW - int(days * DAY), **columns}


def made(family, plan=None, **tables):
    """{feature: value} of one customer, seen once."""
    every = values(FAMILIES[family], past([(0, NOW)], plan=plan, **tables))
    return {name: one[0] for name, one in every.items()}


# Orders 100, 60, 10 days ago: gaps of 40 and 50 days, silent for 10.
ORDERS = [ago(days, amount=500 * days) for days in (100, 60, 10)]


def test_recency():
    row = made("recency", transactions=ORDERS)
    assert row["days_since_last_order"] == 10
    assert (row["days_since_order_2"], row["days_since_order_3"]) == (60, 100)
    assert math.isnan(row["days_since_order_5"])
    # Two gaps, median 45, and a prior of 60 that counts as three: (2 x 45 + 3 x 60) / 5 = 54 days.
    assert row["silence_ratio"] == pytest.approx(10 / 54)
    assert row["silence_to_mean_gap"] == pytest.approx(10 / 45)
    assert row["silence_to_longest_gap"] == pytest.approx(10 / 50)
    # The gaps lie 5 days off their mean: (10 - 45) / (5 + 1).
    assert row["silence_deviation"] == pytest.approx(-35 / 6)
    assert row["missed_orders"] == pytest.approx(10 * 3 / 100)


def test_recency_of_a_single_order():
    row = made("recency", transactions=[ago(30, amount=1)])
    assert row["silence_ratio"] == pytest.approx(30 / 60), "only the prior is known"
    assert math.isnan(row["silence_to_mean_gap"])
    assert row["missed_orders"] == 1


def test_a_refund_is_not_an_order():
    row = made("recency", transactions=[ago(30, amount=500), ago(2, amount=-100)])
    assert row["days_since_last_order"] == 30


def test_frequency():
    row = made("frequency", transactions=[*ORDERS, ago(10, amount=5), ago(3.5, amount=5)])
    assert [row[f"orders_{days}d"] for days in (7, 30, 90, 180, 365)] == [1, 3, 4, 5, 5]
    assert row["active_days_30d"] == 2, "two orders of one day are one day"
    # 1972-09-23, 09-17 (twice), 07-29 and 06-19: three months.
    assert row["active_months_365d"] == 3
    # Weeks before the snapshot: [0, 7), [7, 14) and [56, 63) hold orders; 100 days are more than twelve.
    assert row["active_weeks_84d"] == 3
    # Ages 3.5 (1), 10 twice (1/2 each), 60 (56 to 112: 1/16) and 100 (1/16).
    assert row["orders_recent_weighted"] == 1 + 2 / 2 + 2 / 16


def test_monetary():
    lines = [
        ago(40, order_id="a", amount=3_000, discount=1_000, quantity=2.0, margin=900),
        ago(40, order_id="a", amount=1_000, discount=0, quantity=1.0, margin=300),
        ago(20, order_id="b", amount=2_000, discount=0, quantity=1.0, margin=500),
        ago(5, order_id="c", amount=-500, discount=0, quantity=-1.0, margin=-100),
    ]
    row = made("monetary", transactions=lines)
    assert (row["spend_7d"], row["spend_30d"], row["spend_90d"]) == (-500, 1_500, 5_500)
    assert (row["average_order_30d"], row["average_order_90d"]) == (2_000, 3_000)
    assert (row["first_order_value"], row["last_order_value"], row["largest_order_365d"]) == (
        4_000,
        2_000,
        4_000,
    )
    assert row["last_order_to_average"] == pytest.approx(2_000 / 3_000)
    assert row["order_value_spread_365d"] == pytest.approx(1_000 / 3_000)
    assert (row["lines_per_order_90d"], row["items_per_order_90d"]) == (1.5, 2)
    assert row["price_per_item_90d"] == 6_000 / 4
    assert row["discount_share_90d"] == pytest.approx(1_000 / 7_000)
    assert (row["margin_30d"], row["margin_90d"]) == (400, 1_600)
    assert (row["refunds_365d"], row["refund_share_365d"]) == (1, pytest.approx(500 / 6_000))


def test_an_order_given_back_whole_never_was():
    lines = [
        ago(40, order_id="a", amount=900),
        ago(20, order_id="b", amount=400),
        ago(5, order_id="b", amount=-400),
    ]
    row = made("monetary", transactions=lines)
    assert (row["spend_30d"], row["refunds_365d"], row["last_order_value"]) == (0, 0, 900)
    assert made("recency", transactions=lines)["days_since_last_order"] == 40


def test_rhythm():
    row = made("rhythm", transactions=[*ORDERS, ago(8, amount=1)])  # gaps of 40, 50 and 2 days
    assert row["gaps"] == 3
    assert [row[f"gap_{kind}"] for kind in ("median", "longest", "last")] == [40, 50, 2]
    mean = 92 / 3
    spread = math.sqrt(((40 - mean) ** 2 + (50 - mean) ** 2 + (2 - mean) ** 2) / 3)
    assert row["gap_mean"] == pytest.approx(mean)
    assert row["gap_spread"] == pytest.approx(spread)
    assert row["gap_variation"] == pytest.approx(spread / mean)
    assert row["gap_last_to_mean"] == pytest.approx(2 / mean)
    assert row["gap_longest_90d"] == 50, "the orders 60, 10 and 8 days ago"


def test_rhythm_of_the_latest_intervals():
    # Six intervals of 30 days, then four of 3 days: the last five are 30, 3, 3, 3, 3.
    days = [12 + 30 * step for step in range(6, -1, -1)] + [9, 6, 3, 0.5]
    row = made("rhythm", transactions=[ago(one, amount=1) for one in days])
    assert row["gap_mean_last_5"] == pytest.approx((30 + 3 + 3 + 3 + 2.5) / 5)
    assert row["gap_stretch"] == pytest.approx(row["gap_mean_last_5"] / (191.5 / 10))


def test_trend():
    orders = [ago(days, amount=amount) for days, amount in ((200, 50), (50, 100), (40, 300), (20, 600))]
    row = made("trend", transactions=orders)
    assert row["orders_trend_30d"] == pytest.approx(math.log(2 / 3)), "one now, two before"
    assert row["orders_trend_7d"] == 0, "nothing is as nothing was"
    assert row["spend_now_share_30d"] == pytest.approx(600 / 1_000)
    assert math.isnan(row["spend_now_share_7d"])
    assert row["average_order_change_30d"] == pytest.approx(600 / 200)
    # One order in 30 days, against four in the 200 days of the relationship.
    assert row["pace_30d"] == pytest.approx((1 / 30) / (4 / 200))


def test_breadth():
    lines = [
        ago(50, amount=1, product="pen", category="office", store="north"),
        ago(20, amount=1, product="pen", category="office", store="north"),
        ago(20, amount=1, product="lamp", category="home", store="north"),
        ago(3, amount=1, product="pen", category=None, store="south"),
        ago(2, amount=-1, product="cup", category="home", store="west"),  # given back, not bought
    ]
    row = made("breadth", transactions=lines)
    assert (row["products_30d"], row["products_90d"], row["categories_30d"], row["stores_30d"]) == (
        2,
        2,
        2,
        2,
    )
    assert "families_30d" not in row
    assert row["new_products_90d"] == 2
    assert row["repeat_share_90d"] == pytest.approx(2 / 4), "two of four lines repeat the pen"
    row = made("breadth", FeaturePlan(windows=(30,)), transactions=lines)
    assert (row["new_products_30d"], row["new_stores_30d"]) == (1, 1), "the lamp, the south"
    assert row["categories_trend_30d"] == pytest.approx(math.log(3 / 2))


CONTACTS = [
    ago(100, type="mailing", direction="outbound", campaign="spring"),
    ago(80, type="mailing", direction="outbound", campaign="summer"),
    ago(70, type="coupon", direction="inbound", campaign="summer"),
    ago(60, type="mailing", direction="outbound", campaign="summer"),
    ago(6, type="complaint", direction="inbound", campaign=None),
]


def test_engagement():
    row = made("engagement", FeaturePlan(engagement_types=("coupon",)), interactions=CONTACTS)
    assert (row["contacts_7d"], row["contacts_90d"], row["contacts_ever"]) == (1, 2, 2)
    assert row["days_since_last_contact"] == 6
    assert (row["contact_types_365d"], row["contact_months_365d"]) == (2, 2)
    assert (row["coupon_30d"], row["coupon_90d"], row["days_since_last_coupon"]) == (0, 1, 70)
    assert (row["answers_per_message_90d"], row["answers_per_message_365d"]) == (2 / 2, pytest.approx(2 / 3))
    assert row["campaigns_answered_365d"] == 1


def test_engagement_without_directions_counts_every_contact():
    contacts = [{key: value for key, value in row.items() if key != "direction"} for row in CONTACTS]
    row = made("engagement", interactions=contacts)
    assert row["contacts_ever"] == 5
    assert "answers_per_message_90d" not in row
    assert "messages_7d" not in made("pressure", interactions=contacts)


def test_scores():
    contacts = [
        ago(days, type="survey", score=score) for days, score in ((400, 1.0), (90, 2.0), (30, 4.0), (5, None))
    ]
    row = made("engagement", interactions=contacts)
    assert (row["last_score"], row["average_score_365d"]) == (4, 3)


def test_service():
    calls = [
        ago(90, type="complaint", resolved_at=NOW - 80 * DAY),
        ago(20, type="ticket", resolved_at=NOW),  # settled at the snapshot: still open then
        ago(4, type="complaint", resolved_at=None),
        ago(2, type="chat", resolved_at=None),
    ]
    row = made("service", interactions=calls)
    assert (row["requests_30d"], row["requests_90d"], row["days_since_last_request"]) == (2, 3, 4)
    assert (row["open_requests"], row["resolved_requests"]) == (2, 1)
    assert made("service", FeaturePlan(service_types=()), interactions=calls) == {}


def test_pressure():
    sent = [
        ago(50, campaign="spring", arm="treated"),
        ago(20, campaign="summer", arm="treated"),
        ago(20, campaign="summer", arm="control"),
        ago(2, campaign="autumn", arm="control"),
    ]
    row = made("pressure", interactions=CONTACTS, campaigns=sent, transactions=ORDERS)
    assert (row["messages_7d"], row["messages_90d"], row["messages_180d"]) == (0, 2, 3)
    assert (row["days_since_last_message"], row["message_campaigns_365d"]) == (60, 2)
    assert row["messages_per_order_90d"] == 2 / 2
    assert (row["campaign_contacts_30d"], row["campaign_contacts_90d"]) == (1, 2), "controls are left alone"
    assert (row["campaigns_365d"], row["days_since_last_campaign"]) == (2, 20)


def test_contract():
    contracts = [
        ago(800, type="basic", amount=900, end=NOW - 400 * DAY),
        ago(400, type="full", amount=1_200, end=NOW + 30 * DAY),  # an end to come is not known yet
    ]
    row = made("contract", contracts=contracts)
    assert (row["contracts_ever"], row["renewals"], row["active_contracts"]) == (2, 1, 1)
    assert (row["contract_tenure_days"], row["days_since_contract_start"]) == (800, 400)
    assert row["days_since_contract_end"] == 400
    assert (row["contract_amount"], row["contract_type"], row["contracts_365d"]) == (1_200, "full", 0)


def test_tenure():
    row = made("tenure", transactions=ORDERS)
    assert (row["tenure_days"], row["active_span_days"], row["silence_share"]) == (100, 90, 0.1)
    assert row["orders_per_month"] == pytest.approx(3 / (100 / 30.4375))
    assert row["spend_per_month"] == pytest.approx(85_000 / (100 / 30.4375))
    # June, July and September, of the 100 / 30.4375 months and the one that a tenure touches besides.
    assert row["active_month_share"] == pytest.approx(3 / (100 / 30.4375 + 1))


def test_the_pace_of_a_new_customer_is_that_of_a_month():
    row = made("tenure", transactions=[ago(0.01, amount=700)])
    assert (row["orders_per_month"], row["spend_per_month"]) == (1, 700)


def test_season():
    # Saturday 1972-09-23 noon, Sunday 20:00, Monday 18:00, Tuesday 17:59.
    hours = [3.5 * 24, 2 * 24 + 4, 30, 6 + 1 / 60]
    row = made("season", transactions=[ago(hour / 24, amount=1) for hour in hours])
    assert row["weekend_share_365d"] == 2 / 4
    assert row["evening_share_365d"] == 2 / 4
    # September is eight months after January: 240 degrees.
    assert row["month_sine"] == pytest.approx(-math.sqrt(3) / 2)
    assert row["month_cosine"] == pytest.approx(-1 / 2)
    assert math.isnan(row["orders_same_season_last_year"]), "there was no relationship a year ago"


def test_the_same_season_last_year():
    orders = [ago(days, amount=1) for days in (500, 365, 300, 275, 274)]
    # [365, 275) days ago, the end excluded: 365, 300; 275 is where the season of 90 days ends.
    assert made("season", transactions=orders)["orders_same_season_last_year"] == 2


def test_profile():
    rows = [
        {"customer": 0, "valid_from": 0, "city": "Lille", "age": 31, "joined_at": NOW - 50 * DAY},
        {"customer": 0, "valid_from": NOW, "city": "Lyon", "age": 64, "joined_at": NOW - 50 * DAY},
    ]
    kinds = {"city": "category", "age": "number"}
    history = past([(0, NOW), (1, NOW)], attributes=rows, kinds=kinds, transactions=ORDERS)
    assert values(FAMILIES["profile"], history)["city"] == ["Lille", None]
    np.testing.assert_array_equal(values(FAMILIES["profile"], history)["age"], [31, NAN])
    np.testing.assert_array_equal(values(FAMILIES["tenure"], history)["days_since_joining"], [50, NAN])


@pytest.mark.parametrize("family", [name for name in FAMILIES if name != "profile"])
def test_a_family_says_nothing_where_its_table_is_absent(family):
    only = {"campaigns": [ago(1, campaign="spring")]} if family != "pressure" else {"transactions": ORDERS}
    assert made(family, **only) == {}


@pytest.mark.parametrize("family", FAMILIES)
def test_nobody_is_asked_about(family):
    history = past([], transactions=ORDERS, interactions=CONTACTS, campaigns=[ago(2, campaign="a")])
    assert all(one == [] for one in values(FAMILIES[family], history).values())


def test_without_amounts_every_line_counts_and_money_is_not_spoken_of():
    lines = [ago(days, product="pen") for days in (50, 20)]
    assert made("recency", transactions=lines)["days_since_last_order"] == 20
    assert made("breadth", transactions=lines)["products_90d"] == 1
    assert made("monetary", transactions=lines) == {}
    assert not [
        name
        for name in {**made("trend", transactions=lines), **made("tenure", transactions=lines)}
        if "spend" in name
    ]
