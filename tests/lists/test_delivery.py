"""Delivering: each list once, whatever dies on the way; nothing out of date, nothing that was changed."""

import contextlib
import datetime as dt
import json
import os
import shutil
import signal
import stat
import time

import pytest

import churnlab
import deliveries
from children import in_child
from churnlab.config.suppression import Suppression
from churnlab.errors import ChurnlabError, ConfigError, DataError, GateError, IntegrityError, MachineError
from churnlab.lists import package
from churnlab.lists.screen import Screen
from churnlab.lists.spool import Contacting
from churnlab.lists.suppression import Permissions
from churnlab.workflow.opening import writing
from deliveries import DAY, NEW, OLD, TODAY, deliver, lines, outbox, project, publish, states
from refusing import facts
from scored_people import scored

FOUR = ("retain", "rationalise", "win_back", "release")
FAILPOINTS = ("outbox.rename", "ledger.append", "ledger.fsync", "whole.rename")


@pytest.fixture
def shop(tmp_path):
    publish(tmp_path)
    return tmp_path


def snapshot(root):
    """Every file below, with its bytes; locks aside."""
    return {
        str(path.relative_to(root)): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file() and path.name != ".lock"
    }


def once_each(root, names=FOUR):
    """Each list has one line and one whole delivery that is the line's; nothing else is there."""
    found = lines(root)
    assert sorted(line["list"] for line in found) == sorted(names)
    there = outbox(root)
    assert {line["list_id"] for line in found} == set(there)
    assert all(there[line["list_id"]]["sha256"] == line["sha256"] for line in found)
    assert all(package.verify(root / "out" / "shop" / "outbox" / name) for name in there)
    churnlab.verify_ledger(project(root))


def test_each_list_is_delivered_once(shop):
    first = deliver(shop)
    assert states(first) == dict.fromkeys(FOUR, "delivered")
    once_each(shop)
    before = snapshot(shop)
    second = deliver(shop)
    assert states(second) == dict.fromkeys(FOUR, "was delivered before")
    assert "nothing to do" in " ".join(second.notes)
    assert snapshot(shop) == before


def test_what_a_line_and_a_record_say(shop):
    deliver(shop, lists=["retain"])
    (line,) = lines(shop)
    (record,) = outbox(shop).values()
    assert (
        line.items()
        >= {
            "sequence": 1,
            "kind": "delivered",
            "project": "shop",
            "campaign": "scores",
            "as_of": "2025-02-01",
            "list": "retain",
            "run_key": NEW,
            "profile": "generic",
            "destination": "folder outbox",
            "valid_until": "2025-03-03",
            "reason": None,
            "sha256": record["sha256"],
        }.items()
    )
    dt.datetime.fromisoformat(line["time"])
    files = record["files"]
    assert set(files) == {"shop_2025-02-01_retain_001.csv", "shop_2025-02-01_retain_001.parquet"}
    assert record["rows"] == line["rows"] == files["shop_2025-02-01_retain_001.csv"]["rows"] > 0


def test_another_destination_profile_run_or_date_is_another_list(shop, tmp_path):
    (tmp_path / "crm").mkdir()
    deliver(shop, lists=["retain"])
    deliver(shop, lists=["retain"], export={"profile": "braze"})
    deliver(shop, lists=["retain"], export={"destination": {"folder": "crm"}})
    publish(shop, key="2" * 64, people=scored([f"{n:04d}" for n in range(9)]))
    again = deliver(shop, lists=["retain"], redeliver="scored anew")
    first = [line["list_id"] for line in lines(shop) if line["destination"] == "folder outbox"][:2]
    assert outbox(shop)[again.outcomes[0].list_id]["replaces"] == sorted(first)
    assert all(list_id in " ".join(again.notes) for list_id in ("still lies there", *first))
    publish(shop, day=DAY + dt.timedelta(days=7))
    deliver(shop, lists=["retain"], today=TODAY + dt.timedelta(days=7))
    assert len({line["list_id"] for line in lines(shop)}) == len(lines(shop)) == 5


