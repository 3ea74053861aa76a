"""Rolling origins: honest in time, equal to training at the last, resumable, told in full."""

import dataclasses
import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import churnlab
import killed_backtest
import shops
from churnlab import tracking
from churnlab.config import Tracking
from churnlab.errors import DataError
from churnlab.workflow.backtesting import candidates, figures, judged

TESTS = Path(__file__).parents[1]
DAY = 24 * 3600 * 10**6
# `make schedules` kills at each origin.
KILLED_AT = (0, 1, 2) if "CHURNLAB_SCHEDULES" in os.environ else (1,)


@pytest.fixture(scope="module")
def answer(tmp_path_factory, migrated_store):
    folder = tmp_path_factory.mktemp("backtest")
    shutil.copy(migrated_store, folder / "mlflow.db")
    shop = killed_backtest.project(folder)
    return folder, shop, churnlab.backtest(shop, frames=killed_backtest.frames())


def said_at(monkeypatch, folder, frames, *overrides):
    """Origin -> what the candidates said there, with nothing kept from elsewhere."""
    found, ask = {}, candidates.asked

    def spied(opening, origin, last, keep):
        found[origin.name] = ask(opening, origin, last, keep)
        return found[origin.name]

    with monkeypatch.context() as patched:
        patched.setattr(candidates, "asked", spied)
        churnlab.backtest(killed_backtest.project(folder, *overrides), frames=frames)
    return found


def test_nothing_that_happens_from_an_origin_on_changes_what_is_said_there(monkeypatch, tracked):
    """Half of the customers fall silent, and the others pay sevenfold, from the origin's date on."""
    whole = killed_backtest.frames()["orders"]
    before = said_at(monkeypatch, tracked, {"orders": whole}, "backtest.origins=2")
    for name in before:
        later = whole["at"] >= pd.Timestamp(name)
        odd = whole["who"].str[-1].astype(int) % 2 == 1
        changed = whole[~(later & odd)].copy()
        changed.loc[changed["at"] >= pd.Timestamp(name), "amount"] *= 7
        after = said_at(monkeypatch, tracked, {"orders": changed}, "backtest.origins=2")[name]
        for said, again in ((before[name].risks, after.risks), (before[name].values, after.values)):
            assert list(said) == list(again)
            for model, scores in said.items():
                assert scores.tolist() == again[model].tolist(), (name, model)


def test_the_value_horizon_may_be_written_out(monkeypatch, tracked):
    """A history so short that earlier origins look ahead by a part of the horizon: 150 days are 150 days."""
    short = ("churn.horizon_days=150", "backtest.origins=3")
    frames = killed_backtest.frames()
    found = said_at(monkeypatch, tracked, frames, *short)
    spelled = said_at(monkeypatch, tracked, frames, *short, "value.horizon_days=150")
    assert len(found) > 1
    for name, answers in found.items():
        assert answers.values
        for model, scores in answers.values.items():
            assert scores.tolist() == spelled[name].values[model].tolist()


@pytest.mark.parametrize(
    "overrides",
    [
        (
            "locale=fr",
            "evaluation.bootstrap=0",
            "backtest.offer.save_rate=0.3",
            "backtest.offer.contact_cost=1",
        ),
        ("value.horizon_days=90",),
        ("value.horizon_days=400",),
        ("churn.kind=partial",),
        ("churn.kind=win_back", "snapshots.lost_after_days=45"),
        ("churn.horizon=adaptive", "churn.adaptive.population_gap_days=30"),
        ("churn.also_days=[30]",),
        ("models.amount=tweedie", "backtest.amounts=[]"),
        ("tuning.n_trials=1",),
    ],
    ids=lambda overrides: overrides[0],
)
def test_every_kind_of_project_is_told_in_plain_values(tracked, overrides):
    shop = killed_backtest.project(tracked, "backtest.origins=2", *overrides)
    found = churnlab.backtest(shop, frames=killed_backtest.frames())
    document = json.dumps(found.as_dict(), allow_nan=False)
    assert found.origins[-1].origin in document
    assert all(section["title"] for section in found.sections())
    without = [each.origin for each in found.origins if "value_actual" not in each.totals]
    assert bool(without) == any("value is not judged" in note for note in found.notes)


