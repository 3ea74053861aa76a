"""Contracts that end, by hand. As of day 100; gap 7, horizon 30: outcome [107, 137); grace 30."""

import datetime as dt

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings

import laws
from churnlab.config.churn import Churn, ContractRule
from churnlab.config.project import SnapshotPlan
from churnlab.errors import ConfigError
from churnlab.history import Lapses, eligible, lapses
from churnlab.labels import lapsed, set_aside
from churnlab.testing import worlds
from ledger import DAY, UTC, past, shard

FAR = 10_000


def churn(gap=7, settlement=0, **rule):
    spans = {"horizon_days": 30, "gap_days": gap, "settlement_days": settlement}
    return Churn(kind="contractual", contract=ContractRule(**rule), **spans)


def seen(contracts, watermark=FAR, **asked):
    rows = [{"reason": None, "end": None, **row} for row in contracts]
    return Lapses.of(shard(rows, [100], table="contracts"), UTC, churn(**asked), watermark * DAY)


def label(contracts, watermark=FAR, involuntary="exclude", **asked):
    found = seen(contracts, watermark, involuntary_reasons=("payment_failed",), **asked)
    return lapsed(found, involuntary=involuntary)[0]


@pytest.mark.parametrize(
    ("renewed", "left"), [(dt.date(2026, 4, 2), 0), (dt.date(2026, 4, 20), 1), (None, 1)], ids=str
)
def test_the_domain_page_example(renewed, left):
    """t0 2026-01-31, G 14, H 90, R 30: a contract ending 2026-03-10, renewed in time, too late, never."""

    def day(date):
        return (date - dt.date(1970, 1, 1)).days

    contracts = [{"day": day(dt.date(2025, 3, 10)), "end": day(dt.date(2026, 3, 10))}]
    contracts += [{"day": day(renewed), "end": None}] if renewed else []
    asked = Churn(kind="contractual", horizon_days=90, gap_days=14, settlement_days=30)
    as_of = day(dt.date(2026, 1, 31))
    # Complete from 2026-07-14 on: the end of the window, 30 days of grace and 30 of settlement.
    complete = day(dt.date(2026, 7, 14))
    for watermark, expected in ((complete, left), (complete - 1, np.nan)):
        found = Lapses.of(shard(contracts, [as_of], table="contracts"), UTC, asked, watermark * DAY)
        np.testing.assert_equal(lapsed(found, involuntary="exclude"), [expected])


@pytest.mark.parametrize(
    ("end", "left"), [(99, 0), (100, np.nan), (106, np.nan), (107, 1), (136, 1), (137, 0), (None, 0)]
)
def test_an_end_belongs_to_the_gap_the_outcome_or_neither(end, left):
    # Who left in the gap was gone before the window began: neither stayed nor left in it.
    np.testing.assert_equal(label([{"day": 50, "end": end}]), left)


@pytest.mark.parametrize(("begins", "left"), [(90, 0), (119, 0), (120, 0), (149, 0), (150, 1)])
def test_a_renewal_begins_within_grace_and_runs_beyond_the_end(begins, left):
    running = {"day": 50, "end": 120}
    assert label([running, {"day": begins, "end": 400}]) == left
    assert label([running, {"day": begins, "end": 120}]) == 1  # it ends with it


def test_a_contract_over_before_it_begins_renews_nothing():
    assert label([{"day": 50, "end": 120}, {"day": 140, "end": 139}]) == 1
    assert label([{"day": 50, "end": 120}, {"day": 140, "end": 141}]) == 0  # renewed; it lapses later


def test_a_renewal_recorded_after_settlement_is_not_known_and_one_before_is():
    # Settlement of 10 days: gap 7 + horizon 30 + grace 30 + 10 = until day 177.
    for recorded, left in ((176, 0), (177, 1)):
        renewal = {"day": 125, "recorded": recorded}
        assert label([{"day": 50, "end": 120}, renewal], settlement=10) == left


