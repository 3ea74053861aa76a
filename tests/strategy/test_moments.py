"""Critical moments: each at its edges, due dates, which comes first, and an oracle customer by customer."""

import datetime as dt
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from churnlab.config import FeaturePlan
from churnlab.config.lifecycle import Lifecycle, MomentRules
from churnlab.strategy.moment_measures import NAMES, complaint_since, measures
from churnlab.strategy.moments import Known, Moment, moments
from churnlab.strategy.repeats import Repeat
from churnlab.testing import DAY, worlds
from laws import assert_same, with_a_future
from pasts import past

RULES, LIMITS = MomentRules(), Lifecycle()
TODAY = dt.date(2024, 10, 4)  # 20,000 days since 1970
AS_OF = 20_000 * DAY
G_POP = 60.0
NOBODY = dict.fromkeys(NAMES, np.nan) | {
    "complaints_waiting": 0, "purchases": 11, "gap_count": 10, "own_gap_median": 60,
    "days_since_purchase": 10,
}  # fmt: skip
KNOWN = Known(G_POP, Repeat(due=40.0, late=90.0))


def found(person, phase="saturation", rules=RULES, known=KNOWN, day=20_000):
    """(first, its due date, all) of one customer."""
    table = {name: np.array([float(value)]) for name, value in {**NOBODY, **person}.items()}
    code = np.array([phase], dtype=object)
    made = moments(table, code, np.array([day]), rules, LIMITS, known)
    return made.primary[0], made.due[0].item(), made.codes[0]


def first(person, **how):
    return found(person, **how)[0]


def in_days(days):
    return TODAY + dt.timedelta(days=days)


def test_nothing_calls_for_attention():
    assert found({}) == (None, None, None)


def test_the_examples_of_the_definitions():
    # Amel x 1.5; Bruno x 3.2; Denis has two purchases, and is lost.
    assert found({"days_since_purchase": 90}) == ("rhythm_slip", in_days(150), "rhythm_slip")  # 4 x 60 - 90
    assert (
        first({"purchases": 9, "gap_count": 8, "days_since_purchase": 192}, phase="decline") == "rhythm_slip"
    )
    denis = {"purchases": 2, "gap_count": 1, "own_gap_median": 0, "days_since_purchase": 202.5}
    assert first(denis, phase="lost") is None


def test_a_rhythm_slips_between_its_edges():
    for days, slips in ((89.9, False), (90, True), (239.9, True), (240, False)):
        assert (first({"days_since_purchase": days}) == "rhythm_slip") == slips
    assert first({"days_since_purchase": 100, "purchases": 2}) is None, "two purchases are no rhythm"
    assert first({"days_since_purchase": 100, "purchases": 3}) == "rhythm_slip"


def test_a_second_purchase_is_due_then_late():
    once = {"purchases": 1, "gap_count": 0, "own_gap_median": np.nan}
    expected = {39.9: None, 40: "first_repeat_due", 90: "first_repeat_due", 90.1: "first_repeat_late"}
    for days, code in expected.items():
        assert first({**once, "days_since_purchase": days}) == code
    assert found({**once, "days_since_purchase": 50})[1] == in_days(40)
    assert found({**once, "days_since_purchase": 120})[1] == TODAY
    assert first({**once, "days_since_purchase": 500}, phase="lost") is None
    half = Known(G_POP, Repeat(due=40.0, late=None))
    assert first({**once, "days_since_purchase": 900}, known=half) == "first_repeat_due"
    assert first({**once, "days_since_purchase": 900}, known=Known(G_POP)) is None, "nobody came back"


def test_a_drop_in_value():
    # 600 before and 359 now: less than 60 %, and 241 less. In minor units.
    assert found({"value_before": 60_000, "value_recent": 35_900})[:2] == ("value_drop", in_days(90))
    assert first({"value_before": 60_000, "value_recent": 36_000}) is None, "60 % is no drop"
    assert first({"value_before": 60_000, "value_recent": 35_900}, known=Known(G_POP, season=0.9)) is None
    assert (
        first({"value_before": 60_000, "value_recent": 46_700}, known=Known(G_POP, season=1.3))
        == "value_drop"
    )
    assert first({"value_before": 4_000, "value_recent": 1_500}) == "value_drop", "25 less is enough"
    assert first({"value_before": 4_000, "value_recent": 1_501}) is None
    assert first({"value_before": 40, "value_recent": 15}, known=Known(G_POP, exponent=0)) == "value_drop"
    assert first({"value_before": -5_000, "value_recent": -9_000}) is None


