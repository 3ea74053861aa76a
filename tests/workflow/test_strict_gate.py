"""The strict gate: a candidate waits for a sign-off, and a rejected champion makes no lists."""

import json
import re
from pathlib import Path

import pytest

import churnlab
from churnlab import cli, tracking
from churnlab.errors import ConfigError, GateError, IntegrityError, NotPromotedError
from signed_shop import CONFIG, DAY, STRICT, STUMP, ann, store


def test_strict_a_first_version_waits_and_is_promoted_by_a_word(new_shop, signed_frames):
    project = new_shop(STRICT)
    with pytest.raises(
        NotPromotedError, match="version 1 passed the gate and waits for a sign-off"
    ) as caught:
        churnlab.train(project, frames=signed_frames)
    assert caught.value.exit_code == 4
    assert "churnlab review CONFIG --run 1, then churnlab sign CONFIG --version 1" in str(caught.value)
    trained = caught.value.result
    assert (trained.verdict.outcome, trained.verdict.promoted) == ("candidate", False)
    assert "it waits for a sign-off (gate.strict)" in trained.verdict.reason
    assert "Gate: candidate, version 1 waits for a sign-off" in list(trained.sections())[-1]["title"]
    assert tracking.alias(store(project)) is None
    with pytest.raises(IntegrityError, match="has the alias champion"):
        churnlab.score(project, DAY, frames=signed_frames)
    assert b"there is none yet" in churnlab.review(project, run="1").report.read_bytes()
    with pytest.raises(ConfigError, match="which version is signed") as caught:
        ann(project)
    assert "got: there is no champion; waiting for a sign-off: 1" in str(caught.value)
    assert ann(project, "rejected", "1").notes == ("there is still no champion",)
    done = ann(project, "approved_with_conditions", "1", comment="small lists first")
    assert done.notes == ("version 1 is the champion now",)
    assert done.as_dict()["champion_now"] == "1"
    (change,) = churnlab.list_models(project).changes
    assert (change.version, change.before, change.by) == ("1", None, "tester")
    assert change.reason.startswith("candidate: approved with conditions by Ann on ")
    assert change.reason.endswith(": small lists first")
    scored = churnlab.score(project, DAY, frames=signed_frames)
    assert (scored.version, [note for note in scored.notes if "signed" in note]) == ("1", [])


def test_strict_the_champion_stays_until_a_candidate_is_approved(one, signed_frames):
    project = one(STRICT)
    unsigned = churnlab.score(project, DAY, frames=signed_frames)
    assert "version 1 is not signed, and gate.strict is on" in unsigned.notes[-1]
    ran = churnlab.run(project, DAY, frames=signed_frames)  # trains a candidate, goes on with the champion
    assert (ran.trained.verdict.outcome, ran.scored.version) == ("candidate", "1")
    assert "version 1 stays" in list(ran.trained.sections())[-1]["title"]
    with pytest.raises(ConfigError, match="which version is signed") as caught:
        ann(project)
    assert "version 1 is the champion; waiting for a sign-off: 2" in str(caught.value)
    with pytest.raises(ConfigError, match="no report of version 2 was written yet"):
        ann(project, version="2")
    churnlab.review(project, run="2")
    assert ann(project, "rejected", "2").notes == ("version 1 stays the champion",)
    assert ann(one(), version="2").notes == ("version 1 stays the champion: gate.strict is off",)
    held = one(STRICT, "gate.hold=true")
    assert ann(held, version="2").notes == ("version 1 stays the champion: gate.hold is on",)
    assert tracking.alias(store(project)) == "1"
    done = ann(project, version="2")
    assert (done.change.version, done.change.before) == ("2", "1")
    assert done.notes == ("version 2 is the champion now, instead of version 1",)
    refused = churnlab.train(one(STRICT, *STUMP), frames=signed_frames)
    assert refused.verdict.outcome == "refused"
    churnlab.review(project, run="3")
    assert ann(project, version="3").notes == (
        "version 2 stays the champion: of version 3 the gate said refused, not candidate",
    )


