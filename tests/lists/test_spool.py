"""The way of rows into lists: right however they come in blocks, few held at a time, whole or not at all."""

import io
import os
import resource
import signal
import tracemalloc

import numpy as np
import pyarrow as pa
import pytest

from actions_made import SALT, campaign, measured
from children import in_child
from churnlab.errors import GateError, IntegrityError, MachineError
from churnlab.lists import chunks, order, spool, write
from churnlab.lists.commit import current, publish, verify
from churnlab.lists.screen import Screen
from churnlab.lists.spool import Contacting
from scored_people import FACTS, STAMP, files_of, listed, ranked, scored, texts

OLD, NEW = "0" * 64, "1" * 64
LISTS = ("retain", "rationalise", "win_back", "release", "unclassified", "all")
FAILPOINTS = ("spool.write", "spool.merge", *(f"list.{name}" for name in LISTS))


@pytest.fixture
def small(monkeypatch):
    """Runs, chunks, batches and row groups small enough that a few hundred rows fill many."""
    for name, size in (("RUN", 64), ("CHUNK", 8), ("BATCH", 50)):
        monkeypatch.setattr(spool, name, size)
    monkeypatch.setattr(write, "ROW_GROUP", 100)


def blocks(n=300, size=20):
    people = scored([f"c{i:05d}" for i in range(n)])
    return list(people.pieces(size))


def scoring(out, key=NEW, people=None):
    """What ``score`` does once customers are scored."""
    with spool.opened(out, STAMP) as kept:
        for block in blocks() if people is None else people:
            kept.add(block)
        return publish(out / "lists", key, write.together(kept.ranked()), FACTS).path


def contents(folder):
    """Every byte of a run, but for the manifest's info."""
    files = {path.name: path.read_bytes() for path in folder.iterdir()}
    files["manifest.json"] = files["manifest.json"].split(b'"info"')[0]
    return files


def names(folder):
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def out(tmp_path, small):
    """A folder in which lists were published once."""
    out = tmp_path / "out"
    scoring(out, OLD, blocks(40))
    return out


# Whose row it is


def test_whoever_a_campaign_puts_first_keeps_the_own_row(tmp_path, small):
    # The best are anywhere in the runs: neither next to each other, nor in the order of the rest.
    people = scored([f"c{i:05d}" for i in range(400)])
    best = measured(contact_cost=9, quadrants=("retain", "rationalise"), phases=())
    given = Contacting(Screen(None, (best,), "UTC"), campaign(best, control=0.3, explore=0.2), SALT)
    with spool.opened(tmp_path, STAMP, contacting=given) as kept:
        for block in people.pieces(20):
            kept.add(block)
        everybody = kept.ranked()
        tables = [table for name in everybody.sizes for table in everybody.batches(name)]
    found = pa.concat_tables(tables).to_pydict()
    assert sorted(found["customer_id"]) == sorted(people.customer_id)
    place = {one: row for row, one in enumerate(people.customer_id)}
    rows = [place[one] for one in found["customer_id"]]
    assert found["churn_risk"] == pytest.approx(people.churn_risk[rows].round(6).tolist())
    assert found["quadrant"] == people.quadrant[rows].tolist()
    held = np.array([arm is not None for arm in found["arm"]])
    retain = held[[one == "retain" for one in found["quadrant"]]]
    assert 0 < retain.sum() < len(retain)
    assert (np.diff(retain.astype(int)) <= 0).all(), "those with a turn come first"


def test_rows_of_others_are_no_list(small, monkeypatch):
    monkeypatch.setattr(
        chunks.Reader, "rows", lambda self, wanted, rows=chunks.Reader.rows: rows(self, wanted[::-1])
    )
    with (
        ranked(*blocks()) as everybody,
        pytest.raises(IntegrityError, match="other customers than were asked"),
    ):
        list(everybody.batches("retain"))


# What is held


class Peak:
    """The most that Arrow and Python held while the block ran, in bytes."""

    def __enter__(self):
        self._before = pa.default_memory_pool()
        self._pool = pa.proxy_memory_pool(self._before)
        pa.set_memory_pool(self._pool)
        tracemalloc.start()
        return self

    def __exit__(self, *_):
        self.bytes = self._pool.max_memory() + tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        pa.set_memory_pool(self._before)


