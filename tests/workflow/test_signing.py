"""Reports of any version, sign-offs of exactly what was read, and the strict gate that waits for them."""

import datetime as dt
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import churnlab
import shops
from churnlab import cli, tracking
from churnlab.errors import ConfigError, DataError, GateError, IntegrityError, LockedError, NotPromotedError
from churnlab.lists import lock

CONFIG = (
    shops.CONFIG
    + """churn: {horizon_days: 60}
models: {threads: 1, churn: {trees: 40}, value: {trees: 20}}
features: {families: [recency, frequency, monetary]}
evaluation: {bootstrap: 0}
gate: {max_ece: 1, max_ece_worse: 1}
review: {limits: [No shops in May]}
"""
)
DAY = dt.date(2025, 5, 1)
STRICT = "gate.strict=true"
STUMP = [
    "models.churn.trees=1",
    "models.churn.depth=1",
    "evaluation.accepted_leaks=[days_since_last_order]",
]
PAYLOAD = "</td><script>alert(1)</script> [x](http://evil.example) | \u202ea\nb"


@pytest.fixture
def shop(tracked, monkeypatch):
    monkeypatch.setenv("CHURNLAB_ACTOR", "tester")
    (tracked / "shop.yaml").write_text(CONFIG, encoding="utf-8")
    return lambda *overrides: churnlab.load(tracked / "shop.yaml", overrides)


@pytest.fixture(scope="module")
def frames():
    return {"orders": shops.orders(400)}


@pytest.fixture
def begun(kept, frames, monkeypatch):
    """``begun(state)``: a project in a state that is made once for all tests."""
    monkeypatch.setenv("CHURNLAB_ACTOR", "tester")

    def shop(*overrides):
        return churnlab.load(kept.root / "shop.yaml", overrides)

    def one(root):
        (root / "shop.yaml").write_text(CONFIG, encoding="utf-8")
        churnlab.train(shop(), frames=frames)

    def candidate(_):
        churnlab.train(shop(STRICT), frames=frames)
        churnlab.review(shop(STRICT), run="2")

    states = {
        "one": (one, "empty"),
        "stump": (lambda _: churnlab.train(shop(*STUMP), frames=frames), "one"),
        "again": (lambda _: churnlab.train(shop(), frames=frames), "one"),
        "candidate": (candidate, "one"),
    }

    def at(state):
        make, after = states[state]
        if after != "empty":
            at(after)
        kept.at(state, make, after)
        return shop

    return at


@pytest.fixture
def one(begun):
    """Version 1 is the champion."""
    return begun("one")


@pytest.fixture
def two(begun):
    """And version 2 was refused."""
    return begun("stump")


@pytest.fixture
def again(begun):
    """And version 2 took over."""
    return begun("again")


@pytest.fixture
def candidate(begun):
    """And version 2, of which there is a report, waits for a sign-off."""
    return begun("candidate")


def store(project):
    return tracking.open_store(project.tracking, project.project, Path(project.root))


def ann(project, verdict="approved", version=None, **more):
    return churnlab.sign(project, reviewer="Ann", verdict=verdict, version=version, **more)


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def test_a_report_of_any_version_beside_that_of_the_champion(two, kept):
    project = two()
    champion, challenger = churnlab.list_models(project).versions[::-1]
    first = churnlab.review(project).report
    assert first == kept.root / "out" / "shop" / "report.html"
    page = first.read_bytes()
    assert b"is not the champion" not in page
    assert b"No shops in May" in page
    assert b"at least one order before the date" in page
    for named in ("2", "v2", challenger.run_id, challenger.run_id[:12], f" {challenger.run_id.upper()}"):
        found = churnlab.review(project, run=named).report
        assert found == kept.root / "out" / "shop" / "report-2.html"
        assert b"Version 2 is not the champion: the lists are made by version 1." in found.read_bytes()
    assert churnlab.review(project, run=champion.run_id).report == first
    assert first.read_bytes() == page


def test_what_is_no_version_is_told_in_words(two):
    project = two()
    run_id = churnlab.list_models(project).versions[0].run_id
    typo = run_id[:10] + ("0" if run_id[10] != "0" else "1") + run_id[11:]
    with pytest.raises(DataError, match=f"is called '{typo}'; did you mean '{run_id}'") as caught:
        churnlab.review(project, run=typo)
    assert str(caught.value).splitlines()[1:] == [
        "got: the versions 2, 1",
        "mend: churnlab models CONFIG shows every version",
    ]
    for named in ("9", run_id[:3], "", "../etc"):
        with pytest.raises(DataError, match="that registered a version is called"):
            churnlab.review(project, run=named)
    with pytest.raises(ConfigError, match="no such format; did you mean 'html'"):
        churnlab.review(project, format="htm")
    with pytest.raises(DataError, match="version 2 has made no lists for 2025-05-01"):
        churnlab.review(project, DAY, "2")