def test_an_anniversary_comes_every_year():
    born = (dt.date(2021, 10, 10) - dt.date(1970, 1, 1)).days
    assert found({"first_day": born})[:2] == ("anniversary", dt.date(2024, 10, 10))
    assert first({"first_day": born + 8}) is None, "14 days ahead is not within 14 days"
    assert first({"first_day": born + 7}) == "anniversary"
    assert found({"first_day": born - 6})[:2] == ("anniversary", TODAY)
    assert first({"first_day": born - 7}) is None, "over for this year"
    assert first({"first_day": 20_000 - 20}) is None
    assert first({"first_day": 20_000}) is None, "the day itself is no anniversary"
    assert first({"first_day": born}, rules=MomentRules(anniversary_days=0)) is None
    leap, winter = (dt.date(2020, 2, 29) - dt.date(1970, 1, 1)).days, dt.date(2025, 2, 25)
    day = (winter - dt.date(1970, 1, 1)).days
    assert found({"first_day": leap}, day=day)[:2] == ("anniversary", dt.date(2025, 3, 1))
    turn = (dt.date(2024, 12, 28) - dt.date(1970, 1, 1)).days
    new_year = (dt.date(2020, 1, 3) - dt.date(1970, 1, 1)).days
    assert found({"first_day": new_year}, day=turn)[1] == dt.date(2025, 1, 3)


def test_events_of_the_last_month_last_a_month():
    for code in ("price_rise", "service_failure", "payment_failed", "opt_out"):
        assert found({f"days_since_{code}": 4.5})[:2] == (code, in_days(25))


def test_ends_are_due_on_their_day():
    assert found({"contract_end_in": 45.2})[:2] == ("contract_end", in_days(45))
    assert found({"promo_end_in": 31.0})[:2] == ("promo_end", in_days(31))


def test_the_gravest_comes_first_then_the_soonest_then_by_code():
    slip = {"days_since_purchase": 100}  # due in 140 days
    assert first({**slip, "complaints_waiting": 1}) == "complaint_open"
    assert first({**slip, "contract_end_in": 59.0}) == "contract_end"
    assert first({"complaints_waiting": 1, "contract_end_in": 30.0}) == "complaint_open", "at once"
    assert first({**slip, "value_before": 60_000, "value_recent": 0}) == "value_drop", "90 days are sooner"
    assert first({"days_since_payment_failed": 3, "days_since_price_rise": 3}) == "payment_failed"
    assert first({"days_since_payment_failed": 3, "days_since_price_rise": 9}) == "price_rise"
    assert first({**slip, "days_since_opt_out": 29}) == "rhythm_slip", "lighter, if sooner"
    both = found({**slip, "complaints_waiting": 1, "days_since_opt_out": 1})
    assert both[2] == "complaint_open+rhythm_slip+opt_out"


def test_severities_and_labels():
    assert [each.severity for each in Moment] == [3] * 3 + [2] * 7 + [1] * 2
    for severity in (1, 2, 3):
        codes = [str(each) for each in Moment if each.severity == severity]
        assert codes == sorted(codes)
    assert all(each.label("fr") and each.label("en") for each in Moment)


drawn = st.fixed_dictionaries(
    {
        "purchases": st.sampled_from((1, 2, 3, 9)),
        "days_since_purchase": st.sampled_from((10.0, 50.0, 95.0, 130.0, 300.0)),
        "complaints_waiting": st.integers(0, 1),
        "value_before": st.sampled_from((np.nan, 0, 60_000)),
        "value_recent": st.sampled_from((0, 30_000, 90_000)),
        "contract_end_in": st.sampled_from((np.nan, 30.0, 45.0)),
        "promo_end_in": st.sampled_from((np.nan, 30.0)),
        "days_since_price_rise": st.sampled_from((np.nan, 1.0, 5.0)),
        "days_since_payment_failed": st.sampled_from((np.nan, 1.0)),
        "days_since_opt_out": st.sampled_from((np.nan, 1.0)),
        "first_day": st.sampled_from((np.nan, 20_000 - 365, 100.0)),
    }
)


@given(st.lists(drawn, min_size=1, max_size=6))
def test_the_first_is_chosen_as_a_person_would(everyone):
    tables = [{**NOBODY, **person} for person in everyone]
    table = {name: np.array([float(person[name]) for person in tables]) for name in tables[0]}
    phase = np.full(len(everyone), "saturation", dtype=object)
    made = moments(table, phase, np.full(len(everyone), 20_000), RULES, LIMITS, KNOWN)
    for place, person in enumerate(tables):
        codes = (made.codes[place] or "").split("+") if made.codes[place] else []
        due = {}
        for code in codes:  # of each alone, the others taken away
            alone = {**NOBODY, **{name: person[name] for name in ALONE[code]}}
            primary, due[code], _ = found(alone)
            assert primary == code
        ranked = sorted(codes, key=lambda code: (-Moment(code).severity, due[code], code))
        assert made.primary[place] == (ranked[0] if ranked else None)
        assert made.due[place].item() == (due[ranked[0]] if ranked else None)


PURCHASES = ("purchases", "days_since_purchase")
ALONE = {
    "complaint_open": ("complaints_waiting",), "contract_end": ("contract_end_in",),
    "promo_end": ("promo_end_in",), "value_drop": ("value_before", "value_recent"),
    "first_repeat_due": PURCHASES, "first_repeat_late": PURCHASES, "rhythm_slip": PURCHASES,
    "price_rise": ("days_since_price_rise",), "payment_failed": ("days_since_payment_failed",),
    "opt_out": ("days_since_opt_out",), "anniversary": ("first_day",),
}  # fmt: skip


