"""Sign-offs: never replaced, in order, and void as soon as anything they speak of is not what it was."""

import dataclasses
import hashlib
import json
import signal
from pathlib import Path

import pytest

from children import in_child
from churnlab import tracking
from churnlab.config import Tracking
from churnlab.tracking import SignOff, signoffs

MODEL = b"trees"


@pytest.fixture
def store(tracked):
    """Version 1 with a model file, and evidence in its run."""
    opened = tracking.open_store(Tracking(), "shop", tracked)
    opened.client.create_registered_model("shop")
    place = tracked / "mlartifacts" / "v1" / "artifacts" / "model"
    place.mkdir(parents=True)
    (place / "churn.json").write_bytes(MODEL)
    with tracking.run(opened, "train") as run:
        run.log_text("evidence.json", "{}")
    tags = {"sha256.churn.json": hashlib.sha256(MODEL).hexdigest(), "churnlab.run": run.run_id}
    source = (tracked / "mlartifacts" / "v1").as_uri()
    opened.client.create_model_version("shop", source, run_id=run.run_id, tags=tags)
    return opened


def offered(reviewer="Ann", verdict="approved", **changes):
    given = {
        "comment": "",
        "at": "2026-01-31T10:00:00+00:00",
        "by": "tester",
        "model": {"churn.json": hashlib.sha256(MODEL).hexdigest()},
        "evidence": hashlib.sha256(b"{}").hexdigest(),
        "report": "ab",
        "review": "cd",
    }
    return SignOff(reviewer, verdict, **{**given, **changes})


def said(store):
    return [(each.reviewer, each.void) for each in tracking.sign_offs(store, "1")]


def tags(store):
    found = store.client.get_model_version("shop", "1")
    return {key: text for key, text in found.tags.items() if key.startswith("churnlab.sign.")}


def copies(store):
    return sorted(Path(store.root).rglob("sign_offs/*.json"))


def test_each_is_kept_behind_the_one_before(store):
    assert tracking.sign_offs(store, "1") == ()
    first = tracking.sign(store, "1", offered("Ann", "approved"))
    second = tracking.sign(store, "1", offered("Bob", "rejected", comment="é <b> | 1"))
    assert tracking.sign_offs(store, "1") == (first, second)
    assert (first.before, first.approves, second.approves) == (None, True, False)
    texts = [text for _, text in sorted(tags(store).items())]
    assert second.before == hashlib.sha256(texts[0].encode()).hexdigest()
    assert [path.read_text("utf-8") for path in copies(store)] == texts
    assert [path.name[:5] for path in copies(store)] == ["0001.", "0002."]
    assert json.loads(texts[1]) == second.as_dict()


def test_the_same_words_twice_are_two_sign_offs(store):
    for _ in range(2):
        tracking.sign(store, "1", offered())
    assert said(store) == [("Ann", None), ("Ann", None)]


def test_a_record_that_was_changed_is_void_and_so_is_what_stands_on_it(store):
    tracking.sign(store, "1", offered("Ann", "rejected"))
    tracking.sign(store, "1", offered("Bob", "approved"))
    key, text = min(tags(store).items())
    store.client.set_model_version_tag("shop", "1", key, text.replace("rejected", "approved"))
    assert said(store) == [("Ann", "record"), ("Bob", "earlier")]
    tracking.sign(store, "1", offered("Cem"))  # made of what is there now
    assert said(store)[-1] == ("Cem", None)


def test_a_record_that_was_forged_whole_lacks_its_copy(store):
    signed = tracking.sign(store, "1", offered("Ann", "rejected"))
    ((key, _),) = tags(store).items()
    forged = json.dumps(dataclasses.replace(signed, verdict="approved").as_dict(), sort_keys=True)
    store.client.delete_model_version_tag("shop", "1", key)
    key = f"churnlab.sign.0001.{hashlib.sha256(forged.encode()).hexdigest()[:16]}"
    store.client.set_model_version_tag("shop", "1", key, forged)
    assert sorted(said(store)) == [("Ann", "copy"), ("Ann", "registry")]


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"reviewer": 3}', "nul\x00"])
def test_a_record_that_nobody_can_read_is_no_approval(store, text):
    tracking.sign(store, "1", offered())
    ((key, _),) = tags(store).items()
    store.client.set_model_version_tag("shop", "1", key, text)
    (found,) = tracking.sign_offs(store, "1")
    assert (found.reviewer, found.verdict, found.void) == ("-", "rejected", "record")