def test_strict_an_older_candidate_does_not_come_back_and_terms_are_told(one, signed_frames):
    project = one(STRICT)
    for version in ("2", "3"):
        assert churnlab.train(project, frames=signed_frames).version == version
        churnlab.review(project, run=version)
    done = ann(one(STRICT, "churn.horizon_days=45"), version="3")
    assert "to score with it, put the configuration back: churn.horizon_days: trained 60" in done.notes[-1]
    (note,) = ann(project, version="2").notes
    assert note.startswith("version 3 stays the champion, since it is newer")
    back = churnlab.rollback(project, reason="version 3 is odd")
    assert back.change.version == "1"
    assert ann(project, version="3").notes[0] == "version 3 is the champion now, instead of version 1"
    late = churnlab.train(project, frames=signed_frames)
    assert (late.version, late.verdict.champion) == ("4", "3")
    assert churnlab.rollback(project, reason="still odd").change.version == "1"
    churnlab.review(project, run="4")
    assert ann(project, version="4").notes == (
        "version 4 is the champion now, instead of version 1",
        "the gate compared it with version 3, not with version 1",
    )


def test_strict_a_rejected_champion_makes_no_lists(again, signed_frames):
    project = again(STRICT)
    churnlab.review(project)
    done = ann(project, "rejected", "2", comment="a channel is missing")
    assert done.notes == (
        'no list is made with it any more: go back: churnlab rollback CONFIG --reason "..."',
    )
    assert tracking.alias(store(project)) == "2"
    with pytest.raises(GateError, match=r"version 2 was rejected, and gate\.strict is on") as caught:
        churnlab.score(project, DAY, frames=signed_frames)
    assert caught.value.exit_code == 4
    assert "a channel is missing" in str(caught.value)
    assert "churnlab rollback CONFIG" in str(caught.value)
    assert "churnlab sign CONFIG --version 2" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 3
    with pytest.raises(GateError, match="version 2 was rejected"):
        churnlab.run(project, DAY, frames=signed_frames)
    assert not list(Path(project.root).glob("out/shop/lists/*/CURRENT"))
    assert churnlab.score(again(), DAY, frames=signed_frames).version == "2"  # not strict: a record, no more
    churnlab.rollback(project, reason="rejected")
    assert churnlab.score(project, DAY, frames=signed_frames).version == "1"
    churnlab.review(project, run="1")
    with pytest.raises(
        IntegrityError, match=r"report\.html is not the report that was written last of version 2"
    ):
        ann(project, "approved", "2")  # that of version 1 has been written over it
    churnlab.review(project, run="2")
    assert ann(project, "approved", "2").notes[0].startswith("version 1 stays the champion: of version 2")


def test_strict_it_does_not_go_back_to_a_rejected_version(again):
    project = again(STRICT)
    churnlab.review(project, run="1")
    ann(project, "rejected", "1")
    with pytest.raises(GateError, match="version 1 was rejected"):
        churnlab.rollback(project, reason="back")
    assert tracking.alias(store(project)) == "2"


def test_strict_a_void_sign_off_makes_no_lists(one, signed_frames):
    project = one(STRICT)
    churnlab.review(project)
    ann(project, "rejected")
    client = store(project).client
    tags = client.get_model_version("shop", "1").tags
    (key,) = (key for key in tags if key.startswith("churnlab.sign."))
    client.set_model_version_tag("shop", "1", key, tags[key].replace("rejected", "approved"))
    with pytest.raises(IntegrityError, match="the last sign-off of version 1 is void") as caught:
        churnlab.score(project, DAY, frames=signed_frames)
    assert "the record of this sign-off was changed" in str(caught.value)
    client.delete_model_version_tag("shop", "1", key)
    with pytest.raises(IntegrityError, match="the last sign-off of version 1 is void"):
        churnlab.score(project, DAY, frames=signed_frames)
    ann(project)
    assert churnlab.score(project, DAY, frames=signed_frames).version == "1"


def test_rejected_while_it_scores_nothing_is_published(one, signed_frames, monkeypatch):
    from churnlab.workflow import making

    project = one(STRICT)
    churnlab.review(project)
    ann(project)
    place = making.place_all

    def rejected_meanwhile(*given):
        place(*given)
        signed = tracking.sign_offs(store(project), "1")[-1]
        tracking.sign(store(project), "1", signed.__class__(**{**signed.as_dict(), "verdict": "rejected"}))

    monkeypatch.setattr(making, "place_all", rejected_meanwhile)
    with pytest.raises(GateError, match="version 1 was rejected"):
        churnlab.score(project, DAY, frames=signed_frames)
    assert not list(Path(project.root).glob("out/shop/lists/*/CURRENT"))


