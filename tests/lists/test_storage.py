"""Delivery through fsspec: whole once its marker is there, once under its name, and no secret in words."""

import json
import os
import shutil
import signal

import pytest

import churnlab
from children import in_child
from churnlab.errors import ConfigError, IntegrityError, MachineError
from churnlab.lists import package, storage
from deliveries import deliver, lines, project, publish, states

FOUR = ("retain", "rationalise", "win_back", "release")


@pytest.fixture(autouse=True)
def fsspec():
    return pytest.importorskip("fsspec", reason="the extra churnlab[storage] is not installed")


@pytest.fixture
def shop(tmp_path):
    publish(tmp_path)
    return tmp_path


def to(url, **options):
    return {"destination": {"url": url, "options": options}}


def below(folder):
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_files_arrive_as_they_were_written(shop, tmp_path):
    bucket = tmp_path / "bucket"
    told = deliver(shop, export=to(f"file://{bucket}/lists"))
    assert states(told) == dict.fromkeys(FOUR, "delivered")
    found = lines(shop)
    assert {line["destination"] for line in found} == {f"file://{bucket}/lists"}
    for line in found:
        record = package.verify(bucket / "lists" / line["list_id"])
        assert record.sha256 == line["sha256"]
    assert len(below(bucket)) == 4 * 3
    assert not list((shop / "out" / "shop" / "outbox").iterdir()), "no copy stays here"
    assert churnlab.verify_ledger(project(shop, **to(f"file://{bucket}/lists"))).there == 4


def test_what_another_project_has_lost_does_not_stop_ours(shop, tmp_path):
    export = to(f"file://{tmp_path}/bucket")
    deliver(shop, export=export, lists=["retain"])
    (theirs,) = (tmp_path / "bucket").iterdir()
    shutil.rmtree(shop / "out" / "shop" / "outbox")
    for name in ("ledger.jsonl", "ledger.head"):
        (shop / "out" / "shop" / name).unlink()
    next(theirs.glob("*.csv")).unlink()
    with pytest.raises(IntegrityError, match="is missing or of another size"):
        deliver(shop, export=export)
    marker = theirs / "delivery.json"
    marker.write_text(marker.read_text().replace('"project": "shop"', '"project": "other"'))
    assert states(deliver(shop, export=export, lists=["release"])) == {"release": "delivered"}


def test_a_store_without_folders(shop, fsspec):
    url = "memory://bucket/lists"
    store = fsspec.filesystem("memory")
    try:
        deliver(shop, export=to(url))
        files = store.find("/bucket/lists")
        assert len(files) == 12
        assert sorted(path.rpartition("/")[2] for path in files).count("delivery.json") == 4
        assert set(states(deliver(shop, export=to(url))).values()) == {"was delivered before"}
    finally:
        store.rm("/bucket", recursive=True)


def test_the_marker_is_last(shop, tmp_path, fsspec, monkeypatch):
    calls = []
    from fsspec.implementations.local import LocalFileSystem as Files

    for name in ("put_file", "pipe_file"):
        real = getattr(Files, name)

        def seen(self, first, second, *a, name=name, real=real, **k):
            calls.append((name, str(second if name == "put_file" else first).rpartition("/")[2]))
            return real(self, first, second, *a, **k)

        monkeypatch.setattr(Files, name, seen)
    deliver(shop, lists=["retain"], export=to(f"file://{tmp_path}/bucket"))
    assert [file for _, file in calls] == [
        "shop_2025-02-01_retain_001.csv",
        "shop_2025-02-01_retain_001.parquet",
        "delivery.json",
    ]


@pytest.mark.parametrize("where", ["storage.marker", "ledger.append", "ledger.fsync"])
def test_a_run_that_dies_is_finished_by_the_next(shop, tmp_path, where):
    bucket, export = tmp_path / "bucket", to(f"file://{tmp_path}/bucket")

    def dying():
        os.environ["CHURNLAB_FAILPOINT"] = f"{where}:kill"
        deliver(shop, export=export)

    assert in_child(dying) == -signal.SIGKILL
    assert len([name for name in below(bucket) if name.endswith("delivery.json")]) == (
        0 if where == "storage.marker" else 1
    )
    deliver(shop, export=export)
    assert sorted(line["list"] for line in lines(shop)) == sorted(FOUR)
    assert {path.name for path in bucket.iterdir()} == {line["list_id"] for line in lines(shop)}
    assert len(below(bucket)) == 12


