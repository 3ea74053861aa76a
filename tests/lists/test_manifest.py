"""The manifest: every fact is in its digest, nothing else is, and no damage goes unseen."""

import json
import random
from dataclasses import fields, replace
from datetime import date

import pytest

from churnlab.errors import IntegrityError
from churnlab.lists import manifest
from churnlab.lists.commit import Output, publish, verify
from churnlab.lists.manifest import Facts, run_key
from scored_people import FACTS

KEY = "0123456789abcdef" * 4


def sealed(facts, info=None):
    files = {"all.csv": {"sha256": "d" * 64, "bytes": 7, "rows": 1}}
    return json.loads(manifest.compose(KEY, facts, files, info or {}))


@pytest.fixture
def published(tmp_path):
    outputs = {
        "all.csv": Output(lambda file: file.write(b"customer_id\n1\n"), 1, "customer_id string"),
        "report.html": Output(lambda file: file.write(b"<p>report</p>")),
    }
    return publish(tmp_path / "out", KEY, outputs, FACTS).path


def test_what_it_says(published):
    found = verify(published)
    assert found["run_key"] == KEY
    assert found["as_of"] == "2025-02-01"
    assert found["strategies"] == [
        {
            "strategy": "all",
            "customers": 2,
            "share": 1.0,
            "value_if_retained": 10.5,
            "value_at_stake": 9.25,
            "expected_loss": 1.5,
            "mean_risk": 0.25,
        }
    ]
    assert found["files"]["all.csv"]["bytes"] == 14
    assert found["files"]["all.csv"]["rows"] == 1
    assert set(found["files"]["report.html"]) == {"sha256", "bytes"}
    assert {"written_at", "host", "packages", "previous"} <= set(found["info"])


CHANGES = {
    "as_of": date(2025, 2, 2),
    "config_sha256": "d" * 64,
    "model_version": "4",
    "model": {"churn.json": "0" * 64},
    "inputs": {},
    "counts": [],
    "strategies": (),
    "excluded": {},
    "currency": "USD",
    "code_version": "0.1.1",
    "drift": {"customers": 2, "inputs": {}, "scores": {}},
    "season": {"events": {"ratio": 1.1}},
    "kpis": {"buyers": 7},
    "suppression": {"required": ["consents"]},
    "suppressed": {"first_reason": {"objection": 1}, "any_reason": {"objection": 1}},
    "campaign": {"name": "spring"},
    "parents": {"accounts": 5, "parents": 3},
    "comparable": "0123456789abcdef",
    "valid_until": date(2025, 3, 4),
}


def test_every_fact_is_in_the_digest():
    assert set(CHANGES) == {field.name for field in fields(Facts)}
    whole = sealed(FACTS)["sha256"]
    assert whole == sealed(FACTS, {"mlflow_run": "elsewhere"})["sha256"], "info is outside"
    changed = {name: sealed(replace(FACTS, **{name: value}))["sha256"] for name, value in CHANGES.items()}
    assert len({whole, *changed.values()}) == len(CHANGES) + 1


def test_the_run_key_names_what_can_change_a_list():
    parts = {
        "config_sha256": "c" * 64,
        "inputs": {"a.csv": "1", "b.csv": "2"},
        "model": {"churn.json": "3"},
        "as_of": date(2025, 2, 1),
        "code_version": "0.1.0",
    }
    key = run_key(**parts)
    assert len(key) == 64
    assert run_key(**{**parts, "inputs": {"b.csv": "2", "a.csv": "1"}}) == key, "the order of files is none"
    others = [
        {"config_sha256": "d" * 64},
        {"inputs": {"a.csv": "2", "b.csv": "1"}},
        {"model": {"churn.json": "4"}},
        {"as_of": date(2025, 2, 2)},
        {"code_version": "0.1.1"},
    ]
    assert len({key, *(run_key(**{**parts, **other}) for other in others)}) == len(others) + 1


