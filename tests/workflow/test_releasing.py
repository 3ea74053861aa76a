"""Lists of a date beside those of earlier dates: held back, approved, and never compared with later ones."""

import datetime as dt
import json

import pytest

import churnlab
import shops
from churnlab.config import load
from churnlab.errors import HeldError
from churnlab.lists import commit
from churnlab.lists.release import Approval
from churnlab.models import files
from churnlab.tracking import champion, open_store
from churnlab.workflow import releasing, terms

CONFIG = (
    shops.CONFIG
    + """churn: {horizon_days: 60}
models: {threads: 1, churn: {trees: 20}, value: {trees: 20}}
evaluation: {bootstrap: 0}
"""
    + shops.ANY
)
DAY = dt.date(2025, 5, 1)
WEEKS = [DAY - dt.timedelta(days=7 * back) for back in (4, 3, 2, 1)]
WIDE = "release.share_block=1"  # of five weeks of a made-up shop whose customers leave for good


@pytest.fixture
def shop(kept):
    """A trained project with lists of four weeks: ``score(day)`` makes more of them."""
    frames = {"orders": shops.orders(seed=5, stays=20)}

    def score(*overrides, day=DAY, approvals=()):
        project = load(kept.root / "shop.yaml", [WIDE, *overrides])
        return churnlab.score(project, day, frames=frames, approvals=approvals)

    def four_weeks(root):
        (root / "shop.yaml").write_text(CONFIG, encoding="utf-8")
        churnlab.train(load(root / "shop.yaml"), frames=frames)
        for day in WEEKS:
            score(day=day)

    return kept.at("four weeks", four_weeks), score


def told(done):
    """What the manifest's info says of the gate."""
    return json.loads((done.folder / "manifest.json").read_text())["info"]["release"]


def test_lists_that_are_held_back_and_then_approved(shop):
    root, score = shop
    lists = root / "out" / "shop" / "lists"
    narrow = ("release.sizes={all: [1, 20]}", "lists.valid_days=9")
    with pytest.raises(HeldError, match=r"size\.all: \d+ customers; release\.sizes allows 1 to 20") as caught:
        score(*narrow)
    assert caught.value.exit_code == 4
    day = lists / DAY.isoformat()
    (staged,) = (day / "staged").iterdir()
    assert str(staged) in str(caught.value)
    assert commit.current(day) is None
    waiting = commit.verify(staged)
    assert waiting["info"]["release"]["outcome"] == "failed"
    with pytest.raises(HeldError, match=r"size\.all"):
        score(*narrow, approvals=[Approval("cost", "Ann", "another check")])
    assert commit.current(day) is None

    done = score(*narrow, approvals=[Approval("size.all", "Ann", "the shop is larger now")])
    assert commit.current(day) == done.folder
    assert not (day / "staged").exists()
    assert done.folder.name == f"run={staged.name}", "an approval changes no run key"
    manifest = commit.verify(done.folder)
    assert manifest["files"] == waiting["files"], "and no byte"
    assert manifest["sha256"] == waiting["sha256"]
    assert told(done)["approvals"] == [{"check": "size.all", "by": "Ann", "reason": "the shop is larger now"}]
    assert any("approved by Ann: the shop is larger now" in note for note in done.notes)
    project = load(root / "shop.yaml")
    store = open_store(project.tracking, "shop", root)
    run_id = manifest["info"]["tracking_run"]
    tags = store.client.get_run(run_id).data.tags
    assert tags[releasing.TAG] == "approved; size.all by Ann: the shop is larger now"
    again = score(*narrow)  # published: no approval is needed again
    assert again.existed


def test_the_lists_of_a_later_date_remove_what_waits_and_a_rerun_sees_earlier_dates_only(shop):
    root, score = shop
    lists = root / "out" / "shop" / "lists"
    second = WEEKS[1]
    with pytest.raises(HeldError, match="unlike the last releases"):
        score("release.sizes={all: [1, 20]}", "lists.valid_days=9", day=second)
    before = commit.current(lists / second.isoformat())
    assert before is not None, "the lists that were there stay"
    assert (lists / second.isoformat() / "staged").is_dir()
    done = score()
    assert not list(lists.glob("*/staged"))
    sizes = [each for each in told(done)["checks"] if each["name"] == "size.all"]
    assert len(sizes) == 1, "four releases before give a median"
    rerun = score("lists.valid_days=9", day=second)
    assert not rerun.existed
    assert not [each for each in told(rerun)["checks"] if each["name"] == "size.all"], "one release before"
    first = score("lists.valid_days=9", day=WEEKS[0])
    assert {each["name"].split(".")[0] for each in told(first)["checks"]} <= {"psi", "distinct"}


def test_what_a_gate_looks_at_is_what_was_published(shop):
    _, score = shop
    done = score()
    checks = {each["name"]: each["said"] for each in told(done)["checks"]}
    everyone = done.totals[-1].customers
    assert checks["size.all"].startswith(f"{everyone:,} customers")
    assert "scored the last time" in checks["overlap"]
    assert checks["distinct"].endswith(f"among {min(everyone, 1_000):,} customers")
    retain = next(row for row in done.totals if row.strategy == "retain")
    if everyone >= 200:
        assert checks["share.retain"].startswith(f"{retain.customers / everyone:.1%} of the customers")


def test_what_is_comparable(shop):
    root, _ = shop
    project = load(root / "shop.yaml")
    found = champion(open_store(project.tracking, "shop", root))
    extra = files.load(found.folder, found.digests).extra
    mark = releasing.comparable(extra, project)
    meant, cuts = extra["terms"], extra["thresholds"]
    more = {**meant, "features.families": ["recency"], "churn.also_days": [30], "features own.py": "ab"}
    assert releasing.comparable({**extra, "terms": more}, project) == mark
    assert "features own.py" not in terms.meaning(more)
    lists = project.lists.model_copy(update={"lost": "gone.yaml"})
    assert releasing.comparable(extra, project.model_copy(update={"lists": lists})) != mark, (
        "others are on them"
    )
    for other in (
        {"terms": {**meant, "churn.horizon_days": 90}},
        {"terms": {**meant, "currency": "USD"}},
        {"thresholds": {**cuts, "intensity": 51.0}},
    ):
        assert releasing.comparable({**extra, **other}, project) != mark


def test_the_bounds_are_no_part_of_the_run_key(shop):
    _, score = shop
    score()
    assert score("release.share_warn=0.01", "release.psi_warn=0.01").existed