def test_shorter_horizons_are_judged_at_each_origin_and_at_the_last_as_in_training(tracked):
    shop = killed_backtest.project(tracked, "backtest.origins=2", "churn.also_days=[15,30]", "gate.max_ece=1")
    frames = killed_backtest.frames()
    found = churnlab.backtest(shop, frames=frames)
    assert [[each.days for each in at.sooner] for at in found.origins] == [[15, 30], [15, 30]]
    for at in found.origins:
        # Whoever orders within 15 days orders within 30 and within 60.
        left = [*(each.churned for each in at.sooner), at.totals["churned_share"]]
        assert left == sorted(left, reverse=True)
        assert all(each.rows == at.rows and each.auroc > 0.5 for each in at.sooner)
    titles = [section["title"] for section in found.sections()]
    assert "Risks of shorter horizons: did they come true?" in titles
    again = churnlab.backtest(shop, frames=frames)
    assert (again.resumed, again.figures()) == (2, found.figures())
    trained = churnlab.train(shop, frames=frames)
    store = tracking.open_store(Tracking(), shop.project, tracked)
    told = store.client.get_run(trained.run_id).data.metrics
    assert {name: told[name] for name in found.origins[-1].metrics()} == found.origins[-1].metrics()


def test_of_outcomes_that_are_cut_short_only_what_is_shorter_still_is_judged(tracked):
    short = ("churn.horizon_days=150", "backtest.origins=2", "churn.also_days=[30,149]")
    found = churnlab.backtest(killed_backtest.project(tracked, *short), frames=killed_backtest.frames())
    first, last = found.origins
    assert first.days < 149
    assert [[each.days for each in at.sooner] for at in (first, last)] == [[30], [30, 149]]


def test_other_rows_of_the_same_file_are_other_answers(tracked):
    """Another column is mapped as the amount: the file has not changed, the rows have."""
    orders = killed_backtest.frames()["orders"].assign(other=lambda table: table["amount"] * 2 + 1)
    orders.to_parquet(tracked / "orders.parquet")
    config = killed_backtest.CONFIG.replace("frame: orders", "files: [orders.parquet]")

    def resumed(text):
        (tracked / "shop.yaml").write_text(text, encoding="utf-8")
        return churnlab.backtest(churnlab.load(tracked / "shop.yaml", ["backtest.origins=2"])).resumed

    assert [resumed(config), resumed(config)] == [0, 2]
    assert resumed(config.replace("amount: amount", "amount: other")) == 0


def test_each_origin_learns_from_what_was_settled_before_it(answer):
    _, _, found = answer
    dates = [pd.Timestamp(each.origin) for each in found.origins]
    assert len(dates) == 3
    assert dates == sorted(dates)
    assert [each.is_last for each in found.origins] == [False, False, True]
    # Every earlier origin is settled before the last: horizon of 60 days and settlement.
    assert all(date + pd.Timedelta(days=60) <= dates[-1] for date in dates[:-1])
    learned = [each.learned_rows for each in found.origins]
    assert learned == sorted(set(learned))  # more at each
    assert learned[0] > 0


def test_the_last_origin_says_what_training_says(answer):
    _, shop, found = answer
    trained = churnlab.train(
        shop.model_copy(update={"gate": shop.gate.model_copy(update={"max_ece": 1})}),
        frames=killed_backtest.frames(),
    )
    card = found.cards[found.origins[-1].origin]
    for task, model, metric in (
        ("churn", "boosted", "auroc"),
        ("churn", "boosted", "log_loss"),
        ("churn", "recency", "log_loss"),
        ("value", "two_part", "gini"),
        ("value", "trailing", "bias"),
    ):
        assert (
            card.figure(task, model, metric).estimate
            == trained.scorecard.figure(task, model, metric).estimate
        )
    assert "2 at the test rows so far" in trained.about["looks"]  # the backtest looked first