def test_what_was_replaced_comes_back_only_on_purpose(shop):
    people = scored([f"{n:04d}" for n in range(9)])
    (first,) = deliver(shop, lists=["retain"]).outcomes
    beside = deliver(shop, lists=["retain"], export={"profile": "braze"})
    assert outbox(shop)[beside.outcomes[0].list_id]["replaces"] == [], "the same run's, in another profile"
    second = publish(shop, key="2" * 64, people=people)
    deliver(shop, lists=["retain"], redeliver="scored anew")
    (second.parent / "CURRENT").write_text("run=" + NEW[:16] + "\n")
    told = deliver(shop, lists=["retain"])
    assert states(told) == {"retain": "was delivered before"}
    assert "was delivered since and took its place" in " ".join(told.notes)
    again = deliver(shop, lists=["retain"], redeliver="the first was right")
    newer = next(line["list_id"] for line in lines(shop) if line["run_key"] == "2" * 64)
    assert outbox(shop)[f"{first.list_id}-r2"]["replaces"] == [newer]
    assert newer in " ".join(again.notes)
    assert "took its place" not in " ".join(deliver(shop, lists=["retain"]).notes)


def test_a_second_run_of_a_date_needs_a_reason(shop, tmp_path):
    """Whichever list it is: who moved from one to the other would be on both."""
    deliver(shop, lists=["retain"])
    publish(shop, key="2" * 64, people=scored([f"{n:04d}" for n in range(9)]))
    day = lines(shop)[0]["time"][:10]
    for more in ({}, {"dry_run": True}, {"export": {"profile": "braze"}}):
        with pytest.raises(GateError) as refused:
            deliver(shop, lists=["win_back"], **more)
        assert str(refused.value.what).startswith(f"win_back of {DAY}: lists of another run of this date")
        assert refused.value.got == f"retain of run {NEW[:16]}, on {day}; these are of run {'2' * 16}"
        assert "--redeliver REASON" in refused.value.mend
    assert len(lines(shop)) == len(outbox(shop)) == 1
    (tmp_path / "crm").mkdir()
    deliver(shop, lists=["retain"], export={"destination": {"folder": "crm"}})  # nobody there has the first
    deliver(shop, lists=["win_back"], redeliver="prices were wrong")
    rest = deliver(shop, lists=["retain", "release"])  # the reason was given: the others may follow
    assert set(states(rest).values()) == {"delivered"}
    assert [line["reason"] for line in lines(shop)] == [None, None, "prices were wrong", None, None]


def test_a_campaign_is_another_list_and_whoever_it_did_not_select_stays(shop):
    deliver(shop, lists=["retain"])
    publish(shop, key="3" * 64, campaign="spring")  # nobody has an arm: nobody was selected
    told = deliver(shop, lists=["retain"])
    assert [line["campaign"] for line in lines(shop)] == ["scores", "spring"]
    (outcome,) = told.outcomes
    assert (outcome.rows, outcome.held_back) == (0, {"none": lines(shop)[0]["rows"]})


def test_the_machine_is_no_part_of_a_list(shop, tmp_path_factory):
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "moved"
    shutil.copytree(shop, elsewhere)
    assert [o.list_id for o in deliver(shop).outcomes] == [o.list_id for o in deliver(elsewhere).outcomes]
    assert outbox(shop) == outbox(elsewhere)


def test_again_only_with_a_reason(shop):
    deliver(shop)
    again = deliver(shop, lists=["retain"], redeliver="  the transfer\nlost it ")
    assert states(again) == {"retain": "delivered again"}
    assert lines(shop)[-1].items() >= {"delivery": 2, "reason": "the transfer lost it", "sequence": 5}.items()
    list_id = again.outcomes[0].list_id
    assert {list_id, f"{list_id}-r2"} < set(outbox(shop))
    assert states(deliver(shop))["retain"] == "was delivered before"
    third = deliver(shop, lists=["retain"], redeliver="and again")
    assert third.outcomes[0].delivery == 3


@pytest.mark.parametrize("reason", ["", " \n ", "x" * 501])
def test_a_reason_says_something(shop, reason):
    with pytest.raises(ConfigError, match="say why in a line"):
        deliver(shop, redeliver=reason)


def test_a_dry_run_hands_nothing_over(shop):
    before = snapshot(shop)
    dry = deliver(shop, dry_run=True)
    assert states(dry) == dict.fromkeys(FOUR, "would be delivered")
    assert snapshot(shop) == before
    assert lines(shop) == []
    assert [(o.rows, o.files) for o in dry.outcomes] == [(o.rows, o.files) for o in deliver(shop).outcomes]