def test_bit_rot_is_found_wherever_it_is(published):
    verify(published)
    chance = random.Random(7)
    for _ in range(200):
        path = chance.choice(sorted(published.iterdir()))
        content = path.read_bytes()
        # The info block is outside the digest: a flip there changes nothing that is relied on.
        end = content.index(b'"info"') if path.name == manifest.NAME else len(content)
        position = chance.randrange(end)
        flipped = bytearray(content)
        flipped[position] ^= 1 << chance.randrange(8)
        path.write_bytes(flipped)
        if path.name == manifest.NAME and _same_json(content, bytes(flipped)):
            path.write_bytes(content)
            continue
        with pytest.raises(IntegrityError, match="the published lists are damaged"):
            verify(published)
        path.write_bytes(content)
    verify(published)


def _same_json(one, other):
    # A space that became a tab, or A for its escape, says the same.
    try:
        return json.loads(one) == json.loads(other)
    except ValueError:
        return False


def _rewrite(folder, change):
    path = folder / manifest.NAME
    record = json.loads(path.read_bytes())
    change(record)
    path.write_text(json.dumps(record))


DAMAGE = {
    "a file is gone": (lambda folder: (folder / "all.csv").unlink(), "all.csv is missing"),
    "a file is added": (lambda folder: (folder / "x.csv").write_bytes(b"1"), "x.csv is not listed"),
    "same size, other bytes": (
        lambda folder: (folder / "all.csv").write_bytes(b"customer_id\n2\n"),
        "all.csv has other bytes",
    ),
    "cut short": (
        lambda folder: (folder / "all.csv").write_bytes(b"customer_id\n"),
        "all.csv has other bytes",
    ),
    "no manifest": (lambda folder: (folder / manifest.NAME).unlink(), "manifest.json is missing"),
    "half a manifest": (
        lambda folder: (folder / manifest.NAME).write_bytes((folder / manifest.NAME).read_bytes()[:200]),
        "manifest.json cannot be read",
    ),
    "not even an object": (lambda folder: (folder / manifest.NAME).write_text("[1]"), "cannot be read"),
    "a sum is changed": (
        lambda folder: _rewrite(folder, lambda record: record["strategies"][0].update(customers=3)),
        "manifest.json was changed",
    ),
    "a link in place of a file": (
        lambda folder: (
            (folder / "all.csv").rename(folder.parent / "x"),
            (folder / "all.csv").symlink_to("../x"),
        ),
        "all.csv is not an ordinary file",
    ),
}


@pytest.mark.parametrize("name", DAMAGE)
def test_damage_is_named(published, name):
    damage, words = DAMAGE[name]
    damage(published)
    with pytest.raises(IntegrityError, match=words) as caught:
        verify(published)
    assert caught.value.exit_code == 5


def test_a_manifest_that_points_outside_its_folder(published):
    record = json.loads((published / manifest.NAME).read_bytes())
    record["files"]["../outside.csv"] = record["files"].pop("all.csv")
    body = {name: value for name, value in record.items() if name not in {"sha256", "info"}}
    record["sha256"] = manifest.hashlib.sha256(manifest._canonical(body)).hexdigest()
    (published / manifest.NAME).write_text(json.dumps(record))
    with pytest.raises(IntegrityError, match="names a file outside its folder"):
        verify(published)


def test_files_may_lie_in_folders_of_partitions(tmp_path):
    outputs = {
        f"quadrant={name}/part-00000.parquet": Output(lambda file, name=name: file.write(name.encode()), 1)
        for name in ("retain", "win_back")
    }
    folder = publish(tmp_path / "out", KEY, outputs, FACTS).path
    assert set(verify(folder)["files"]) == set(outputs)
    (folder / "quadrant=retain" / "part-00001.parquet").write_bytes(b"x")
    with pytest.raises(IntegrityError, match=r"part-00001\.parquet is not listed"):
        verify(folder)
    (folder / "quadrant=retain" / "part-00001.parquet").unlink()
    (folder / "quadrant=retain").rename(tmp_path / "elsewhere")
    (folder / "quadrant=retain").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(IntegrityError, match="quadrant=retain is not listed"):
        verify(folder)
