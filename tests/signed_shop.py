"""A shop whose versions are reviewed and signed: its states cost a training each, and are made once."""

import datetime as dt
from pathlib import Path

import pytest

import churnlab
import shops
from churnlab import tracking
from kept import Kept

CONFIG = (
    shops.CONFIG
    + """churn: {horizon_days: 60}
models: {threads: 1, churn: {trees: 40}, value: {trees: 20}}
features: {families: [recency, frequency, monetary]}
evaluation: {bootstrap: 0}
gate: {max_ece: 1, max_ece_worse: 1}
review: {limits: [No shops in May]}
"""
)
DAY = dt.date(2025, 5, 1)
STRICT = "gate.strict=true"
STUMP = [
    "models.churn.trees=1",
    "models.churn.depth=1",
    "evaluation.accepted_leaks=[days_since_last_order]",  # the only feature it looks at holds all importance
]


@pytest.fixture(scope="session")
def signed_frames():
    """What was bought in the shop."""
    return {"orders": shops.orders(400)}


@pytest.fixture(scope="session")
def signed_states(tmp_path_factory, migrated_store):
    """The folder of the shop, which goes back to a state by its name."""
    return Kept(tmp_path_factory.mktemp("signed"), migrated_store)


@pytest.fixture
def new_shop(tracked, monkeypatch):
    """``new_shop(*overrides)``: the project before any training."""
    monkeypatch.setenv("CHURNLAB_ACTOR", "tester")
    (tracked / "shop.yaml").write_text(CONFIG, encoding="utf-8")
    return lambda *overrides: churnlab.load(tracked / "shop.yaml", overrides)


@pytest.fixture
def signed_shop(signed_states, signed_frames, monkeypatch):
    """``signed_shop(state)``: the project in a state.

    one: version 1 is the champion; then version 2 was refused (stump), or took over (again), or waits
    for a sign-off with its report (candidate).
    """
    monkeypatch.setenv("CHURNLAB_ACTOR", "tester")

    def shop(*overrides):
        return churnlab.load(signed_states.root / "shop.yaml", overrides)

    def one(root):
        (root / "shop.yaml").write_text(CONFIG, encoding="utf-8")
        churnlab.train(shop(), frames=signed_frames)

    def candidate(_):
        churnlab.train(shop(STRICT), frames=signed_frames)
        churnlab.review(shop(STRICT), run="2")

    states = {
        "one": (one, "empty"),
        "stump": (lambda _: churnlab.train(shop(*STUMP), frames=signed_frames), "one"),
        "again": (lambda _: churnlab.train(shop(), frames=signed_frames), "one"),
        "candidate": (candidate, "one"),
    }

    def at(state):
        make, after = states[state]
        if after != "empty":
            at(after)
        signed_states.at(state, make, after)
        return shop

    return at


@pytest.fixture
def one(signed_shop):
    """Version 1 is the champion."""
    return signed_shop("one")


@pytest.fixture
def two(signed_shop):
    """And version 2 was refused."""
    return signed_shop("stump")


@pytest.fixture
def again(signed_shop):
    """And version 2 took over."""
    return signed_shop("again")


@pytest.fixture
def candidate(signed_shop):
    """And version 2, of which there is a report, waits for a sign-off."""
    return signed_shop("candidate")


def store(project):
    """The tracking store of a project."""
    return tracking.open_store(project.tracking, project.project, Path(project.root))


def ann(project, verdict="approved", version=None, **more):
    """Ann signs."""
    return churnlab.sign(project, reviewer="Ann", verdict=verdict, version=version, **more)
