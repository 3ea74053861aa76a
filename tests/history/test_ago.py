"""Windows of each snapshot's own length, and what is new in them: against the oracle, both ways."""

import operator
from dataclasses import replace
from random import Random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import oracle
from churnlab.errors import ConfigError
from churnlab.history import ALL
from churnlab.testing import worlds
from ledger import past


def own_days(world, seed):
    """(older, newer) for each snapshot; often such that an event lies on the edge."""
    random = Random(seed)
    some = (0, 1, 3, world.window, world.window, 2 * world.window, 400)
    pairs = [sorted((random.choice(some), random.choice(some))) for _ in range(3 * len(world.asked))]
    return np.array([pair[::-1] for pair in pairs], dtype=np.int64).T


def snapshots(world):
    return [(customer, as_of) for customer in world.customers for as_of in world.asked]


@pytest.mark.parametrize("compiled", [False, True])
@given(world=worlds(), seed=st.integers(0, 99))
def test_each_window_is_as_its_own_definition(compiled, world, seed):
    older, newer = own_days(world, seed)
    seen = world.history(compiled=compiled)
    start, end = seen.ago(older), seen.ago(newer)
    for name in ("transactions", "orders", "interactions"):
        source = getattr(seen, name)
        window, last, before = source.between(start, end), source.last(start), source.between(ALL, start)
        for row, (customer, as_of) in enumerate(snapshots(world)):
            known, far, near = oracle.Past(world, customer, as_of), int(older[row]), int(newer[row])
            assert window.count()[row] == len(known.window(name, far, near))
            assert last.count()[row] == len(known.window(name, far, 0))
            assert before.count()[row] == len(known.window(name, oracle.EVER_DAYS, far))


@pytest.mark.parametrize("compiled", [False, True])
@given(world=worlds(), seed=st.integers(0, 99))
def test_what_is_new_was_in_no_row_before(compiled, world, seed):
    older, _ = own_days(world, seed)
    seen = world.history(compiled=compiled)
    for name, column in (("transactions", "product"), ("interactions", "channel")):
        source = getattr(seen, name)
        found = source.last(seen.ago(older)).new(column)
        for row, (customer, as_of) in enumerate(snapshots(world)):
            known, days = oracle.Past(world, customer, as_of), int(older[row])
            recent, before = (
                {event[column] for event in known.window(name, *span)} - {None}
                for span in ((days, 0), (oracle.EVER_DAYS, days))
            )
            assert found[row] == len(recent - before)


@given(worlds())
def test_one_length_for_all_is_the_window_of_that_length(world):
    world = replace(world, asked=world.asked[:1])
    seen = world.history()
    days = np.full(len(world.customers), world.window)
    for source in (seen.orders.where("amount", operator.gt, 0), seen.interactions):
        own, common = source.last(seen.ago(days)), source.last(world.window)
        assert own.count().tolist() == common.count().tolist()
        assert own.start.tobytes() == common.start.tobytes()


def test_the_older_edge_comes_first():
    seen = past([{"day": 10, "amount": 500}], [50])
    near, far = (seen.ago(np.array([days])) for days in (3, 30))
    with pytest.raises(ConfigError, match="older edge first"):
        seen.orders.between(near, far)


def test_the_first_events_of_a_window():
    ever = past([{"day": day, "amount": 100} for day in (10, 40, 46)], [50]).orders.last(ALL)
    assert (ever.oldest(2).count()[0], ever.oldest(2).gaps("max")[0], ever.oldest(9).count()[0]) == (2, 30, 3)
