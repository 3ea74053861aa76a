"""The registry gate on planted models: better, equal, worse, leaking, miscalibrated, and too few to judge."""

import json

import numpy as np
import pytest

from churnlab.config import Gate
from churnlab.evaluation import bounds as checks
from churnlab.evaluation.bounds import Scores, Window
from churnlab.evaluation.gate import Rival, judge
from churnlab.evaluation.leaks import Leak

ROWS = 4_000


def sigmoid(x):
    return 1 / (1 + np.exp(-x))


class World:
    """Customers whose true risk is known; a model sees its log odds through ``noise``."""

    def __init__(self, rows=ROWS, seed=1, level=-1.5):
        self.random = np.random.default_rng(seed)
        self.odds = self.random.normal(level, 1.2, rows)
        self.churned = (self.random.random(rows) < sigmoid(self.odds)).astype(float)
        spend = self.random.gamma(2, 50, rows)
        self.value = np.where(self.churned == 1, 0, spend * self.random.lognormal(0, 0.5, rows))
        self.spend = spend * (1 - sigmoid(self.odds)) * np.exp(0.125)
        plans = self.random.choice(["basic", "gold"], rows, p=[0.6, 0.4]).astype(object)
        ids = np.array([f"{n:05d}" for n in range(rows)], dtype=object)
        self.window = Window(self.churned, self.value, ids, {"plan": plans}, 7)

    def scores(self, noise=0.0, shift=0.0, value=None):
        """Calibrated through ``noise``: what is seen of the odds is shrunk towards their mean."""
        seen = self.odds + self.random.normal(0, noise, len(self.odds)) if noise else self.odds
        kept = 1.44 / (1.44 + noise**2)
        centre = self.odds.mean()
        spread = np.sqrt(1 + 0.346 * (1 - kept) * 1.44)  # the rest averages out: a flatter curve
        return Scores(sigmoid((centre + kept * (seen - centre)) / spread + shift), value)


@pytest.fixture(scope="module")
def world():
    return World()


def verdict(world, challenger, champion=None, *, others=None, leaks=(), accepted=(), seen=None, **dials):
    rival = None if champion is None else Rival("3", champion, seen=seen, usable=True)
    return judge(world.window, challenger, rival, others or {}, leaks, accepted, Gate(**dials))


def failed(found):
    return [check.name for check in found.checks if check.blocks and not check.passed]


def test_a_better_challenger_is_promoted(world):
    found = verdict(world, world.scores(), world.scores(1.0))
    assert (found.outcome, found.promoted, found.champion, failed(found)) == ("promoted", True, "3", [])
    assert "within all bounds of version 3: average precision" in found.reason


@pytest.mark.parametrize("seed", range(10))
def test_a_worse_challenger_never_is(seed):
    world = World(seed=seed)
    found = verdict(world, world.scores(0.8), world.scores())
    assert (found.outcome, found.promoted) == ("refused", False)
    assert "average_precision" in failed(found)
    assert "average_precision: 0." in found.reason


@pytest.mark.parametrize("seed", range(5))
def test_better_ones_pass_on_other_customers_too(seed):
    world = World(seed=100 + seed)
    assert verdict(world, world.scores(0.2), world.scores(1.2)).promoted


def test_the_same_model_again_is_promoted_since_lists_follow_the_newest(world):
    same = world.scores(0.5, value=world.spend)
    found = verdict(world, same, same)
    assert found.promoted
    ranked = {check.name: check.figures for check in found.checks}["average_precision"]
    assert (ranked["difference"], ranked["low"], ranked["high"]) == (0, 0, 0)


def test_an_equal_model_must_show_it_and_bounds_can_be_loosened():
    world = World(10_000)
    risk = world.scores(0.5).risk
    nearly = Scores(sigmoid(np.log(risk / (1 - risk)) + world.random.normal(0, 0.02, len(risk))))
    assert failed(verdict(world, nearly, Scores(risk))) == ["lift_10"]
    assert verdict(world, nearly, Scores(risk), max_lift_loss=0.1).promoted