def test_later_outcomes_change_no_earlier_origin(answer, tracked):
    """Whatever happens after an origin's outcomes are settled, its figures stay as they are."""
    _, _, found = answer
    orders = killed_backtest.frames()["orders"]
    last = pd.Timestamp(found.origins[-1].origin)
    changed = orders.copy()
    changed.loc[changed["at"] >= last, "amount"] *= 7
    other = churnlab.backtest(killed_backtest.project(tracked), frames={"orders": changed})
    for each in found.origins[:-1]:
        assert other.cards[each.origin].to_records() == found.cards[each.origin].to_records()
    now, before = (
        a.cards[found.origins[-1].origin].figure("value", "two_part", "bias") for a in (other, found)
    )
    assert now.estimate != before.estimate


@pytest.mark.parametrize("origin", KILLED_AT)
def test_a_killed_backtest_goes_on_and_gives_the_same(answer, tracked, origin):
    _, _, whole = answer
    command = [sys.executable, TESTS / "killed_backtest.py", tracked, str(origin)]
    path = os.pathsep.join([str(TESTS), os.environ.get("PYTHONPATH", "")])
    died = subprocess.run(command, env={**os.environ, "PYTHONPATH": path}, capture_output=True, check=False)
    assert died.returncode == -signal.SIGKILL, died.stderr.decode()[-2000:]
    assert not list(tracked.glob("**/backtest.json"))
    shop = killed_backtest.project(tracked)
    again = churnlab.backtest(shop, frames=killed_backtest.frames())
    assert again.resumed == origin
    assert json.dumps(again.figures(), sort_keys=True) == json.dumps(whole.figures(), sort_keys=True)
    store = tracking.open_store(Tracking(), shop.project, tracked)
    runs = store.client.search_runs([store.experiment_id], "tags.`churnlab.step` = 'backtest'")
    assert sorted(run.info.status for run in runs) == ["FINISHED", "KILLED"]


def test_killed_within_an_origin_it_goes_on_after_the_last_candidate(answer, tracked, monkeypatch):
    _, _, whole = answer
    shop, fit, fitted = killed_backtest.project(tracked), candidates.fit_value, []

    def counted(panel, known, models, **more):
        fitted.append(models.amount)
        if len(fitted) == 4 and dying:
            raise KeyboardInterrupt("at the fourth fit")
        return fit(panel, known, models, **more)

    monkeypatch.setattr(candidates, "fit_value", counted)
    dying = True
    with pytest.raises(KeyboardInterrupt, match="at the fourth fit"):
        churnlab.backtest(shop, frames=killed_backtest.frames())
    kept = sorted(path.name.partition(".")[2] for path in tracked.glob("**/answers/*.part"))
    assert kept == ["churn.part", *(f"value.{name}.part" for name in ("lognormal", "offset", "two_part"))]
    dying, before = False, len(fitted)
    told = []
    again = churnlab.backtest(
        shop, frames=killed_backtest.frames(), progress=lambda step, _: told.append(step)
    )
    assert fitted[before:] == [fitted[3], *fitted[:4] * 2], "the interrupted one, and two origins more"
    assert json.dumps(again.figures(), sort_keys=True) == json.dumps(whole.figures(), sort_keys=True)
    assert not list(tracked.glob("**/answers/*.part"))
    steps = [step for step in dict.fromkeys(told) if step.startswith("fit at origin")]
    assert [step.partition(",")[0] for step in steps] == [f"fit at origin {n} of 3" for n in (1, 2, 3)]