def test_a_contract_beside_another_lapses_alone_where_any_is_asked():
    beside = [{"day": 10, "end": None}, {"day": 50, "end": 120}]
    assert (label(beside), label(beside, lapse="any")) == (0, 1)
    # Replaced from 30 days before its end to 30 days after it.
    for begins, left in ((89, 1), (90, 0), (149, 0), (150, 1)):
        assert label([*beside, {"day": begins, "end": None}], lapse="any") == left


def test_an_end_that_nobody_chose_is_set_aside_or_counted():
    forced, chosen = {"day": 50, "end": 120, "reason": "payment_failed"}, {"day": 50, "end": 130}
    assert np.isnan(label([forced]))
    assert label([forced], involuntary="count") == 1
    assert label([forced, {"day": 125, "end": None}]) == 0  # renewed: nobody left
    assert label([forced, chosen, {"day": 110, "end": 130}]) == 1
    found = seen([forced], involuntary_reasons=("payment_failed",))
    counted = {reason: flags.tolist() for reason, flags in set_aside(found, involuntary="exclude").items()}
    assert counted == {"left_involuntarily": [True], "contract_ended_in_gap": [False]}
    assert not any(flags.any() for flags in set_aside(found, involuntary="count").values())


def test_before_it_is_complete_nobody_is_set_aside():
    found = seen([{"day": 50, "end": 120, "reason": "payment_failed"}], watermark=166)
    assert not any(flags.any() for flags in set_aside(found, involuntary="exclude").values())


@pytest.mark.parametrize(
    ("contract", "counts"),
    [
        ({"day": 50, "end": 100}, True),  # its end has not come yet
        ({"day": 50, "end": 99}, False),
        ({"day": 100, "end": None}, False),
        ({"day": 50, "end": None, "recorded": 100}, False),
        ({"day": 50, "end": None}, True),
    ],
)
def test_who_has_a_running_contract_can_leave(contract, counts):
    known = past([contract], [100], table="contracts")
    flags, reasons = eligible.eligible(known, SnapshotPlan(), "contractual")
    assert (flags.tolist(), reasons) == ([counts], {} if counts else {"no_running_contract": 1})


def test_a_reason_is_no_feature():
    known = past([{"day": 50, "end": 60, "reason": "moved"}], [100], table="contracts")
    assert known.contracts.has("end")
    with pytest.raises(ConfigError, match=r"asks for contracts\.reason, which this project does not map"):
        known.contracts.last(90).last("reason")


def test_lapses_need_contracts_with_an_end():
    with pytest.raises(ConfigError, match=r"read from contracts\.end"):
        Lapses.of(shard([{"day": 5}], [100], table="contracts"), UTC, churn(), 0)


UNRENEWED = lapses._unrenewed


def patched(**changes):
    def unrenewed(contracts, calendar, asked, closes):
        rule = asked.contract.model_copy(update=changes)
        return UNRENEWED(contracts, calendar, asked.model_copy(update={"contract": rule}), closes)

    return unrenewed


MUTANTS = {
    "no grace": ("_unrenewed", patched(grace_days=0)),
    "any is all": ("_unrenewed", patched(lapse="all")),
    "the window closes late": ("_unrenewed", lambda c, k, a, closes: UNRENEWED(c, k, a, closes + 1)),
    "the window closes early": ("_unrenewed", lambda c, k, a, closes: UNRENEWED(c, k, a, closes - 1)),
    "every reason is a choice": ("_has_reason", lambda c, _: np.zeros(len(c.values("time")), dtype=bool)),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(monkeypatch, name):
    monkeypatch.setattr(lapses, *MUTANTS[name])

    @seed(5)
    @settings(
        max_examples=200, phases=[Phase.generate], suppress_health_check=list(HealthCheck), database=None
    )
    @given(worlds(["contracts"]))
    def check(world):
        laws.lapses_are_as_defined(world)

    with pytest.raises(AssertionError, match="not as defined"):
        check()
