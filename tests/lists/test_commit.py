"""Publishing: all or nothing, once, one writer at a time; killed or refused at every step."""

import contextlib
import errno
import os
import re
import resource
import signal
import stat
import time
from dataclasses import replace
from pathlib import Path

import pytest

import churnlab
from children import in_child
from churnlab.errors import ChurnlabError, GateError, HeldError, IntegrityError, LockedError, MachineError
from churnlab.lists import commit, lock, write
from churnlab.lists.commit import Output, current, publish, verify
from scored_people import FACTS, ranked, scored

OLD, NEW, THIRD = "0" * 64, "1" * 64, "2" * 64
SPOOLED = ("spool.write", "spool.merge")  # tried in test_spool.py, with each list
DELIVERED = (
    "outbox.rename",
    "ledger.append",
    "ledger.fsync",
)  # in test_delivery.py and test_delivery_killed.py
SENT = ("storage.marker", "database.commit")  # in test_storage.py and test_database.py
FAILPOINTS = (
    "stage.first",
    "stage.last",
    "manifest.write",
    "manifest.fsync",
    "publish.rename",
    "publish.current",
    "whole.rename",
)


def outputs(word="new"):
    return {
        name: Output(lambda file, name=name: file.write(f"{name} {word}\n".encode() * 1000), rows=1000)
        for name in ("retain.csv", "release.csv", "all.parquet")
    }


def contents(folder):
    """Every byte of a run, but for the manifest's info."""
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    files["manifest.json"] = files["manifest.json"].split(b'"info"')[0]
    return files


def names(root):
    return sorted(path.name for path in root.iterdir())


@pytest.fixture
def root(tmp_path):
    root = tmp_path / "out"
    publish(root, OLD, outputs("old"), FACTS)
    return root


def test_the_first_run(tmp_path):
    root = tmp_path / "not" / "yet"
    published = publish(root, NEW, outputs(), FACTS)
    assert not published.existed
    assert published.path == root / ("run=" + "1" * 16)
    assert (root / "CURRENT").read_text() == "run=" + "1" * 16 + "\n"
    assert current(root) == published.path
    assert names(root) == [".lock", "CURRENT", "run=" + "1" * 16]
    assert names(published.path) == ["all.parquet", "manifest.json", "release.csv", "retain.csv"]
    assert {stat.S_IMODE(path.stat().st_mode) for path in published.path.iterdir()} == {0o600}
    assert current(tmp_path) is None


def test_a_second_identical_run_does_nothing_and_says_so(root):
    first = publish(root, NEW, outputs(), FACTS)
    before = {path: path.stat().st_mtime_ns for path in first.path.iterdir()}

    def never(_):
        raise AssertionError("nothing is written twice")

    second = publish(root, NEW, {"retain.csv": Output(never)}, FACTS)
    assert second.existed
    assert second.path == first.path
    assert second.manifest == first.manifest
    assert {path: path.stat().st_mtime_ns for path in first.path.iterdir()} == before


def test_an_old_run_asked_for_again_does_not_replace_a_newer_one(root):
    newer = publish(root, NEW, outputs(), FACTS)
    assert publish(root, OLD, outputs("old"), FACTS).existed
    assert current(root) == newer.path


def test_the_manifest_is_written_last(root, monkeypatch):
    seen = []
    whole = commit.create
    monkeypatch.setattr(commit, "create", lambda path, **how: (seen.append(path.name), whole(path, **how))[1])
    publish(root, NEW, outputs(), FACTS)
    assert seen == ["retain.csv", "release.csv", "all.parquet", "manifest.json"]


def test_a_damaged_run_is_neither_used_nor_overwritten(root):
    path = publish(root, NEW, outputs(), FACTS).path / "retain.csv"
    path.write_bytes(b"edited")
    with pytest.raises(IntegrityError, match=r"retain\.csv has other bytes"):
        publish(root, NEW, outputs(), FACTS)
    assert path.read_bytes() == b"edited"


def test_another_key_with_the_same_beginning(root):
    publish(root, NEW, outputs(), FACTS)
    with pytest.raises(IntegrityError, match="published under another key"):
        publish(root, "1" * 16 + "f" * 48, outputs(), FACTS)


def test_current_that_names_no_run(root):
    (root / "CURRENT").write_text("../../etc\n")
    with pytest.raises(IntegrityError, match="does not name a run"):
        current(root)


def test_a_key_must_be_a_digest(root):
    with pytest.raises(ValueError, match="hexadecimal"):
        publish(root, "../x" * 8, outputs(), FACTS)


def test_every_failpoint_is_tried_here():
    package = Path(churnlab.__file__).parent
    sources = [package / "durable.py", *(package / "lists").glob("*.py")]
    planted = {name for path in sources for name in re.findall(r'failpoint\("([a-z.]+)"\)', path.read_text())}
    assert planted == {*FAILPOINTS, *SPOOLED, *DELIVERED, *SENT}


