"""Sign-offs of exactly what was read: kept, shown, void where anything was changed since."""

import hashlib
import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

import churnlab
from churnlab import cli, tracking
from churnlab.errors import ConfigError, IntegrityError, LockedError
from churnlab.lists import lock
from signed_shop import DAY, STRICT, ann, store

PAYLOAD = "</td><script>alert(1)</script> [x](http://evil.example) | \u202ea\nb"


def sha256(path):
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def test_signing_keeps_what_was_read_and_by_whom(two, signed_states):
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
        for path in (signed_states.root / "mlartifacts").rglob("evidence.json")
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


def test_a_sign_off_of_another_model_or_report_is_refused_or_void(one, signed_states):
    project = one()
    report = churnlab.review(project).report
    page = report.read_bytes()
    report.write_bytes(page.replace(b"0.", b"1."))
    with pytest.raises(IntegrityError, match=r"report\.html is not the report that was written last"):
        ann(project)
    report.unlink()  # its copy in the run of the review stands for it
    ann(project)
    for path in (signed_states.root / "mlartifacts").rglob("model/churn.json"):
        path.write_bytes(path.read_bytes() + b" ")
    listed = churnlab.list_models(project)
    assert [each.void for each in listed.signed["1"]] == ["files"]
    told = "\n".join(next(listed.sections())["lines"])
    assert "void: the files of the model are not those that were signed" in told
    assert "<strong>not signed</strong>" in churnlab.review(project).report.read_text("utf-8")
    with pytest.raises(IntegrityError, match="not those that were registered"):
        ann(project)


def test_a_report_whose_copies_are_all_gone_was_read_by_nobody(one, signed_states):
    project = one()
    churnlab.review(project).report.unlink()
    for path in (signed_states.root / "mlartifacts").rglob("report.html"):
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
def test_what_cannot_be_recorded_is_refused_before_anything_is_asked(new_shop, given, told):
    with pytest.raises(ConfigError, match=told):
        churnlab.sign(new_shop(), **{"reviewer": "Ann", "verdict": "approved", **given})


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


def test_who_signs_holds_the_lock(one, signed_states):
    churnlab.review(one())
    with (
        lock.held(signed_states.root / "out" / "shop", "another"),
        pytest.raises(LockedError, match="another run"),
    ):
        ann(one())


KILLED = """
import sys
import churnlab
project = churnlab.load(sys.argv[1], ["gate.strict=true"])
churnlab.sign(project, reviewer="Ann", verdict="approved", version="2")
"""


@pytest.mark.parametrize("where", ["sign.copied", "sign.recorded", "registry.recorded"])
def test_killed_while_signing_the_champion_stays_and_signing_again_mends(
    candidate, signed_frames, signed_states, where
):
    project = candidate(STRICT)
    died = subprocess.run(
        [sys.executable, "-c", KILLED, str(signed_states.root / "shop.yaml")],
        env={**os.environ, "CHURNLAB_FAILPOINT": f"{where}:kill"},
        capture_output=True,
        check=False,
    )
    assert died.returncode == -signal.SIGKILL
    assert churnlab.list_models(project).champion == "1"
    assert churnlab.score(project, DAY, frames=signed_frames).version == "1"
    assert ann(project, version="2").change.version == "2"
    assert tracking.alias(store(project)) == "2"
    assert churnlab.score(project, DAY, frames=signed_frames).existed  # the same files make the same lists


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
