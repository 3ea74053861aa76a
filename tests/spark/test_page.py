"""The page on Spark says what is true: its Python runs, one block after the other."""

import contextlib
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

import churnlab
from on_spark import MARKS

pytestmark = MARKS
ROOT = Path(__file__).parents[2]
SMALL = [
    "synthetic.customers=300",
    # Lists on Spark do not know who must not be contacted.
    "sources.consents=[]",
    "sources.objections=[]",
    "suppression=null",
    "campaign=null",
    "evaluation.bootstrap=0",
    "models.churn.trees=20",
    "models.value.trees=20",
]


def test_the_page_runs_as_it_stands(session, tracked, monkeypatch):
    page = ROOT / "docs" / "spark.md"
    shutil.copytree(ROOT / "configs", tracked / "configs")
    monkeypatch.chdir(tracked)
    # A second session would end the one that other tests share; the world is smaller than the reader's.
    monkeypatch.setattr("churnlab.spark.sessions.local", lambda tasks: contextlib.nullcontext(session))
    load = churnlab.load
    monkeypatch.setattr(churnlab, "load", lambda path, given=(): load(path, [*given, *SMALL]), raising=False)
    names = {}
    for code in re.findall(
        r"^```python\n(.*?)^```$", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL
    ):
        exec(compile(code, str(page), "exec"), names)
    assert names["trained"].version == "1"
    assert (names["scored"].folder / "manifest.json").is_file()
    risks = names["risks"]["risk"].to_numpy()
    assert len(risks) > 500
    assert ((risks > 0) & (risks < 1)).all()
    assert np.ptp(risks) > 0.3


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--as-of", "2025-07-01"], "tables come from one place"),
        (["--as-of", "2025-07-01", "--table", "transactions=shop"], "names no table and version"),
        (["--as-of", "2025-07-01", "--dry-run"], "lists made on Spark have no dry run"),
    ],
)
def test_jobs_tell_mistakes_in_three_lines(session, capsys, monkeypatch, arguments, told):
    from churnlab.spark import jobs

    monkeypatch.setattr("churnlab.spark.sessions.submitted", lambda: session)
    assert jobs.main("score", [str(ROOT / "configs" / "synthetic.yaml"), *arguments]) == 2
    assert told in capsys.readouterr().err