@pytest.mark.parametrize("how", ["kill", "enospc", "eio"])
@pytest.mark.parametrize("where", FAILPOINTS)
def test_a_run_that_dies_anywhere(root, tmp_path, monkeypatch, where, how):
    untouched = publish(tmp_path / "other", NEW, outputs(), FACTS).path
    old = current(root)
    before = contents(old)

    def dying():
        os.environ["CHURNLAB_FAILPOINT"] = f"{where}:{how}"
        publish(root, NEW, outputs(), FACTS)

    assert in_child(dying) == (-signal.SIGKILL if how == "kill" else 7)
    # Nothing half-published: CURRENT still names the old lists, and every run there is whole.
    assert current(root) == old
    assert contents(old) == before
    for run in root.glob("run=*"):
        verify(run)
    if how != "kill":
        assert not [name for name in names(root) if ".tmp" in name or ".stage" in name]
    # The next run ends as if nothing had happened: same bytes, no leftovers.
    published = publish(root, NEW, outputs(), FACTS)
    assert published.existed == (where in {"publish.current", "whole.rename"})
    assert current(root) == published.path
    assert contents(published.path) == contents(untouched)
    assert names(root) == [".lock", "CURRENT", old.name, published.path.name]


def test_an_interrupted_publication_does_not_come_back_after_a_later_one(root):
    def dying():
        os.environ["CHURNLAB_FAILPOINT"] = "publish.current:kill"
        publish(root, NEW, outputs(), FACTS)

    assert in_child(dying) == -signal.SIGKILL
    later = publish(root, THIRD, outputs("third"), FACTS)
    assert publish(root, NEW, outputs(), FACTS).existed
    assert current(root) == later.path


@pytest.mark.parametrize("limit", [0, 1, 100, 4096, 14_999, 15_000, 16_000, 17_999, 18_000, 18_500])
def test_a_full_disk_at_any_size(root, limit):
    # A limit on the size of files stands for the disk: bytes up to it are written, the next are not.
    old = current(root)

    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        publish(root, NEW, outputs(), FACTS)

    fits = max(
        path.stat().st_size for path in publish(root.parent / "x", NEW, outputs(), FACTS).path.iterdir()
    )
    code = in_child(limited)
    assert code == (0 if limit >= fits else 7)
    assert (current(root) == old) == (code == 7)
    verify(current(root))
    assert not list(root.glob(".stage*"))


def test_what_the_disk_refuses_is_one_line_with_the_path(root, monkeypatch):
    monkeypatch.setenv("CHURNLAB_FAILPOINT", "stage.last:enospc")
    with pytest.raises(MachineError, match="No space left on device") as caught:
        publish(root, NEW, outputs(), FACTS)
    assert str(root) in caught.value.what
    assert "bytes free" in str(caught.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="becoming another user takes root")
def test_without_permission(root):
    old = current(root)

    def as_nobody():
        os.setuid(65534)
        publish(root, NEW, outputs(), FACTS)

    for folder in (root, *list(root.parents)[:3]):
        with contextlib.suppress(PermissionError):
            folder.chmod(0o755)
    assert in_child(as_nobody) == 7
    assert current(root) == old


def test_a_read_only_disk(root, monkeypatch):
    def refuse(path, **_):
        raise OSError(errno.EROFS, os.strerror(errno.EROFS), str(path))

    old = current(root)
    monkeypatch.setattr(commit.Path, "mkdir", refuse)
    with pytest.raises(MachineError, match="Read-only file system"):
        publish(root, NEW, outputs(), FACTS)
    assert current(root) == old


def test_a_writer_that_fails_leaves_nothing(root):
    def broken(file):
        file.write(b"half")
        raise KeyboardInterrupt("in the middle")

    with pytest.raises(KeyboardInterrupt, match="in the middle"):
        publish(root, NEW, {**outputs(), "x.csv": Output(broken)}, FACTS)
    assert names(root) == [".lock", "CURRENT", "run=" + "0" * 16]