class Sink(io.RawIOBase):
    """A file that keeps nothing."""

    def writable(self):
        return True

    def write(self, content):
        return len(content)


def heavy(n):
    """Blocks of 50 customers with reasons of a kilobyte each, made one after the other."""
    for start in range(0, n, 50):
        ids = [f"c{i:07d}" for i in range(start, start + 50)]
        words = texts([[f"{one}{'x' * 1_000}", None, None] for one in ids])
        yield scored(ids, risk=np.arange(start, start + 50) / n, reason_texts=words)


def held(folder, n):
    """Bytes held at most while lists of ``n`` customers are made, a kilobyte or more each."""
    with Peak() as peak, spool.opened(folder, STAMP) as kept:
        for block in heavy(n):
            kept.add(block)
        together = write.together(kept.ranked())
        together.write({name: Sink() for name in together.files})
        del together  # what it holds is of the pool, which goes first
    return peak.bytes


KEYS = 250  # bytes: what a customer may cost however many there are, sorting included


def test_what_is_held_grows_by_the_keys_and_not_by_the_rows(tmp_path, small):
    few, many = held(tmp_path, 1_000), held(tmp_path, 9_000)
    assert many - few < 8_000 * KEYS, "eight megabytes of reasons, and two at most are for keys"


@pytest.mark.parametrize("hoard", ["RUN", "BATCH", "ROW_GROUP"])
def test_a_hoarder_is_caught(tmp_path, small, monkeypatch, hoard):
    monkeypatch.setattr(write if hoard == "ROW_GROUP" else spool, hoard, 10**6)
    with pytest.raises(AssertionError, match="two at most are for keys"):
        test_what_is_held_grows_by_the_keys_and_not_by_the_rows(tmp_path, None)


# What comes out


def test_threads_change_no_byte(small):
    parts, before = blocks(), pa.cpu_count()
    made = []
    try:
        for threads in (1, 2):
            pa.set_cpu_count(threads)
            made.append(files_of(*parts))
    finally:
        pa.set_cpu_count(before)
    assert made[0] == made[1]


def test_totals_of_blocks_in_any_order_are_the_same():
    parts = blocks()
    with (
        ranked(*parts) as forth,
        ranked(*parts[::-1]) as back,
        ranked(scored([f"c{i:05d}" for i in range(300)])) as one,
    ):
        assert forth.totals == back.totals == one.totals


@pytest.mark.parametrize("one_hash_for_all", [False, True])
def test_an_id_in_two_blocks_is_found_and_others_are_not(monkeypatch, one_hash_for_all):
    if one_hash_for_all:
        monkeypatch.setattr(order, "hash", lambda _: 7, raising=False)
    parts = blocks(60)
    listed(*parts)
    twice = scored(["c00003", "c00059", "new"])
    with pytest.raises(GateError, match="customer_id repeats in 2 of 63 rows"):
        listed(*parts, twice)


def test_what_is_wrong_is_told_the_same_however_the_customers_are_cut():
    people = scored([f"c{i}" for i in range(30)])
    people.churn_risk[[3, 9, 27]] = np.nan
    people.intensity[[0, 1]] = 101
    said = set()
    for size in (1, 7, 30):
        with pytest.raises(
            GateError, match="churn_risk is missing or infinite\ngot: 3 of 30 customers"
        ) as caught:
            listed(*people.pieces(size))
        said.add(str(caught.value))
    assert len(said) == 1


def test_one_risk_for_all_is_seen_over_the_blocks():
    # Each block tells nobody apart; together they do, unless they agree.
    low, high = scored(["a", "b"], [0.2, 0.2]), scored(["c", "d"], [0.7, 0.7])
    assert listed(low, high).num_rows == 4
    with pytest.raises(GateError, match="the same for all 4 customers"):
        listed(low, scored(["c", "d"], [0.2, 0.2]))


def test_blocks_of_nobody_are_nothing():
    assert listed(scored([]), scored(["a", "b"]), scored([])).num_rows == 2