def test_nothing_is_registered_yet(shop):
    with pytest.raises(DataError, match="no training of shop that registered a version is called '1'"):
        churnlab.review(shop(), run="1")
    with pytest.raises(ConfigError, match="which version is signed"):
        ann(shop())


def test_two_runs_that_begin_alike_are_asked_about(two, monkeypatch):
    project = two()
    listed = tracking.versions(store(project))
    alike = [
        churnlab.tracking.Version(v.version, f"abcd{v.version}", v.made, v.gate, v.reason) for v in listed
    ]
    monkeypatch.setattr(tracking, "versions", lambda _store: tuple(alike))
    with pytest.raises(ConfigError, match="abcd is the beginning of 2 runs"):
        churnlab.review(project, run="abcd")


def test_evidence_that_was_changed_or_is_gone_makes_no_report(one, kept):
    paths = list((kept.root / "mlartifacts").rglob("evidence.json"))
    for path in paths:
        path.write_text(path.read_text("utf-8").replace("<svg", "<svg onload=alert(1)"), encoding="utf-8")
    with pytest.raises(IntegrityError, match="what training kept of version 1 cannot be read"):
        churnlab.review(one(), run="1")
    for path in paths:
        path.unlink()
    with pytest.raises(IntegrityError, match="what training kept of version 1 cannot be read"):
        churnlab.review(one(), run="1")


def test_the_model_card_is_a_file_a_description_and_an_artifact(two, kept):
    project = two()
    path = churnlab.review(project, format="md").report
    card = path.read_text("utf-8")
    assert path == kept.root / "out" / "shop" / "model-card.md"
    assert card.startswith("# Model card: shop, version 1\n\n## What it decides\n\nWhich customers to keep")
    for told in ("* No shops in May\n", "**not signed**", "Settings tried by searches of this project: 0"):
        assert told in card
    assert "has been looked at 2 times" in card
    assert len(card) > 5_000
    told = store(project).client.get_model_version("shop", "1").description
    assert told.startswith(card[:2_000])
    assert "The whole card is the artifact `model-card.md` of the run `" in told
    assert len(told) <= 5_000
    (artifact,) = (kept.root / "mlartifacts").rglob("model-card.md")
    assert artifact.read_text("utf-8") == card
    assert churnlab.review(project, run="2", format="md").report.name == "model-card-2.md"
    with pytest.raises(ConfigError, match="no report of version 1 was written yet"):  # a card is not enough
        ann(project)


def test_signing_keeps_what_was_read_and_by_whom(two, kept):
    project = two()
    with pytest.raises(ConfigError, match="no report of version 1 was written yet") as caught:
        ann(project)
    assert "churnlab review CONFIG --run 1, then churnlab sign CONFIG --version 1" in str(caught.value)
    report = churnlab.review(project).report
    assert "not signed" in report.read_text("utf-8")
    read = sha256(report)
    done = ann(project, "approved_with_conditions", comment="no calls\nto minors")
    assert (done.version, done.change, done.notes) == ("1", None, ())
    signed = done.signed
    assert (signed.reviewer, signed.comment, signed.by) == ("Ann", "no calls to minors", "tester")
    (evidence,) = (
        path
        for path in (kept.root / "mlartifacts").rglob("evidence.json")
        if churnlab.list_models(project).versions[1].run_id in str(path)
    )
    assert (signed.report, signed.evidence) == (read, sha256(evidence))
    model = tracking.champion(store(project))
    assert signed.model == {path.name: sha256(path) for path in model.folder.iterdir()}
    page = churnlab.review(project).report.read_text("utf-8")
    assert "approved with conditions" in page
    assert "no calls to minors" in page
    assert "not signed" not in page
    assert read[:16] in page
    assert sha256(report) != read
    again = ann(project, "rejected", comment="a leak")  # of the later report; the earlier one stays
    listed = churnlab.list_models(project)
    assert listed.signed["1"] == (signed, again.signed)
    assert listed.signed["2"] == ()
    plain = listed.as_dict()["versions"][1]["sign_offs"]
    assert [(each["verdict"], each["void"]) for each in plain] == [
        ("approved_with_conditions", None),
        ("rejected", None),
    ]
    assert json.dumps(plain)
    day, lines = again.signed.at[:10], next(listed.sections())["lines"]
    assert "  2: sign-off: none" in lines
    assert f"  1: sign-off: rejected by Ann on {day}" in lines
    # The gate is not strict: signing changed nothing but the record.
    assert tracking.alias(store(project)) == "1"
    churnlab.review(project, run="2")
    assert ann(project, version="2").change is None