def test_without_a_champion_what_needs_none_decides(world):
    assert verdict(world, world.scores()).outcome == "first"
    found = verdict(world, world.scores(shift=0.8))
    assert (found.outcome, failed(found)) == ("refused", ["ece"])


def test_a_challenger_whose_probabilities_are_off_is_refused(world):
    found = verdict(world, world.scores(shift=0.5), world.scores())
    assert set(failed(found)) == {"ece", "ece_worse"}
    loose = verdict(world, world.scores(shift=0.5), world.scores(), max_ece=0.5, max_ece_worse=0.5)
    assert loose.promoted


def test_a_little_worse_in_calibration_is_told_from_luck(world):
    off, straight = world.scores(shift=0.15), world.scores()
    found = checks.as_calibrated(world.window, off, straight, Gate())
    assert found.figures["difference"] > 0.01
    assert not found.passed
    few = World(200, seed=4)
    lucky = checks.as_calibrated(few.window, few.scores(shift=0.15), few.scores(), Gate(max_ece_worse=0))
    assert lucky.passed


def test_few_rows_are_allowed_the_error_that_luck_makes(world):
    few = World(150, seed=3)
    found = checks.calibrated(few.window, few.scores(), Gate())
    assert found.figures["challenger"] > 0.03
    assert found.passed
    assert "luck gives so few rows" in found.asked


def test_too_few_who_left_is_insufficient_whatever_the_scores_say():
    few = World(120, seed=2, level=-2.5)
    left, _ = few.window.counts
    assert 0 < left < 30
    for champion in (None, few.scores(2.0)):
        found = verdict(few, few.scores(), champion)
        assert (found.outcome, found.promoted) == ("insufficient", False)
        assert found.reason.startswith(f"positives: {left} rows churned")
    assert verdict(few, few.scores(), min_positives=left).outcome == "first"


def test_a_suspected_leak_is_named_and_blocks_until_a_person_accepts_it(world):
    leak = Leak("status_today", "auroc", 0.991)
    found = verdict(world, world.scores(), world.scores(1.0), leaks=[leak])
    assert (found.outcome, failed(found)) == ("refused", ["leak"])
    assert "status_today auroc 0.991" in found.reason
    accepted = verdict(world, world.scores(), world.scores(1.0), leaks=[leak], accepted=["status_today"])
    assert accepted.promoted
    assert "accepted by name: status_today" in next(c.said for c in accepted.checks if c.name == "leak")
    another = Leak("total_now", "importance", 0.9)
    both = verdict(world, world.scores(), None, leaks=[leak, another], accepted=["status_today"])
    assert both.leaks is not None
    assert list(both.leaks.figures) == ["total_now importance"]


def test_one_group_served_much_worse_is_enough_to_refuse(world):
    gold = world.window.segments["plan"] == "gold"
    base = world.scores(1.2).risk
    better = world.scores().risk
    blind = np.where(gold, better[gold].mean(), better)  # nobody with a gold plan is told apart
    loose = dict.fromkeys(("max_loss", "max_lift_loss", "max_ece", "max_ece_worse"), 1)
    found = verdict(world, Scores(blind), Scores(base), **loose)
    assert failed(found) == ["slice plan: gold"]
    slices = {check.name: check.figures for check in found.checks if check.name.startswith("slice")}
    assert set(slices) == {"slice plan: gold", "slice plan: basic"}
    assert slices["slice plan: gold"]["difference"] < -0.05 < slices["slice plan: basic"]["difference"]
    loose["slice_rows"] = int(gold.sum()) + 1  # too small to judge
    assert verdict(world, Scores(blind), Scores(base), **loose).promoted


def test_baselines_stand_beside_and_a_tie_is_named(world):
    simple = world.scores().risk
    others = {"prior": np.full(ROWS, 0.2), "recency": world.scores(1.5).risk, "logistic_rfm": simple}
    tie = verdict(world, Scores(simple), None, others=others)
    assert tie.outcome == "first"
    assert "baseline logistic_rfm: a tie: logistic_rfm alone ranks as well" in tie.reason
    behind = verdict(world, world.scores(1.0), None, others=others)
    assert behind.outcome == "first"
    assert "baseline logistic_rfm: not shown to rank as well" in behind.reason
    assert failed(verdict(world, world.scores(1.0), None, others=others, baselines="refuse")) == [
        "baseline logistic_rfm"
    ]
    ahead = verdict(world, Scores(simple), None, others={"recency": others["recency"]}, baselines="refuse")
    assert ahead.outcome == "first"
    assert "baseline" not in ahead.reason