@pytest.mark.parametrize(("late", "code"), [(30, None), (31, 4), (400, 4)])
def test_a_list_that_is_no_longer_valid_stays(shop, late, code):
    today = DAY + dt.timedelta(days=late)  # valid_until is DAY + 30, the last day it may be used
    if code is None:
        assert set(states(deliver(shop, today=today)).values()) == {"delivered"}
        return
    with pytest.raises(GateError, match="no longer valid") as caught:
        deliver(shop, today=today)
    assert caught.value.exit_code == code
    with pytest.raises(GateError, match="valid until 2025-03-03"):
        deliver(shop, today=today, redeliver="all the same")
    assert outbox(shop) == {}


def test_lists_of_nobody_say_until_when_they_are_valid(shop):
    everybody = Permissions(facts(objections=[("a", None, 1), ("b", None, 1)]), Suppression())
    empty = {"people": scored(["a", "b"]), "contacting": Contacting(Screen(everybody, (), "UTC"))}
    publish(shop, **empty, key="4" * 64)
    with pytest.raises(DataError, match="do not say until when they are valid"):
        deliver(shop)  # made before manifests said it
    publish(shop, **empty, key="5" * 64, valid_until=DAY + dt.timedelta(days=9))
    told = deliver(shop, today=DAY + dt.timedelta(days=9))
    assert states(told) == dict.fromkeys(FOUR, "delivered")
    assert [(line["rows"], line["valid_until"]) for line in lines(shop)] == [(0, "2025-02-10")] * 4
    with pytest.raises(GateError, match="valid until 2025-02-10, and today is 2025-02-11"):
        deliver(shop, today=DAY + dt.timedelta(days=10), redeliver="too late")


def test_what_was_delivered_in_time_needs_no_second_look(shop):
    deliver(shop)
    assert states(deliver(shop, today=dt.date(2030, 1, 1))) == dict.fromkeys(FOUR, "was delivered before")


def test_an_older_list_does_not_follow_a_later_one(shop):
    later = DAY + dt.timedelta(days=7)
    publish(shop, day=later)
    assert deliver(shop, today=later, lists=["retain"]).as_of == "2025-02-08", (
        "the latest date, where none is named"
    )
    with pytest.raises(GateError, match="retain of 2025-02-01: a later list was delivered there before"):
        deliver(shop, today=later, as_of=DAY, lists=["retain"])
    assert states(deliver(shop, today=later, as_of=DAY, lists=["release"])) == {"release": "delivered"}
    meant = deliver(shop, today=later, as_of=DAY, lists=["retain"], redeliver="the later one was wrong")
    assert states(meant) == {"retain": "delivered"}


def test_nothing_is_handed_over_where_one_of_the_lists_may_not(shop):
    people = scored(["a", "=1", "c", "d"], [0.9, 0.8, 0.1, 0.2], [900, 800, 10, 20], [80, 10, 80, 10])
    publish(shop, key=OLD, people=people, day=DAY + dt.timedelta(days=1))  # the formula is in win_back only
    with pytest.raises(GateError, match="would run ids as formulas"):
        deliver(shop)
    assert outbox(shop) == {}
    assert lines(shop) == []


def test_lists_that_were_changed_are_not_delivered(shop):
    path = shop / "out" / "shop" / "lists" / "2025-02-01" / ("run=" + NEW[:16]) / "retain.csv"
    path.write_bytes(path.read_bytes() + b"one more")
    with pytest.raises(IntegrityError, match=r"published lists are damaged"):
        deliver(shop)


def test_no_lists_no_delivery(tmp_path):
    with pytest.raises(DataError, match="there are no lists to deliver"):
        deliver(tmp_path)
    with pytest.raises(DataError, match="there are no lists of 2025-02-01"):
        deliver(tmp_path, as_of=DAY)
    with pytest.raises(ConfigError, match="no such list; did you mean 'retain'"):
        deliver(tmp_path, lists=["retian"])


def test_a_folder_that_is_not_mounted_is_not_made(shop):
    with pytest.raises(MachineError, match="is not there"):
        deliver(shop, export={"destination": {"folder": "mnt/crm"}})
    assert not (shop / "mnt").exists()