@pytest.mark.parametrize("what", ["delivery.json", "cut short", "gone"])
def test_a_changed_delivery_is_found(shop, tmp_path, what):
    export = to(f"file://{tmp_path}/bucket")
    deliver(shop, lists=["retain"], export=export)
    (folder,) = (tmp_path / "bucket").iterdir()
    text = next(folder.glob("*.csv"))
    if what == "delivery.json":
        record = json.loads((folder / what).read_text())
        (folder / what).write_text(json.dumps({**record, "rows": 1}))
    elif what == "cut short":
        text.write_bytes(text.read_bytes()[:-1])
    else:
        text.unlink()
    with pytest.raises(IntegrityError, match="what was delivered there is damaged"):
        churnlab.verify_ledger(project(shop, **export))


def test_what_the_store_says_is_not_repeated(shop, tmp_path, fsspec, monkeypatch):
    from fsspec.implementations.local import LocalFileSystem as Files

    def refuse(*_, **__):
        raise RuntimeError("AccessDenied for key canary-secret")

    monkeypatch.setattr(Files, "put_file", refuse)
    with pytest.raises(MachineError, match="did not take or give what was asked") as caught:
        deliver(shop, export=to(f"file://{tmp_path}/bucket"))
    assert "canary" not in str(caught.value)
    assert "RuntimeError" in str(caught.value)
    assert lines(shop) == []
    monkeypatch.undo()
    assert set(states(deliver(shop, export=to(f"file://{tmp_path}/bucket"))).values()) == {"delivered"}


def test_secrets_come_from_the_environment(shop, fsspec, monkeypatch):
    asked = {}

    def url_to_fs(url, **options):
        asked.update(options)
        return fsspec.filesystem("memory"), "/bucket"

    monkeypatch.setattr(fsspec.core, "url_to_fs", url_to_fs)
    configured = to("s3://bucket", key="${env:S3_KEY}", secret="${env:S3_SECRET}", anon=False)
    with pytest.raises(ConfigError, match="S3_KEY is not set"):
        deliver(shop, export=configured)
    monkeypatch.setenv("S3_KEY", "canary-key")
    monkeypatch.setenv("S3_SECRET", "canary-secret")
    try:
        told = deliver(shop, lists=["retain"], export=configured)
        assert asked == {"key": "canary-key", "secret": "canary-secret", "anon": False}
        assert "canary" not in json.dumps(told.as_dict())
        assert not any(b"canary" in p.read_bytes() for p in shop.rglob("*") if p.is_file())
        store = fsspec.filesystem("memory")
        assert not any(b"canary" in store.cat_file(path) for path in store.find("/bucket"))
    finally:
        fsspec.filesystem("memory").rm("/bucket", recursive=True)


def test_what_has_to_be_installed_is_told_in_a_line(shop, monkeypatch):
    with pytest.raises(ConfigError, match="fsspec does not know nosuch://"):
        deliver(shop, export=to("nosuch://bucket"))
    monkeypatch.setattr(storage.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(ConfigError, match="delivering there needs fsspec") as caught:
        deliver(shop, export=to("s3://bucket"))
    assert "pip install 'churnlab[storage]'" in str(caught.value)
    assert lines(shop) == []


def test_another_package_that_is_missing_is_named(shop, fsspec, monkeypatch):
    def url_to_fs(*_, **__):
        raise ImportError("Install s3fs to access S3")

    monkeypatch.setattr(fsspec.core, "url_to_fs", url_to_fs)
    with pytest.raises(ConfigError, match="needs another package for s3://"):
        deliver(shop, export=to("s3://bucket"))