def test_leftovers_of_a_killed_run_go_and_links_are_not_followed(root, tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_bytes(b"kept")
    (root / ".stage-abc-1").mkdir()
    (root / ".stage-abc-1" / "half.csv").write_bytes(b"half")
    (root / ".stage-abc-2").symlink_to(precious)
    (root / ".CURRENT.7.tmp").write_bytes(b"")
    publish(root, NEW, outputs(), FACTS)
    assert names(root) == [".lock", "CURRENT", "run=" + "0" * 16, "run=" + "1" * 16]
    assert (precious / "file").read_bytes() == b"kept"


def held(_stage):
    raise HeldError("no list: unlike the last releases")


def test_what_a_gate_holds_back_waits_for_its_owner_alone_and_the_lists_stay(root):
    before = current(root)
    for _ in range(2):  # once more changes nothing
        with pytest.raises(HeldError, match="unlike the last releases"):
            publish(root, NEW, outputs(), FACTS, gate=held)
        assert current(root) == before
        assert names(root) == [".lock", "CURRENT", "run=" + "0" * 16, "staged"]
        assert names(root / "staged") == [NEW[:16]]
    waiting = commit.staged(root, NEW)
    assert verify(waiting)["run_key"] == NEW, "whole, for inspection"
    assert {stat.S_IMODE(path.stat().st_mode) for path in (waiting, waiting.parent)} == {0o700}
    published = publish(root, NEW, outputs(), FACTS)
    assert not published.existed
    assert current(root) == published.path
    commit.clear_staged(root)
    assert names(root) == [".lock", "CURRENT", "run=" + "0" * 16, "run=" + "1" * 16]
    commit.clear_staged(root)  # nothing there: nothing to do


def test_any_other_gate_leaves_nothing_to_look_at(root):
    def leaking(_stage):
        raise GateError("no list: suppressed customers stand in all.csv")

    with pytest.raises(GateError, match="suppressed"):
        publish(root, NEW, outputs(), FACTS, gate=leaking)
    assert names(root) == [".lock", "CURRENT", "run=" + "0" * 16]


def test_a_link_in_the_place_of_what_waits_is_not_followed(root, tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_bytes(b"kept")
    (root / "staged").symlink_to(precious)
    commit.clear_staged(root)
    assert names(root) == [".lock", "CURRENT", "run=" + "0" * 16]
    assert names(precious) == ["file"]


def test_eight_at_once(root, tmp_path):
    """One writes, seven are told by whom and leave; the lock goes with its holder."""
    gate = tmp_path / "go"

    def slow(file):
        file.write(b"slow")
        time.sleep(2)

    def start(number):
        child = os.fork()
        if child:
            return child
        code = 1
        with contextlib.suppress(BaseException):
            while not gate.exists():
                time.sleep(0.005)
            try:
                publish(root, NEW, {"retain.csv": Output(slow)}, FACTS)
                code = 0
            except ChurnlabError as error:
                (tmp_path / f"said-{number}").write_text(str(error))
                code = error.exit_code
        os._exit(code)

    started = time.monotonic()
    children = [start(number) for number in range(8)]
    gate.write_bytes(b"")
    ends = {child: os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) for child in children}
    assert sorted(ends.values()) == [0, 6, 6, 6, 6, 6, 6, 6]
    (winner,) = [child for child, code in ends.items() if code == 0]
    said = [path.read_text() for path in tmp_path.glob("said-*")]
    assert len(said) == 7
    assert all(f"got: pid {winner} on " in text and "run key 1111111111111111" in text for text in said)
    assert time.monotonic() - started < 60
    verify(current(root))
    assert publish(root, THIRD, outputs(), FACTS).existed is False


def test_waiting_for_the_lock(root):
    with lock.held(root, OLD):
        started = time.monotonic()
        with pytest.raises(LockedError, match=f"pid {os.getpid()} on "), lock.held(root, NEW, wait=0.1):
            pass
        assert time.monotonic() - started >= 0.1
    with lock.held(root, NEW, wait=0.1):
        pass


def test_the_name_of_a_dead_holder_is_not_given(root):
    def holder():
        with lock.held(root, NEW):
            os.kill(os.getpid(), signal.SIGKILL)

    assert in_child(holder) == -signal.SIGKILL
    assert "run key 1111" in (root / ".lock").read_text(), "the dead cannot wipe their name"
    # Somebody has the lock and has not written its name yet.
    descriptor = os.open(root / ".lock", os.O_RDWR)
    try:
        import fcntl

        fcntl.flock(descriptor, fcntl.LOCK_EX)
        with pytest.raises(LockedError, match="has not said its name"), lock.held(root, OLD):
            pass
    finally:
        os.close(descriptor)


@pytest.mark.parametrize(
    ("name", "dead"),
    [
        ("pid {gone} on {here}, run key 0", True),
        ("pid {gone} on elsewhere, run key 0", False),  # another machine's processes cannot be asked
        ("pid {alive} on {here}, run key 0", False),
        ("no name of ours", False),
    ],
)
def test_who_counts_as_dead(name, dead):
    gone = os.fork()
    if gone == 0:
        os._exit(0)
    os.waitpid(gone, 0)
    name = name.format(gone=gone, alive=os.getpid(), here=lock.socket.gethostname())
    assert lock._dead(name) == dead


def test_a_process_of_another_user_is_alive(monkeypatch):
    def refuse(*_):
        raise PermissionError

    monkeypatch.setattr(lock.os, "kill", refuse)
    assert not lock._dead(f"pid 1 on {lock.socket.gethostname()}, run key 0")


def test_ids_are_in_the_lists_and_nowhere_else(tmp_path):
    ids = [f"canary-{number}" for number in range(200)]
    with ranked(scored(ids)) as everybody:
        facts = replace(FACTS, strategies=everybody.totals)
        folder = publish(tmp_path, NEW, write.together(everybody), facts).path
    assert b"canary-7" in (folder / "all.csv").read_bytes()
    others = [folder / "manifest.json", tmp_path / "CURRENT", tmp_path / ".lock"]
    assert not any(b"canary" in path.read_bytes() for path in others)
    assert not any("canary" in str(path) for path in tmp_path.rglob("*"))
