"""A folder as the destination: placed once under its name, found whole or told to be damaged."""

import shutil

import pyarrow.parquet as pq
import pytest

from churnlab.errors import IntegrityError
from churnlab.lists import package
from churnlab.lists.outbox import Outbox, Stages
from churnlab.lists.package import Meant
from deliveries import DAY, NEW, laid_out
from scored_people import listed, scored


@pytest.fixture
def prepared(tmp_path):
    """The outbox, its stages, and how a delivery is prepared in one: ``prepare(reason)``."""
    folder = tmp_path / "outbox"
    folder.mkdir()
    table = listed(scored(["a", "b", "c"]))
    pq.write_table(table, tmp_path / "retain.parquet")
    stages = Stages.of(folder, tmp_path)
    meant = Meant("shop", "scores", DAY, "retain", NEW, "folder outbox", "generic")

    def prepare(reason=None):
        stage = stages.stage(meant.list_id)
        more = {"model_version": "3", "valid_until": "2025-03-03", "reason": reason}
        record = package.write(stage, tmp_path / "retain.parquet", meant, laid_out(table), more, delivery=1)
        return stage, record

    return Outbox(folder), stages, prepare


def test_placed_twice_is_there_once(prepared):
    outbox, stages, prepare = prepared
    stage, record = prepare()
    outbox.place(stage, record)
    before = {path.name: path.stat().st_mtime_ns for path in (outbox.folder / record.name).iterdir()}
    outbox.place(*prepare())
    assert {p.name: p.stat().st_mtime_ns for p in (outbox.folder / record.name).iterdir()} == before
    stages.clear()
    assert [path.name for path in outbox.folder.iterdir()] == [record.name]
    assert list(outbox.held("shop", ())) == [record]
    assert list(outbox.held("shop", {record.name})) == list(outbox.held("other", ())) == []
    assert outbox.check(record.name, record.sha256)
    assert not outbox.check("f" * 32, record.sha256)


def test_another_delivery_never_takes_a_place(prepared):
    outbox, stages, prepare = prepared
    outbox.place(*prepare())
    stages.clear()
    stage, other = prepare("another")
    with pytest.raises(IntegrityError, match="another delivery under the same name"):
        outbox.place(stage, other)
    with pytest.raises(IntegrityError, match="another delivery than the ledger has"):
        outbox.check(other.name, other.sha256)


def test_a_delivery_under_another_name_is_told(prepared):
    outbox, _, prepare = prepared
    stage, record = prepare()
    outbox.place(stage, record)
    shutil.move(outbox.folder / record.name, outbox.folder / f"{record.name}-r2")
    with pytest.raises(IntegrityError, match="its record is that of"):
        list(outbox.held("shop", ()))


def test_leftovers_go_and_links_are_not_followed(prepared, tmp_path):
    outbox, stages, prepare = prepared
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").write_bytes(b"kept")
    prepare()
    stages.stage("link").symlink_to(precious)
    stages.stage("file").write_bytes(b"")
    others = outbox.folder / ".stage-ffffffff-x"
    others.mkdir()
    stages.clear()
    assert list(outbox.folder.iterdir()) == [others]
    assert (precious / "file").read_bytes() == b"kept"


def test_a_file_that_is_a_link_is_no_file_of_ours(prepared, tmp_path):
    outbox, _, prepare = prepared
    stage, record = prepare()
    outbox.place(stage, record)
    path = next((outbox.folder / record.name).glob("*.csv"))
    shutil.move(path, tmp_path / "elsewhere.csv")
    path.symlink_to(tmp_path / "elsewhere.csv")
    with pytest.raises(IntegrityError, match="has other bytes"):
        outbox.check(record.name, record.sha256)
