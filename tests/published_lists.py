"""Lists as files of a date, with just as much of a manifest as comparing reads."""

import json

import pyarrow.parquet as pq

from churnlab.lists import commit, manifest
from scored_people import files_of

FACTS = {"currency": "EUR", "model": {"m": "1"}, "model_version": "3"}


def published(folder, monkeypatch, as_of, people, **facts):
    """The folder of the date; the manifest says ``facts``."""
    run = folder / as_of / "run=0123456789abcdef"
    run.mkdir(parents=True)
    for name, content in files_of(people).items():
        (run / name).write_bytes(content)
    (run / "manifest.json").write_text(json.dumps({**FACTS, "as_of": as_of, **facts}), encoding="utf-8")
    (run.parent / commit.CURRENT).write_text(f"{run.name}\n", encoding="utf-8")
    for module, name in ((commit, "verify"), (manifest, "read")):
        monkeypatch.setattr(module, name, lambda path: json.loads((path / "manifest.json").read_text()))
    return run.parent


def rows(folder):
    return pq.read_table(next(folder.glob("run=*")) / "all.parquet").to_pylist()