def test_value_in_some_blocks_only_is_a_mistake_of_ours():
    with pytest.raises(ValueError, match="either all blocks have value, or none"):
        listed(scored(["a", "b"]), scored(["c"], valued=False))


# What goes wrong


@pytest.mark.parametrize("how", ["kill", "enospc", "eio"])
@pytest.mark.parametrize("where", FAILPOINTS)
def test_a_run_that_dies_anywhere(out, tmp_path, where, how):
    untouched = contents(scoring(tmp_path / "other"))
    old = current(out / "lists")

    def dying():
        os.environ["CHURNLAB_FAILPOINT"] = f"{where}:{how}"
        scoring(out)

    assert in_child(dying) == (-signal.SIGKILL if how == "kill" else 7)
    assert current(out / "lists") == old
    verify(old)
    assert names(out) == ["lists"], "what waited on the disk has gone with the process"
    if how != "kill":
        assert names(out / "lists") == [".lock", "CURRENT", old.name]
    published = scoring(out)
    assert contents(published) == untouched
    assert names(out / "lists") == [".lock", "CURRENT", old.name, published.name]


@pytest.mark.parametrize("limit", [0, 1, 1_000, 10_000, 50_000, 75_000, 10**6])
def test_a_full_disk_at_any_size(out, limit):
    old = current(out / "lists")

    def limited():
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
        scoring(out)

    code = in_child(limited)
    assert code == (0 if limit == 10**6 else 7)
    assert (current(out / "lists") == old) == (code == 7)
    verify(current(out / "lists"))
    assert names(out) == ["lists"]
    assert not [name for name in names(out / "lists") if name.startswith(".s")]


def test_what_the_disk_refuses_is_one_line_with_the_folder(out, monkeypatch):
    monkeypatch.setenv("CHURNLAB_FAILPOINT", "spool.write:enospc")
    with pytest.raises(MachineError, match="No space left on device") as caught:
        scoring(out)
    assert str(out) in caught.value.what
    assert "bytes free" in str(caught.value)


DAMAGE = {
    "cut off": (lambda file: os.ftruncate(file.fileno(), 5_000), r"got: [\d,]+ of [\d,]+ bytes"),
    "lost": (lambda file: os.ftruncate(file.fileno(), 0), r"got: 0 of [\d,]+ bytes"),
    "changed": (lambda file: os.pwrite(file.fileno(), b"x", 5_000), "got: other bytes than were written"),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_rows_that_were_lost_on_the_way_are_missed(out, name):
    old, (damage, words) = current(out / "lists"), DAMAGE[name]
    with spool.opened(out, STAMP) as kept:
        for block in blocks():
            kept.add(block)
        everybody = kept.ranked()
        damage(kept._file)
        with pytest.raises(
            IntegrityError, match=f"wait there to be written to the lists have changed\n{words}"
        ):
            publish(out / "lists", NEW, write.together(everybody), FACTS)
    assert current(out / "lists") == old
    assert names(out / "lists") == [".lock", "CURRENT", old.name]


def test_an_interruption_leaves_nothing(out):
    def interrupted():
        yield from blocks(100)
        raise KeyboardInterrupt("in the middle")

    with pytest.raises(KeyboardInterrupt, match="in the middle"):
        scoring(out, people=interrupted())
    assert names(out) == ["lists"]
    assert current(out / "lists").name == "run=" + OLD[:16]


def test_what_a_system_without_nameless_files_left_behind_goes(out, tmp_path):
    precious = tmp_path / "precious"
    precious.write_bytes(b"kept")
    (out / ".spool-abc").write_bytes(b"rows")
    (out / ".spool-link").symlink_to(precious)
    scoring(out)
    assert names(out) == ["lists"]
    assert precious.read_bytes() == b"kept"


def test_only_this_user_may_read_what_waits(tmp_path):
    with spool.opened(tmp_path, STAMP) as kept:
        assert os.fstat(kept._file.fileno()).st_mode & 0o077 == 0


def test_a_folder_that_cannot_be(tmp_path):
    (tmp_path / "file").write_bytes(b"")
    with (
        pytest.raises(MachineError, match="cannot write or read"),
        spool.opened(tmp_path / "file" / "out", STAMP),
    ):
        pass
