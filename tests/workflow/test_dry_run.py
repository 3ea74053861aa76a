"""A dry run of `score`: what the real run would answer, and not a byte of it left behind."""

import datetime as dt
import json
import shutil
import tempfile

import pytest
from mlflow import MlflowClient

import churnlab
import contacting_shop
from churnlab import cli
from churnlab.durable import digest
from churnlab.errors import DataError, GateError, HeldError, MachineError
from churnlab.lists import commit
from churnlab.tracking import open_store
from churnlab.workflow import making
from churnlab.workflow.opening import writing

DAY = dt.date(2025, 5, 1)
DRAWN = "this dry run drew one of the moment"
NARROW = ("lists.valid_days=9", "release.sizes={all: [1, 20]}")


@pytest.fixture(scope="module")
def trained(tmp_path_factory, migrated_store):
    """A trained project with a campaign that names no secret, before any list."""
    folder = tmp_path_factory.mktemp("shop")
    shutil.copy(migrated_store, folder / "mlflow.db")
    contacting_shop.write(folder)
    config = folder / "shop.yaml"
    config.write_text(config.read_text().replace("  salt: ${env:SHOP_SALT}\n", ""))
    (folder / "aside").mkdir()
    with pytest.MonkeyPatch.context() as patch:
        for name in ("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID"):
            patch.delenv(name, raising=False)
        churnlab.train(churnlab.load(config))
        yield folder


@pytest.fixture
def shop(trained, monkeypatch):
    """The same project before any list; what a run writes aside lies in ``aside``."""
    monkeypatch.setattr(tempfile, "tempdir", str(trained / "aside"))
    for made in ("lists", "data", "campaign.salt", ".lock"):
        path = trained / "out" / "shop" / made
        shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)
    contacting_shop.say(trained)
    yield trained
    assert list((trained / "aside").iterdir()) == [], "what was written aside is gone"


def project(shop, *overrides):
    return churnlab.load(shop / "shop.yaml", overrides)


def score(shop, *overrides, dry_run=False):
    return churnlab.score(project(shop, *overrides), DAY, dry_run=dry_run)


def traces(shop):
    """Every file of the output with its bytes, every folder, and every run of the tracking store."""
    there = {
        path.relative_to(shop).as_posix(): digest(path) if path.is_file() else None
        for path in sorted((shop / "out").rglob("*"))
    }
    store = open_store(project(shop).tracking, "shop", shop)
    runs = MlflowClient(tracking_uri=store.uri).search_runs([store.experiment_id])
    return there, {each.info.run_id: each.info.status for each in runs}


def test_the_first_dry_run_leaves_nothing_and_foretells_the_lists(shop):
    before = traces(shop)
    dry = score(shop, dry_run=True)
    assert traces(shop) == before
    assert [note for note in dry.notes if DRAWN in note]
    assert dry.folder == shop / "out" / "shop" / "lists" / "2025-05-01", "without a secret no run is known"
    real = score(shop)
    assert (real.totals, real.excluded) == (dry.totals, dry.excluded)
    assert real.told.suppressed == dry.told.suppressed
    said = json.dumps(dry.as_dict(), default=str)
    assert '"dry_run": true' in said
    assert "dry_run" not in real.as_dict()

    # The secret is kept now, and these lists are out.
    before = traces(shop)
    again = score(shop, dry_run=True)
    assert (again.existed, again.folder) == (True, real.folder)
    assert again.told.as_facts() == real.told.as_facts()
    assert not [note for note in again.notes if DRAWN in note]

    # Others would be published in the very folder that a dry run says.
    dry = score(shop, "lists.valid_days=9", dry_run=True)
    assert traces(shop) == before
    assert (dry.existed, dry.folder.exists()) == (False, False)
    lines = list(dry.sections())[-1]["lines"]
    assert "  nothing was published, recorded or kept" in lines
    assert "  release gate: warned; score would publish these lists" in lines
    real = score(shop, "lists.valid_days=9")
    assert real.folder == dry.folder
    assert real.told.as_facts() == dry.told.as_facts()
    assert [*real.sections()][:-1] == [*dry.sections()][:-1], "the very same tables"


def test_what_the_gate_would_hold_back_is_shown_and_ends_with_4(shop, capsys):
    score(shop)
    before = traces(shop)
    arguments = ["score", str(shop / "shop.yaml"), "--as-of", str(DAY), "--dry-run"]
    arguments += [part for pair in NARROW for part in ("--set", pair)]
    with pytest.raises(SystemExit) as left:
        cli.main([*arguments, "--json"])
    told = capsys.readouterr()
    assert left.value.code == 4
    answer = json.loads(told.out)
    assert answer["release"]["outcome"] == "failed"
    assert answer["dry_run"]
    assert "size.all" in told.err
    assert "what a run without --dry-run leaves in" in told.err
    assert traces(shop) == before
    with pytest.raises(SystemExit) as left:
        cli.main(arguments)
    assert left.value.code == 4
    assert "score would hold these lists back" in capsys.readouterr().out
    with pytest.raises(HeldError) as caught:
        score(shop, *NARROW)
    assert answer["folder"].endswith(f"run={next((shop / 'out').rglob('staged/*')).name}")
    assert str(caught.value).split("\nmend")[0] in told.err, "the same checks in the same words"


def test_what_would_stop_the_real_run_stops_a_dry_run_with_the_same_words(shop):
    score(shop)
    before = traces(shop)
    refused = shop / "refused.csv"
    refused.unlink()
    errors = []
    for dry_run in (True, False):
        with pytest.raises(GateError) as caught:
            score(shop, dry_run=dry_run)
        errors.append(str(caught.value))
    assert errors[0] == errors[1]
    contacting_shop.say(shop)

    orders = (shop / "orders.csv").read_text()
    few = orders.splitlines(keepends=True)
    (shop / "orders.csv").write_text("".join(few[: len(few) // 3]))
    try:
        with pytest.raises(DataError, match="the source has shrunk"):
            score(shop, dry_run=True)
        assert score(shop, "accept_smaller=true", "release.share_block=1", dry_run=True).totals
    finally:
        (shop / "orders.csv").write_text(orders)
    there, _ = traces(shop)
    assert there == before[0]


def test_a_dry_run_waits_for_nobody_and_nobody_for_it(shop, monkeypatch):
    with writing(project(shop)):
        assert score(shop, dry_run=True).totals
    place = making.place_all

    def meanwhile(*given):
        with writing(project(shop)):
            place(*given)

    monkeypatch.setattr(making, "place_all", meanwhile)
    assert score(shop, dry_run=True).totals


@pytest.mark.parametrize("where", ["spool.write", "list.all"])
def test_a_disk_that_is_full_leaves_all_as_it_was(shop, monkeypatch, where):
    before = traces(shop)
    monkeypatch.setenv("CHURNLAB_FAILPOINT", f"{where}:enospc")
    with pytest.raises(MachineError, match="No space left on device"):
        score(shop, dry_run=True)
    assert traces(shop) == before


def test_published_lists_that_were_damaged_are_found_by_a_dry_run_too(shop):
    done = score(shop)
    (done.folder / "all.csv").write_text("")
    before = traces(shop)
    with pytest.raises(churnlab.errors.IntegrityError, match=r"all\.csv"):
        score(shop, dry_run=True)
    assert traces(shop) == before
    assert commit.current(done.folder.parent) == done.folder