def advised(told):
    """The arguments of the rollback that a message names, None where it names none."""
    found = re.search(r'churnlab rollback CONFIG(?: --to (\d+))? --reason "\.\.\."', str(told))
    return None if found is None else found[1]


def test_strict_the_advice_after_a_rejection_is_a_command_that_works(one, signed_frames):
    project = one(STRICT)
    churnlab.review(project)
    done = ann(project, "rejected", "1")  # the first and only one: there is nothing to go back to
    assert done.notes == ("no list is made with it any more: train another one: churnlab train CONFIG",)
    with pytest.raises(GateError, match="version 1 was rejected") as caught:
        churnlab.score(project, DAY, frames=signed_frames)
    assert "rollback" not in str(caught.value)
    assert "train another one: churnlab train CONFIG" in str(caught.value)
    with pytest.raises(ConfigError, match="no earlier champion is recorded") as nowhere:
        churnlab.rollback(project, reason="back")
    assert "train another one: churnlab train CONFIG" in str(nowhere.value)
    for _ in range(2):  # as it says
        churnlab.train(one(), frames=signed_frames)
    churnlab.review(project)
    (note,) = ann(project, "rejected", "3").notes
    assert advised(note) is None
    assert "--reason" in note
    assert churnlab.rollback(project, advised(note), reason="as told").change.version == "2"
    churnlab.review(project)
    (note,) = ann(project, "rejected", "2").notes  # 1 and 3 were rejected, too
    assert note.endswith("train another one: churnlab train CONFIG")
    churnlab.review(project, run="3")
    ann(project, "approved", "3")
    with pytest.raises(GateError, match="version 2 was rejected") as caught:
        churnlab.score(project, DAY, frames=signed_frames)
    assert advised(caught.value) == "3", "forward: the one before version 2 was rejected"
    with pytest.raises(GateError, match="version 1 was rejected") as refused:
        churnlab.rollback(project, reason="to the one before")
    assert advised(refused.value) == "3"
    assert churnlab.rollback(project, "3", reason="as told").change.version == "3"
    assert churnlab.score(project, DAY, frames=signed_frames).version == "3"


def test_strict_what_was_gone_back_from_does_not_wait_and_comes_back_by_its_name(candidate, signed_frames):
    project = candidate(STRICT)
    assert ann(project, version="2").change.version == "2"
    churnlab.rollback(project, reason="odd")
    churnlab.review(project)
    assert ann(project).version == "1", "nothing waits: the champion is signed"
    churnlab.train(project, frames=signed_frames)
    with pytest.raises(ConfigError, match=r"waiting for a sign-off: 3\nmend"):
        ann(project)
    forward = churnlab.rollback(project, "2", reason="it was not the model")
    assert (forward.change.version, forward.change.before) == ("2", "1")
    assert churnlab.score(project, DAY, frames=signed_frames).version == "2"
    # From where it came when it came, not from where it was brought back.
    assert churnlab.rollback(project, reason="odd after all").change.version == "1"


def test_strict_run_shows_what_it_did_before_it_is_refused(new_shop, signed_frames, tracked, capfd):
    signed_frames["orders"].to_parquet(tracked / "orders.parquet")
    text = CONFIG.replace("frame: orders", "files: [orders.parquet]")
    (tracked / "shop.yaml").write_text(text, encoding="utf-8")

    def ran(*more):
        with pytest.raises(SystemExit) as left:
            cli.main(["run", str(tracked / "shop.yaml"), "--as-of", str(DAY), "--set", STRICT, *more])
        out, err = capfd.readouterr()
        return left.value.code, out, err

    code, out, err = ran()
    assert code == 4
    assert "Gate: candidate, version 1 waits for a sign-off" in out
    assert "version 1 passed the gate and waits for a sign-off" in err
    project = new_shop(STRICT)
    churnlab.review(project, run="1")
    ann(project, "approved", "1")
    churnlab.review(project)
    ann(project, "rejected", "1")
    code, out, err = ran("--json")  # trains a candidate, and the champion that stays was rejected
    assert code == 4
    answer = json.loads(out)
    assert (answer["version"], answer["gate"]["verdict"]) == ("2", "candidate")
    assert "version 1 was rejected" in err