def test_the_group_may_read_where_it_is_said(shop, tmp_path):
    (tmp_path / "crm").mkdir()
    deliver(shop, export={"destination": {"folder": "crm", "group_may_read": True}})
    deliver(shop)
    modes = {
        name: {oct(stat.S_IMODE(path.stat().st_mode)) for path in (shop / name).glob("*/*")}
        for name in ("crm", "out/shop/outbox")
    }
    assert modes == {"crm": {"0o640"}, "out/shop/outbox": {"0o600"}}
    assert {stat.S_IMODE(p.stat().st_mode) for p in (shop / "crm").iterdir()} == {0o750}


def test_a_changed_delivery_is_told_by_the_ledger(shop):
    deliver(shop)
    assert churnlab.verify_ledger(project(shop)).there == 4
    one, other, *_ = sorted((shop / "out" / "shop" / "outbox").iterdir())
    shutil.rmtree(other)
    told = churnlab.verify_ledger(project(shop))
    assert (told.there, told.gone) == (3, 1)
    assert states(deliver(shop)) == dict.fromkeys(FOUR, "was delivered before"), "taken away is delivered"
    next(one.glob("*.csv")).write_bytes(b"edited")
    with pytest.raises(IntegrityError, match="has other bytes than were delivered"):
        churnlab.verify_ledger(project(shop))


@pytest.mark.parametrize("what", ["delivery.json", "csv", "more"])
def test_a_changed_delivery_without_its_line_stops_everything(shop, what):
    deliver(shop)
    for name in ("ledger.jsonl", "ledger.head"):
        (shop / "out" / "shop" / name).unlink()
    folder = min((shop / "out" / "shop" / "outbox").iterdir())
    if what == "delivery.json":
        record = json.loads((folder / what).read_text())
        (folder / what).write_text(json.dumps({**record, "rows": 1}))
    elif what == "csv":
        next(folder.glob("*.csv")).write_bytes(b"edited")
    else:
        (folder / "more.csv").write_bytes(b"")
    with pytest.raises(IntegrityError, match="what was delivered there is damaged"):
        deliver(shop)
    assert lines(shop) == []


def test_a_lost_ledger_is_made_again_from_what_is_there(shop):
    deliver(shop)
    before = {line["sha256"] for line in lines(shop)}
    for name in ("ledger.jsonl", "ledger.head"):
        (shop / "out" / "shop" / name).unlink()
    told = deliver(shop)
    assert states(told) == dict.fromkeys(FOUR, "its line was missing")
    assert {line["sha256"] for line in lines(shop)} == before
    once_each(shop)


def test_nothing_is_delivered_beside_a_changed_ledger(shop):
    deliver(shop, lists=["retain"])
    path = shop / "out" / "shop" / "ledger.jsonl"
    path.write_text(path.read_text().replace('"rows":', '"rows":1'))
    with pytest.raises(IntegrityError, match="the ledger of deliveries was changed"):
        deliver(shop)
    assert len(outbox(shop)) == 1


def test_the_deliveries_of_others_in_the_same_folder_are_theirs(shop, tmp_path):
    inbox = tmp_path / "crm"
    inbox.mkdir()
    export = {"destination": {"folder": "crm"}}
    deliver(shop, export=export)
    stage = inbox / ".stage-00000000-somebody"
    stage.mkdir()
    (inbox / "notes.txt").write_text("not ours")
    (inbox / "archive").mkdir()
    foreign = next(path for path in inbox.iterdir() if package.is_name(path.name))
    record = json.loads((foreign / "delivery.json").read_text())
    body = {**record, "project": "other", "list_id": "f" * 32}
    body.pop("sha256")
    sealed = {**body, "sha256": package.hashlib.sha256(package.canonical(body)).hexdigest()}
    shutil.copytree(foreign, inbox / ("f" * 32))
    (inbox / ("f" * 32) / "delivery.json").write_text(json.dumps(sealed))
    next((inbox / ("f" * 32)).glob("*.csv")).unlink()  # picked up: no business of ours
    assert set(states(deliver(shop, export=export)).values()) == {"was delivered before"}
    assert stage.is_dir(), "the stage of another project is not ours to remove"
    assert len(lines(shop)) == 4