def of_one(rules=RULES, plan=None, **tables):
    tables = {"transactions": [order(100)], **tables}
    seen = past([(0, AS_OF)], plan=plan, **tables)
    return {name: float(values[0]) for name, values in measures(seen, rules).items()}


def order(ago, **more):
    return {"customer": 0, "time": AS_OF - round(ago * DAY), "amount": 100, **more}


def contact(ago, type_, **more):
    return {"customer": 0, "time": AS_OF - round(ago * DAY), "type": type_, **more}


def complaint(ago, solved_ago=None, type_="complaint"):
    solved = None if solved_ago is None else AS_OF - round(solved_ago * DAY)
    return contact(ago, type_, resolved_at=solved)


def waiting(*contacts, **how):
    return of_one(interactions=list(contacts), **how)["complaints_waiting"]


def test_a_complaint_waits_for_seven_days():
    assert waiting(complaint(7 + 1 / DAY)) == 1
    assert waiting(complaint(7)) == 0
    assert waiting(complaint(20, solved_ago=1)) == 0
    assert waiting(complaint(20, solved_ago=0)) == 1, "solved at as_of is the future"
    assert waiting(complaint(20, solved_ago=-5)) == 1
    assert waiting(complaint(20, type_="question")) == 0
    assert waiting(contact(20, "complaint")) == 0, "without a column for it, nobody knows"


def test_one_opened_again_waits_at_once():
    assert waiting(complaint(20, solved_ago=9), complaint(1, type_="reopened")) == 1
    assert waiting(complaint(20, solved_ago=9), complaint(4, solved_ago=1, type_="reopened")) == 0


def test_a_complaint_is_open_since_the_oldest_that_waits():
    def since(*contacts):
        waits = complaint_since(past([(0, AS_OF)], interactions=list(contacts)), RULES)
        return None if waits is None else (TODAY - waits).days

    assert since(complaint(20), complaint(90)) == 90
    assert since(complaint(20), complaint(90, solved_ago=1)) == 20
    assert since(complaint(90, solved_ago=9), complaint(3, type_="reopened")) == 3
    assert since(complaint(20, solved_ago=0)) == 20, "solved at as_of is the future"
    assert (
        since(complaint(5)) is since(complaint(20, solved_ago=1)) is since(contact(20, "complaint")) is None
    )


def test_which_types_are_complaints():
    claim = complaint(20, type_="claim")
    assert waiting(claim, rules=MomentRules(complaint_types=("claim",))) == 1
    assert waiting(claim, plan=FeaturePlan(service_types=("claim",))) == 1
    assert waiting(claim) == 0


def test_what_value_is_made_of():
    lines = [order(90, margin=7), order(90 + 1 / DAY, margin=5), order(180, margin=3), order(181, margin=1)]
    made = of_one(transactions=lines)
    assert (made["value_recent"], made["value_before"]) == (7, 8)


def test_an_anniversary_is_of_the_first_contract_or_else_of_joining():
    assert np.isnan(of_one()["first_day"]), "the first order seen is no beginning"
    contracts = [{"customer": 0, "time": AS_OF - ago * DAY, "end": None} for ago in (300, 900)]
    joined = [{"customer": 0, "joined_at": AS_OF - 700 * DAY}]
    assert of_one(contracts=contracts, attributes=joined)["first_day"] == 20_000 - 900
    assert of_one(attributes=joined)["first_day"] == 20_000 - 700
    assert np.isnan(of_one(attributes=[{"customer": 0, "joined_at": AS_OF}])["first_day"])


def test_types_that_do_not_occur_call_for_nothing():
    made = of_one(interactions=[contact(3, "price_rise"), contact(31, "opt_out"), contact(2, "question")])
    assert made["days_since_price_rise"] == 3
    assert np.isnan([made["days_since_opt_out"], made["days_since_payment_failed"]]).all()


def test_ends_are_looked_ahead_to_only_if_they_were_agreed():
    contracts = [{"customer": 0, "time": AS_OF - 300 * DAY, "end": AS_OF + 45 * DAY, "type": "phone"}]
    assert np.isnan(of_one(contracts=contracts)["contract_end_in"])
    agreed = MomentRules(agreed_ends=True)
    assert of_one(rules=agreed, contracts=contracts)["contract_end_in"] == 45
    assert np.isnan(of_one(rules=agreed, contracts=contracts)["promo_end_in"])


def test_missing_tables_are_tolerated():
    made = of_one()
    assert sorted(made) == sorted(NAMES)
    assert made["complaints_waiting"] == 0


SERVICE = MomentRules(service_failure_types=("ticket",), opt_out_types=("open",))


@pytest.mark.parametrize("compiled", [False, True])
@given(world=worlds())
def test_the_future_changes_no_measure(compiled, world):
    known, later = with_a_future(world)
    seen, cut = later.history(compiled=compiled), known.history()
    assert_same(measures(seen, SERVICE), measures(cut, SERVICE), "what comes later shows")
    whole = replace(world, asked=known.asked)  # ends and resolutions that come later are among it
    assert_same(measures(whole.history(), SERVICE), measures(cut, SERVICE), "later facts show")
