"""Arms: the hash by its standard, draws that nothing else moves, and strata that luck explains."""

import hashlib
import hmac

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from actions_made import SALT
from churnlab.errors import ConfigError
from churnlab.lists.control import (
    ARMS,
    CONTROL,
    HOLDOUT,
    NOBODY,
    TREATED,
    campaign_draws,
    counts,
    drawn,
    fingerprint,
    holdout_draws,
    names,
    strata,
)

ids = st.lists(st.text(st.characters(codec="utf-8"), min_size=1, max_size=12), unique=True, max_size=30)


@settings(max_examples=200)
@given(ids)
def test_it_is_hmac_by_the_standard(some):
    key = hmac.new(SALT.encode(), b"holdout\x002026", hashlib.sha256).digest()
    by_hand = [
        int.from_bytes(hmac.new(key, each.encode(), hashlib.sha256).digest()[:8], "big") for each in some
    ]
    assert holdout_draws(some, SALT, 2026).tolist() == by_hand
    assert holdout_draws(pa.array(some, pa.string()), SALT, "2026").tolist() == by_hand
    held = drawn(holdout_draws(some, SALT, 2026), 0.05)
    assert held.tolist() == [draw % 10_000 < 500 for draw in by_hand]


# Law 9: arms depend only on ids, salt and campaign.
@settings(max_examples=200)
@given(ids, ids, st.randoms(use_true_random=False), st.integers(0, 5_000))
def test_nobody_else_and_no_order_moves_anyone(some, others, random, parts):
    share = parts / 10_000
    control, explore = campaign_draws(some, SALT, "autumn")
    alone = {
        each: (bool(c), bool(e))
        for each, c, e in zip(some, drawn(control, share), drawn(explore, share), strict=True)
    }
    everyone = list(dict.fromkeys([*some, *others]))
    random.shuffle(everyone)
    control, explore = campaign_draws(everyone, SALT, "autumn")
    together = dict(
        zip(everyone, zip(drawn(control, share), drawn(explore, share), strict=True), strict=True)
    )
    assert all(together[each] == alone[each] for each in some)


def test_salt_campaign_and_epoch_draw_anew_and_independently():
    many = [f"customer {n}" for n in range(20_000)]
    draws = [
        holdout_draws(many, SALT, "2026"),
        holdout_draws(many, SALT, "2027"),
        holdout_draws(many, SALT + "!", "2026"),
        *campaign_draws(many, SALT, "autumn"),
        *campaign_draws(many, SALT, "winter"),
        campaign_draws(many, SALT, "2026")[0],  # a campaign of the epoch's name
    ]
    held = [drawn(each, 0.1) for each in draws]
    for place, one in enumerate(held):
        assert one.mean() == pytest.approx(0.1, abs=0.01)
        for other in held[:place]:
            assert (one & other).mean() == pytest.approx(0.01, abs=0.0035)
    # Even over all ten thousand parts, at each end too.
    spread = np.bincount((draws[0] % np.uint64(10_000)).astype(np.int64) // 1_000, minlength=10)
    assert ((spread - 2_000) ** 2 / 2_000).sum() < 28  # chi-squared, 9 degrees: 1 in 1,000


def test_a_higher_share_adds_people_and_moves_none():
    draws = holdout_draws([f"c{n}" for n in range(5_000)], SALT, "e")
    before = np.zeros(5_000, dtype=bool)
    for share in (0.0, 0.0001, 0.05, 0.2, 0.5, 1.0):
        now = drawn(draws, share)
        assert (now | ~before).all()
        before = now
    assert not drawn(draws, 0.0).any()
    assert before.all()
    each = np.where(np.arange(5_000) % 2, 0.5, 0.0)
    assert (drawn(draws, each) == (drawn(draws, 0.5) & (each > 0))).all()


def test_a_guessable_salt_is_refused_and_never_shown():
    with pytest.raises(ConfigError, match=r"campaign\.salt: shorter than 16 letters") as caught:
        holdout_draws(["a"], "swordfish", "2026")
    assert caught.value.exit_code == 2
    assert "swordfish" not in str(caught.value)
    assert fingerprint(SALT) != fingerprint(SALT + "!")
    assert len(fingerprint(SALT)) == 16
    assert SALT not in fingerprint(SALT)


def arms_of(*counted):
    return np.repeat(np.arange(len(ARMS)), counted).astype(np.int8)


def test_strata_by_hand():
    # retain low: 90 treated, 10 control, and who is not selected does not count.
    arm = np.array(
        [TREATED] * 90 + [CONTROL] * 10 + [TREATED] * 60 + [CONTROL] * 40 + [HOLDOUT, NOBODY], np.int8
    )
    quadrant = np.array(["retain"] * 100 + ["win_back"] * 102, dtype=object)
    band = np.array(["low"] * 100 + ["high"] * 102, dtype=object)
    low, high, both = strata(arm, quadrant, band, 0.1)
    assert (low.quadrant, low.risk_band, low.selected, low.control, low.expected) == (
        "retain",
        "low",
        100,
        10,
        10,
    )
    assert (low.off, low.odd) == (0, False)
    assert (high.selected, high.control) == (100, 40)
    assert high.off == pytest.approx(30 / np.sqrt(9))  # 100 x .1 x .9 = 9
    assert high.odd
    assert (both.quadrant, both.selected, both.control, both.expected) == ("all", 200, 50, 20)


def test_a_share_for_each_customer():
    arm = np.array([TREATED, CONTROL] * 50, np.int8)
    same = np.full(100, "retain", dtype=object)
    row = strata(arm, same, same, np.where(np.arange(100) < 50, 0.1, 0.5))[0]
    assert row.expected == 30
    assert row.off == pytest.approx((50 - 30) / np.sqrt(50 * 0.09 + 50 * 0.25))


def test_drawn_arms_are_never_odd():
    many = [f"customer {n}" for n in range(40_000)]
    arm = np.where(drawn(campaign_draws(many, SALT, "autumn")[0], 0.1), CONTROL, TREATED).astype(np.int8)
    quadrant = np.array(["retain", "win_back", "release", "rationalise"], dtype=object)[np.arange(40_000) % 4]
    band = np.array(["low", "medium", "high"], dtype=object)[np.arange(40_000) % 3]
    rows = strata(arm, quadrant, band, 0.1)
    assert len(rows) == 13
    assert not any(row.odd for row in rows)
    assert sum(row.selected for row in rows[:-1]) == 40_000
    assert sum(row.control for row in rows[:-1]) == rows[-1].control


def test_arms_counted_and_named():
    arm = arms_of(5, 4, 3, 2, 1)
    assert counts(arm) == {"treated": 4, "control": 3, "explore": 2, "holdout": 1}
    assert names(arm[[0, 5, 14]]).tolist() == [None, "treated", "holdout"]


def test_nobody():
    assert holdout_draws([], SALT, "e").tolist() == []
    assert strata(np.zeros(3, np.int8), np.full(3, "retain"), np.full(3, "low"), 0.1)[-1].selected == 0