@pytest.mark.parametrize("how", ["kill", "enospc", "eio"])
@pytest.mark.parametrize("where", FAILPOINTS)
def test_a_run_that_dies_anywhere(shop, tmp_path_factory, where, how):
    untouched = tmp_path_factory.mktemp("other")
    publish(untouched)
    deliver(untouched)

    def dying():
        os.environ["CHURNLAB_FAILPOINT"] = f"{where}:{how}"
        deliver(shop)

    assert in_child(dying) == (-signal.SIGKILL if how == "kill" else 7)
    assert len(outbox(shop)) <= 1, "it died with the first list"
    told = deliver(shop)
    assert set(states(told).values()) <= {"delivered", "its line was missing", "was delivered before"}
    once_each(shop)
    assert outbox(shop) == outbox(untouched)
    left = [path.name for path in (shop / "out" / "shop").rglob(".*") if path.name != ".lock"]
    assert left == [], "no stage and no temporary file"


def test_a_second_delivery_that_was_killed_is_not_a_third(shop):
    deliver(shop)

    def dying():
        os.environ["CHURNLAB_FAILPOINT"] = "ledger.append:kill"
        deliver(shop, lists=["retain"], redeliver="lost")

    assert in_child(dying) == -signal.SIGKILL
    told = deliver(shop, lists=["retain"], redeliver="lost")
    assert states(told) == {"retain": "its line was missing"}
    assert [line["delivery"] for line in lines(shop) if line["list"] == "retain"] == [1, 2]
    assert len(outbox(shop)) == 5


def test_a_dry_run_writes_no_missing_line_either(shop):
    def dying():
        os.environ["CHURNLAB_FAILPOINT"] = "ledger.append:kill"
        deliver(shop, lists=["retain"])

    assert in_child(dying) == -signal.SIGKILL
    assert states(deliver(shop, lists=["retain"], dry_run=True)) == {"retain": "its line was missing"}
    assert lines(shop) == []


def test_eight_at_once(shop, tmp_path, monkeypatch):
    """One delivers, seven are told by whom and leave."""
    gate, slow = tmp_path / "go", package.write
    monkeypatch.setattr(package, "write", lambda *a, **k: (time.sleep(0.5), slow(*a, **k))[1])

    def start(number):
        child = os.fork()
        if child:
            return child
        code = 1
        with contextlib.suppress(BaseException):
            while not gate.exists():
                time.sleep(0.005)
            try:
                deliver(shop)
                code = 0
            except ChurnlabError as error:
                (tmp_path / f"said-{number}").write_text(str(error))
                code = error.exit_code
        os._exit(code)

    started = time.monotonic()
    children = [start(number) for number in range(8)]
    gate.write_bytes(b"")
    ends = [os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children]
    assert sorted(ends) == [0, 6, 6, 6, 6, 6, 6, 6]
    winner = children[ends.index(0)]
    said = [path.read_text() for path in tmp_path.glob("said-*")]
    assert len(said) == 7
    assert all(f"got: pid {winner} on " in text for text in said)
    assert time.monotonic() - started < 60
    once_each(shop)


def test_nobody_delivers_while_lists_are_made(shop):
    with writing(project(shop)), pytest.raises(ChurnlabError, match="another run is at work there") as caught:
        deliver(shop)
    assert caught.value.exit_code == 6


def test_ids_are_in_the_delivered_files_and_nowhere_else(tmp_path):
    publish(tmp_path, people=scored([f"canary-{n}" for n in range(200)]))
    told = deliver(tmp_path)
    out = tmp_path / "out" / "shop"
    assert any(b"canary-7" in path.read_bytes() for path in (out / "outbox").rglob("*.csv"))
    others = [*out.glob("ledger*"), *out.glob("outbox/*/delivery.json")]
    assert len(others) == 6
    assert not any(b"canary" in path.read_bytes() for path in others)
    assert not any("canary" in str(path) for path in tmp_path.rglob("*"))
    assert "canary" not in json.dumps(told.as_dict())


MUTANTS = {
    "it forgets what was delivered": ("_done", lambda *_: False),
    "it looks at no date": ("_check_usable", lambda *_, **__: None),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(shop, monkeypatch, name):
    def right():
        deliver(shop, lists=["retain"])
        twice = states(deliver(shop, lists=["retain"])) == {"retain": "was delivered before"}
        try:
            deliver(shop, today=dt.date(2026, 1, 1), lists=["release"])
        except GateError:
            return twice
        return False

    monkeypatch.setattr(deliveries.churnlab.lists.delivery.Desk, *MUTANTS[name])
    assert not right()
    monkeypatch.undo()
    shutil.rmtree(shop / "out" / "shop" / "outbox")
    for file in ("ledger.jsonl", "ledger.head"):
        (shop / "out" / "shop" / file).unlink()
    assert right()
