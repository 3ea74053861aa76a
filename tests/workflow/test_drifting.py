"""Inputs and scores since training: counted right whoever comes when, and told where they moved."""

import datetime as dt
import json
import shutil
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pyarrow.parquet as pq
import pytest

import churnlab
import shops
from churnlab.evaluation import drift
from churnlab.evaluation.drift import Parts
from churnlab.lists import commit
from churnlab.models import files
from churnlab.workflow.drifting import RECORD, Drift
from scored_people import scored

DAY = dt.date(2025, 5, 1)
CONFIG = (
    shops.CONFIG
    + """
churn: {horizon_days: 60}
models: {threads: 1, churn: {trees: 20}, value: {trees: 20}}
evaluation: {bootstrap: 0}
"""
    + shops.ANY
)
NUMBERS = ("silence", "orders")
PACE = "pace"  # stands beside the features, as what is made of others does


def rows(numbers, town, pace):
    features = [SimpleNamespace(name=name, kind="number") for name in NUMBERS]
    features.append(SimpleNamespace(name="town", kind="category"))
    return SimpleNamespace(
        features=features,
        numbers=np.array(numbers, dtype=np.float32).reshape(-1, 2),
        categories={"town": np.array(town, dtype=object)},
        measures={PACE: np.array(pace, dtype=np.float64)},
    )


def world(size=1_000, shift=0.0, seed=1):
    draw = np.random.default_rng(seed)
    numbers = np.column_stack([draw.gamma(2, 30, size) + shift, draw.poisson(3, size)])
    numbers[::7, 1] = np.nan
    town = [("Oslo", "Bergen", "Tromsø", None)[place] for place in draw.integers(0, 4, size)]
    ids = [f"{number:05d}" for number in range(size)]
    return rows(numbers, town, draw.random(size)), scored(ids, risk=draw.random(size))


def learned(panel, customers):
    """A model that keeps what ``panel`` looks like: as it is once it is read back from its files."""
    columns = dict(zip(NUMBERS, panel.numbers.T, strict=True)) | panel.categories | panel.measures
    record = {
        "inputs": {name: Parts.of(values).as_dict() for name, values in columns.items()},
        "scores": {"churn_risk": Parts.of(customers.churn_risk).as_dict()},
    }
    return SimpleNamespace(extra=json.loads(json.dumps({RECORD: record}, sort_keys=True)))


def part(panel, customers, some):
    taken = rows(panel.numbers[some], panel.categories["town"][some], panel.measures[PACE][some])
    return taken, customers.take(some)


def looked(models, *blocks):
    seen = Drift.of(models)
    for block in blocks:
        seen.look(*block)
    return seen


def test_the_same_customers_have_not_moved_and_every_one_is_counted():
    seen = looked(learned(*world()), world()).as_dict()
    assert seen["customers"] == 1_000
    assert {name: each["psi"] for name, each in seen["inputs"].items()} == dict.fromkeys(
        ("orders", "pace", "silence", "town"), 0.0
    )
    assert all(sum(each["counts"]) == 1_000 for each in seen["inputs"].values())
    # Every seventh of 1,000 has no number of orders: 143 of them.
    assert seen["inputs"]["orders"]["counts"][-1] == 143
    assert seen["scores"]["churn_risk"] == {"counts": [*[100] * 10, 0], "psi": 0.0}
    assert looked(learned(*world()), world()).notes() == ()


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1)])
def test_how_customers_are_cut_and_in_which_order_they_come_changes_nothing(order):
    models, (panel, customers) = learned(*world()), world(900, shift=20, seed=2)
    cuts = [slice(0, 1), slice(1, 400), slice(400, 900)]
    blocks = [part(panel, customers, cuts[place]) for place in order]
    whole = looked(models, (panel, customers))
    joined = Drift.of(models)
    for block in blocks:  # as tasks of a cluster tell the driver
        joined.join(json.loads(json.dumps(looked(models, block).note())))
    for other in (looked(models, *blocks), joined):
        assert json.dumps(other.as_dict()) == json.dumps(whole.as_dict())
        assert other.notes() == whole.notes()


