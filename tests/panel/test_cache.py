"""The kept panel: equal to the computed one to the byte, whatever is kept, missing, damaged or in the way."""

import os
import stat
import threading
import time
from dataclasses import replace

import numpy as np
import pytest

from churnlab.errors import DataError
from churnlab.features.feature import Description
from churnlab.panel import Panel, cache, pieces
from churnlab.panel.cache import Cache, Keys, key
from churnlab.panel.sample import Sample

FAMILIES = {"recency": 2, "money": 3, "profile": 0, "own": 1}  # and how many numbers each has
IDS = ("", "a\x00", "b", "é", "\U0001f600")
ROOM = 10**9


def keys(**changed):
    """``keys(money=2)``: with other code of money."""
    rows = key("rows", changed.get("rows"))
    return Keys(
        rows,
        key(rows, "outcome", changed.get("outcome")),
        key(rows, "beside", changed.get("beside")),
        {name: key(rows, name, changed.get(name)) for name in FAMILIES if changed.get(name) != "gone"},
    )


def described(name, family, kind="number"):
    return Description(name, family, kind, "days", "É", "economic", None, "{value}", "{value}")


class World:
    """Computes panels, and remembers what it was asked for."""

    def __init__(self, **changed):
        self.changed, self.asked = changed, []

    def __call__(self, families):
        self.asked.append(families)
        return self.panel(families), {"not_enough_orders": 3}

    def panel(self, families):
        ids = np.repeat(np.array(IDS, dtype=object), 2)
        size, seed = len(ids), hash(self.changed.get("rows", 0)) % 100
        columns, features, categories = [], [], {}
        for family in families:
            for number in range(FAMILIES[family]):
                about = f"{family}_{number}"
                columns.append(np.arange(size) * 0.3 + number + seed + len(family))
                columns[-1][number::4] = np.nan
                if self.changed.get(family):
                    columns[-1] += self.changed[family]
                features.append(described(about, family))
        for family in families:
            if family in {"profile", "own"}:
                values = [None, "é", "b", "é", "", "\ud800", "b", None, "x", "y"]
                categories[f"{family}_city"] = np.array(values, dtype=object)
                features.append(described(f"{family}_city", family, "category"))
        numbers = np.array(columns, np.float32).T if columns else np.empty((size, 0), np.float32)
        return Panel(
            customer_id=ids,
            as_of=np.tile([-5, 7], len(IDS)) + seed,
            numbers=np.ascontiguousarray(numbers),
            categories=categories,
            features=tuple(features),
            churned=np.array([0, 1, np.nan] * 3 + [1.0])
            if not self.changed.get("outcome")
            else np.ones(size),
            value=np.linspace(-1, 1, size),
            measures={"dialogue": np.linspace(0, np.nan, size), "silence": np.ones(size)},
            segments={"city": np.array([None, "a"] * len(IDS), dtype=object)},
            fingerprint="",
            sample=Sample(10, 20, 5, 9),
            sooner={"churned_30d": np.array([0, 0, np.nan] * 3 + [1.0])},
        )


def same(one, other):
    assert one.features == other.features
    assert one.customer_id.tolist() == other.customer_id.tolist()
    assert one.sample == other.sample
    for name in ("as_of", "numbers", "churned", "value"):
        left, right = getattr(one, name), getattr(other, name)
        assert (left.dtype, left.shape) == (right.dtype, right.shape), name
        assert left.tobytes() == right.tobytes(), f"other {name}"
    for group in ("categories", "sooner", "measures", "segments"):
        assert list(getattr(one, group)) == list(getattr(other, group)), group
        for name, values in getattr(one, group).items():
            assert repr(values.tolist()) == repr(getattr(other, group)[name].tolist()), name
            assert values.dtype == getattr(other, group)[name].dtype


def check(folder, world, wanted, asked, room=ROOM):
    """The panel is what the world computes without a cache, and only ``asked`` was computed."""
    world.asked.clear()
    made, excluded = Cache(folder, room).panel(wanted, world)
    same(made, world.panel(tuple(wanted.families)))
    assert excluded == {"not_enough_orders": 3}
    assert world.asked == asked, "computed other families than those that are new"


ALL = tuple(FAMILIES)


def test_the_second_time_nothing_is_computed(tmp_path):
    check(tmp_path / "c", World(), keys(), [ALL])
    check(tmp_path / "c", World(), keys(), [])