def test_amounts_must_be_ranked_as_well_and_sum_up_as_well(world):
    risk, spend = world.scores().risk, world.spend
    noisy = spend * np.random.default_rng(3).lognormal(0, 1, ROWS)
    champion = Scores(risk, spend)
    assert failed(verdict(world, Scores(risk, spend * 1.01), champion)) == []
    assert "value_gini" in failed(verdict(world, Scores(risk, noisy), champion))
    assert failed(verdict(world, Scores(risk, spend * 1.3), champion)) == ["value_bias"]
    assert failed(verdict(world, Scores(risk), champion)) == ["value"]
    assert failed(verdict(world, Scores(risk, spend), Scores(risk))) == []


def test_value_that_is_not_over_is_not_measured_and_blocks_nothing(world):
    later = Window(world.churned, np.full(ROWS, np.nan), world.window.customer, {}, 7)
    (check,) = checks.worth(
        later, Scores(world.churned, world.spend), Scores(world.churned, world.spend), Gate()
    )
    assert (check.passed, check.blocks) == (None, False)


def test_a_champion_of_other_terms_is_no_yardstick(world):
    other = Rival("3", why="it answers another question (churn.horizon_days: trained 60, now 30)")
    given = (world.window, world.scores(), other, {}, [], [])
    found = judge(*given, Gate())
    assert found.outcome == "promoted"
    assert "not compared with version 3: it answers another question" in found.reason
    assert failed(judge(*given, Gate(other_terms="refuse"))) == ["comparison"]
    off = judge(world.window, world.scores(shift=0.8), other, {}, [], [], Gate())
    assert failed(off) == ["ece"]


def test_what_the_champion_has_seen_is_said(world):
    found = verdict(world, world.scores(), world.scores(1.0), seen="the champion has seen part of the window")
    assert found.notes == ("the champion has seen part of the window",)


def test_a_held_champion_stays(world):
    assert failed(verdict(world, world.scores(), world.scores(1.0), hold=True)) == ["hold"]
    assert verdict(world, world.scores(), hold=True).outcome == "first"


def test_a_strict_gate_promotes_nobody_by_itself(world):
    """What would be promoted waits; what would be refused is, in the very words."""
    for champion, otherwise in ((None, "first"), (world.scores(1.0), "promoted")):
        found = verdict(world, world.scores(), champion, strict=True)
        assert verdict(world, world.scores(), champion).outcome == otherwise
        assert (found.outcome, found.promoted) == ("candidate", False)
        assert found.reason.endswith("; it waits for a sign-off (gate.strict)")
        assert found.as_dict()["verdict"] == "candidate"
    worse = verdict(world, world.scores(shift=0.8), world.scores(), strict=True)
    assert (worse.outcome, "sign-off" in worse.reason) == ("refused", False)
    few = World(rows=60, level=-4)
    assert verdict(few, few.scores(), few.scores(), strict=True).outcome == "insufficient"
    held = verdict(world, world.scores(), world.scores(1.0), strict=True, hold=True)
    assert held.outcome == "refused"


def test_a_bound_that_nobody_can_draw_is_no_pass(world, monkeypatch):
    monkeypatch.setattr(checks.intervals, "percentile", lambda drawn: (np.nan, np.nan))
    assert failed(verdict(world, world.scores(), world.scores(1.0)))[:2] == ["average_precision", "lift_10"]


def test_a_verdict_is_plain_json(world):
    few = verdict(world, world.scores(), world.scores(1.0), others={"recency": world.scores(1.5).risk})
    plain = json.loads(json.dumps(few.as_dict(), allow_nan=False))
    assert plain["verdict"] == "promoted"
    assert {check["name"] for check in plain["checks"]} >= {"positives", "leak", "ece", "average_precision"}
