"""The alias moves whole, by someone, for a reason; it never goes back unless it is sent back."""

import os
import signal

import pytest

from children import in_child
from churnlab import tracking
from churnlab.config import Tracking
from churnlab.errors import IntegrityError, MachineError
from churnlab.tracking import changes
from churnlab.tracking.changes import Change, took_place
from churnlab.tracking.registry import ALIAS, MARK


@pytest.fixture
def store(tracked, monkeypatch):
    monkeypatch.setenv("CHURNLAB_ACTOR", "nightly training")
    opened = tracking.open_store(Tracking(), "shop", tracked)
    opened.client.create_registered_model("shop")
    for version in (1, 2, 3):
        place = tracked / "mlartifacts" / f"v{version}"
        (place / "artifacts" / "model").mkdir(parents=True)
        tags = {"sha256.meta.json": f"d{version}", "churnlab.gate": "refused"}
        opened.client.create_model_version("shop", place.as_uri(), run_id=None, tags=tags)
    return opened


def move(store, version, before, **how):
    return tracking.move(store, version, before=before, reason="as good", **how)


def closed(tracked):
    return tracking.open_store(Tracking(), "shop", tracked, later=True)


def test_a_change_says_who_when_why_and_from_what(store):
    assert (tracking.alias(store), tracking.champions(store)) == (None, ())
    first, second = move(store, "1", None), move(store, "2", "1")
    assert tracking.champions(store) == (first, second)
    assert (second.version, second.before, second.by, second.reason) == (
        "2",
        "1",
        "nightly training",
        "as good",
    )
    assert second.at.endswith("+00:00")
    assert second.done
    assert tracking.champion(store).version == tracking.alias(store) == "2"


def test_without_a_name_given_it_is_the_account(store, monkeypatch):
    monkeypatch.delenv("CHURNLAB_ACTOR")
    monkeypatch.setattr(changes.getpass, "getuser", lambda: "batch")
    assert changes.actor() == "batch"

    def nameless():
        raise KeyError("uid not found")

    monkeypatch.setattr(changes.getpass, "getuser", nameless)
    assert changes.actor() == f"uid {os.getuid()}"


def test_words_stay_on_one_line(store):
    change = tracking.move(store, "1", before=None, reason="a\nb\x1b[31m  c" + "!" * 9_999)
    assert change.reason.startswith("a b [31m c!!!")
    assert len(change.reason) == 500


def test_a_champion_named_in_the_meantime_is_not_overrun(store):
    move(store, "2", None)
    with pytest.raises(IntegrityError, match="another champion of shop was named in the meantime") as caught:
        move(store, "3", None)
    assert "version 2 has the alias champion, not none" in str(caught.value)
    assert tracking.alias(store) == "2"


def test_what_was_put_back_by_hand_makes_no_score(store, tracked):
    move(store, "1", None)
    move(store, "3", "1")
    store.client.set_registered_model_alias("shop", ALIAS, "2")
    for asked in (store, closed(tracked)):
        with pytest.raises(IntegrityError, match="put back without a record") as caught:
            tracking.champion(asked)
        assert "names version 2; the recorded champion is version 3" in str(caught.value)
    store.client.set_registered_model_alias("shop", ALIAS, "3")
    assert tracking.champion(closed(tracked)).version == "3"


def test_sent_back_it_is_the_champion_again(store, tracked):
    move(store, "1", None)
    move(store, "2", "1")
    move(store, "1", "2", back=True)
    assert tracking.champion(closed(tracked)) == tracking.champion(store)
    assert tracking.champion(store).version == "1"
    move(store, "2", "1", back=True)
    assert tracking.champion(closed(tracked)).version == "2"
    move(store, "3", "2")
    assert [(each.version, each.back) for each in tracking.champions(store)] == [
        ("1", False),
        ("2", False),
        ("1", True),
        ("2", True),
        ("3", False),
    ]
    made = tracking.versions(store)
    assert tracking.former(made, tracking.champions(store), "3") == ("2", "1")
    # Whom version 2 took over from when it came: 1, as when it came back, and 3 took over from 2.
    assert [tracking.predecessor(tracking.champions(store), version) for version in "123"] == [None, "1", "2"]


@pytest.mark.parametrize("where", ["registry.recorded", "registry.lowered", "registry.moved"])
@pytest.mark.parametrize("back", [False, True])
def test_killed_anywhere_a_champion_stays_and_can_score(store, tracked, where, back, monkeypatch):
    move(store, "1", None)
    move(store, "2", "1")
    to = "1" if back else "3"
    if where == "registry.lowered" and not back:
        pytest.skip("the mark is lowered on the way down only")

    def dies():
        monkeypatch.setenv("CHURNLAB_FAILPOINT", f"{where}:kill")
        move(tracking.open_store(Tracking(), "shop", tracked), to, "2", back=back)

    assert in_child(dies) == -signal.SIGKILL
    moved = where == "registry.moved"
    assert tracking.champion(closed(tracked)).version == (to if moved else "2")
    assert [each.version for each in tracking.champions(store)] == ["1", "2", *([to] if moved else [])]
    now = to if moved else "2"
    move(store, "3", now)  # and work goes on
    assert tracking.champion(store).version == "3"


def test_the_mark_is_never_above_the_alias(store, monkeypatch):
    marks = []
    tag = store.client.set_registered_model_tag

    def spied(name, key, value):
        if key == MARK:
            marks.append((int(value), int(tracking.alias(store))))
        tag(name, key, value)

    monkeypatch.setattr(store.client, "set_registered_model_tag", spied)
    move(store, "1", None)
    move(store, "3", "1")
    move(store, "1", "3", back=True)
    move(store, "3", "1", back=True)  # forward again, to one that had been champion
    assert marks == [(1, 1), (3, 3), (1, 3), (3, 3)]


def test_a_change_that_was_cut_short_did_not_take_place():
    def change(version, before, done):
        return Change(version, before, "2025-01-01T00:00:00+00:00", "me", "why", done=done)

    first, lost, second = change("1", None, True), change("2", "1", False), change("3", "1", False)
    assert took_place([first, lost, second], "3") == (first, second)
    assert took_place([first, lost], "1") == (first,)
    assert took_place([first, second, change("4", "3", False)], "3") == (first, second)


def test_versions_are_listed_newest_first(store):
    assert [each.version for each in tracking.versions(store)] == ["3", "2", "1"]
    assert tracking.versions(store)[0].gate == "refused"
    other = tracking.open_store(Tracking(), "other", store.root)
    assert (tracking.versions(other), tracking.alias(other)) == ((), None)


def test_a_registry_that_does_not_answer_is_not_one_without_a_champion(store, monkeypatch):
    from mlflow.exceptions import MlflowException

    def silent(_):
        raise MlflowException("gone", error_code=1)

    monkeypatch.setattr(store.client, "get_registered_model", silent)
    with pytest.raises(MachineError, match="the registry cannot be asked for shop") as caught:
        tracking.alias(store)
    assert caught.value.exit_code == 7
