"""Which version the lists use: a training takes over when the gate says so, and one command goes back."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

import churnlab
import killed_backtest
import shops
from churnlab import cli, tracking
from churnlab.config import Tracking
from churnlab.errors import ConfigError, GateError, IntegrityError, LockedError, NotPromotedError
from churnlab.lists import lock
from churnlab.models import files
from churnlab.workflow import training
from signed_shop import DAY, STUMP, store


def risks(scored):
    rows = pq.read_table(scored.folder / "all.parquet").to_pandas()
    return rows.sort_values("customer_id")["churn_risk"].tolist(), scored.version


def test_first_worse_equal_and_back_again(new_shop, signed_frames):
    first = churnlab.train(new_shop(), frames=signed_frames)
    assert (first.verdict.outcome, first.verdict.champion) == ("first", None)
    before = risks(churnlab.score(new_shop(), DAY, frames=signed_frames))

    worse = churnlab.train(new_shop(*STUMP), frames=signed_frames)
    assert (worse.version, worse.verdict.outcome, worse.verdict.champion) == ("2", "refused", "1")
    assert "average_precision" in worse.verdict.reason
    assert worse.verdict.notes == ()  # held-out rows of the same date: the champion has not seen them
    assert risks(churnlab.score(new_shop(), DAY, frames=signed_frames)) == before

    again = churnlab.train(new_shop(), frames=signed_frames)
    assert (again.version, again.verdict.outcome) == ("3", "promoted")
    assert "within all bounds of version 1" in again.verdict.reason
    same = churnlab.score(new_shop(), DAY, frames=signed_frames)
    assert (risks(same), same.existed) == (before, True)  # the same files make the same list
    assert any("made under version 1, and say so: the files of version 3" in note for note in same.notes)

    listed = churnlab.list_models(new_shop()).as_dict()
    assert listed["champion"] == "3"
    assert [(each["version"], each["gate"]) for each in listed["versions"]] == [
        ("3", "promoted"),
        ("2", "refused"),
        ("1", "first"),
    ]
    assert [each["is_champion"] for each in listed["versions"]] == [True, False, False]
    assert listed["versions"][1]["reason"] == worse.verdict.reason[:500]
    assert [(each["version"], each["before"], each["by"]) for each in listed["changes"]] == [
        ("1", None, "tester"),
        ("3", "1", "tester"),
    ]
    kept = json.loads(tracking.Run.of(store(new_shop()), worse.run_id).read_text("gate.json"))
    assert kept == worse.as_dict()["gate"]

    with pytest.raises(GateError, match="version 1 was trained on other terms") as refused:
        churnlab.rollback(new_shop("churn.horizon_days=45"), reason="it could make no lists")
    assert refused.value.got == "churn.horizon_days: trained 60, now 45"
    assert "put the configuration back first" in str(refused.value)
    assert tracking.alias(store(new_shop())) == "3", "nothing was moved"
    back = churnlab.rollback(new_shop(), reason="version 3 took over a broken channel")
    assert (back.change.version, back.change.before, back.change.by) == ("1", "3", "tester")
    assert risks(churnlab.score(new_shop(), DAY, frames=signed_frames)) == before
    changed = churnlab.list_models(new_shop()).changes[-1]
    assert (changed.back, changed.reason) == (True, "version 3 took over a broken channel")
    with pytest.raises(ConfigError, match="no earlier champion is recorded"):
        churnlab.rollback(new_shop(), reason="further back")
    with pytest.raises(ConfigError, match="version 2 is no earlier champion"):
        churnlab.rollback(new_shop(), "2", reason="a refused one")
    forward = churnlab.rollback(new_shop(), "3", reason="the channel was mended")
    assert (forward.change.version, forward.change.before, forward.change.back) == ("3", "1", True)
    assert tracking.champion(store(new_shop())).version == "3"
    assert churnlab.rollback(new_shop(), reason="broken again").change.version == "1"
    held = churnlab.train(new_shop("gate.hold=true"), frames=signed_frames)
    assert (held.verdict.outcome, tracking.alias(store(new_shop()))) == ("refused", "1")


def test_a_better_challenger_takes_over_and_run_goes_on_with_the_one_that_stays(new_shop, signed_frames):
    assert churnlab.train(new_shop(*STUMP), frames=signed_frames).verdict.outcome == "first"
    better = churnlab.train(new_shop(), frames=signed_frames)
    assert better.verdict.outcome == "promoted"
    ran = churnlab.run(new_shop(*STUMP), DAY, frames=signed_frames)
    assert (ran.trained.version, ran.trained.verdict.outcome) == ("3", "refused")
    assert (ran.scored.version, ran.scored.totals[-1].customers > 100) == ("2", True)
    assert ran.as_dict()["trained"]["gate"]["verdict"] == "refused"


def test_an_added_family_is_compared_and_another_question_is_not(one, signed_frames):
    wider = churnlab.train(
        one("features.families=[recency,frequency,monetary,rhythm]", *STUMP), frames=signed_frames
    )
    assert wider.verdict.outcome == "refused"  # by the champion's scores, on the features that it knows
    with pytest.raises(NotPromotedError, match="no other to make lists with"):
        churnlab.run(
            one("features.families=[recency,frequency,monetary,rhythm]", *STUMP), DAY, frames=signed_frames
        )
    assert tracking.alias(store(one())) == "1"
    other = churnlab.train(one("churn.horizon_days=45", *STUMP), frames=signed_frames)
    assert other.verdict.outcome == "promoted"
    assert "churn.horizon_days: trained 60, now 45" in other.verdict.reason
    kept = churnlab.train(one("gate.other_terms=refuse"), frames=signed_frames)
    assert (kept.verdict.outcome, tracking.alias(store(one()))) == ("refused", other.version)


def test_a_champion_that_knows_the_window_is_said_to(new_shop, signed_frames):
    late = churnlab.train(new_shop(), frames=signed_frames)
    earlier = "evaluation.test_as_of=2024-12-01"
    found = churnlab.train(new_shop(earlier), frames=signed_frames)
    assert late.verdict.notes == ()
    assert (
        "the champion has seen part of the window: it has learned from outcomes until"
        in found.verdict.notes[0]
    )


def test_a_champion_whose_files_were_changed_is_no_yardstick(one, signed_frames, signed_states):
    for path in (signed_states.root / "mlartifacts").rglob("model/churn.json"):
        path.write_bytes(path.read_bytes() + b" ")
    found = churnlab.train(one(), frames=signed_frames)
    assert found.verdict.outcome == "promoted"
    assert (
        "it cannot be trusted (the model's files are not those that were registered)" in found.verdict.reason
    )
    with pytest.raises(IntegrityError, match="not those that were registered"):
        churnlab.rollback(one(), "1", reason="a swapped file must not come back")
    assert tracking.alias(store(one())) == "2"


PEOPLE = shops.supplied(
    "{status: {column: status, kind: category}, years: {column: age, kind: number}}", shops.ANY
)


def people(rows=600, leaks=True):
    """Both years and status tell something; where ``leaks``, status is the answer for 98 of 100."""
    chance = np.random.default_rng(1)
    age, closed = chance.integers(0, 50, rows), chance.random(rows) < 0.4
    left = chance.random(rows) < 0.05 + 0.008 * age + 0.3 * closed
    if leaks:
        closed = left ^ (chance.random(rows) < 0.02)
    return pd.DataFrame(
        {
            "who": [f"{n:04d}" for n in range(rows)],
            "age": age,
            "status": np.where(closed, "closed", "active"),
            "left": np.where(left, "yes", "no"),
        }
    )


def test_a_leak_blocks_until_a_person_names_it(tracked, capfd):
    (tracked / "shop.yaml").write_text(PEOPLE, encoding="utf-8")
    project = churnlab.load(tracked / "shop.yaml")
    with pytest.raises(GateError, match="suspected_leak: status") as caught:
        churnlab.train(project, frames={"people": people()})
    assert caught.value.exit_code == 4
    assert "evaluation.accepted_leaks" in str(caught.value)
    assert "stays" not in str(caught.value), "there is no champion yet"
    (made,) = churnlab.list_models(project).versions  # registered for a look
    assert (made.gate, tracking.alias(store(project))) == ("refused", None)
    accepted = churnlab.load(tracked / "shop.yaml", ["evaluation.accepted_leaks=[status]"])
    assert churnlab.train(accepted, frames={"people": people()}).verdict.outcome == "first"
    # Beside a champion the lists go on, and the leak is still exit 4 for train.
    with pytest.raises(GateError, match=r"(?s)suspected_leak: status.*; version 2 stays the champion$"):
        churnlab.train(project, frames={"people": people()})
    ran = churnlab.run(project, DAY, frames={"people": people()})
    assert (ran.trained.verdict.outcome, ran.scored.version) == ("refused", "2")


def test_too_few_who_left_is_insufficient_and_the_result_is_shown(tracked, capfd):
    (tracked / "shop.yaml").write_text(PEOPLE, encoding="utf-8")
    people(160, leaks=False).to_csv(tracked / "people.csv", index=False)
    text = PEOPLE.replace("frame: people", "files: [people.csv]")
    (tracked / "shop.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(SystemExit) as left:
        cli.main(["train", str(tracked / "shop.yaml"), "--json"])
    out, err = capfd.readouterr()
    assert left.value.code == 4
    assert "not promoted, and there is no other to make lists with" in err
    answer = json.loads(out)
    assert (answer["gate"]["verdict"], answer["version"]) == ("insufficient", "1")
    with pytest.raises(SystemExit) as left:
        cli.main(["models", str(tracked / "shop.yaml"), "--json"])
    assert left.value.code == 0
    assert json.loads(capfd.readouterr().out)["champion"] is None


def test_rollback_and_models_on_the_command_line(tracked, capfd):
    text = PEOPLE.replace("frame: people", "files: [people.csv]")
    (tracked / "shop.yaml").write_text(text, encoding="utf-8")
    people(leaks=False).to_csv(tracked / "people.csv", index=False)
    config = str(tracked / "shop.yaml")

    def ends(*arguments):
        with pytest.raises(SystemExit) as left:
            cli.main([*arguments])
        return left.value.code, *capfd.readouterr()

    assert ends("rollback", config, "--reason", "x")[0] == 2
    for _ in range(2):
        code, out, _ = ends("train", config)
        assert code == 0
    assert "Gate: promoted, version 2 is the champion" in out
    assert ends("rollback", config)[0] == 2  # no reason given
    code, out, _ = ends("rollback", config, "--reason", "the old one was better")
    assert (code, "Version 1 is the champion again, instead of version 2" in out) == (0, True)
    code, out, _ = ends("models", config)
    assert code == 0
    assert "2 versions, version 1 is the champion" in out
    assert "the old one was better" in out


def test_who_changes_the_champion_holds_the_lock(new_shop, signed_frames, tracked):
    with lock.held(tracked / "out" / "shop", "another"):
        for change in (
            lambda: churnlab.train(new_shop(), frames=signed_frames),
            lambda: churnlab.rollback(new_shop(), reason="x"),
        ):
            with pytest.raises(LockedError, match="another run"):
                change()


def test_another_champion_named_meanwhile_stays(one, signed_frames, monkeypatch):
    judged = training.judged

    def overtaken(opening, store, *rest):
        verdict = judged(opening, store, *rest)
        with tracking.run(store, "train") as run:
            version = store.client.create_model_version("shop", "file:///none", run.run_id).version
        store.client.set_registered_model_alias("shop", "champion", version)
        return verdict

    monkeypatch.setattr(training, "judged", overtaken)
    with pytest.raises(IntegrityError, match="another champion of shop was named in the meantime"):
        churnlab.train(one(), frames=signed_frames)
    assert tracking.alias(store(one())) == "2"


KILLED = """
import sys
sys.path.insert(0, sys.argv[2])
import shops, churnlab
churnlab.train(churnlab.load(sys.argv[1]), frames={"orders": shops.orders(400)})
"""


def test_killed_between_registering_and_promotion_the_old_champion_stays(one, signed_frames, signed_states):
    here = str(Path(shops.__file__).parent)
    died = subprocess.run(
        [sys.executable, "-c", KILLED, str(signed_states.root / "shop.yaml"), here],
        env={**os.environ, "CHURNLAB_FAILPOINT": "registry.recorded:kill"},
        capture_output=True,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL
    listed = churnlab.list_models(one())
    assert listed.champion == "1"
    assert [(each.version, each.gate) for each in listed.versions] == [("2", "promoted"), ("1", "first")]
    assert [each.version for each in listed.changes] == ["1"]
    assert churnlab.score(one(), DAY, frames=signed_frames).version == "1"
    assert churnlab.train(one(), frames=signed_frames).verdict.outcome == "promoted"


def test_a_history_shorter_than_its_horizon_is_trained_and_says_until_when_it_learned(tmp_path, monkeypatch):
    """No outcome of 210 days is settled before the test date: what is learned from ends before it."""
    monkeypatch.chdir(tmp_path)
    shop = killed_backtest.project(tmp_path, "churn.horizon_days=210", "gate.max_ece=1")
    trained = churnlab.train(shop, frames=killed_backtest.frames())
    assert any("carried on at the pace" in note for note in trained.notes)
    store = tracking.open_store(Tracking(), shop.project, tmp_path)
    champion = tracking.champion(store)
    learned = files.load(champion.folder, champion.digests).extra["learned"]
    assert learned["until"] <= learned["tested"]
    again = churnlab.train(shop, frames=killed_backtest.frames())
    assert again.verdict.outcome == "promoted"
