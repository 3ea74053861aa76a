"""Killed again and again, at places and in an order drawn by lot, each list still arrives exactly once.

CHURNLAB_SCHEDULES=500 pytest tests/lists/test_delivery_killed.py      (make schedules)
"""

import datetime as dt
import os
import random
import shutil
import signal

import pytest

import churnlab
from children import in_child
from churnlab import durable
from churnlab.lists import ledger, outbox, package
from deliveries import DAY, deliver, lines, project, publish
from deliveries import outbox as outbox_of

SCHEDULES = int(os.environ.get("CHURNLAB_SCHEDULES", "50"))
POINTS = ("outbox.rename", "ledger.append", "ledger.fsync", "whole.rename")
FOUR = ("retain", "rationalise", "win_back", "release")
WEEK = dt.timedelta(days=7)


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    """Two weeks of lists, ready to be copied."""
    root = tmp_path_factory.mktemp("published")
    publish(root, customers=12)
    publish(root, customers=12, day=DAY + WEEK)
    return root


def dying(root, point, how, after, day, names):
    """A delivery that dies the ``after``-th time it passes ``point``."""
    passed = [0]
    real = durable.failpoint

    def counted(name):
        passed[0] += name == point
        if passed[0] > after:
            os.environ["CHURNLAB_FAILPOINT"] = f"{point}:{how}"
        real(name)

    for module in (durable, ledger, outbox):
        module.failpoint = counted
    deliver(root, as_of=day, today=day, lists=names)


def torn(root, chance):
    """What a kill in the middle of a write leaves: a part of the line that the head has announced."""
    path = root / "out" / "shop" / ledger.NAME
    found = lines(root)
    head = ledger._head(root / "out" / "shop")
    if not found or head is None or head.sequence != len(found) - 1:
        return
    last = path.read_bytes().splitlines(keepends=True)[-1]
    with path.open("r+b") as file:
        file.truncate(path.stat().st_size - chance.randint(1, len(last)))


@pytest.mark.parametrize("seed", range(SCHEDULES))
def test_a_schedule_of_kills(published, tmp_path, seed):
    chance = random.Random(seed)
    root = tmp_path / "shop"
    shutil.copytree(published, root)
    for day in (DAY, DAY + WEEK):
        for _ in range(chance.randint(1, 4)):
            point, how = chance.choice(POINTS), chance.choice(["kill", "kill", "kill", "enospc", "eio"])
            names = chance.sample(FOUR, chance.randint(1, 4))
            after = chance.randint(0, 4)
            ended = in_child(lambda: dying(root, point, how, after, day, names))  # noqa: B023 - run at once
            assert ended in {0, -signal.SIGKILL, 7}
            if ended == -signal.SIGKILL:
                torn(root, chance)
        deliver(root, as_of=day, today=day)
    found = lines(root)
    assert sorted((line["as_of"], line["list"]) for line in found) == sorted(
        (day.isoformat(), name) for day in (DAY, DAY + WEEK) for name in FOUR
    ), "each list exactly once"
    there = outbox_of(root)
    assert {line["list_id"]: line["sha256"] for line in found} == {
        name: record["sha256"] for name, record in there.items()
    }
    folder = root / "out" / "shop" / "outbox"
    assert all(package.verify(folder / name) for name in there)
    assert churnlab.verify_ledger(project(root)).there == 8
    assert list(folder.glob(".*")) == [], "nothing is left behind"


def test_every_schedule_has_kills_in_it(published, tmp_path):
    root = tmp_path / "shop"
    shutil.copytree(published, root)
    ended = {in_child(lambda: dying(root, point, "kill", 0, DAY, FOUR)) for point in POINTS}  # noqa: B023
    assert ended == {-signal.SIGKILL}