@pytest.mark.parametrize("family", FAMILIES)
def test_a_changed_family_recomputes_only_itself(tmp_path, family):
    check(tmp_path, World(), keys(), [ALL])
    check(tmp_path, World(**{family: 2}), keys(**{family: 2}), [(family,)])
    check(tmp_path, World(), keys(), [])  # and the earlier one is still there


@pytest.mark.parametrize("family", FAMILIES)
def test_an_added_family_computes_only_itself_and_a_removed_one_nothing(tmp_path, family):
    check(tmp_path, World(), keys(**{family: "gone"}), [tuple(name for name in ALL if name != family)])
    check(tmp_path, World(), keys(), [(family,)])
    check(tmp_path, World(), keys(**{family: "gone"}), [])


def test_an_outcome_alone_needs_no_feature(tmp_path):
    check(tmp_path, World(), keys(), [ALL])
    check(tmp_path, World(outcome=1), keys(outcome=1), [()])
    check(tmp_path, World(), keys(beside=1), [()])


def test_other_rows_are_another_panel(tmp_path):
    check(tmp_path, World(), keys(), [ALL])
    check(tmp_path, World(rows=1), keys(rows=1), [ALL])
    check(tmp_path, World(), keys(), [])


def test_families_in_another_order_are_the_same_pieces(tmp_path):
    check(tmp_path, World(), keys(), [ALL])
    turned = replace(keys(), families=dict(reversed(keys().families.items())))
    check(tmp_path, World(), turned, [])


MUTANTS = {
    "families change places": ("_fill", lambda target, *_: target.fill(1)),
    "outcome of another": (
        "_outcomes",
        lambda *_: {"churned": np.ones(10), "value": np.ones(10), "sooner": {"churned_30d": np.ones(10)}},
    ),
    "sooner is forgotten": (
        "_outcomes",
        lambda found, _: {name: found["outcome"].array(name) for name in ("churned", "value")},
    ),
    "damage is trusted": ("_texts", lambda *_: np.full(10, "a", dtype=object)),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_a_planted_mutant_is_caught(tmp_path, monkeypatch, name):
    check(tmp_path, World(), keys(), [ALL])
    monkeypatch.setattr(cache, *MUTANTS[name])
    with pytest.raises(AssertionError, match="assert"):
        check(tmp_path, World(), keys(), [])


def wreck(path, how):
    content = path.read_bytes()
    if how == "cut":
        path.write_bytes(content[: len(content) // 2])
    elif how == "flipped":
        path.write_bytes(content[:-40] + bytes([content[-40] ^ 1]) + content[-39:])
    elif how == "foreign":
        path.write_bytes(b"PK\x03\x04 something else")
    elif how == "emptied":
        path.write_bytes(b"")
    elif how == "gone":
        path.unlink()
    else:
        path.unlink()
        path.mkdir()


@pytest.mark.parametrize("how", ["cut", "flipped", "foreign", "emptied", "gone"])
@pytest.mark.parametrize("piece", ["rows", "outcome", "beside", "family money", "family profile"])
def test_a_damaged_piece_is_computed_again_and_mended(tmp_path, caplog, how, piece):
    check(tmp_path, World(), keys(), [ALL])
    wreck(tmp_path / f"{cache._flat(keys())[piece]}.piece", how)
    expected = {"rows": ALL, "outcome": (), "beside": ()}.get(piece, (piece.removeprefix("family "),))
    check(tmp_path, World(), keys(), [expected])
    assert ("damaged" in caplog.text) == (how != "gone")
    check(tmp_path, World(), keys(), [])


def test_a_folder_in_the_place_of_a_piece_costs_time_only(tmp_path, caplog):
    check(tmp_path, World(), keys(), [ALL])
    wreck(tmp_path / f"{keys().outcome}.piece", "folder")
    check(tmp_path, World(), keys(), [()])
    assert "not kept for the next run" in caplog.text


def test_pieces_that_do_not_fit_together_are_not_used(tmp_path):
    """Another's rows under our key: proved whole, and yet not of this panel."""
    check(tmp_path, World(), keys(), [ALL])
    facts, arrays = cache._rows(World(rows=1).panel(ALL), {})
    pieces.write(tmp_path / f"{keys().rows}.piece", keys().rows, facts, arrays)
    wreck(tmp_path / f"{keys().outcome}.piece", "gone")
    check(tmp_path, World(), keys(), [(), ALL])


def test_what_a_piece_lacks_is_no_crash(tmp_path, caplog):
    check(tmp_path, World(), keys(), [ALL])
    path = tmp_path / f"{keys().families['money']}.piece"
    pieces.write(path, keys().families["money"], {"texts": {}}, {})
    check(tmp_path, World(), keys(), [ALL])
    assert "cannot be read (KeyError)" in caplog.text


def test_a_name_that_two_families_make_is_left_to_the_one_who_refuses_it(tmp_path):
    check(tmp_path, World(), keys(own="gone"), [ALL[:-1]])

    class Twice(World):
        def __call__(self, families):
            panel, excluded = super().__call__(families)
            if len(families) > 1:
                raise DataError("exists already")
            taken = replace(panel.features[0], name="money_1")
            return replace(panel, features=(taken, *panel.features[1:])), excluded

    world = Twice()
    with pytest.raises(DataError, match="exists already"):
        Cache(tmp_path, ROOM).panel(keys(), world)
    assert world.asked == [("own",), ALL]


@pytest.mark.parametrize("point", ["piece.write", "piece.rename"])
def test_a_full_disk_costs_the_next_run_time_and_nothing_else(tmp_path, monkeypatch, caplog, point):
    monkeypatch.setenv("CHURNLAB_FAILPOINT", f"{point}:enospc")
    check(tmp_path, World(), keys(), [ALL])
    assert "the panel is not kept for the next run: No space left on device" in caplog.text
    assert list(tmp_path.iterdir()) == []
    monkeypatch.delenv("CHURNLAB_FAILPOINT")
    check(tmp_path, World(), keys(), [ALL])
    check(tmp_path, World(), keys(), [])


def test_a_folder_that_cannot_be_made_costs_time_only(tmp_path, caplog):
    (tmp_path / "file").write_text("")
    check(tmp_path / "file" / "cache", World(), keys(), [ALL])
    assert "not kept" in caplog.text


def test_everything_is_its_owners_only(tmp_path):
    before = os.umask(0)
    try:
        check(tmp_path / "cache" / "panel", World(), keys(), [ALL])
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "cache" / "panel").stat().st_mode) == 0o700
    assert {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "cache" / "panel").iterdir()} == {0o600}