def test_a_broken_or_foreign_answer_is_made_again(answer, tracked):
    folder, _, whole = answer
    shop = killed_backtest.project(tracked)
    shutil.copytree(folder / "out", tracked / "out")
    kept = sorted(tracked.glob("**/answers/*.piece"))
    assert len(kept) == 3
    kept[0].write_bytes(kept[0].read_bytes()[:100])
    kept[1].write_bytes(b"")
    again = churnlab.backtest(shop, frames=killed_backtest.frames())
    assert again.resumed == 1
    assert again.figures() == whole.figures()
    other = killed_backtest.project(tracked, "models.seed=1", "backtest.origins=1")
    assert churnlab.backtest(other, frames=killed_backtest.frames()).resumed == 0


def test_no_customer_id_is_kept(answer):
    folder, _, _ = answer
    for path in (folder / "out" / "shop" / "backtest").rglob("*"):
        if path.is_file():
            assert b"kunde" not in path.read_bytes()
            assert "kunde".encode("utf-32-le") not in path.read_bytes()


def test_candidates_of_both_schools_stand_beside_rules(answer):
    _, _, found = answer
    card = found.cards[found.origins[-1].origin]
    churn = {each.model for each in card.figures if each.task == "churn"}
    value = {each.model for each in card.figures if each.task == "value"}
    assert {
        "boosted",
        "trees",
        "bg_nbd",
        "mbg_nbd",
        "pareto_nbd",
        "prior",
        "recency",
        "logistic_rfm",
    } <= churn
    assert {"two_part", "trees", "one_part", "lognormal", "offset", "bg_nbd", "trailing"} <= value
    groups = {each.segment for each in card.figures}
    assert {"all", "orders so far: one", "orders so far: several"} <= groups


def test_pictures_runs_and_table_are_written(answer):
    folder, shop, found = answer
    assert {each.stem for each in found.pictures} == {
        *("calibration", "gain", "deciles", "log-loss", "auroc", "bias", "value-gini", "value-bias"),
    }
    assert all(each.read_text(encoding="utf-8").startswith("<svg ") for each in found.pictures)
    assert json.loads(found.table.read_text(encoding="utf-8")) == json.loads(json.dumps(found.figures()))
    store = tracking.open_store(Tracking(), shop.project, folder)
    below = store.client.search_runs([store.experiment_id], f"tags.`mlflow.parentRunId` = '{found.run_id}'")
    assert {run.info.run_name for run in below} == {f"origin {each.origin}" for each in found.origins}
    assert found.looks == 1


def test_an_offer_says_what_the_list_would_have_brought(tracked):
    (tracked / "shop.yaml").write_text(
        killed_backtest.CONFIG.replace("origins: 3", "origins: 1, offer: {save_rate: 0.3, contact_cost: 1}"),
        encoding="utf-8",
    )
    found = churnlab.backtest(churnlab.load(tracked / "shop.yaml"), frames=killed_backtest.frames())
    campaign = found.campaigns[0]
    profit, low, high = campaign.planned_profit
    assert low <= profit <= high
    assert profit <= campaign.best_profit * (1 + 1e-9)
    assert 0 < campaign.planned <= campaign.customers
    assert "profit" in {each.stem for each in found.pictures}
    assert found.choices == ()
    assert any("one origin" in note for note in found.notes)


def test_a_snapshot_table_is_judged_by_parts_of_its_customers(tracked):
    chance = np.random.default_rng(5)
    calls = chance.poisson(2, 400)
    left = np.where(chance.random(400) < 0.1 + 0.12 * calls, "yes", "no")
    people = pd.DataFrame(
        {"who": [f"c{n:03}" for n in range(400)], "calls": calls.astype(float), "left": left}
    )
    config = shops.supplied("{calls: {column: calls, kind: number}}")
    (tracked / "shop.yaml").write_text(config, encoding="utf-8")
    shop = churnlab.load(tracked / "shop.yaml", ["backtest.origins=3"])
    found = churnlab.backtest(shop, frames={"people": people})
    assert [each.origin for each in found.origins] == ["part 1", "part 2", "held out"]
    assert {each.model for each in found.cards["held out"].figures} == {"boosted", "prior", "logistic"}