def test_a_sign_off_of_another_model_or_report_is_refused_or_void(one, kept):
    project = one()
    report = churnlab.review(project).report
    page = report.read_bytes()
    report.write_bytes(page.replace(b"0.", b"1."))
    with pytest.raises(IntegrityError, match=r"report\.html is not the report that was written last"):
        ann(project)
    report.unlink()  # its copy in the run of the review stands for it
    ann(project)
    for path in (kept.root / "mlartifacts").rglob("model/churn.json"):
        path.write_bytes(path.read_bytes() + b" ")
    listed = churnlab.list_models(project)
    assert [each.void for each in listed.signed["1"]] == ["files"]
    told = "\n".join(next(listed.sections())["lines"])
    assert "void: the files of the model are not those that were signed" in told
    assert "<strong>not signed</strong>" in churnlab.review(project).report.read_text("utf-8")
    with pytest.raises(IntegrityError, match="not those that were registered"):
        ann(project)


def test_a_report_whose_copies_are_all_gone_was_read_by_nobody(one, kept):
    project = one()
    churnlab.review(project).report.unlink()
    for path in (kept.root / "mlartifacts").rglob("report.html"):
        path.unlink()
    with pytest.raises(IntegrityError, match="got: other bytes, or none"):
        ann(project)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"verdict": "approve"}, "no such verdict; did you mean 'approved'"),
        ({"reviewer": " \n"}, "needs the name of who reviewed"),
        ({"reviewer": "x" * 201}, "--reviewer: too long"),
        ({"comment": "x" * 1_001}, "--comment: too long"),
    ],
)
def test_what_cannot_be_recorded_is_refused_before_anything_is_asked(shop, given, told):
    with pytest.raises(ConfigError, match=told):
        churnlab.sign(shop(), **{"reviewer": "Ann", "verdict": "approved", **given})


def test_a_name_or_comment_is_shown_as_text_everywhere(one, capfd):
    project = one()
    churnlab.review(project)
    churnlab.sign(project, reviewer=PAYLOAD, verdict="approved", comment=PAYLOAD)
    page = churnlab.review(project).report.read_text("utf-8")
    assert "<script" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt;") == 2
    card = churnlab.review(project, format="md").report.read_text("utf-8")
    assert "<script" not in card
    assert "http://" not in card
    assert "\\[x\\](http\\:\\/\\/evil\\.example) \\|" in card
    assert "\u202e" not in page + card
    with pytest.raises(SystemExit, match=r"^0$"):
        cli.main(["models", f"{project.root}/shop.yaml"])
    out = capfd.readouterr().out
    assert "\u202e" not in out


def test_who_signs_holds_the_lock(one, kept):
    churnlab.review(one())
    with lock.held(kept.root / "out" / "shop", "another"), pytest.raises(LockedError, match="another run"):
        ann(one())


def test_strict_a_first_version_waits_and_is_promoted_by_a_word(shop, frames):
    project = shop(STRICT)
    with pytest.raises(
        NotPromotedError, match="version 1 passed the gate and waits for a sign-off"
    ) as caught:
        churnlab.train(project, frames=frames)
    assert caught.value.exit_code == 4
    assert "churnlab review CONFIG --run 1, then churnlab sign CONFIG --version 1" in str(caught.value)
    trained = caught.value.result
    assert (trained.verdict.outcome, trained.verdict.promoted) == ("candidate", False)
    assert "it waits for a sign-off (gate.strict)" in trained.verdict.reason
    assert "Gate: candidate, version 1 waits for a sign-off" in list(trained.sections())[-1]["title"]
    assert tracking.alias(store(project)) is None
    with pytest.raises(IntegrityError, match="has the alias champion"):
        churnlab.score(project, DAY, frames=frames)
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
    scored = churnlab.score(project, DAY, frames=frames)
    assert (scored.version, [note for note in scored.notes if "signed" in note]) == ("1", [])