def age(folder, seconds):
    for path in folder.iterdir():
        when = path.stat().st_mtime - seconds
        os.utime(path, (when, when))


def size(folder):
    return sum(path.stat().st_size for path in folder.iterdir())


def test_the_longest_unused_leave_when_there_is_no_room(tmp_path):
    for number in range(3):
        check(tmp_path, World(rows=number), keys(rows=number), [ALL])
        age(tmp_path, 100)
    whole = size(tmp_path)
    check(
        tmp_path, World(), keys(rows=0) if False else keys(), [ALL], room=whole
    )  # a fourth: the first leaves
    assert size(tmp_path) <= whole
    check(tmp_path, World(rows=2), keys(rows=2), [], room=whole)
    world = World(rows=0)
    Cache(tmp_path, whole).panel(keys(rows=0), world)
    assert world.asked == [ALL]


def test_what_was_used_lately_stays(tmp_path):
    check(tmp_path, World(), keys(), [ALL])
    age(tmp_path, 100)
    check(tmp_path, World(rows=1), keys(rows=1), [ALL])
    age(tmp_path, 100)
    check(tmp_path, World(), keys(), [])  # used again: now the other one is older
    check(tmp_path, World(rows=2), keys(rows=2), [ALL], room=size(tmp_path))
    check(tmp_path, World(), keys(), [])


def test_a_panel_that_has_no_room_is_not_kept(tmp_path):
    check(tmp_path, World(), keys(), [ALL], room=100)
    assert size(tmp_path) <= 100


def test_what_a_killed_run_left_half_written_goes_after_a_day(tmp_path):
    old, new = tmp_path / ".a.piece.1.0.tmp", tmp_path / ".b.piece.2.0.tmp"
    for path in (old, new):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 25 * 3600,) * 2)
    check(tmp_path, World(), keys(), [ALL])
    assert (old.exists(), new.exists()) == (False, True)


def test_runs_at_the_same_time_do_not_disturb_each_other(tmp_path):
    faults = []

    def train(number):
        try:
            for turn in range(6):
                changed = {"money": 1 + (number + turn) % 3}
                world = World(**changed)
                # So little room that each run removes what the others have just written.
                made, _ = Cache(tmp_path, 4_000).panel(keys(**changed), world)
                same(made, world.panel(ALL))
        except BaseException as error:  # noqa: BLE001 - told by the main thread
            faults.append(error)

    threads = [threading.Thread(target=train, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert faults == []
    assert not [path for path in tmp_path.iterdir() if path.suffix == ".tmp"]