def test_too_little_is_an_error_in_words(tracked):
    with pytest.raises(DataError, match="too little to train on"):
        churnlab.backtest(
            killed_backtest.project(tracked), frames={"orders": killed_backtest.frames()["orders"][:400]}
        )


def rows(risks, churned, **values):
    n = len(churned)
    ids = np.array([f"{k}" for k in range(n)], dtype=object)
    return judged.Judged(
        "here",
        np.array(churned, float),
        np.full(n, np.nan),
        ids,
        {},
        {name: np.array(risk, float) for name, risk in risks.items()},
        values,
        None,
        None,
    )


def test_the_choice_is_the_least_loss_on_the_earlier_origins_and_its_regret_is_told():
    # By hand: on the earlier rows b is right, at the last one a is.
    said = {"boosted": [0.5, 0.5] * 30, "b": [0.9, 0.1] * 30}
    earlier, last = rows(said, [1, 0] * 30), rows(said, [0, 1] * 30)
    (choice,) = figures.choices([earlier], last)
    assert (choice.model, choice.best_at_last) == ("b", "boosted")
    assert choice.on_earlier == pytest.approx(-np.log(0.9))
    assert choice.regret == pytest.approx(-np.log(0.1) + np.log(0.5))
    assert list(figures.choices([], last)) == []


def test_too_much_at_one_origin_does_not_make_up_for_too_little_at_another():
    """By hand: in sum, `swings` is right to the cent; at each origin it is a half off, `steady` a tenth."""
    brought = 10.0 * np.arange(1, 61)

    def origin(factor):
        here = rows({"boosted": [0.5] * 60}, [0, 1] * 30)
        values = {"two_part": 0.9 * brought, "swings": factor * brought}
        return dataclasses.replace(here, value=brought, values=values)

    found = [
        each for each in figures.choices([origin(1.5), origin(0.5)], origin(1.0)) if each.task == "value"
    ]
    assert [each.model for each in found] == ["two_part"]


def test_a_tenth_that_brought_nothing_leaves_the_choice_to_the_money():
    """Both order alike; `bg_nbd`, first by name, expects forty times too much of everybody."""
    brought = np.where(np.arange(60) < 12, 0.0, np.arange(60))
    here = dataclasses.replace(
        rows({"boosted": [0.5] * 60}, [0, 1] * 30),
        value=brought,
        values={"two_part": brought + 1, "bg_nbd": 40 * (brought + 1)},
    )
    assert [each.model for each in figures.choices([here], here) if each.task == "value"] == ["two_part"]


def test_of_few_who_left_nothing_is_chosen():
    few = rows({"boosted": [0.5] * 60, "b": [0.4] * 60}, [1] * 29 + [0] * 31)
    assert list(figures.choices([few], few)) == []


def test_a_difference_is_measured_against_the_best_of_the_others():
    chance = np.random.default_rng(1)
    churned = chance.integers(0, 2, 400)
    good, fair = churned + chance.normal(0, 0.5, 400), churned + chance.normal(0, 2, 400)
    scores = {"boosted": good, "trees": churned * 1.0, "poor": chance.random(400), "fair": fair}
    scores = {name: 1 / (1 + np.exp(-score)) for name, score in scores.items()}
    found = {each.metric: each for each in figures.differences(rows(scores, churned), times=100, seed=1)}
    assert {each.other for each in found.values()} <= {"fair", "poor"}  # our own trees are no rival
    assert found["auroc"].verdict == "better"
    assert found["auroc"].low > 0
    swapped = dict(
        zip(scores, [scores["fair"], scores["trees"], scores["poor"], scores["boosted"]], strict=True)
    )
    found = {each.metric: each for each in figures.differences(rows(swapped, churned), times=100, seed=1)}
    assert found["auroc"].verdict == "worse"
    assert dataclasses.replace(found["log_loss"], low=0.1, high=0.2).verdict == "worse"