def test_strict_the_champion_stays_until_a_candidate_is_approved(one, frames):
    project = one(STRICT)
    unsigned = churnlab.score(project, DAY, frames=frames)
    assert "version 1 is not signed, and gate.strict is on" in unsigned.notes[-1]
    ran = churnlab.run(project, DAY, frames=frames)  # trains a candidate, goes on with the champion
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
    refused = churnlab.train(one(STRICT, *STUMP), frames=frames)
    assert refused.verdict.outcome == "refused"
    churnlab.review(project, run="3")
    assert ann(project, version="3").notes == (
        "version 2 stays the champion: of version 3 the gate said refused, not candidate",
    )


def test_strict_an_older_candidate_does_not_come_back_and_terms_are_told(one, frames):
    project = one(STRICT)
    for version in ("2", "3"):
        assert churnlab.train(project, frames=frames).version == version
        churnlab.review(project, run=version)
    done = ann(one(STRICT, "churn.horizon_days=45"), version="3")
    assert "to score with it, put the configuration back: churn.horizon_days: trained 60" in done.notes[-1]
    (note,) = ann(project, version="2").notes
    assert note.startswith("version 3 stays the champion, since it is newer")
    back = churnlab.rollback(project, reason="version 3 is odd")
    assert back.change.version == "1"
    assert ann(project, version="3").notes[0] == "version 3 is the champion now, instead of version 1"
    late = churnlab.train(project, frames=frames)
    assert (late.version, late.verdict.champion) == ("4", "3")
    assert churnlab.rollback(project, reason="still odd").change.version == "1"
    churnlab.review(project, run="4")
    assert ann(project, version="4").notes == (
        "version 4 is the champion now, instead of version 1",
        "the gate compared it with version 3, not with version 1",
    )


def test_strict_a_rejected_champion_makes_no_lists(again, frames):
    project = again(STRICT)
    churnlab.review(project)
    done = ann(project, "rejected", "2", comment="a channel is missing")
    assert done.notes == (
        'no list is made with it any more: go back: churnlab rollback CONFIG --reason "..."',
    )
    assert tracking.alias(store(project)) == "2"
    with pytest.raises(GateError, match=r"version 2 was rejected, and gate\.strict is on") as caught:
        churnlab.score(project, DAY, frames=frames)
    assert caught.value.exit_code == 4
    assert "a channel is missing" in str(caught.value)
    assert "churnlab rollback CONFIG" in str(caught.value)
    assert "churnlab sign CONFIG --version 2" in str(caught.value)
    assert len(str(caught.value).splitlines()) == 3
    with pytest.raises(GateError, match="version 2 was rejected"):
        churnlab.run(project, DAY, frames=frames)
    assert not list(Path(project.root).glob("out/shop/lists/*/CURRENT"))
    assert churnlab.score(again(), DAY, frames=frames).version == "2"  # not strict: a record, no more
    churnlab.rollback(project, reason="rejected")
    assert churnlab.score(project, DAY, frames=frames).version == "1"
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


def test_strict_a_void_sign_off_makes_no_lists(one, frames):
    project = one(STRICT)
    churnlab.review(project)
    ann(project, "rejected")
    client = store(project).client
    tags = client.get_model_version("shop", "1").tags
    (key,) = (key for key in tags if key.startswith("churnlab.sign."))
    client.set_model_version_tag("shop", "1", key, tags[key].replace("rejected", "approved"))
    with pytest.raises(IntegrityError, match="the last sign-off of version 1 is void") as caught:
        churnlab.score(project, DAY, frames=frames)
    assert "the record of this sign-off was changed" in str(caught.value)
    client.delete_model_version_tag("shop", "1", key)
    with pytest.raises(IntegrityError, match="the last sign-off of version 1 is void"):
        churnlab.score(project, DAY, frames=frames)
    ann(project)
    assert churnlab.score(project, DAY, frames=frames).version == "1"


def test_rejected_while_it_scores_nothing_is_published(one, frames, monkeypatch):
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
        churnlab.score(project, DAY, frames=frames)
    assert not list(Path(project.root).glob("out/shop/lists/*/CURRENT"))


KILLED = """
import sys
import churnlab
project = churnlab.load(sys.argv[1], ["gate.strict=true"])
churnlab.sign(project, reviewer="Ann", verdict="approved", version="2")
"""