def test_what_moved_is_named_and_nobody_is():
    panel, customers = world(2_000, shift=60, seed=3)
    (note,) = looked(learned(*world()), (panel, customers)).notes()
    assert note.startswith("warning: 1 of 4 inputs compared are not as they were at training")
    assert "silence" in note
    assert not any(customer in note for customer in customers.customer_id)
    # Everybody at least 60 days silent now: six of ten parts of then are empty.
    index = looked(learned(*world()), (panel, customers)).as_dict()["inputs"]["silence"]["psi"]
    assert index > 1


def test_of_few_customers_there_is_no_verdict():
    panel, customers = world(499, shift=60, seed=3)
    seen = looked(learned(*world()), (panel, customers))
    assert seen.notes() == ()
    assert {each["psi"] for each in seen.as_dict()["inputs"].values()} == {None}
    assert looked(learned(*world()), world(500, shift=60, seed=3)).notes() != ()


@pytest.mark.parametrize("extra", [{}, {RECORD: {}}])
def test_a_model_without_a_record_says_nothing(extra):
    seen = looked(SimpleNamespace(extra=extra), world())
    assert (seen.as_dict(), seen.notes(), seen.customers) == (None, (), 0)


def test_many_that_moved_are_counted_and_the_furthest_named():
    names = [f"feature{number}" for number in range(8)]
    then = {name: Parts.of(np.arange(1_000.0)) for name in names}
    seen = Drift({"inputs": then, "scores": {}}, 600)
    # The later, the more of 600 are in the first part.
    for number, name in enumerate(names):
        seen.inputs[name] = [330 + 10 * number, *[0] * 9, 270 - 10 * number]
    (note,) = seen.notes()
    assert "8 of 8 inputs" in note
    assert "and 3 more" in note


@pytest.fixture
def shop(tracked, monkeypatch):
    """``verb("score", ...)`` in a shop so small that only a lowered bound lets it be compared."""
    monkeypatch.setattr(drift, "ENOUGH", 50)
    (tracked / "shop.yaml").write_text(CONFIG, encoding="utf-8")
    frames = {"orders": shops.orders(seed=5, stays=20)}

    def verb(name, *given, overrides=(), **more):
        return getattr(churnlab, name)(churnlab.load(tracked / "shop.yaml", overrides), *given, **more)

    verb("train", frames=frames)
    return lambda *overrides: verb("score", DAY, frames=frames, overrides=overrides), verb


def digest(folder):
    """Of everything but the manifest's info."""
    return commit.verify(folder)["sha256"]


def test_from_training_to_the_manifest_and_the_report(shop):
    score, verb = shop
    first = score("engine.shard_events=1000")
    seen, kept = commit.verify(first.folder)["drift"], digest(first.folder)
    assert seen["customers"] == first.totals[-1].customers
    assert 3 < len(seen["inputs"]) <= 20
    risk = pq.read_table(first.folder / "all.parquet")["churn_risk"].to_numpy()
    assert sum(seen["scores"]["churn_risk"]["counts"]) == len(risk)
    shutil.rmtree(first.folder)
    assert digest(score().folder) == kept, "cut otherwise, it is the same to the byte"
    report = verb("review").report.read_text()
    assert "What the risk is made of, for the customers of the lists" in report
    table = report.partition("What the risk is made of")[2].partition("</table>")[0]
    assert all(f"<code>{name}</code>" in table for name in seen["inputs"])
    assert "entrées" in verb("review", overrides=["locale=fr"]).report.read_text()
    far = [name for name, each in seen["inputs"].items() if each["psi"] >= 0.2]
    named = [note for note in first.notes if "inputs compared" in note]
    assert len(named) == bool(far)
    assert not far or f"{len(far)} of {len(seen['inputs'])}" in named[0]


def test_a_version_made_before_there_was_a_record_scores_and_says_that_it_does_not_know(shop, monkeypatch):
    score, verb = shop
    load = files.load

    def older(*given):
        models = load(*given)
        return replace(models, extra={name: each for name, each in models.extra.items() if name != RECORD})

    monkeypatch.setattr(files, "load", older)
    made = score()
    assert "drift" not in commit.verify(made.folder)
    assert not [note for note in made.notes if "compared" in note]
    assert "How far the inputs have moved since training is not known" in verb("review").report.read_text()