def test_one_that_was_taken_away_is_missed(store):
    tracking.sign(store, "1", offered("Ann"))
    tracking.sign(store, "1", offered("Bob", "rejected"))
    store.client.delete_model_version_tag("shop", "1", max(tags(store)))
    assert said(store) == [("Ann", None), ("Bob", "registry")]  # the last one counts, and it is void
    store.client.delete_model_version_tag("shop", "1", max(tags(store)))
    assert said(store) == [("Ann", "registry"), ("Bob", "registry")]
    tracking.sign(store, "1", offered("Cem"))
    assert [path.name[:5] for path in copies(store)] == ["0001.", "0002.", "0003."]
    assert said(store)[-1] == ("Cem", None)


@pytest.mark.parametrize("how", ["gone", "changed"])
def test_without_its_copy_it_does_not_count(store, how):
    tracking.sign(store, "1", offered())
    (path,) = copies(store)
    path.unlink() if how == "gone" else path.write_text(path.read_text().replace("Ann", "Bob"))
    assert said(store) == [("Ann", "copy")]


def test_another_model_is_not_the_one_that_was_signed(store, tracked):
    tracking.sign(store, "1", offered())
    file = tracked / "mlartifacts" / "v1" / "artifacts" / "model" / "churn.json"
    file.write_bytes(b"other")
    assert said(store) == [("Ann", "files")]
    # Whoever swaps the file and what is registered of it is found out by the sign-off.
    other = hashlib.sha256(b"other").hexdigest()
    store.client.set_model_version_tag("shop", "1", "sha256.churn.json", other)
    assert said(store) == [("Ann", "models")]
    file.write_bytes(MODEL)
    store.client.set_model_version_tag("shop", "1", "sha256.churn.json", hashlib.sha256(MODEL).hexdigest())
    assert said(store) == [("Ann", None)]
    file.unlink()
    assert said(store) == [("Ann", "files")]


def test_other_evidence_is_not_what_was_signed(store):
    tracking.sign(store, "1", offered())
    (path,) = Path(store.root).rglob("evidence.json")
    path.write_text("{} ", encoding="utf-8")
    assert said(store) == [("Ann", "evidence")]
    path.unlink()
    assert said(store) == [("Ann", "evidence")]


@pytest.mark.parametrize(("where", "found"), [("sign.copied", "registry"), ("sign.recorded", None)])
def test_killed_it_is_whole_or_void_and_the_next_one_counts(store, tracked, where, found, monkeypatch):
    def dies():
        monkeypatch.setenv("CHURNLAB_FAILPOINT", f"{where}:kill")
        tracking.sign(tracking.open_store(Tracking(), "shop", tracked), "1", offered())

    assert in_child(dies) == -signal.SIGKILL
    assert said(store) == [("Ann", found)]
    tracking.sign(store, "1", offered("Bob"))
    assert said(store) == [("Ann", found), ("Bob", None)]


def test_two_at_once_from_two_machines_are_both_kept_and_one_is_void(store, monkeypatch):
    monkeypatch.setattr(signoffs, "_recorded", lambda _tags: {})
    monkeypatch.setattr(signoffs, "_copied", lambda _run: {})
    for reviewer in ("Ann", "Bob"):
        tracking.sign(store, "1", offered(reviewer))
    monkeypatch.undo()
    found = tracking.sign_offs(store, "1")
    assert sorted(each.reviewer for each in found) == ["Ann", "Bob"]
    assert [each.void for each in found] == [None, "earlier"]


def test_the_run_keeps_the_report_that_was_written_last(store):
    assert tracking.last_report(store, "1") is None
    for page in ("<p>one</p>", "<p>two é</p>"):
        with tracking.run(store, "review") as run:
            written = tracking.keep_report(run, "1", "report.html", page)
    assert tracking.last_report(store, "1") == written
    assert written.sha256 == hashlib.sha256("<p>two é</p>".encode()).hexdigest()
    assert tracking.kept_report(store, written).decode() == "<p>two é</p>"
    store.client.set_model_version_tag("shop", "1", "churnlab.report", "[1]")
    assert tracking.last_report(store, "1") is None


def test_a_long_card_is_described_by_its_first_chapters(store):
    from churnlab.tracking.reports import LONGEST

    card = "# Card\n\n" + "".join(f"## {n}\n\n{'words ' * 100}\n\n" for n in range(12))
    tracking.describe(store, "1", card, "The rest is elsewhere.")
    told = store.client.get_model_version("shop", "1").description
    assert len(told) <= LONGEST
    assert told.startswith("# Card\n\n## 0\n\nwords")
    assert told.endswith("words\n\nThe rest is elsewhere.\n")
    tracking.describe(store, "1", "# Card", "The rest")
    assert store.client.get_model_version("shop", "1").description == "# Card"
    tracking.describe(store, "1", "x" * 6_000, "The rest")
    assert len(store.client.get_model_version("shop", "1").description) <= LONGEST