@pytest.mark.parametrize("where", ["sign.copied", "sign.recorded", "registry.recorded"])
def test_killed_while_signing_the_champion_stays_and_signing_again_mends(candidate, frames, kept, where):
    project = candidate(STRICT)
    died = subprocess.run(
        [sys.executable, "-c", KILLED, str(kept.root / "shop.yaml")],
        env={**os.environ, "CHURNLAB_FAILPOINT": f"{where}:kill"},
        capture_output=True,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL
    assert churnlab.list_models(project).champion == "1"
    assert churnlab.score(project, DAY, frames=frames).version == "1"
    assert ann(project, version="2").change.version == "2"
    assert tracking.alias(store(project)) == "2"
    assert churnlab.score(project, DAY, frames=frames).existed  # the same files make the same lists


def test_on_the_command_line(two, capfd):
    config = f"{two().root}/shop.yaml"

    def ends(*arguments):
        with pytest.raises(SystemExit) as left:
            cli.main([*arguments])
        return left.value.code, *capfd.readouterr()

    assert ends("review", config, "--run", "9")[0] == 3
    assert ends("review", config, "--format", "pdf")[0] == 2
    assert ends("sign", config, "--reviewer", "Ann", "--verdict", "approved")[0] == 2
    assert ends("sign", config, "--verdict", "approved")[0] == 2
    code, out, _ = ends("review", config, "--run", "2")
    assert (code, "report-2.html" in out) == (0, True)
    code, out, _ = ends(
        "sign", config, "--reviewer", "Ann", "--verdict", "rejected", "--version", "2", "--comment", "no"
    )
    assert code == 0
    assert "Version 2: rejected by Ann on " in out
    assert "comment      no" in out
    code, out, _ = ends("models", config)
    assert (code, "sign-off" in out) == (0, True)
    code, out, _ = ends("review", config, "--format", "md", "--json")
    assert json.loads(out)["report"].endswith("model-card.md")


def advised(told):
    """The arguments of the rollback that a message names, None where it names none."""
    found = re.search(r'churnlab rollback CONFIG(?: --to (\d+))? --reason "\.\.\."', str(told))
    return None if found is None else found[1]


def test_strict_the_advice_after_a_rejection_is_a_command_that_works(one, frames):
    project = one(STRICT)
    churnlab.review(project)
    done = ann(project, "rejected", "1")  # the first and only one: there is nothing to go back to
    assert done.notes == ("no list is made with it any more: train another one: churnlab train CONFIG",)
    with pytest.raises(GateError, match="version 1 was rejected") as caught:
        churnlab.score(project, DAY, frames=frames)
    assert "rollback" not in str(caught.value)
    assert "train another one: churnlab train CONFIG" in str(caught.value)
    with pytest.raises(ConfigError, match="no earlier champion is recorded") as nowhere:
        churnlab.rollback(project, reason="back")
    assert "train another one: churnlab train CONFIG" in str(nowhere.value)
    for _ in range(2):  # as it says
        churnlab.train(one(), frames=frames)
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
        churnlab.score(project, DAY, frames=frames)
    assert advised(caught.value) == "3", "forward: the one before version 2 was rejected"
    with pytest.raises(GateError, match="version 1 was rejected") as refused:
        churnlab.rollback(project, reason="to the one before")
    assert advised(refused.value) == "3"
    assert churnlab.rollback(project, "3", reason="as told").change.version == "3"
    assert churnlab.score(project, DAY, frames=frames).version == "3"


def test_strict_what_was_gone_back_from_does_not_wait_and_comes_back_by_its_name(candidate, frames):
    project = candidate(STRICT)
    assert ann(project, version="2").change.version == "2"
    churnlab.rollback(project, reason="odd")
    churnlab.review(project)
    assert ann(project).version == "1", "nothing waits: the champion is signed"
    churnlab.train(project, frames=frames)
    with pytest.raises(ConfigError, match=r"waiting for a sign-off: 3\nmend"):
        ann(project)
    forward = churnlab.rollback(project, "2", reason="it was not the model")
    assert (forward.change.version, forward.change.before) == ("2", "1")
    assert churnlab.score(project, DAY, frames=frames).version == "2"
    # From where it came when it came, not from where it was brought back.
    assert churnlab.rollback(project, reason="odd after all").change.version == "1"


def test_strict_run_shows_what_it_did_before_it_is_refused(shop, frames, tracked, capfd):
    frames["orders"].to_parquet(tracked / "orders.parquet")
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
    project = shop(STRICT)
    churnlab.review(project, run="1")
    ann(project, "approved", "1")
    churnlab.review(project)
    ann(project, "rejected", "1")
    code, out, err = ran("--json")  # trains a candidate, and the champion that stays was rejected
    assert code == 4
    answer = json.loads(out)
    assert (answer["version"], answer["gate"]["verdict"]) == ("2", "candidate")
    assert "version 1 was rejected" in err
